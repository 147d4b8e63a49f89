"""
The quick way through a feed: well-formed RSS, RDF or Atom with nothing odd in it -> Items, without feedparser.

lxml reads it, with no network, no DTD, no entities and no more than 256 elements inside each other. The Items are those
that feedparser would have given, field by field. Where that is not certain the answer is None, for the whole document,
and feedparser is the judge. docs/performance.md has the differences and the figures.
"""

from __future__ import annotations

import re

from lxml import etree

from ..model import Item
from . import _entries, _xml
from ._fastentry import feed
from ._fastnames import are_plain, declared, is_atom, name
from ._fasttexts import Draft, Element, Odd

_LONGEST = 10_000_000
"""Characters. A longer feed is odd enough."""
_LONG = 250_000
"""Characters: of more than these no tree is made with items that are not wanted. It takes ten times their memory."""
_DECLARATION = re.compile(r"<\?xml\s[^<>]*\?>")
_ASIDE = re.compile(r"<(?:!--|\?|!\[CDATA\[)")
_ENDS = {"<!--": "-->", "<?": "?>", "<![CDATA[": "]]>"}
_WINDOWS_SIGN = re.compile(rb"\xc2[\x80-\x9f]")
_WINDOWS_REFERENCE = re.compile(rb"&#(?:0*1[2-5]\d|[xX]0*[89][0-9a-fA-F]);")
_HALF = re.compile(r"&#(?:[xX]0*[dD][89a-fA-F]|5[5-7]\d{3};)")
"""A reference to half a character, which somebody has to put together first."""


def items(text: str, url: str, title: str, limit: int) -> list[Item] | None:
    """
    The items of a feed that lay at `url`, in its order, its `limit` newest at most; None: feedparser must judge.
    `title`, if there is one, stands in for the feed's own.
    """
    draft = _read(text, limit)
    return None if draft is None else _items(draft, url, title)


def separate(text: str, url: str, title: str) -> list[Item] | None:
    """All of them; None also where an entry might not be read like this with others before or behind it."""
    draft = _read(text, text.count("<"))
    if draft is None or draft.has_windows_signs or "content" in draft.feed:  # which feedparser takes into an entry
        return None
    found = _items(draft, url, title)
    return found if found and len(found) == len(draft.entries) else None


def _items(draft: Draft, url: str, title: str) -> list[Item]:
    return list(_entries.items(draft.entries, draft.feed, url, title, is_atom=draft.is_atom))


def _read(text: str, limit: int) -> Draft | None:
    text = text[max(text.find("<?xml", 0, 4096), 0) :]
    declaration = _DECLARATION.match(text)
    text = text[declaration.end() if declaration else 0 :]
    has_numbers = "#" in text  # one character is found a dozen times as fast as two
    if len(text) > _LONGEST or "<!DOCTYPE" in text or (has_numbers and _HALF.search(text)):
        return None
    if "<!--" in text or "<?" in text:
        text = _without_asides(text)
    if len(text) > _LONG and text.count("<item") + text.count("<entry") > limit:
        text = _xml.newest(text, limit)
    names = declared(text)
    if not are_plain(names):
        return None
    try:
        body = _xml.short_names(text).strip().encode()
        root = _tree(body)
        if sum(1 for _ in root.iter("{*}item", "{*}entry")) > limit:
            root = _tree(_xml.short_names(_xml.newest(text, limit)).strip().encode())
        has_signs = bool(
            (b"\xc2" in body and _WINDOWS_SIGN.search(body)) or (has_numbers and _WINDOWS_REFERENCE.search(body))
        )
        draft = Draft(is_atom=is_atom(name(root.tag), names), has_windows_signs=has_signs)
        feed(draft, root)
        return draft
    except (etree.XMLSyntaxError, Odd):
        return None


def _without_asides(text: str) -> str:
    """Without comments and instructions; in CDATA there are none. One pattern for all of it takes ten times as long."""
    kept, done, at = [], 0, 0
    while aside := _ASIDE.search(text, at):
        end = _ENDS[aside[0]]
        found = text.find(end, aside.end())
        at = found + len(end) if found >= 0 else len(text)
        if aside[0] != "<![CDATA[":
            kept.append(text[done : aside.start()])
            done = at
    return "".join([*kept, text[done:]])


def _tree(body: bytes) -> Element:
    """The root of a document without a declaration. Raises XMLSyntaxError for what is not well-formed."""
    parser = etree.XMLParser(
        encoding="utf-8", resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, collect_ids=False
    )
    return etree.fromstring(body, parser)
