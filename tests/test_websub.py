"""Telling hubs that a feed has changed: what is told, when, and how often it is tried."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from aggregator import schedule
from aggregator.coverage import Coverage
from aggregator.errors import FetchError
from aggregator.jobs import Desk, publish_one, run
from aggregator.model import Job
from aggregator.schedule import catch_up, once, pings
from aggregator.stores import Store
from aggregator.stores.sqlite import open_store
from aggregator.web import Web
from aggregator.websub import BATCH, on_disk, ping

from .loopback import Loopback, hang, in_turn, make_web, reply
from .make import HOUR, IMPRINT, NOON, source, topic
from .test_schedule import Hands

HUB = "https://hub.example/"
MINUTE = timedelta(minutes=1)
FEEDS = {f"https://news.example/steppe/{name}": "1" for name in ("rss.xml", "atom.xml", "feed.json")}
TOPIC = topic("steppe")


@dataclass
class Hub:
    """A trip to a hub that answers as it is told; what it heard stands in `heard`."""

    now: datetime
    heard: list[str]
    answer: Callable[[str], None] = lambda _: None
    not_before: datetime | None = None

    def post(self, url: str, form: dict[str, str]) -> None:
        assert url == HUB
        assert form["hub.mode"] == "publish"
        assert form["hub.url"] == form["hub.topic"]
        self.heard.append(form["hub.url"])
        self.answer(form["hub.url"])


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with opened(tmp_path) as store:
        yield store


@contextmanager
def opened(folder: Path) -> Iterator[Store]:
    store = open_store(folder / "river.sqlite", writing=True)
    store.register([source(kind="tests.always_one")], {"steppe": "1"}, NOON)
    yield store
    store.close()


def call(store: Store, at: datetime, answer: Callable[[str], None] = lambda _: None, **trip: Any) -> list[str]:
    """One round at this moment, if one is due; what the hub heard."""
    hub = Hub(now=at, heard=[], answer=answer, **trip)
    if HUB in store.hubs_to_ping(at):
        ping(HUB, store, hub)  # type: ignore[arg-type]
    return hub.heard


def down(_: str) -> None:
    raise FetchError(HUB, "the server answers 503 Service Unavailable")


# --- what waits ------------------------------------------------------------------------------------------------------


def test_a_hub_is_told_of_every_feed_once(store: Store) -> None:
    store.announce([HUB], FEEDS, NOON)
    assert sorted(call(store, NOON)) == sorted(FEEDS)
    assert call(store, NOON + HOUR) == []


def test_it_is_not_told_again_of_the_same_bytes(store: Store) -> None:
    store.announce([HUB], FEEDS, NOON)
    call(store, NOON)
    store.announce([HUB], FEEDS | {"https://news.example/steppe/rss.xml": "2"}, NOON + HOUR)
    assert call(store, NOON + HOUR) == ["https://news.example/steppe/rss.xml"]


def test_every_hub_is_told(store: Store) -> None:
    store.announce([HUB, "https://another.example/"], FEEDS, NOON)
    assert store.hubs_to_ping(NOON) == ["https://another.example/", HUB]
    call(store, NOON)
    assert store.hubs_to_ping(NOON) == ["https://another.example/"]


def test_what_changes_while_the_hub_is_told_is_told_again(store: Store) -> None:
    store.announce([HUB], {"https://news.example/a": "1"}, NOON)
    call(store, NOON, lambda url: store.announce([HUB], {url: "2"}, NOON))
    assert call(store, NOON) == ["https://news.example/a"]
    assert call(store, NOON) == []


def test_a_round_has_an_end_and_the_longest_waiting_come_first(store: Store) -> None:
    store.announce([HUB], {f"https://news.example/{n:03}": "1" for n in range(BATCH)}, NOON)
    store.announce([HUB], {"https://news.example/!": "1"}, NOON + MINUTE)
    assert len(call(store, NOON + MINUTE)) == BATCH
    assert call(store, NOON + MINUTE) == ["https://news.example/!"]


# --- what fails ------------------------------------------------------------------------------------------------------


def test_a_hub_that_is_down_is_tried_after_longer_and_longer_pauses_and_given_up_after_a_day(store: Store) -> None:
    store.announce([HUB], {"https://news.example/a": "1"}, NOON)
    minutes = range(2 * 24 * 60)
    tried = [m for m in minutes if call(store, NOON + m * MINUTE, down)]
    assert tried[:8] == [0, 1, 2, 4, 8, 16, 32, 64]
    assert {b - a for a, b in pairwise(tried[7:])} == {60}
    assert 24 * 60 < tried[-1] <= 25 * 60
    assert store.pings(HUB, 9) == []


def test_while_a_hub_is_down_it_is_asked_one_thing_only_however_much_waits(store: Store) -> None:
    store.announce([HUB], FEEDS, NOON)
    assert len(call(store, NOON, down)) == 1
    store.announce([HUB], {"https://news.example/new": "1"}, NOON)
    assert call(store, NOON) == []
    assert len(call(store, NOON + MINUTE)) == 4


def test_the_hubs_own_wish_is_kept(store: Store) -> None:
    store.announce([HUB], FEEDS, NOON)
    call(store, NOON, down, not_before=NOON + HOUR)
    assert call(store, NOON + HOUR - MINUTE) == []
    assert len(call(store, NOON + HOUR)) == 3


def test_the_hubs_own_wish_is_kept_also_when_it_has_heard_everything(store: Store) -> None:
    store.announce([HUB], FEEDS, NOON)
    assert len(call(store, NOON, not_before=NOON + HOUR)) == 3
    store.announce([HUB], dict.fromkeys(FEEDS, "2"), NOON + MINUTE)
    assert call(store, NOON + HOUR - MINUTE) == []
    assert len(call(store, NOON + HOUR)) == 3


def test_what_a_hub_refuses_is_not_tried_again_until_it_changes_and_does_not_hold_up_the_rest(store: Store) -> None:
    def refuse_atom(url: str) -> None:
        if "atom" in url:
            raise FetchError(HUB, "the server answers 403 Forbidden", permanent=True)

    store.announce([HUB], FEEDS, NOON)
    assert len(call(store, NOON, refuse_atom)) == 3
    assert call(store, NOON + HOUR, refuse_atom) == []
    store.announce([HUB], dict.fromkeys(FEEDS, "2"), NOON + HOUR)
    assert len(call(store, NOON + HOUR)) == 3


def test_what_waits_outlives_a_restart(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.announce([HUB], FEEDS, NOON)
        call(store, NOON, down)
    with opened(tmp_path) as store:
        assert call(store, NOON) == []
        assert len(call(store, NOON + MINUTE)) == 3


# --- from the edition to the hub -------------------------------------------------------------------------------------


@dataclass
class Moment:
    """The desk's clock, which stands still until it is moved."""

    at: datetime = NOON

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback() as server:
        server.answers["/hub"] = reply(204)
        yield server


