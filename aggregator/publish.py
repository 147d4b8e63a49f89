"""
The right half: one topic, from the store to files.

    current (| seal | current) | read | edition | render | put

    feeds/<topic>/rss.xml                what readers subscribe to
    feeds/<topic>/archive/<n>/rss.xml    older stories (RFC 5005, section 4): written once, then only ever cleared of
                                         what was withdrawn
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import cast

from . import plugins
from .formats import Archival, Format, render
from .galley import Galley
from .incidents import Incident
from .incidents import edition as desk_edition
from .model import DESK, Edition, Front, Imprint, Printed, Story, Topic
from .press import is_retired, is_there, keep_private, pack, put, put_all, take_down
from .selection import DEPTH, select
from .stores import Latest, Store

HEADLINES = 5
"""How many stories of each topic stand on the front page."""


def publish(
    topic: Topic,
    store: Store,
    imprint: Imprint,
    feeds: Path,
    galley: Galley | None = None,
    digest: str | None = None,
    now: datetime | None = None,
) -> list[Path]:
    """
    Bring the topic's folder up to date; the files that had to be rewritten. Equal bytes are not written again. What
    stands in the galley is neither read nor rendered. The documents of these days are packed by `pack_topic`.
    `digest` is what the topic was registered with: should it be another one by now, or the topic be held, the
    configuration has changed meanwhile, and it is left to the next job to say so.
    """
    galley = galley or Galley()
    latest = share_out(topic, store, current(topic, store), topic.limit)
    edition = make_edition(imprint, topic, latest, galley.stories(latest.stories, store))
    written = archive(edition, store, latest, feeds, galley)  # first: nobody is sent to one that is not there yet
    folder = feeds / topic.name
    files = {folder / fmt.FILENAME: body for fmt, body in galley.render(formats_of(topic), edition)}
    is_wanted = partial(is_in_force, topic, digest, store)
    written += put_all(files, edition.updated_at, packed=False, now=now, if_still=is_wanted)
    store.published(topic.name, latest.revision, digest)
    return written


def is_in_force(topic: Topic, digest: str | None, store: Store) -> bool:
    """Whether the topic is still what it was registered as, and may be published."""
    return digest is None or (store.topics().get(topic.name) == digest and topic.name not in store.held())


def current(topic: Topic, store: Store) -> Latest:
    """What the topic's document has to say, once older stories have made room for the newest."""
    with store.turn():  # who writes has the pages at hand: a reader forgets them all at every change by others
        latest = store.current(topic.name, topic.limit)
        if len(latest.stories) > topic.limit:
            store.seal(topic.name, topic.limit)
            latest = store.current(topic.name, topic.limit)
        return latest


def pack_topic(topic: Topic, feeds: Path) -> None:
    """Make the packed files beside the topic's documents: more work than the documents, so not at every change."""
    for fmt in formats_of(topic):
        pack(feeds / topic.name / fmt.FILENAME)


def archive(edition: Edition, store: Store, latest: Latest, feeds: Path, galley: Galley) -> list[Path]:
    """
    Write the archives that are not on disk, and take out of the others what was withdrawn, also where they stand in a
    format that the topic had once; the files written.
    """
    written, topic = [], edition.topic
    archival = [fmt for fmt in formats_of(topic) if isinstance(fmt, Archival)]
    possible = archival_of(topic)
    for number in range(1, latest.archives + 1):
        guids = latest.cleared.get(number, frozenset())
        as_it_has_to_be = (feeds, topic.name, topic.formats, number, guids)
        if as_it_has_to_be in galley.archived:
            continue
        folder = feeds / topic.name / "archive" / str(number)
        there = [fmt for fmt in possible if (folder / fmt.FILENAME).exists()]
        if missing := [fmt for fmt in archival if fmt not in there]:
            stories = galley.stories(store.archived(topic.name, number), store)
            sealed = make_archive(edition, number, stories, latest)
            store.sync()
            printed = {folder / fmt.FILENAME: body for fmt, body in galley.render(missing, sealed)}
            written += put_all(printed, sealed.updated_at, packed=False)  # few read them, and all are written at first
        to_clear = [(folder / fmt.FILENAME, fmt) for fmt in there] if guids else []
        written += [path for path, fmt in to_clear if clear(path, fmt, guids, edition.updated_at)]
        galley.archived.add(as_it_has_to_be)
    return written


def clear(path: Path, fmt: Archival, guids: Collection[str], at: datetime) -> bool:
    """Whether one of them stood there. The file's other stories stay to the byte, also those that we hold no more."""
    body = path.read_bytes()
    stood_there = any(guid.encode() in body for guid in guids)
    return stood_there and put(path, fmt.without(body, guids), at, packed=False)


def formats_of(topic: Topic) -> list[Format]:
    return [cast(Format, plugins.load("formats", name)) for name in topic.formats]


def our_archival() -> list[Archival]:
    """The formats with archives that come with the program; what tells a store most stands first."""
    return [cast(Archival, plugins.load("formats", name)) for name in ("jsonfeed", "atom", "rss")]


