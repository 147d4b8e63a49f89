"""
A polite GET: conditional, paced, bounded, never into the private network. And a POST that keeps to the same rules.

    Web     one for the process: the connections and each host's gate
    Trip    one visit at one source or hub: the World that its kind sees, and the bill
    Page    one answer

Importing this is cheap: `_wire.py`, which does the talking, is loaded by the first Web.
"""

from __future__ import annotations

import math
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.message import Message
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urldefrag, urljoin, urlsplit

from .. import __version__
from ..errors import FetchError, Stopped
from ..model import HOST_PAUSE, Checkpoint, Manners, Reception, Source, host_of
from ..urls import without_user
from ._address import plain
from ._gates import Gates
from ._guard import Guard, Refused
from ._line import Line
from ._packed import unpack
from ._validators import VALIDATORS, conditions_for, given_at
from ._wishes import back_after, budget_after, fresh_for

if TYPE_CHECKING:
    from ._answer import Reply

HOPS = 5
"""Redirects that one GET follows."""
MOMENT = 10
"""Seconds that a visit waits where a host wants no more requests for now; if it is longer, it does without."""
REDIRECTS = (301, 302, 303, 307, 308)
PERMANENT = (301, 308)
ACCEPT = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5"
TRAVELLING = ("accept", "accept-language")
"""What another host may see too after a redirect: nothing that could be a secret."""


@dataclass(frozen=True, kw_only=True)
class Page:
    """What came back: see `Answer` in aggregator/sources/__init__.py."""

    url: str
    body: bytes | None
    media_type: str = ""
    charset: str | None = None
    is_part: bool = False
    checkpoint: Checkpoint