def desk_with(store: Store, feeds: Path, web: Web, clock: Moment, *hubs: str) -> Desk:
    """A desk with one source that has one article, and these hubs."""
    return Desk(
        sources={"alpha": source(kind="tests.always_one")}, topics={"steppe": TOPIC},
        imprint=replace(IMPRINT, hubs=hubs), store=store, web=web, rules="1",
        coverage=Coverage(), feeds=feeds, clock=clock,
    )  # fmt: skip


def heard(server: Loopback) -> list[dict[str, str]]:
    """The forms that came, in alphabetical order, and no more than once each."""
    assert {(r.method, r.path) for r in server.requests} <= {("POST", "/hub")}
    assert all(r.headers["Content-Type"] == "application/x-www-form-urlencoded" for r in server.requests)
    return sorted((dict(parse_qsl(r.body.decode())) for r in server.requests), key=lambda form: form["hub.url"])


def test_after_an_edition_the_hub_hears_of_its_feeds_and_not_of_its_page(
    store: Store, tmp_path: Path, server: Loopback, web: Web
) -> None:
    desk = desk_with(store, tmp_path / "feeds", web, Moment(), server.url("/hub"))
    once(desk, Hands(desk), [Job("collect", "alpha")])
    urls = [f"https://news.example/steppe/{name}" for name in ("atom.xml", "feed.json", "rss.xml")]
    assert heard(server) == [{"hub.mode": "publish", "hub.url": url, "hub.topic": url} for url in urls]


def test_an_edition_that_says_the_same_is_no_news(store: Store, tmp_path: Path, server: Loopback, web: Web) -> None:
    desk = desk_with(store, tmp_path / "feeds", web, Moment(), server.url("/hub"))
    once(desk, Hands(desk), [Job("collect", "alpha")])
    server.requests.clear()
    run(Job("publish", "steppe"), desk)
    once(desk, Hands(desk), [])
    assert heard(server) == []


def test_without_hubs_nothing_is_kept_and_nobody_is_called(store: Store, tmp_path: Path, web: Web) -> None:
    desk = desk_with(store, tmp_path / "feeds", web, Moment())
    hands = Hands(desk)
    once(desk, hands, [Job("collect", "alpha")])
    assert "ping" not in {job.task for job in hands.jobs}
    assert store.hubs_to_ping(NOON + 9 * HOUR) == []


def test_a_hub_that_is_no_longer_configured_is_left_alone(
    store: Store, tmp_path: Path, server: Loopback, web: Web
) -> None:
    desk = desk_with(store, tmp_path / "feeds", web, Moment(), HUB)
    store.announce([server.url("/hub")], FEEDS, NOON)
    run(Job("ping", server.url("/hub")), desk)
    assert pings(desk) == []
    assert server.requests == []


