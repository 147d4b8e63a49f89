"""Texts against each other: copies against the lead, edits against what they replaced."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..model import Article, Revision, Story
from ..stores import Store
from ._plainly import Row, iso, when
from ._stories import copy_row

if TYPE_CHECKING:
    from .. import passages


def compared(story: Story) -> list[Row]:
    """Each copy against the lead: `explain --compare --json`."""
    return [copy_row(c) | {"passages": passage_rows(between(story.lead, c.article))} for c in story.copies]


def compared_lines(story: Story, width: int, paint: passages.Paint) -> Iterator[str]:
    """The same for a terminal of this width."""
    from .. import passages

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
    from .. import passages

    for r in revisions(story, store):
        yield ""
        yield f"{r.new.publisher} ({r.new.source}), {when(r.at)} UTC: {r.because}"
        yield ""
        yield from passages.lines(between(r.old, r.new), width, paint)


def revisions(story: Story, store: Store) -> list[Revision]:
    """Article by article, the lead first."""
    return [r for article in story.members for r in store.revisions(article.id)]


def between(old: Article, new: Article) -> list[passages.Row]:
    from .. import passages
    from ..markup import plain

    return passages.compare(*(f"{a.title}\n\n{plain(a.content)}" for a in (old, new)))


def passage_rows(rows: list[passages.Row]) -> list[Row]:
    from .. import passages

    return [
        {"equal": passages.spoken(p.old)}
        if p.same
        else {"removed": passages.spoken(p.old), "added": passages.spoken(p.new)}
        for row in rows
        for p in row
    ]
