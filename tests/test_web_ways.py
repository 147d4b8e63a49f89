"""Two ways lead to a server: the straight one and that of requests. They say the same and understand the same."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any, cast
from urllib.parse import urlsplit

import pytest
import requests
from hypothesis import example, given
from hypothesis import strategies as st

from aggregator.errors import FetchError
from aggregator.model import host_of
from aggregator.web import Web, _address
from aggregator.web._answer import Answer, Headers, Hinted
from aggregator.web._direct import question
from aggregator.web._kept import Kept

from .loopback import Answering, Loopback, in_turn, make_web, raw, reply, visit

POLITE = {"User-Agent": "River/1 (+desk@example.org)", "Accept-Encoding": "gzip", "Accept": "*/*;q=0.5"}


@pytest.fixture
def by_requests(monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    """A Web that takes nothing for plain."""
    web = make_web()
    ask = web.wire.ask

    def never_plain(*args: Any, **kwargs: Any) -> Any:
        with monkeypatch.context() as patch:
            patch.setattr("aggregator.web._wire.question", lambda *_: None)
            return ask(*args, **kwargs)

    monkeypatch.setattr(web.wire, "ask", never_plain)
    yield web
    web.close()


# --- what is plain ---------------------------------------------------------------------------------------------------


@given(st.from_regex(_address._PLAIN, fullmatch=True))
def test_a_plain_address_has_the_parts_that_it_seems_to_have(url: str) -> None:
    parts = urlsplit(url)
    if address := _address.plain(url):
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        port = parts.port or _address.PORTS[parts.scheme]
        assert address == (parts.scheme, parts.hostname, port, target)
        assert (parts.geturl(), parts.username) == (url, None)
    else:
        assert int(parts.netloc.rpartition(":")[2]) > 65535


NAMES = ("news.example", "NEWS.example", "a..", "", "::1", "[::1]", "user:secret@news.example", "новости.example")


RESTS = ("", "/", "?a@b", "/:@/x", "#")


@given(st.sampled_from(NAMES), st.sampled_from(("", ":80", ":", ":x")), st.sampled_from(RESTS))
def test_a_host_is_the_same_however_it_is_found(host: str, port: str, rest: str) -> None:
    url = f"https://{host}{port}{rest}"
    try:
        expected = (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        expected = ""
    assert host_of(url) == expected.encode("idna").decode()


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://Новости.Example:8443/rss", "xn--b1amnebsh.example"),
        ("https://xn--b1amnebsh.example./rss", "xn--b1amnebsh.example"),
        ("https://пример。рф", "xn--e1afmkfd.xn--p1ai"),
        (f"https://{'я' * 99}.example/", f"{'я' * 99}.example"),
    ],
)
def test_a_host_has_one_name_in_whatever_letters_it_is_written(url: str, host: str) -> None:
    assert host_of(url) == host


# --- what is said ----------------------------------------------------------------------------------------------------


def said_by_requests(url: str, headers: dict[str, str]) -> bytes | None:
    """What requests makes of it, if it leaves the address as it is."""
    try:
        request = requests.Request("GET", url, headers=headers).prepare()
    except (requests.RequestException, ValueError):
        return None
    parts = urlsplit(url)
    place = parts.hostname if parts.port in (None, {"http": 80, "https": 443}[parts.scheme]) else parts.netloc
    lines = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
    return f"GET {request.path_url} HTTP/1.1\r\nHost: {place}\r\n{lines}\r\n".encode("latin-1")


PIECES = ["/", "//", ".", "..", "a", "Z9", "%41", "%D0%B0", "%d0", "%2F", "%", "?", "&", "=", "#", ";", ":", "@", " ",
          "'", "я", "[", "|", "~", "+", "-", "_", "\\", "!$'()*,"]  # fmt: skip
HOSTS = ["news.example", "a", "127.0.0.1", "News.example", "новости.example", "a_b.example", "a..b", "a.", "-a.example",
         "[::1]", "me@news.example", f"{'x' * 63}.example", f"{'x' * 64}.example", ""]  # fmt: skip
PORTS = ["", "", "", ":80", ":443", ":8080", ":080", ":0", ":65535", ":65536", ":", ":x"]
ADDRESSES = st.builds(
    lambda scheme, host, port, pieces: f"{scheme}://{host}{port}{''.join(pieces)}",
    st.sampled_from(["http", "https", "HTTP"]), st.sampled_from(HOSTS), st.sampled_from(PORTS),
    st.lists(st.sampled_from(PIECES), max_size=6).map(lambda pieces: ["/", *pieces]),
)  # fmt: skip
VALUES = st.text(st.sampled_from('az"/ \t\r\n\x00é€'), max_size=6)


@given(ADDRESSES)
@example("http://news.example/rss.xml?lang=kk&page=2")
@example("https://news.example:443/%D0%B0/")
@example("http://news.example:8080/a/;b=c?d//../e")
def test_a_plain_address_is_asked_for_as_requests_would(url: str) -> None:
    plain = question(url, POLITE)
    assert plain is None or plain.data == said_by_requests(url, POLITE)


@given(st.dictionaries(st.sampled_from(["Accept", "ACCEPT", "If-None-Match", "X-Key", "X Key", "Host", ""]), VALUES))
@example({"ACCEPT": "a", "Accept": " "})
def test_plain_headers_are_sent_as_requests_would(headers: dict[str, str]) -> None:
    plain = question("http://news.example/", POLITE | headers)
    assert plain is None or plain.data == said_by_requests("http://news.example/", POLITE | headers)


@pytest.mark.parametrize(
    "url",
    [
        "http://news.example/",
        "https://www.news.example/kk/rss.xml",
        "http://127.0.0.1:8080/feed/?format=xml&tag=%D0%B0",
        "https://news.example/~desk/feed.php?cat=1,2;q=a/b",
    ],
)
def test_what_a_configuration_has_most_is_plain(url: str) -> None:
    assert question(url, POLITE)


def test_both_ways_send_the_same_bytes(by_requests: Web, web: Web) -> None:
    sent: list[bytes] = []

    def record(handler: Any) -> None:
        head = handler.raw_requestline + b"".join(f"{n}: {v}\r\n".encode("latin-1") for n, v in handler.headers.items())
        sent.append(head)
        reply(304)(handler)

    with Loopback({"/a%D0%B0/?b=%D0%B1;c": record}) as server:
        for one in (web, by_requests):
            since = {"etag": 'W/"\xe9 1"', "last-modified": "Fri, 20 Nov 2026 10:00:00 GMT"}
            visit(one, headers={"X-Key": "a b"}).get(server.url("/a%D0%B0/?b=%D0%B1;c"), since, {"Accept": "text/html"})
    assert len(sent) == 2
    assert sent[0] == sent[1]


# --- what is understood ----------------------------------------------------------------------------------------------


class Wire:
    """A connection on which all of these bytes have come."""

    def __init__(self, data: bytes, at_once: int) -> None:
        self.file = io.BufferedReader(cast(Any, Drops(data, at_once)))

    def makefile(self, *_: object, **__: object) -> io.BufferedReader:
        return self.file


class Drops(io.RawIOBase):
    """Gives so many bytes at once."""

    def __init__(self, data: bytes, at_once: int) -> None:
        self.rest = data
        self.at_once = at_once

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        piece = self.rest[: min(self.at_once, len(buffer))]
        self.rest = self.rest[len(piece) :]
        buffer[: len(piece)] = piece
        return len(piece)


def understood(kind: type[Hinted], data: bytes, at_once: int) -> object:
    answer = kind(cast(Any, Wire(data, at_once)), method="GET")
    try:
        answer.begin()
    except Exception as e:
        return type(e)
    said = answer.said if isinstance(answer, Answer) else Headers(answer.headers.items())
    return answer.status, dict(said), answer.chunked, answer.length, answer.will_close, answer.fp and answer.fp.read()


LINES = [
    b'ETag: "1"', b"ETag:", b"etag:x", b"Content-Length: 5", b"Content-Length: 5, 5", b"Content-Length: -5",
    b"Content-Length: 99999999999999999999", b"Content-Length: +5", b"Content-Length:", b"Transfer-Encoding: chunked",
    b"Transfer-Encoding: gzip", b"Connection: close", b"connection: Keep-Alive, Close", b"Connection: keep-alive",
    b"X: a  ", b"X:\ta", b"X:  a", b"X: \xe9", b" folded", b"No colon", b": no name", b"Sp ace: x", b"Space : x",
    b"Content-Type: multipart/mixed; boundary=x", b"From me", b"X: a\rY: b", b"X: a\nY: b", b"X: \x00", b"X: a: b", b"",
]  # fmt: skip
STATUS = [
    b"HTTP/1.1 200 OK", b"HTTP/1.1 304 Not Modified", b"HTTP/1.1 204", b"HTTP/1.0 304 Not Modified",
    b"HTTP/1.1 103 Soon",
    b"HTTP/1.1  304 X", b"HTTP/2 200", b"http/1.1 200", b"HTTP/1.1 99 X", b"HTTP/1.1 999 X", b"", b"HTTP/1.1 304 \xe9",
]  # fmt: skip
HEADS = st.builds(
    lambda status, lines, ends, rest: ends.join([status, *lines, b"", b""]) + rest,
    st.sampled_from(STATUS), st.lists(st.sampled_from(LINES), max_size=5), st.sampled_from([b"\r\n", b"\r\n", b"\n"]),
    st.sampled_from([b"", b"<rss>", b"5\r\n<rss>\r\n0\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n"]),
)  # fmt: skip


@given(HEADS, st.sampled_from([1, 7, 10_000]))
@example(b"HTTP/1.1 304 Not Modified\r\n" + b"X: y\r\n" * 99 + b"\r\n", 10_000)
@example(b"HTTP/1.1 304 Not Modified\r\n" + b"X: y\r\n" * 100 + b"\r\n", 10_000)
@example(b"HTTP/1.1 304 Not Modified\r\nX: " + b"y" * 9000 + b"\r\n\r\n", 10_000)
def test_a_head_read_at_a_glance_says_what_http_client_reads(data: bytes, at_once: int) -> None:
    assert understood(Answer, data, at_once) == understood(Hinted, data, at_once)


def test_a_plain_head_is_read_at_a_glance(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Hinted, "begin", lambda _: pytest.fail("http.client was asked"))
    data = b'HTTP/1.1 304 Not Modified\r\nServer: nginx\r\nETag: "1"\r\nConnection: keep-alive\r\n\r\n'
    assert understood(Answer, data, 10_000) == (
        304, {"server": "nginx", "etag": '"1"', "connection": "keep-alive"}, False, 0, False, b""
    )  # fmt: skip


HEAD = b"HTTP/1.1 200 OK\r\n"
ANSWERS = [
    reply(body=b"<rss>", ETag='"1"', Content_Type="text/xml; charset=koi8-r"),
    reply(304, ETag='"2"', Content_Length="5"),
    reply(304, Transfer_Encoding="chunked"),
    reply(304, Connection="close"),
    reply(301, Location="/there"),
    reply(404, b"nothing"),
    reply(503, Retry_After="60"),
    raw(b""),
    raw(b"SSH-2.0-OpenSSH\r\n"),
    raw(b"HTTP/1.0 304 Not Modified\r\n\r\n"),
    raw(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 304 Not Modified\r\n\r\n"),
    raw(HEAD + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\n<rss>"),
    raw(HEAD + b"Content-Length: 9\r\n\r\n<rss>"),
    raw(HEAD + b"Content-Length: many\r\n\r\n<rss>"),
    raw(HEAD + b"Content-Length: 99999999\r\n\r\n<rss>"),
    raw(HEAD + b"\r\n<rss>"),
    raw(HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\n<rss>\r\n0\r\n\r\n"),
    raw(HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\n<rss>\r\n"),
    raw(HEAD + b"X: y\r\n" * 200 + b"\r\n"),
    raw(HEAD + b'ETag: "a"\r\nETag: "b"\r\nSet-Cookie: a\r\nFolded: a\r\n b\r\n\r\n<rss>'),
]


def outcome(web: Web, url: str) -> object:
    trip = visit(web)
    try:
        page: object = trip.get(url, {"etag": '"1"'})
    except FetchError as e:
        page = str(e)
    return page, trip.requests, trip.bytes, trip.reception


@pytest.mark.parametrize("answer", ANSWERS)
def test_both_ways_come_home_with_the_same(answer: Answering, by_requests: Web, web: Web) -> None:
    found = []
    for one in (web, by_requests):
        with Loopback({"/": answer, "/there": reply(410), "/then": reply(204)}) as server:
            url = server.url("/")
            pages = [str(outcome(one, url)), str(outcome(one, url)), str(outcome(one, server.url("/then")))]
            found.append([page.replace(url, "/") for page in pages])
            found[-1] += [str(len({seen.connection for seen in server.requests}))]
    assert found[0] == found[1]


# --- what is kept ----------------------------------------------------------------------------------------------------


def test_so_many_connections_are_kept_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    class Idle:
        is_closed = False

        def close(self) -> None:
            self.is_closed = True

    monkeypatch.setattr("aggregator.web._kept.HOSTS_KEPT", 2)
    kept, idle = Kept(at_once=1), [Idle() for _ in range(5)]
    for host, one in zip("aabca", idle, strict=True):
        kept.keep(("http", host, 80), cast(Any, one))
    assert [one.is_closed for one in idle] == [True, True, True, False, False]
    kept.close()
    assert all(one.is_closed for one in idle)


def test_what_comes_unasked_ends_a_connection_that_was_kept(web: Web) -> None:
    late = HEAD + b"Content-Length: 20000\r\n\r\n" + b"wrong" * 4000

    def unasked(handler: Any) -> None:
        handler.wfile.write(b"HTTP/1.1 304 Not Modified\r\n\r\n" + late)

    with Loopback({"/": in_turn(unasked, reply(body=b"right"))}) as server:
        assert visit(web).get(server.url("/"), {"etag": '"1"'}).body is None
        assert visit(web).get(server.url("/")).body == b"right"
        assert len({seen.connection for seen in server.requests}) == 2
