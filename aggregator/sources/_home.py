"""
The feed behind a web page: what the page declares, else a few usual places.

https://html.spec.whatwg.org/multipage/links.html#rel-alternate; comment feeds come last, whatever their place.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..errors import FetchError
from . import Answer, World, _xml
from ._charset import decode
from ._html import base, elements, is_page, join, tree, words
from ._robots import BUSY

TRIES = 3
"""Requests that looking for a feed may cost, beyond the one for the page."""
_TYPES = re.compile(r"application/(?:(?:rss|atom|rdf)\+xml|feed\+json|rss|atom)|text/(?:rss|atom)(?:\+xml)?", re.I)
_USUAL = ("/feed/", "/rss.xml", "/atom.xml")
_COMMENTS = re.compile(r"comment|replies|комментар|пікір", re.I)


@dataclass(frozen=True)
class Declared:
    """A feed that a page names."""

    url: str
    title: str


def declared(text: str, url: str) -> list[Declared]:
    """The feeds that a page at `url` names, each once, the best first."""
    root = tree(text)
    if root is None:
        return []
    where = base(root, url)
    found: dict[str, Declared] = {}
    for link in elements(root, "link"):
        relations = link.get("rel", "").lower().split()
        address = join(where, link.get("href", ""))
        if _is_feed(relations, link.get("type", ""), address) and address != url:
            found.setdefault(address, Declared(address, " ".join(link.get("title", "").split())))
    return sorted(found.values(), key=lambda feed: bool(_COMMENTS.search(f"{feed.title} {feed.url}")))


def find(answer: Answer, world: World, gone: str = "") -> tuple[Answer, str] | None:
    """
    The feed behind a page, and its address; None if the answer is no page, or no feed is found in TRIES requests. One
    that is known to be `gone` is not asked for. Raises FetchError when the server is busy.
    """
    text = decode(answer.body or b"", answer.charset)
    if not is_page(text):
        return None
    named = [feed.url for feed in declared(text, answer.url)]
    for url in (named or [join(answer.url, path) for path in _USUAL])[:TRIES]:
        if url == gone:
            continue
        try:
            found = world.get(url)
        except FetchError as e:
            if e.status in BUSY:
                raise
            continue
        if is_feed(decode(found.body or b"", found.charset)):
            return found, url
    return None


def is_feed(text: str) -> bool:
    """Whether the text begins as a feed does."""
    if text.lstrip().startswith("{"):
        return "jsonfeed.org/version/1" in text
    return _xml.root(_xml.tidy(text[:10_000], 1)) in _xml.FEED_ROOTS


def what_it_names(text: str, url: str) -> str:
    """For the operator of a source that has become a page."""
    feeds = [feed.url for feed in declared(text, url)][:TRIES]
    if feeds:
        return f"it is a web page; the feed that it names is {' or '.join(feeds)}"
    return f"it is a web page{_called(text)}, and names no feed"


def _called(text: str) -> str:
    root = tree(text)
    title = next((words(title) for title in elements(root, "title")), "") if root is not None else ""
    return f" («{title[:60]}»)" if title else ""


def _is_feed(relations: list[str], media_type: str, address: str) -> bool:
    if not address.startswith(("http://", "https://")) or not {"alternate", "feed"} & set(relations):
        return False
    media_type = media_type.partition(";")[0].strip()
    # application/json was JSON Feed 1.0's type; WordPress declares its API with it on every page
    is_json = media_type.lower() == "application/json" and "feed" in address.lower()
    return bool(_TYPES.fullmatch(media_type)) or is_json or ("feed" in relations and not media_type)
