"""An article saved as text, plain or Markdown -> one Item. The only door to markdown-it."""

from __future__ import annotations

import re

from ..model import Item
from . import _frontmatter
from ._dates import moment
from ._headline import Layout, layout, without

_NEWLINE = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_INVISIBLE = re.compile("[\x00-\x08\x0e-\x1f\x7f\ufeff\ufffe\uffff]")
_HEADING = re.compile(r"\A\s*(?:#{1,2}[ \t]+(?P<hashed>[^\n]+?)[ \t]*#*|(?P<lined>[^\n]+)\n(?:=+|--+)[ \t]*)(?:\n|\Z)")
_LONGEST_TITLE, _LONGEST_TEXT, _LONGEST_MARKDOWN, _LONG_LINE = 1_000, 1_000_000, 200_000, 120


def item(text: str, *, is_markdown: bool) -> Item:
    """The article, whatever the text looks like; title None if there is no headline. `guid` only if it gives one."""
    front = _frontmatter.split(_INVISIBLE.sub("", _NEWLINE.sub("\n", text)))
    seen = _layout(front.text, front.one("title"), is_markdown)
    said = front.one("published") or next(filter(_is_date, seen.masthead), None)
    names = [line for line in seen.masthead if not _is_date(line) and "://" not in line]
    return Item(
        guid=front.one("guid"),
        url=front.one("url") or next((line for line in seen.masthead if re.match(r"https?://\S+\Z", line)), None),
        title=(seen.title or "")[:_LONGEST_TITLE] or None,
        summary=front.one("summary"),
        content=(_html(seen.body) if is_markdown else _paragraphs(seen.body))[:_LONGEST_TEXT] or None,
        is_html=is_markdown,
        authors=front.many("author"),
        published_at=moment(said) if said else None,
        updated_at=moment(front.one("updated") or ""),
        date_said=said,
        labels=front.many("tags")[:100],
        language=front.one("language"),
        publisher=front.one("publisher") or next(iter(names), None),
    )


def _layout(text: str, title: str | None, is_markdown: bool) -> Layout:
    if title:
        return Layout((), title, without(title, text))
    heading = _HEADING.match(text) if is_markdown else None
    if heading:
        title = (heading["hashed"] or heading["lined"]).strip(" *_")
        return Layout((), title, without(title, text[heading.end() :]))
    return layout(text)


def _is_date(line: str) -> bool:
    return len(line) <= 40 and line.count(" ") <= 6 and moment(line) is not None


def _paragraphs(text: str) -> str:
    """One blank line between paragraphs. Where lines are long, nobody has wrapped them: each is a paragraph."""
    blocks = []
    for block in re.split(r"\n\s*\n", text):
        lines = [line.strip() for line in block.split("\n") if line.strip()]
        blocks.append(("\n\n" if any(len(line) > _LONG_LINE for line in lines) else "\n").join(lines))
    return "\n\n".join(filter(None, blocks))


def _html(text: str) -> str:
    from markdown_it import MarkdownIt  # 40 ms, for those who write Markdown

    if len(text) > _LONGEST_MARKDOWN:  # a book: its markup is not worth the minutes
        return "".join(f"<p>{_escaped(part)}</p>\n" for part in _paragraphs(text).split("\n\n"))
    html: str = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(text)
    return html.strip()


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")
