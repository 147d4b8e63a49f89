"""Stories, one a line or a few."""

from __future__ import annotations

from collections.abc import Iterator

from ..model import Copy, Related, Story, Withdrawal
from ._plainly import Row, iso, when


def story_row(story: Story) -> Row:
    """One line of `stories --json`."""
    lead = story.lead
    return {
        "id": story.id, "guid": story.guid, "title": lead.title, "url": lead.url, "source": lead.source,
        "publisher": lead.publisher, "language": lead.language, "published_at": iso(story.published_at),
        "listed_at": iso(story.listed_at), "topics": [f.topic for f in story.filings],
        "withdrawn_at": iso(story.withdrawal.at) if story.withdrawal else None,
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


def withdrawn(withdrawal: Withdrawal) -> str:
    return f"withdrawn {when(withdrawal.at)} UTC" + (f": {withdrawal.because}" if withdrawal.because else "")


def story_lines(story: Story) -> Iterator[str]:
    lead = story.lead
    topics = ", ".join(f.topic for f in story.filings)
    yield f"{when(story.listed_at)}  {lead.title}"
    yield f"    {story.id[:12]}  {lead.publisher} ({lead.source})  {lead.language or '?'}  [{topics}]"
    if story.withdrawal:
        yield f"    {withdrawn(story.withdrawal)}"
    for copy in story.copies:
        yield f"    also {copy.article.publisher} ({copy.article.source}): {copy.article.title}"
