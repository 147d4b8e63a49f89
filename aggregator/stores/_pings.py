"""Pings: which hub has to be told of which feed, and from when on it may be asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from sqlite3 import Connection

from ..model import Ping
from ._connections import Connections
from ._rows import moment, stamp

ANNOUNCED = """
    INSERT INTO pings (hub, url, digest, asked_at) VALUES (:hub, :url, :digest, :now)
    ON CONFLICT (hub, url) DO UPDATE SET digest = excluded.digest, asked_at = coalesce(asked_at, excluded.asked_at)
    WHERE digest <> excluded.digest"""


def announce_feeds(conn: Connection, hubs: Sequence[str], feeds: Mapping[str, str], now: datetime) -> None:
    """A ping for each hub and feed, unless it is about these very bytes and was asked for before."""
    rows = [{"hub": h, "url": u, "digest": d, "now": stamp(now)} for h in hubs for u, d in feeds.items()]
    conn.executemany(ANNOUNCED, rows)


DUE = """
    SELECT DISTINCT hub FROM pings WHERE asked_at IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM hubs WHERE hubs.url = pings.hub AND hubs.due_at > ?) ORDER BY hub"""


def hubs_to_ping(conn: Connection, now: datetime) -> list[str]:
    """In alphabetical order."""
    return [hub for (hub,) in conn.execute(DUE, (stamp(now),))]


WAITING = "SELECT * FROM pings WHERE hub = ? AND asked_at IS NOT NULL ORDER BY asked_at, url LIMIT ?"


def waiting_pings(conn: Connection, hub: str, limit: int) -> list[Ping]:
    """Longest waiting first."""
    return [
        Ping(hub=row["hub"], url=row["url"], digest=row["digest"], asked_at=moment(row["asked_at"]))
        for row in conn.execute(WAITING, (hub, limit))
    ]


END_PING = "UPDATE pings SET asked_at = NULL WHERE hub = ? AND url = ? AND digest = ?"


def end_ping(conn: Connection, ping: Ping) -> None:
    """Unless the feed has changed once more."""
    conn.execute(END_PING, (ping.hub, ping.url, ping.digest))


PUT_OFF = "INSERT INTO hubs (url, due_at) VALUES (?, ?) ON CONFLICT (url) DO UPDATE SET due_at = excluded.due_at"
GIVE_UP = "UPDATE pings SET asked_at = NULL WHERE hub = ? AND asked_at < ?"


def put_off_hub(conn: Connection, hub: str, until: datetime, oldest: datetime) -> int:
    """How many pings were given up, as they have waited since before `oldest`."""
    conn.execute(PUT_OFF, (hub, stamp(until)))
    return conn.execute(GIVE_UP, (hub, stamp(oldest))).rowcount


# --- the store's part of it ------------------------------------------------------------------------------------------


class Pings:
    """What a Store promises of hubs, as its Protocol says."""

    _connections: Connections

    def announce(self, hubs: Sequence[str], feeds: Mapping[str, str], now: datetime) -> None:
        """An edition is on disk: each hub that was not asked to tell of these very bytes has to be pinged."""
        with self._connections.turn() as db:
            announce_feeds(db.conn, hubs, feeds, now)

    def hubs_to_ping(self, now: datetime) -> list[str]:
        """The hubs for which pings wait and that are not put off, in alphabetical order."""
        with self._connections.reading() as db:
            return hubs_to_ping(db.conn, now)

    def pings(self, hub: str, limit: int) -> list[Ping]:
        """What this hub has to be told, longest waiting first."""
        with self._connections.reading() as db:
            return waiting_pings(db.conn, hub, limit)

    def pinged(self, ping: Ping) -> None:
        """The hub has been told, or never will be."""
        with self._connections.turn() as db:
            end_ping(db.conn, ping)

    def put_off(self, hub: str, until: datetime, oldest: datetime) -> int:
        """The hub is left alone until then; how many pings are given up."""
        with self._connections.turn() as db:
            return put_off_hub(db.conn, hub, until, oldest)
