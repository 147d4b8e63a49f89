"""Permanent redirects, believed late."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from aggregator.collect import collect
from aggregator.model import Reception, Relocation, Source, Standing
from aggregator.moving import settle
from aggregator.stores.sqlite import open_store

from .loopback import NOW, Loopback, make_web, reply
from .make import DAY, HOUR, NOON, source

NEW = "https://new.example/feed"


def after(
    visits: list[tuple[timedelta, str]], of: Source | None = None, standing: Standing | None = None
) -> Standing:
    """The standing after visits at these times that were sent to these places, and went well."""
    knows = standing or Standing()
    for at, to in visits:
        knows = settle(of or source(), knows, Reception(status=200, moved_to=to), NOON + at, failed=False)
    return knows


def test_three_agreeing_visits_over_a_day_move_a_source() -> None:
    moving = after([(0 * DAY, NEW), (12 * HOUR, NEW)])
    assert moving == Standing(relocation=Relocation(to=NEW, since=NOON, visits=2))
    assert after([(DAY, NEW)], standing=moving) == Standing(address=NEW)


@pytest.mark.parametrize(
    "visits",
    [
        [(0 * DAY, NEW), (8 * HOUR, NEW), (16 * HOUR, NEW), (23 * HOUR, NEW)],
        [(0 * DAY, NEW), (2 * DAY, NEW)],
        [(0 * DAY, NEW), (1 * DAY, NEW), (2 * DAY, ""), (3 * DAY, NEW), (4 * DAY, NEW)],
        [(0 * DAY, NEW), (1 * DAY, NEW), (2 * DAY, "https://other.example/"), (3 * DAY, NEW), (4 * DAY, NEW)],
    ],
)
def test_fewer_or_too_quick_or_disagreeing_ones_do_not(visits: list[tuple[timedelta, str]]) -> None:
    assert after(visits).address == ""


def test_a_visit_that_failed_is_no_evidence_for_or_against() -> None:
    moving = after([(0 * DAY, NEW), (DAY, NEW)])
    parked = Reception(status=200, moved_to="https://parked.example/")
    assert settle(source(), moving, parked, NOON + 2 * DAY, failed=True) == moving


def test_never_from_https_to_http() -> None:
    assert after([(n * DAY, "http://new.example/feed") for n in range(9)]) == Standing()
    plain = source(location="http://alpha.example/rss")
    assert after([(n * DAY, "http://new.example/feed") for n in range(3)], plain).address


@pytest.mark.parametrize(
    "secretive", [source(headers={"X-Key": "secret"}), source(location="https://desk:secret@alpha.example/rss")]
)
def test_what_is_meant_for_one_host_does_not_move_to_another(secretive: Source) -> None:
    assert after([(n * DAY, NEW) for n in range(9)], secretive).address == ""
    assert after([(n * DAY, "https://alpha.example/new") for n in range(3)], secretive).address


def test_an_address_that_has_nothing_any_more_gives_way_to_the_configured_one() -> None:
    moved = Standing(address=NEW)
    assert settle(source(), moved, Reception(status=500), NOON, failed=True) == moved
    assert settle(source(), moved, Reception(status=404), NOON, failed=True) == Standing()
    lost = Standing(address=NEW, failures=4)
    assert settle(source(), lost, Reception(status=200), NOON, failed=True).address == ""


def test_a_source_may_move_on() -> None:
    newer = "https://newer.example/feed"
    assert after([(n * DAY, newer) for n in range(3)], standing=Standing(address=NEW)) == Standing(address=newer)


def test_whoever_is_asked_at_home_again_is_not_told_what_the_other_address_gave(tmp_path: Path) -> None:
    feed = b"<rss><channel><title>Steppe</title><item><guid>1</guid><title>Rain</title></item></channel></rss>"
    store = open_store(tmp_path / "river.sqlite", writing=True)
    with Loopback() as server:
        web = make_web(sleep=lambda _: None, private_hosts=frozenset({"127.0.0.1"}))
        moved = Source(name="steppe", kind="feed", location=server.url("/a"))
        store.register([moved], {}, NOW)
        server.answers["/a"] = reply(301, Location="/b")
        server.answers["/b"] = reply(body=feed, ETag='"1"')
        for day in range(6):
            if day == 4:
                server.answers["/b"] = reply(404)
                server.answers["/a"] = reply(body=feed.replace(b"Rain", b"Snow"))
            now, standing = NOW + day * DAY, store.standing("steppe")
            assert standing.address == (server.url("/b") if day in (3, 4) else "")
            trip = web.visit(moved, now, standing.address)
            collect(moved, store, trip, standing, Random(1), authority="news.example,2026", priorities={})
        asked = [request for request in server.requests if request.path == "/a"][-1]
        assert not [name for name in asked.headers if name.lower().startswith("if-")]
        assert [story.lead.title for story in store.stories()] == ["Snow"]
    web.close()
    store.close()
