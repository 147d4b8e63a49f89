"""
The meeting place of the two halves. What the pipeline asks of a database, in the pipeline's words.

One file per database. One test suite runs over all of them (tests/test_stores.py).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from ..model import (
    Arrival,
    Article,
    Decision,
    Echo,
    Filing,
    Fingerprint,
    Health,
    Known,
    Listed,
    Move,
    Ping,
    Printed,
    Revision,
    Ruling,
    Source,
    Standing,
    Story,
    Usual,
    Visit,
    Waiting,
    Withdrawal,
)


@dataclass(frozen=True, kw_only=True)
class Latest:
    """A topic's newest stories, without their words, and the state of the store that they were read from."""

    stories: tuple[Listed, ...]
    """Newest `listed_at` first; equal times by id."""
    revision: int
    """To be handed back to `published`: what changes after this reading makes the topic stale again."""
    opened_at: datetime
    """When the topic first appeared in the configuration."""
    archives: int = 0
    """How many there are; the last one has this number."""
    withdrawn: tuple[Withdrawal, ...] = ()
    """What was taken back from this topic, the last one first."""
    cleared: Mapping[int, frozenset[str]] = field(default_factory=dict)
    """Archive -> the guids that must not stand in it any more."""


@dataclass(frozen=True, kw_only=True)
class Trained:
    """What a topic has learned from its examples."""

    digest: str
    """Of what it was trained with."""
    body: bytes
    """The store keeps it and never reads it."""


