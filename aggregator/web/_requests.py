"""
The only file that imports requests and urllib3: connections that lead only where we may go, and end at their deadline.

    Wire.ask -> _Adapter -> urllib3's pools -> _Http, _Https    ours: they choose the address, and show their socket
                                                 |
                       Exchange (_deadline.py) <-+

What the library does by itself and we must not have: it follows redirects and unpacks their bodies, takes proxies and
passwords from the environment and keeps cookies (all of that lives in `requests.Session`, so there is none here), and
it reads the certificate bundle anew for every connection (25 ms).

Through a proxy (RFC 9110, 7.6 and 9.3.6) every connection leads to it: http is asked there, for https it is a tunnel.
"""

from __future__ import annotations

import errno
import functools
import http.client
import re
import socket
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.connection import HTTPConnection, HTTPSConnection

from ._deadline import Exchange, Watchdog
from ._guard import Guard, Refused

CONNECT_SECONDS = 5.0
READ_SECONDS = 10.0
HINTS = 20
"""So many answers may come before the answer."""
HOSTS_KEPT = 64
"""Hosts whose idle connections are kept for the next request."""
_NO_WAY = (errno.ENETDOWN, errno.ENETUNREACH, errno.EHOSTDOWN, errno.EHOSTUNREACH)
PROXY_REFUSES = 407
WITH_BODY = (200, 203, 226)
"""Of other answers nobody wants the body: it is not read."""


class NoAnswer(Exception):
    """No complete answer came. The text is a plain sentence."""

    def __init__(self, text: str, *, is_cut_off: bool = False) -> None:
        super().__init__(text)
        self.is_cut_off = is_cut_off
        """Whether there was nobody at the other end, not even to refuse: it may be our own line."""


@dataclass(frozen=True)
class Reply:
    """One answer of one server. Header names compare without case; the body is as it came on the wire."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""


_EXCHANGE: ContextVar[Exchange] = ContextVar("exchange")
"""Of this thread: urllib3 makes its connections out of our sight and has no place for a word from us."""


class _Answer(http.client.HTTPResponse):
    """Without the hints that may come before it (1xx; RFC 9110, 15.2), of which the library knows the first alone."""

    def _read_status(self) -> tuple[str, int, str]:
        for _ in range(HINTS):
            version, status, reason = super()._read_status()  # type: ignore[misc]
            if not 100 <= status < 200:
                return version, status, reason
            http.client.parse_headers(self.fp)
        raise http.client.HTTPException


class _Http(HTTPConnection):
    """A connection to an address that we have checked. The name is resolved once, so it cannot change in between."""

    response_class = _Answer

    def _new_conn(self) -> socket.socket:
        exchange = _EXCHANGE.get()
        exchange.is_fresh = True
        found = socket.getaddrinfo(self._dns_host, self.port, type=socket.SOCK_STREAM)
        exchange.guard.check(self.host, [str(where[0]) for *_, where in found])
        error: OSError = OSError("no address")
        for family, kind, protocol, _, where in found:
            try:
                return self._connect(exchange, socket.socket(family, kind, protocol), where)
            except OSError as e:
                error = e
        raise error

    def _connect(self, exchange: Exchange, sock: socket.socket, where: Any) -> socket.socket:
        try:
            for option in self.socket_options or ():
                sock.setsockopt(*option)
            sock.settimeout(max(0.001, min(CONNECT_SECONDS, exchange.left())))
            sock.connect(where)
            exchange.watch(sock)
        except OSError:
            sock.close()
            raise
        return sock

    def request(self, *args: Any, **kwargs: Any) -> None:
        if self.sock is not None:
            _EXCHANGE.get().watch(self.sock)  # a connection that was kept
        super().request(*args, **kwargs)


class _Https(_Http, HTTPSConnection):
    """The same in TLS; the certificate is still held against the name."""

    def connect(self) -> None:
        self.ssl_context = _tls()
        super().connect()


@functools.cache
def _tls() -> ssl.SSLContext:
    """One for the process: the system's authorities, or those that came with requests where the system has none."""
    context = ssl.create_default_context()
    if not context.cert_store_stats()["x509_ca"]:
        context.load_verify_locations(DEFAULT_CA_BUNDLE_PATH)
    return context


class _HttpPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Http


class _HttpsPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _Https


class _Adapter(HTTPAdapter):
    """requests on our connections."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        """The same for what goes through a proxy; its certificate is checked, too."""
        manager = super().proxy_manager_for(proxy, proxy_ssl_context=_tls(), **kwargs)
        manager.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}
        return manager

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Nothing: requests would name a bundle here, and urllib3 read it for every connection. See `_tls`."""


