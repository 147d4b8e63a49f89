"""What is known while the articles of a visit are judged, and what each of them adds to it for those that follow."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import cache

from . import sameness
from .markup import plain
from .model import Article, Company, Decision, Fingerprint, Known, Trace, Verdict
from .recognise import Met
from .sameness import Reading


class Memory:
    """What is known, and what this visit adds to it."""

    def __init__(
        self, known: Known, met: list[Met], repeated: Collection[str] = (), *, is_whole: bool = True
    ) -> None:
        self.repeated = frozenset(repeated)
        self.by_id = {id: trace for id, trace in known.by_id.items() if id not in self.repeated}
        self.trace = known.trace
        self.by_url = dict(known.by_url)
        self.by_sketch = dict(known.by_sketch)
        self.apart = known.apart
        self.together = known.together
        self.waiting = known.waiting
        self.here = {one.known.id if one.known else one.article.id for one in met} | self.repeated
        """The ids of what this visit brings, as far as it is judged: those articles cannot have moved, or once more."""
        self.is_whole = is_whole
        """Whether what it does not bring can have moved."""
        self.crowd: Mapping[str, Trace] = {}
        """Article id -> the one that it is, in a visit in which all names have changed."""
        self._companies: dict[str, Company] = {}
        self._known_company = known.company
        self.text = cache(known.text)
        fresh = [one.article for one in met if one.known is None or one.known.digest != one.article.digest]
        texts = [(a.title, plain(a.content)) for a in fresh]
        self.readings = {a.id: r for a, r in zip(fresh, sameness.read(texts), strict=True)}
        """Of the articles that are not the same as before, made all at once: that takes a third of the time."""
        marks = {mark for reading in self.readings.values() for mark in reading.marks}
        self._postings = {mark: list(stories) for mark, stories in known.postings(marks).items()}
        self._learned = set[int]()
        """Marks of articles of this visit: what was promising for an article that has one of them may be no longer."""
        unknown = [a.id for a in fresh if a.id not in known.by_id]
        self._promising = {id: self._candidates(self.readings[id]) for id in unknown}
        self._read_ahead([stories[0] for stories in self._promising.values() if stories])

    def _candidates(self, reading: Reading) -> list[str]:
        return sameness.candidates(reading.marks, self._postings)

    def candidates(self, article: Article) -> list[str]:
        """The stories that are worth comparing with it, most promising first."""
        reading = self.reading(article)
        if article.id in self._promising and self._learned.isdisjoint(reading.marks):
            return self._promising[article.id]
        return self._candidates(reading)

    def _read_ahead(self, promising: list[str]) -> None:
        """Read at once, not one by one, what will surely be compared: the most promising story of each article."""
        members = {m.id: m for story in promising for m in self.company(story).members}
        missing = [m for m in members.values() if m.id not in self.readings]
        texts = [(m.title, plain(m.content)) for m in missing]
        self.readings |= {m.id: r for m, r in zip(missing, sameness.read(texts), strict=True)}

    def company(self, story: str) -> Company:
        if story not in self._companies:
            self._companies[story] = self._known_company(story)
        return self._companies[story]

    def known(self, article: str) -> Trace | None:
        """What is remembered under this id; of what is repeated, it is read when somebody comes under the same."""
        return self.by_id.get(article) or (self.trace(article) if article in self.repeated else None)

    def held(self, placed: Decision) -> Article | None:
        """The article that it was compared with, if it was."""
        company = self._companies.get(placed.story)
        near = (m for m in company.members if m.id == placed.compared) if company else iter(())
        return next(near, None) or (self.text(placed.compared) if placed.compared else None)

    def reading(self, article: Article) -> Reading:
        if article.id not in self.readings:
            self.readings[article.id] = read(article)
        return self.readings[article.id]

    def learn(self, decision: Decision) -> None:
        a = decision.article
        trace = trace_of(a, decision.story)
        self.here.add(a.id)
        self.by_id[a.id] = trace
        if a.canonical_url:
            self.by_url[a.canonical_url] = (*self.by_url.get(a.canonical_url, ()), trace)
        if a.sketch:
            self.by_sketch[a.sketch] = (*self.by_sketch.get(a.sketch, ()), trace)
        if decision.verdict in (Verdict.NEW, Verdict.COPY):
            self._learn_company(decision)

    def fingerprint(self, article: Article) -> Fingerprint:
        return fingerprint_of(self.reading(article))

    def _learn_company(self, decision: Decision) -> None:
        """So that the next article of this visit can be compared with this one."""
        a = decision.article
        if decision.verdict is Verdict.NEW:
            company = Company(story=decision.story, lead=a, is_out=False, members=(a,))
        else:
            old = self.company(decision.story)
            company = replace(old, members=(*old.members, a), lead=a if decision.leads else old.lead)
        self._companies[decision.story] = company
        marks = self.reading(a).marks
        self._learned.update(marks)
        for mark in marks:
            stories = self._postings.setdefault(mark, [])
            if decision.story not in stories:
                stories.append(decision.story)


def trace_of(article: Article, story: str) -> Trace:
    """What is remembered of it."""
    a = article
    return Trace(
        id=a.id, story=story, source=a.source, canonical_url=a.canonical_url, title=a.title, digest=a.digest,
        sketch=a.sketch, published_at=a.published_at,
    )  # fmt: skip


def fingerprint(article: Article) -> Fingerprint:
    """What the index of sameness keeps of an article."""
    return fingerprint_of(read(article))


def fingerprint_of(reading: Reading) -> Fingerprint:
    return Fingerprint(marks=reading.marks, size=int(reading.phrases.size))


def read(article: Article) -> Reading:
    return sameness.read([(article.title, plain(article.content))])[0]
