"""
The clock. It asks the store what is due and hands it on; it remembers nothing itself.

APScheduler compares wall-clock times: set the clock back an hour and nothing runs for an hour. So what is due stands in
the store, the scheduler only ticks, and a watch on the monotonic clock winds it up again when it has stopped.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta

from .errors import AggregatorError
from .jobs import FRONT, LEASE, Desk, look_at_the_time, settled_at
from .logbook import OnceAMinute
from .model import ALL, Job
from .runners import Runner

log = logging.getLogger("river")

TICK = timedelta(seconds=1)
TOGETHER = 5
"""Seconds: what visits under way bring is published together, not each as it comes."""
RUSH = 30
"""
The same while no hand is free. To file and print takes a third of the time that visits take: whoever has a thousand
sources to visit for the first time has all of them sooner.
"""
DESK_EVERY = timedelta(minutes=5)
PACK_EVERY = timedelta(minutes=1)
PATIENCE = 10
"""Ticks that may be missed before the watch steps in."""


def tick(desk: Desk, runner: Runner) -> None:
    """Hand on everything that is due now."""
    now = desk.clock()
    look_at_the_time(desk.store, now)
    hand_out(desk, runner, now)
    if not runner.is_busy() or now.second % (TOGETHER if runner.idle() else RUSH) == 0:
        for job in left_over(desk):
            runner.submit(job)


def hand_out(desk: Desk, runner: Runner, now: datetime) -> None:
    """Send a visitor to each source that is due, as far as there are hands. Also called when a hand has come free."""
    runner.fill(lambda hands: visits(desk, hands, now))


def visits(desk: Desk, hands: int, now: datetime) -> list[Job]:
    """So many at most, and no more to any host than it may have at once: nobody has to wait at its gate."""
    return [Job("collect", name) for name in desk.store.claim_due(now, LEASE, hands, desk.at_once)]


def left_over(desk: Desk) -> Iterator[Job]:
    """What earlier jobs have left in the store."""
    if desk.store.unfiled(desk.filing, 1, settled_at(desk)) or desk.store.held():
        yield Job("classify")
    stale = desk.store.stale_topics()
    for name in stale:
        yield Job("publish", name)
    if stale or FRONT in desk.undone:
        yield FRONT
    yield from pings(desk)


def pings(desk: Desk) -> list[Job]:
    """The hubs that have to be told of something now."""
    if not desk.imprint.hubs:
        return []
    due_hubs = desk.store.hubs_to_ping(desk.clock())
    return [Job("ping", hub) for hub in desk.imprint.hubs if hub in due_hubs]


def catch_up(desk: Desk, runner: Runner) -> None:
    """At the start: the front page, the topics whose files somebody has taken away, and what hubs were not yet told."""
    from .publish import is_complete
    from .websub import announce

    for topic in desk.topics.values():
        announce(topic, desk.imprint, desk.feeds, desk.store, desk.clock())
        if not is_complete(topic, desk.feeds):
            runner.submit(Job("publish", topic.name))
    runner.submit(FRONT)
    if desk.has_feed:
        runner.submit(Job("desk"))


def once(desk: Desk, runner: Runner, visits: Iterable[Job]) -> None:
    """Make these visits, file and publish what they brought, tell the hubs, and return when it is done."""
    for job in visits:
        runner.submit(job)
    runner.wait()
    finish(desk, runner)


def finish(desk: Desk, runner: Runner) -> None:
    """File and publish what there is, tell the hubs, and return when it is done."""
    runner.submit(Job("classify", ALL))  # everybody has been asked: there is no better copy to wait for
    runner.wait()
    for name in desk.store.stale_topics():
        runner.submit(Job("publish", name))
    catch_up(desk, runner)
    runner.wait()
    runner.submit(Job("pack"))
    for job in pings(desk):
        runner.submit(job)
    runner.wait()


def daily(desk: Callable[[], Desk], runner: Runner) -> Callable[[], None]:
    """A chore for the clock: the tidying, at the start and once a day."""
    last: date | None = None

    def chore() -> None:
        nonlocal last
        today = desk().clock().date()
        if today != last:
            last = today
            runner.submit(Job("tidy"))

    return chore


def regularly(desk: Callable[[], Desk], runner: Runner) -> Callable[[], None]:
    """A chore for the clock: the operator's own feed, at the start and every few minutes."""
    next_at: datetime | None = None

    def chore() -> None:
        nonlocal next_at
        now = desk().clock()
        if desk().has_feed and (next_at is None or is_time(next_at, now, DESK_EVERY)):
            next_at = now + DESK_EVERY
            runner.submit(Job("desk"))

    return chore


def packing(desk: Callable[[], Desk], runner: Runner) -> Callable[[], None]:
    """A chore for the clock: packing what was published, at most once a minute; at the start, what is not packed."""
    next_at: datetime | None = None

    def chore() -> None:
        nonlocal next_at
        now = desk().clock()
        if next_at is None:
            desk().unpacked.update(desk().topics)
        if desk().unpacked and (next_at is None or is_time(next_at, now, PACK_EVERY)):
            next_at = now + PACK_EVERY
            runner.submit(Job("pack"))

    return chore


def is_time(next_at: datetime, now: datetime, every: timedelta) -> bool:
    """Also when it is further ahead than it can have been set: then the clock was set back since."""
    return not now < next_at <= now + every


class Clock:
    """Calls `chores` once a tick, each in its turn and never twice at a time, until it is stopped."""

    def __init__(self, *chores: Callable[[], None], every: timedelta = TICK) -> None:
        from apscheduler.schedulers.background import BackgroundScheduler

        self._chores = chores
        self._every = every
        self._last = time.monotonic()
        self._stopped = threading.Event()
        self._scheduler = BackgroundScheduler(timezone=UTC)
        self._job = self._scheduler.add_job(
            self._strike, "interval", seconds=every.total_seconds(), next_run_time=datetime.now(UTC),
            max_instances=1, coalesce=True, misfire_grace_time=None,
        )  # fmt: skip

    def run(self) -> None:
        """Tick until `stop` is called from elsewhere (a signal, another thread)."""
        logging.getLogger("apscheduler").setLevel(logging.ERROR)
        log.addFilter(repeats := OnceAMinute())
        self._scheduler.start()
        try:
            while not self._stopped.wait(self._every.total_seconds()):
                self._watch()
        finally:
            self._scheduler.shutdown(wait=True)
            log.removeFilter(repeats)

    def stop(self) -> None:
        """Let the tick under way end, and begin no other."""
        self._stopped.set()

    def _strike(self) -> None:
        self._last = time.monotonic()
        for chore in self._chores:
            if self._stopped.is_set():
                return
            try:
                chore()
            except AggregatorError as e:  # a full disk, say: tried every tick, until it is mended
                log.error("%s", e)
            # The other place besides the runner: what comes out of a tick ends it before the chores that follow, and
            # the next tick as well. So one defect in taking up config.yaml would stop all that this process is for.
            except (Exception, SystemExit) as e:
                log.exception("a defect in this program: %s: %s", type(e).__name__, e)
        self._last = time.monotonic()

    def _watch(self) -> None:
        if time.monotonic() - self._last > PATIENCE * self._every.total_seconds():
            log.warning("the clock stood still (was the time of day set back?); winding it up again")
            self._last = time.monotonic()
            self._job.modify(next_run_time=datetime.now(UTC))
