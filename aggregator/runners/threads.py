"""In this process, by a pool of threads. The default."""

from __future__ import annotations

import logging
import threading
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable
from queue import SimpleQueue

from ..errors import AggregatorError
from ..model import Job

log = logging.getLogger("river")


def anywhere(_: Job) -> tuple[str, int]:
    """No place where anybody could be in the way."""
    return "", 0


class ThreadRunner:
    """
    `perform` does one job; `done` is told of every job that has ended, well or not. `place` says where a job is done
    and how many may be there at once: one that is too many waits outside, and keeps no hand from other work.
    """

    def __init__(
        self, perform: Callable[[Job], None], hands: int, done: Callable[[Job], None] | None = None,
        place: Callable[[Job], tuple[str, int]] = anywhere,
    ) -> None:  # fmt: skip
        self._perform = perform
        self._done = done
        self._place = place
        self._hands = hands
        self._threads: list[threading.Thread] = []
        """As many as there were ever jobs at once, but no more than hands."""
        self._lock = threading.Lock()
        self._quiet = threading.Condition(self._lock)
        self._asking = threading.Lock()
        self._ready: SimpleQueue[Job | None] = SimpleQueue()
        """For the next hand; None sends it home."""
        self._open: dict[Job, str] = {}
        """What waits or is under way, and where."""
        self._there: Counter[str] = Counter()
        self._outside: defaultdict[str, deque[Job]] = defaultdict(deque)
        self._begun = 0
        """Ready or under way."""
        self._pending = 0
        """Until `done` has been told: it may submit the next job."""
        self._closed = False
        self.failures = 0
        """How many jobs have not been done."""

    def idle(self) -> int:
        """How many hands are free; once it is closed none, so that nothing is asked for that would be dropped."""
        with self._lock:
            return 0 if self._closed else max(0, self._hands - len(self._open))

    def is_busy(self) -> bool:
        """Whether anything is waiting or under way."""
        with self._lock:
            return bool(self._open)

    def fill(self, ask: Callable[[int], Iterable[Job]]) -> None:
        """Ask for as many jobs as there are hands free, and take them."""
        with self._asking:
            if hands := self.idle():
                for job in ask(hands):
                    self.submit(job)

    def submit(self, job: Job) -> None:
        """Take a job. One that is already waiting or under way is not taken twice."""
        place, at_once = self._place(job)
        with self._lock:
            if job in self._open or self._closed:
                return
            self._open[job] = place
            self._pending += 1
            if place and self._there[place] >= at_once:
                self._outside[place].append(job)
            else:
                self._there[place] += 1
                self._begin(job)

    def wait(self) -> None:
        """Return when everything submitted is done."""
        with self._quiet:
            self._quiet.wait_for(lambda: not self._pending)

    def close(self) -> None:
        """Finish what is under way, drop what is waiting, take nothing more."""
        with self._lock:
            self._closed = True
            for job in [job for jobs in self._outside.values() for job in jobs]:
                del self._open[job]
                self._pending -= 1
            self._outside.clear()
        for _ in self._threads:
            self._ready.put(None)
        for thread in self._threads:
            thread.join()

    def _begin(self, job: Job) -> None:
        self._begun += 1
        self._ready.put(job)
        if len(self._threads) < min(self._hands, self._begun):
            thread = threading.Thread(target=self._work, name=f"river-{len(self._threads)}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def _work(self) -> None:
        """One hand, until it is sent home."""
        while job := self._ready.get():
            is_dropped = self._closed
            if not is_dropped:
                self._attempt(self._perform, job)
            self._leave(job)
            if self._done and not is_dropped:
                self._attempt(self._done, job)
            with self._quiet:
                self._pending -= 1
                if not self._pending:
                    self._quiet.notify_all()

    def _leave(self, job: Job) -> None:
        """Make room for the next one at that place."""
        with self._lock:
            place = self._open.pop(job)
            self._begun -= 1
            if waiting := self._outside.get(place):
                self._begin(waiting.popleft())
            else:
                self._there[place] -= 1

    def _attempt(self, work: Callable[[Job], None], job: Job) -> None:
        try:
            work(job)
        except AggregatorError as e:
            self.failures += 1
            log.error("%s: %s", job, e)
        # Here, and at the clock: a defect, ours or a plug-in's, must not stop the river.
        except (Exception, SystemExit):
            self.failures += 1
            log.exception("%s: a defect in this program", job)
