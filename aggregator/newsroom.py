"""
Everything put together, and kept together while it runs: the configuration in force, the store, the way out, the rules.

A changed config.yaml is taken up within seconds; a broken one is reported, and the last good one stays in force.
"""

from __future__ import annotations

import ctypes
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Self

from . import config, jobs, rules
from .config import Config
from .errors import AggregatorError, ConfigError
from .jobs import Desk
from .logbook import Logbook
from .model import ALL, DESK, Job
from .stores import Store

if TYPE_CHECKING:
    from .runners.threads import ThreadRunner

log = logging.getLogger("river")

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8
"""As in malloc.h."""
FEW_HEAPS = 2
LARGE = 4 << 20
"""Bytes. With 128 kB, as it was, the system cleared new pages for each text of a feed: 4 % of a first collection."""

Stamp = tuple[int, int, int]


class Newsroom:
    """The one writer of a database. Opening it raises StoreInUse when there is another."""

    def __init__(self, settings: Config, holder: str) -> None:
        from .stores.sqlite import open_store

        give_back_memory()
        self.config = settings
        self.store: Store = open_store(settings.database, writing=True, holder=holder)
        try:
            self._remember(settings)
            jobs.look_at_the_time(self.store, jobs.now())
            self._stamp = stamp(settings.path)
            self.desk = self._set_up(settings, None)
        except BaseException:
            self.store.close()
            raise

    def _remember(self, settings: Config) -> None:
        """What a new database has to know at once, and a copy of before that somebody has put there."""
        if self.store.is_empty():
            from . import sameness

            self.store.sort_under(sameness.VERSION, jobs.now())
        elif self._is_behind(settings):
            from .publish import read_back  # 11 ms, for those who have lost something

            self.store.remember(read_back(settings.feeds))  # the same stories get the same guids

    def _is_behind(self, settings: Config) -> bool:
        """Whether a topic's next archive is there already: it would give the number to other stories."""
        places = (settings.feeds / t.name / "archive" / f"{self.store.archives(t.name) + 1}" for t in settings.topics)
        return any(place.is_dir() and any(place.iterdir()) for place in places)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def stop(self) -> None:
        """Let nobody who is under way ask for anything more."""
        self.desk.web.stop()

    def close(self) -> None:
        """Let go of the network and the database."""
        self.desk.web.close()
        self.store.close()

    def perform(self, job: Job) -> None:
        """Do one job under the configuration in force."""
        jobs.run(job, self.desk)

    def runner(self, done: Callable[[Job], None] | None = None) -> ThreadRunner:
        """Hands for the jobs of this desk; to be closed before the newsroom is. `done` is told of each job's end."""
        from .runners.threads import ThreadRunner

        return ThreadRunner(self.perform, self.config.workers, done, self.place)

    def place(self, job: Job) -> tuple[str, int]:
        """The host that a job visits, and how many may be there at once: more would wait at its gate."""
        source = self.desk.sources.get(job.subject) if job.task in jobs.VISITS else None
        return (source.host, self.desk.at_once) if source else ("", 0)

    def look_at_the_configuration(self) -> bool:
        """Take up what the operator has changed since the last look; whether there was something to take up."""
        now = stamp(self.config.path)
        if now == self._stamp:
            return False
        try:
            self._take_up(config.load(self.config.path))
            self._stamp = now
            return True
        except ConfigError as e:
            self._stamp = now
            for complaint in e.complaints:
                log.error("%s", complaint)
            log.error("the configuration of before stays in force")
        except AggregatorError as e:  # a full disk, say: tried again at the next look
            log.error("%s; the configuration of before stays in force", e)
        return False

    def _take_up(self, new: Config) -> None:
        old = self.config
        for key in ("database", "feeds", "listen", "workers"):
            if getattr(new, key) != getattr(old, key):
                log.warning("%s: a new value for '%s' needs a restart", new.path, key)
        self.desk = self._set_up(new, self.desk)
        self.config = new
        own = [t for t in new.topics if t.name != ALL]
        log.info("%s has changed, and is in force: sources %d, topics %d", new.path, len(new.sources), len(own))

    def _set_up(self, new: Config, old: Desk | None) -> Desk:
        from .coverage import Coverage
        from .galley import Galley
        from .press import retire, take_away
        from .web import Web

        feeds = old.feeds if old else new.feeds
        self._salvage(new, feeds, is_new=old is None and self.store.is_empty())
        digests = {t.name: rules.edition_digest(new.imprint, t) for t in new.topics}
        self.store.register(new.sources, digests, jobs.now())
        self.store.hold({t.name: rules.rule_digest(t) for t in new.topics if not t.like})
        self._digests = digests
        self._take_over(self.config if old else None, new, feeds)
        retire(feeds, {*digests, DESK} if new.desk else digests)
        if not new.desk:
            take_away(feeds / DESK)
        if old:  # last: what fails before leaves all as it was
            web = old.web if new.manners == self.config.manners else old.web.with_manners(new.manners)
        else:
            web = Web(new.manners)
        return Desk(
            sources={s.name: s for s in new.sources},
            topics={t.name: t for t in new.topics},
            imprint=new.imprint,
            store=self.store,
            web=web,
            rules=rules.rules_digest(new.topics),
            digests=digests,
            coverage=old.coverage if old else Coverage(),
            settle=new.settle,
            feeds=feeds,
            galley=old.galley if old else Galley(),
            at_once=new.manners.at_once,
            has_feed=new.desk,
            is_in_force=lambda: self._digests is digests,
            logbook=old.logbook if old else Logbook(),
            unpacked=old.unpacked if old else set(),
            undone=old.undone if old else set(),
        )

    def _salvage(self, new: Config, feeds: Path, *, is_new: bool) -> None:
        """What documents say that this database has never heard of, it remembers before they are overwritten."""
        unheard = self.store.unregistered([t.name for t in new.topics if (feeds / t.name).is_dir()])
        if not is_new and not unheard:
            return
        from .publish import read_back
        from .salvage import salvage

        found = [salvage(t, new.imprint, feeds) for t in new.topics if t.name in unheard]
        for name in ["*"] if is_new else unheard:
            self.store.remember(read_back(feeds, name))  # the same stories get the same guids
        if known := sum(one.known for one in found):
            log.warning(
                "%s is new%s: from %s it knows of %d stories; %d of them stood in no archive, and stand in one now",
                self.config.database, "" if is_new else f" to {', '.join(unheard)}", feeds, known,
                sum(one.sealed for one in found),
            )  # fmt: skip

    def _take_over(self, old: Config | None, new: Config, feeds: Path) -> None:
        from .config import last

        if before := old or last.before(new):
            from .publish import drop_formats

            drop_formats(before.topics, new.topics, feeds)
        try:
            last.keep(new)
        except OSError as e:
            log.warning("%s cannot be kept for a day on which it is broken: %s", new.path, e.strerror)


def stamp(path: Path) -> Stamp | None:
    """Changes when the file does, also when an editor replaces it by another."""
    try:
        s = path.stat()
    except OSError:
        return None
    return (s.st_mtime_ns, s.st_size, s.st_ino)


def give_back_memory() -> None:
    """
    From now on large free blocks go back to the system at once, and two heaps serve all threads. Left to itself glibc
    keeps what each thread has freed for this thread: sixteen that have each read one big feed hold 120 MB more.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt:
        mallopt(M_TRIM_THRESHOLD, LARGE)
        mallopt(M_MMAP_THRESHOLD, LARGE)
        mallopt(M_ARENA_MAX, FEW_HEAPS)
