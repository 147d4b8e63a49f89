"""A web page saved as a file -> one Item: its headline, its main text, and what its <meta> tags tell."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape, unescape
from html.parser import HTMLParser

from ..errors import ParseError
from ..model import Enclosure, Item
from ._dates import moment
from ._html import LONGEST, join, shorn

_DECLARATION = re.compile(r"<[!?][^<>]*>?")
_LINKED_DATA = re.compile(r"<script\b[^<>]*application/ld\+json[^<>]*>(.*?)</script", re.DOTALL | re.I)
_BESIDE = frozenset({"nav", "header", "footer", "aside", "form", "button", "select"})
_VOID = frozenset(["br", "hr", "img", "wbr", "source", "track", "area", "col", "input", "embed", "link", "meta"])
_TAG_AHEAD = re.compile(r"<(?!/?[a-zA-Z][^<>\"']*(?:\"[^\"<]*\"[^<>\"']*|'[^'<]*'[^<>\"']*)*>)")
_LONGEST_TITLE, _LONGEST_TEXT, _LONGEST_ADDRESS = 1_000, 1_000_000, 2_000


def item(text: str, url: str, source: str) -> Item:
    """The article of a page that lies at `url`. Raises ParseError when there is nothing to read in it."""
    page = _Page()
    # html.parser takes quadratic time over comments and tags that never end: they are gone before it looks
    page.feed(_TAG_AHEAD.sub("&lt;", _DECLARATION.sub(" ", shorn(text[:LONGEST]))))
    page.close()
    content, title = page.main_text()[:_LONGEST_TEXT], page.headline()
    if not re.sub(r"<[^>]*>|\s+", "", content) and not title:
        raise ParseError(source, "there is nothing to read in this page")
    meta = page.meta
    said = _first(meta, "article:published_time", "datepublished", "date", "dc.date", "pubdate")
    said = said or _linked_data(text, "datePublished") or page.time
    link = page.canonical or meta.get("og:url")
    picture = meta.get("og:image")
    return Item(
        url=join(page.base, link) or None if link and len(link) < _LONGEST_ADDRESS else None,
        base=page.base or (link if link and "://" in link[:10] else url),
        title=title[:_LONGEST_TITLE] or None,
        summary=escape(_first(meta, "og:description", "description") or "", quote=False) or None,
        content=content or None,
        authors=tuple(filter(None, [_first(meta, "author", "article:author", "dc.creator")])),
        published_at=moment(said or ""),
        updated_at=moment(meta.get("article:modified_time") or _linked_data(text, "dateModified") or ""),
        date_said=said,
        labels=tuple(filter(None, map(str.strip, meta.get("keywords", "").split(","))))[:100],
        enclosures=(Enclosure(url=join(page.base, picture), media_type="image/*"),) if picture else (),
        language=page.language or None,
        publisher=meta.get("og:site_name"),
    )


def _first(meta: Mapping[str, str], *names: str) -> str | None:
    return next((meta[name] for name in names if meta.get(name)), None)


def _linked_data(text: str, key: str) -> str | None:
    """What a page tells search engines (JSON-LD, schema.org); that of the first thing that has such a key."""
    for script in _LINKED_DATA.finditer(text[:LONGEST]):
        if said := re.search(rf'"{key}"\s*:\s*"([^"\\]{{8,40}})"', script[1]):
            return said[1]
    return None


class _Page(HTMLParser):
    """Collects the text inside <article>, <main> and <body>, and the head's facts, in one pass."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.meta: dict[str, str] = {}
        self.base = self.canonical = self.language = self.time = ""
        self._titles: dict[str, list[str]] = {}
        self._texts: dict[str, list[str]] = {"article": [], "main": [], "body": []}
        self._open: list[str] = []  # which of the three we are in
        self._beside = 0
        self._title = ""  # the <title> or <h1> we are in

    def headline(self) -> str:
        """Plain text; the first <h1>, else what the page calls itself."""
        h1, title = (" ".join("".join(self._titles.get(tag, ())).split()) for tag in ("h1", "title"))
        return unescape(h1).strip() or self.meta.get("og:title", "") or unescape(title).strip()

    def main_text(self) -> str:
        """HTML, as the page has it, without the headline and what stands beside the text."""
        texts = ("".join(parts).strip() for parts in self._texts.values())
        return next((text for text in texts if re.sub(r"<[^>]*>|\s", "", text)), "")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Facts from the head; markup of the text."""
        said = {name: (value or "").strip() for name, value in attrs}
        self._fact(tag, said)
        if tag in _BESIDE and not (tag == "header" and "article" in self._open):
            self._beside += 1
        elif tag in ("h1", "title") and tag not in self._titles:
            self._title, self._titles[tag] = tag, []
        elif tag in self._texts:
            self._open.append(tag)
        elif tag not in ("html", "head", "title", "link", "meta", "base"):
            self._write(self.get_starttag_text() or "")

    def handle_endtag(self, tag: str) -> None:
        """Leave what was entered."""
        if tag in _BESIDE:
            self._beside = max(0, self._beside - 1)
        elif tag == self._title:
            self._title = ""
        elif tag in self._texts:
            if tag in self._open:
                del self._open[len(self._open) - 1 - self._open[::-1].index(tag)]
        elif tag not in _VOID and tag not in ("html", "head", "title"):
            self._write(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        """Text belongs to the headline, or to the body."""
        if self._title:
            self._titles[self._title].append(data)
        else:
            self._write(data if "<" not in data else data.replace("<", "&lt;"))

    def handle_entityref(self, name: str) -> None:
        """Kept as it was written."""
        self.handle_data(f"&{name};")

    def handle_charref(self, name: str) -> None:
        """Kept as it was written."""
        self.handle_data(f"&#{name};")

    def _write(self, html: str) -> None:
        if self._open and not self._beside and not self._title:
            for place in dict.fromkeys(self._open):
                self._texts[place].append(html)

    def _fact(self, tag: str, said: Mapping[str, str]) -> None:
        if tag == "html":
            self.language = said.get("lang") or said.get("xml:lang", "")
        elif tag == "meta":
            name = (said.get("property") or said.get("name") or said.get("itemprop") or "").lower()
            self.meta.setdefault(name, said.get("content", ""))
        elif tag == "link" and "canonical" in said.get("rel", "").lower().split():
            self.canonical = self.canonical or said.get("href", "")
        elif tag == "base":
            self.base = self.base or said.get("href", "")
        elif tag == "time":
            self.time = self.time or said.get("datetime", "")
