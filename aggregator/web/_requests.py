"""
The only file that imports requests and urllib3: what is not plain enough for the straight way (_direct.py).

Forms, what goes through a proxy, and addresses that have to be mended before anybody can be asked for them.

    ByRequests.ask -> _Adapter -> urllib3's pools -> _Http, _Https    ours: they dial, and show their socket
                                                       |
                             Exchange (_deadline.py) <-+

What the library does by itself and we must not have: it follows redirects and unpacks their bodies, takes proxies and
passwords from the environment and keeps cookies (all of that lives in `requests.Session`, so there is none here), and
it reads the certificate bundle anew for every connection (25 ms).

Through a proxy (RFC 9110, 7.6 and 9.3.6) every connection leads to it: http is asked there, for https it is a tunnel.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH as AUTHORITIES
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, ReadTimeoutError

from ._answer import NO_BODY, PIECE, WITH_BODY, Hinted, Reply
from ._deadline import Exchange
from ._dial import CONNECT_SECONDS, READ_SECONDS, dial, patience, tls
from ._faults import NoAnswer, ProxyFault, Silence, too_long
from ._guard import Refused
from ._kept import HOSTS_KEPT

__all__ = ["AUTHORITIES", "ByRequests"]

PROXY_REFUSES = 407

_EXCHANGE: ContextVar[Exchange] = ContextVar("exchange")
"""Of this thread: urllib3 makes its connections out of our sight and has no place for a word from us."""


class _Http(HTTPConnection):
    """A connection of ours."""

    response_class = Hinted

    def _new_conn(self) -> socket.socket:
        return dial(_EXCHANGE.get(), self._dns_host, self.port or self.default_port)

    def request(self, *args: Any, **kwargs: Any) -> None:
        if self.sock is not None:
            _EXCHANGE.get().watch(self.sock)  # a connection that was kept
        super().request(*args, **kwargs)


class _Https(_Http, HTTPSConnection):
    """The same in TLS; the certificate is still held against the name."""

    def connect(self) -> None:
        self.ssl_context = tls()
        super().connect()


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
        manager = super().proxy_manager_for(proxy, proxy_ssl_context=tls(), **kwargs)
        manager.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}
        return manager

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Nothing: requests would name a bundle here, and urllib3 read it for every connection. See `tls`."""


class ByRequests:
    """Asks servers; shared by all threads."""

    def __init__(self, at_once: int, limit: int) -> None:
        self._limit = limit
        self._adapter = _Adapter(pool_connections=HOSTS_KEPT, pool_maxsize=at_once, max_retries=0)

    def close(self) -> None:
        """Let go of the idle connections."""
        self._adapter.close()

    def prepare(
        self, url: str, headers: Mapping[str, str], form: Mapping[str, str] | None
    ) -> requests.PreparedRequest:
        """A GET, or a POST of `form`, as it will be sent. Raises Refused."""
        try:
            return requests.Request("GET" if form is None else "POST", url, headers=headers, data=form).prepare()
        except (requests.RequestException, ValueError) as e:
            raise Refused("this is no address that can be asked") from e

    def ask(self, request: requests.PreparedRequest, exchange: Exchange, proxy: str) -> Reply:
        """On a connection that was kept, or on a new one. Raises Refused, NoAnswer, OSError and ValueError."""
        _EXCHANGE.set(exchange)
        try:
            return self._send(request, exchange, proxy)
        except (requests.ReadTimeout, ReadTimeoutError) as e:
            raise Silence from e
        except requests.exceptions.ProxyError as e:
            raise ProxyFault from e
        except HTTPError as e:
            raise requests.RequestException from e

    def _send(self, request: requests.PreparedRequest, exchange: Exchange, proxy: str) -> Reply:
        timeout = (CONNECT_SECONDS, patience(exchange, READ_SECONDS))
        proxies = {"http": proxy, "https": proxy} if proxy else {}
        with self._adapter.send(request, stream=True, timeout=timeout, proxies=proxies) as response:
            if proxy and response.status_code == PROXY_REFUSES:
                raise NoAnswer("the proxy answers 407 Proxy Authentication Required", is_cut_off=True, seems_ours=True)
            body = self._read(response) if response.status_code in WITH_BODY else b""
            if response.status_code in NO_BODY and "Transfer-Encoding" not in response.headers:
                response.raw.read()  # nothing, and it gives the connection back; http.client would wait for chunks
            return Reply(response.status_code, response.headers, body)

    def _read(self, response: requests.Response) -> bytes:
        said = response.headers.get("Content-Length") or "0"
        if max(int(length) for length in said.split(",")) > self._limit:  # the same twice is once (RFC 9110, 8.6)
            raise too_long(self._limit)
        body = bytearray()
        while chunk := response.raw.read(PIECE, decode_content=False):
            body += chunk
            if len(body) > self._limit:
                raise too_long(self._limit)
        return bytes(body)
