"""
The verdict on each article, with its reason. Reads and writes nothing but what it is given.

The first line that fits decides:

    its guid is one that we have given                     PASSED: our own feed came back
    it waits in quarantine, or was discarded               PASSED, or WAITS if a reader would see a difference
    its guid is known, and is not that of something else   SAME, or CHANGED if a reader would see a difference
    its source had it under another guid (recognise.py)    the same
    the operator has merged it into a story                COPY
    another source has its url and headline, of that day   COPY
    another source has its text, to the word               COPY, but not of a stock text under another headline
    a story has its text: cut, retitled, wrapped, edited   COPY (sameness/ compares; docs/sameness.md tells how)
    nothing fits                                           NEW

A url alone decides nothing: a source may give one link to many items, and one page may tell different news each day.
What the operator has put asunder (`Known.apart`) is never joined.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache

from . import sameness
from .edits import edit
from .lead import takes_lead
from .markup import plain
from .model import Article, Company, Decision, Fingerprint, Known, Opening, Trace, Verdict
from .recognise import Met, by_crowd, by_guid, by_link, by_words, is_renamed, is_same_page
from .sameness import Likeness, Reading

WINDOW = timedelta(days=30)
"""The same words a year later are other news: the yearly telegram, the weekly thread."""
OWN_WINDOW = timedelta(days=3)
"""The same within one source: it repeats itself in series sooner than others repeat it."""
OWN_SCORE = 0.8


def dedupe(
    articles: Iterable[Article],
    known: Known,
    *,
    now: datetime,
    since: datetime | None,
    authority: str,
    priorities: Mapping[str, int],
    repeated: Collection[str] = (),
    is_whole: bool = True,
    anew: bool = False,
) -> Iterator[Decision]:
    """
    Judge the articles of one visit, in their order, against what is known and against each other.

    `since` is our last good visit to the source, None on the first; `authority` is whose `tag:` URIs we mint;
    `priorities` tells whose copy leads (source -> priority, 0 where nothing is said). `repeated` are the ids of what
    the visit has brought besides, and is the SAME for sure: it is not judged, but cannot have moved either. Unless the
    visit `is_whole`, nothing has moved: what it has not brought may be in the source as before. `anew`: for articles
    that are held and told apart already, as if they came for the first time; each is NEW or COPY.
    """
    met = [Met(article=a) if anew else by_guid(a, known) for a in articles]
    memory = Memory(known, met, repeated, is_whole=is_whole)
    if is_whole and not anew:
        visit = len(met) + len(repeated)
        memory.crowd = by_crowd(strangers(met, memory), visit, known.former, memory.here)
    for one in met:
        passed = None if anew else pass_over(one.article, memory, authority)
        if passed:
            yield passed
            continue
        decision = place(one.article, memory, priorities) if anew else judge(one, memory, priorities)
        if decision.verdict is not Verdict.SAME:
            opens = opening(decision.article, now, since, authority) if decision.verdict is Verdict.NEW else None
            decision = replace(decision, opens=opens, fingerprint=memory.fingerprint(one.article))
        memory.learn(decision)
        yield decision


def is_ours(article: Article, authority: str) -> bool:
    """Whether its guid is one that we have given: then it is a story of ours that comes back."""
    return article.guid.startswith(f"tag:{authority}:")


def fingerprint(article: Article) -> Fingerprint:
    """What the index of sameness keeps of an article."""
    return fingerprint_of(read(article))


def fingerprint_of(reading: Reading) -> Fingerprint:
    return Fingerprint(marks=reading.marks, size=int(reading.phrases.size))


def read(article: Article) -> Reading:
    return sameness.read([(article.title, plain(article.content))])[0]


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


def pass_over(article: Article, memory: Memory, authority: str) -> Decision | None:
    """What is not to be judged, for one reason or another."""
    passed = Decision(article=article, verdict=Verdict.PASSED, story=article.id, because="")
    if is_ours(article, authority):
        return replace(passed, because=f"its guid is one that we have given: {article.guid}")
    digest = memory.waiting.get(article.id)
    if digest is None:
        return None
    if digest in ("", article.digest):
        return replace(passed, because="it waits in quarantine" if digest else "the operator has discarded it")
    return replace(passed, verdict=Verdict.WAITS, because="another version of what waits in quarantine")


def judge(one: Met, memory: Memory, priorities: Mapping[str, int]) -> Decision:
    """One verdict; changes nothing."""
    article = one.article
    if known := one.known or memory.known(article.id):
        return replace(again(article, known, memory, "the id is known"), alias=one.alias)
    known, because = moved(article, memory)
    if known:
        return renamed(article, known, memory, because)
    placed = place(article, memory, priorities)
    if one.alias:
        placed = replace(placed, alias=one.alias)
    held = memory.held(placed) if memory.is_whole else None
    if held and not one.alias and is_renamed(article, held, memory.here):
        because = "the source had it under another guid and link: same date, and the same text, edited"
        return renamed(article, trace_of(held, placed.story), memory, because)
    return placed


def renamed(article: Article, known: Trace, memory: Memory, because: str) -> Decision:
    """Known from now on by both ids."""
    return replace(again(article, known, memory, because), alias=article.id)


def trace_of(article: Article, story: str) -> Trace:
    """What is remembered of it."""
    a = article
    return Trace(
        id=a.id, story=story, source=a.source, canonical_url=a.canonical_url, title=a.title, digest=a.digest,
        sketch=a.sketch, published_at=a.published_at,
    )  # fmt: skip


def place(article: Article, memory: Memory, priorities: Mapping[str, int]) -> Decision:
    """The story of an article that is not known: NEW or COPY; changes nothing."""
    joined = ruled(article, memory) or exact(article, memory) or near(article, memory)
    if joined is None:
        return Decision(article=article, verdict=Verdict.NEW, story=article.id, because="nothing like it is known")
    because = takes_lead(article, memory.company(joined.story), priorities)
    return replace(joined, lead_because=because) if because else joined


def again(article: Article, known: Trace, memory: Memory, because: str) -> Decision:
    same = Decision(article=replace(article, id=known.id), verdict=Verdict.SAME, story=known.story, because=because)
    if article.digest == known.digest:
        return same
    old = memory.text(known.id)
    if old is None:  # nothing to compare with: better told once too often
        return replace(same, verdict=Verdict.CHANGED, because=f"{because}; the text has changed")
    told = edit(old, article)
    return replace(
        same, verdict=Verdict.CHANGED, because=f"{because}; {told.because}", substantive=told.substantive,
        is_look=told.is_look,
    )


def moved(article: Article, memory: Memory) -> tuple[Trace | None, str]:
    """Which article it is that has lost its guid, and how we know."""
    if not memory.is_whole:
        return None, ""
    if known := by_link(article, memory.by_url.get(article.canonical_url, ()), memory.here):
        return known, "the source has it under another guid: same link, and same text, or headline and day"
    if known := by_words(article, memory.by_sketch.get(article.sketch, ()), memory.here):
        return known, "the source had it under another guid and link: same headline, text and day"
    because = "the source had it under another guid and link, as half of what it has: same headline and date"
    return memory.crowd.get(article.id), because


def strangers(met: Iterable[Met], memory: Memory) -> list[Article]:
    """Those that are not known by guid, link or words."""
    unknown = (one.article for one in met if not one.known and not one.alias and one.article.id not in memory.waiting)
    return [article for article in unknown if not moved(article, memory)[0]]


def ruled(article: Article, memory: Memory) -> Decision | None:
    """The story that the operator has merged the article into."""
    story = memory.together.get(article.id)
    return join(article, story, "merged by the operator") if story else None


def exact(article: Article, memory: Memory) -> Decision | None:
    """The story of another source's article with the same link and headline, or with the same words."""
    for known in memory.by_url.get(article.canonical_url, ()):
        if may_join(article, known, memory) and is_same_page(article, known):
            because = f"same link and same headline as in {known.source}"
            return join(article, known.story, because, compared=known.id)
    for known in memory.by_sketch.get(article.sketch, ()) if article.sketch else ():
        if not (is_near(article, known) and may_join(article, known, memory)):
            continue
        if not sameness.is_stock(memory.reading(article), known.title):
            return join(article, known.story, f"the same words as in {known.source}", compared=known.id)
    return None


