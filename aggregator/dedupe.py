"""
The verdict on each article, with its reason. Reads and writes nothing but what it is given.

The first line that fits decides:

    its guid is one that we have given                     PASSED: our own feed came back
    it waits in quarantine, or was discarded               PASSED, or WAITS if a reader would see a difference
    it is an article that the visit tells elsewhere        SAME
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

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from . import sameness
from .edits import edit
from .lead import takes_lead
from .memory import Memory, trace_of
from .model import Article, Dated, Decision, Known, Opening, Trace, Verdict
from .recognise import Met, by_crowd, by_guid, by_link, by_words, is_renamed, is_same_page
from .sameness import Likeness, Reading

WINDOW = timedelta(days=30)
"""The same words a year later are other news: the yearly telegram, the weekly thread."""
OWN_WINDOW = timedelta(days=3)
"""The same within one source: it repeats itself in series sooner than others repeat it."""
OWN_SCORE = 0.8
APART = timedelta(microseconds=1)
"""Between the places of articles that one visit has dated alike. What a reader sees is whole seconds."""


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
    memory, turns = Memory(known, met, repeated, is_whole=is_whole), Counter[datetime]()
    if is_whole and not anew:
        visit = len(met) + len(repeated)
        memory.crowd = by_crowd(strangers(met, memory), visit, known.former, memory.here)
    doubles = told_elsewhere(met, memory.repeated)
    for one in met:
        passed = None if anew else pass_over(one.article, memory, authority) or doubles.get(one.article.id)
        if passed:
            yield passed
            continue
        decision = place(one.article, memory, priorities) if anew else judge(one, memory, priorities)
        if decision.verdict is not Verdict.SAME:
            is_new = decision.verdict is Verdict.NEW
            opens = opening(decision.article, now, since, authority, turns) if is_new else None
            decision = replace(decision, opens=opens, fingerprint=memory.fingerprint(one.article))
        memory.learn(decision)
        yield decision


def is_ours(article: Article, authority: str) -> bool:
    """Whether its guid is one that we have given: then it is a story of ours that comes back."""
    return article.guid.startswith(f"tag:{authority}:")


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


def told_elsewhere(met: Iterable[Met], repeated: Collection[str]) -> Mapping[str, Decision]:
    """
    Of articles that one visit tells under several guids, the decision on each but one: a site that moved an article and
    shows it under both links would change it back and forth for ever. As it is held it stays, if one of them says so.
    """
    ways: defaultdict[str, list[tuple[Met, Trace]]] = defaultdict(list)
    for one in met:
        if one.known:
            ways[one.known.id].append((one, one.known))
    same: dict[str, Decision] = {}
    for id, alike in ways.items():
        as_held = (one for one, known in alike if one.article.digest == known.digest)
        told = None if id in repeated else next(as_held, alike[0][0])
        same |= {one.article.id: as_elsewhere(one, known) for one, known in alike if one is not told}
    return same


def as_elsewhere(one: Met, known: Trace) -> Decision:
    return Decision(
        article=replace(one.article, id=known.id), verdict=Verdict.SAME, story=known.story, alias=one.alias,
        because="the visit tells this article under another guid, too",
    )  # fmt: skip


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


def opening(
    article: Article, now: datetime, since: datetime | None, authority: str, turns: Counter[datetime]
) -> Opening:
    """
    The place of a new story: its date, but not before our last visit, so that nothing is inserted where a subscriber
    no longer looks. On a source's first visit everything keeps its own date. Those that have none but the visit's or
    their file's take `turns`: they stand as in their document, the first one on top.
    """
    listed_at = min(max(article.published_at, since or article.published_at), now)
    is_alike = listed_at == article.published_at and (article.dated is not Dated.SAID or listed_at == now)
    turn = turns[listed_at] if is_alike else 0
    turns[listed_at] += is_alike
    return Opening(guid=f"tag:{authority}:{article.id}", listed_at=listed_at - turn * APART)
