"""What a location would give."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..model import Decision, Filing
from ._plainly import Row, iso, when


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