def near(article: Article, memory: Memory) -> Decision | None:
    """The story that has the article's text, not to the word."""
    reading = memory.reading(article)
    stories = [story for story in memory.candidates(article) if not is_apart(article, story, memory)]
    compared: dict[str, list[Article]] = {}

    def readings(story: str) -> Iterator[Reading]:
        compared[story] = [m for m in memory.company(story).members if is_in_time(article, m)]
        return map(memory.reading, compared[story])

    met = sameness.match(reading, ((story, readings(story)) for story in stories))
    if met is None or not met.likeness.same:
        return None
    member = compared[met.story][met.member]
    if member.source == article.source and not is_repeated(met.likeness):
        return None
    return replace(
        join(article, met.story, f"{met.likeness.because} (compared with {member.source})", compared=member.id),
        relation=met.likeness.relation,
        score=round(met.likeness.score, 3),
        passage=sameness.passage(reading, memory.reading(member)),
    )


def join(article: Article, story: str, because: str, *, compared: str = "") -> Decision:
    return Decision(article=article, verdict=Verdict.COPY, story=story, because=because, compared=compared)


def is_near(article: Article, known: Trace) -> bool:
    """In time, for words that are said every year."""
    return abs(known.published_at - article.published_at) <= WINDOW


def may_join(article: Article, known: Trace, memory: Memory) -> bool:
    return known.source != article.source and not is_apart(article, known.story, memory)


def is_apart(article: Article, story: str, memory: Memory) -> bool:
    """Whether the operator has said that the article is none of this story."""
    return story in memory.apart.get(article.id, ())


def is_in_time(article: Article, member: Article) -> bool:
    window = OWN_WINDOW if member.source == article.source else WINDOW
    return abs(member.published_at - article.published_at) <= window


def is_repeated(likeness: Likeness) -> bool:
    """Whether a source has only said the same once more; what it has added or replaced is news of its own."""
    return likeness.relation == "copy" and likeness.score >= OWN_SCORE and not likeness.conflicts


def opening(article: Article, now: datetime, since: datetime | None, authority: str) -> Opening:
    """
    The place of a new story: its date, but not before our last visit, so that nothing is inserted where a subscriber
    no longer looks. On a source's first visit everything keeps its own date.
    """
    listed_at = min(max(article.published_at, since or article.published_at), now)
    return Opening(guid=f"tag:{authority}:{article.id}", listed_at=listed_at)
