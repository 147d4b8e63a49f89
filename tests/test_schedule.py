"""The clock, and what it finds to do."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import Mock

import pytest

from aggregator import config, publish
from aggregator.cli.running import finish_what_is_due
from aggregator.coverage import Coverage
from aggregator.errors import PressError, StoreError
from aggregator.jobs import Desk, run
from aggregator.model import Job, Reception, Rule, Source, Term, Topic
from aggregator.newsroom import Newsroom
from aggregator.schedule import Clock, daily, left_over, once, packing, regularly, tick, visits
from aggregator.stores.sqlite import open_store

from .make import HOUR, IMPRINT, NOON, source, topic

KIND = "tests.always_one"


class Hands:
    """A runner that carries out each job at once, and remembers it."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.jobs: list[Job] = []
        self.busy = False
        self.free = 2

    def idle(self) -> int:
        return self.free

    def is_busy(self) -> bool:
        return self.busy

    def fill(self, ask: Callable[[int], Iterable[Job]]) -> None:
        for job in ask(self.idle()):
            self.submit(job)

    def submit(self, job: Job) -> None:
        self.jobs.append(job)
        run(job, self.desk)

    def wait(self) -> None: ...
    def close(self) -> None: ...


class Web:
    """A way out that leads nowhere."""

    def visit(self, source: Source, now: Any, home: str, *, afresh: bool) -> Any:
        return SimpleNamespace(now=now, requests=0, bytes=0, reception=Reception(), is_offline=False)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    sources = [source(n, kind=KIND, location=n) for n in ("alpha", "beta", "gamma")]
    topics = [topic("all"), topic("steppe")]
    store = open_store(tmp_path / "db/river.sqlite", writing=True)
    store.register(sources, {t.name: "1" for t in topics}, NOON)
    yield make_desk(store, sources, topics, tmp_path / "feeds")
    store.close()


def make_desk(store: Any, sources: list[Source], topics: list[Topic], feeds: Path) -> Desk:
    return Desk(
        sources={s.name: s for s in sources}, topics={t.name: t for t in topics}, imprint=IMPRINT, store=store,
        web=cast(Any, Web()), rules="rules 1", coverage=Coverage(), feeds=feeds,
        clock=lambda: NOON,
    )  # fmt: skip


def test_no_more_sources_are_claimed_than_there_are_hands(desk: Desk) -> None:
    assert visits(desk, 2, NOON) == [Job("collect", "alpha"), Job("collect", "beta")]
    assert visits(desk, 2, NOON) == [Job("collect", "gamma")]


def test_ticks_carry_an_article_from_its_source_to_the_files(desk: Desk) -> None:
    hands = Hands(desk)
    for _ in range(4):
        tick(desk, hands)
    assert {p.relative_to(desk.feeds).as_posix() for p in desk.feeds.rglob("*.xml")} == {
        f"{t}/{f}.xml" for t in ("all", "steppe") for f in ("rss", "atom")
    }
    assert "News from gamma" in (desk.feeds / "steppe/rss.xml").read_text()
    hands.jobs.clear()
    tick(desk, hands)
    assert hands.jobs == []


@pytest.mark.parametrize(("free", "moments"), [(2, [0, 5, 10, 15, 20, 25, 30, 35]), (0, [0, 30])])
def test_while_visits_are_under_way_what_they_bring_is_published_together(
    desk: Desk, free: int, moments: list[int]
) -> None:
    hands = Hands(desk)
    hands.busy, hands.free = True, free
    published = []
    for second in range(40):
        tick(replace(desk, clock=lambda: NOON + timedelta(seconds=second)), hands)  # noqa: B023
        if Job("publish", "all") in hands.jobs:
            published.append(second)
        hands.jobs.clear()
        desk.store.register([], {"all": f"{second}", "steppe": "1"}, NOON)
    assert published == moments


def test_no_more_hands_go_to_a_host_than_it_may_have_at_once(tmp_path: Path) -> None:
    settings = tmp_path / "config.yaml"
    settings.write_text(
        "title: Desk\npolite: {at_once: 2}\nsources:\n"
        "  - {name: alpha, feed: 'https://One.example:8443/a'}\n  - {name: inbox, files: inbox/}\n"
    )
    with Newsroom(config.load(settings), "test") as room:
        assert room.place(Job("collect", "alpha")) == ("one.example", 2)
        assert {room.place(Job(*job)) for job in (("collect", "inbox"), ("collect", "gone"), ("publish", "all"))} == {
            ("", 2), ("", 0),
        }  # fmt: skip


