"""A week of visits, with the product's own clockwork and a clock of ours, and what strict publishers think of it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler
from itertools import pairwise
from pathlib import Path
from random import Random
from types import SimpleNamespace

import pytest

from aggregator.collect import collect, visited
from aggregator.coverage import Coverage
from aggregator.errors import Stopped
from aggregator.gather import Bag
from aggregator.jobs import Desk
from aggregator.model import Health, Reception, Source, Standing, State, Visit
from aggregator.schedule import tick
from aggregator.stores.sqlite import open_store
from aggregator.web import Web

from .loopback import Loopback, make_web, reply
from .make import DAY, HOUR, IMPRINT, NOON, source
from .scoring import Call, Publisher, publish, score
from .test_schedule import Hands

MINUTE = timedelta(minutes=1)
STEP = 5 * MINUTE
HOSTS = frozenset({"127.0.0.1", "localhost"})


@dataclass
class Week:
    """A desk, its publishers, and the time."""

    server: Loopback
    folder: Path
    now: datetime = NOON
    publishers: dict[str, Publisher] = field(default_factory=dict)
    health: dict[str, Health] = field(default_factory=dict)

    def publisher(self, name: str, **more: object) -> Publisher:
        made = Publisher(clock=lambda: self.now, began=NOON - 90 * DAY, **more)  # type: ignore[arg-type]
        self.publishers[f"/{name}"] = made
        return made

    def pass_by(self, *names: str, days: int = 7, restart_every: timedelta = 99 * DAY, **more: object) -> None:
        """Let the days pass for sources of these names, each at the document of its name."""
        publish(self.server, self.publishers)
        sources = [source(name, location=self.server.url(f"/{name}"), **more) for name in names]
        end, restart_at = self.now + days * DAY, self.now
        while self.now < end:
            restart_at += restart_every
            self.run(sources, min(end, restart_at))

    def run(self, sources: list[Source], until: datetime) -> None:
        """One life of the program."""
        database = self.folder / "db/river.sqlite"
        with closing(open_store(database, writing=True)) as store, closing(self.web()) as web:
            store.register(sources, {}, self.now)
            desk = Desk(
                sources={s.name: s for s in sources}, topics={}, imprint=IMPRINT, store=store, web=web,
                rules="1", coverage=Coverage(), feeds=self.folder, clock=lambda: self.now,
                chance=Random(3),
            )  # fmt: skip
            hands = Hands(desk)
            while self.now < until:
                tick(desk, hands)
                self.now += STEP
            self.health = {h.name: h for h in store.health()}

    def web(self) -> Web:
        return make_web(private_hosts=HOSTS, clock=lambda: self.now.timestamp())

    def calls(self, name: str) -> list[Call]:
        return self.publishers[f"/{name}"].calls


@pytest.fixture
def week(tmp_path: Path) -> Iterator[Week]:
    with Loopback() as server:
        yield Week(server, tmp_path)


def is_spotless(calls: list[Call]) -> bool:
    marks = score(calls)
    faults = (marks.made_up, marks.out_of_sequence, marks.early, marks.rude)
    return marks.unconditional == 1 and not any(faults)


def test_a_week_without_a_bad_mark(week: Week) -> None:
    week.publisher("fresh", fresh=HOUR, changes=5 * HOUR)
    week.publisher("quick", changes=HOUR)
    week.publisher("busy", status=lambda _, nth: 429 if nth % 4 == 3 else 200, patience=5 * HOUR)
    week.pass_by("fresh", "quick", "busy")
    for name in ("fresh", "quick", "busy"):
        assert is_spotless(week.calls(name)), name
    assert [c.status for c in week.calls("busy")].count(429) > 5
    assert 7 * 24 / 1.3 < score(week.calls("fresh")).requests <= 7 * 24
    assert score(week.calls("quick")).requests > 7 * 40
    assert all(week.health[name].state is State.OK or name == "busy" for name in week.health)


def test_nor_when_the_program_is_started_again_all_the_time(week: Week) -> None:
    week.publisher("fresh", fresh=HOUR)
    week.pass_by("fresh", days=2, restart_every=25 * MINUTE)
    assert is_spotless(week.calls("fresh"))


def test_a_feeds_own_words_are_kept_also_while_it_does_not_change(week: Week) -> None:
    week.publisher("ttl", head="<ttl>180</ttl>")
    week.publisher("night", changes=HOUR, head="<skipHours><hour>0</hour><hour>1</hour><hour>2</hour></skipHours>")
    week.pass_by("ttl", "night")
    calls = week.calls("ttl")
    assert all(later.at - earlier.at >= 3 * HOUR for earlier, later in pairwise(calls))
    assert len(calls) > 7 * 24 / 3.5
    assert {call.at.hour for call in week.calls("night")} == set(range(3, 24))


def test_who_publishes_once_a_week_is_visited_once_a_day(week: Week) -> None:
    week.publisher("weekly", changes=7 * DAY)
    week.pass_by("weekly")
    assert 7 <= len(week.calls("weekly")) <= 9


def test_who_says_304_for_ever_is_asked_for_everything_once_a_week(week: Week) -> None:
    week.publisher("stubborn", changes=HOUR, is_stubborn=True)
    week.pass_by("stubborn", days=15)
    assert [c.status for c in week.calls("stubborn")].count(200) == 3
    assert week.health["stubborn"].articles == 30


def test_who_has_moved_for_good_is_soon_visited_at_the_new_place_alone(week: Week) -> None:
    week.publisher("old", status=lambda *_: 301, location="/new")
    week.publisher("new", changes=HOUR)
    week.pass_by("old", days=3)
    assert DAY <= week.calls("old")[-1].at - NOON <= DAY + HOUR
    assert week.calls("new")[-1].at > NOON + 2 * DAY
    assert is_spotless(week.calls("new"))
    assert week.health["old"].moved_to == week.server.url("/new")


def test_a_parked_page_takes_nothing_over(week: Week) -> None:
    week.publisher("old", changes=HOUR, status=lambda at, _: 301 if at >= NOON + DAY else 200, location="/parked")
    week.server.answers["/parked"] = lambda handler: Publisher(
        clock=lambda: week.now, began=NOON, status=lambda *_: 404
    ).answer(handler)
    week.pass_by("old", days=6)
    assert week.health["old"].moved_to is None
    assert week.health["old"].state is State.FAILING
    assert len([c for c in week.calls("old") if c.at > NOON + 3 * DAY]) < 20


def test_who_is_gone_for_good_is_left_alone(week: Week) -> None:
    week.publisher("gone", changes=HOUR, status=lambda at, _: 410 if at >= NOON + DAY else 200)
    week.pass_by("gone", days=3)
    assert [c.status for c in week.calls("gone")].count(410) == 1
    assert week.health["gone"].state is State.STOPPED
    assert week.health["gone"].error == "the server answers 410 Gone"
    assert week.health["gone"].articles > 20


@pytest.mark.parametrize("redirect", [301, 302])
def test_who_is_gone_only_where_redirects_lead_is_not_gone_for_good(week: Week, redirect: int) -> None:
    week.publisher("away", changes=HOUR, status=lambda at, _: redirect if at < NOON + DAY else 200, location="/gone")
    week.server.answers["/gone"] = reply(410)
    week.pass_by("away", days=3)
    assert week.health["away"].state is State.OK
    assert week.health["away"].articles > 20


def test_who_refuses_us_is_asked_less_and_less(week: Week) -> None:
    week.publisher("closed", status=lambda *_: 403)
    week.pass_by("closed", days=7)
    assert 8 <= len(week.calls("closed")) <= 14


def test_two_sources_of_a_crowded_host_both_have_a_pause(week: Week) -> None:
    week.publisher("one", changes=HOUR, status=lambda _, nth: 429 if nth == 3 else 200, patience=8 * MINUTE)
    week.publisher("two", changes=HOUR)
    week.pass_by("one", "two", days=1, every=6 * MINUTE, adapts=False)
    refused = next(c.at for c in week.calls("one") if c.status == 429)
    assert not [c for c in week.calls("two") if refused < c.at < refused + 8 * MINUTE]
    assert is_spotless(week.calls("two"))


def test_a_host_where_redirects_lead_has_a_pause_with_all_its_sources(week: Week) -> None:
    far = week.server.url("/far", host="localhost")
    week.publisher("near", changes=HOUR, status=lambda *_: 302, location=far)
    week.publisher("far", changes=HOUR, status=lambda _, nth: 429 if nth == 3 else 200, patience=8 * MINUTE)
    week.publisher("there", changes=HOUR)
    publish(week.server, week.publishers)
    places = {"near": week.server.url("/near"), "there": week.server.url("/there", host="localhost")}
    week.run([source(name, location=url, every=4 * MINUTE, adapts=False) for name, url in places.items()], NOON + DAY)
    refused = next(c.at for c in week.calls("far") if c.status == 429)
    assert not [c for c in week.calls("there") if refused < c.at < refused + 8 * MINUTE]
    assert is_spotless(week.calls("there"))


def test_an_outage_of_ours_costs_no_source_its_health(week: Week, monkeypatch: pytest.MonkeyPatch) -> None:
    def getaddrinfo(*_: object, **__: object) -> object:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    sources = [source(name) for name in "abcdef"]
    week.run(sources, week.now + 6 * HOUR)
    for health in week.health.values():
        assert health.failures <= 1
        assert health.next_visit is not None
        assert health.next_visit - week.now <= 3 * MINUTE
        assert (health.error or "").startswith("this machine seems to be offline")


def test_what_a_server_has_said_is_kept_also_when_our_line_is_cut_before_the_visit_ends() -> None:
    heard = Reception(status=200, is_cut_off=True, fresh_for=6 * HOUR, crowded={"a.example": HOUR})
    trip = SimpleNamespace(now=NOON, requests=4, bytes=0, reception=heard, is_offline=True)
    bag = Bag({}, errors=["the text of 3 articles could not be had"])

    def after(**changes: object) -> Visit:
        trip.reception = replace(heard, **changes)  # type: ignore[arg-type]
        return visited(source(), trip, Standing(), bag, (), Random(3))  # type: ignore[arg-type]

    assert (after().not_before, after().next_at) == (NOON + 6 * HOUR, NOON + 6 * HOUR)
    assert after().hosts_not_before == {"a.example": NOON + 10 * MINUTE}
    assert after(fresh_for=timedelta(), crowded={}).next_at == NOON + 30 * MINUTE
    assert after(status=None, fresh_for=timedelta(), crowded={}).next_at < NOON + 3 * MINUTE
    assert after().is_excused


def test_what_a_server_has_said_is_kept_also_when_a_visit_is_stopped_in_the_middle(week: Week) -> None:
    item = "<item><title>The port</title><guid>1</guid><link>/1</link></item>"
    feed = f'<rss version="2.0"><channel><title>Harbour</title>{item}</channel></rss>'.encode()
    one = source("one", location=week.server.url("/feed"), options={"full_text": True})
    with closing(open_store(week.folder / "river.sqlite", writing=True)) as store, closing(week.web()) as web:
        store.register([one], {}, NOON)
        assert store.claim(["one"], NOON, HOUR) == ["one"]

        def answer(handler: BaseHTTPRequestHandler) -> None:
            web.stop()
            reply(body=feed, Cache_Control="max-age=21600")(handler)

        week.server.answers["/feed"] = answer
        with pytest.raises(Stopped):
            collect(one, store, web.visit(one, NOON), Standing(), Random(3), authority="x", priorities={})
        store.end_leases()
        assert store.claim(["one"], NOON + 6 * HOUR - MINUTE, HOUR) == []
        assert store.claim(["one"], NOON + 6 * HOUR, HOUR) == ["one"]
    assert [seen.path for seen in week.server.requests] == ["/feed"]


def test_the_score_sees_what_is_wrong() -> None:
    good = Call(
        at=NOON, headers={"User-Agent": "River", "Accept-Encoding": "gzip"}, etag='"1"', modified="", status=200,
        not_before=NOON + HOUR,
    )  # fmt: skip
    again = replace(good, at=NOON + MINUTE, etag='"2"')
    older = replace(good, at=NOON + DAY, headers={**good.headers, "If-None-Match": '"1"'})
    bogus = replace(good, at=NOON + 2 * DAY, headers={"If-Modified-Since": "Thu, 01 Jan 1970 00:00:00 GMT"})
    marks = score([good, again, older, bogus])
    assert (marks.requests, marks.unconditional, marks.early) == (4, 2, 1)
    assert (marks.out_of_sequence, marks.made_up, marks.rude) == (1, 1, 1)
