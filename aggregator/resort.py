"""
Sameness told anew for a window of time: what would be one story, had everything come under the rules of today?

    replay      the articles once more, visit by visit in the order of their arrival, into an empty store: with
                dedupe.py and the index of every day, so that there is no second copy of the rules
    plan        the stories there against the stories here: who would be in another one, and why
    carry_out   one move after the other, each a transaction: what is done is done, and another run goes on

What came before the window stays where it is, and so does what the operator has merged or taken back; what he has put
asunder is never joined. Of stories that become one, the one that was published first keeps its guid.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain, groupby

from .dedupe import WINDOW, dedupe
from .model import Arrival, Article, Decision, Known, Move, Opening, Ruling, Source, Verdict, Visit
from .sameness import VERSION
from .stores import Store

BATCH = 100
"""Articles marked in one transaction."""

US = Source(name="again", kind="", location="")
"""Who brings everything, the second time."""


@dataclass(frozen=True, kw_only=True)
class Past:
    """What is here, as far as it matters for the window."""

    arrivals: list[Arrival]
    """In their order; also those that the first ones of the window may have been compared with."""
    fixed: frozenset[str]
    """The articles that stay in their stories."""
    apart: Mapping[str, frozenset[str]]
    """Article -> those with which it must not be in one story."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What sameness, as it is told today, would change."""

    moves: list[Move]
    """In the order in which they can be carried out: articles leave their stories before those become others."""
    decisions: list[Decision]
    """On every article that has been looked at, without its text: for the index."""


def plan(store: Store, empty: Store, since: datetime, *, authority: str, priorities: Mapping[str, int]) -> Plan:
    """
    Changes nothing in the store; `empty` is filled. `authority` is whose `tag:` URIs new stories get; `priorities` are
    those of `dedupe`.
    """
    past = past_of(store, since)
    empty.register([US], {}, since)
    replay = Replay(store, empty, past, priorities)
    for visit in visits(past):
        replay.repeat(visit)
    homes = homes_of(past.arrivals, replay)
    free = [a for a in past.arrivals if a.article not in past.fixed]
    found = [to_move(a, homes[a.article], replay, authority) for a in free if leaves(a, homes)]
    moves = sorted(found, key=lambda move: move.is_whole)
    return Plan(moves=moves, decisions=[replay.decisions[a.article] for a in past.arrivals])


# --- what is here ----------------------------------------------------------------------------------------------------


def past_of(store: Store, since: datetime) -> Past:
    """
    As far back as the index of sameness remembers. An article that opened a story stays in it when another one does
    that the window does not reach, or for which the operator has said so: the story is known by it.
    """
    arrivals = store.arrivals(since - WINDOW)
    window = {a.article for a in store.arrivals(since)}
    rulings = store.rulings()
    ruled = {(r.article, r.story) for r in rulings if r.belongs}
    held = {story for _, story in ruled} | {a.story for a in arrivals if a.article not in window}
    fixed = {
        a.article for a in arrivals
        if a.article not in window or a.is_withdrawn or (a.article, a.story) in ruled
        or (a.article == a.story and a.story in held)
    }  # fmt: skip
    return Past(arrivals=arrivals, fixed=frozenset(fixed), apart=strangers(rulings))


def strangers(rulings: Sequence[Ruling]) -> dict[str, frozenset[str]]:
    """A story goes by the article that opened it: never in one story with that one, wherever it is now."""
    found = defaultdict(set)
    for ruling in rulings:
        if not ruling.belongs:
            found[ruling.article].add(ruling.story)
            found[ruling.story].add(ruling.article)
    return {article: frozenset(others) for article, others in found.items()}


def visits(past: Past) -> Iterator[list[Arrival]]:
    """What one visit brought comes at once, as it did then; but alone, if there is a ruling against it."""
    by_visit = groupby(past.arrivals, lambda a: (a.source, a.at, a.article if a.article in past.apart else ""))
    return (list(arrivals) for _, arrivals in by_visit)


# --- once more -------------------------------------------------------------------------------------------------------