def test_when_the_rules_change_everything_is_filed_again(desk: Desk) -> None:
    once(desk, Hands(desk), [Job("collect", "alpha")])
    others = topic("steppe", rule=Rule(any=(Term(text="camels"),)))
    again = replace(desk, topics={**desk.topics, "steppe": others}, rules="rules 2")
    hands = Hands(again)
    once(again, hands, [])
    assert Job("publish", "steppe") in hands.jobs
    assert "News from alpha" not in (desk.feeds / "steppe/rss.xml").read_text()


def test_a_job_for_something_no_longer_configured_is_nothing_to_do(desk: Desk) -> None:
    run(Job("collect", "delta"), desk)
    run(Job("publish", "delta"), desk)
    assert not (desk.feeds / "delta").exists()


def test_a_source_is_due_again_after_its_time(desk: Desk) -> None:
    once(desk, Hands(desk), visits(desk, 9, NOON))
    assert desk.store.claim_due(NOON + timedelta(minutes=29), HOUR, 9) == []
    assert len(desk.store.claim_due(NOON + timedelta(minutes=31), HOUR, 9)) == 3


def test_the_tidying_is_done_at_the_start_and_once_a_day(desk: Desk) -> None:
    hands = Hands(desk)
    now = [NOON]
    chore = daily(lambda: replace(desk, clock=lambda: now[0]), hands)
    for hours in (0, 1, 11, 13, 20, 40):
        now[0] = NOON + hours * HOUR
        chore()
    assert hands.jobs == [Job("tidy")] * 3


def test_who_is_started_again_and_again_tidies_the_first_time_each_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "inbox").mkdir()
    settings = tmp_path / "config.yaml"
    settings.write_text("title: Desk\nsources: [{name: inbox, files: inbox/}]\n")
    with Newsroom(config.load(settings), "test") as room:
        monkeypatch.setattr(room.store, "forget", tidied := Mock(return_value=0))
        began = room.desk.clock()
        times = []
        for hours in (0, 0, 24, 24):
            room.desk = replace(room.desk, clock=lambda: began + hours * HOUR)  # noqa: B023
            finish_what_is_due(room)
            times.append(tidied.call_count)
    assert times == [1, 1, 2, 2]


def test_the_clock_ticks_until_it_is_stopped() -> None:
    ticks = 0
    enough = threading.Event()

    def chore() -> None:
        nonlocal ticks
        ticks += 1
        if ticks == 3:
            clock.stop()
            enough.set()

    clock = Clock(chore, every=timedelta(milliseconds=10))
    clock.run()
    assert enough.is_set()
    assert ticks == 3


@pytest.mark.parametrize(
    ("failure", "told"),
    [
        (StoreError("the disk is full"), "the disk is full"),
        (RuntimeError("Symlink loop"), "a defect in this program: RuntimeError: Symlink loop"),
        (SystemExit(2), "a defect in this program: SystemExit: 2"),
    ],
)
def test_a_chore_that_fails_stops_neither_the_others_nor_the_clock(
    failure: BaseException, told: str, caplog: pytest.LogCaptureFixture
) -> None:
    ticks = 0

    def broken() -> None:
        raise failure

    def counting() -> None:
        nonlocal ticks
        ticks += 1
        if ticks == 2:
            clock.stop()

    clock = Clock(broken, counting, every=timedelta(milliseconds=10))
    clock.run()
    assert ticks == 2
    assert told in caplog.messages


def test_a_new_story_is_published_once_it_has_settled(desk: Desk) -> None:
    waiting = replace(desk, settle=timedelta(minutes=5))
    for name in ("alpha", "beta", "gamma"):
        run(Job("collect", name), waiting)
    assert Job("classify") not in list(left_over(waiting))
    later = replace(waiting, clock=lambda: NOON + timedelta(minutes=5))
    assert Job("classify") in list(left_over(later))
    run(Job("classify"), waiting)
    assert [s.filings for s in desk.store.stories()] == [(), (), ()]
    run(Job("classify"), later)
    assert all(s.filings for s in desk.store.stories())


