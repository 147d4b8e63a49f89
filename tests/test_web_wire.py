from __future__ import annotations

import gzip
import itertools
import socket
import ssl
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from aggregator.errors import FetchError, Stopped
from aggregator.model import Manners
from aggregator.web import Web, _dial
from aggregator.web._packed import unpack

from .loopback import STUCK, Clock, Loopback, failure, hang, in_turn, make_web, pour, raw, reply, visit

PEM = Path(__file__).parent / "data/tls/loopback.pem"
SPACES = gzip.compress(b" " * (1 << 20), mtime=0)
PACKED_FEED = gzip.compress(b"<rss>", mtime=0)


# --- the deadline ----------------------------------------------------------------------------------------------------


HEAD = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    "answering",
    [
        pytest.param(hang(), id="says nothing"),
        pytest.param(hang(HEAD + b"\r\n<rss>"), id="never says that it is done"),
        pytest.param(pour(HEAD, itertools.repeat(b"X: y\r\n"), 0.05), id="one header now and then"),
        pytest.param(pour(HEAD + b"\r\n", itertools.repeat(b"x"), 0.05), id="one byte now and then"),
    ],
)
def test_one_deadline_for_the_whole_answer(server: Loopback, answering: Callable[..., None]) -> None:
    web = make_web(seconds=0.3)
    server.answers["/"] = answering
    assert failure(web, server.url("/")).reason == "no complete answer within 0.3 seconds"
    web.close()


def test_a_connection_that_was_kept_has_a_deadline_too(server: Loopback) -> None:
    web = make_web(seconds=0.5)
    drops = iter([b"x"] * 60)
    server.answers["/"] = in_turn(reply(body=b"x"), pour(HEAD + b"\r\n", drops, 0.05))
    visit(web).get(server.url("/"))
    assert "0.5 seconds" in failure(web, server.url("/")).reason
    assert next(drops, None), "it waited for the last drop"
    assert len({seen.connection for seen in server.requests}) == 1
    web.close()


def test_redirects_share_the_deadline(server: Loopback) -> None:
    web = make_web(seconds=0.4)
    for n in range(4):
        slow = b"HTTP/1.1 302 Found\r\nLocation: /%d\r\nContent-Length: 0\r\n" % (n + 1)
        server.answers[f"/{n}"] = pour(slow, [b"X: y\r\n", b"X: y\r\n", b"\r\n"], 0.1)
    assert "0.4 seconds" in failure(web, server.url("/0")).reason
    assert len(server.requests) <= 3
    web.close()


def test_the_watch_goes_on_when_there_was_nothing_to_do_for_a_while(
    server: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aggregator.web._deadline.LINGER", 0.0)
    web = make_web(seconds=0.3)
    server.answers["/"] = in_turn(reply(body=b"x"), reply(body=b"x"), hang(), hang())
    for _ in range(2):
        visit(web).get(server.url("/"))
    for _ in range(2):
        thread = web.wire._watchdog._thread
        if thread is not None:
            thread.join(STUCK)
        assert "0.3 seconds" in failure(web, server.url("/")).reason
    web.close()


# --- broken answers --------------------------------------------------------------------------------------------------


CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
PACKED = HEAD + b"Content-Encoding: gzip\r\nConnection: close\r\n\r\n"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"", "closed the connection without an answer"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "no HTTP"),
        (b"<rss></rss>", "no HTTP"),
        (HEAD + b"X: y\r\n" * 200 + b"\r\n", "no HTTP"),
        (HEAD + b"X: " + b"y" * 100_000 + b"\r\n\r\n", "no HTTP"),
        (HEAD + b'ETag: "a"\r\nContent-Length: 100\r\n\r\n<rss>', "ends early"),
        (HEAD + b"Content-Length: 10000000000000\r\n\r\n<rss>", "longer than 1048576 bytes"),
        (HEAD + b"Content-Length: many\r\n\r\n<rss>", "makes no sense"),
        (CHUNKED + b"5\r\n<rss>\r\nZZZ\r\nnonsense\r\n", "ends early"),
        (CHUNKED + b"5\r\n<rss>\r\n", "ends early"),
        (PACKED + PACKED_FEED[:-10], "ends early"),
        (PACKED + PACKED_FEED[:-6] + b"broken", "badly packed"),
        (PACKED + SPACES + SPACES, "longer than 1048576 bytes unpacked"),
        (HEAD + b"Content-Encoding: br\r\n\r\n\x0b\x02\x80", "packed as 'br'"),
        (HEAD + b"Content-Encoding: gzip, gzip\r\n\r\nx", "packed as 'gzip, gzip'"),
    ],
)
def test_an_answer_that_is_not_whole_is_an_error(server: Loopback, web: Web, answer: bytes, reason: str) -> None:
    server.answers["/"] = raw(answer)
    assert reason in failure(web, server.url("/")).reason


