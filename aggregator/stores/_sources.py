"""Sources: who is due, under lease, and how the visits went."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from sqlite3 import Connection, Row

from ..errors import StoreError
from ..model import Health, Source, Visit
from ._rows import health_of, rows_for, stamp, to_json

MOVED = """
    UPDATE sources SET kind = :kind, location = :location, checkpoint = '{}', next_at = :now, not_before = NULL
    WHERE name = :name AND (kind <> :kind OR location <> :location)"""
PLACED = """
    INSERT INTO sources (name, kind, location, place, next_at) VALUES (:name, :kind, :location, :place, :now)
    ON CONFLICT (name) DO UPDATE SET place = excluded.place"""


def register_sources(conn: Connection, sources: Iterable[Source], now: datetime) -> None:
    """New ones are due now, changed ones too and with an empty bookmark; missing ones lose their place."""
    rows = [
        {"name": s.name, "kind": s.kind, "location": s.location, "place": place, "now": stamp(now)}
        for place, s in enumerate(sources)
    ]
    conn.execute("UPDATE sources SET place = NULL")
    conn.executemany(MOVED, rows)
    conn.executemany(PLACED, rows)


DUE = """
    SELECT name FROM sources
    WHERE place IS NOT NULL AND next_at <= :now
      AND coalesce(leased_until, :now) <= :now AND coalesce(not_before, :now) <= :now
    ORDER BY next_at, place LIMIT :limit"""


def due_sources(conn: Connection, now: datetime, limit: int) -> list[str]:
    """Longest overdue first; equal times in the order of the configuration."""
    return [name for (name,) in conn.execute(DUE, {"now": stamp(now), "limit": limit})]


FREE = "SELECT name, leased_until, not_before FROM sources WHERE name IN (?) AND place IS NOT NULL"


def free_sources(conn: Connection, names: Collection[str], now: datetime) -> list[str]:
    """Those of them that nobody visits now and whose server does not mind, in the order asked for."""
    free = {row["name"] for row in rows_for(conn, FREE, names) if _is_free(row, stamp(now))}
    return [name for name in dict.fromkeys(names) if name in free]


def _is_free(row: Row, now: int) -> bool:
    return all(until is None or until <= now for until in (row["leased_until"], row["not_before"]))


LEASE = "UPDATE sources SET leased_until = ? WHERE name = ?"


def lease_sources(conn: Connection, names: Sequence[str], until: datetime) -> None:
    """Nobody else gets them until then."""
    conn.executemany(LEASE, [(stamp(until), name) for name in names])


END_VISIT = """
    UPDATE sources SET
        checkpoint = :checkpoint, next_at = :next_at, not_before = :not_before, leased_until = NULL,
        last_visit = :at, error = :error, new = :new, requests = requests + :requests, bytes = bytes + :bytes,
        last_success = iif(:error IS NULL, :at, last_success),
        failures = iif(:error IS NULL, 0, failures + 1),
        failing_since = iif(:error IS NULL, NULL, coalesce(failing_since, :at))
    WHERE name = :source"""


def end_visit(conn: Connection, visit: Visit, new: int) -> None:
    """Bookmark, health and next visit; ends the lease. `new`: how many articles it brought."""
    row = {
        "source": visit.source,
        "at": stamp(visit.at),
        "next_at": stamp(visit.next_at),
        "not_before": stamp(visit.not_before) if visit.not_before else None,
        "checkpoint": to_json(dict(visit.checkpoint)),
        "error": visit.error,
        "new": new,
        "requests": visit.requests,
        "bytes": visit.bytes,
    }
    if not conn.execute(END_VISIT, row).rowcount:
        raise StoreError(f"there is no source {visit.source!r}")


HEALTH = """
    SELECT s.*, coalesce(held.articles, 0) AS articles FROM sources AS s
    LEFT JOIN (SELECT source, count(*) AS articles FROM texts GROUP BY source) AS held ON held.source = s.name
    WHERE s.place IS NOT NULL OR held.articles > 0
    ORDER BY s.place IS NULL, s.place, s.name"""


def health_of_sources(conn: Connection) -> list[Health]:
    """In the order of the configuration, then by name those that have left it and still have articles."""
    return [health_of(row) for row in conn.execute(HEALTH)]
