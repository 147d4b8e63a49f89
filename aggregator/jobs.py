"""
What can be asked of a worker. A job is a word and a name; nothing else crosses a queue.

    collect NAME    visit a source that was claimed (collect.py)
    ask NAME        claim a source and visit it, due or not; not if its server wants to be left alone
    classify        learn what topics have to learn, file what is not filed yet, and say what is related
                    (teach.py, classify/, coverage.py)
    classify all    the same, also what might still wait for a better copy
    publish NAME    bring a topic's folder up to date (publish.py)
    pack            the packed files beside what was published since the last time (publish.py)
    front           the front page and subscription list (publish.py)
    desk            what needs the operator's attention (incidents.py)
    tidy            what no decision needs any more (the store)
    ping HUB        tell a hub which feeds have changed (websub.py)

Jobs are idempotent: done twice, or on two machines, they come to the same.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import islice
from pathlib import Path
from random import Random
from threading import Lock
from typing import TYPE_CHECKING

from .errors import PressError, Stopped
from .galley import Galley
from .logbook import Logbook
from .model import ALL, Imprint, Job, Source, Topic
from .rules import rule_digest
from .stores import Store

if TYPE_CHECKING:
    from .classify import Classifier
    from .coverage import Coverage
    from .web import Web

log = logging.getLogger("river")

BATCH = 100
"""Stories filed in one transaction."""

LEASE = timedelta(minutes=10)
"""How long a source may be away with a worker before somebody else is sent."""

VISITS = ("collect", "ask")
"""The tasks that go out to a source."""
FRONT = Job("front")

_LOADING = Lock()


def now() -> datetime:
    """The clock."""
    return datetime.now(UTC).replace(microsecond=0)


def look_at_the_time(store: Store, now: datetime) -> None:
    """At each start and each tick: nobody waits for a time that the clock has said by mistake."""
    if moved := store.set_back(now):
        log.warning("the time of day was set back: %d sources keep their waits, not their times", moved)


@dataclass(frozen=True, kw_only=True)
class Desk:
    """What every job needs at hand."""

    sources: Mapping[str, Source]
    topics: Mapping[str, Topic]
    imprint: Imprint
    store: Store
    web: Web
    rules: str
    """A digest of all topics' rules."""
    digests: Mapping[str, str] = field(default_factory=dict)
    """What each topic was registered with: under another one `publish` puts nothing out."""
    coverage: Coverage
    settle: timedelta = timedelta()
    """How long a new story waits for a better copy."""
    feeds: Path
    galley: Galley = field(default_factory=Galley)
    """What was printed last, for the next edition."""
    at_once: int = 1
    """Visits at one host, by all workers together."""
    has_feed: bool = False
    """Whether what needs the operator's attention is published in feeds/desk/."""
    is_in_force: Callable[[], bool] = lambda: True
    """Until another configuration is: what is under way then puts out no front page and no desk any more."""
    clock: Callable[[], datetime] = now
    chance: Random = field(default_factory=Random)
    logbook: Logbook = field(default_factory=Logbook)
    unpacked: set[str] = field(default_factory=set)
    """Topics that were published, and not packed since."""
    undone: set[Job] = field(default_factory=set)
    """Jobs that failed, of which the store does not know that they have to be done."""

    @cached_property
    def priorities(self) -> Mapping[str, int]:
        """Of all sources; each visit needs them."""
        return {s.name: s.priority for s in self.sources.values()}

    @property
    def classifier(self) -> Classifier:
        """Of all topics: one, whoever asks. The first who has something to file waits 60 ms for it."""
        with _LOADING:
            return self._classifier

    @cached_property
    def _classifier(self) -> Classifier:
        from .classify import Classifier

        return Classifier(self.topics.values(), self.rules)

    @property
    def filing(self) -> str:
        """By what stories are filed now: the rules, and what topics have learned."""
        return self.classifier.digest if any(t.like for t in self.topics.values()) else self.rules


def run(job: Job, desk: Desk) -> None:
    """Do it. What concerns one source or one topic that is no longer configured is nothing to do."""
    try:
        TASKS[job.task](job.subject, desk)
    except Stopped as e:
        log.info("%s: %s", job, e)


def collect_one(name: str, desk: Desk) -> None:
    from .collect import collect
    from .rhythm import is_time_for_all

    if source := desk.sources.get(name):
        now, standing = desk.clock(), desk.store.standing(name)
        trip = desk.web.visit(source, now, standing.address, afresh=is_time_for_all(standing, now))
        report = collect(
            source, desk.store, trip, standing, desk.chance,
            authority=desk.imprint.authority, priorities=desk.priorities,
        )  # fmt: skip
        desk.logbook.visit(report)
        if report.visit.standing and report.visit.standing.address != standing.address:
            from .urls import without_user

            place = without_user(report.visit.standing.address or source.location)
            log.warning("%s: visited at %s from now on", name, place)


