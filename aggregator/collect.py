"""
The left half: one source, from the outside world into the store.

    fetch | parse | normalise | dedupe | save
"""

from __future__ import annotations

import ctypes
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, cast
from urllib.parse import unquote

from . import plugins
from .dedupe import dedupe
from .errors import FetchError, ParseError
from .model import Article, Fetched, Source, Verdict, Visit
from .normalise import normalise, tell_apart
from .sources import SourceKind, World
from .stores import Store

if TYPE_CHECKING:
    from .web import Trip

LONGEST_WAIT = timedelta(days=1)
ERRORS_TOLD = 3
BIG = 1 << 18
"""Bytes. Reading takes ten times the memory of what is read, and sixteen workers may have come home at once."""
ONE_BY_ONE = Lock()


@dataclass(frozen=True, kw_only=True)
class Report:
    """What a visit came to."""

    visit: Visit
    counts: Mapping[Verdict, int]


@dataclass
class Bag:
    """What is being carried home."""

    checkpoint: dict[str, str]
    articles: list[Article] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def move_bookmark(self, fetched: Fetched) -> None:
        self.checkpoint.update(fetched.checkpoint)
        for key in [k for k, v in self.checkpoint.items() if not v]:
            del self.checkpoint[key]


def collect(source: Source, store: Store, trip: Trip, *, authority: str, priorities: Mapping[str, int]) -> Report:
    """Visit one source. What goes wrong outside is part of the report; only StoreError and PluginError are raised."""
    since = store.visited(source.name)
    bag = gather(source, trip, Bag(dict(store.checkpoint(source.name))))
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
        store.save(visit, decisions)
    return Report(visit=visit, counts=Counter(d.verdict for d in decisions))


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
                bag.articles += read(kind, source, fetched, world.now)
            except ParseError as e:
                bag.errors.append(f"{place(fetched, source)}{e.reason}")
            else:
                bag.move_bookmark(fetched)
    except FetchError as e:
        bag.errors.append(e.reason)
    bag.articles = tell_apart(bag.articles)
    return bag


def place(fetched: Fetched, source: Source) -> str:
    """Which of a source's documents it is, where there may be several."""
    return "" if fetched.url == source.location else f"{unquote(fetched.url.rpartition('/')[2])}: "


def read(kind: SourceKind, source: Source, fetched: Fetched, now: datetime) -> list[Article]:
    if fetched.body is None:
        return []
    with alone() if len(fetched.body) > BIG else nullcontext():
        return [normalise(item, source, fetched, now) for item in kind.parse(source, fetched)]


@contextmanager
def alone() -> Iterator[None]:
    """For what takes much memory: one at a time, and all of it is given back at the end."""
    with ONE_BY_ONE:
        try:
            yield
        finally:
            give_back()


@cache
def _trim() -> Callable[[int], object]:
    """glibc keeps what a thread has freed for this thread: 16 workers that each have read one big feed hold 200 MB."""
    return getattr(ctypes.CDLL(None), "malloc_trim", int) if sys.platform == "linux" else int


def give_back() -> None:
    """Free memory, to the system."""
    _trim()(0)


def next_visit(source: Source, trip: Trip, since: datetime | None, *, failed: bool) -> datetime:
    """
    When to come back. A server that fails is left alone for as long as it has been failing already, so that the pauses
    double; its own wish is always kept. Where no request was made, nobody has to be spared.
    """
    wait = source.every
    if failed and since and trip.requests:
        wait = min(max(source.every, trip.now - since), max(source.every, LONGEST_WAIT))
    return max(trip.now + wait, trip.not_before or trip.now)
