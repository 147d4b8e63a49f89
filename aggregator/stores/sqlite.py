"""
The default store: one SQLite file, one process that writes to it, any number that read.

    _lock          the one process                     _sources   who is due, and how it went
    _connections   who may talk to the file when       _known     what is remembered of articles
    _schema        the tables                          _saving    decisions -> rows
    _rows          a row <-> a noun                    _topics    filings and editions
    _pings         who has to be told                  _stories   rows -> stories
    _backup        a copy of the whole                 _archives  which stories make room
    _minted        what an older database knew         _withdrawals  which were taken back
    _rulings       what the operator said of sameness  _regrouping   and what it moves
    _alike         the index of sameness               _related      who is about the same event
    _quarantine    what waits for the operator         _models       what topics have learned
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from sqlite3 import Connection

from ..errors import StoreError
from ..model import (
    Article,
    Company,
    Decision,
    Filing,
    Known,
    Listed,
    Printed,
    Revision,
    Source,
    Story,
    Trace,
    Visit,
)
from . import Latest, Trained
from ._alike import SLICES, company_of, first_that_matters, forget_marks, postings_of
from ._archives import last_archive, seal_stories
from ._backup import back_up, restore
from ._connections import Connections
from ._database import check_readable, open_writer
from ._known import known_of, last_traces, trace_by_id
from ._lock import Lock
from ._minted import remember_printed
from ._models import count_stories, keep_model, model_of, sample_stories
from ._pings import Pings
from ._quarantine import Quarantine, keep_waiting
from ._regrouping import Regrouping
from ._related import relate_stories
from ._rows import moment
from ._rulings import rulings_against
from ._saving import save_decisions
from ._sources import Sources, end_visit, is_routine, register_sources
from ._stories import (
    archived_stories,
    current_stories,
    find_stories,
    held_article,
    newest_listed,
    newest_stories,
    reasons_for,
    revisions_of,
    stories_by_id,
    unfiled_stories,
    versions_of,
)
from ._topics import (
    edition_of,
    edition_published,
    file_stories,
    held_topics,
    hold_topics,
    register_topics,
    registered_topics,
    release_topics,
    stale_topics,
    unregistered_topics,
)
from ._withdrawals import cleared_archives, reinstate_story, withdraw_story, withdrawals_of

__all__ = ["SqliteStore", "open_store", "restore"]

PAGE = 100
"""Stories read at once by `stories`."""


def open_store(path: Path, *, writing: bool, holder: str = "") -> SqliteStore:
    """
    `writing`: for one process at a time, which makes what is missing; `holder` says what it is and since when, for
    the others. Raises StoreInUse. Not writing: beside it, for reading only; there has to be something to read.
    Raises StoreError.
    """
    path = path.resolve()  # two names of one file are one lock
    try:
        if path.is_dir():
            raise StoreError(f"{path} is a folder, not a database")
        if writing:
            path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as e:
        raise StoreError(f"{path.parent} cannot be used: {e.strerror}") from e
    if not writing:
        check_readable(path)
        return SqliteStore(Connections(path, writer=None))
    lock = Lock(path, holder)
    try:
        store = SqliteStore(Connections(path, open_writer(path)), lock)
        store.end_leases()
        return store
    except BaseException:
        lock.release()
        raise


class SqliteStore(Sources, Regrouping, Quarantine, Pings):
    """A Store, as its Protocol says."""

    def __init__(self, connections: Connections, lock: Lock | None = None) -> None:
        self._connections = connections
        self._lock = lock

    @contextmanager
    def turn(self) -> Iterator[None]:
        """One writer at a time, one transaction."""
        with self._connections.turn():
            yield

    def close(self) -> None:
        """Let go of the database, and then of the lock."""
        self._connections.close()
        if self._lock:
            self._lock.release()

    def register(self, sources: Iterable[Source], topics: Mapping[str, str], now: datetime) -> None:
        """A configuration comes into force."""
        with self._connections.turn() as db:
            register_sources(db.conn, sources, now)
            register_topics(db.conn, topics, now)

    def unregistered(self, topics: Collection[str]) -> list[str]:
        """Of these topics those that were never registered."""
        with self._connections.reading() as db:
            return unregistered_topics(db.conn, topics)

    # --- articles ----------------------------------------------------------------------------------------------------

    def known(self, articles: Sequence[Article], echoes: Collection[str] = ()) -> Known:
        """What is remembered under the ids, canonical urls and sketches of these articles, and held under other ids."""
        with self._connections.reading() as db:
            known = known_of(db.conn, articles, echoes)
        return replace(
            known, postings=self.postings, company=self.company, trace=self.trace, text=self.text, former=self.former
        )

    def trace(self, article: str) -> Trace | None:
        """What is remembered of the article that has this id."""
        with self._connections.reading() as db:
            return trace_by_id(db.conn, article)

    def former(self, source: str, dates: Collection[datetime]) -> Sequence[Trace]:
        """Of the last few hundred articles of the source those with one of these dates."""
        with self._connections.reading() as db:
            return last_traces(db.conn, source, dates)

    def postings(self, marks: Collection[int]) -> Mapping[int, Sequence[str]]:
        """Which stories have these marks."""
        with self._connections.reading() as db:
            return postings_of(db.conn, marks)

    def forget(self, now: datetime, window: timedelta) -> int:
        """The index of sameness without the stories that nobody has joined for so long; how many rows went."""
        with self._connections.reading() as db:
            recent = first_that_matters(db.conn, now, window)
        rows = 0
        for piece in range(SLICES):
            with self._connections.turn() as db:
                rows += forget_marks(db.conn, recent, piece)
        return rows

    def company(self, story: str) -> Company:
        """Whoever leads the story, and whom to compare with."""
        with self._connections.reading() as db:
            return company_of(db.conn, story)

    def text(self, article: str) -> Article | None:
        """The article as it is held."""
        with self._connections.reading() as db:
            return held_article(db.conn, article)

    def save(self, visit: Visit, decisions: Iterable[Decision]) -> None:
        """Articles, versions, stories, bookmark, health and next visit, all or nothing."""
        decisions = list(decisions)
        if not decisions and is_routine(visit):  # most visits; a transaction for each is a third of their cost
            self._connections.later(visit.source, partial(end_visit, visit=visit, new=0))
            return
        with self._connections.turn() as db:
            new = 0
            if decisions:
                is_first = self.visited(visit.source) is None
                new = save_decisions(db.conn, visit.at, decisions, is_first=is_first)
                keep_waiting(db.conn, visit.source, visit.at, decisions)
            end_visit(db.conn, visit, new)

    def find(self, key: str) -> Story | None:
        """The first of those that `find_all` finds."""
        return next(iter(self.find_all(key)), None)

    def find_all(self, key: str) -> list[Story]:
        """The stories that have this id, guid or URL, or an article with it; the beginning of an id is enough."""
        with self._connections.reading() as db:
            return find_stories(db.conn, key)

    def why(self, article: str) -> str:
        """The reason kept with the decision on this article, those with later versions, and what must not be."""
        with self._connections.reading() as db:
            return "; ".join([*reasons_for(db.conn, article), *rulings_against(db.conn, article)])

    def versions(self, article: str) -> list[Article]:
        """Every version of an article, oldest first; the last one is in force."""
        with self._connections.reading() as db:
            return versions_of(db.conn, article)

    def revisions(self, article: str) -> list[Revision]:
        """Each edit of an article, oldest first."""
        with self._connections.reading() as db:
            return revisions_of(db.conn, article)

    # --- topics ------------------------------------------------------------------------------------------------------

    def unfiled(self, rules: str, limit: int, settled: datetime | None = None) -> list[Story]:
        """Stories not yet filed under these rules, newest first, without their old filings and links."""
        with self._connections.reading() as db:
            return unfiled_stories(db.conn, rules, limit, settled)

    def file(self, rules: str, filings: Mapping[str, Sequence[Filing]], now: datetime) -> None:
        """Replaces the filings of these stories."""
        with self._connections.turn() as db:
            file_stories(db.conn, rules, filings, now)

    def relate(self, links: Mapping[str, Mapping[str, float]], now: datetime) -> None:
        """Replaces the links of these stories, which hold both ways."""
        with self._connections.turn() as db:
            relate_stories(db.conn, links, now)

    def hold(self, rules: Mapping[str, str]) -> None:
        """Topics that are filed under another rule are not published before `release`."""
        with self._connections.turn() as db:
            hold_topics(db.conn, rules)

    def held(self) -> Mapping[str, str]:
        """The topics that are not wholly filed under their rule yet, with its digest."""
        with self._connections.reading() as db:
            return held_topics(db.conn)

    def release(self, rules: Mapping[str, str]) -> None:
        """Everything is filed under these."""
        with self._connections.turn() as db:
            release_topics(db.conn, rules)

    def topics(self) -> Mapping[str, str]:
        """The topics of the configuration in force, each with the digest it was registered with."""
        with self._connections.reading() as db:
            return registered_topics(db.conn)

    def count(self, limit: int) -> int:
        """How many stories are held, counted no further than `limit`."""
        with self._connections.reading() as db:
            return count_stories(db.conn, limit)

    def sample(self, limit: int) -> list[Story]:
        """So many stories, the same ones from the same stories."""
        with self._connections.reading() as db:
            return sample_stories(db.conn, limit)

    def model(self, topic: str) -> Trained | None:
        """What was kept last for this topic."""
        with self._connections.reading() as db:
            return model_of(db.conn, topic)

    def keep_model(self, topic: str, trained: Trained) -> None:
        """In place of what was kept before."""
        with self._connections.turn() as db:
            keep_model(db.conn, topic, trained)

    def stale_topics(self) -> list[str]:
        """The topics whose edition no longer says what the store says, in alphabetical order."""
        with self._connections.reading() as db:
            return stale_topics(db.conn)

    def latest(self, topic: str, limit: int) -> Latest:
        """The topic's newest stories and the revision, both of one moment. A topic never registered is a StoreError."""
        with self._connections.reading() as db:
            return self._state(db.conn, topic, newest_listed(db.conn, topic, limit))

    def _state(self, conn: Connection, topic: str, stories: list[Listed]) -> Latest:
        edition = edition_of(conn, topic)
        return Latest(
            stories=tuple(stories),
            revision=edition["revision"],
            opened_at=moment(edition["opened_at"]),
            archives=last_archive(conn, topic),
            withdrawn=withdrawals_of(conn, topic),
            cleared=cleared_archives(conn, topic),
        )

    def seal(self, topic: str, limit: int) -> None:
        """Give the stories that have to make room to archives; decided once for each story."""
        with self._connections.turn() as db:
            seal_stories(db.conn, topic, limit)

    def sync(self) -> None:
        """What was kept until now outlives a power failure."""
        self._connections.sync()

    def current(self, topic: str, limit: int) -> Latest:
        """The topic's newest stories, and every one that stands in no archive yet."""
        with self._connections.reading() as db:
            return self._state(db.conn, topic, current_stories(db.conn, topic, limit))

    def archives(self, topic: str) -> int:
        """The number of the topic's newest archive."""
        with self._connections.reading() as db:
            return last_archive(db.conn, topic)

    def archived(self, topic: str, number: int) -> list[Listed]:
        """The stories of an archive that are held and not withdrawn, newest first."""
        with self._connections.reading() as db:
            return archived_stories(db.conn, topic, number)

    def read(self, stories: Sequence[str]) -> list[Story]:
        """These stories, without their filings, as far as they are here."""
        with self._connections.reading() as db:
            return stories_by_id(db.conn, stories)

    def withdraw(self, guid: str, now: datetime, because: str = "") -> None:
        """The story leaves every topic for ever."""
        with self._connections.turn() as db:
            row = db.execute("SELECT listed_at FROM stories WHERE guid = ?", (guid,)).fetchone()
            if row is None:
                raise StoreError(f"there is no story {guid}")
            withdraw_story(db.conn, guid, now, because, moment(row["listed_at"]))

    def reinstate(self, guid: str) -> None:
        """The withdrawal was a mistake."""
        with self._connections.turn() as db:
            reinstate_story(db.conn, guid)

    def remember(self, printed: Iterable[Printed]) -> None:
        """What was published before this database knew of it."""
        with self._connections.turn() as db:
            remember_printed(db.conn, printed)

    def is_empty(self) -> bool:
        """Whether nothing was ever collected."""
        with self._connections.reading() as db:
            return db.execute("SELECT 1 FROM stories LIMIT 1").fetchone() is None

    def back_up(self, path: Path) -> None:
        """A copy of this moment, whole or not at all."""
        with self._connections.reading() as db:
            back_up(db.conn, path)

    def published(self, topic: str, revision: int, digest: str | None = None) -> None:
        """The edition on disk says what the store said at `revision`, if this is still its topic."""
        with self._connections.turn() as db:
            edition_published(db.conn, topic, revision, digest)

    def stories(self, topic: str | None = None, since: datetime | None = None) -> Iterator[Story]:
        """Newest first. Read a page at a time: what comes in meanwhile may be missed, nothing is given twice."""
        last: Story | None = None
        while True:
            with self._connections.reading() as db:
                page = newest_stories(db.conn, topic, PAGE, since=since, after=last)
            yield from page
            if len(page) < PAGE:
                return
            last = page[-1]
