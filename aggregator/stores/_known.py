"""What is remembered for ever, for whoever has to tell whether an article is new."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from sqlite3 import Connection

from ..model import Arrival, Article, Known, Trace
from ._alike import first_since
from ._quarantine import waiting_of
from ._rows import moment, pairs_for, rows_for, stamp, to_json, trace_of
from ._rulings import stories_apart, stories_together

TRACES = """
    SELECT a.id, a.source, a.canonical_url, a.title, a.digest, a.sketch, a.published_at,
           s.id AS story_id
    FROM articles AS a JOIN stories AS s ON s.number = a.story"""
TRACES_BY_ID = f"{TRACES} WHERE a.id IN (?)"
# The second condition lets SQLite use the index, which leaves out the empty ones.
TRACES_BY_URL = f"{TRACES} WHERE a.canonical_url IN (?) AND a.canonical_url <> '' ORDER BY a.number"
# The index holds the beginnings of sketches, which are hashes: half the pages, and hardly anything found in vain.
TRACES_BY_SKETCH = f"{TRACES} WHERE substr(a.sketch, 1, 8) IN (?) AND a.sketch <> '' ORDER BY a.number"
TRACES_BY_ALIAS = """
    SELECT n.id AS alias, a.id, a.source, a.canonical_url, a.title, a.digest, a.sketch, a.published_at,
           s.id AS story_id
    FROM aliases AS n JOIN articles AS a ON a.number = n.article JOIN stories AS s ON s.number = a.story
    WHERE n.id IN (?) ORDER BY n.number"""
LAST_OF = "(SELECT article FROM texts WHERE source = ? ORDER BY article DESC LIMIT ?)"
ASKED_FOR = "(SELECT value FROM json_each(?))"
LAST_TRACES = f"{TRACES} WHERE a.number IN {LAST_OF} AND a.published_at IN {ASKED_FOR}"
LAST = 500


HELD_BY_ID = "SELECT id, id, digest FROM articles WHERE id IN (?)"
HELD_BY_ALIAS = """
    SELECT n.id, a.id, a.digest FROM aliases AS n JOIN articles AS a ON a.number = n.article
    WHERE n.id IN (?) ORDER BY n.number"""


def known_of(conn: Connection, articles: Sequence[Article], echoes: Collection[str] = ()) -> Known:
    """
    What is remembered under their ids, canonical urls and sketches, and what is held under the ids that are `echoes`;
    nothing is known under an empty one.
    """
    ids = {a.id for a in articles}
    urls = {a.canonical_url for a in articles} - {""}
    beginnings = {a.sketch[:8] for a in articles if a.sketch}
    bearers = _bearers(conn, ids)
    return Known(
        by_id={id: bearing[-1] for id, bearing in bearers.items()},
        earlier={id: tuple(bearing[:-1]) for id, bearing in bearers.items() if len(bearing) > 1},
        echoed={id: (article, digest) for sql in (HELD_BY_ID, HELD_BY_ALIAS)
              for id, article, digest in pairs_for(conn, sql, echoes)},
        waiting=waiting_of(conn, ids.union(echoes)),
        by_url=_grouped((t.canonical_url, t) for t in _traces(conn, TRACES_BY_URL, urls)),
        by_sketch=_grouped((t.sketch, t) for t in _traces(conn, TRACES_BY_SKETCH, beginnings)),
        apart=stories_apart(conn, ids),
        together=stories_together(conn, ids),
    )


def _bearers(conn: Connection, ids: set[str]) -> dict[str, list[Trace]]:
    """Id -> the articles that it meant one after the other; the one that it means now is the last."""
    found = {trace.id: [trace] for trace in _traces(conn, TRACES_BY_ID, ids)}
    for row in rows_for(conn, TRACES_BY_ALIAS, ids):
        trace = trace_of(row)
        others = [t for t in found.get(row["alias"], ()) if t.id != trace.id]
        found[row["alias"]] = [*others, trace]
    return found


def trace_by_id(conn: Connection, article: str) -> Trace | None:
    """What is remembered of the article that has this id itself."""
    return next(_traces(conn, TRACES_BY_ID, {article}), None)


def last_traces(conn: Connection, source: str, dates: Collection[datetime]) -> list[Trace]:
    """Of the last few hundred articles of the source those with one of these dates, in any order."""
    stamps = to_json([stamp(at) for at in dates])
    return [trace_of(row) for row in conn.execute(LAST_TRACES, (source, LAST, stamps))]


def _traces(conn: Connection, sql: str, keys: set[str]) -> Iterator[Trace]:
    return map(trace_of, rows_for(conn, sql, keys))


def _grouped(pairs: Iterable[tuple[str, Trace]]) -> dict[str, tuple[Trace, ...]]:
    groups = defaultdict(list)
    for key, trace in pairs:
        groups[key].append(trace)
    return {key: tuple(traces) for key, traces in groups.items()}


ARRIVALS = """
    SELECT a.id, s.id AS story_id, a.source, a.seen_at, w.guid IS NOT NULL AS is_withdrawn,
           EXISTS (SELECT 1 FROM filings WHERE story = s.number) AS is_out
    FROM articles AS a JOIN stories AS s ON s.number = a.story LEFT JOIN withdrawals AS w ON w.guid = s.guid
    WHERE a.number >= ? ORDER BY a.number"""


def arrivals_since(conn: Connection, since: datetime) -> list[Arrival]:
    """In the order in which they came."""
    return [
        Arrival(
            article=row["id"],
            story=row["story_id"],
            source=row["source"],
            at=moment(row["seen_at"]),
            is_out=bool(row["is_out"]),
            is_withdrawn=bool(row["is_withdrawn"]),
        )
        for row in conn.execute(ARRIVALS, (first_since(conn, since),))
    ]
