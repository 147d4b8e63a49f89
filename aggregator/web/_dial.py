"""Connections that lead only where we may go, and end at their deadline; and what TLS believes."""

from __future__ import annotations

import functools
import socket
import ssl
from typing import Any

from ._deadline import Exchange
from ._faults import NO_WAY_OUT

CONNECT_SECONDS = 5.0
READ_SECONDS = 10.0
NO_DELAY = (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
"""A request is not held back until the other side has confirmed the end of the handshake."""


def dial(exchange: Exchange, host: str, port: int) -> socket.socket:
    """
    A connection to an address that we have checked. The name is resolved once, so it cannot change in between. Raises
    Refused and OSError: of several addresses the error of the last, but not that this machine has no IPv6, say.
    """
    exchange.is_fresh = True
    name = host.encode() if host.isascii() else host  # of a str the IDNA of 2003 is made, even where it is the same
    found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    exchange.guard.check(host, [str(where[0]) for *_, where in found])
    error: OSError | None = None
    for family, kind, protocol, _, where in found:
        try:
            return _connected(exchange, socket.socket(family, kind, protocol), where)
        except OSError as e:
            if error is None or e.errno not in NO_WAY_OUT:
                error = e
    raise error or OSError("no address")


def _connected(exchange: Exchange, sock: socket.socket, where: Any) -> socket.socket:
    try:
        sock.setsockopt(*NO_DELAY)
        sock.settimeout(patience(exchange, CONNECT_SECONDS))
        sock.connect(where)
        exchange.watch(sock)
    except OSError:
        sock.close()
        raise
    return sock


def patience(exchange: Exchange, seconds: float) -> float:
    """So long for one step, but not beyond the deadline; never zero, which would not wait at all."""
    return max(0.001, min(seconds, exchange.left()))


@functools.cache
def tls() -> ssl.SSLContext:
    """
    One for the process: reading the authorities takes 25 ms. The system's, or those that came with requests where the
    system has none.
    """
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    if not context.cert_store_stats()["x509_ca"]:
        from ._requests import AUTHORITIES

        context.load_verify_locations(AUTHORITIES)
    return context
