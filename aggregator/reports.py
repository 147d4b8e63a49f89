"""What the operator is told: stories, sources, reasons; as text for a person and as plain values for a program."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any

from .errors import Complaint
from .markup import plain
from .model import (
    Article,
    Copy,
    Dated,
    Decision,
    Filing,
    Health,
    Move,
    Related,
    Revision,
    State,
    Story,
    Term,
    Topic,
    Waiting,
)
from .rhythm import spoken
from .stores import Store

if TYPE_CHECKING:
    from . import passages
    from .classify import Hit, Reason
    from .plan import Plan, Transfer

Row = dict[str, Any]
Mark = Callable[[str], str]
"""Makes words stand out on a terminal."""

_MARKED = re.compile(r"\*\*.+?\*\*")

DATED = {
    Dated.SAID: "as the source says",
    Dated.FILE: "the file's own time; the text gives no date",
    Dated.FUTURE: "when we first saw it; the source gives a time to come",
    Dated.MISSING: "when we first saw it; the source gives no date",
    Dated.IMPOSSIBLE: "when we first saw it; the source's date makes no sense",
}


def iso(at: datetime | None) -> str | None:
    """RFC 3339 in UTC."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ") if at else None


def when(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M}" if at else "never"


# --- stories ---------------------------------------------------------------------------------------------------------


def story_row(story: Story) -> Row:
    """One line of `stories --json`."""
    lead = story.lead
    return {
        "id": story.id, "guid": story.guid, "title": lead.title, "url": lead.url, "source": lead.source,
        "publisher": lead.publisher, "language": lead.language, "published_at": iso(lead.published_at),
        "listed_at": iso(story.listed_at), "topics": [f.topic for f in story.filings],
        "copies": [copy_row(c) for c in story.copies],
    }  # fmt: skip


def copy_row(copy: Copy) -> Row:
    a = copy.article
    return {
        "id": a.id, "source": a.source, "url": a.url, "title": a.title, "relation": copy.relation,
        "score": copy.score, "because": copy.because,
    }  # fmt: skip


def related_row(related: Related) -> Row:
    r = related
    return {"id": r.story, "title": r.title, "publisher": r.publisher, "url": r.url, "score": r.score}


def story_lines(story: Story) -> Iterator[str]:
    lead = story.lead
    topics = ", ".join(f.topic for f in story.filings)
    yield f"{when(story.listed_at)}  {lead.title}"
    yield f"    {story.id[:12]}  {lead.publisher} ({lead.source})  {lead.language or '?'}  [{topics}]"
    for copy in story.copies:
        yield f"    also {copy.article.publisher} ({copy.article.source}): {copy.article.title}"


# --- sources ---------------------------------------------------------------------------------------------------------


def health_row(health: Health) -> Row:
    """One object of `status --json`."""
    h = health
    return {
        "name": h.name, "kind": h.kind, "state": h.state.value, "last_visit": iso(h.last_visit),
        "last_success": iso(h.last_success), "next_visit": iso(h.next_visit), "next_because": h.next_because,
        "not_before": iso(h.not_before), "failing_since": iso(h.failing_since), "failures": h.failures,
        "error": h.error, "articles": h.articles, "new": h.new, "waiting": h.waiting, "news_at": iso(h.news_at),
        "gap_seconds": round(h.gap.total_seconds()) or None, "visits": h.visits, "unchanged": h.unchanged,
        "requests": h.requests, "bytes": h.bytes, "moved_to": h.moved_to,
    }  # fmt: skip


def health_lines(rows: list[Health]) -> Iterator[str]:
    """A line a source, and one for each thing that is not as it should be."""
    width = max(len("SOURCE"), *(len(h.name) for h in rows)) if rows else 0
    yield f"{'SOURCE':{width}}  STATE    LAST VISIT        NEXT VISIT        ARTICLES  NEW"
    for h in rows:
        following = when(h.next_visit) if h.next_visit else "-"
        yield (
            f"{h.name:{width}}  {h.state.value:7}  {when(h.last_visit):16}  {following:16}  {h.articles:8}  {h.new:3}"
        ).rstrip()
        yield from (f"{'':{width}}  {line}" for line in trouble_lines(h))