@pytest.mark.parametrize("start", [HEAD + b"\r\n", CHUNKED])
def test_an_endless_answer_ends_at_the_limit(server: Loopback, web: Web, start: bytes) -> None:
    piece = b"x" * 65536 if start is not CHUNKED else b"10000\r\n" + b"x" * 65536 + b"\r\n"
    server.answers["/"] = pour(start, itertools.repeat(piece))
    assert failure(web, server.url("/")).reason == "the answer is longer than 1048576 bytes"


def test_a_server_that_is_not_there_or_has_no_name(monkeypatch: pytest.MonkeyPatch, web: Web) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert failure(web, f"http://127.0.0.1:{port}/").reason == "the server refuses the connection"

    def getaddrinfo(*_: Any, **__: Any) -> list[Any]:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    assert failure(web, "http://news.example/").reason == "the name of the server cannot be resolved"


def test_gzip_is_undone_and_billed_as_it_came(server: Loopback, web: Web) -> None:
    packed = gzip.compress(b"<rss>" * 1000)
    server.answers["/"] = reply(body=packed, Content_Encoding="gzip")
    trip = visit(web)
    assert trip.get(server.url("/")).body == b"<rss>" * 1000
    assert trip.bytes == len(packed)


def test_the_bytes_are_believed_more_than_the_header_about_them() -> None:
    assert unpack(b"<rss>", "gzip", 100) == b"<rss>"
    assert unpack(gzip.compress(b"<rss>"), "", 100) == b"<rss>"
    assert unpack(gzip.compress(b"<rss>") + gzip.compress(b"</rss>"), "X-GZip, identity", 100) == b"<rss></rss>"
    assert unpack(b"", "gzip", 100) == b""


def test_a_bomb_is_not_unpacked_beyond_the_limit() -> None:
    tracemalloc.start()
    with pytest.raises(ValueError, match="longer than 10 bytes"):
        unpack(SPACES, "gzip", 10)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 1 << 19


def test_exactly_the_limit_is_allowed() -> None:
    assert unpack(gzip.compress(b"12345"), "gzip", 5) == b"12345"
    with pytest.raises(ValueError, match="longer than 4 bytes"):
        unpack(gzip.compress(b"12345"), "gzip", 4)


# --- connections -----------------------------------------------------------------------------------------------------


def test_connections_are_kept(server: Loopback, web: Web) -> None:
    server.answers["/"] = in_turn(reply(body=b"x"), reply(304), reply(204), reply(body=SPACES, Content_Encoding="gzip"))
    for _ in range(4):
        visit(web).get(server.url("/"), since={"etag": '"a"'})
    assert len({seen.connection for seen in server.requests}) == 1


def test_a_connection_that_the_server_has_given_up_is_replaced(server: Loopback, web: Web) -> None:
    server.answers["/"] = in_turn(reply(body=b"x"), raw(b""), reply(body=b"y"))
    visit(web).get(server.url("/"))
    trip = visit(web)
    assert trip.get(server.url("/")).body == b"y"
    assert trip.requests == 1
    assert len({seen.connection for seen in server.requests}) == 2


def test_a_new_connection_that_is_closed_is_not_tried_again(server: Loopback, web: Web) -> None:
    server.answers["/"] = raw(b"")
    trip = visit(web)
    with pytest.raises(FetchError):
        trip.get(server.url("/"))
    assert len(server.requests) == trip.requests == 1


@pytest.fixture
def secure_server() -> Iterator[Loopback]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(PEM)
    with Loopback(tls=context) as server:
        yield server


@pytest.fixture
def trusted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """The system trusts the loopback server; counts the contexts that are made."""
    made: list[int] = []
    create = ssl.create_default_context

    def counted(*args: Any, **kwargs: Any) -> ssl.SSLContext:
        made.append(1)
        return create(*args, **kwargs)

    monkeypatch.setattr(ssl, "create_default_context", counted)
    monkeypatch.setenv("SSL_CERT_FILE", str(PEM))
    _dial.tls.cache_clear()
    yield made
    _dial.tls.cache_clear()


