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
        self._lock = threading.Lock()

    def reached(self) -> None:
        """Somebody has answered, if only to send us away."""
        with self._lock:
            self._lost.clear()

    def lost(self, host: str, now: datetime) -> None:
        """No connection came about."""
        with self._lock:
            self._lost[host] = now

    def is_down(self, now: datetime) -> bool:
        """As far as anybody can tell."""
        with self._lock:
            return sum(now - at < WITHIN for at in self._lost.values()) >= HOSTS
