"""
The left half: one source, from the outside world into the store.

    fetch | parse | normalise | dedupe | quarantine | save

Most visits bring nothing. What judges articles is loaded by the first one that has any: 0.3 s, with numpy.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime
from random import Random
from threading import Lock
from typing import TYPE_CHECKING, cast
from urllib.parse import unquote

from . import moving, plugins, rhythm
from .errors import FetchError, ParseError
from .model import Article, Decision, Fetched, Source, Standing, Verdict, Visit, Wishes
from .sources import SourceKind, World
from .stores import Store

if TYPE_CHECKING:
    from .web import Trip

ERRORS_TOLD = 3
UNMODIFIED, GONE = 304, 410
BIG = 1 << 18
"""Bytes. Reading takes ten times the memory of what is read, and sixteen workers may have come home at once."""
ONE_BY_ONE = Lock()


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
    wishes: Wishes | None = None
    """What the first document that was read says of coming back."""

    def move_bookmark(self, fetched: Fetched) -> None:
        self.checkpoint.update(fetched.checkpoint)
        for key in [k for k, v in self.checkpoint.items() if not v]:
            del self.checkpoint[key]

    def note_wishes(self, kind: SourceKind, fetched: Fetched) -> None:
        if fetched.body is not None and not self.wishes and (ask := getattr(kind, "wishes", None)):
            self.wishes = ask(fetched)


def collect(
    source: Source, store: Store, trip: Trip, standing: Standing, chance: Random, *,
    authority: str, priorities: Mapping[str, int],
) -> Report:  # fmt: skip
    """Visit one source. What goes wrong outside is part of the report; only StoreError and PluginError are raised."""
    here = replace(source, location=standing.address or source.location)
    bag = gather(here, trip, Bag(dict(store.checkpoint(source.name)), authority))
    if not bag.articles:  # most visits
        visit = visited(source, trip, standing, bag, (), chance)
        store.save(visit, ())
        return Report(visit=visit, counts=Counter())
    with store.turn():
        decisions = judge(bag, source, store, priorities, now=trip.now, since=standing.visited)
        visit = visited(source, trip, standing, bag, decisions, chance)
        store.save(visit, decisions)
    waits_because = next((d.because for d in decisions if d.verdict is Verdict.WAITS), "")
    return Report(visit=visit, counts=Counter(d.verdict for d in decisions), waits_because=waits_because)


def judge(
    bag: Bag, source: Source, store: Store, priorities: Mapping[str, int], *, now: datetime, since: datetime | None
) -> list[Decision]:
    """The verdict on each article, with what has to wait."""
    from . import quarantine
    from .dedupe import dedupe

    known = store.known(bag.articles)
    decisions = dedupe(bag.articles, known, now=now, since=since, authority=bag.authority, priorities=priorities)
    return quarantine.watch(
        list(decisions), source, lambda: store.usual(source.name), store.quarantine(source.name), bag.places,
        now=now, since=since,
    )  # fmt: skip


def visited(
    source: Source, trip: Trip, before: Standing, bag: Bag, decisions: Sequence[Decision], chance: Random
) -> Visit:
    """The visit, with what it means for the next one."""
    heard, now, error = trip.reception, trip.now, complaint(bag.errors)
    visit = Visit(
        source=source.name, at=now, next_at=now + source.every, checkpoint=bag.checkpoint, error=error,
        requests=trip.requests, bytes=trip.bytes,
    )  # fmt: skip
    if not trip.requests:  # nobody has to be spared
        return visit
    if error and trip.is_offline:
        error = f"this machine seems to be offline: {error}"
        because = "soon: it is we who are offline"
        return replace(visit, next_at=rhythm.soon(now, chance), next_because=because, error=error, is_excused=True)
    has_news = any(d.verdict in (Verdict.NEW, Verdict.COPY) for d in decisions)
    after = rhythm.learn(before, heard, bag.wishes, bag.articles, now, has_news=has_news)
    after = moving.settle(source, after, heard, now, failed=bool(error))
    return replace(
        visit,
        next_at=rhythm.next_visit(source, after, heard, now, chance, failed=bool(error)),
        next_because=rhythm.why(source, after, heard, now, failed=bool(error)),
        is_unchanged=heard.status == UNMODIFIED,
        not_before=rhythm.not_before(source, heard, now),
        host_not_before=rhythm.host_not_before(heard, now),
        standing=after,
        is_last=bool(error) and heard.status == GONE and not before.address,
    )


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
                bag.note_wishes(kind, fetched)
    except FetchError as e:
        bag.errors.append(e.reason)
    if bag.articles:
        from .identity import tell_apart

        bag.articles = tell_apart(bag.articles)
    return bag


def place(fetched: Fetched, source: Source) -> str:
    """Which of a source's documents it is, where there may be several."""
    return "" if fetched.url == source.location else f"{unquote(fetched.url.rpartition('/')[2])}: "


def refuse_our_own(source: Source, articles: list[Article], authority: str) -> list[Article]:
    """Raises ParseError for a document in which everything is ours."""
    if articles:
        from .dedupe import is_ours

        if all(is_ours(a, authority) for a in articles):
            raise ParseError(source.name, f"this is our own feed: all its guids are ours (tag:{authority}:...)")
    return articles


def read(kind: SourceKind, source: Source, fetched: Fetched, now: datetime) -> list[Article]:
    if fetched.body is None:
        return []
    from .normalise import normalise

    with ONE_BY_ONE if len(fetched.body) > BIG else nullcontext():
        return [normalise(item, source, fetched, now) for item in kind.parse(source, fetched)]