def ask_one(name: str, desk: Desk) -> None:
    """Claimed when its turn has come, and not before: what others of its host say meanwhile holds for it too."""
    if desk.store.claim([name], desk.clock(), LEASE):
        collect_one(name, desk)
    elif name in desk.sources:
        log.warning("%s: left alone for now, as its server asks ('aggregator status')", name)


def classify_all(which: str, desk: Desk) -> None:
    from . import coverage

    take_lessons(desk)
    settled = None if which == ALL else settled_at(desk)
    if not desk.coverage.is_filled and desk.store.unfiled(desk.filing, 1, settled):
        recent = desk.store.stories(ALL, since=desk.clock() - coverage.AGE)  # the others will have their turn
        desk.coverage.fill(islice(recent, coverage.MOST))
    while classify_some(desk, settled):
        pass
    if held := desk.store.held():
        desk.store.release({name: rule for name, rule in held.items() if is_filed(name, rule, desk)})


def is_filed(topic: str, rule: str, desk: Desk) -> bool:
    """Whether the rule is this desk's: a later configuration may hold topics for which nobody has filed anything."""
    told = desk.topics.get(topic)
    return told is not None and (bool(told.like) or rule == rule_digest(told))


def settled_at(desk: Desk) -> datetime | None:
    """Before this moment a new story must have been seen to be filed; None: it need not wait."""
    return desk.clock() - desk.settle if desk.settle else None


def take_lessons(desk: Desk) -> None:
    """Bring the classifier up to date with what topics have learned from examples."""
    taught = [(topic, topic.like) for topic in desk.topics.values() if topic.like]
    if not taught:
        return
    from .teach import models_of, teach

    lessons = [teach(topic, like, desk.store) for topic, like in taught]
    for lesson in lessons:
        desk.logbook.lesson(lesson)
    models = models_of(lessons)
    desk.classifier.take(models)
    desk.store.hold({name: f"{rule_digest(desk.topics[name])} {model.digest}" for name, model in models.items()})


def classify_some(desk: Desk, settled: datetime | None) -> int:
    """File a batch, in one turn: a story that changes meanwhile would count as filed under its old text."""
    rules, now = desk.filing, desk.clock()
    with desk.store.turn():
        batch = desk.store.unfiled(rules, BATCH, settled)
        if not batch:
            return 0
        desk.store.file(rules, {story.id: desk.classifier.file(story) for story in batch}, now)
        desk.store.relate(desk.coverage.relate(batch, now), now)
    return len(batch)


def publish_one(name: str, desk: Desk) -> None:
    from .publish import publish
    from .websub import announce

    topic = desk.topics.get(name)
    if topic and name not in desk.store.held():
        digest = desk.digests.get(name)
        written = publish(topic, desk.store, desk.imprint, desk.feeds, desk.galley, digest, desk.clock())
        if written:
            desk.unpacked.add(name)
            log.info("published %s: %s", name, ", ".join(dict.fromkeys(p.name for p in written)))
        announce(topic, desk.imprint, desk.feeds, desk.store, desk.clock())


def pack_published(_: str, desk: Desk) -> None:
    from .publish import pack_topic

    while desk.unpacked:
        name = desk.unpacked.pop()  # first: what is published from now on is packed once more
        try:
            if name in desk.topics:
                pack_topic(desk.topics[name], desk.feeds)
        except PressError:
            desk.unpacked.add(name)  # next time, then
            raise


def publish_front(_: str, desk: Desk) -> None:
    from .publish import publish_front

    topics, now = tuple(desk.topics.values()), desk.clock()
    if desk.store.held():  # it would link to pages that are not there, and show what is half filed
        return  # what is released is stale, and the front page is made with it
    desk.undone.add(FRONT)
    publish_front(topics, desk.store, desk.imprint, desk.feeds, desk.galley, now, desk.is_in_force)
    if desk.is_in_force():
        desk.undone.discard(FRONT)


def publish_desk(_: str, desk: Desk) -> None:
    from . import incidents
    from .publish import publish_desk

    if not desk.has_feed:
        return
    store, now = desk.store, desk.clock()
    health = store.health()
    found = (
        *incidents.failing(health, now),
        *incidents.waiting(store.quarantines(), store.quarantined(texts=False)),
        *incidents.silent(health, store.usual),
    )
    publish_desk(found, desk.imprint, desk.feeds, now, desk.is_in_force)


def ping_hub(hub: str, desk: Desk) -> None:
    from .websub import ping

    if hub in desk.imprint.hubs:
        desk.logbook.hub(hub, ping(hub, desk.store, desk.web.call(hub, desk.clock())))


def tidy(_: str, desk: Desk) -> None:
    from .dedupe import WINDOW

    if rows := desk.store.forget(desk.clock(), WINDOW):
        log.info("tidied: %d rows of the index of sameness are too old to matter", rows)


TASKS: Mapping[str, Callable[[str, Desk], None]] = {
    "collect": collect_one,
    "ask": ask_one,
    "classify": classify_all,
    "publish": publish_one,
    "pack": pack_published,
    "front": publish_front,
    "desk": publish_desk,
    "tidy": tidy,
    "ping": ping_hub,
}