def test_the_clock_finds_the_pings_that_are_due(store: Store, tmp_path: Path, server: Loopback, web: Web) -> None:
    clock = Moment()
    desk = desk_with(store, tmp_path / "feeds", web, clock, server.url("/hub"))
    server.answers["/hub"] = in_turn(reply(503, Retry_After="600"), *[reply(202, b"accepted")] * 3)
    store.announce(desk.imprint.hubs, FEEDS, NOON)
    hands = Hands(desk)
    schedule.tick(desk, hands)
    assert len(heard(server)) == 1
    clock.at += 10 * MINUTE - timedelta(seconds=1)
    schedule.tick(desk, hands)
    assert len(heard(server)) == 1
    clock.at += timedelta(seconds=1)
    schedule.tick(desk, hands)
    assert len(heard(server)) == 4


def test_what_was_published_before_a_crash_is_told_after_it(
    store: Store, tmp_path: Path, server: Loopback, web: Web
) -> None:
    silent = desk_with(store, tmp_path / "feeds", web, Moment())
    once(silent, Hands(silent), [Job("collect", "alpha")])
    desk = replace(silent, imprint=replace(IMPRINT, hubs=(server.url("/hub"),)))
    catch_up(desk, Hands(desk))
    assert pings(desk) == [Job("ping", server.url("/hub"))]


def test_the_address_told_is_the_one_that_the_feed_says_of_itself(store: Store, tmp_path: Path, web: Web) -> None:
    desk = desk_with(store, tmp_path, web, Moment(), HUB)
    desk = replace(desk, imprint=replace(desk.imprint, link="https://новости.example/река/"))
    publish_one("steppe", desk)
    told = on_disk(TOPIC, desk.imprint, tmp_path)
    assert len(told) == 3
    for url in told:
        assert url in (tmp_path / "steppe" / url.rpartition("/")[2]).read_text()


def test_a_topic_of_one_format_has_one_feed_to_tell_of(store: Store, tmp_path: Path, web: Web) -> None:
    desk = desk_with(store, tmp_path, web, Moment(), HUB)
    publish_one("steppe", replace(desk, topics={"steppe": replace(TOPIC, formats=("atom", "html"))}))
    assert [p.url for p in store.pings(HUB, 9)] == ["https://news.example/steppe/atom.xml"]


def test_the_operator_is_told_once_what_is_wrong(
    store: Store, tmp_path: Path, server: Loopback, web: Web, caplog: pytest.LogCaptureFixture
) -> None:
    clock = Moment()
    desk = desk_with(store, tmp_path / "feeds", web, clock, server.url("/hub"))
    server.answers["/hub"] = in_turn(reply(500), reply(500), reply(400), reply(204), reply(204))
    store.announce(desk.imprint.hubs, FEEDS, NOON)
    with caplog.at_level(logging.INFO, "river"):
        for _ in range(3):
            run(Job("ping", server.url("/hub")), desk)
            clock.at += HOUR
    hub = server.url("/hub")
    assert [r.getMessage() for r in caplog.records] == [
        f"{hub}: the server answers 500 Internal Server Error; next try 20 Nov 12:01 UTC",
        f"{hub}: told of 2 feeds",
        f"{hub}: will not hear of https://news.example/steppe/atom.xml: the server answers 400 Bad Request",
    ]


# --- the wire --------------------------------------------------------------------------------------------------------


def failed_call(web: Web, url: str) -> FetchError:
    with pytest.raises(FetchError) as caught:
        web.call(url, NOON).post(url, {"hub.mode": "publish"})
    return caught.value


def test_a_hub_inside_the_private_network_is_refused_unless_it_is_named(server: Loopback) -> None:
    web = make_web(private_hosts=frozenset())
    assert "not in the public internet" in failed_call(web, server.url("/hub")).reason
    assert server.requests == []
    web.close()


@pytest.mark.parametrize(
    ("status", "is_permanent"),
    [(301, False), (307, False), (400, True), (404, True), (408, False), (410, True), (429, False), (500, False)],
)
def test_only_an_answer_in_the_two_hundreds_is_a_yes(
    server: Loopback, web: Web, status: int, is_permanent: bool
) -> None:
    server.answers["/hub"] = reply(status, Location="/elsewhere")
    failed = failed_call(web, server.url("/hub"))
    assert str(status) in failed.reason
    assert failed.permanent is is_permanent
    assert len(server.requests) == 1


def test_a_hub_that_says_nothing_is_given_up_in_time(server: Loopback) -> None:
    web = make_web(seconds=0.2)
    server.answers["/hub"] = hang()
    assert "within 0.2 seconds" in failed_call(web, server.url("/hub")).reason
    web.close()


def test_what_is_no_web_address_is_no_hub(web: Web) -> None:
    assert failed_call(web, "ftp://hub.example/").permanent


def test_calls_at_a_hub_keep_the_pause_between_two_requests(server: Loopback) -> None:
    slept: list[float] = []
    web = make_web(pause=timedelta(seconds=5), sleep=slept.append)
    trip = web.call(server.url("/hub"), NOON)
    for _ in range(2):
        trip.post(server.url("/hub"), {"hub.mode": "publish"})
    assert len(slept) == 1
    assert 4 < slept[0] <= 5
    assert (trip.requests, trip.not_before) == (2, None)
    web.close()
