"""
The verdict on each article, with its reason. Reads nothing, writes nothing.

The first line that fits decides:

    its id is known                                        SAME, or CHANGED if a reader would see a difference
    its source has its url, with its headline or its text  the same article under a new guid: SAME or CHANGED
    another source has its url, with its headline          COPY
    another source has its text, to the word               COPY
    nothing fits                                           NEW

A url alone decides nothing: a source may give one link to many items, and one page may tell different news each day.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from .model import Article, Decision, Known, Opening, Trace, Verdict
from .text import words

WINDOW = timedelta(days=30)
"""The same words a year later are other news: the yearly telegram, the weekly thread."""


def dedupe(
    articles: Iterable[Article],
    known: Known,
    *,
    now: datetime,
    since: datetime | None,
    authority: str,
    priorities: Mapping[str, int],
) -> Iterator[Decision]:
    """
    Judge the articles of one visit, in their order, against what is known and against each other.

    `since` is our last good visit to the source, None on the first; `authority` is whose `tag:` URIs we mint;
    `priorities` tells whose copy leads (source -> priority, 0 where nothing is said).
    """
    articles = list(articles)
    memory = Memory(known, here={a.id for a in articles})
    for article in articles:
        decision = judge(article, memory, priorities)
        if decision.verdict is Verdict.NEW:
            decision = replace(decision, opens=opening(article, now, since, authority))
        memory.learn(decision)
        yield decision


class Memory:
    """What is known, and what this visit adds to it."""

    def __init__(self, known: Known, here: set[str]) -> None:
        self.by_id = dict(known.by_id)
        self.by_url = dict(known.by_url)
        self.by_sketch = dict(known.by_sketch)
        self.here = here
        """The ids that this visit brings: their articles cannot have moved to another guid."""
        alike = (t for traces in (*known.by_url.values(), *known.by_sketch.values()) for t in traces)
        self.leaders = {t.story: t.lead_source for t in (*known.by_id.values(), *alike)}
        """Story -> the source whose article leads it."""

    def learn(self, decision: Decision) -> None:
        a = decision.article
        if decision.leads or decision.story not in self.leaders:
            self.leaders[decision.story] = a.source
        trace = Trace(
            id=a.id, story=decision.story, source=a.source, canonical_url=a.canonical_url, title=a.title,
            digest=a.digest, sketch=a.sketch, published_at=a.published_at,
            lead_source=self.leaders[decision.story],
        )  # fmt: skip
        self.by_id[a.id] = trace
        if a.canonical_url:
            self.by_url[a.canonical_url] = (*self.by_url.get(a.canonical_url, ()), trace)
        if a.sketch:
            self.by_sketch[a.sketch] = (*self.by_sketch.get(a.sketch, ()), trace)


def judge(article: Article, memory: Memory, priorities: Mapping[str, int]) -> Decision:
    """One verdict; changes nothing."""
    if known := memory.by_id.get(article.id):
        return again(article, known, "the id is known")
    if known := moved(article, memory):
        return again(article, known, "the source has it under another guid: same link, and same headline or text")
    if known := same_link(article, memory):
        because = f"same link and same headline as in {known.source}"
        return copy(article, known, because, leads(article, known, memory, priorities))
    if known := same_text(article, memory):
        return copy(article, known, f"the same words as in {known.source}", leads(article, known, memory, priorities))
    return Decision(article=article, verdict=Verdict.NEW, story=article.id, because="nothing like it is known")


def again(article: Article, known: Trace, because: str) -> Decision:
    same = article.digest == known.digest
    return Decision(
        article=replace(article, id=known.id),
        verdict=Verdict.SAME if same else Verdict.CHANGED,
        story=known.story,
        because=because if same else f"{because}; the text has changed",
    )


def copy(article: Article, known: Trace, because: str, takes_lead: bool) -> Decision:
    return Decision(article=article, verdict=Verdict.COPY, story=known.story, because=because, leads=takes_lead)


def leads(article: Article, known: Trace, memory: Memory, priorities: Mapping[str, int]) -> bool:
    return priorities.get(article.source, 0) > priorities.get(memory.leaders[known.story], 0)


def moved(article: Article, memory: Memory) -> Trace | None:
    for known in memory.by_url.get(article.canonical_url, ()):
        if known.source == article.source and known.id not in memory.here and (
            same_headline(article, known) or (article.sketch and article.sketch == known.sketch)
        ):
            return known
    return None


def same_link(article: Article, memory: Memory) -> Trace | None:
    for known in memory.by_url.get(article.canonical_url, ()):
        if known.source != article.source and same_headline(article, known):
            return known
    return None


def same_text(article: Article, memory: Memory) -> Trace | None:
    if not article.sketch:
        return None
    for known in memory.by_sketch.get(article.sketch, ()):
        if known.source != article.source and abs(known.published_at - article.published_at) <= WINDOW:
            return known
    return None


def same_headline(article: Article, known: Trace) -> bool:
    return words(article.title) == words(known.title)


def opening(article: Article, now: datetime, since: datetime | None, authority: str) -> Opening:
    """
    The place of a new story: its date, but not before our last visit, so that nothing is inserted where a subscriber
    no longer looks. On a source's first visit everything keeps its own date.
    """
    listed_at = min(max(article.published_at, since or article.published_at), now)
    return Opening(guid=f"tag:{authority}:{article.id}", listed_at=listed_at)
