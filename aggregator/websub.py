"""
Telling hubs that a feed has changed (WebSub, https://www.w3.org/TR/websub/, publishing side).

    announce    which feeds are on disk, and what they say -> pings that wait in the store
    ping        the pings of one hub -> POSTs; what fails waits, twice as long each time, for a day at most

The Recommendation leaves open how a publisher tells a hub (section 6). PubSubHubbub 0.3 says `hub.url`, and so do the
hubs of Google and Superfeedr; Switchboard wants `hub.topic`. We say both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import FetchError
from .formats._page import feeds_of
from .formats._proof import web_address
from .model import Imprint, Ping, Topic
from .stores import Store

if TYPE_CHECKING:
    from .web import Trip

PATIENCE = timedelta(days=1)
"""What could not be told for so long is given up; subscribers get it with the next change."""
SHORTEST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=1)
BATCH = 100
"""Pings a job: a hub that is slow must not keep a worker for long."""


@dataclass(frozen=True, kw_only=True)
class Round:
    """What became of the pings of one hub."""

    told: Sequence[str] = ()
    """The feeds that the hub knows of now."""
    refused: Mapping[str, str] = field(default_factory=dict)
    """The feeds that it will not hear of, each with its words; they are not tried again until they change."""
    error: str | None = None
    """Why the others have to wait."""
    next_at: datetime | None = None
    """Until when."""
    given_up: int = 0


def announce(topic: Topic, imprint: Imprint, feeds: Path, store: Store, now: datetime) -> None:
    """What lies in the topic's folder has to be known to all hubs. What they know already, they are not told again."""
    if imprint.hubs:
        store.announce(imprint.hubs, on_disk(topic, imprint, feeds), now)


def on_disk(topic: Topic, imprint: Imprint, feeds: Path) -> dict[str, str]:
    """The address of each of the topic's feeds, exactly as it says of itself -> the digest of its bytes."""
    found = {}
    for feed in feeds_of(topic):
        with suppress(FileNotFoundError):
            body = (feeds / topic.name / feed.filename).read_bytes()
            found[f"{web_address(imprint.link)}{topic.name}/{feed.filename}"] = sha256(body).hexdigest()[:32]
    return found


def ping(hub: str, store: Store, trip: Trip) -> Round:
    """Tell this hub what waits for it. The first time that it cannot be reached ends the round for all."""
    told: list[str] = []
    refused: dict[str, str] = {}
    for one in store.pings(hub, BATCH):
        try:
            trip.post(hub, {"hub.mode": "publish", "hub.url": one.url, "hub.topic": one.url})
        except FetchError as e:
            if not e.permanent:
                next_at = next_try(one, trip)
                given_up = store.put_off(hub, next_at, trip.now - PATIENCE)
                return Round(told=told, refused=refused, error=e.reason, next_at=next_at, given_up=given_up)
            refused[one.url] = e.reason
        else:
            told.append(one.url)
        store.pinged(one)
    wish = trip.not_before  # its last answer may have been a yes, and no more requests for a while
    given_up = store.put_off(hub, wish, trip.now - PATIENCE) if wish else 0
    return Round(told=told, refused=refused, given_up=given_up)


def next_try(failed: Ping, trip: Trip) -> datetime:
    """After as long as it has been waiting already, so that the pauses double; the hub's own wish is kept."""
    pause = min(max(SHORTEST_PAUSE, trip.now - failed.asked_at), LONGEST_PAUSE)
    return max(trip.now + pause, trip.not_before or trip.now)
