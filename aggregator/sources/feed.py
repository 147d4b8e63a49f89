"""
Feeds on the web: RSS 0.90 to 2.0, RDF, Atom 0.3 and 1.0, JSON Feed. The content decides, not the label.

Every command that reads the configuration loads this; what reads feeds is loaded by those who have one to read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from ..errors import FetchError, ParseError
from ..model import Checkpoint, Fetched, Item, Source, Wishes
from . import Answer, Cuttings, World
from ._options import per_visit, yes_or_no

NEWEST = 500
"""No more items of one document than these."""

_VALIDATORS = ("etag", "last-modified")
_NOT_THERE = (404, 410)


OPTIONS: Mapping[str, Callable[[object], object]] = {"full_text": yes_or_no, "per_visit": per_visit}


def check(source: Source) -> None:
    """A feed has a web address."""
    if not re.match(r"https?://[^/\s]", source.location, re.I):
        raise ValueError(f"{source.location!r} is no web address; right would be https://example.org/feed.xml")


def fetch(source: Source, since: Checkpoint, world: World) -> Iterator[Fetched]:
    """Yield the feed if it has changed; with `full_text`, the pages of its new items instead. Raises FetchError."""
    feeds = _fetch(source, since, world)
    if source.options.get("full_text"):
        from . import _full_text

        feeds = _full_text.fetch(source, since, world, feeds, _items)
    yield from feeds


def place(source: Source, since: Checkpoint) -> str:
    """Where the source's feed lies: what was found behind its page, else its location."""
    page, _, feed = since.get("feed", "").partition(" ")
    return feed if feed and page == source.location else source.location


def _fetch(source: Source, since: Checkpoint, world: World) -> Iterator[Fetched]:
    """
    Yield the feed if its bytes have changed; if only its validators have, an empty Fetched that moves them. Where a
    page has been from the beginning, the feed behind it is meant; a feed that has become a page is an error.
    """
    answer, moved = _ask(source, since, world)
    if answer.body is None:
        if not any(since.get(key) for key in _VALIDATORS):
            raise FetchError(source.name, "the server says 'not modified' to somebody who never saw the feed")
        body, moved = None, dict(answer.checkpoint)
    else:
        if not since.get("digest") and (behind := _behind(answer, source, world)):
            answer, moved = behind
        digest = _digest(answer.body or b"")
        body = answer.body if digest != since.get("digest") else None
        moved |= {**dict.fromkeys(_VALIDATORS, ""), **answer.checkpoint, "digest": digest}
    if body is not None or any(since.get(key, "") != value for key, value in moved.items()):
        yield Fetched(
            url=answer.url, body=body, checkpoint=moved, media_type=answer.media_type, charset=answer.charset,
            is_part=answer.is_part,
        )  # fmt: skip


def _digest(body: bytes) -> str:
    from hashlib import sha256  # 5 ms, with OpenSSL

    return sha256(body).hexdigest()


def _ask(source: Source, since: Checkpoint, world: World) -> tuple[Answer, dict[str, str]]:
    """The answer, and what to remember of the way to it. Where a found feed is gone, its page is asked once more."""
    known = place(source, since)
    try:
        return world.get(known, since), {}
    except FetchError as e:
        if known == source.location or e.status not in _NOT_THERE:
            raise
        if behind := _behind(world.get(source.location), source, world, gone=known):
            return behind
        raise


def _behind(page: Answer, source: Source, world: World, gone: str = "") -> tuple[Answer, dict[str, str]] | None:
    from . import _home

    found = _home.find(page, world, gone)
    return (found[0], {"feed": f"{source.location} {found[1]}"}) if found else None


def parse(source: Source, fetched: Fetched) -> Iterator[Item]:
    """
    Yield the items of a feed, at most the newest 500; with `full_text` none, as they come one by one with their pages.
    Raises ParseError, also for what is no feed.
    """
    if fetched.announced:
        from . import _linked

        yield from _linked.parse(source, fetched)
    elif not source.options.get("full_text"):
        yield from _items(source, fetched)


def _items(source: Source, fetched: Fetched) -> Iterator[Item]:
    from . import _jsonfeed, _xml
    from ._charset import decode

    text = decode(fetched.body or b"", fetched.charset)
    title = source.title if source.kind == "feed" else ""  # a feed that lies in a folder keeps its own
    if text.lstrip().startswith(("{", "[")):
        yield from _jsonfeed.items(text, fetched.url, source.name, title, NEWEST)
        return
    from . import _fastfeed  # and lxml with it, for those who have a feed to read

    try:
        _xml.weigh(text)
        found = _fastfeed.items(text, fetched.url, title, NEWEST)
        xml = _xml.tidy(text, NEWEST) if found is None else ""
    except _xml.TooMuch as e:
        raise ParseError(source.name, str(e)) from e
    if found is not None:
        yield from found
        return
    if _xml.root(xml) not in _xml.FEED_ROOTS:
        raise ParseError(source.name, f"this is no feed: {_seems_to_be(text, _xml.root(xml), fetched.url)}")
    from . import _feedparser  # 55 ms more, for those that are odd or broken

    yield from _feedparser.items(xml, fetched.url, source.name, title)


def cut(source: Source, fetched: Fetched) -> Cuttings | None:
    """The feed, to be read in pieces; None: it has to be parsed whole."""
    from . import _cuttings

    if fetched.announced or source.options.get("full_text"):
        return None
    return _cuttings.cut(source, fetched, NEWEST)


def wishes(fetched: Fetched) -> Wishes | None:
    """When the feed wants to be visited, as far as it says; the page of one of its items says nothing of that."""
    from ._charset import decode
    from ._wishes import wishes_of

    return None if fetched.announced else wishes_of(decode(fetched.body or b"", fetched.charset))


def notes(fetched: Fetched) -> Iterator[str]:
    """What a reader should know who finds the feed other than it came: what was mended, read by guess, or left out."""
    if fetched.announced:
        return
    from . import _charset, _jsonfeed, _xml

    body = fetched.body or b""
    text, name = _charset.read(body, fetched.charset)
    yield from _charset.remarks(body, fetched.charset, text, name)
    is_json = text.lstrip().startswith(("{", "["))
    if fault := "" if is_json else _xml.fault(text):
        yield fault
    if (_jsonfeed if is_json else _xml).has_more(text, NEWEST):
        yield f"more than {NEWEST} entries: the newest {NEWEST} are taken"


def _seems_to_be(text: str, root: str, url: str) -> str:
    from . import _home

    known = {
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
    if root == "html" or re.search(r"<!doctype html|<(?:html|head|body)[\s>]", text[:2000], re.I):
        return _home.what_it_names(text, url)
    return f"its first element is <{root[:40]}>" if root else "it seems to be plain text"
