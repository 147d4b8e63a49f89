"""What goes wrong between us and a server, in plain sentences for the operator."""

from __future__ import annotations

import errno
import http.client
import re
import socket
import ssl
from collections.abc import Iterator, Sequence

NO_WAY_OUT = (errno.ENETDOWN, errno.ENETUNREACH)
_NO_WAY = (*NO_WAY_OUT, errno.EHOSTDOWN, errno.EHOSTUNREACH)


class NoAnswer(Exception):
    """No complete answer came. The text is a plain sentence."""

    def __init__(self, text: str, *, is_cut_off: bool = False, seems_ours: bool = False) -> None:
        super().__init__(text)
        self.is_cut_off = is_cut_off
        """Whether there was nobody at the other end, not even to refuse: it may be our own line."""
        self.seems_ours = seems_ours
        """Whether what we met is what one meets whose own line is down."""


class Silence(TimeoutError):
    """A server that we were connected to has not said the next word in time."""


class ProxyFault(OSError):
    """The proxy could not be reached, or does not let us through."""


def too_long(limit: int) -> NoAnswer:
    """For an answer with a body beyond the limit, said or seen."""
    return NoAnswer(f"the answer is longer than {limit} bytes")


def was_closed(error: BaseException) -> bool:
    """Whether the other side has hung up."""
    return any(isinstance(one, (ConnectionError, ssl.SSLEOFError)) for one in _causes(error))


def is_cut_off(error: BaseException) -> bool:
    """Whether nobody was there. Who refuses a connection is there."""
    return any(
        isinstance(one, (socket.gaierror, TimeoutError)) or (isinstance(one, OSError) and one.errno in _NO_WAY)
        for one in _causes(error)
    )


def seems_ours(error: BaseException) -> bool:
    """Whether no server of names answers (getaddrinfo(3), EAI_AGAIN), or no way leads out of this machine."""
    return any(
        (isinstance(one, socket.gaierror) and one.errno == socket.EAI_AGAIN)
        or (isinstance(one, OSError) and one.errno in NO_WAY_OUT)
        for one in _causes(error)
    )


def sentence(error: BaseException) -> str:
    """What went wrong, for the operator."""
    causes = list(_causes(error))
    if any(isinstance(one, ProxyFault) for one in causes):
        return _of_the_proxy(causes)
    return _of_the_server(error, causes)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The exception and what it wraps; requests and urllib3 wrap by argument, by `reason` and by cause."""
    seen: list[BaseException | None] = [None]
    rest: list[object] = [error]
    while rest:
        one = rest.pop(0)
        if isinstance(one, BaseException) and one not in seen:
            seen.append(one)
            rest += [*one.args, getattr(one, "reason", None), one.__cause__]
            yield one


def _of_the_proxy(causes: Sequence[BaseException]) -> str:
    said = next((found[1] for one in causes if (found := re.match(r"Tunnel connection failed: (.*)", str(one)))), "")
    return f"the proxy answers {said}" if said else _of_the_server(causes[0], causes).replace("server", "proxy")


def _of_the_server(error: BaseException, causes: Sequence[BaseException]) -> str:
    for kind, said in _SENTENCES:
        for one in causes:
            if isinstance(one, kind):
                return said.format(one)
    for one in causes:
        if isinstance(one, OSError) and one.strerror:
            return f"the connection failed: {one.strerror}"
    return f"the answer makes no sense ({type(error).__name__})"


_SENTENCES: tuple[tuple[type[BaseException], str], ...] = (
    (socket.gaierror, "the name of the server cannot be resolved"),
    (ssl.SSLCertVerificationError, "the certificate of the server is not valid: {0.verify_message}"),
    (ssl.SSLError, "no secure connection: {0.reason}"),
    (http.client.IncompleteRead, "the answer ends early"),
    (Silence, "the server stopped answering"),
    (TimeoutError, "the server does not answer"),
    (ConnectionRefusedError, "the server refuses the connection"),
    (http.client.RemoteDisconnected, "the server closed the connection without an answer"),
    (ConnectionError, "the server closed the connection"),
    (http.client.HTTPException, "the answer is no HTTP"),
)