def trouble_lines(h: Health) -> Iterator[str]:
    if h.error:
        since = f" (since {when(h.failing_since)}, {h.failures} in a row)" if h.failures > 1 else ""
        yield f"{h.error}{since}"
    if h.state is State.STOPPED:
        yield f"not visited any more; 'aggregator collect {h.name}' tries once again"
    elif h.error and h.next_because:
        yield f"next: {h.next_because}"
    if h.moved_to:
        yield f"has moved for good, and is visited at {h.moved_to}"
    if h.waiting:
        yield f"{h.waiting} articles wait for your word: 'aggregator quarantine'"


def record_lines(h: Health) -> Iterator[str]:
    """All of it, for one source."""
    yield from health_lines([h])
    yield f"  last success  {when(h.last_success)}"
    if h.next_visit:
        yield f"  next visit    {when(h.next_visit)}: {h.next_because or 'as configured'}"
    if h.not_before:
        yield f"  left alone    until {when(h.not_before)} at least, as its server asks"
    usual = f"an article every {spoken(h.gap)}" if h.gap else "nobody can tell yet"
    yield f"  rhythm        {usual}; the last news came {when(h.news_at)}"
    yield f"  cost          {h.visits} visits ({h.unchanged} unchanged), {h.requests} requests, {h.bytes:,} bytes"


# --- reasons ---------------------------------------------------------------------------------------------------------


def explanation(story: Story, store: Store, reasons: Sequence[Reason]) -> Row:
    """Everything that is known about why a story is what it is; `reasons` under the rules in force."""
    articles = [article_row(story.lead, store)]
    articles += [article_row(c.article, store) | {"compared": c.compared, "passage": c.passage} for c in story.copies]
    return story_row(story) | {
        "lead_because": story.lead_because,
        "withdrawn_at": iso(story.withdrawal.at) if story.withdrawal else None,
        "withdrawn_because": story.withdrawal.because if story.withdrawal else "",
        "filings": [filing_row(f, reasons) for f in story.filings],
        "not_filed": [reason_row(r) for r in passed_over(story, reasons)],
        "related": [related_row(r) for r in story.related],
        "articles": articles,
    }


def article_row(article: Article, store: Store) -> Row:
    a = article
    return {
        "id": a.id, "source": a.source, "publisher": a.publisher, "guid": a.guid, "url": a.url, "title": a.title,
        "published_at": iso(a.published_at), "dated": a.dated.value, "date_said": a.date_said,
        "updated_at": iso(a.updated_at), "seen_at": iso(a.seen_at), "language": a.language,
        "because": store.why(a.id), "versions": len(store.versions(a.id)),
    }  # fmt: skip


def explanation_lines(story: Story, store: Store, reasons: Sequence[Reason], mark: Mark) -> Iterator[str]:
    yield story.lead.title
    yield f"  story   {story.id}"
    yield f"  guid    {story.guid}"
    yield f"  listed  {when(story.listed_at)} UTC: its place in every edition, given once"
    yield f"  lead    {story.lead.publisher} ({story.lead.source}): {story.lead_because or 'the first to tell it'}"
    if story.withdrawal:
        because = f": {story.withdrawal.because}" if story.withdrawal.because else ""
        yield f"  withdrawn {when(story.withdrawal.at)} UTC, and stands in no edition{because}"
    yield "  topics"
    for f in story.filings:
        yield from filing_lines(f, reasons, mark)
    others = passed_over(story, reasons)
    if others:
        yield "  no topics of this story, though they ask for words of it"
    for r in others:
        yield f"    {r.topic}: {said_of(r)}"
    if story.related:
        yield "  related: the same event in other words, linked and not merged"
    for other in story.related:
        yield f"    {other.story[:12]}  {other.publisher}: {other.title} ({other.score:.2f})"
    yield "  articles"
    yield from article_lines(article_row(story.lead, store), story.lead.dated)
    for copy in story.copies:
        yield from article_lines(article_row(copy.article, store), copy.article.dated)
        if copy.passage:
            yield f"      compared with {copy.compared[:12]}; both say «{copy.passage}»"


# --- topics ----------------------------------------------------------------------------------------------------------


def filing_row(filing: Filing, reasons: Sequence[Reason]) -> Row:
    """As it was filed; then what the rules in force say of the text that is held now."""
    now = next((r for r in reasons if r.topic == filing.topic), None)
    row = {"topic": filing.topic, "because": filing.because, "in_force": is_in_force(filing, now)}
    return row | (evidence_row(now) if now else {"strength": 0, "needed": 0, "evidence": []})


