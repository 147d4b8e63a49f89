"""
What may not be published before the operator has seen it. docs/identity.md, "Quarantine". Pure.

    too much at once      far more new articles than the source ever brought
    something else        nothing in the visit is known, and links, language or name are not those of this source

Only what opens a story can wait: what is known, and the copy of a known story, explain themselves. A first visit never
waits, nor does a source that may bring what it likes (`quarantine: 0`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from itertools import chain, repeat

from . import urls
from .model import MOST_WAITING, Decision, Source, Usual, Verdict
from .text import words

TIMES = 3
"""So many times what is usual is not yet too much."""
ENOUGH = 10
"""Articles by which a source is known: a change of one that is known by fewer proves nothing."""
OF_ONE_LANGUAGE = 3
"""So many headlines: the language of one or two is guessed wrong too often."""
VARIED = 4
"""A source with a site, or a publisher, for every four articles names other people's: new ones are usual there."""
FULL = f"{MOST_WAITING} articles of this source wait in quarantine already, and no more are kept"


def watch(
    decisions: Sequence[Decision],
    source: Source,
    usual: Callable[[], Usual],
    because: str,
    places: Iterable[str],
    *,
    now: datetime,
    since: datetime | None,
    waiting: Callable[[], int],
    knows_some: bool = False,
) -> list[Decision]:
    """
    The same decisions, with WAITS for what has to wait, and PASSED for what finds no room there: `waiting` tells how
    many wait already. Those stay, for the operator has been told of them, and their source may have them no more; what
    comes now is found again at another visit. `because` is why the source is in quarantine already, empty if
    it is not; `places` is where its documents were found; `since` is our last good visit, None on the first;
    `knows_some`: the visit has brought what is known, too, on which nothing had to be decided.
    """
    fresh = [d for d in decisions if d.verdict is Verdict.NEW]
    if not fresh or since is None or not source.quarantine:
        return list(decisions)
    because = because or suspicion(decisions, source, usual, places, now - since, knows_some=knows_some)
    if not because:
        return list(decisions)
    stories = {d.story for d in fresh}
    room = max(0, MOST_WAITING - waiting())
    verdicts = chain(repeat((Verdict.WAITS, because), room), repeat((Verdict.PASSED, FULL)))
    return [keep_out(d, *next(verdicts)) if d.story in stories else d for d in decisions]


def keep_out(decision: Decision, verdict: Verdict, because: str) -> Decision:
    """Also a copy within the visit, for its story does not open."""
    own = decision.article.id
    return Decision(article=decision.article, verdict=verdict, story=own, because=because, alias=decision.alias)


def suspicion(
    decisions: Sequence[Decision], source: Source, usual: Callable[[], Usual], places: Iterable[str], away: timedelta,
    *, knows_some: bool,
) -> str:  # fmt: skip
    """Why it has to wait; empty if it has not."""
    fresh = [d for d in decisions if d.verdict is Verdict.NEW]
    known = (Verdict.SAME, Verdict.CHANGED, Verdict.COPY)
    is_strange = not knows_some and not any(d.verdict in known for d in decisions)
    if not is_strange and len(fresh) <= source.quarantine:
        return ""
    before = usual()
    if len(fresh) > (most := allowance(source.quarantine, before, away)):
        return f"{len(fresh)} new articles at once; up to {most} would be usual"
    return something_else(fresh, source, before, places) if is_strange else ""


def allowance(least: int, usual: Usual, away: timedelta) -> int:
    """How many new articles are not too much: by what it brought at once before, and by how long we were away."""
    days = away / timedelta(days=1)
    return max(least, TIMES * usual.most, round(TIMES * usual.per_day * days))


def something_else(fresh: Sequence[Decision], source: Source, usual: Usual, places: Iterable[str]) -> str:
    """What a source says that has been taken over, or is parked; empty if it may be the one that it was."""
    sites = {urls.site(url) for url in (*usual.urls, source.location)}
    redirected = sorted({urls.site(place) for place in places} - sites - {""})
    if usual.articles < (1 if redirected else ENOUGH):
        return ""
    strange = strange_links(fresh, usual, sites) or strange_language(fresh, usual) or strange_name(fresh, source, usual)
    if not strange:
        return ""
    return f"nothing in it is known, and {strange}" + (f"; redirected to {', '.join(redirected)}" if redirected else "")


def strange_links(fresh: Sequence[Decision], usual: Usual, sites: set[str]) -> str:
    """Its own site is never strange, whatever happened to it."""
    found = {urls.site(d.article.canonical_url) for d in fresh} - {""}
    is_varied = len(sites) > 2 and VARIED * len(sites) > usual.articles
    if not found or found & sites or is_varied:
        return ""
    return f"every link leads where none of its articles ever led: {', '.join(sorted(found)[:3])}"


def strange_language(fresh: Sequence[Decision], usual: Usual) -> str:
    """Where the source has spoken one and the same language, or always the same few."""
    found = {d.article.language.partition("-")[0] for d in fresh}
    if len(fresh) < OF_ONE_LANGUAGE or "" in found or not usual.languages or found & usual.languages:
        return ""
    return f"all of it is in {_named(found)}, where its articles were in {_named(usual.languages)}"


def _named(languages: Iterable[str]) -> str:
    return ", ".join(sorted(languages))


def strange_name(fresh: Sequence[Decision], source: Source, usual: Usual) -> str:
    """Of the publisher, which is the title of the feed unless somebody says otherwise."""
    known = {word for name in usual.publishers for word in words(name)}
    found = {d.article.publisher for d in fresh}
    if source.title in found or VARIED * len(usual.publishers) > usual.articles:
        return ""
    if not known or any(known.intersection(words(name)) for name in found):
        return ""
    return f"it calls itself «{min(found)}», where it was «{min(usual.publishers)}»"
