"""
The left half: one source, from the outside world into the store.

    fetch | parse | normalise | dedupe | save
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from random import Random
from typing import TYPE_CHECKING, cast
from urllib.parse import unquote

from . import moving, plugins, rhythm
from .dedupe import dedupe
from .errors import FetchError, ParseError
from .model import Article, Decision, Fetched, Source, Standing, Verdict, Visit, Wishes
from .normalise import normalise, tell_apart
from .sources import SourceKind, World
from .stores import Store

if TYPE_CHECKING:
    from .web import Trip

ERRORS_TOLD = 3
GONE = 410


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
    bag = gather(here, trip, Bag(dict(store.checkpoint(source.name))))
    since = standing.visited
    with store.turn():
        known = store.known(bag.articles)
        decisions = list(
            dedupe(bag.articles, known, now=trip.now, since=since, authority=authority, priorities=priorities)
        )
        visit = visited(source, trip, standing, bag, decisions, chance)
        store.save(visit, decisions)
    return Report(visit=visit, counts=Counter(d.verdict for d in decisions))


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
        return replace(visit, next_at=rhythm.soon(now, chance), error=error, is_excused=True)
    has_news = any(d.verdict in (Verdict.NEW, Verdict.COPY) for d in decisions)
    after = rhythm.learn(before, heard, bag.wishes, bag.articles, now, has_news=has_news)
    after = moving.settle(source, after, heard, now, failed=bool(error))
    return replace(
        visit,
        next_at=rhythm.next_visit(source, after, heard, now, chance, failed=bool(error)),
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
                bag.articles += read(kind, source, fetched, world.now)
            except ParseError as e:
                bag.errors.append(f"{place(fetched, source)}{e.reason}")
            else:
                bag.move_bookmark(fetched)
                bag.note_wishes(kind, fetched)
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
    return [normalise(item, source, fetched, now) for item in kind.parse(source, fetched)]
