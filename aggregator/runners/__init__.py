"""Where jobs are carried out. One file per way."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

from ..model import Job


class Runner(Protocol):
    """Carries out jobs, some time soon. Jobs are idempotent; a lost one comes back when its lease ends."""

    def idle(self) -> int:
        """How many more jobs could be begun at once."""

    def is_busy(self) -> bool:
        """Whether anything is waiting or under way."""

    def fill(self, ask: Callable[[int], Iterable[Job]]) -> None:
        """Ask for as many jobs as there are hands free, and take them; one asks at a time."""

    def submit(self, job: Job) -> None:
        """Take a job. One that is already waiting or under way is not taken twice."""

    def wait(self) -> None:
        """Return when everything submitted is done."""

    def close(self) -> None:
        """Finish what is under way, drop what is waiting, take nothing more."""