class Replay:
    """The articles once more, in another store."""

    def __init__(self, store: Store, again: Store, past: Past, priorities: Mapping[str, int]) -> None:
        self.decisions: dict[str, Decision] = {}
        """Article -> its decision, without the text: a month of texts is too much to keep at hand."""
        self.kept: set[str] = set()
        """The stories that are there because an article is in them that stays."""
        self._store = store
        self._again = again
        self._past = past
        self._priorities = priorities
        self._text = store.known(()).text
        self._reached = {a.article for a in past.arrivals}

    def story(self, article: str) -> str:
        """The story that the article is in, there."""
        return self.decisions[article].story

    def repeat(self, visit: Sequence[Arrival]) -> None:
        """One visit, as it was; what stays joins the story that it is in."""
        staying = [a for a in visit if a.article in self._past.fixed]
        for arrival in staying:
            self._keep(arrival.story)
        articles = self._texts(a.article for a in visit)
        self._recall(articles)
        self._decide(articles, {a.article: self.story(a.story) for a in staying})

    def _keep(self, story: str) -> None:
        """The article that opened it opens it there."""
        self.kept.add(story)
        for opener in self._texts([story]):
            self._save([opener], Known())

    def _recall(self, articles: list[Article]) -> None:
        """What came before we look, but has the link or the words of one of these: that is remembered for ever."""
        known = self._store.known(articles)
        traces = chain.from_iterable((*known.by_url.values(), *known.by_sketch.values()))
        here = {a.source for a in articles}
        for trace in traces:
            if trace.source not in here and trace.id not in self._reached:
                if trace.story not in self.decisions:
                    self._keep(trace.story)
                self._decide(self._texts([trace.id]), {trace.id: self.story(trace.story)})

    def _texts(self, ids: Iterable[str]) -> list[Article]:
        """Those that are not there yet."""
        return [article for id in ids if id not in self.decisions and (article := self._text(id))]

    def _decide(self, articles: list[Article], together: Mapping[str, str]) -> None:
        """`together`: article -> the story that it joins, whatever it says."""
        apart = {a.id: self._stories_of_strangers(a.id) for a in articles}
        self._save(articles, replace(self._again.known(articles), together=together, apart=apart))

    def _stories_of_strangers(self, article: str) -> frozenset[str]:
        return frozenset(self.story(a) for a in self._past.apart.get(article, ()) if a in self.decisions)

    def _save(self, articles: list[Article], known: Known) -> None:
        if not articles:
            return
        at = articles[0].seen_at
        decisions = list(
            dedupe(articles, known, now=at, since=None, authority="", priorities=self._priorities, anew=True)
        )
        self._again.save(Visit(source=US.name, at=at, next_at=at, checkpoint={}), decisions)
        # Readers may have it from now on, so that the lead stays when others join: as it was the first time.
        self._again.file("", {d.story: () for d in decisions}, at)
        for decision in decisions:
            bare = replace(decision.article, summary="", content="")
            self.decisions[decision.article.id] = replace(decision, article=bare)


# --- the stories there against the stories here ----------------------------------------------------------------------


def homes_of(arrivals: Sequence[Arrival], replay: Replay) -> dict[str, str]:
    """
    Article -> the story that it would be in, here. Stories there go by the first one of ours that was published, of
    those that have become one; without any, by the article that would open a new one.
    """
    openers = defaultdict(list)
    for arrival in arrivals:
        story = replay.story(arrival.article)
        if arrival.article == arrival.story and story not in replay.kept:
            openers[story].append(arrival)
    homes = {story: min(ours, key=lambda a: not a.is_out).story for story, ours in openers.items()}
    return {a: homes.get(d.story, d.story) for a, d in replay.decisions.items()}


def leaves(arrival: Arrival, homes: Mapping[str, str]) -> bool:
    """Whether it has to be moved: it does not come along when the article that opened its story goes the same way."""
    home = homes[arrival.article]
    goes_first = arrival.article == arrival.story
    return home != arrival.story and (goes_first or home != homes.get(arrival.story))


def to_move(arrival: Arrival, home: str, replay: Replay, authority: str) -> Move:
    """The step that brings an article home. A story of its own gets the place at which the article was first seen."""
    decision = replay.decisions[arrival.article]
    if home == arrival.article:
        opens = Opening(guid=f"tag:{authority}:{home}", listed_at=arrival.at)
        return Move(leaves=arrival.story, decision=replace(decision, opens=opens))
    later = decision if decision.verdict is Verdict.COPY else replay.decisions[home]  # it was compared with the other
    joins = replace(
        later, article=decision.article, story=home, fingerprint=decision.fingerprint, lead_because="",
        compared=decision.compared or home,
    )  # fmt: skip
    return Move(leaves=arrival.story, decision=joins, is_whole=arrival.article == arrival.story)


# --- doing -----------------------------------------------------------------------------------------------------------


def carry_out(plan: Plan, store: Store, now: datetime) -> Iterator[Move]:
    """Each move when it is done. If texts are marked otherwise than before, the index is made anew first."""
    is_other = is_outdated(store)
    for start in range(0, len(plan.decisions) if is_other else 0, BATCH):
        store.mark(plan.decisions[start : start + BATCH])
    for move in plan.moves:
        decision = replace(move.decision, because=f"{move.decision.because}; sorted again on {now:%Y-%m-%d}")
        store.move(replace(move, decision=decision), now)
        yield move
    if is_other:
        store.sort_under(VERSION, now)


def is_outdated(store: Store) -> bool:
    """Whether its stories were told apart by older rules than ours."""
    sorted_under = store.sorted_under()
    return sorted_under is None or sorted_under[0] < VERSION


def notice(store: Store) -> str:
    """What the operator is told of that; empty if there is nothing to tell."""
    if not is_outdated(store):
        return ""
    sorted_under = store.sorted_under()
    since = f"{sorted_under[1]:%Y-%m-%d}" if sorted_under else "this database was made"
    days = WINDOW.days
    return (
        f"the rules of sameness have changed since {since}: "
        f"'aggregator resort --since {days}d --plan' shows what they would change"
    )