def test_a_certificate_that_nobody_vouches_for_is_refused(secure_server: Loopback, web: Web) -> None:
    secure_server.answers["/"] = reply(body=b"x")
    assert "the certificate of the server is not valid: self-signed" in failure(web, secure_server.url("/")).reason
    assert not secure_server.requests


def test_a_certificate_for_another_name_is_refused(trusted: list[int], secure_server: Loopback) -> None:
    web = make_web(private_hosts=frozenset({"localhost"}))
    assert "certificate" in failure(web, secure_server.url("/", host="localhost")).reason
    assert not secure_server.requests
    web.close()


def test_all_connections_share_one_list_of_authorities(
    trusted: list[int], monkeypatch: pytest.MonkeyPatch, secure_server: Loopback
) -> None:
    def load(*_: Any, **__: Any) -> None:
        raise AssertionError("the list was read again")

    secure_server.answers["/"] = reply(body=b"x", Connection="close")
    monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", load)
    for _ in range(2):
        web = make_web()
        assert [visit(web).get(secure_server.url("/")).body for _ in range(2)] == [b"x", b"x"]
        web.close()
    assert len({seen.connection for seen in secure_server.requests}) == 4
    assert len(trusted) == 1


def test_a_secure_connection_has_a_deadline_too(trusted: list[int], secure_server: Loopback) -> None:
    web = make_web(seconds=0.5)
    drops = iter([b"x"] * 60)
    secure_server.answers["/"] = in_turn(reply(body=b"x"), pour(HEAD + b"\r\n", drops, 0.05))
    visit(web).get(secure_server.url("/"))
    assert "0.5 seconds" in failure(web, secure_server.url("/")).reason
    assert next(drops, None), "it waited for the last drop"
    web.close()


# --- each host's gate ------------------------------------------------------------------------------------------------


def test_there_is_a_pause_between_two_requests_to_one_host(server: Loopback) -> None:
    slept: list[float] = []
    web = make_web(pause=timedelta(hours=1), sleep=slept.append)
    server.answers["/"] = reply(body=b"x")
    visit(web).get(server.url("/"))
    assert slept == []
    visit(web).get(server.url("/"))
    assert len(slept) == 1
    assert 3500 < slept[0] <= 3600
    web.close()


def test_other_manners_do_not_cut_a_pause_short(server: Loopback) -> None:
    slept: list[float] = []
    web = make_web(pause=timedelta(hours=1), sleep=slept.append)
    server.answers["/"] = reply(body=b"x")
    visit(web).get(server.url("/"))
    other = web.with_manners(Manners(contact="new@example.org", private_hosts=frozenset({"127.0.0.1"})))
    visit(other).get(server.url("/"))
    assert len(slept) == 1
    assert 3500 < slept[0] <= 3600
    assert "new@example.org" in server.requests[-1].headers["User-Agent"]
    other.close()


def test_nor_do_they_when_they_change_twice(server: Loopback) -> None:
    clock = Clock()
    web = make_web(pause=timedelta(hours=1), sleep=clock.sleep, clock=clock)
    server.answers["/"] = reply(body=b"x")
    visit(web).get(server.url("/"))
    for contact in ("new@example.org", "newest@example.org"):
        web = web.with_manners(Manners(contact=contact, private_hosts=frozenset({"127.0.0.1"})))
    visit(web).get(server.url("/"))
    assert clock.seconds == 3600
    web.close()


def test_a_request_in_flight_counts_also_when_the_manners_change(server: Loopback) -> None:
    clock = Clock()
    web = make_web(pause=timedelta(hours=1), sleep=clock.sleep, clock=clock)
    manners = Manners(private_hosts=frozenset({"127.0.0.1"}))
    is_there, may_go = threading.Event(), threading.Event()

    def answer_late(handler: Any) -> None:
        is_there.set()
        may_go.wait(STUCK)
        reply(body=b"x")(handler)

    server.answers["/slow"] = answer_late
    server.answers["/next"] = reply(body=b"x")
    slow = threading.Thread(target=lambda: visit(web).get(server.url("/slow")))
    slow.start()
    assert is_there.wait(STUCK)
    other = web.with_manners(manners)
    after = threading.Thread(target=lambda: visit(other).get(server.url("/next")))
    after.start()
    after.join(0.1)
    assert [seen.path for seen in server.requests] == ["/slow"]
    may_go.set()
    slow.join()
    after.join()
    assert clock.seconds == 3600  # it had begun under the longer pause
    for way in (web, other):
        way.close()


