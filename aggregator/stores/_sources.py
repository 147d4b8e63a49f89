"""Sources: who is due, under lease, and how the visits went."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from sqlite3 import Connection, Row

from ..errors import StoreError
from ..model import Echo, Health, Source, Standing, Visit, host_of
from ._connections import Connections
from ._rows import MICROSECOND, health_of, moment_or_none, rows_for, stamp, standing_of, standing_row, to_json

MOVED = """
    UPDATE sources SET
        kind = :kind, location = :location, host = :host, checkpoint = '{}', standing = '{}', stopped = 0, failures = 0,
        next_at = :now, set_at = :now, not_before = NULL, error = NULL, failing_since = NULL, left_out = NULL
    WHERE name = :name AND (kind <> :kind OR location <> :location)"""
REGISTERED = "SELECT name, kind, location, every, place FROM sources WHERE place IS NOT NULL ORDER BY place"
PLACED = """
    INSERT INTO sources (name, kind, location, host, every, place, next_at, set_at)
    VALUES (:name, :kind, :location, :host, :every, :place, :now, :now)
    ON CONFLICT (name) DO UPDATE SET
        place = excluded.place, every = excluded.every,
        next_at = iif(excluded.every < every, min(next_at, :now + excluded.every), next_at)"""


def register_sources(conn: Connection, sources: Iterable[Source], now: datetime) -> None:
    """New ones are due now, changed ones too and with an empty bookmark; missing ones lose their place."""
    sources = tuple(sources)
    wanted = [(s.name, s.kind, s.location, s.every // MICROSECOND, place) for place, s in enumerate(sources)]
    if [tuple(row) for row in conn.execute(REGISTERED)] == wanted:  # as at most starts: 20 µs less for each
        return
    rows = [
        {
            "name": s.name, "kind": s.kind, "location": s.location, "host": s.host, "every": s.every // MICROSECOND,
            "place": place, "now": stamp(now),
        }
        for place, s in enumerate(sources)
    ]  # fmt: skip
    conn.execute("UPDATE sources SET place = NULL")
    conn.executemany(MOVED, rows)
    conn.executemany(PLACED, rows)


AHEAD = "SELECT max(set_at) FROM sources"
# Not by the last visit: a claim sets the next one, also if its own never ends, and a crowded host its neighbours'.
SET_BACK = """
    UPDATE sources SET
        next_at = next_at - (set_at - :now), not_before = not_before - (set_at - :now),
        leased_until = leased_until - (set_at - :now), set_at = :now,
        last_visit = min(last_visit, :now), last_success = min(last_success, :now),
        failing_since = min(failing_since, :now)
    WHERE set_at > :now + :slack"""
SET_HUBS_BACK = "UPDATE hubs SET due_at = due_at - ?"
SLACK = timedelta(minutes=1)


def set_back_sources(conn: Connection, now: datetime) -> int:
    """The clock was set back: what was set in the future was set now, and the waits stay as long. How many sources."""
    (latest,) = conn.execute(AHEAD).fetchone()
    ahead, slack = (latest or 0) - stamp(now), SLACK // MICROSECOND
    if ahead <= slack:
        return 0
    conn.execute(SET_HUBS_BACK, (ahead,))
    return conn.execute(SET_BACK, {"now": stamp(now), "slack": slack}).rowcount


DUE = """
    SELECT name, host FROM sources
    WHERE place IS NOT NULL AND NOT stopped AND next_at <= :now
      AND coalesce(leased_until, :now) <= :now AND coalesce(not_before, :now) <= :now
    ORDER BY next_at, place"""
THERE = "SELECT count(*) FROM sources WHERE host = ? AND leased_until IS NOT NULL AND leased_until > ?"


def due_sources(conn: Connection, now: datetime, limit: int, at_once: int) -> list[str]:
    """
    Longest overdue first, equal times in the order of the configuration; each host has `at_once` visits at most.

    Who is at a host is counted once for each host: a thousand sources of one would be counted a thousand times each.
    """
    there: dict[str, int] = {}
    names: list[str] = []
    for name, host in conn.execute(DUE, {"now": stamp(now)}):
        if len(names) == limit:
            break
        if host not in there:
            (there[host],) = conn.execute(THERE, (host, stamp(now))).fetchone()
        if not host or there[host] < at_once:
            there[host] += 1
            names.append(name)
    return names


FREE = "SELECT name, leased_until, not_before FROM sources WHERE name IN (?) AND place IS NOT NULL"


def free_sources(conn: Connection, names: Collection[str], now: datetime) -> list[str]:
    """Those of them that nobody visits now and whose server does not mind, in the order asked for."""
    free = {row["name"] for row in rows_for(conn, FREE, names) if _is_free(row, stamp(now))}
    return [name for name in dict.fromkeys(names) if name in free]


def _is_free(row: Row, now: int) -> bool:
    return all(until is None or until <= now for until in (row["leased_until"], row["not_before"]))


LEASE = """
    UPDATE sources SET leased_until = :until, next_at = max(next_at, :now + every), set_at = :now WHERE name = :name"""


def lease_sources(conn: Connection, names: Sequence[str], now: datetime, until: datetime) -> None:
    """
    Nobody else gets them until then. The next visit is written down before this one begins: who is killed in the middle
    of it, again and again, still does not come more often.
    """
    conn.executemany(LEASE, [{"name": name, "now": stamp(now), "until": stamp(until)} for name in names])


END_VISIT = """
    UPDATE sources SET
        checkpoint = :checkpoint, next_at = :next_at, leased_until = NULL,
        not_before = iif(not_before > :at, max(not_before, coalesce(:not_before, 0)), :not_before),
        set_at = :at, stopped = :stopped, standing = coalesce(:standing, standing), host = coalesce(:host, host),
        next_because = :next_because, visits = visits + 1, unchanged = unchanged + :unchanged,
        last_visit = :at, error = :error, left_out = :left_out, new = :new,
        requests = requests + :requests, bytes = bytes + :bytes,
        last_success = iif(:error IS NULL, :at, last_success),
        failures = iif(:error IS NULL, 0, failures + :failure),
        failing_since = iif(:error IS NULL, NULL, coalesce(failing_since, iif(:failure, :at, NULL)))
    WHERE name = :source AND kind = coalesce(:kind, kind) AND location = coalesce(:location, location)"""
"""
Nobody is claimed before its `not_before`: what lies behind the beginning of the visit was written during it, by one
that has met the host crowded (REST), and still holds.
"""
COME_BACK = """
    UPDATE sources SET leased_until = NULL, requests = requests + :requests, bytes = bytes + :bytes
    WHERE name = :source"""
"""From where the source is no longer: what was learned there means nothing at its new place, which is due already."""
REST = """
    UPDATE sources SET not_before = max(coalesce(not_before, 0), :until), set_at = max(set_at, :at)
    WHERE host = :host AND name <> :source"""
LEAVE_ALONE = "UPDATE sources SET not_before = max(coalesce(not_before, 0), ?) WHERE name = ?"
KEEP_ECHOES = """
    INSERT INTO echoes (source, said) VALUES (?, ?) ON CONFLICT (source) DO UPDATE SET said = excluded.said"""


def end_visit(conn: Connection, visit: Visit, new: int) -> None:
    """Bookmark, health, standing and next visit; ends the lease. `new`: how many articles it brought."""
    row = {
        "source": visit.source,
        "kind": visit.of and visit.of.kind,
        "location": visit.of and visit.of.location,
        "at": stamp(visit.at),
        "next_at": stamp(visit.next_at),
        "next_because": visit.next_because,
        "unchanged": visit.is_unchanged,
        "not_before": stamp(visit.not_before) if visit.not_before else None,
        "stopped": visit.is_last,
        "standing": to_json(standing_row(visit.standing)) if visit.standing else None,
        "host": _host_after(conn, visit),
        "checkpoint": to_json(dict(visit.checkpoint)),
        "error": visit.error,
        "left_out": visit.left_out,
        "failure": not visit.is_excused,
        "new": new,
        "requests": visit.requests,
        "bytes": visit.bytes,
    }
    if not conn.execute(END_VISIT, row).rowcount:
        if not conn.execute(COME_BACK, row).rowcount:
            raise StoreError(f"there is no source {visit.source!r}")
        return
    if visit.echoes is not None:
        conn.execute(KEEP_ECHOES, (visit.source, to_json(dict(visit.echoes))))
    rest_hosts(conn, visit.source, visit.at, visit.hosts_not_before)


def rest_hosts(conn: Connection, source: str, at: datetime, hosts: Mapping[str, datetime]) -> None:
    """The other sources of these hosts are left alone until then, as of `at`."""
    for host, until in hosts.items():
        conn.execute(REST, {"source": source, "host": host, "until": stamp(until), "at": stamp(at)})


def is_routine(visit: Visit) -> bool:
    """
    Whether nothing has come of it that could be missed: neither news nor a wish nor a complaint. If it is lost, then
    with its lease, and `lease_sources` has written down when the source is due again.
    """
    wishes = (visit.not_before, visit.standing, visit.echoes)
    is_plain = not (visit.error or visit.left_out or visit.hosts_not_before)
    return visit.is_unchanged and is_plain and all(wish is None for wish in wishes)


LOCATION = "SELECT location FROM sources WHERE name = ?"


def _host_after(conn: Connection, visit: Visit) -> str | None:
    """Whose server the source is at now; None: as it was."""
    if visit.standing is None:
        return None
    (location,) = conn.execute(LOCATION, (visit.source,)).fetchone() or ("",)
    return host_of(visit.standing.address or location)


ECHOES = "SELECT said FROM echoes WHERE source = ?"


def echoes_of(conn: Connection, source: str) -> dict[str, Echo]:
    """Wording -> what it was at the last visit."""
    row = conn.execute(ECHOES, (source,)).fetchone()
    return {wording: Echo(*kept) for wording, kept in json.loads(row["said"]).items()} if row else {}


STANDING = "SELECT checkpoint, last_success, failures, standing FROM sources WHERE name = ?"
HEALTH = """
    SELECT s.*, coalesce(held.articles, 0) AS articles,
        (SELECT count(*) FROM quarantined AS q WHERE q.source = s.name AND q.body <> '') AS waiting
    FROM sources AS s
    LEFT JOIN (SELECT source, count(*) AS articles FROM texts GROUP BY source) AS held ON held.source = s.name
    WHERE s.place IS NOT NULL OR held.articles > 0
    ORDER BY s.place IS NULL, s.place, s.name"""


def health_of_sources(conn: Connection) -> list[Health]:
    """In the order of the configuration, then by name those that have left it and still have articles."""
    return [health_of(row) for row in conn.execute(HEALTH)]


# --- the store's part of it ------------------------------------------------------------------------------------------


class Sources:
    """What a Store promises of sources, as its Protocol says."""

    _connections: Connections

    def set_back(self, now: datetime) -> int:
        """The clock may have been set back; how many sources it concerned."""
        with self._connections.turn() as db:
            return set_back_sources(db.conn, now)

    def claim_due(self, now: datetime, lease: timedelta, limit: int, at_once: int = 1) -> list[str]:
        """The sources that are due, longest overdue first, under lease from now on."""
        with self._connections.turn() as db:
            names = due_sources(db.conn, now, limit, at_once)
            lease_sources(db.conn, names, now, now + lease)
        return names

    def claim(self, names: Sequence[str], now: datetime, lease: timedelta) -> list[str]:
        """Those of these sources that may be visited, due or not, in the order asked for."""
        with self._connections.turn() as db:
            free = free_sources(db.conn, names, now)
            lease_sources(db.conn, free, now, now + lease)
        return free

    def end_leases(self) -> None:
        """Called when the lock has just become ours: whoever held a lease is gone."""
        with self._connections.turn() as db:
            db.execute("UPDATE sources SET leased_until = NULL WHERE leased_until IS NOT NULL")

    def leave_alone(
        self, source: str, at: datetime, until: datetime | None, hosts: Mapping[str, datetime]
    ) -> None:
        """What servers have said in a visit that was given up."""
        with self._connections.turn() as db:
            if until:
                db.execute(LEAVE_ALONE, (stamp(until), source))
            rest_hosts(db.conn, source, at, hosts)

    def echoes(self, source: str) -> Mapping[str, Echo]:
        """Wording -> what it was at the last visit."""
        with self._connections.reading() as db:
            return echoes_of(db.conn, source)

    def standing(self, source: str) -> Standing:
        """What the source's past means for its next visit; of a source that nobody knows, nothing."""
        self._connections.settle(source)
        row = self._connections.row(STANDING, source)
        return standing_of(row) if row else Standing()

    def visited(self, source: str) -> datetime | None:
        """When the source was last visited with success."""
        self._connections.settle(source)
        row = self._connections.row("SELECT last_success FROM sources WHERE name = ?", source)
        return moment_or_none(row["last_success"]) if row else None

    def health(self) -> list[Health]:
        """Every source that is configured or has articles, in the order of the configuration, the GONE ones last."""
        self._connections.settle()
        with self._connections.reading() as db:
            return health_of_sources(db.conn)
