"""Whether it is our own line that is down: when nobody can be reached, it is not everybody else's fault."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

HOSTS = 3
WITHIN = timedelta(minutes=10)
"""So many different hosts in so short a time, and no answer from anybody in between."""


class Line:
    """What all workers have met lately."""

    def __init__(self) -> None:
        self._lost: dict[str, datetime] = {}
        self._seemed_ours: datetime | None = None
        self._reached: datetime | None = None
        self._lock = threading.Lock()

    def reached(self, now: datetime) -> None:
        """Somebody has answered, if only to send us away."""
        with self._lock:
            self._lost.clear()
            self._seemed_ours, self._reached = None, now

    def lost(self, host: str, now: datetime, *, seems_ours: bool = False) -> None:
        """No connection came about; `seems_ours`: from what was met, the trouble is at our end."""
        with self._lock:
            self._lost[host] = now
            if seems_ours:
                self._seemed_ours = now

    def is_down(self, now: datetime) -> bool:
        """
        As far as anybody can tell. Where the trouble seems to be ours, one host is enough, but not while others answer:
        it may be the servers of its name.
        """
        with self._lock:
            if _is_lately(self._seemed_ours, now) and not _is_lately(self._reached, now):
                return True
            return sum(_is_lately(at, now) for at in self._lost.values()) >= HOSTS


def _is_lately(at: datetime | None, now: datetime) -> bool:
    return at is not None and now - at < WITHIN
