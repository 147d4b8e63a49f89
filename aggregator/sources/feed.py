"""Feeds on the web: RSS 0.90 to 2.0, RDF, Atom 0.3 and 1.0, JSON Feed. The content decides, not the label."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

from ..errors import FetchError, ParseError
from ..model import Checkpoint, Fetched, Item, Source
from . import World, _jsonfeed, _xml
from ._charset import decode

NEWEST = 500
"""No more items of one document than these."""

_VALIDATORS = ("etag", "last-modified")


def check(source: Source) -> None:
    """A feed has a web address."""
    if not re.match(r"https?://[^/\s]", source.location, re.I):
        raise ValueError(f"{source.location!r} is no web address; right would be https://example.org/feed.xml")


def fetch(source: Source, since: Checkpoint, world: World) -> Iterator[Fetched]:
    """Yield the feed if its bytes have changed; if only its validators have, an empty Fetched that moves them."""
    answer = world.get(source.location, since)
    if answer.body is None:
        if not any(since.get(key) for key in _VALIDATORS):
            raise FetchError(source.name, "the server says 'not modified' to somebody who never saw the feed")
        body, moved = None, dict(answer.checkpoint)
    else:
        digest = hashlib.sha256(answer.body).hexdigest()
        body = answer.body if digest != since.get("digest") else None
        moved = {**dict.fromkeys(_VALIDATORS, ""), **answer.checkpoint, "digest": digest}
    if body is not None or any(since.get(key, "") != value for key, value in moved.items()):
        yield Fetched(
            url=answer.url, body=body, checkpoint=moved, media_type=answer.media_type, charset=answer.charset
        )


def parse(source: Source, fetched: Fetched) -> Iterator[Item]:
    """Yield the items of a feed, at most the newest 500. Raises ParseError, also for what is no feed."""
    text = decode(fetched.body or b"", fetched.charset)
    title = source.title if source.kind == "feed" else ""  # a feed that lies in a folder keeps its own
    if text.lstrip().startswith(("{", "[")):
        yield from _jsonfeed.items(text, fetched.url, source.name, title, NEWEST)
        return
    try:
        xml = _xml.tidy(text, NEWEST)
    except _xml.TooMuch as e:
        raise ParseError(source.name, str(e)) from e
    if _xml.root(xml) not in _xml.FEED_ROOTS:
        raise ParseError(source.name, f"this is no feed: {_seems_to_be(text, _xml.root(xml))}")
    from . import _feedparser  # 55 ms, for those who have a feed to read

    yield from _feedparser.items(xml, fetched.url, source.name, title)


def _seems_to_be(text: str, root: str) -> str:
    known = {
        "html": "it seems to be a web page",
        "opml": "it is a list of subscriptions (OPML)",
        "urlset": "it is a sitemap",
        "sitemapindex": "it is a sitemap",
    }
    if not text.strip():
        return "there is nothing in it"
    if "\x00" in text[:1000] or text[:1000].count("\ufffd") > 10:
        return "it seems to be a picture or another binary file"
    if root in known:
        return known[root]
    if re.search(r"<!doctype html|<(?:html|head|body)[\s>]", text[:2000], re.I):
        return known["html"]
    return f"its first element is <{root[:40]}>" if root else "it seems to be plain text"
