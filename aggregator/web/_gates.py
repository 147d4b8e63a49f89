"""Each host's own gate: so many requests in flight, and a pause after each of them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from queue import SimpleQueue

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
        self._resting: Mapping[str, float] = {}
        self._lock = threading.Lock()

    def go_on_from(self, others: Gates) -> None:
        """Hosts that were asked through the others rest for as long as they would have there."""
        self._resting = others.resting()

    def resting(self) -> dict[str, float]:
        """The hosts that may not be asked yet, and from when on they may, on the monotonic clock."""
        now = self._clock()
        with self._lock:
            until = {host: now + self._pause if gate.guests else gate.rested_at for host, gate in self._gates.items()}
        return {host: at for host, at in until.items() if at > now}

    @contextmanager
    def through(self, host: str) -> Iterator[None]:
        """Wait for our turn at this host; it lasts until the end of the block."""
        with self._lock:
            if len(self._gates) > GATES_KEPT:
                self._gates = {name: gate for name, gate in self._gates.items() if not gate.is_idle(self._clock())}
            if host not in self._gates:
                self._gates[host] = _Gate(self._at_once, self._resting.get(host, 0.0))
            gate = self._gates[host]
            gate.guests += 1
        rested_at = gate.places.get()  # the place that was left first
        try:
            if (wait := rested_at - self._clock()) > 0:
                self._sleep(wait)
            yield
        finally:
            with self._lock:
                gate.guests -= 1
                gate.rested_at = self._clock() + self._pause
                gate.places.put(gate.rested_at)


class _Gate:
    """The places at one host; each says from when on it may be used."""

    def __init__(self, at_once: int, rested_at: float) -> None:
        self.guests = 0
        self.rested_at = rested_at
        """From when on all places may be used, once nobody is there."""
        self.places: SimpleQueue[float] = SimpleQueue()
        for _ in range(at_once):
            self.places.put(rested_at)

    def is_idle(self, now: float) -> bool:
        return not self.guests and self.rested_at <= now
