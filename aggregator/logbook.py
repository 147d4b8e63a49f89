"""The lines of the log about what jobs came to. What is wrong is told once, and quietly while it stays the same."""

from __future__ import annotations

import logging
import math
import time
from typing import TYPE_CHECKING

from .model import Job, Verdict

if TYPE_CHECKING:
    from .collect import Report
    from .teach import Lesson
    from .websub import Round

log = logging.getLogger("river")

OFFLINE = Job("collect")
"""Stands for the visits of all sources while there is no network: the complaint is made once."""
MINUTE = 60.0
"""Seconds."""
TOLD = (Verdict.NEW, Verdict.COPY, Verdict.CHANGED, Verdict.WAITS)
"""What was passed over is the same at each visit; `preview` tells why."""


class Logbook:
    """One for all jobs of a process, also across a change of the configuration."""

    def __init__(self) -> None:
        self._complaints: dict[Job, str | None] = {}

    def visit(self, report: Report) -> None:
        """One line a visit; a quiet one for a visit that brought nothing, or nothing but the complaint of before."""
        visit, counts = report.visit, report.counts
        job, complaint = Job("collect", visit.source), visit.error or visit.left_out
        level = self._level(OFFLINE, "offline") if visit.is_excused else self._level(job, complaint)
        if visit.left_out:
            log.log(level, "%s: %s", visit.source, visit.left_out)
        if visit.error:
            following = "not visited any more" if visit.is_last else f"next try {visit.next_at:%d %b %H:%M} UTC"
            log.log(level, "%s: %s; %s", visit.source, visit.error, following)
        if visit.requests and not visit.error:
            self._complaints.pop(OFFLINE, None)
        told = {**{v.value: counts[v] for v in TOLD}, "not kept": report.not_kept} if counts else {}
        news = ", ".join(f"{number} {what}" for what, number in told.items() if number)
        if report.waits_because:
            log.warning("%s: %s: %s; see 'aggregator quarantine'", visit.source, news, report.waits_because)
        elif news:
            log.info("%s: %s", visit.source, news)
        elif not visit.error:
            log.debug("%s: nothing new", visit.source)

    def lesson(self, lesson: Lesson) -> None:
        """One line for what was learned, one for what is wrong."""
        if lesson.report:
            log.info("%s: %s", lesson.topic, lesson.report)
        level = self._level(Job("classify", lesson.topic), lesson.complaint)
        if lesson.complaint:
            log.log(level, "%s: like: %s", lesson.topic, lesson.complaint)

    def hub(self, hub: str, done: Round) -> None:
        """One line for what was told, one for what was not."""
        if done.told:
            log.info("%s: told of %d feeds", hub, len(done.told))
        for url, why in done.refused.items():
            log.warning("%s: will not hear of %s: %s", hub, url, why)
        level = self._level(Job("ping", hub), done.error)
        if done.error:
            log.log(level, "%s: %s; next try %s", hub, done.error, f"{done.next_at:%d %b %H:%M} UTC")
        if done.given_up:
            log.warning("%s: not reached for a day; %d changes stay untold", hub, done.given_up)

    def _level(self, about: Job, complaint: str | None) -> int:
        """How loud; the same again is quiet."""
        again = self._complaints.get(about) == complaint
        self._complaints[about] = complaint
        return logging.DEBUG if again else logging.WARNING


class OnceAMinute(logging.Filter):
    """Of errors that say the same only one a minute: a full disk is found every second, until it is mended."""

    def __init__(self) -> None:
        super().__init__()
        self._told: dict[str, float] = {}
        """Of the last minute, when each was let through."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether it is told."""
        if record.levelno < logging.ERROR:
            return True
        message, now = record.getMessage(), time.monotonic()
        if now - self._told.get(message, -math.inf) < MINUTE:
            return False
        self._told = {said: at for said, at in self._told.items() if now - at < MINUTE} | {message: now}
        return True