class Store(Protocol):
    """All methods may be called from any thread. Each is atomic. All raise StoreError."""

    def register(self, sources: Iterable[Source], topics: Mapping[str, str], now: datetime) -> None:
        """
        Called when a configuration comes into force. New sources are due now; one whose kind or location has changed
        is due now with an empty bookmark; one that is missing is GONE and never claimed, and what it brought stays.
        `topics` is name -> digest of all that its edition depends on besides its stories: a topic that is new or whose
        digest differs becomes stale.
        """

    def unregistered(self, topics: Collection[str]) -> list[str]:
        """Of these topics those that were never registered: what stands in their documents is not known here."""

    def set_back(self, now: datetime) -> int:
        """
        Called by the clock, and at each start. What was set for a source later than now, by more than a minute, was set
        now: the clock has been set back, and nobody shall wait for the old time to come again. How many there were.
        """

    def claim_due(self, now: datetime, lease: timedelta, limit: int, at_once: int = 1) -> list[str]:
        """
        Called by the clock. The names of sources that are due, longest overdue first, each given to one caller only
        until its lease ends or its visit is saved. No host has more than `at_once` of them under lease. From now on
        they are due again after their `every`, whatever becomes of the visit.
        """

    def claim(self, names: Sequence[str], now: datetime, lease: timedelta) -> list[str]:
        """
        Called for `collect NAME`: like `claim_due`, due or not; those under lease, and those whose server asked us
        to stay away until later (`Visit.not_before`), are left out.
        """

    def standing(self, source: str) -> Standing:
        """
        What the source's past means for its next visit, its bookmark among it. Of one that has moved only the time of
        its last visit is left, and of one that is new nothing.
        """

    def visited(self, source: str) -> datetime | None:
        """When the source was last visited with success; None if never."""

    def turn(self) -> AbstractContextManager[None]:
        """
        One writer at a time: what `known` says inside a turn stays true until its `save`. The turn is one transaction;
        an exception undoes all of it.
        """

    def echoes(self, source: str) -> Mapping[str, Echo]:
        """What the items of the source said at its last visit, as that visit gave it; empty at first."""

    def known(self, articles: Sequence[Article], echoes: Collection[str] = ()) -> Known:
        """
        What is remembered under the ids, canonical urls and sketches of these articles, and what waits of them. Of the
        ids of `echoes`: what is held under them, and what waits.
        """

    def save(self, visit: Visit, decisions: Iterable[Decision]) -> None:
        """
        Articles, versions, stories, bookmark, health and next visit, all or nothing; ends the source's lease.

        NEW opens a story, COPY joins one (and takes its lead if `leads`), CHANGED keeps the old version as well (and
        moves `updated_at` and `revised_at` if `substantive`), SAME and PASSED change nothing. Every story touched
        becomes unfiled, and the topics it stands in become stale. WAITS is kept in quarantine, and its source is in
        quarantine from now on. By its `alias` an article is known from now on, too.
        `visit.checkpoint` replaces the bookmark, and `visit.echoes`, if it is not None, those of the source.
        A visit that was told "not modified", and no more than that, may be written down a moment later: whoever asks
        this store for the source sees it, and if the process is killed before, the claim has set the next visit.
        """

    def leave_alone(
        self, source: str, at: datetime, until: datetime | None, hosts: Mapping[str, datetime]
    ) -> None:
        """
        Called for a visit of `at` that was given up: nothing of it is saved, but what servers have said by then holds,
        as of `Visit.not_before` and `Visit.hosts_not_before`.
        """

    def usual(self, source: str) -> Usual:
        """What the source was like until now; without what waits in quarantine."""

    def quarantine(self, source: str) -> str:
        """Why new articles of the source are held; empty if they are not."""

    def quarantines(self) -> Mapping[str, tuple[datetime, str]]:
        """The sources in quarantine: since when, and why; the longest first."""

    def waiting(self, source: str) -> int:
        """How many articles of the source wait in quarantine."""

    def quarantined(self, *, texts: bool = True) -> list[Waiting]:
        """What waits in quarantine, by source, in the order of its coming; with its texts, or all else without them."""

    def admit(self, articles: Collection[str], decisions: Sequence[Decision], now: datetime, *, old: bool) -> None:
        """
        These articles wait no more: they are saved as these decisions say. `old`: as what a first visit brings, and
        not as news.
        """

    def discard(self, articles: Collection[str]) -> None:
        """These articles are dropped for ever: only their ids are remembered."""

    def lift(self, source: str) -> None:
        """The source is in quarantine no more: what comes from now on is judged as before."""

    def unfiled(self, rules: str, limit: int, settled: datetime | None = None) -> list[Story]:
        """
        Stories not yet filed under these rules, newest first, without their old filings and links. What was first seen
        after `settled` and has never been filed is left out: a better copy may still take its lead; but not what was
        seen in the future, before the clock was set back.
        """

    def file(self, rules: str, filings: Mapping[str, Sequence[Filing]], now: datetime) -> None:
        """Replaces the filings of these stories (story id -> filings); topics entered or left become stale."""

    def relate(self, links: Mapping[str, Mapping[str, float]], now: datetime) -> None:
        """
        Called with filing. Story -> the others about the same event, and how alike they are; replaces the links that
        it has. They hold both ways, and the topics of both become stale. An id that is not here is passed over.
        """

    def hold(self, rules: Mapping[str, str]) -> None:
        """
        Called when a configuration comes into force. Topic -> the digest of its rule: one that is filed under another,
        or new, is held back, so that nobody gets an edition that is half filed; across restarts too.
        """

    def held(self) -> Mapping[str, str]:
        """The topics that are held back, in alphabetical order, each with the digest of its rule."""

    def release(self, rules: Mapping[str, str]) -> None:
        """
        Called when nothing is left to be filed under these rules, topic -> digest: what was held back for them becomes
        stale. What is held for others, as the configuration has changed meanwhile, is not.
        """

    def topics(self) -> Mapping[str, str]:
        """The topics of the configuration in force, each with the digest it was registered with."""

    def count(self, limit: int) -> int:
        """How many stories are held, counted no further than `limit`."""

    def sample(self, limit: int) -> list[Story]:
        """So many stories, drawn as by lot, but the same ones from the same stories."""

    def model(self, topic: str) -> Trained | None:
        """What was kept last for this topic; None if nothing was."""

    def keep_model(self, topic: str, trained: Trained) -> None:
        """In place of what was kept before."""

    def stale_topics(self) -> list[str]:
        """
        The topics whose edition no longer says what the store says, in alphabetical order; not those held back.
        """

    def latest(self, topic: str, limit: int) -> Latest:
        """The topic's newest stories. Read the revision before the stories."""

    def seal(self, topic: str, limit: int) -> None:
        """
        Called when more than `limit` stories are current. Those that have to make room are sealed in archives, half a
        limit in each: what readers have seen, oldest first, once more than `limit` stories of the topic are in no
        archive; and at once, without ever having been announced, what is neither new nor among the newest. Once
        sealed, always sealed in this archive; archives are numbered from 1 and only ever added.
        """

    def sync(self) -> None:
        """
        Called before an archive is written. What was sealed until now is sealed on disk: a power failure, which may
        take what was kept last, does not give the archive's number to other stories.
        """

    def current(self, topic: str, limit: int) -> Latest:
        """The topic's newest stories, and every one that is in no archive: with the archives, all of them."""

    def archives(self, topic: str) -> int:
        """The number of the topic's newest archive, also of one that is no longer configured; 0 if there is none."""

    def archived(self, topic: str, number: int) -> list[Listed]:
        """The stories of this archive that are held and not withdrawn, newest first."""

    def read(self, stories: Sequence[str]) -> list[Story]:
        """These stories, without their filings, in this order. Those that are here no more are left out."""

    def published(self, topic: str, revision: int, digest: str | None = None) -> None:
        """
        The edition on disk says what the store said at `revision`. With a `digest`: only if the topic is registered
        with this one still, and not held; else the edition was made under a configuration that is no longer in force.
        """

    def announce(self, hubs: Sequence[str], feeds: Mapping[str, str], now: datetime) -> None:
        """
        Called when an edition is on disk. `feeds` is address -> digest of the bytes: each hub that has not been asked
        to tell of these very bytes has to be pinged. What already waits to be told keeps its place in the line.
        """

    def hubs_to_ping(self, now: datetime) -> list[str]:
        """Called by the clock. The hubs for which pings wait and that are not put off, in alphabetical order."""

    def pings(self, hub: str, limit: int) -> list[Ping]:
        """What this hub has to be told, longest waiting first."""

    def pinged(self, ping: Ping) -> None:
        """The hub has been told, or never will be; unless the feed has changed meanwhile, nothing waits any more."""

    def put_off(self, hub: str, until: datetime, oldest: datetime) -> int:
        """The hub is left alone until then. How many pings are given up: those that wait since before `oldest`."""

    def withdraw(self, guid: str, now: datetime, because: str = "") -> None:
        """
        The story leaves every topic, which becomes stale, for ever: neither new rules nor a rebuild bring it back, and
        articles that join it stay with it. Again: nothing.
        """

    def reinstate(self, guid: str) -> None:
        """The withdrawal was a mistake: the story is unfiled and in no archive."""

    def split(self, article: str, authority: str, fingerprint: Fingerprint, now: datetime) -> None:
        """
        The article leaves its story for one of its own, listed when the article was first seen, under a guid of
        `authority`, and never returns. Was it the lead, the earliest that remains leads. Refused: an article that is
        alone in its story, and the one that opened it while others are there. `why` tells of it. Both stories become
        unfiled, and the topics of the old one stale.
        """

    def merge(self, story: str, other: str, now: datetime) -> None:
        """
        All articles of `other` join `story`, for ever; `why` tells of it. `story` keeps its guid, place and lead, and
        becomes unfiled; the guid of `other` is withdrawn. What was ruled of `other` is ruled of `story`, but for what
        is in it now. Refused: one that was withdrawn with one that was not.
        """

    def forbid(self, article: str, story: str, now: datetime) -> None:
        """The article shall never join this story; `why` tells of it. Refused while it is in it: `split` it."""

    def rulings(self) -> list[Ruling]:
        """What the operator has said of articles and stories, but for what a later word has overruled."""

    def arrivals(self, since: datetime) -> list[Arrival]:
        """
        The articles held that came in since, in the order of their arrival, each with the story that it is in. (Those
        that came after the first of them, if the clock was set back meanwhile.)
        """

    def move(self, move: Move, now: datetime) -> None:
        """
        An article leaves its story as with `split`, for one of its own or another one; or, if `move.is_whole`, its
        story becomes part of another one as with `merge`. But nothing is ruled: another day may decide otherwise.
        Refused: what `split` and `merge` refuse, and an article that is no longer in the story that it is to leave.
        """

    def mark(self, decisions: Iterable[Decision]) -> None:
        """The index of sameness finds the stories of these articles by their fingerprints, too."""

    def sorted_under(self) -> tuple[int, datetime] | None:
        """The version of the rules of sameness under which stories were told apart, and since when; None: unknown."""

    def sort_under(self, version: int, now: datetime) -> None:
        """Called for a new database, and when everything was sorted again under this version."""

    def remember(self, printed: Iterable[Printed]) -> None:
        """
        Called for a database that is new, or older than what was published, and for a topic that was never registered;
        one that is restored remembers before it is in its place. A story that one of these articles opens gets the
        published guid, place and dates, and the article that led it leads again once it has come; what was sealed or
        withdrawn, is. What the store knows itself stands.
        """

    def is_empty(self) -> bool:
        """Whether there has never been a story."""

    def back_up(self, path: Path) -> None:
        """
        A copy of this moment, whole or not at all, made while others go on writing. An older copy is replaced;
        anything else at this path is a StoreError.
        """

    def stories(self, topic: str | None = None, since: datetime | None = None) -> Iterator[Story]:
        """The stories held, newest `listed_at` first; of one topic, or listed since."""

    def forget(self, now: datetime, window: timedelta) -> int:
        """
        Called once a day. The index of sameness lets go of the stories that no article has joined for `window`: nothing
        could join them any more. A clock that is ahead is not believed: it has to be as late for the last thousand that
        came, too. Everything else stays. In small turns, so that nobody waits. How many rows went.
        """

    def find(self, key: str) -> Story | None:
        """The first of those that `find_all` finds; None if it finds none."""

    def find_all(self, key: str) -> list[Story]:
        """
        The stories that have this id, guid or URL, or an article with it, in the order in which they were opened. The
        beginning of an id is enough; raises StoreError if several ids begin so.
        """

    def why(self, article: str) -> str:
        """The reason kept with the decision on this article; empty if there is no such article."""

    def versions(self, article: str) -> list[Article]:
        """Every version of an article, oldest first; the last one is in force."""

    def revisions(self, article: str) -> list[Revision]:
        """Each edit of an article, oldest first: both versions, when, and why it was or was not one in substance."""

    def health(self) -> list[Health]:
        """Every source that is configured or has articles, in the order of the configuration, the GONE ones last."""

    def close(self) -> None:
        """Let go of the database."""
