"""In this process, by a pool of threads. The default."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait

from ..errors import AggregatorError
from ..model import Job

log = logging.getLogger("river")


class ThreadRunner:
    """`perform` does one job; `done` is told of every job that has ended, well or not."""

    def __init__(self, perform: Callable[[Job], None], hands: int, done: Callable[[Job], None] | None = None) -> None:
        self._perform = perform
        self._done = done
        self._hands = hands
        self._pool = ThreadPoolExecutor(hands, thread_name_prefix="river")
        self._lock = threading.RLock()
        self._asking = threading.Lock()
        self._open: set[Job] = set()
        self._pending: set[Future[None]] = set()
        """Until `done` has been told: it may submit the next job."""
        self._closed = False
        self.failures = 0
        """How many jobs have not been done."""

    def idle(self) -> int:
        """How many hands are free."""
        with self._lock:
            return max(0, self._hands - len(self._open))

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
        with self._lock:
            if job not in self._open and not self._closed:
                self._open.add(job)
                future = self._pool.submit(self._carry_out, job)
                self._pending.add(future)
                future.add_done_callback(self._forget)

    def wait(self) -> None:
        """Return when everything submitted is done."""
        while futures := self._futures():
            wait(futures)

    def close(self) -> None:
        """Finish what is under way, drop what is waiting, take nothing more."""
        with self._lock:
            self._closed = True
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _futures(self) -> list[Future[None]]:
        with self._lock:
            return list(self._pending)

    def _forget(self, future: Future[None]) -> None:
        with self._lock:
            self._pending.discard(future)

    def _carry_out(self, job: Job) -> None:
        try:
            self._attempt(self._perform, job)
        finally:
            with self._lock:
                self._open.discard(job)
        if self._done:
            self._attempt(self._done, job)

    def _attempt(self, work: Callable[[Job], None], job: Job) -> None:
        try:
            work(job)
        except AggregatorError as e:
            self.failures += 1
            log.error("%s %s: %s", job.task, job.subject, e)
        except Exception:  # the one place: a defect of ours must not stop the river
            self.failures += 1
            log.exception("%s %s: a defect in this program", job.task, job.subject)
