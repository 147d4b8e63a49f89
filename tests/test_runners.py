"""One suite over every way of carrying out jobs."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from aggregator.errors import StoreError
from aggregator.model import Job
from aggregator.runners import Runner
from aggregator.runners.threads import ThreadRunner

Make = Callable[..., Runner]


@pytest.fixture(params=[ThreadRunner])
def make(request: pytest.FixtureRequest) -> Iterator[Make]:
    made: list[Runner] = []

    def make(
        perform: Callable[[Job], None], hands: int = 2, done: Callable[[Job], None] | None = None, **more: Any
    ) -> Runner:
        made.append(request.param(perform, hands, done, **more))
        return made[-1]

    yield make
    for runner in made:
        runner.close()


def test_every_job_is_done(make: Make) -> None:
    done: list[Job] = []
    runner = make(done.append)
    jobs = [Job("collect", str(n)) for n in range(50)]
    for job in jobs:
        runner.submit(job)
    runner.wait()
    assert sorted(done, key=str) == sorted(jobs, key=str)


def test_a_job_under_way_is_not_taken_twice(make: Make) -> None:
    go, done = threading.Event(), list[Job]()

    def perform(job: Job) -> None:
        go.wait(10)
        done.append(job)

    runner = make(perform)
    runner.submit(Job("publish", "all"))
    runner.submit(Job("publish", "all"))
    go.set()
    runner.wait()
    assert done == [Job("publish", "all")]
    runner.submit(Job("publish", "all"))
    runner.wait()
    assert len(done) == 2


def test_idle_tells_how_many_hands_are_free(make: Make) -> None:
    go = threading.Event()
    runner = make(lambda _: bool(go.wait(10)), 3)
    assert runner.idle() == 3
    runner.submit(Job("collect", "a"))
    runner.submit(Job("collect", "b"))
    assert runner.idle() == 1
    go.set()
    runner.wait()
    assert runner.idle() == 3


def test_hands_that_come_free_are_filled_again_and_no_more_is_taken_than_they_can_hold(make: Make) -> None:
    rest, most, lock = list(range(100)), [0], threading.Lock()
    done: list[str] = []

    def ask(hands: int) -> list[Job]:
        with lock:
            most[0] = max(most[0], hands)
            taken, rest[:] = rest[:hands], rest[hands:]
        return [Job("collect", str(n)) for n in taken]

    def again(_: Job) -> None:
        runner.fill(ask)

    runner: Runner = make(lambda job: done.append(job.subject), 3, again)
    runner.fill(ask)
    runner.wait()
    assert sorted(map(int, done)) == list(range(100))
    assert most == [3]
    assert not runner.is_busy()


def test_a_job_that_is_one_too_many_at_its_place_waits_outside_and_keeps_no_hand(make: Make) -> None:
    go, elsewhere, lock = threading.Event(), threading.Event(), threading.Lock()
    there, most, done = Counter[str](), Counter[str](), list[str]()

    def perform(job: Job) -> None:
        with lock:
            there[job.task] += 1
            most[job.task] = max(most[job.task], there[job.task])
        if job.task == "elsewhere":
            elsewhere.set()
        go.wait(10)
        with lock:
            there[job.task] -= 1
            done.append(job.subject)

    runner = make(perform, 3, place=lambda job: (job.task, 2))
    for n in range(20):
        runner.submit(Job("crowded", str(n)))
    runner.submit(Job("elsewhere", "x"))
    assert elsewhere.wait(10), "all hands wait at one place"
    go.set()
    runner.wait()
    assert sorted(done) == sorted([*map(str, range(20)), "x"])
    assert most == {"crowded": 2, "elsewhere": 1}


def test_those_who_wait_outside_are_let_in_in_their_order(make: Make) -> None:
    done: list[int] = []
    runner = make(lambda job: done.append(int(job.subject)), 3, place=lambda _: ("one", 1))
    for n in range(50):
        runner.submit(Job("collect", str(n)))
    runner.wait()
    assert done == list(range(50))


def test_closing_drops_those_who_wait_outside(make: Make) -> None:
    begun, go, done = threading.Event(), threading.Event(), list[str]()

    def perform(job: Job) -> None:
        begun.set()
        go.wait(10)
        done.append(job.subject)

    runner = make(perform, 3, place=lambda _: ("one", 1))
    for name in ("under way", "outside", "outside, too"):
        runner.submit(Job("collect", name))
    begun.wait(10)
    threading.Timer(0.05, go.set).start()
    runner.close()
    runner.wait()
    assert done == ["under way"]
    assert not runner.is_busy()


@pytest.mark.parametrize("error", [StoreError("the disk is full"), RuntimeError("a defect"), SystemExit("a plug-in")])
def test_what_goes_wrong_in_one_job_is_told_and_stops_no_other(
    make: Make, error: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    done: list[Job] = []

    def perform(job: Job) -> None:
        if job.subject == "bad":
            raise error
        done.append(job)

    runner = make(perform, 1)
    with caplog.at_level(logging.ERROR):
        for name in ("bad", "good"):
            runner.submit(Job("collect", name))
        runner.wait()
    assert done == [Job("collect", "good")]
    assert "collect bad" in caplog.text


def test_closing_finishes_what_is_under_way_and_drops_what_waits(make: Make) -> None:
    begun, go, done = threading.Event(), threading.Event(), list[str]()

    def perform(job: Job) -> None:
        begun.set()
        go.wait(10)
        done.append(job.subject)

    runner = make(perform, 1)
    runner.submit(Job("collect", "under way"))
    runner.submit(Job("collect", "waiting"))
    begun.wait(10)
    threading.Timer(0.05, go.set).start()
    runner.close()
    assert done == ["under way"]


def test_once_closed_it_asks_for_nothing_more(make: Make) -> None:
    """What it asked for would be dropped, and count as given to somebody."""
    begun, go, asked = threading.Event(), threading.Event(), list[int]()

    def perform(_: Job) -> None:
        begun.set()
        go.wait(10)

    def ask(hands: int) -> list[Job]:
        asked.append(hands)
        return [Job("collect", "next")]

    runner: Runner = make(perform, 1, lambda _: runner.fill(ask))
    runner.submit(Job("collect", "under way"))
    begun.wait(10)
    threading.Timer(0.05, go.set).start()
    runner.close()
    assert asked == []
    assert runner.idle() == 0
