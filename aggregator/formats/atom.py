"""Atom 1.0 (RFC 4287)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from html import escape, unescape
from html.entities import name2codepoint
from typing import Any

from ..model import Edition, Enclosure, Printed, Story, Withdrawal
from ._proof import bare, proofread, second, tag_uri
from ._words import full_text

FILENAME = "atom.xml"
MEDIA_TYPE = "application/atom+xml; charset=utf-8"

BETWEEN = b""

_BEGIN = b"  <entry"
_END = b"</feed>\n"
_MOURNING = timedelta(days=30)
_TAG = re.compile(r"<[/!?a-z]", re.IGNORECASE)
_REFERENCE = re.compile(r"&(#?\w+)")


def head(edition: Edition) -> bytes:
    """The feed's own facts, and its tombstones."""
    from . import _feedgen  # 0.1 s: only for who prints

    if edition.withdrawn:  # with dates of their own, which depend on the edition's
        return _head.__wrapped__(edition)
    return _feedgen.dated(_head(_feedgen.timeless(edition)), b"<updated>", _newest(edition).isoformat())


@lru_cache(maxsize=200)
def _head(edition: Edition) -> bytes:
    from . import _feedgen

    return _feedgen.styled(begin(edition).atom_str(pretty=True).removesuffix(_END), edition)


def begin(edition: Edition) -> Any:
    """A feedgen feed without stories."""
    from . import _feedgen

    proof = proofread(replace(edition, stories=()))
    oldest = min((story.listed_at for story in edition.stories), default=proof.updated_at)
    feed = _feedgen.begin(proof, FILENAME, "application/atom+xml")
    _feedgen.allow_atom_extras(feed)
    feed.history.withdrawn = _tombstones(proof, oldest)
    feed.updated(_newest(edition))
    return feed


def _newest(edition: Edition) -> datetime:
    """The edition's date, or that of a story of the same second, whose fraction may lead beyond it."""
    at = second(edition)
    last = [tag_uri(story.guid, edition) for story in edition.stories if story.updated_at >= at]
    return max([at, *(_apart(guid, at) for guid in last)])


def items(edition: Edition) -> list[bytes]:
    """
    One <entry> a story; its publisher is the <source>. Its copies, and other stories about the event, are related links
    and stand below the text.
    """
    from . import _feedgen

    edition, feed = proofread(edition), _feedgen.sheet()
    _feedgen.allow_atom_extras(feed)
    for story in edition.stories:
        add(feed, story, edition)
    return _feedgen.cut(feed.atom_str(pretty=True), _BEGIN, _END)


def foot(edition: Edition) -> bytes:  # noqa: ARG001
    """The end tag."""
    return _END


def without(body: bytes, guids: Collection[str]) -> bytes:
    """The feed without these entries."""
    from . import _history

    return _history.without(body, guids)


def seal(body: bytes, guids: Collection[str], archive: Edition) -> bytes:
    """The archive, of a feed's entries."""
    from . import _history

    return _history.seal(body, guids, head(archive) + foot(archive))


def read(body: bytes, topic: str, archive: int | None) -> Iterator[Printed]:
    """The guids of what a feed of ours holds, and of what was withdrawn."""
    from . import _history

    return _history.read(body, topic, archive)


def _apart(guid: str, second: datetime) -> datetime:
    """
    When the story of this guid was updated, with a fraction of a second that is its own for ever: two entries of one
    second would have the same atom:updated, which readers that sort by it, and the W3C validator, do not like.
    """
    fraction = int.from_bytes(sha256(guid.encode()).digest()[:8], "big") % 1_000_000
    return second.replace(microsecond=fraction)


def _tombstones(edition: Edition, oldest: datetime) -> tuple[Withdrawal, ...]:
    """For a month of the edition's own time, and for as long as the story would stand in the document."""
    if edition.archive is not None:
        return ()
    last_month = edition.updated_at - _MOURNING
    return tuple(w for w in edition.withdrawn if w.at >= last_month or w.listed_at >= oldest)


def add(feed: Any, story: Story, edition: Edition) -> None:
    """A proofread story of this edition becomes the feed's last entry."""
    from . import _feedgen

    entry = _feedgen.add(feed, story, full_text(story, edition.topic.language))
    entry.updated(_apart(story.guid, story.updated_at))
    lead = story.lead
    entry.author([{"name": name} for name in lead.authors or (lead.publisher,)])
    if lead.summary:
        _summarise(entry, lead.summary)
    if _looks_like_html(lead.title):
        entry.extras.html_title = escape(lead.title, quote=False)
    if lead.language != edition.topic.language:
        entry.extras.language = lead.language
    entry.extras.source = lead
    entry.extras.links += [*_related(story), *map(_enclosure, lead.enclosures)]


def _summarise(entry: Any, summary: str) -> None:
    if _looks_like_html(summary):
        entry.summary(escape(summary, quote=False), type="html")
    else:
        entry.summary(summary)


def _looks_like_html(text: str) -> bool:
    """Whether a reader may take this plain text for HTML by mistake. Such a text is sent as HTML, escaped."""
    if _TAG.search(text) or unescape(text) != text:
        return True
    return any(name in name2codepoint or not name.isalpha() for name in _REFERENCE.findall(text))  # the W3C's rule


def _related(story: Story) -> Iterator[dict[str, str]]:
    for article in story.elsewhere:
        if article.url:
            yield {"rel": "related", "href": article.url, "title": bare(article.title) or article.publisher}
    for other in story.related:
        yield {"rel": "related", "href": other.url, "title": other.title}


def _enclosure(enclosure: Enclosure) -> dict[str, str]:
    known = {"title": enclosure.title, "length": str(enclosure.length or "")}
    link = {"rel": "enclosure", "href": enclosure.url, "type": enclosure.media_type}
    return link | {name: value for name, value in known.items() if value}
