"""RSS 2.0, as the RSS Advisory Board reads it (https://www.rssboard.org/rss-profile)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import replace
from email.utils import format_datetime
from functools import lru_cache
from html import escape
from typing import Any

from ..model import Edition, Enclosure, Printed, Story
from ._proof import bare, home, proofread, second
from ._words import full_text

FILENAME = "rss.xml"
MEDIA_TYPE = "application/rss+xml; charset=utf-8"

BETWEEN = b""

_BEGIN = b"    <item>"
_END = b"  </channel>\n</rss>\n"
_MINUTES_TO_LIVE = 30
_MAIL = re.compile(r"[\w.+-]+@([a-z0-9-]+\.)+[a-z]{2,}", re.ASCII | re.IGNORECASE)


def head(edition: Edition) -> bytes:
    """The channel."""
    from . import _feedgen  # 0.1 s: only for who prints

    return _feedgen.dated(_head(_feedgen.timeless(edition)), b"<lastBuildDate>", format_datetime(second(edition)))


@lru_cache(maxsize=200)
def _head(edition: Edition) -> bytes:
    from . import _feedgen

    return _feedgen.styled(begin(edition).rss_str(pretty=True).removesuffix(_END), edition)


def begin(edition: Edition) -> Any:
    """A feedgen feed without stories."""
    from . import _feedgen

    edition = proofread(replace(edition, stories=()))
    feed = _feedgen.begin(edition, FILENAME, "application/rss+xml")
    _feedgen.allow_rss_extras(feed)
    feed.docs("https://www.rssboard.org/rss-specification")
    feed.ttl(_MINUTES_TO_LIVE)
    if _MAIL.fullmatch(edition.imprint.contact):
        feed.managingEditor(_mailbox(edition))
    return feed


def items(edition: Edition) -> list[bytes]:
    """One <item> a story; its publisher is the <source>, and those who carry copies stand below the text."""
    from . import _feedgen

    edition, feed = proofread(edition), _feedgen.sheet()
    _feedgen.allow_rss_extras(feed)
    for story in edition.stories:
        add(feed, story, edition)
    return _feedgen.cut(feed.rss_str(pretty=True), _BEGIN, _END)


def foot(edition: Edition) -> bytes:  # noqa: ARG001
    """The end tags."""
    return _END


def without(body: bytes, guids: Collection[str]) -> bytes:
    """The feed without these items."""
    from . import _history

    return _history.without(body, guids)


def seal(body: bytes, guids: Collection[str], archive: Edition) -> bytes:
    """The archive, of a feed's items."""
    from . import _history

    return _history.seal(body, guids, head(archive) + foot(archive))


def read(body: bytes, topic: str, archive: int | None) -> Iterator[Printed]:
    """The guids of what a feed of ours holds."""
    from . import _history

    return _history.read(body, topic, archive)


def add(feed: Any, story: Story, edition: Edition) -> None:
    """A proofread story of this edition becomes the feed's last item."""
    from . import _feedgen

    item = _feedgen.add(feed, story, full_text(story, edition.topic.language))
    lead = story.lead
    item.title(bare(lead.title) or lead.publisher)  # RSS does not say whether a title is HTML, and readers differ
    item.source(url=home(lead), title=lead.publisher)
    item.dc.dc_creator(list(lead.authors))
    if lead.summary:
        item.summary(escape(lead.summary, quote=False))  # a description is HTML
    if lead.language and lead.language != edition.topic.language:
        item.dc.dc_language(lead.language)
    _enclose(item, lead.enclosures)


def _enclose(item: Any, enclosures: tuple[Enclosure, ...]) -> None:
    """An item has room for one enclosure; the others are media:content (Media RSS 1.5.1)."""
    for first in enclosures[:1]:
        item.enclosure(url=first.url, type=first.media_type, length=first.length or 0)
    for other in enclosures[1:]:
        size = {"fileSize": str(other.length)} if other.length else {}
        item.media.content({"url": other.url, "type": other.media_type, **size}, group=None)


def _mailbox(edition: Edition) -> str:
    name = re.sub(r"[()\\<>&]", "", edition.imprint.title)
    return f"{edition.imprint.contact} ({name})"
