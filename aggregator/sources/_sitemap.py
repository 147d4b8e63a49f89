"""
A sitemap -> its entries: https://www.sitemaps.org/protocol.html, with the extension for news.

    <urlset>        articles: <loc>, <lastmod>, <news:title>, <news:publication_date>, <news:language>
    <sitemapindex>  further sitemaps: <loc>, <lastmod>
    text            one address a line
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO

from . import _xml
from ._dates import moment

MOST = 50_000
"""Entries of one sitemap, as the protocol has it."""
_TAGS = 40 * MOST
"""One entry is held at a time, so there may be more than in a feed."""
_LONGEST = 2_000
_OF_PICTURES = re.compile("sitemap-(?:image|video)")
"""Extensions whose titles and addresses are not the article's."""


@dataclass(frozen=True)
class Entry:
    """One <url> or <sitemap>. `said` has the words of its elements by their local names; the first of each counts."""

    url: str
    said: dict[str, str] = field(default_factory=dict)

    @property
    def changed_at(self) -> datetime | None:
        """None if it gives no date, or none that makes sense."""
        return moment(self.said.get("publication_date", "")) or moment(self.said.get("lastmod", ""))


@dataclass(frozen=True)
class Sitemap:
    """What is in it, in its order. An index has further sitemaps, the others have articles."""

    is_index: bool
    entries: tuple[Entry, ...]


def read(text: str) -> Sitemap:
    """Raises ValueError with what it is instead."""
    if _xml.root(_xml.tidy(text[:10_000], 1)) not in ("urlset", "sitemapindex"):
        addresses = text.split()
        if addresses and all(re.match(r"https?://", address) for address in addresses):
            return Sitemap(is_index=False, entries=tuple(map(Entry, addresses[:MOST])))
        raise ValueError("this is no sitemap")
    xml = _xml.tidy(text, MOST, tags=_TAGS)
    try:
        return Sitemap(is_index=_xml.root(xml) == "sitemapindex", entries=tuple(_entries(xml)))
    except ET.ParseError as e:
        raise ValueError(f"the sitemap is broken ({e})") from e


def _entries(xml: str) -> Iterator[Entry]:
    """Each is let go of once it is read. What the XML says before it breaks off is taken."""
    number = 0
    for _, element in ET.iterparse(BytesIO(xml.encode())):  # noqa: S314 - there is no DOCTYPE left in a tidy text
        if _local(element.tag) in ("url", "sitemap"):
            said: dict[str, str] = {}
            for part in element.iter():
                if part.text and part.text.strip() and not _OF_PICTURES.search(part.tag):
                    said.setdefault(_local(part.tag), part.text.strip()[:_LONGEST])
            element.clear()
            number += 1
            if said.get("loc") and number <= MOST:
                yield Entry(said["loc"], said)


def _local(tag: str) -> str:
    return tag.rpartition("}")[2].lower()
