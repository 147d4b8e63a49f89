"""
The one door to feedgen 1.0: what RSS and Atom have in common, and what feedgen cannot say by itself.

Both formats begin a feed, add stories to it, and say the rest with feedgen's own words or `AtomExtras`. A document is
what feedgen writes of a feed without stories, cut open before its end, with what it writes of each story, cut out of
another one; so what has been written once can be used again.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import feedgen.entry
import feedgen.feed
from feedgen.ext.base import BaseExtension
from feedgen.ext.dc import DcEntryExtension, DcExtension
from feedgen.ext.media import MediaEntryExtension, MediaExtension
from feedgen.util import xml_elem

from ..model import Article, Edition, Story
from ._history import History
from ._proof import home

# feedgen's own switches the locale of the whole process for every date (util.py: setlocale), under all other threads.
feedgen.feed.formatRFC2822 = feedgen.entry.formatRFC2822 = format_datetime

_EVER = datetime(1970, 1, 1, tzinfo=UTC)
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_ATOM = "{http://www.w3.org/2005/Atom}"


def begin(edition: Edition, filename: str, media_type: str) -> Any:
    """A feedgen feed without entries, from a proofread edition."""
    topic, imprint = edition.topic, edition.imprint
    feed = feedgen.feed.FeedGenerator()
    feed.id(f"tag:{imprint.authority}:{topic.name}")
    feed.title(topic.title)
    feed.description(topic.description)
    feed.author(name=imprint.title)
    feed.language(topic.language)
    feed.updated(edition.updated_at)  # feedgen says the present moment unless it is told
    feed.generator("River")  # without its version, or an upgrade would change every file
    feed.link(href=edition.address + filename, rel="self", type=media_type)
    for hub in imprint.hubs:
        feed.link(href=hub, rel="hub")
    feed.register_extension("hubs", RssHubs, BaseExtension, atom=False)
    feed.hubs.urls = imprint.hubs
    feed.link(href=edition.link, rel="alternate", type="text/html")  # last: RSS takes the last one for <link>
    feed.register_extension("history", History, BaseExtension)
    feed.history.read(edition, filename, media_type)
    return feed


def timeless(edition: Edition) -> Edition:
    """What a head is made of but for its date: the same for most editions of a topic."""
    topic = replace(edition.topic, rule=None, languages=())
    return replace(edition, topic=topic, stories=(), updated_at=_EVER)


def dated(head: bytes, before: bytes, at: str) -> bytes:
    """The head of a timeless edition, with a date in place of its own, which stands first behind these bytes."""
    start, _, rest = head.partition(before)
    _, _, end = rest.partition(b"<")
    return b"%b%b%b<%b" % (start, before, at.encode(), end)


def sheet() -> Any:
    """A feedgen feed with nothing but what it must have, to set single stories in."""
    feed = feedgen.feed.FeedGenerator()
    for say in (feed.id, feed.title, feed.description):
        say("-")
    feed.link(href="-", rel="alternate")
    feed.updated(_EVER)
    return feed


def cut(document: bytes, begin: bytes, end: bytes) -> list[bytes]:
    """What is printed of each story in a document that `end`s so: all `begin` alike, and nowhere else is a raw `<`."""
    _, *stories = document.removesuffix(end).split(begin)
    return [begin + story for story in stories]


def styled(document: bytes, edition: Edition) -> bytes:
    """With a stylesheet for whoever opens the feed in a browser. Relative: the folder may be served from anywhere."""
    up = "../" if edition.archive is None else "../../../"
    declaration, _, rest = document.partition(b"?>")
    style = f'<?xml-stylesheet type="text/css" href="{up}feed.css"?>'.encode()
    return b"%b?>\n%b%b" % (declaration, style, rest.lstrip())  # as lxml writes it again when an item is taken out


def add(feed: Any, story: Story, content: str) -> Any:
    """The story's entry, in last place, with what both formats say alike. `content` is HTML."""
    lead = story.lead
    entry = feed.add_entry(order="append")  # feedgen's default puts the last one first
    entry.id(story.guid)
    entry.title(lead.title)
    entry.link(href=lead.url)
    entry.published(story.published_at)
    entry.updated(story.updated_at)
    entry.category([{"term": label} for label in lead.labels])
    if content:
        entry.content(content, type="html")
    return entry


@dataclass
class RssHubs:
    """An extension for links of an RSS channel that feedgen leaves out: it writes `self` alone (1.0.0, its feed.py)."""

    urls: tuple[str, ...] = ()

    def extend_ns(self) -> dict[str, str]:
        """No namespace that feedgen does not declare anyway."""
        return {}

    def extend_rss(self, rss: Any) -> None:
        """Called by feedgen before the items are added."""
        for url in self.urls:
            xml_elem(f"{_ATOM}link", rss[0], rel="hub", href=url)


def allow_rss_extras(feed: Any) -> None:
    """From now on, an entry added to the feed has `dc` and `media`."""
    # Not load_extension: it looks in all of Python's path for a `dc_entry`, each time and in vain (1.0.0, feed.py).
    feed.register_extension("dc", DcExtension, DcEntryExtension)
    feed.register_extension("media", MediaExtension, MediaEntryExtension)


def allow_atom_extras(feed: Any) -> None:
    """From now on, an entry added to the feed has `extras`."""
    feed.register_extension("extras", BaseExtension, AtomExtras, rss=False)


@dataclass
class AtomExtras:
    """
    An extension for what feedgen cannot say in an Atom entry: the language, a title that is HTML, a source with id and
    date, and links with a relation (1.0.0 loses all of a link's attributes but the address, see its entry.py).
    """

    language: str = ""
    html_title: str = ""
    source: Article | None = None
    links: list[dict[str, str]] = field(default_factory=list)

    def extend_atom(self, entry: Any) -> None:
        """Called by feedgen when the entry is otherwise complete."""
        if self.language:
            entry.set(_LANG, self.language)
        if self.html_title:
            title = entry.find("title")
            title.set("type", "html")
            title.text = self.html_title
        for link in self.links:
            xml_elem("link", entry, **link)
        if self.source:
            _source(entry, self.source)


def _source(entry: Any, lead: Article) -> None:
    """RFC 4287, 4.2.11. We do not know the original feed's own id and date: its site's address and the entry's date."""
    source = xml_elem("source", entry)
    xml_elem("id", source).text = home(lead)
    xml_elem("title", source).text = lead.publisher
    xml_elem("updated", source).text = lead.updated_at.isoformat()
    xml_elem("link", source, href=home(lead))
