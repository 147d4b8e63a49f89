"""
Asking a server: one request, one answer, one deadline for both.

    Wire.ask -> Direct (_direct.py)           a plain GET: on http.client and connections of our own
             -> ByRequests (_requests.py)     all else: forms, proxies, addresses that have to be mended
                    |
         dial (_dial.py): may we go there?    Exchange (_deadline.py): until when?
"""

from __future__ import annotations

import functools
import http.client
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ._answer import Reply
from ._deadline import Exchange, Watchdog
from ._direct import Direct, question
from ._faults import NoAnswer, is_cut_off, seems_ours, sentence, was_closed
from ._guard import Guard

if TYPE_CHECKING:
    from ._requests import ByRequests


class Wire:
    """Asks servers; shared by all threads. Keeps up to `at_once` idle connections per host."""

    def __init__(self, guard: Guard, at_once: int, seconds: float, limit: int) -> None:
        self._guard = guard
        self._at_once = at_once
        self._limit = limit
        self._direct = Direct(at_once, limit)
        self._watchdog = Watchdog()
        self._late = f"no complete answer within {seconds:g} seconds"

    @functools.cached_property
    def _by_requests(self) -> ByRequests:
        from ._requests import ByRequests  # 70 ms

        return ByRequests(self._at_once, self._limit)

    def close(self) -> None:
        """Let go of the idle connections."""
        self._direct.close()
        if "_by_requests" in vars(self):
            self._by_requests.close()

    def ask(
        self, url: str, headers: Mapping[str, str], left: float, form: Mapping[str, str] | None = None, proxy: str = ""
    ) -> Reply:
        """
        One GET, or a POST of `form`, without following redirects, with at most `limit` bytes of body; `left` is what
        the redirects before it have left of `seconds`. A form may be sent twice. Raises Refused and NoAnswer.
        """
        guard, direct = self._guard, self._direct
        plain = question(url, headers) if form is None and not proxy else None
        if plain:
            return self._exchange(lambda exchange: direct.ask(plain, exchange), Exchange(left, guard))
        ways = self._by_requests
        request = ways.prepare(url, headers, form)
        if proxy:  # the operator's own, so it may be inside; where it goes for us we cannot see
            guard.check_unseen(urlsplit(request.url or "").hostname or "")
            guard = Guard([urlsplit(proxy).hostname or ""])
        return self._exchange(lambda exchange: ways.ask(request, exchange, proxy), Exchange(left, guard), bool(proxy))

    def _exchange(self, attempt: Callable[[Exchange], Reply], exchange: Exchange, by_proxy: bool = False) -> Reply:
        with self._watchdog.over(exchange):
            while True:
                exchange.is_fresh = False
                try:
                    reply = attempt(exchange)
                    if exchange.is_late:  # a body without length looks complete when we hang up
                        raise TimeoutError
                    return reply
                except (OSError, http.client.HTTPException, ValueError) as e:
                    # A connection that was kept may have been closed by the server at this very moment: ask again on
                    # another one (RFC 9112, 9.3.1). Each attempt uses one up, so a new one is reached.
                    is_late = exchange.is_late or not exchange.left()
                    if exchange.is_fresh or is_late or not was_closed(e):
                        nobody = not exchange.is_connected and (is_late or by_proxy or is_cut_off(e))
                        ours = nobody and (by_proxy or seems_ours(e))
                        text = self._late if is_late else sentence(e)
                        raise NoAnswer(text, is_cut_off=nobody, seems_ours=ours) from e
