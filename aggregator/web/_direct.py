"""
The straight way, which nearly every request takes: a GET of a plain address, on http.client.

What is not plain, so that it would have to be mended or spelled otherwise, is left to requests (_requests.py), which
knows how; what goes through a proxy, too. Tests hold that both ways send the same bytes and understand the same.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass

from ._address import PORTS, plain
from ._answer import Answer, Reply
from ._deadline import Exchange
from ._dial import READ_SECONDS, dial, patience, tls
from ._faults import Silence
from ._kept import Kept, Server

_HEADER_LINES = re.compile(r"(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+: [!-~\x80-\xff][ -~\x80-\xff]*\r\n)*")
OURS = ("host", "connection", "content-length", "transfer-encoding")
"""Headers that no caller writes on the straight way."""


@dataclass(frozen=True)
class Question:
    """A plain GET."""

    server: Server
    data: bytes
    """As it is sent."""


def question(url: str, headers: Mapping[str, str]) -> Question | None:
    """None if anything about it is not plain."""
    address = plain(url)
    named = {name.lower(): (name, value) for name, value in headers.items()}
    lines = "".join([f"{name}: {value}\r\n" for name, value in named.values()])
    is_said_twice = len(named) < len(headers)  # which requests looks at one by one
    if not address or is_said_twice or any(name in named for name in OURS) or not _HEADER_LINES.fullmatch(lines):
        return None
    scheme, host, port, target = address
    place = host if port == PORTS[scheme] else f"{host}:{port}"
    return Question((scheme, host, port), f"GET {target} HTTP/1.1\r\nHost: {place}\r\n{lines}\r\n".encode("latin-1"))


class Direct:
    """Asks servers; shared by all threads."""

    def __init__(self, at_once: int, limit: int) -> None:
        self._kept = Kept(at_once)
        self._limit = limit

    def close(self) -> None:
        """Let go of the idle connections."""
        self._kept.close()

    def ask(self, asked: Question, exchange: Exchange) -> Reply:
        """On a connection that was kept, or a new one. Raises Refused, NoAnswer, OSError, HTTPException, ValueError."""
        connection = self._kept.connection(asked.server)
        if connection:
            exchange.watch(connection)
        else:
            connection = self._open(asked.server, exchange)
        is_done = False
        try:
            connection.settimeout(patience(exchange, READ_SECONDS))
            with suppress(BrokenPipeError):  # it may have answered before it hung up
                connection.sendall(asked.data)
            with closing(Answer(connection, method="GET")) as answer:
                answer.begin()
                reply = answer.whole(self._limit)
                is_done = answer.is_done()
        except TimeoutError as e:
            raise Silence from e
        finally:
            if is_done:
                self._kept.keep(asked.server, connection)
            else:
                connection.close()
        return reply

    def _open(self, server: Server, exchange: Exchange) -> socket.socket:
        """
        In TLS the certificate is held against the name. A session is not gone on with: that would save 0.5 ms of a
        handshake, and to take it from a connection and give it to the next costs 0.7 ms (the ssl module copies it).
        """
        scheme, host, port = server
        connection = dial(exchange, host, port)
        if scheme == "http":
            return connection
        try:
            return tls().wrap_socket(connection, server_hostname=host)
        except TimeoutError as e:
            raise Silence from e
        finally:
            connection.close()  # what was wrapped has left it
