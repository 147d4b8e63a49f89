"""
The left half: one source, from the outside world into the store.

    fetch | parse | normalise | dedupe | quarantine | save
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, cast
from urllib.parse import unquote

from . import plugins, quarantine
from .dedupe import dedupe, is_ours
from .errors import FetchError, ParseError
from .identity import tell_apart
from .model import Article, Fetched, Source, Verdict, Visit
from .normalise import normalise
from .sources import SourceKind, World
from .stores import Store

if TYPE_CHECKING:
    from .web import Trip

LONGEST_WAIT = timedelta(days=1)
ERRORS_TOLD = 3


@dataclass(frozen=True, kw_only=True)
class Report:
    """What a visit came to."""

    visit: Visit
    counts: Mapping[Verdict, int]
    waits_because: str = ""
    """Why something has to wait in quarantine; empty if nothing has."""


@dataclass
class Bag:
    """What is being carried home."""

    checkpoint: dict[str, str]
    authority: str = ""
    """Whose `tag:` URIs we mint: what comes under one of them is ours."""
    articles: list[Article] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    """Where the documents were found, after redirects."""
    errors: list[str] = field(default_factory=list)

    def move_bookmark(self, fetched: Fetched) -> None:
        self.checkpoint.update(fetched.checkpoint)
        for key in [k for k, v in self.checkpoint.items() if not v]:
            del self.checkpoint[key]


def collect(source: Source, store: Store, trip: Trip, *, authority: str, priorities: Mapping[str, int]) -> Report:
    """Visit one source. What goes wrong outside is part of the report; only StoreError and PluginError are raised."""
    since = store.visited(source.name)
    bag = gather(source, trip, Bag(dict(store.checkpoint(source.name)), authority))
    error = complaint(bag.errors)
    visit = Visit(
        source=source.name, at=trip.now, next_at=next_visit(source, trip, since, failed=bool(error)),
        not_before=trip.not_before, checkpoint=bag.checkpoint, error=error, requests=trip.requests, bytes=trip.bytes,
    )  # fmt: skip
    with store.turn():
        known = store.known(bag.articles)
        decisions = list(
            dedupe(bag.articles, known, now=trip.now, since=since, authority=authority, priorities=priorities)
        )
        decisions = quarantine.watch(
            decisions, source, lambda: store.usual(source.name), store.quarantine(source.name), bag.places,
            now=trip.now, since=since,
        )  # fmt: skip
        store.save(visit, decisions)
    waits_because = next((d.because for d in decisions if d.verdict is Verdict.WAITS), "")
    return Report(visit=visit, counts=Counter(d.verdict for d in decisions), waits_because=waits_because)


def complaint(errors: Sequence[str]) -> str | None:
    """One line for a visit, however much went wrong."""
    more = f"; and {len(errors) - ERRORS_TOLD} more like that" if len(errors) > ERRORS_TOLD else ""
    return "; ".join(errors[:ERRORS_TOLD]) + more if errors else None


def gather(source: Source, world: World, bag: Bag) -> Bag:
    """Fill the bag. One bad document costs itself, and its bookmark stays where it was; a broken way ends the visit."""
    kind = cast(SourceKind, plugins.load("sources", source.kind))
    try:
        for fetched in kind.fetch(source, bag.checkpoint, world):
            try:
                bag.articles += refuse_our_own(source, read(kind, source, fetched, world.now), bag.authority)
            except ParseError as e:
                bag.errors.append(f"{place(fetched, source)}{e.reason}")
            else:
                bag.places.append(fetched.url)
                bag.move_bookmark(fetched)
    except FetchError as e:
        bag.errors.append(e.reason)
    bag.articles = tell_apart(bag.articles)
    return bag


def place(fetched: Fetched, source: Source) -> str:
    """Which of a source's documents it is, where there may be several."""
    return "" if fetched.url == source.location else f"{unquote(fetched.url.rpartition('/')[2])}: "


def refuse_our_own(source: Source, articles: list[Article], authority: str) -> list[Article]:
    """Raises ParseError for a document in which everything is ours."""
    if articles and all(is_ours(a, authority) for a in articles):
        raise ParseError(source.name, f"this is our own feed: all its guids are ours (tag:{authority}:...)")
    return articles


def read(kind: SourceKind, source: Source, fetched: Fetched, now: datetime) -> list[Article]:
    if fetched.body is None:
        return []
    return [normalise(item, source, fetched, now) for item in kind.parse(source, fetched)]


def next_visit(source: Source, trip: Trip, since: datetime | None, *, failed: bool) -> datetime:
    """
    When to come back. A server that fails is left alone for as long as it has been failing already, so that the pauses
    double; its own wish is always kept. Where no request was made, nobody has to be spared.
    """
    wait = source.every
    if failed and since and trip.requests:
        wait = min(max(source.every, trip.now - since), max(source.every, LONGEST_WAIT))
    return max(trip.now + wait, trip.not_before or trip.now)