def is_in_force(filing: Filing, now: Reason | None) -> bool:
    """Whether the rules as they are now say the same; else they, or the text, have changed since."""
    return now is not None and now.filed and now.because == filing.because


def passed_over(story: Story, reasons: Sequence[Reason]) -> list[Reason]:
    return [r for r in reasons if r.topic not in {f.topic for f in story.filings}]


def reason_row(reason: Reason) -> Row:
    return {"topic": reason.topic, "because": said_of(reason)} | evidence_row(reason)


def said_of(reason: Reason) -> str:
    return f"filed next time: {reason.because}" if reason.filed else reason.because


def evidence_row(reason: Reason) -> Row:
    return {"strength": reason.strength, "needed": reason.needed, "evidence": [hit_row(h) for h in reason.hits]}


def hit_row(hit: Hit) -> Row:
    """`paragraph` 0 is the title; both numbers are None for a field. The words stand **marked** in the sentence."""
    told = hit.word > 0
    return {
        "term": str(hit.term), "branch": hit.branch, "decided": hit.decided, "place": hit.place,
        "paragraph": hit.paragraph if told else None, "word": hit.word if told else None, "weight": hit.weight,
        "times": hit.times, "sentence": hit.sentence,
    }  # fmt: skip


def filing_lines(filing: Filing, reasons: Sequence[Reason], mark: Mark) -> Iterator[str]:
    """The reason, and each sentence that it rests on, once."""
    now = next((r for r in reasons if r.topic == filing.topic), None)
    yield f"    {filing.topic}: {filing.because}"
    if not is_in_force(filing, now):
        yield f"      the rules or the text have changed since; now: {now.because if now else 'nothing speaks for it'}"
    for hit in now.hits if now else ():
        if hit.decided and hit.word:
            where = "title" if hit.place == "title" else f"paragraph {hit.paragraph}"
            yield f"      {hit.branch}, {where}: {_MARKED.sub(lambda m: mark(m.group()), hit.sentence)}"


def article_lines(row: Row, dated: Dated) -> Iterator[str]:
    said = f" («{row['date_said']}»)" if row["date_said"] and dated is not Dated.SAID else ""
    yield f"    {row['id']}  {row['publisher']} ({row['source']})"
    yield f"      {row['url'] or row['guid'] or 'no link'}"
    yield f"      here because: {row['because']}"
    yield f"      date {row['published_at']}: {DATED[dated]}{said}; first seen {row['seen_at']}"
    if row["versions"] > 1:
        yield f"      {row['versions']} versions, the last of {row['updated_at']}"


# --- texts against each other ----------------------------------------------------------------------------------------


def compared(story: Story) -> list[Row]:
    """Each copy against the lead: `explain --compare --json`."""
    return [copy_row(c) | {"passages": passage_rows(between(story.lead, c.article))} for c in story.copies]


def compared_lines(story: Story, width: int, paint: passages.Paint) -> Iterator[str]:
    """The same for a terminal of this width."""
    from . import passages

    for c in story.copies:
        yield ""
        yield f"[-{story.lead.publisher} ({story.lead.source})-] {{+{c.article.publisher} ({c.article.source})+}}"
        yield f"{c.relation}, {c.score:.0%}: {c.because}".replace("%:", " %:", 1)
        yield ""
        yield from passages.lines(between(story.lead, c.article), width, paint)


def revised(story: Story, store: Store) -> list[Row]:
    """Each edit of each article: `explain --versions --json`."""
    return [
        {"id": r.new.id, "source": r.new.source, "at": iso(r.at), "because": r.because}
        | {"passages": passage_rows(between(r.old, r.new))}
        for r in revisions(story, store)
    ]


def revised_lines(story: Story, store: Store, width: int, paint: passages.Paint) -> Iterator[str]:
    """The same for a terminal of this width."""
    from . import passages

    for r in revisions(story, store):
        yield ""
        yield f"{r.new.publisher} ({r.new.source}), {when(r.at)} UTC: {r.because}"
        yield ""
        yield from passages.lines(between(r.old, r.new), width, paint)


def revisions(story: Story, store: Store) -> list[Revision]:
    """Article by article, the lead first."""
    return [r for article in (story.lead, *(c.article for c in story.copies)) for r in store.revisions(article.id)]


