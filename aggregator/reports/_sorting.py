"""What sorting again moves, and what becomes of what readers have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..model import Move, Story
from ..stores import Store
from ._plainly import Row


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
