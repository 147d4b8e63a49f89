"""
A web server that keeps the score of its visitors, as strict publishers do: who asks for everything again, who makes up
validators, who comes before he was told to. Its clock is an argument.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler

from .loopback import Loopback, reply

BROWSERS = ("mozilla/", "python-requests", "python-urllib", "curl/", "feedparser/")


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request, and what it got."""

    at: datetime
    headers: Mapping[str, str]
    etag: str
    modified: str
    status: int
    not_before: datetime
    """When the next one is welcome."""


@dataclass
class Publisher:
    """One document. What it says may depend on the time and on how often it was asked."""

    clock: Callable[[], datetime]
    began: datetime
    changes: timedelta = timedelta(hours=9)
    fresh: timedelta = timedelta()
    """Its max-age."""
    head: str = ""
    """More of the channel: `<ttl>180</ttl>`."""
    status: Callable[[datetime, int], int] = lambda at, nth: 200
    """At this time, for the nth call."""
    location: str = ""
    patience: timedelta = timedelta()
    """Its Retry-After, when it is busy."""
    is_stubborn: bool = False
    """Says 304 whatever has changed."""
    has_validators: bool = True
    calls: list[Call] = field(default_factory=list)

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        now = self.clock()
        version = (now - self.began) // self.changes
        etag = f'W/"v{version}"' if self.has_validators else ""
        modified = f"Monday, {version:02d}-Mar-26 10:00:00 GMT" if self.has_validators else ""
        status, more = self.status(now, len(self.calls)), dict[str, str]()
        asked = handler.headers
        known = self.is_stubborn or asked["If-None-Match"] == etag
        if status == 200 and etag and "If-None-Match" in asked and known:
            status = 304
        if status in (200, 304):
            more = {k: v for k, v in (("ETag", etag), ("Last_Modified", modified)) if v}
            more["Cache_Control"] = f"max-age={self.fresh.total_seconds():.0f}"
        if status in (301, 302):
            more["Location"] = self.location
        if status in (429, 503):
            more["Retry_After"] = f"{self.patience.total_seconds():.0f}"
        rest = self.patience if status in (429, 503) else self.fresh if status in (200, 304) else timedelta()
        self.calls.append(Call(
            at=now, headers=dict(asked), etag=etag if status == 200 else "", modified=modified if status == 200 else "",
            status=status, not_before=now + rest,
        ))  # fmt: skip
        reply(status, self.feed(version) if status == 200 else b"", **more)(handler)

    def feed(self, version: int) -> bytes:
        """Its ten newest items."""
        items = "".join(
            f"<item><title>Bulletin {n} of the harbour office</title><guid>b{n}</guid><link>https://h.example/{n}</link>"
            f"<pubDate>{format_datetime(self.began + n * self.changes, usegmt=True)}</pubDate></item>"
            for n in range(version, version - 10, -1)
        )
        return f'<rss version="2.0"><channel><title>Harbour</title>{self.head}{items}</channel></rss>'.encode()


@dataclass(frozen=True, kw_only=True)
class Score:
    """What a strict publisher counts."""

    requests: int
    unconditional: int
    made_up: int
    """Validators that were never given out."""
    out_of_sequence: int
    """Validators that are not the last ones given out."""
    early: int
    """Inside a max-age or a Retry-After."""
    rude: int
    """With a cookie, a Referer, a browser's name, no name or no gzip."""


def score(calls: list[Call]) -> Score:
    """Of all calls at one document, in their order."""
    counts = dict.fromkeys(("unconditional", "made_up", "out_of_sequence", "early", "rude"), 0)
    etags, dates = [""], [""]
    welcome_at = calls[0].at
    for call in calls:
        sent = [(call.headers.get("If-None-Match"), etags), (call.headers.get("If-Modified-Since"), dates)]
        counts["unconditional"] += all(value is None for value, _ in sent)
        counts["made_up"] += any(value is not None and value not in given for value, given in sent)
        counts["out_of_sequence"] += any(value in given[:-1] for value, given in sent)
        counts["early"] += call.at < welcome_at
        counts["rude"] += _is_rude(call.headers)
        welcome_at = call.not_before
        etags += [call.etag] if call.etag not in ("", etags[-1]) else []
        dates += [call.modified] if call.modified not in ("", dates[-1]) else []
    return Score(requests=len(calls), **counts)


def _is_rude(headers: Mapping[str, str]) -> bool:
    agent = headers.get("User-Agent", "").lower()
    return (
        "Cookie" in headers or "Referer" in headers or not agent or agent.startswith(BROWSERS)
        or "gzip" not in headers.get("Accept-Encoding", "")
    )  # fmt: skip


def publish(server: Loopback, publishers: Mapping[str, Publisher]) -> None:
    """From now on the server has these documents."""
    server.answers.update({path: publisher.answer for path, publisher in publishers.items()})
