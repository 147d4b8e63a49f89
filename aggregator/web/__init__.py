"""
A polite GET: conditional, paced, bounded, never into the private network. And a POST that keeps to the same rules.

    Web     one for the process: the connections and each host's gate
    Trip    one visit at one source or hub: the World that its kind sees, and the bill
    Page    one answer

Importing this is cheap: `_requests.py`, which does the talking, is loaded by the first Web.
"""

from __future__ import annotations

import re
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import Message
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from .. import __version__
from ..errors import FetchError
from ..model import Checkpoint, Manners, Source
from ._gates import Gates
from ._wishes import back_after, fresh_for

if TYPE_CHECKING:
    from ._requests import Reply

HOPS = 5
"""Redirects that one GET follows."""
REDIRECTS = (301, 302, 303, 307, 308)
ACCEPT = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5"
TRAVELLING = ("accept", "accept-language", "a-im", "if-none-match", "if-modified-since")
"""What another host may see too after a redirect: nothing that could be a secret. The validators are its own."""


@dataclass(frozen=True, kw_only=True)
class Page:
    """What came back: see `Answer` in aggregator/sources/__init__.py."""

    url: str
    body: bytes | None
    media_type: str = ""
    charset: str | None = None
    checkpoint: Checkpoint


class Web:
    """The way out, for all workers at once."""

    def __init__(
        self,
        manners: Manners,
        *,
        seconds: float = 30,
        limit: int = 10 << 20,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`seconds` for one answer with all its redirects, waiting for our turn aside; `limit` in bytes, unpacked."""
        from ._requests import Wire

        self.seconds = seconds
        self.limit = limit
        contact = quote(manners.contact, safe=" !#$%&'*+,/:;=?@[]~")  # a header line is ASCII
        self.agent = f"River/{__version__}" + (f" (+{contact})" if contact else "")
        self.wire = Wire(manners.private_hosts, manners.at_once, seconds, limit)
        self.gates = Gates(manners.at_once, manners.pause, sleep)
        self.sleep = sleep

    def visit(self, source: Source, now: datetime) -> Trip:
        """Begin a visit. `now` is the only time it knows."""
        return Trip(self, source.name, now)

    def call(self, hub: str, now: datetime) -> Trip:
        """The same, at somebody who is no source."""
        return Trip(self, hub, now)

    def close(self) -> None:
        """Let go of the connections that were kept."""
        self.wire.close()


class Trip:
    """The world as one visit sees it, and what the visit cost. For one thread."""

    def __init__(self, web: Web, whom: str, now: datetime) -> None:
        self.now = now
        self.requests = 0
        """Redirects count, and so does what failed."""
        self.bytes = 0
        """Of the bodies that came whole, as they were on the wire."""
        self.not_before: datetime | None = None
        """The wish of the servers: when to come back, at the earliest."""
        self._web = web
        self._whom = whom
        self._has_arrived = False

    def wait(self, time: timedelta) -> None:
        """Let a moment pass."""
        self._web.sleep(time.total_seconds())

    def get(self, url: str, since: Checkpoint | None = None, headers: Mapping[str, str] | None = None) -> Page:
        """
        GET `url` and follow up to 5 redirects. `since` and the answer's checkpoint hold `etag` and `last-modified` as
        the server wrote them, empty if it gave none. A body of None: not modified (304), or nothing to say (204).
        Raises FetchError; of 410 Gone and what is no web address, a permanent one.
        """
        from ._requests import NoAnswer, Refused

        if not _is_web(url):
            raise self._error("this is no http or https address", permanent=True)
        try:
            url, reply = self._follow(url, {**_conditions(since or {}), **(headers or {})})
            return self._page(url, reply, since or {})
        except (NoAnswer, Refused) as e:
            raise self._error(str(e)) from e

    def post(self, url: str, form: Mapping[str, str]) -> None:
        """
        Send a form to `url`, perhaps twice. Redirects are not followed. Raises FetchError unless the answer is 2xx; of
        one that calls it our fault (4xx but 408 and 429), a permanent one.
        """
        from ._requests import NoAnswer, Refused

        if not _is_web(url):
            raise self._error("this is no http or https address", permanent=True)
        try:
            reply, _ = self._ask(url, {}, self._web.seconds, form)
        except (NoAnswer, Refused) as e:
            raise self._error(str(e)) from e
        if reply.status in (429, 503):
            self._stay_away(back_after(reply.headers, self.now))
        if not 200 <= reply.status < 300:
            is_our_fault = 400 <= reply.status < 500 and reply.status not in (408, 429)
            raise self._error(f"the server answers {_phrase(reply.status)}", permanent=is_our_fault)

    def _follow(self, url: str, headers: Mapping[str, str]) -> tuple[str, Reply]:
        """The first answer that is no redirect, and where it stood."""
        left = self._web.seconds
        for _ in range(HOPS + 1):
            reply, seconds = self._ask(url, {"Accept": ACCEPT, **headers}, left)
            left -= seconds
            if reply.status not in REDIRECTS:
                return url, reply
            target = self._target(url, reply)
            if _origin(target) != _origin(url):
                headers = {name: value for name, value in headers.items() if name.lower() in TRAVELLING}
            url = target
        raise self._error(f"more than {HOPS} redirects")

    def _ask(
        self, url: str, headers: Mapping[str, str], left: float, form: Mapping[str, str] | None = None
    ) -> tuple[Reply, float]:
        """The answer, and the seconds it took once it was our turn."""
        polite = {"User-Agent": self._web.agent, "Accept-Encoding": "gzip", **headers}
        with self._web.gates.through(urlsplit(url).hostname or ""):
            self.requests += 1
            began = time.monotonic()
            reply = self._web.wire.ask(url, polite, left, form)
            seconds = time.monotonic() - began
        self.bytes += len(reply.body)
        return reply, seconds

    def _target(self, url: str, reply: Reply) -> str:
        """Where a redirect leads. Its letters beyond ASCII are UTF-8 that http.client has read as Latin-1."""
        location = quote(reply.headers.get("Location", "").encode("latin-1"), safe="!#$%&'()*+,/:;=?@[]~")
        if not location:
            raise self._error("a redirect that leads nowhere")
        try:
            target = urljoin(url, location)
        except ValueError:
            target = ""
        if not _is_web(target):
            raise self._error("a redirect to what is no http or https address")
        if "@" in urlsplit(location).netloc:
            raise self._error("a redirect with a user name in its address")
        return target

    def _page(self, url: str, reply: Reply, since: Checkpoint) -> Page:
        """The answer, or FetchError. Keeps the server's wish."""
        self._note_wish(reply)
        old = {name: since.get(name, "") for name in ("etag", "last-modified")}
        given = {name: reply.headers.get(name, "") for name in old}
        url = _without_user(url)
        if reply.status == 304:
            if not _conditions(since):
                raise self._error("the server answers 304 Not Modified, but was asked for everything")
            # RFC 9111, 4.3.4: what a 304 says of the validators is newer than what we keep.
            return Page(url=url, body=None, checkpoint={name: given[name] or old[name] for name in old})
        if reply.status == 204:
            return Page(url=url, body=None, checkpoint=old)
        if reply.status not in (200, 203, 226):
            raise self._error(f"the server answers {_phrase(reply.status)}", permanent=reply.status == 410)
        try:
            body = unpack(reply.body, reply.headers.get("Content-Encoding", ""), self._web.limit)
        except ValueError as e:
            raise self._error(str(e)) from e
        media_type, charset = _content_type(reply.headers.get("Content-Type", ""))
        checkpoint = given if reply.status == 200 else dict.fromkeys(old, "")
        return Page(url=url, body=body, media_type=media_type, charset=charset, checkpoint=checkpoint)

    def _note_wish(self, reply: Reply) -> None:
        """
        The latest of all wishes counts. How long a document stays fresh is asked of the visit's first one only: it is
        the source itself, the others are what it links to.
        """
        wish = back_after(reply.headers, self.now) if reply.status in (429, 503) else timedelta()
        if reply.status in (200, 304) and not self._has_arrived:
            wish = fresh_for(reply.headers, self.now)
            self._has_arrived = True
        self._stay_away(wish)

    def _stay_away(self, wish: timedelta) -> None:
        if wish:
            self.not_before = max(self.not_before or self.now, self.now + wish)

    def _error(self, reason: str, *, permanent: bool = False) -> FetchError:
        return FetchError(self._whom, reason, permanent=permanent)


def unpack(body: bytes, coding: str, limit: int) -> bytes:
    """
    Undo gzip, which is all we offer. Believes the bytes more than the header: some servers say gzip and send plain,
    some the other way round. Raises ValueError with a plain sentence; `limit` bytes at most are ever unpacked.
    """
    codings = [name for part in coding.lower().split(",") if (name := part.strip()) not in ("", "identity")]
    if codings not in ([], ["gzip"], ["x-gzip"]):
        raise ValueError(f"the answer is packed as {', '.join(codings)!r}, which was not asked for")
    parts: list[bytes] = []
    size = 0
    while body.startswith(b"\x1f\x8b"):  # RFC 1952, 2.2: one member or several
        stream = zlib.decompressobj(zlib.MAX_WBITS | 16)
        try:
            parts.append(stream.decompress(body, limit - size + 1))
        except zlib.error as e:
            raise ValueError("the answer is badly packed") from e
        size += len(parts[-1])
        if size > limit:
            raise ValueError(f"the answer is longer than {limit} bytes unpacked")
        if not stream.eof:
            raise ValueError("the packed answer ends early")
        body = stream.unused_data
    return b"".join(parts) if parts else body


def _is_web(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port


def _without_user(url: str) -> str:
    """The address without name and password: it may be published."""
    parts: SplitResult = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def _conditions(since: Checkpoint) -> dict[str, str]:
    """The validators as the server gave them; not one that cannot stand in a header line."""
    conditions = {}
    if re.fullmatch(r"[!-~\x80-\xff](?:[ -~\x80-\xff]{0,1022}[!-~\x80-\xff])?", since.get("etag", "")):
        conditions["If-None-Match"] = since["etag"]
    if re.fullmatch(r"[!-~](?:[ -~]{0,126}[!-~])?", since.get("last-modified", "")):
        conditions["If-Modified-Since"] = since["last-modified"]
    return conditions


def _content_type(value: str) -> tuple[str, str | None]:
    """The media type, lower case, and the character set."""
    message = Message()
    message["Content-Type"] = re.sub(r"[\r\n]+", " ", value)
    media_type = value.partition(";")[0].strip().lower()
    charset = message.get_param("charset")
    return media_type, charset.strip().lower() if isinstance(charset, str) and charset.strip() else None


def _phrase(status: int) -> str:
    """`404 Not Found`; of a number that nobody knows, the number."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
