"""What is wrong is told once."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from aggregator.collect import Report
from aggregator.logbook import Logbook, OnceAMinute
from aggregator.model import Verdict, Visit
from aggregator.teach import Lesson

from .make import HOUR, NOON


def report(source: str = "steppe", new: int = 0, **more: Any) -> Report:
    visit = Visit(**{"source": source, "at": NOON, "next_at": NOON + HOUR, "checkpoint": {}, "requests": 1, **more})
    return Report(visit=visit, counts={Verdict.NEW: new, Verdict.COPY: 0, Verdict.CHANGED: 0, Verdict.WAITS: 0})


def offline(source: str) -> Report:
    return report(source, error="no route to host", is_excused=True)


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO, "river")
    return caplog


def test_the_same_again_is_quiet_until_it_is_well_in_between(told: pytest.LogCaptureFixture) -> None:
    logbook = Logbook()
    for error in ("no answer", "no answer", "404 Not Found", "404 Not Found", None, "404 Not Found"):
        logbook.visit(report(error=error))
    assert [r.message.split(";")[0] for r in told.records] == [
        "steppe: no answer", "steppe: 404 Not Found", "steppe: 404 Not Found"
    ]  # fmt: skip


def test_that_we_are_offline_is_told_once_for_all_sources(told: pytest.LogCaptureFixture) -> None:
    logbook = Logbook()
    for one in (offline("steppe"), offline("coast"), report("steppe", new=2), offline("coast")):
        logbook.visit(one)
    assert [r.message.split(";")[0] for r in told.records] == [
        "steppe: no route to host", "steppe: 2 new", "coast: no route to host"
    ]  # fmt: skip


def test_a_source_a_topic_and_a_hub_of_one_name_are_three(told: pytest.LogCaptureFixture) -> None:
    logbook = Logbook()
    logbook.visit(report("grain", error="no answer"))
    logbook.lesson(Lesson(topic="grain", complaint="no answer"))
    logbook.lesson(Lesson(topic="grain", complaint="no answer"))
    assert [r.message.split(";")[0] for r in told.records] == ["grain: no answer", "grain: like: no answer"]


def test_an_error_that_comes_every_second_is_told_once_a_minute(
    told: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = 0.0
    monkeypatch.setattr("time.monotonic", lambda: seconds)
    log = logging.getLogger("river")
    log.addFilter(repeats := OnceAMinute())
    try:
        for _ in range(180):
            log.error("%s: %s", "classify", "the disk is full")
            log.warning("visited")
            if seconds == 30:
                log.error("%s: %s", "tidy", "the disk is full")
            seconds += 1
    finally:
        log.removeFilter(repeats)
    texts = [r.message for r in told.records]
    assert texts.count("classify: the disk is full") == 3
    assert texts.count("tidy: the disk is full") == 1
    assert texts.count("visited") == 180
