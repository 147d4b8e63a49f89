"""Sources: how they fare, and what they cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from ..incidents import Incident
from ..model import Health, State
from ..rhythm import spoken
from ._plainly import Row, iso, when

Silences = Mapping[str, Incident]
"""By source."""


def troubled(rows: Sequence[Health], silences: Silences) -> list[Health]:
    """Those of which there is more to say than that they are well."""
    return [h for h in rows if any(trouble_lines(h, silences))]


def health_row(health: Health, silences: Silences) -> Row:
    """One object of `status --json`."""
    h, silence = health, silences.get(health.name)
    return {
        "name": h.name, "kind": h.kind, "state": h.state.value, "last_visit": iso(h.last_visit),
        "last_success": iso(h.last_success), "next_visit": iso(h.next_visit), "next_because": h.next_because,
        "not_before": iso(h.not_before), "failing_since": iso(h.failing_since), "failures": h.failures,
        "error": h.error, "left_out": h.left_out, "articles": h.articles, "new": h.new, "waiting": h.waiting,
        "news_at": iso(h.news_at), "silent_since": iso(silence.since) if silence else None,
        "gap_seconds": round(h.gap.total_seconds()) or None, "visits": h.visits, "unchanged": h.unchanged,
        "requests": h.requests, "bytes": h.bytes, "moved_to": h.moved_to,
        "notes": [{"text": note.text, "since": iso(note.since)} for note in h.notes],
    }  # fmt: skip


def health_lines(rows: Sequence[Health], silences: Silences) -> Iterator[str]:
    """A line a source, and one for each thing that is not as it should be."""
    width = max(len("SOURCE"), *(len(h.name) for h in rows)) if rows else 0
    yield f"{'SOURCE':{width}}  STATE    LAST VISIT        NEXT VISIT        ARTICLES  NEW"
    for h in rows:
        following = when(h.next_visit) if h.next_visit else "-"
        yield (
            f"{h.name:{width}}  {h.state.value:7}  {when(h.last_visit):16}  {following:16}  {h.articles:8}  {h.new:3}"
        ).rstrip()
        yield from (f"{'':{width}}  {line}" for line in trouble_lines(h, silences))


def summary_line(rows: Sequence[Health], silences: Silences) -> str:
    """How many fare how."""
    states = Counter(h.state for h in rows)
    counts = [f"{states[state]} {state.value}" for state in State if states[state]]
    silent = [f"{len(silences)} silent"] if silences else []
    return f"{len(rows)} source{'s' * (len(rows) != 1)}: {', '.join(counts + silent)}" if rows else "no sources"


def trouble_lines(h: Health, silences: Silences) -> Iterator[str]:
    if h.error:
        since = f" (since {when(h.failing_since)}, {h.failures} in a row)" if h.failures > 1 else ""
        yield f"{h.error}{since}"
    if h.left_out:
        yield h.left_out
    if h.state is State.STOPPED:
        yield f"not visited any more; 'aggregator collect {h.name}' tries once again"
    elif h.error and h.next_because:
        yield f"next: {h.next_because}"
    if silence := silences.get(h.name):
        yield silence.lines[0]
    if h.moved_to:
        yield f"has moved for good, and is visited at {h.moved_to}"
    if h.waiting:
        yield f"{h.waiting} articles wait for your word: 'aggregator quarantine'"


def record_lines(h: Health, silences: Silences) -> Iterator[str]:
    """All of it, for one source."""
    yield from health_lines([h], silences)
    yield f"  last success  {when(h.last_success)}"
    if h.next_visit:
        yield f"  next visit    {when(h.next_visit)}: {h.next_because or 'as configured'}"
    if h.not_before:
        yield f"  left alone    until {when(h.not_before)} at least, as its server asks"
    if h.news_at:
        usual = f"an article every {spoken(h.gap)}" if h.gap else "nobody can tell yet"
        yield f"  rhythm        {usual}; the last news came {when(h.news_at)}"
    for note in h.notes:
        yield f"  note          {note.text} (since {when(note.since)})"
    yield f"  cost          {h.visits} visits ({h.unchanged} unchanged), {h.requests} requests, {h.bytes:,} bytes"
