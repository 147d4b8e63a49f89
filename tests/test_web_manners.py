"""What servers say of coming back, of moving and of who may come in; and whose fault it is when nobody answers."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import timedelta
from email.utils import format_datetime

import pytest

from aggregator.errors import FetchError
from aggregator.model import Manners, Source
from aggregator.sources import feed
from aggregator.sources._wishes import wishes_of
from aggregator.web import Trip, Web
from aggregator.web._line import Line
from aggregator.web._wishes import budget_after

from .loopback import NOW, Answering, Clock, Loopback, in_turn, make_web, reply, visit
from .make import fetched

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def web() -> Iterator[Web]:
    web = make_web(private_hosts=frozenset({"127.0.0.1", "localhost"}))
    yield web
    web.close()


def fail(trip: Trip, url: str) -> Trip:
    with pytest.raises(FetchError):
        trip.get(url)
    return trip


# --- counted requests ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "is_refused", "seconds"),
    [
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "90"}, False, 90),
        ({"X-RateLimit-Remaining": "0.0", "X-RateLimit-Reset": "42.5"}, False, 42.5),
        ({"RateLimit-Remaining": "0", "RateLimit-Reset": "90"}, False, 90),
        ({"X-RateLimit-Remaining": "7", "X-RateLimit-Reset": "90"}, True, 0),
        ({"X-RateLimit-Reset": "90"}, False, 0),
        ({"X-RateLimit-Reset": "90"}, True, 90),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": f"{NOW.timestamp() + 300:.0f}"}, False, 300),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": f"{NOW.timestamp() - 300:.0f}"}, False, 0),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "999999999"}, False, 7 * 86400),
        ({"X-RateLimit-Remaining": "none", "X-RateLimit-Reset": "soon"}, True, 0),
        ({"X-RateLimit-Remaining": "0"}, True, 0),
        ({}, True, 0),
    ],
)
def test_a_server_that_counts_our_requests_is_left_alone_when_none_are_left(
    headers: dict[str, str], is_refused: bool, seconds: float
) -> None:
    assert budget_after(headers, NOW, is_refused=is_refused) == timedelta(seconds=seconds)


def test_the_last_allowed_request_is_a_success_and_a_pause_for_the_host(server: Loopback, web: Web) -> None:
    server.answers["/"] = reply(body=b"x", X_RateLimit_Remaining="0", X_RateLimit_Reset="60")
    trip = visit(web)
    trip.get(server.url("/"))
    assert (trip.reception.back_after, trip.reception.crowded) == (MINUTE, {"127.0.0.1": MINUTE})


@pytest.mark.parametrize(("status", "crowded"), [(429, ["127.0.0.1"]), (503, []), (403, []), (500, [])])
def test_a_pause_is_kept_whatever_the_error_and_is_the_hosts_only_with_429(
    server: Loopback, web: Web, status: int, crowded: list[str]
) -> None:
    server.answers["/"] = reply(status, Retry_After="120")
    trip = fail(visit(web, server.url("/")), server.url("/"))
    heard = trip.reception
    assert (heard.status, heard.back_after, list(heard.crowded)) == (status, timedelta(seconds=120), crowded)


def test_the_host_that_is_crowded_is_the_one_that_says_so_and_those_that_lead_to_it(server: Loopback, web: Web) -> None:
    server.answers["/feed"] = reply(body=b"x")
    server.answers["/old"] = reply(302, Location=server.url("/new", host="localhost"))
    server.answers["/new"] = reply(429, Retry_After="60")
    there = fail(visit(web, server.url("/feed")), server.url("/new", host="localhost"))
    assert there.reception.crowded == {"localhost": MINUTE}
    with closing(make_web(private_hosts=frozenset({"127.0.0.1", "localhost"}))) as another:
        led_there = fail(visit(another, server.url("/old")), server.url("/old"))
    assert led_there.reception.crowded == {"127.0.0.1": MINUTE, "localhost": MINUTE}


def test_what_a_server_wishes_counts_from_when_it_said_so_and_not_from_the_beginning_of_the_visit(
    server: Loopback,
) -> None:
    clock = Clock()
    web = make_web(pause=HOUR, sleep=clock.sleep, clock=clock)
    server.answers["/robots.txt"] = reply(body=b"x")
    server.answers["/list"] = reply(body=b"x", Cache_Control="max-age=600")
    server.answers["/busy"] = reply(429, Retry_After="120")
    trip = visit(web, server.url("/list"))
    trip.get(server.url("/robots.txt"))
    trip.get(server.url("/list"))
    assert (trip.not_before, trip.reception.fresh_for) == (NOW + HOUR + 10 * MINUTE, 10 * MINUTE)
    fail(trip, server.url("/busy"))
    assert trip.reception.said_after == 2 * HOUR
    assert trip.not_before == NOW + 2 * HOUR + 10 * MINUTE
    web.close()


@pytest.mark.parametrize(
    "says", [reply(429), reply(503, Retry_After="60"), reply(X_RateLimit_Remaining="0", X_RateLimit_Reset="60")]
)
def test_who_wants_to_be_left_alone_is_asked_nothing_more_in_the_same_visit(
    server: Loopback, web: Web, says: Answering
) -> None:
    server.answers["/robots.txt"] = says
    server.answers["/"] = reply(body=b"x")
    server.answers["/led"] = reply(302, Location=server.url("/"))
    trip = visit(web)
    with suppress(FetchError):
        trip.get(server.url("/robots.txt"))
    for url in (server.url("/"), server.url("/led", host="localhost")):
        with pytest.raises(FetchError, match=r"127\.0\.0\.1 wants to be left alone for now") as refused:
            trip.get(url)
        assert refused.value.status == 429
    assert trip.get(server.url("/", host="localhost")).body == b"x"
    assert [seen.path for seen in server.requests] == ["/robots.txt", "/led", "/"]


def test_a_crowded_host_is_asked_for_nothing_by_any_visit_for_ten_minutes_at_most(server: Loopback) -> None:
    clock = Clock()
    web = make_web(private_hosts=frozenset({"127.0.0.1", "localhost"}), sleep=clock.sleep, clock=clock)
    server.answers["/"] = in_turn(reply(429, Retry_After="3600"), reply(body=b"x"))
    server.answers["/led"] = reply(302, Location=server.url("/"))
    server.answers["/busy"] = reply(503, Retry_After="3600")
    under_way = visit(web)
    fail(visit(web), server.url("/"))
    web = web.with_manners(Manners(contact="new@example.org", private_hosts=frozenset({"127.0.0.1", "localhost"})))
    for trip, url in ((under_way, "/"), (visit(web), "/led")):
        fail(trip, server.url(url, host="localhost" if url == "/led" else "127.0.0.1"))
    assert [seen.path for seen in server.requests] == ["/", "/led"]
    clock.seconds += 9 * 60 + 55
    assert visit(web).get(server.url("/")).body == b"x"
    assert 600 <= clock.seconds < 602
    fail(visit(web), server.url("/busy"))
    fail(visit(web), server.url("/busy"))
    assert [seen.path for seen in server.requests[2:]] == ["/", "/busy", "/busy"]
    web.close()


def test_nor_by_who_stood_at_its_gate_when_it_said_so(server: Loopback) -> None:
    def sleep(_: float) -> None:
        way.gates.close("127.0.0.1", 600)

    way = make_web(pause=HOUR, sleep=sleep)
    server.answers["/"] = reply(body=b"x")
    visit(way).get(server.url("/"))
    fail(visit(way), server.url("/"))
    assert len(server.requests) == 1
    way.close()


@pytest.mark.parametrize("at_once", [1, 2])
def test_the_time_that_a_host_wants_between_two_requests_is_kept_by_all_visits(server: Loopback, at_once: int) -> None:
    clock = Clock()
    web = make_web(at_once=at_once, sleep=clock.sleep, clock=clock)
    server.answers["/"] = reply(body=b"x")
    begun = []
    for n in range(4):
        trip = visit(web)
        trip.get(server.url("/"))
        begun.append(clock.seconds)
        if n < 2:
            trip.pace(server.url("/other"), timedelta(seconds=10))  # known behind the first one, and said by each
    visit(web).pace(server.url("/"), timedelta())
    visit(web).get(server.url("/"))
    assert [*begun, clock.seconds] == [0, 10, 20, 30, 30]
    web.close()


def test_a_rest_of_seconds_is_waited_for(server: Loopback) -> None:
    clock = Clock()
    web = make_web(sleep=clock.sleep, clock=clock)
    server.answers["/"] = reply(body=b"x", X_RateLimit_Remaining="0", X_RateLimit_Reset="4")
    trip = visit(web)
    trip.get(server.url("/"))
    trip.wait(MINUTE / 60)
    trip.get(server.url("/"))
    assert clock.seconds == 4
    web.close()


def test_a_pause_until_a_moment_is_as_long_as_it_still_takes(server: Loopback) -> None:
    clock = Clock()
    web = make_web(sleep=clock.sleep, clock=clock)
    server.answers["/"] = reply(429, Retry_After=format_datetime(NOW + HOUR, usegmt=True))
    trip = visit(web)
    trip.wait(40 * MINUTE)
    assert fail(trip, server.url("/")).not_before == NOW + HOUR
    web.close()


# --- what a feed says of itself --------------------------------------------------------------------------------------


def rss(head: str, tail: str = "") -> str:
    return f"<rss><channel>{head}<item><title>t</title><ttl>1</ttl></item><item></item>{tail}</channel></rss>"


@pytest.mark.parametrize(
    ("text", "every"),
    [
        (rss("<ttl>180</ttl>"), 3 * HOUR),
        (rss("", "<ttl> 60 </ttl>"), HOUR),
        (rss("<ttl>-5</ttl>"), 0 * HOUR),
        (rss("<ttl>soon</ttl>"), 0 * HOUR),
        (rss("<ttl>999999</ttl>"), 365 * 24 * HOUR),
        (rss("<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>2</sy:updateFrequency>"), 12 * HOUR),
        (rss("<sy:updatePeriod>\n Hourly </sy:updatePeriod>"), HOUR),
        (rss("<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>0</sy:updateFrequency>"), 24 * HOUR),
        (rss("<sy:updatePeriod>never</sy:updatePeriod>"), 0 * HOUR),
        (rss("<ttl>60</ttl><sy:updatePeriod>daily</sy:updatePeriod>"), 24 * HOUR),
        (rss(""), 0 * HOUR),
        ("", 0 * HOUR),
        ('{"version": "https://jsonfeed.org/version/1.1"}', 0 * HOUR),
    ],
)
def test_a_feed_says_how_often_it_changes(text: str, every: timedelta) -> None:
    assert wishes_of(text).every == every


def test_a_feed_says_when_it_wants_to_be_spared() -> None:
    head = (
        "<skipHours><hour>1</hour><hour> 02 </hour><hour>24</hour><hour>25</hour><hour>x</hour></skipHours>"
        "<skipDays><day>Sunday</day><day>saturday</day><day>Caturday</day></skipDays>"
    )
    wishes = feed.wishes(fetched(rss(head).encode()))
    assert wishes
    assert (wishes.skip_hours, wishes.skip_days) == (frozenset({0, 1, 2}), frozenset({5, 6}))


@pytest.mark.parametrize("piece", ["<item>", "<skipHours>", "<ttl>", "<ttl ", "<hour>", "</item>", " " * 9 + "<ttl>"])
def test_broken_words_cost_no_time(piece: str) -> None:
    wishes_of(piece * 200_000)


# --- moving ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statuses", "moved_to"),
    [([], ""), ([301], "/1"), ([308, 301], "/2"), ([302], ""), ([302, 301], ""), ([301, 302], "/1"), ([307, 308], "")],
)
def test_only_permanent_redirects_say_that_a_source_has_moved(
    server: Loopback, web: Web, statuses: list[int], moved_to: str
) -> None:
    for n, status in enumerate(statuses):
        server.answers[f"/{n}"] = reply(status, Location=f"/{n + 1}")
    server.answers[f"/{len(statuses)}"] = reply(body=b"here")
    trip = visit(web, server.url("/0"))
    trip.get(server.url("/0"))
    assert trip.reception.moved_to == (server.url(moved_to) if moved_to else "")


def test_a_source_that_has_moved_is_at_home_there(server: Loopback, web: Web) -> None:
    server.answers["/new"] = reply(body=b"here", Cache_Control="max-age=60")
    trip = web.visit(Source(name="a", kind="feed", location=server.url("/old")), NOW, server.url("/new"))
    trip.get(server.url("/new"))
    assert (trip.reception.status, trip.reception.fresh_for) == (200, timedelta(seconds=60))


# --- validators ------------------------------------------------------------------------------------------------------


def test_a_visit_afresh_sends_no_validators(server: Loopback, web: Web) -> None:
    server.answers["/"] = reply(body=b"x", ETag='"b"')
    source = Source(name="a", kind="feed", location=server.url("/"))
    page = web.visit(source, NOW, afresh=True).get(server.url("/"), since={"etag": '"a"', "last-modified": "Monday"})
    assert (page.body, page.checkpoint["etag"]) == (b"x", '"b"')
    asked = server.requests[0].headers
    assert [asked[name] for name in ("If-None-Match", "If-Modified-Since", "A-IM")] == [None] * 3


def test_what_is_new_alone_may_be_sent_but_only_to_those_who_have_the_rest(server: Loopback, web: Web) -> None:
    server.answers["/"] = in_turn(reply(body=b"all", ETag='"1"'), reply(226, body=b"new", ETag='"2"', IM="feed"))
    first = visit(web).get(server.url("/"))
    second = visit(web).get(server.url("/"), since=first.checkpoint)
    assert (second.body, second.checkpoint["etag"]) == (b"new", '"2"')
    assert [first.is_part, second.is_part] == [False, True]
    assert [seen.headers["A-IM"] for seen in server.requests] == [None, "feed"]


# --- who may come in -------------------------------------------------------------------------------------------------

SECRETS = {"Authorization": "Bearer abc", "X-Key": "secret", "Cookie": "a=b"}


def told(server: Loopback) -> list[tuple[str | None, ...]]:
    return [tuple(seen.headers[name] for name in SECRETS) for seen in server.requests]


def test_a_sources_headers_go_to_its_own_host_and_to_nobody_else(server: Loopback, web: Web) -> None:
    server.answers["/"] = reply(302, Location="/near")
    server.answers["/near"] = reply(302, Location=server.url("/far", host="localhost"))
    server.answers["/far"] = reply(body=b"x")
    server.answers["/story"] = reply(body=b"x")
    trip = visit(web, server.url("/"), headers=SECRETS)
    trip.get(server.url("/"))
    trip.get(server.url("/story"))
    trip.get(server.url("/story", host="localhost"))
    everything, nothing = tuple(SECRETS.values()), (None,) * 3
    assert told(server) == [everything, everything, nothing, everything, nothing]


def test_nor_to_where_it_has_moved(server: Loopback, web: Web) -> None:
    server.answers["/"] = reply(body=b"x")
    new = server.url("/", host="localhost")
    source = Source(name="a", kind="feed", location=server.url("/"), headers=SECRETS)
    web.visit(source, NOW, new).get(new)
    assert told(server) == [(None,) * 3]
    assert "secret" not in repr(source)


# --- whose fault it is -----------------------------------------------------------------------------------------------


def test_a_line_is_down_when_several_hosts_are_lost_and_nobody_answers() -> None:
    line = Line()
    for host in ("a", "b", "b"):
        line.lost(host, NOW)
    assert not line.is_down(NOW)
    line.lost("c", NOW)
    assert line.is_down(NOW)
    assert not line.is_down(NOW + HOUR)
    line.reached(NOW)
    assert not line.is_down(NOW)


def test_one_host_is_enough_where_the_trouble_seems_to_be_ours_unless_somebody_has_answered_lately() -> None:
    line = Line()
    line.lost("a", NOW, seems_ours=True)
    assert line.is_down(NOW)
    assert not line.is_down(NOW + HOUR)
    line.reached(NOW)
    assert not line.is_down(NOW)
    line.lost("a", NOW + MINUTE, seems_ours=True)
    assert not line.is_down(NOW + MINUTE)
    line.lost("a", NOW + HOUR, seems_ours=True)
    assert line.is_down(NOW + HOUR)


@pytest.mark.parametrize(
    ("error", "is_ours"),
    [
        (socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution"), True),
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), False),
        (OSError(errno.ENETUNREACH, "Network is unreachable"), True),
        (OSError(errno.EHOSTUNREACH, "No route to host"), False),
        (TimeoutError("timed out"), False),
    ],
)
def test_a_desk_of_one_source_knows_that_it_is_offline(
    monkeypatch: pytest.MonkeyPatch, web: Web, error: OSError, is_ours: bool
) -> None:
    def fails(*_: object, **__: object) -> object:
        raise error

    monkeypatch.setattr(socket, "getaddrinfo", fails)
    trip = fail(visit(web), "http://news.example/")
    assert (trip.reception.is_cut_off, trip.is_offline) == (True, is_ours)


def test_that_we_have_no_ipv6_is_not_what_is_wrong_with_a_server_that_is_down(
    monkeypatch: pytest.MonkeyPatch, web: Web
) -> None:
    met = [TimeoutError("timed out"), OSError(errno.ENETUNREACH, "Network is unreachable")]
    where = [(socket.AF_INET, socket.SOCK_STREAM, 0, "", ("9.9.9.9", 9))] * len(met)

    def fails(_exchange: object, connection: socket.socket, _where: object) -> None:
        connection.close()
        raise met.pop(0)

    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: where)
    monkeypatch.setattr("aggregator.web._dial._connected", fails)
    trip = visit(web)
    with pytest.raises(FetchError, match="the server does not answer"):
        trip.get("http://news.example/")
    assert (trip.reception.is_cut_off, trip.is_offline) == (True, False)


def test_when_no_name_can_be_resolved_we_are_offline_until_somebody_answers(
    monkeypatch: pytest.MonkeyPatch, server: Loopback, web: Web
) -> None:
    server.answers["/"] = reply(500)

    def getaddrinfo(host: str, *_: object, **__: object) -> object:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    with monkeypatch.context() as offline:
        offline.setattr(socket, "getaddrinfo", getaddrinfo)
        trips = [fail(visit(web), f"http://{host}.example/") for host in "abcd"]
    assert [trip.reception.is_cut_off for trip in trips] == [True] * 4
    assert all(trip.is_offline for trip in trips)
    assert not fail(visit(web), server.url("/")).is_offline
    assert not trips[-1].is_offline


def test_a_server_that_refuses_a_connection_is_there(web: Web) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        trip = fail(visit(web), f"http://127.0.0.1:{taken.getsockname()[1]}/")
    assert not trip.reception.is_cut_off
