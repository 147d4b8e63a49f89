"""
The left half: one source, from the outside world into the store.

    gather (fetch | parse | normalise) | dedupe | quarantine | save

Most visits bring nothing. What judges articles is loaded by the first one that has any: 0.3 s, with numpy.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from random import Random
from typing import TYPE_CHECKING

from . import moving, rhythm
from .errors import Stopped
from .gather import ONE_BY_ONE, Bag, gather
from .model import Decision, Known, Note, Source, Standing, Verdict, Visit
from .stores import Store

if TYPE_CHECKING:
    from .web import Trip

ERRORS_TOLD = 3
UNMODIFIED, GONE = 304, 410


@dataclass(frozen=True, kw_only=True)
class Report:
    """What a visit came to."""

    visit: Visit
    counts: Mapping[Verdict, int]
    waits_because: str = ""
    """Why something has to wait in quarantine, or finds no room there; empty if nothing has."""
    not_kept: int = 0
    """How many articles found no room."""


def collect(
    source: Source, store: Store, trip: Trip, standing: Standing, chance: Random, *,
    authority: str, priorities: Mapping[str, int],
) -> Report:  # fmt: skip
    """
    Visit one source. What goes wrong outside is part of the report; only StoreError and PluginError are raised; and
    Stopped, when nothing is saved but when the servers want to see us again.
    """
    here = replace(source, location=standing.address) if standing.address else source
    recollect = partial(store.echoes, source.name)
    try:
        bag = gather(here, trip, Bag(dict(standing.checkpoint), authority, recollect))
    except Stopped:
        heard, now = trip.reception, trip.now
        until, hosts = rhythm.not_before(source, heard, now), rhythm.hosts_not_before(heard, now)
        store.leave_alone(source.name, now, until, hosts)
        raise
    if not bag.brought:  # most visits
        visit = visited(source, trip, standing, bag, (), chance)
        store.save(visit, ())
        return Report(visit=visit, counts=Counter())
    from . import quarantine  # these take 200 ms to load, numpy and all
    from .dedupe import dedupe

    since = standing.visited
    with store.turn(), ONE_BY_ONE:
        known = recall(store, bag)
        repeated = [known.echoed[one.id][0] for one in bag.echoes]
        judged = dedupe(
            bag.articles, known, now=trip.now, since=since, authority=authority, priorities=priorities,
            repeated=repeated, is_whole=not bag.is_part,
        )  # fmt: skip
        decisions = quarantine.watch(
            list(judged), source, lambda: store.usual(source.name), store.quarantine(source.name), bag.places,
            now=trip.now, since=since, waiting=lambda: store.waiting(source.name),
            knows_some=bool(repeated) or bag.is_part,
        )  # fmt: skip
        visit = visited(source, trip, standing, bag, decisions, chance)
        store.save(visit, decisions)
    not_kept = sum(d.because == quarantine.FULL for d in decisions)
    waits_because = next((d.because for d in decisions if d.verdict is Verdict.WAITS), quarantine.FULL * bool(not_kept))
    counts = Counter(d.verdict for d in decisions) + Counter({Verdict.SAME: len(repeated)})
    return Report(visit=visit, counts=counts, waits_because=waits_because, not_kept=not_kept)


def recall(store: Store, bag: Bag) -> Known:
    """What is known of all that the bag holds. An echo of what is no longer as it was is read after all."""
    from .echoes import is_held

    known = store.known(bag.articles, [one.id for one in bag.echoes])
    doubtful = [one for one in bag.echoes if one.echo and not is_held(one.echo, known)]
    if not doubtful:
        return known
    for one in doubtful:
        one.read()
    bag.sort()
    return store.known(bag.articles, [one.id for one in bag.echoes])


def visited(
    source: Source, trip: Trip, before: Standing, bag: Bag, decisions: Sequence[Decision], chance: Random
) -> Visit:
    """The visit, with what it means for the next one."""
    heard, now, error = trip.reception, trip.now, complaint(bag.errors)
    visit = partial(
        Visit, source=source.name, of=source, at=now, requests=trip.requests, bytes=trip.bytes,
        left_out=complaint(bag.left_out), echoes=bag.heard(decisions),
        not_before=rhythm.not_before(source, heard, now), hosts_not_before=rhythm.hosts_not_before(heard, now),
    )  # fmt: skip
    if not trip.requests:  # nobody has to be spared
        return visit(
            checkpoint=bag.checkpoint, next_at=now + source.every, error=error, standing=with_notes(before, bag, now)
        )
    if error and trip.is_offline:
        error = f"this machine seems to be offline: {error}"
        return visit(
            checkpoint=bag.checkpoint, next_at=rhythm.when_offline(source, heard, now, chance), error=error,
            next_because="as soon as may be: it is we who are offline", is_excused=True,
        )  # fmt: skip
    has_news = any(d.verdict in (Verdict.NEW, Verdict.COPY) for d in decisions)
    after = rhythm.learn(before, heard, bag.wishes, bag.dates(), now, has_news=has_news)
    after = moving.settle(source, with_notes(after, bag, now), heard, now, failed=bool(error))
    is_back = before.address and not after.address  # asked at home again: what another address gave means nothing there
    return visit(
        checkpoint={} if is_back else bag.checkpoint,
        next_at=rhythm.next_visit(source, after, heard, now, chance, failed=bool(error)),
        next_because=rhythm.why(source, after, heard, now, failed=bool(error)),
        error=error,
        is_unchanged=heard.status == UNMODIFIED,
        standing=None if after == before else after,
        is_last=bool(error) and heard.status == GONE and not heard.is_elsewhere and not before.address,
    )


def with_notes(standing: Standing, bag: Bag, now: datetime) -> Standing:
    """What the documents that were read now are like; or, if none was, what those before were."""
    if bag.notes is None:
        return standing
    since = {note.text: note.since for note in standing.notes}
    notes = tuple(Note(text=text, since=since.get(text, now)) for text in dict.fromkeys(bag.notes))
    return replace(standing, notes=notes)


def complaint(errors: Sequence[str]) -> str | None:
    """One line for a visit, however much went wrong; fit for a terminal, whatever a server has put into it."""
    if not errors:
        return None
    from .markup import legible  # 5 ms, for those who complain

    more = f"; and {len(errors) - ERRORS_TOLD} more like that" if len(errors) > ERRORS_TOLD else ""
    return legible("; ".join(errors[:ERRORS_TOLD]) + more)