def test_when_everybody_has_been_asked_nothing_waits_for_a_better_copy(desk: Desk) -> None:
    waiting = replace(desk, settle=timedelta(minutes=5))
    once(waiting, Hands(waiting), [Job("collect", name) for name in desk.sources])
    assert (waiting.feeds / "all" / "rss.xml").read_text().count("<item>") == 3


def test_what_was_published_is_packed_at_the_start_and_then_once_a_minute_at_most(desk: Desk) -> None:
    hands, now = Hands(desk), [NOON]
    chore = packing(lambda: replace(desk, clock=lambda: now[0]), hands)
    chore()
    assert (hands.jobs, desk.unpacked) == ([Job("pack")], set())
    for seconds in (5, 5, 50, 5):
        now[0] += timedelta(seconds=seconds)
        desk.unpacked.add("all")
        chore()
    assert hands.jobs == [Job("pack")] * 2
    now[0] += HOUR
    desk.unpacked.clear()
    chore()
    assert len(hands.jobs) == 2, "nothing was published"


def test_what_could_not_be_packed_is_packed_the_next_time(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.unpacked.add("all")
    with monkeypatch.context() as patch:
        patch.setattr(publish, "pack_topic", Mock(side_effect=PressError("feeds", "no space left")))
        with pytest.raises(PressError):
            run(Job("pack"), desk)
    assert desk.unpacked == {"all"}
    run(Job("pack"), desk)
    assert desk.unpacked == set()


def test_a_front_page_that_could_not_be_written_is_written_as_soon_as_it_can_be(desk: Desk) -> None:
    hands = Hands(desk)
    in_the_way = desk.feeds / ".index.html.new"
    in_the_way.mkdir(parents=True)
    with pytest.raises(PressError):
        tick(desk, hands)
    with pytest.raises(PressError):
        tick(desk, hands)
    in_the_way.rmdir()
    tick(desk, hands)
    assert (desk.feeds / "index.html").exists()
    hands.jobs.clear()
    tick(desk, hands)
    assert hands.jobs == []


def test_who_starts_after_the_clock_was_ahead_keeps_no_source_waiting(tmp_path: Path) -> None:
    """Also without ticks: `run --once`, `collect`."""
    (tmp_path / "inbox").mkdir()
    settings = tmp_path / "config.yaml"
    settings.write_text("title: Desk\nsources: [{name: inbox, files: inbox/}]\n")
    with Newsroom(config.load(settings), "test") as room:
        ahead = room.desk.clock() + 9000 * HOUR
        assert room.store.claim(["inbox"], ahead, HOUR) == ["inbox"]
    with Newsroom(config.load(settings), "test") as room:
        [health] = room.store.health()
        assert health.next_visit is not None
        assert health.next_visit < room.desk.clock() + HOUR


def test_a_clock_that_is_set_back_keeps_no_chore_waiting_for_the_old_time(desk: Desk) -> None:
    hands, now = Hands(desk), [NOON]
    moving = replace(desk, has_feed=True, clock=lambda: now[0])
    chores = (packing(lambda: moving, hands), regularly(lambda: moving, hands))
    for hours in (0, -3):
        now[0] += hours * HOUR
        moving.unpacked.add("all")
        for chore in chores:
            chore()
    assert hands.jobs == [Job("pack"), Job("desk")] * 2


def test_after_publishing_once_everything_lies_packed_beside(desk: Desk) -> None:
    once(desk, Hands(desk), [Job("collect", name) for name in desk.sources])
    document = desk.feeds / "all" / "rss.xml"
    assert gzip.decompress(Path(f"{document}.gz").read_bytes()) == document.read_bytes()


def test_the_operators_own_feed_is_looked_at_every_five_minutes_if_he_wants_one(desk: Desk) -> None:
    hands, now = Hands(desk), [NOON]
    wanted = [True]
    chore = regularly(lambda: replace(desk, has_feed=wanted[0], clock=lambda: now[0]), hands)
    for minutes in (0, 1, 4, 1, 5):
        now[0] += timedelta(minutes=minutes)
        chore()
    assert hands.jobs == [Job("desk")] * 3
    wanted[0] = False
    now[0] += HOUR
    chore()
    assert len(hands.jobs) == 3