def archival_of(topic: Topic) -> list[Archival]:
    """The formats with archives in which the topic is published, or may have been; what tells most stands first."""
    return list(dict.fromkeys([*our_archival(), *(fmt for fmt in formats_of(topic) if isinstance(fmt, Archival))]))


def drop_formats(before: Sequence[Topic], topics: Sequence[Topic], feeds: Path) -> None:
    """
    Take away the documents of formats in which a topic is no longer published: what changes no more is no news.
    Archives never change, and stay. Of a topic that returns after a while, `before` says nothing; its folder is ours.
    """
    had = {topic.name: topic.formats for topic in before}
    for topic in topics:
        folder, wanted = feeds / topic.name, {fmt.FILENAME for fmt in formats_of(topic)}
        names = plugins.names("formats") if is_retired(folder) else had.get(topic.name, ())
        for fmt in (cast(Format, plugins.load("formats", name)) for name in names):
            if fmt.FILENAME not in wanted:
                take_down(folder / fmt.FILENAME)


def read_back(feeds: Path, topic: str = "*") -> Iterator[Printed]:
    """
    What the documents on disk, of one topic or all, say of stories and withdrawals: archives first, and of each the
    format that knows most. No archive gets the number of one that is there, whatever it says.
    """
    archives = [(folder, int(folder.name)) for folder in feeds.glob(f"{topic}/archive/*") if folder.name.isdecimal()]
    for folder, number in [*archives, *((folder, None) for folder in feeds.glob(topic))]:
        name = folder.relative_to(feeds).parts[0]
        if number is not None:
            yield Printed(topic=name, archive=number, guid="")
        for fmt in our_archival():
            yield from read_document(folder / fmt.FILENAME, fmt, name, number)


def read_document(path: Path, fmt: Archival, topic: str, archive: int | None = None) -> Sequence[Printed]:
    """What one of them says. One that is none of ours, or damaged, says nothing."""
    try:
        return list(fmt.read(path.read_bytes(), topic, archive))
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return []


def is_complete(topic: Topic, feeds: Path) -> bool:
    """Whether all its files are there, whatever they say."""
    return all(is_there(feeds / topic.name / fmt.FILENAME) for fmt in formats_of(topic))


def publish_front(
    topics: Sequence[Topic],
    store: Store,
    imprint: Imprint,
    feeds: Path,
    galley: Galley | None = None,
    now: datetime | None = None,
    if_still: Callable[[], bool] = lambda: True,
) -> list[Path]:
    """The same for the front page, the subscription list and what the pages need."""
    from . import front

    galley = galley or Galley()
    newest = [headlines(topic, store) for topic in topics]
    editions = tuple(
        make_edition(imprint, topic, latest, galley.stories(latest.stories, store))
        for topic, latest in zip(topics, newest, strict=True)
    )
    at = max(e.updated_at for e in editions)
    files = front.render(Front(imprint=imprint, editions=editions))
    return put_all({feeds / name: body for name, body in files.items()}, at, now=now, if_still=if_still)


def publish_desk(
    incidents: Iterable[Incident], imprint: Imprint, feeds: Path, now: datetime,
    if_still: Callable[[], bool] = lambda: True,
) -> list[Path]:  # fmt: skip
    """
    The same for the operator's own feed. Its files are as old as the last change, also when an incident has ended and
    nothing in the feed is as new as that.
    """
    edition = desk_edition(incidents, imprint)
    keep_private(feeds / DESK, if_still)
    files = {feeds / DESK / fmt.FILENAME: render(fmt, edition) for fmt in formats_of(edition.topic)}
    return put_all(files, now, now=now, if_still=if_still)


def headlines(topic: Topic, store: Store) -> Latest:
    return share_out(topic, store, store.latest(topic.name, HEADLINES), HEADLINES)


def share_out(topic: Topic, store: Store, latest: Latest, limit: int) -> Latest:
    """The same, but that no source has more than its share; older stories of others stand in their stead."""
    if topic.per_source is None:
        return latest
    history = store.latest(topic.name, DEPTH * limit).stories
    return replace(latest, stories=select(latest.stories, history, limit, topic.per_source))


def make_edition(imprint: Imprint, topic: Topic, latest: Latest, stories: tuple[Story, ...]) -> Edition:
    """`updated_at` is the newest thing that happened to any of its stories, or the topic's first day."""
    moments = [*(story.moved_at for story in stories), *(w.at for w in latest.withdrawn)]
    return Edition(
        imprint=imprint,
        topic=topic,
        stories=stories,
        updated_at=max(moments, default=latest.opened_at),
        previous=latest.archives or None,
        withdrawn=latest.withdrawn,
    )


def make_archive(current: Edition, number: int, stories: tuple[Story, ...], latest: Latest) -> Edition:
    """
    It says what is true now, and will not be told of what comes after it; so there is nothing to tell a hub of, and
    it names no story but its own: another one may be taken back some day.
    """
    return replace(
        current,
        imprint=replace(current.imprint, hubs=()),
        stories=tuple(replace(story, related=()) for story in stories),
        updated_at=max((story.moved_at for story in stories), default=latest.opened_at),
        archive=number,
        previous=number - 1 or None,
        following=number + 1 if number < latest.archives else None,
        withdrawn=(),
    )