def test_who_is_stopped_waits_no_longer_and_asks_nobody(server: Loopback) -> None:
    web = make_web(pause=timedelta(hours=1), sleep=None)
    server.answers["/"] = reply(body=b"x")
    visit(web).get(server.url("/"))
    other = web.with_manners(Manners(private_hosts=frozenset({"127.0.0.1"}), pause=timedelta(hours=1)))
    threading.Timer(0.2, other.stop).start()
    for way in (web, other):
        with pytest.raises(Stopped):
            visit(way).get(server.url("/"))
    assert len(server.requests) == 1
    other.close()


def test_another_host_does_not_wait(server: Loopback) -> None:
    slept: list[float] = []
    hosts = frozenset({"127.0.0.1", "localhost"})
    web = make_web(pause=timedelta(hours=1), private_hosts=hosts, sleep=slept.append)
    server.answers["/"] = reply(body=b"x")
    visit(web).get(server.url("/"))
    visit(web).get(server.url("/", host="localhost"))
    assert slept == []
    web.close()


def test_the_host_of_a_redirect_has_its_pause_too(server: Loopback) -> None:
    slept: list[float] = []
    hosts = frozenset({"127.0.0.1", "localhost"})
    web = make_web(pause=timedelta(hours=1), private_hosts=hosts, sleep=slept.append)
    server.answers["/"] = reply(302, Location=server.url("/new", host="localhost"))
    server.answers["/new"] = reply(body=b"x")
    visit(web).get(server.url("/"))
    visit(web).get(server.url("/new", host="localhost"))
    assert len(slept) == 1
    web.close()


def test_waiting_for_our_turn_does_not_count_as_the_servers_time(server: Loopback) -> None:
    hour = threading.Event()
    web = make_web(pause=timedelta(hours=1), seconds=0.4, sleep=lambda _: (hour.wait(0.5), None)[1])
    server.answers["/"] = reply(302, Location="/new")
    server.answers["/new"] = reply(body=b"x")
    assert visit(web).get(server.url("/")).body == b"x"
    web.close()


def most_in_flight(server: Loopback, web: Web, at_once: int) -> int:
    """How many of six requests were there at the same time, when each waits until `at_once` are."""
    lock, in_flight, most = threading.Lock(), 0, 0
    together = threading.Barrier(at_once)

    def answer(handler: Any) -> None:
        nonlocal in_flight, most
        with lock:
            in_flight += 1
            most = max(most, in_flight)
        together.wait(STUCK)  # as many as are allowed do meet here
        with lock:
            in_flight -= 1
        reply(body=b"x")(handler)

    server.answers["/"] = answer
    workers = [threading.Thread(target=lambda: visit(web).get(server.url("/"))) for _ in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(server.requests) == 6
    return most


@pytest.mark.parametrize("at_once", [1, 2])
def test_no_more_requests_in_flight_than_allowed(server: Loopback, at_once: int) -> None:
    web = make_web(at_once=at_once)
    assert most_in_flight(server, web, at_once) == at_once
    web.close()


@pytest.mark.parametrize(("before", "in_flight", "after"), [(1, 1, 3), (3, 3, 1), (3, 0, 1), (3, 2, 2), (2, 1, 2)])
def test_when_the_manners_change_as_many_are_allowed_as_they_say_then(
    server: Loopback, before: int, in_flight: int, after: int
) -> None:
    web = make_web(at_once=before)
    manners = Manners(at_once=after, pause=timedelta(0), private_hosts=frozenset({"127.0.0.1"}))
    with ExitStack() as under_way:
        for _ in range(in_flight):
            under_way.enter_context(web.gates.through("127.0.0.1"))
        web = web.with_manners(manners)
    assert most_in_flight(server, web, after) == after
    web.close()


def test_a_failed_request_gives_its_turn_back(server: Loopback, web: Web) -> None:
    server.answers["/"] = in_turn(raw(b""), reply(body=b"x"))
    failure(web, server.url("/"))
    assert visit(web).get(server.url("/")).body == b"x"


def test_gates_of_hosts_long_gone_are_forgotten(monkeypatch: pytest.MonkeyPatch, web: Web) -> None:
    monkeypatch.setattr("aggregator.web._gates.GATES_KEPT", 3)
    for n in range(20):
        with web.gates.through(f"{n}.example"):
            pass
    assert len(web.gates._gates) <= 5
