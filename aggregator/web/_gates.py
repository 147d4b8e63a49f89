"""
Each host's own gate: so many requests in flight, a pause after each of them or as long as the host itself wants, and
closed while it is crowded.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from queue import Empty, SimpleQueue

GATES_KEPT = 1000
"""With more of them, those are forgotten that nobody has used for a pause."""


class Gates:
    """All gates, for all threads."""

    def __init__(
        self, at_once: int, pause: timedelta, sleep: Callable[[float], None], clock: Callable[[], float]
    ) -> None:
        self._at_once = at_once
        self._pause = pause.total_seconds()
        self._sleep = sleep
        self._clock = clock
        self._gates: dict[str, _Gate] = {}
        self._lock = threading.Lock()

    def change(self, at_once: int, pause: timedelta) -> None:
        """From now on so. Who is in flight still counts, and pauses that have begun last as long as they would have."""
        with self._lock:
            self._at_once, self._pause = at_once, pause.total_seconds()
            for gate in self._gates.values():
                gate.fit(at_once)

    def close(self, host: str, seconds: float) -> None:
        """This host wants to be left alone for so long, by all visits."""
        with self._lock:
            gate = self._gate(host)
            gate.opens_at = max(gate.opens_at, self._clock() + seconds)

    def pace(self, host: str, seconds: float) -> None:
        """This host wants so much time between two requests, whoever makes them; 0: no more than others get."""
        with self._lock:
            self._gate(host).pace(seconds)

    def opens_in(self, host: str) -> float:
        """Seconds that a host still wants to be left alone; none, or fewer, if it does not."""
        with self._lock:
            return self._gates[host].opens_at - self._clock() if host in self._gates else 0.0

    @contextmanager
    def through(self, host: str) -> Iterator[None]:
        """Wait for our turn at this host; it lasts until the end of the block."""
        with self._lock:
            gate = self._gate(host)
            gate.guests += 1
        rested_at = gate.places.get()  # the place that was left first
        pause = self._pause
        try:
            with self._lock:
                wait = gate.take_turn(max(rested_at, self._clock())) - self._clock()
            if wait > 0:
                self._sleep(wait)
            yield
        finally:
            with self._lock:
                gate.leave(self._clock(), max(pause, self._pause), self._at_once)

    def _gate(self, host: str) -> _Gate:
        if len(self._gates) > GATES_KEPT:
            self._gates = {name: gate for name, gate in self._gates.items() if not gate.is_idle(self._clock())}
        if host not in self._gates:
            self._gates[host] = _Gate(self._at_once)
        return self._gates[host]


class _Gate:
    """The places at one host; each says from when on it may be used. Changed under the lock of all gates."""

    def __init__(self, at_once: int) -> None:
        self.guests = 0
        self.opens_at = 0.0
        """Until then the host wants to be left alone. Who has his turn has to look: nobody is sent away here."""
        self.places: SimpleQueue[float] = SimpleQueue()
        self._apart = 0.0
        """Seconds that the host itself wants between two requests."""
        self._next_at = 0.0
        """When the next one may begin, then."""
        self._left_at = 0.0
        self._rested_at = 0.0
        """From when on all places may be used, once nobody is there."""
        self._size = 0
        self.fit(at_once)

    def fit(self, at_once: int) -> None:
        """So many places from now on, as far as nobody is in those that are too many: who is takes his along."""
        for _ in range(at_once - self._size):
            self._add(self._rested_at)
        while self._size > at_once:
            try:
                self.places.get_nowait()
            except Empty:
                return
            self._size -= 1

    def pace(self, seconds: float) -> None:
        """Between two requests, beginning with the last one that was made."""
        self._apart = seconds
        self._next_at = max(self._next_at, self._left_at + seconds) if seconds else 0.0

    def take_turn(self, at: float) -> float:
        """When a guest may begin who would do so then."""
        at = max(at, self._next_at)
        self._next_at = at + self._apart if self._apart else 0.0
        return at

    def leave(self, now: float, pause: float, at_once: int) -> None:
        """A guest goes, and his place may be used after a pause."""
        self.guests -= 1
        self._size -= 1
        self._left_at = now
        self._next_at = max(self._next_at, now + self._apart) if self._apart else 0.0
        self._rested_at = max(self._rested_at, now + pause)
        if self._size < at_once:
            self._add(now + pause)

    def is_idle(self, now: float) -> bool:
        return not self.guests and max(self._rested_at, self._next_at, self.opens_at) <= now

    def _add(self, rested_at: float) -> None:
        self._size += 1
        self.places.put(rested_at)
