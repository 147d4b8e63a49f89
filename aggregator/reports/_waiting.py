"""What waits in quarantine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from ..model import MOST_WAITING, Waiting
from ._plainly import Row, iso, when


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
        if len(its) >= MOST_WAITING:
            yield "    no more are kept: what else comes is dropped, until you release or discard these"
        for one in its:
            yield f"    {one.article.id[:12]}  {when(one.article.published_at)}  {one.article.title}"
            yield f"        {one.article.url or one.article.guid}"
    if not waiting and not sources:
        yield "nothing waits"