def between(old: Article, new: Article) -> list[passages.Row]:
    from . import passages

    return passages.compare(*(f"{a.title}\n\n{plain(a.content)}" for a in (old, new)))


def passage_rows(rows: list[passages.Row]) -> list[Row]:
    from . import passages

    return [
        {"equal": passages.spoken(p.old)}
        if p.same
        else {"removed": passages.spoken(p.old), "added": passages.spoken(p.new)}
        for row in rows
        for p in row
    ]


# --- sorting again ---------------------------------------------------------------------------------------------------


def move_row(move: Move, store: Store) -> Row:
    """One line of `resort --json`; to be asked for before it is done."""
    a, story, into = move.decision.article, store.find(move.leaves), store.find(move.decision.story)
    its = [f.topic for f in story.filings] if story else []
    joins = into if move.kind != "split" else None
    return {
        "move": move.kind, "id": a.id, "title": a.title, "source": a.source, "story": move.leaves,
        "story_title": story.lead.title if story else "", "published": its, "into": move.decision.story,
        "into_title": joins.lead.title if joins else a.title,
        "into_published": [f.topic for f in joins.filings] if joins else [], "because": move.decision.because,
        "readers": "; ".join(readers_see(move, story, joins)) or "no reader has any of it yet",
    }  # fmt: skip


def readers_see(move: Move, story: Story | None, into: Story | None) -> Iterator[str]:
    """What becomes of items that are published already."""
    if story and story.filings:
        yield f"already published in {', '.join(f.topic for f in story.filings)}: {fate(move, story)}"
    if into and into.withdrawal:
        yield "the other story was taken back, and this one will stand in no edition"
    elif into and into.filings:
        yield f"the other story, published in {', '.join(f.topic for f in into.filings)}, will name its source"


def fate(move: Move, story: Story) -> str:
    if move.is_whole:
        return "its item will be withdrawn"
    stays = "its item stays, " + (
        "in the words of another source" if story.lead.id == move.decision.article.id else "without this source"
    )
    return f"{stays}; there will be a new item" if move.kind == "split" else stays


def move_lines(row: Row) -> Iterator[str]:
    does = {"merge": "becomes one with", "move": "goes into", "split": "becomes a story of its own"}[row["move"]]
    target = "" if row["move"] == "split" else f" {row['into'][:12]}  {row['into_title']}"
    yield f"{row['move']:5}  {row['title']}"
    yield f"    {row['id'][:12]}  {row['source']}, in the story {row['story'][:12]}  {row['story_title']}"
    yield f"    {does}{target}"
    yield f"    {row['because']}"
    yield f"    {row['readers']}"


def moves_line(rows: Sequence[Row], *, done: bool) -> str:
    """All of it in a sentence."""
    if not rows:
        return "nothing would be sorted otherwise" if not done else "nothing is to be sorted otherwise"
    out = sum(bool(row["published"] or row["into_published"]) for row in rows)
    return f"{len(rows)} {'moves' if done else 'moves to make'}, {out} of them in stories that are published already"


# --- plans -----------------------------------------------------------------------------------------------------------


def plan_row(plan: Plan) -> Row:
    """`plan --json`."""
    return {
        "sources_added": plan.sources_added, "sources_gone": plan.sources_gone, "topics_added": plan.topics_added,
        "topics_gone": plan.topics_gone, "rewritten": plan.rewritten,
        "transfers": [transfer_row(t) for t in plan.transfers],
    }  # fmt: skip


def transfer_row(transfer: Transfer) -> Row:
    t = transfer
    return {
        "topic": t.topic, "story": t.story, "title": t.title, "source": t.source, "listed_at": iso(t.listed_at),
        "enters": t.enters, "because": t.because,
    }  # fmt: skip


