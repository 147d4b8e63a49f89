"""
Who is let in, and for how long: uvicorn with the patience that it lacks.

uvicorn waits for ever for a request head that never ends, for a reader who takes nothing, and for bytes after the
answer. A thousand such connections would cost nothing but their places; so places there are several thousand, who
does not get on is sent away, sooner when it is crowded, and who finds no place is told when to come again.

The only file that imports uvicorn.
"""

from __future__ import annotations

import logging
import resource
import socket
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from struct import pack
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from .shelf import SECURITY, Headers

PLACES = 4000
"""Connections at once, where the system gives us so many descriptors; one costs about 6 KB."""
SPARE = 256
"""Descriptors for files, and for those who are told to come again; at most half of what we have."""
PATIENCE = 10.0
"""Seconds without the end of a request head, or without a byte of the answer taken."""
CROWDED = 2.0
"""The same when half of the places are taken."""
LONGEST_HEAD = 32 << 10
"""Bytes; also of what somebody sends after the head, which nobody here reads."""
IDLE = 8
"""Seconds that a connection may wait for its next request."""
COME_AGAIN = 30
"""Seconds, for those who find no place."""


def server_for(
    app: Callable[..., Awaitable[None]], *, grace: int, places: int = PLACES, patience: float = PATIENCE
) -> uvicorn.Server:
    """A server for this application that has so many places, patience (in seconds), and grace when it is stopped."""
    descriptors = _descriptors(places + SPARE)

    class Guest(Connection):
        room = min(places, max(descriptors - SPARE, descriptors // 2))

    async def look_round() -> None:
        guests = [c for c in server.server_state.connections if isinstance(c, Connection)]
        limit = patience if len(guests) < Guest.room / 2 else min(patience, CROWDED)
        for guest in guests:
            guest.get_on_or_go(time.monotonic(), limit)

    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)  # it warns of every line that is not HTTP
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            http=Guest,
            lifespan="off",
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=IDLE,
            timeout_notify=1,
            callback_notify=look_round,
            timeout_graceful_shutdown=grace,
        )
    )
    return server


class Connection(HttpToolsProtocol):
    """One connection. It gets on when a request head is complete, an answer is given, or some of it is taken."""

    room = PLACES

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        if len(self.connections) >= self.room:
            self.app = _no_place
        self._length = 0
        self._under_way: RequestResponseCycle | None = None
        self._state: tuple[object, ...] = ()
        self._since = time.monotonic()

    def data_received(self, data: bytes) -> None:
        """Bytes came; a request head that gets too long ends the connection."""
        before = self.cycle
        super().data_received(data)
        self._length = 0 if self.cycle is not before else self._length + len(data)
        if self._length > LONGEST_HEAD and not self.transport.is_closing():
            self._refuse(431)

    def on_headers_complete(self) -> None:
        """
        A request is there; it is under way if no other is (pipelining, RFC 9112, 9.3.2). `date` in its scope is the
        Date of the answer.
        """
        self.scope["date"] = dict(self.server_state.default_headers).get(b"date")  # type: ignore[typeddict-unknown-key]
        super().on_headers_complete()
        if not self.pipeline:
            self._under_way = self.cycle

    def on_response_complete(self) -> None:
        """It is answered; the next one in line is under way."""
        if self.pipeline:
            self._under_way = self.pipeline[-1][0]
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing more is written; uvicorn tells only the last in line, and the one under way would fail."""
        if self._under_way is not None:
            self._under_way.disconnected = True
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002
        """uvicorn's own has none of our headers."""
        self._refuse(400)

    def get_on_or_go(self, now: float, limit: float) -> None:
        """Called every second or so: whoever stands where he stood `limit` seconds ago goes."""
        left = self.transport.get_write_buffer_size()
        state = (self._under_way, self._under_way and self._under_way.response_complete, left)
        if state != self._state:
            self._state, self._since = state, now
        elif now - self._since > limit and left:
            # At once, or the system goes on offering him what he does not take.
            self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, pack("ii", 1, 0))
            self.transport.abort()
        elif now - self._since > limit:
            self.transport.close()

    def _refuse(self, status: int) -> None:
        headers: Headers = [*self.server_state.default_headers, *SECURITY, (b"content-length", b"0")]
        lines = b"".join(name + b": " + value + b"\r\n" for name, value in headers)
        self.transport.write(STATUS_LINE[status] + lines + b"connection: close\r\n\r\n")
        self.transport.close()


async def _no_place(_scope: Any, _receive: Any, send: Callable[[Any], Awaitable[None]]) -> None:
    again = (b"retry-after", b"%d" % COME_AGAIN)
    headers = [*SECURITY, again, (b"cache-control", b"no-store"), (b"content-length", b"0"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def _descriptors(wanted: int) -> int:
    """How many files we may have open, after asking for so many."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
            soft = most
    return wanted if soft == resource.RLIM_INFINITY else min(wanted, soft)