class Wire:
    """Asks servers; shared by all threads. Keeps up to `at_once` idle connections per host."""

    def __init__(self, guard: Guard, at_once: int, seconds: float, limit: int) -> None:
        self._guard = guard
        self._limit = limit
        self._adapter = _Adapter(pool_connections=HOSTS_KEPT, pool_maxsize=at_once, max_retries=0)
        self._watchdog = Watchdog()
        self._late = f"no complete answer within {seconds:g} seconds"

    def close(self) -> None:
        """Let go of the idle connections."""
        self._adapter.close()

    def ask(
        self, url: str, headers: Mapping[str, str], left: float, form: Mapping[str, str] | None = None, proxy: str = ""
    ) -> Reply:
        """
        One GET, or a POST of `form`, without following redirects, with at most `limit` bytes of body; `left` is what
        the redirects before it have left of `seconds`. A form may be sent twice. Raises Refused and NoAnswer.
        """
        try:
            request = requests.Request("GET" if form is None else "POST", url, headers=headers, data=form).prepare()
        except (requests.RequestException, ValueError) as e:
            raise Refused("this is no address that can be asked") from e
        guard = self._guard
        if proxy:  # the operator's own, so it may be inside; where it goes for us we cannot see
            guard.check_unseen(urlsplit(request.url or "").hostname or "")
            guard = Guard([urlsplit(proxy).hostname or ""])
        with self._watchdog.over(Exchange(left, guard)) as exchange:
            _EXCHANGE.set(exchange)
            while True:
                exchange.is_fresh = False
                try:
                    return self._send(request, exchange, proxy)
                except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as e:
                    # A connection that was kept may have been closed by the server at this very moment: ask again on
                    # another one (RFC 9112, 9.3.1). Each attempt uses one up, so a new one is reached.
                    is_late = exchange.is_late or not exchange.left()
                    if exchange.is_fresh or is_late or not _was_closed(e):
                        is_cut_off = not exchange.is_connected and (is_late or bool(proxy) or _is_cut_off(e))
                        raise NoAnswer(self._late if is_late else _sentence(e), is_cut_off=is_cut_off) from e

    def _send(self, request: requests.PreparedRequest, exchange: Exchange, proxy: str) -> Reply:
        timeout = (CONNECT_SECONDS, max(0.001, min(READ_SECONDS, exchange.left())))
        proxies = {"http": proxy, "https": proxy} if proxy else {}
        with self._adapter.send(request, stream=True, timeout=timeout, proxies=proxies) as response:
            if proxy and response.status_code == PROXY_REFUSES:
                raise NoAnswer("the proxy answers 407 Proxy Authentication Required", is_cut_off=True)
            body = self._read(response) if response.status_code in WITH_BODY else b""
            if response.status_code in (204, 304) and "Transfer-Encoding" not in response.headers:
                response.raw.read()  # nothing, and it gives the connection back; http.client would wait for chunks
            if exchange.is_late:  # a body without length looks complete when we hang up
                raise TimeoutError
            return Reply(response.status_code, response.headers, body)

    def _read(self, response: requests.Response) -> bytes:
        said = response.headers.get("Content-Length") or "0"
        if max(int(length) for length in said.split(",")) > self._limit:  # the same twice is once (RFC 9110, 8.6)
            raise NoAnswer(_too_long(self._limit))
        body = bytearray()
        while chunk := response.raw.read(65536, decode_content=False):
            body += chunk
            if len(body) > self._limit:
                raise NoAnswer(_too_long(self._limit))
        return bytes(body)


def _too_long(limit: int) -> str:
    return f"the answer is longer than {limit} bytes"


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


def _was_closed(error: BaseException) -> bool:
    return any(isinstance(one, (ConnectionError, ssl.SSLEOFError)) for one in _causes(error))


def _is_cut_off(error: BaseException) -> bool:
    """Whether nobody was there. Who refuses a connection is there."""
    return any(
        isinstance(one, (socket.gaierror, TimeoutError)) or (isinstance(one, OSError) and one.errno in _NO_WAY)
        for one in _causes(error)
    )


def _sentence(error: BaseException) -> str:
    """What went wrong, for the operator."""
    causes = list(_causes(error))
    if any(isinstance(one, urllib3.exceptions.ProxyError) for one in causes):
        return _of_the_proxy(causes)
    return _of_the_server(error, causes)


def _of_the_proxy(causes: Sequence[BaseException]) -> str:
    """It could not be reached, or does not let us through."""
    said = next((found[1] for one in causes if (found := re.match(r"Tunnel connection failed: (.*)", str(one)))), "")
    return f"the proxy answers {said}" if said else _of_the_server(causes[0], causes).replace("server", "proxy")


def _of_the_server(error: BaseException, causes: Sequence[BaseException]) -> str:
    for kind, sentence in _SENTENCES:
        for one in causes:
            if isinstance(one, kind):
                return sentence.format(one)
    for one in causes:
        if isinstance(one, OSError) and one.strerror:
            return f"the connection failed: {one.strerror}"
    return f"the answer makes no sense ({type(error).__name__})"


_SENTENCES: tuple[tuple[type[BaseException], str], ...] = (
    (socket.gaierror, "the name of the server cannot be resolved"),
    (ssl.SSLCertVerificationError, "the certificate of the server is not valid: {0.verify_message}"),
    (ssl.SSLError, "no secure connection: {0.reason}"),
    (http.client.IncompleteRead, "the answer ends early"),
    (urllib3.exceptions.ReadTimeoutError, "the server stopped answering"),
    (TimeoutError, "the server does not answer"),
    (ConnectionRefusedError, "the server refuses the connection"),
    (http.client.RemoteDisconnected, "the server closed the connection without an answer"),
    (ConnectionError, "the server closed the connection"),
    (http.client.HTTPException, "the answer is no HTTP"),
)