def plan_lines(plan: Plan, most: int | None) -> Iterator[str]:
    """For a person; of each topic no more than so many stories that enter, and that leave."""
    named = {
        "sources that are new": plan.sources_added, "sources that go; what they brought stays": plan.sources_gone,
        "topics that are new": plan.topics_added, "topics that go; their feeds answer 410": plan.topics_gone,
        "topics whose feeds would be written anew": plan.rewritten,
    }  # fmt: skip
    yield from (f"{what}: {', '.join(names)}" for what, names in named.items() if names)
    for topic, group in groupby(plan.transfers, key=lambda t: t.topic):
        transfers = list(group)
        entering, leaving = [t for t in transfers if t.enters], [t for t in transfers if not t.enters]
        yield f"{topic}: {len(entering)} would enter, {len(leaving)} would leave"
        yield from transfer_lines("+", "because", entering, most)
        yield from transfer_lines("-", "is there because", leaving, most)
    if not plan.transfers and not any(named.values()):
        yield "nothing would change"


def transfer_lines(mark: str, why: str, transfers: Sequence[Transfer], most: int | None) -> Iterator[str]:
    for t in transfers[:most]:
        yield f"  {mark} {when(t.listed_at)}  {t.title} ({t.source}, {t.story[:12]})"
        yield f"      {why}: {t.because}"
    if most and len(transfers) > most:
        yield f"  {mark} and {len(transfers) - most} more: --all shows them"


# --- quarantine ------------------------------------------------------------------------------------------------------


def waiting_row(waiting: Waiting) -> Row:
    """One line of `quarantine --json`."""
    a = waiting.article
    return {
        "id": a.id, "source": a.source, "title": a.title, "url": a.url, "publisher": a.publisher,
        "language": a.language, "published_at": iso(a.published_at), "at": iso(waiting.at), "because": waiting.because,
    }  # fmt: skip


def quarantine_lines(waiting: Sequence[Waiting], sources: Mapping[str, tuple[datetime, str]]) -> Iterator[str]:
    """By source; also those of which nothing waits any more."""
    for source in dict.fromkeys((*sources, *(w.article.source for w in waiting))):
        its = [w for w in waiting if w.article.source == source]
        at, because = sources.get(source) or (its[0].at, its[0].because)
        yield f"{source}: {len(its)} since {when(at)} UTC: {because}"
        for one in its:
            yield f"    {one.article.id[:12]}  {when(one.article.published_at)}  {one.article.title}"
            yield f"        {one.article.url or one.article.guid}"
    if not waiting and not sources:
        yield "nothing waits"


# --- previews --------------------------------------------------------------------------------------------------------


def preview_row(decision: Decision, filings: Sequence[Filing]) -> Row:
    """One line of `preview --json`."""
    a = decision.article
    return {
        "id": a.id, "title": a.title, "url": a.url, "publisher": a.publisher, "language": a.language,
        "published_at": iso(a.published_at), "dated": a.dated.value, "summary": a.summary,
        "verdict": decision.verdict.value, "because": decision.because,
        "topics": [{"topic": f.topic, "because": f.because} for f in filings],
    }  # fmt: skip


def preview_lines(decision: Decision, filings: Sequence[Filing]) -> Iterator[str]:
    a = decision.article
    yield a.title
    yield f"    {a.publisher}  {when(a.published_at)} ({a.dated.value})  {a.language or '?'}  {a.url}".rstrip()
    yield f"    {decision.verdict.value}: {decision.because}"
    for f in filings:
        yield f"    topic {f.topic}: {f.because}"
    if a.summary:
        yield f"    {a.summary}"


# --- checks ----------------------------------------------------------------------------------------------------------

Forms = Sequence[tuple[Term, Sequence[tuple[str, int]]]]


def check_row(file: str, counts: Mapping[str, int], errors: Sequence[Complaint], warnings: Sequence[Complaint]) -> Row:
    """`check --json`."""
    told = {"errors": [complaint_row(c) for c in errors], "warnings": [complaint_row(c) for c in warnings]}
    return {"file": file} | {what.replace(" ", "_"): n for what, n in counts.items()} | told


def complaint_row(complaint: Complaint) -> Row:
    return {"line": complaint.line, "column": complaint.column, "text": complaint.text.removeprefix("warning: ")}


def forms_row(topic: Topic, forms: Forms) -> Row:
    """`check --words TOPIC --json`."""
    terms = [{"term": str(t), "met": sum(n for _, n in found), "words": dict(found)} for t, found in forms]
    return {"topic": topic.name, "terms": terms}


def forms_lines(forms: Forms) -> Iterator[str]:
    """A line for each term: `газ* -> газета 12, газ 3`."""
    for term, found in forms:
        yield f"{term} -> {', '.join(f'{words} {count}' for words, count in found) or 'nothing'}"
