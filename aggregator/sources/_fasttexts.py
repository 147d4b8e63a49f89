"""
Attributes and texts of a well-formed feed as feedparser reads them, and what is remembered from one to the next.

    Draft        what has been read of a feed so far
    inherited    xml:lang and xml:base, which hold for everything inside
    attributes   by their names in lower case
    plain        the text of an element
    construct    a text with its type, language and base
    Odd          raised where feedparser does something that is not repeated here: it is the judge
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from html import escape as escaped
from html.entities import entitydefs
from typing import Any
from urllib.parse import urljoin

from ._fastnames import XHTML, XML, name

escape = partial(escaped, quote=False)  # xml.sax.saxutils has one, and loads urllib.request for it

Element = Any
"""Of lxml, whose door is _fastfeed."""


class Odd(Exception):
    """Not for the fast path."""


@dataclass(slots=True)
class Draft:
    """What has been read of one feed so far; `said` is the entry that is being read, or the feed itself."""

    is_atom: bool
    has_windows_signs: bool = False
    """Whether there is a character of Latin-1 in the document that is none, but is one of Windows-1252."""
    language: str | None = None
    base: str = ""
    feed: dict[str, Any] = field(default_factory=dict)
    entries: list[dict[str, Any]] = field(default_factory=list)
    said: dict[str, Any] = field(default_factory=dict)
    is_entry: bool = False
    depth: int = 0
    summary_depth: int | None = None
    titles: int = 0
    media_titles: int = 0
    title_is_open: bool = False
    has_content: bool = False
    """Carried over from the feed to its first entry: feedparser forgets it at the end of an entry only."""

    def __post_init__(self) -> None:
        self.said = self.feed


def inherited(draft: Draft, key: str, value: str) -> bool:
    """Whether an attribute is one that holds for everything inside: a language or a base, which the draft keeps."""
    if key == f"{XML}lang":
        draft.language = value or None
    elif key == f"{XML}base":
        draft.base = resolved(draft, value)
        if not re.match(r"https?://[^/\s]", draft.base) or resolved(draft, draft.base) != draft.base:
            raise Odd(key)
    else:
        return False
    return True


_MOST = 100
ATTRIBUTES = frozenset(
    "about base domain filesize href label lang lastmod length medium mode rel scheme src term text title type uri"
    " url".split()
)
"""feedparser reads these by their local name, whatever their namespace."""
_WINDOWS = {n: c for n in range(128, 160) if (c := bytes([n]).decode("cp1252", "replace")) != "\ufffd"}
_TYPES = {
    "text": "text/plain", "plain": "text/plain", "text/plain": "text/plain",
    "html": "text/html", "text/html": "text/html", "xhtml": "application/xhtml+xml",
}  # fmt: skip


def local(key: str) -> str:
    return (key.rpartition("}")[2] if key[0] == "{" else key).lower()


def pairs(element: Element) -> Iterable[tuple[str, str]]:
    """The attributes. Raises Odd where there are so many that lxml, which takes quadratic time, would be slow."""
    keys = element.keys()
    if len(keys) > _MOST:
        raise Odd("attributes")
    return element.items() if keys else ()


def attributes(element: Element) -> dict[str, str]:
    """By their names in lower case. Raises Odd for a foreign one that would be taken for one of ours."""
    found = {}
    for key, value in pairs(element):
        own = local(key)
        if key == f"{XML}lang":
            found["xml:lang"] = value
        elif own == "base" or (key[0] == "{" and own in ATTRIBUTES):
            raise Odd(key)
        elif key[0] != "{":
            found[own] = value
    return found


def plain(draft: Draft, element: Element) -> str:
    """Its text and nothing but text, as it was meant."""
    if len(element):
        raise Odd(element.tag)
    text: str = (element.text or "").strip()
    return text if text.isascii() else _as_meant(draft, text)


_LAST_OF_LATIN = "\xff"


def _as_meant(draft: Draft, text: str) -> str:
    """Without two old accidents: UTF-8 that was taken for Latin-1, and the signs of Windows where Latin-1 has none."""
    if text and text[0] <= _LAST_OF_LATIN and text[len(text) // 2] <= _LAST_OF_LATIN:  # to fail is dear
        with suppress(UnicodeError):
            text = text.encode("latin-1").decode()
    return text.translate(_WINDOWS) if draft.has_windows_signs else text


def resolved(draft: Draft, link: str) -> str:
    if ":///" in link:
        raise Odd(link)
    try:
        return urljoin(draft.base, link)
    except ValueError:  # http://[broken
        raise Odd(link) from None


def construct(draft: Draft, element: Element, type_: str) -> dict[str, Any]:
    """A text with its type, language and base; `type_` if it does not say. Raises Odd."""
    outer = draft.language
    for key, value in pairs(element):
        if key == "type":
            type_ = _TYPES.get(value.lower(), "")
        elif not inherited(draft, key, value) and (key, value) != ("mode", "escaped"):  # Atom 0.3
            raise Odd(key)
    language, draft.language = draft.language, outer
    if type_ == "application/xhtml+xml" and draft.is_atom:
        value = _as_meant(draft, _inline(element).strip())
    elif type_.startswith("text/"):
        value = plain(draft, element)
    else:
        raise Odd(type_)
    if type_ == "text/plain" and not draft.is_atom and _looks_like_html(value):
        type_ = "text/html"
    return {"type": type_, "language": (language or "").replace("_", "-"), "base": draft.base, "value": value}


_COMMON = frozenset(
    "a abbr b big blockquote br center code div em font h1 h2 h3 h4 h5 h6 hr i img li ol p pre s small span strong sub"
    " sup table tbody td th thead tr tt u ul".split()
)


def _looks_like_html(text: str) -> bool:
    """feedparser's guess at a text in RSS. Raises Odd for a tag that is not common."""
    has_tags = "</" in text and re.search(r"</\w+>", text)
    if not (has_tags or ("&" in text and re.search(r"&#?\w+;", text))):
        return False
    if any(tag.lower() not in _COMMON for tag in re.findall(r"</?(\w+)", text)):
        raise Odd("tags in plain text")
    return all(entity in entitydefs for entity in re.findall(r"&(\w+);", text))


def _inline(element: Element) -> str:
    """The inside of an XHTML construct, without the <div> that has to stand around it (RFC 4287 section 3.1.1.3)."""
    children = list(element)
    alone = len(children) == 1 and children[0].tag == f"{XHTML}div"
    if alone and not (element.text or "").strip() and not (children[0].tail or "").strip():
        attributes(children[0])
        element = children[0]
    return escape(element.text or "") + "".join(_markup(child) + escape(child.tail or "") for child in element)


def _markup(element: Element) -> str:
    if not element.tag.startswith(XHTML) or element.tag == f"{XHTML}body":
        raise Odd(element.tag)
    tag = name(element.tag).partition(":")[2]
    said = "".join(f" {key}={_quoted(key, value)}" for key, value in attributes(element).items())
    inside = "".join(_markup(child) + escape(child.tail or "") for child in element)
    return f"<{tag}{said}>{escape(element.text or '')}{inside}</{tag}>"


def _quoted(key: str, value: str) -> str:
    said = escape(value.lower() if key in ("rel", "type") else value)
    return '"' + said.replace('"', "&quot;") + '"'