class Web:
    """The way out, for all workers at once."""

    def __init__(
        self,
        manners: Manners,
        *,
        seconds: float = 30,
        limit: int = 10 << 20,
        sleep: Callable[[float], object] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """
        `seconds` for one answer with all its redirects, waiting for our turn aside; `limit` in bytes, unpacked; `clock`
        gives seconds, and is never set.
        """
        from ._wire import Wire

        self.seconds = seconds
        self.limit = limit
        self._stopping = threading.Event()
        self._sleep = sleep
        self.clock = clock
        contact = quote(manners.contact, safe=" !#$%&'*+,/:;=?@[]~")  # a header line is ASCII
        self.agent = f"River/{__version__}" + (f" (+{contact})" if contact else "")
        self.proxy = manners.proxy
        self.wire = Wire(Guard(manners.private_hosts), manners.at_once, seconds, limit)
        self.gates = Gates(manners.at_once, manners.pause, self.sleep, clock)
        self.line = Line()

    def visit(self, source: Source, now: datetime, home: str = "", *, afresh: bool = False) -> Trip:
        """
        Begin a visit. `now` is the only time it knows; `home` is where the source has moved for good; `afresh`: no
        answer is "not modified".
        """
        return Trip(self, source.name, now, home or source.location, source, afresh=afresh)

    def call(self, hub: str, now: datetime) -> Trip:
        """The same, at somebody who is no source."""
        return Trip(self, hub, now, hub)

    def with_manners(self, manners: Manners) -> Web:
        """
        The way out from now on, for a new configuration. Visits under way end as they began, but that a host has one
        gate for all.
        """
        new = Web(manners, seconds=self.seconds, limit=self.limit, sleep=self._sleep, clock=self.clock)
        self.gates.change(manners.at_once, manners.pause)
        new.gates, new.line, new._stopping = self.gates, self.line, self._stopping
        self.close()
        return new

    def sleep(self, seconds: float) -> None:
        """Let a moment pass. Raises Stopped."""
        (self._sleep or self._stopping.wait)(seconds)
        self.go_on()

    def go_on(self) -> None:
        """Raises Stopped once `stop` was called."""
        if self._stopping.is_set():
            raise Stopped("stopped in the middle of a visit; the next one begins where this one did")

    def stop(self) -> None:
        """Whoever is under way ends before the next request: a visit may pause many times."""
        self._stopping.set()

    def close(self) -> None:
        """Let go of the connections that were kept."""
        self.wire.close()


class Trip:
    """The world as one visit sees it, and what the visit cost. For one thread."""

    def __init__(
        self, web: Web, whom: str, now: datetime, home: str, source: Source | None = None, *, afresh: bool = False
    ) -> None:
        self.now = now
        self.requests = 0
        """Redirects count, and so does what failed."""
        self.bytes = 0
        """Of the bodies that came whole, as they were on the wire."""
        self.reception = Reception()
        """What the servers said."""
        self._web = web
        self._began = web.clock()
        self._whom = whom
        self._home = home
        self._source = source
        self._afresh = afresh
        own = source.proxy if source else None
        self._proxy = web.proxy if own is None else own
        self._speaker = ""
        """The document that speaks for the source."""
        self._rests: dict[str, float] = {}
        """Host -> until when it has asked to be left alone, on the clock of the pauses."""

    @property
    def not_before(self) -> datetime | None:
        """The wish of the servers: when to come back, at the earliest."""
        wish = max(self.reception.back_after, self.reception.fresh_for)
        return self.now + self.reception.said_after + wish if wish else None

    @property
    def is_offline(self) -> bool:
        """Whether nobody was reached, as nobody can be from here."""
        return self.reception.is_cut_off and self._web.line.is_down(self.now)

    def wait(self, time: timedelta) -> None:
        """Let a moment pass."""
        self._web.sleep(time.total_seconds())

    def pace(self, url: str, apart: timedelta) -> None:
        """From now on so much time is between two requests to this host, by all visits."""
        self._web.gates.pace(host_of(url), apart.total_seconds())

    def get(self, url: str, since: Checkpoint | None = None, headers: Mapping[str, str] | None = None) -> Page:
        """
        GET `url` and follow up to 5 redirects. `since` and the answer's checkpoint hold `etag` and `last-modified` as
        the server wrote them, empty if it gave none. A body of None: not modified (304), or nothing to say (204).
        Raises FetchError; of 410 Gone and what is no web address, a permanent one.
        """
        from ._faults import NoAnswer

        if not _is_web(url):
            raise self._error("this is no http or https address", permanent=True)
        try:
            page = self._page(url, *self._follow(url, since or {}, {**self._own_headers(url), **(headers or {})}))
            whose = given_at(page.url, page.checkpoint, url, since or {})
            return replace(page, checkpoint={**page.checkpoint, **whose}) if whose else page
        except (NoAnswer, Refused) as e:
            raise self._error(str(e)) from e

    def _own_headers(self, url: str) -> Mapping[str, str]:
        """What the operator has told us to send: only to the place that he has named, wherever that has moved."""
        named = self._source
        return named.headers if named and named.headers and _origin(url) == _origin(named.location) else {}

    def post(self, url: str, form: Mapping[str, str]) -> None:
        """
        Send a form to `url`, perhaps twice. Redirects are not followed. Raises FetchError unless the answer is 2xx; of
        one that calls it our fault (4xx but 408 and 429), a permanent one.
        """
        from ._faults import NoAnswer

        if not _is_web(url):
            raise self._error("this is no http or https address", permanent=True)
        try:
            reply, _ = self._ask(url, {}, self._web.seconds, form)
            self._note_pause(reply, [host_of(url)])
        except (NoAnswer, Refused) as e:
            raise self._error(str(e)) from e
        if not 200 <= reply.status < 300:
            is_our_fault = 400 <= reply.status < 500 and reply.status not in (408, 429)
            raise self._refused(reply, permanent=is_our_fault)

    def _follow(
        self, asked: str, since: Checkpoint, headers: Mapping[str, str]
    ) -> tuple[str, Reply, Mapping[str, str]]:
        """The first answer that is no redirect, where it stood, and the validators that it was asked with."""
        url, left, moved_to, is_permanent, way = asked, self._web.seconds, "", True, list[str]()
        for _ in range(HOPS + 1):
            conditions = {} if self._afresh else conditions_for(url, since, asked)
            # a pause that a host asks for with a redirect is for what we want beyond that
            is_led = host_of(url) in map(host_of, way)
            reply, seconds = self._ask(url, {"Accept": ACCEPT, **conditions, **headers}, left, is_led=is_led)
            left -= seconds
            way.append(url)
            self._note_pause(reply, [host_of(place) for place in way])
            if reply.status not in REDIRECTS:
                if self._speaks(asked):
                    self._hear(status=reply.status, is_elsewhere=url != asked, moved_to=moved_to)
                return url, reply, conditions
            target = self._target(url, reply)
            if urldefrag(target)[0] in way:
                raise self._error("redirects that lead in a circle")
            is_permanent = is_permanent and reply.status in PERMANENT
            moved_to = target if is_permanent else moved_to
            if _origin(target) != _origin(url):
                headers = {name: value for name, value in headers.items() if name.lower() in TRAVELLING}
            url = target
        raise self._error(f"more than {HOPS} redirects")

    def _speaks(self, url: str) -> bool:
        """
        Whether this document speaks for the source: the one at its own address, or, if that is never asked for, the
        first one. robots.txt speaks for nobody.
        """
        if url == self._home or (not self._speaker and urlsplit(url).path != "/robots.txt"):
            self._speaker = url
        return url == self._speaker

    def _ask(
        self, url: str, headers: Mapping[str, str], left: float, form: Mapping[str, str] | None = None,
        *, is_led: bool = False,
    ) -> tuple[Reply, float]:  # fmt: skip
        """The answer, and the seconds it took once it was our turn. `is_led`: by this very host, just now."""
        from ._faults import NoAnswer

        host = host_of(url)
        polite = {"User-Agent": self._web.agent, "Accept-Encoding": "gzip", **headers}
        with self._web.gates.through(host):
            self._web.go_on()
            if not is_led:
                self._spare(host)
            self.requests += 1
            began = time.monotonic()
            try:
                reply = self._web.wire.ask(url, polite, left, form, self._proxy)
            except NoAnswer as e:
                if e.is_cut_off:
                    self._web.line.lost(host, self.now, seems_ours=e.seems_ours)
                self._hear(is_cut_off=e.is_cut_off)
                raise
            seconds = time.monotonic() - began
        self._web.line.reached(self.now)
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

    def _page(self, asked: str, url: str, reply: Reply, conditions: Mapping[str, str]) -> Page:
        """The answer, or FetchError."""
        if asked == self._speaker and reply.status in (200, 203, 226, 304):
            after = self._so_far()
            if fresh := fresh_for(reply.headers, self.now + after):
                self._hear(fresh_for=fresh, said_after=after)
        given = {name: reply.headers.get(name, "") for name in VALIDATORS}
        old = {"etag": conditions.get("If-None-Match", ""), "last-modified": conditions.get("If-Modified-Since", "")}
        place = without_user(url)
        if reply.status == 304 and not conditions:
            raise self._error("the server answers 304 Not Modified, but was asked for everything")
        if reply.status in (204, 304):
            # RFC 9111, 4.3.4: what a 304 says of the validators is newer than what we keep.
            kept = {name: (reply.status == 304 and given[name]) or old[name] for name in VALIDATORS}
            return Page(url=place, body=None, checkpoint=kept)
        if reply.status not in (200, 203, 226):
            raise self._refused(reply, permanent=reply.status == 410)
        try:
            body = unpack(reply.body, reply.headers.get("Content-Encoding", ""), self._web.limit)
        except ValueError as e:
            raise self._error(str(e)) from e
        media_type, charset = _content_type(reply.headers.get("Content-Type", ""))
        # 226 (RFC 3229): its ETag is that of the whole, although the body is what is new in it.
        checkpoint = given if reply.status in (200, 226) else dict.fromkeys(VALIDATORS, "")
        is_part = reply.status == 226
        return Page(
            url=place, body=body, media_type=media_type, charset=charset, is_part=is_part, checkpoint=checkpoint
        )

    def _note_pause(self, reply: Reply, way: Sequence[str]) -> None:
        """The longest of all wishes counts, whichever server of this visit has it. `way`: the hosts that led to it."""
        after = self._so_far()
        is_refused = reply.status in (403, 429, 503)
        budget = budget_after(reply.headers, self.now + after, is_refused=is_refused)
        pause = max(budget, back_after(reply.headers, self.now + after) if reply.status >= 400 else budget)
        if pause or reply.status == 429:
            self._rests[way[-1]] = self._web.clock() + (pause.total_seconds() or math.inf)
        if pause:
            self._hear(back_after=max(pause, self.reception.back_after), said_after=after)
        if reply.status == 429 or budget:
            told = self.reception.crowded
            here = {host: max(pause, told.get(host, pause)) for host in way}
            self._hear(crowded={**told, **here}, said_after=after)
            self._web.gates.close(way[-1], min(pause or HOST_PAUSE, HOST_PAUSE).total_seconds())

    def _spare(self, host: str) -> None:
        """Wait until this host's rest is over; if that is not in a moment, FetchError as by the host itself (429)."""
        rest = max(self._rests.get(host, 0.0) - self._web.clock(), self._web.gates.opens_in(host))
        if rest > MOMENT:
            raise FetchError(self._whom, f"{host} wants to be left alone for now", status=429)
        if rest > 0:
            self._web.sleep(rest)

    def _so_far(self) -> timedelta:
        """
        Since the beginning of the visit, with all its pauses; up to the next whole second, as the time that we are told
        is cut to one.
        """
        return timedelta(seconds=math.ceil(self._web.clock() - self._began))

    def _hear(self, **said: Any) -> None:
        if not said.items() <= vars(self.reception).items():  # mostly it is nothing new
            self.reception = replace(self.reception, **said)

    def _refused(self, reply: Reply, *, permanent: bool) -> FetchError:
        reason = f"the server answers {_phrase(reply.status)}"
        return FetchError(self._whom, reason, permanent=permanent, status=reply.status)

    def _error(self, reason: str, *, permanent: bool = False) -> FetchError:
        return FetchError(self._whom, reason, permanent=permanent)


def _is_web(url: str) -> bool:
    if plain(url):
        return True
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port


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
