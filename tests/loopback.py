"""A web server on 127.0.0.1 that answers as a test tells it to, well or badly; and a Web that may visit it."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from aggregator.errors import FetchError
from aggregator.model import Manners, Source
from aggregator.web import Trip, Web

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
STUCK = 10
"""Seconds: a test that takes so long has found a request that never ends."""

Answering = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Seen:
    """One request, as it came."""

    path: str
    headers: Message
    connection: int
    method: str = "GET"
    body: bytes = b""


@dataclass
class Loopback:
    answers: dict[str, Answering] = field(default_factory=dict)
    requests: list[Seen] = field(default_factory=list)
    tls: ssl.SSLContext | None = None

    def __enter__(self) -> Loopback:
        self.server = _Server(("127.0.0.1", 0), _Handler)
        self.server.loopback = self
        if self.tls:
            self.server.socket = self.tls.wrap_socket(self.server.socket, server_side=True)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"{'https' if self.tls else 'http'}://{host}:{self.server.server_address[1]}{path}"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    loopback: Loopback

    def handle_error(self, request: Any, client_address: Any) -> None:
        """The client hung up, as it should."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 10
    server: _Server

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        seen = Seen(self.path, self.headers, self.client_address[1], self.command, body)
        self.server.loopback.requests.append(seen)
        try:
            self.server.loopback.answers[self.path](self)
        except OSError:
            self.close_connection = True

    do_POST = do_CONNECT = do_GET

    def log_message(self, format: str, *args: Any) -> None:
        """Silence."""


def reply(status: int = 200, body: bytes = b"", **headers: str) -> Answering:
    """A well-formed answer; `Retry_After="5"` is a header. A length is added unless `Content_Length` is given."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response_only(status)
        if status not in (204, 304):
            named.setdefault("Content-Length", str(len(body)))
        for name, value in named.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def raw(data: bytes) -> Answering:
    """These bytes, and the connection is closed."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(data)
        handler.close_connection = True

    return answer


def hang(data: bytes = b"") -> Answering:
    """These bytes, and then nothing until the client goes away."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(data)
        handler.wfile.flush()
        handler.rfile.read(1)
        handler.close_connection = True

    return answer


def pour(start: bytes, pieces: Iterable[bytes], every: float = 0) -> Answering:
    """One piece after the other, so many seconds apart, until the client goes away."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        handler.wfile.write(start)
        pause = threading.Event()
        for piece in pieces:
            handler.wfile.write(piece)
            pause.wait(every)

    return answer


def tunnel(port: int) -> Answering:
    """What a proxy answers to CONNECT: from now on its client talks to this port of 127.0.0.1."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response_only(200)
        handler.end_headers()
        handler.close_connection = True
        with socket.create_connection(("127.0.0.1", port)) as far:
            back = threading.Thread(target=pass_on, args=(far, handler.connection))
            back.start()
            pass_on(handler.connection, far)
            back.join()

    return answer


def pass_on(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)


def in_turn(*answers: Answering) -> Answering:
    """The first answer to the first request, and so on."""
    rest = iter(answers)
    return lambda handler: next(rest)(handler)


def make_web(
    *, seconds: float = STUCK, sleep: Callable[[float], object] | None = None, clock: Callable[[], float] = lambda: 9.0,
    **manners: Any,
) -> Web:  # fmt: skip
    """A Web without pauses that may visit 127.0.0.1, and has other manners if you say so. Its clock stands still."""
    ours = {"contact": "desk@example.org", "pause": timedelta(0), "private_hosts": frozenset({"127.0.0.1"}), **manners}
    return Web(Manners(**ours), seconds=seconds, limit=1 << 20, sleep=sleep, clock=clock)


class Clock:
    """A clock that only sleeping moves on: `make_web(sleep=clock.sleep, clock=clock)`."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


def visit(web: Web, location: str = "http://127.0.0.1/", **more: Any) -> Trip:
    """The beginning of a visit to a source with this address."""
    return web.visit(Source(name="gazette", kind="feed", location=location, **more), NOW)


def failure(web: Web, url: str) -> FetchError:
    """What a visit to this address ends with."""
    with pytest.raises(FetchError) as caught:
        visit(web).get(url)
    return caught.value
