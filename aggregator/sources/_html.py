"""A web page as a tree: what its elements say, and where its links lead. The door to lxml's reader of HTML."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, cast
from urllib.parse import urljoin, urlsplit

from ._xml import FORBIDDEN, LONG_TAG, fewer_attributes

if TYPE_CHECKING:
    from lxml.html import HtmlElement as HtmlElement

LONGEST = 2_000_000
"""Characters of a page that are read."""
_CODE = re.compile(
    r"<(script|style|noscript|template|svg|iframe|textarea)\b[^<>]*>.*?(?:</\1\s*>|\Z)|<!--.*?(?:-->|\Z)",
    re.DOTALL | re.I,
)
_TAG = re.compile(r"""<[a-zA-Z](?:[^<>"']++|"[^"]*+"|'[^']*+')*+>?""")
_BEFORE = r"(?:\s|<!--.*?-->|<\?.*?\?>)*+"
_PAGE = re.compile(rf"{_BEFORE}<(?:!doctype\s+html|html|head|body)[\s>]", re.I | re.DOTALL)


def is_page(text: str) -> bool:
    """Whether the text begins as a web page does."""
    return _PAGE.match(text[:10_000]) is not None


def tree(text: str) -> HtmlElement | None:
    """The root element; None if there is nothing in the text. Never raises, whatever is broken."""
    from lxml import html  # 40 ms, for those who have a page to read
    from lxml.etree import LxmlError

    parser = html.HTMLParser(encoding="utf-8", no_network=True)
    try:
        return html.document_fromstring(shorn(FORBIDDEN.sub(" ", text[:LONGEST])).encode(), parser=parser)
    except (LxmlError, ValueError, AssertionError):
        return None


def shorn(text: str) -> str:
    """Without code and comments, and with so few attributes that no parser takes quadratic time over them."""
    return _TAG.sub(lambda tag: tag[0] if len(tag[0]) < LONG_TAG else fewer_attributes(tag[0]), _CODE.sub(" ", text))


def elements(root: HtmlElement, *tags: str) -> Iterator[HtmlElement]:
    """All elements with one of these tags, in the order of the page."""
    yield from root.iter(*tags)


def select(root: HtmlElement, selector: str) -> list[HtmlElement]:
    """What a CSS selector finds. Raises ValueError for what is no selector."""
    from lxml.cssselect import CSSSelector
    from lxml.etree import LxmlError

    try:  # a missing pseudo-class is an ExpressionError, everything else a SelectorSyntaxError: both are SyntaxErrors
        return cast("list[HtmlElement]", CSSSelector(selector, translator="html")(root))
    except (SyntaxError, RuntimeError, LxmlError) as e:
        raise ValueError(f"{selector!r} is no CSS selector ({e})") from e


def words(element: HtmlElement) -> str:
    """What an element says, in one line."""
    return " ".join(element.text_content().split())


def base(root: HtmlElement, url: str) -> str:
    """What the links of a page that lies at `url` are relative to (HTML, 4.2.3)."""
    href = next((element.get("href", "") for element in root.iter("base") if element.get("href")), "")
    return join(url, href) or url


def join(place: str, link: str) -> str:
    """The address that a link leads to; empty if it makes no sense."""
    try:
        address = urljoin(place, "".join(link.split("\n")).strip())
        urlsplit(address)
    except ValueError:  # http://[broken
        return ""
    return address
