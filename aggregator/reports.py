"""What the operator is told: stories, sources, reasons; as text for a person and as plain values for a program."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from . import passages
from .markup import plain
from .model import Article, Copy, Dated, Decision, Filing, Health, Revision, State, Story
from .stores import Store

Row = dict[str, Any]

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
        "last_success": iso(h.last_success), "next_visit": iso(h.next_visit), "failing_since": iso(h.failing_since),
        "failures": h.failures, "error": h.error, "articles": h.articles, "new": h.new, "requests": h.requests,
        "bytes": h.bytes, "moved_to": h.moved_to,
    }  # fmt: skip


def health_lines(rows: list[Health]) -> Iterator[str]:
    width = max((len(h.name) for h in rows), default=0)
    yield f"{'SOURCE':{width}}  STATE    LAST VISIT        NEXT VISIT        ARTICLES  NEW"
    for h in rows:
        following = when(h.next_visit) if h.next_visit else "-"
        yield (
            f"{h.name:{width}}  {h.state.value:7}  {when(h.last_visit):16}  {following:16}  {h.articles:8}  {h.new:3}"
        ).rstrip()
        if h.error:
            since = f" (since {when(h.failing_since)}, {h.failures} in a row)" if h.failures > 1 else ""
            yield f"{'':{width}}  {h.error}{since}"
        if h.state is State.STOPPED:
            yield f"{'':{width}}  not visited any more; 'aggregator collect {h.name}' tries once again"
        if h.moved_to:
            yield f"{'':{width}}  has moved for good, and is visited at {h.moved_to}"


# --- reasons ---------------------------------------------------------------------------------------------------------


def explanation(story: Story, store: Store) -> Row:
    """Everything that is known about why a story is what it is."""
    members = [story.lead, *(c.article for c in story.copies)]
    return story_row(story) | {
        "lead_because": story.lead_because,
        "withdrawn_at": iso(story.withdrawal.at) if story.withdrawal else None,
        "withdrawn_because": story.withdrawal.because if story.withdrawal else "",
        "filings": [{"topic": f.topic, "because": f.because} for f in story.filings],
        "articles": [article_row(a, store) for a in members],
    }


def article_row(article: Article, store: Store) -> Row:
    a = article
    return {
        "id": a.id, "source": a.source, "publisher": a.publisher, "guid": a.guid, "url": a.url, "title": a.title,
        "published_at": iso(a.published_at), "dated": a.dated.value, "date_said": a.date_said,
        "updated_at": iso(a.updated_at), "seen_at": iso(a.seen_at), "language": a.language,
        "because": store.why(a.id), "versions": len(store.versions(a.id)),
    }  # fmt: skip


def explanation_lines(story: Story, store: Store) -> Iterator[str]:
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
        yield f"    {f.topic}: {f.because}"
    yield "  articles"
    for article in (story.lead, *(c.article for c in story.copies)):
        yield from article_lines(article_row(article, store), article.dated)


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
    for r in revisions(story, store):
        yield ""
        yield f"{r.new.publisher} ({r.new.source}), {when(r.at)} UTC: {r.because}"
        yield ""
        yield from passages.lines(between(r.old, r.new), width, paint)


def revisions(story: Story, store: Store) -> list[Revision]:
    """Article by article, the lead first."""
    return [r for article in (story.lead, *(c.article for c in story.copies)) for r in store.revisions(article.id)]


def between(old: Article, new: Article) -> list[passages.Row]:
    return passages.compare(*(f"{a.title}\n\n{plain(a.content)}" for a in (old, new)))


def passage_rows(rows: list[passages.Row]) -> list[Row]:
    return [
        {"equal": passages.spoken(p.old)}
        if p.same
        else {"removed": passages.spoken(p.old), "added": passages.spoken(p.new)}
        for row in rows
        for p in row
    ]


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
