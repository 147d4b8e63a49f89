"""What waits for the operator's word: apart from articles and stories, so that nothing joins, files or publishes it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from sqlite3 import Connection, Row

from ..model import Decision, Usual, Verdict, Waiting
from ._connections import Connections
from ._rows import article_of, article_row, moment, rows_for, stamp, to_json
from ._saving import save_decisions

WAITING = "SELECT id, digest FROM quarantined WHERE id IN (?)"
# The second condition lets SQLite use the index, which leaves out the empty ones.
WAITING_BY_ALIAS = "SELECT id, digest FROM quarantined WHERE alias IN (?) AND alias <> ''"


def waiting_of(conn: Connection, ids: Collection[str]) -> Mapping[str, str]:
    """Article id -> digest, of what has one of these ids or came with it; empty: discarded."""
    return {row["id"]: row["digest"] for sql in (WAITING, WAITING_BY_ALIAS) for row in rows_for(conn, sql, ids)}


OPEN = "INSERT INTO quarantines (source, at, because) VALUES (?, ?, ?) ON CONFLICT (source) DO NOTHING"
KEEP = """
    INSERT INTO quarantined (id, alias, source, at, because, digest, body)
    VALUES (:id, :alias, :source, :at, :because, :digest, :body)
    ON CONFLICT (id) DO UPDATE SET digest = excluded.digest, body = excluded.body WHERE digest <> ''"""


def keep_waiting(conn: Connection, source: str, at: datetime, decisions: Sequence[Decision]) -> None:
    """Another version takes the place of the one that waits; what was discarded stays so."""
    for decision in (d for d in decisions if d.verdict is Verdict.WAITS):
        article = decision.article
        conn.execute(OPEN, (source, stamp(at), decision.because))
        row = {
            "id": article.id, "alias": decision.alias, "source": source, "at": stamp(at), "because": decision.because,
            "digest": article.digest, "body": to_json(article_row(article)),
        }  # fmt: skip
        conn.execute(KEEP, row)


BECAUSE = "SELECT because FROM quarantines WHERE source = ?"
ALL_OPEN = "SELECT source, at, because FROM quarantines ORDER BY at, source"
WAITING_OF = "SELECT count(*) FROM quarantined WHERE source = ? AND body <> ''"
ALL_WAITING = "SELECT body, at, because, alias FROM quarantined WHERE body <> '' ORDER BY source, rowid"
WITHOUT_TEXTS = ALL_WAITING.replace("body,", "json_set(body, '$.summary', '', '$.content', '') AS body,", 1)


def quarantine_of(conn: Connection, source: str) -> str:
    """Why its new articles are held; empty if they are not."""
    row = conn.execute(BECAUSE, (source,)).fetchone()
    return row["because"] if row else ""


def open_quarantines(conn: Connection) -> dict[str, tuple[datetime, str]]:
    """Source -> since when, and why; the longest first."""
    return {row["source"]: (moment(row["at"]), row["because"]) for row in conn.execute(ALL_OPEN)}


def count_waiting(conn: Connection, source: str) -> int:
    """How many of its articles wait."""
    (waiting,) = conn.execute(WAITING_OF, (source,)).fetchone()
    return int(waiting)


def waiting_articles(conn: Connection, *, texts: bool) -> list[Waiting]:
    """By source, in the order of their coming."""
    return [
        Waiting(
            article=article_of(json.loads(row["body"])), at=moment(row["at"]), because=row["because"],
            alias=row["alias"],
        )
        for row in conn.execute(ALL_WAITING if texts else WITHOUT_TEXTS)
    ]


FREE = "DELETE FROM quarantined WHERE id = ?"
DISCARD = "UPDATE quarantined SET digest = '', body = '' WHERE id = ?"
LIFT = "DELETE FROM quarantines WHERE source = ?"


def free_articles(conn: Connection, ids: Collection[str]) -> None:
    """They wait no more; called when they are stored as articles."""
    conn.executemany(FREE, [(id,) for id in ids])


def discard_articles(conn: Connection, ids: Collection[str]) -> None:
    """Only their ids are remembered."""
    conn.executemany(DISCARD, [(id,) for id in ids])


def lift_quarantine(conn: Connection, source: str) -> None:
    """What comes from now on is judged as before."""
    conn.execute(LIFT, (source,))


# --- what was usual --------------------------------------------------------------------------------------------------

LAST = 300
RECENT = """
    SELECT a.seen_at, a.published_at, a.canonical_url, a.language, a.publisher,
           s.number = a.number AND NOT s.old AS is_news
    FROM (SELECT article FROM texts WHERE source = ? ORDER BY article DESC LIMIT ?) AS t
        JOIN articles AS a ON a.number = t.article JOIN stories AS s ON s.number = a.story"""


def usual_of(conn: Connection, source: str) -> Usual:
    """What its last articles were like; what waits in quarantine is none of them."""
    rows = conn.execute(RECENT, (source, LAST)).fetchall()
    at_once = Counter(row["seen_at"] for row in rows if row["is_news"])
    return Usual(
        articles=len(rows),
        most=max(at_once.values(), default=0),
        per_day=_per_day(rows),
        last_at=moment(max(row["seen_at"] for row in rows)) if rows else None,
        urls=tuple(row["canonical_url"] for row in rows if row["canonical_url"]),
        languages=frozenset(row["language"].partition("-")[0] for row in rows if row["language"]),
        publishers=frozenset(row["publisher"] for row in rows),
    )


def _per_day(rows: Sequence[Row]) -> float:
    """A source of one day is taken for one that has brought all of it that day."""
    if not rows:
        return 0.0
    dates = [row["published_at"] for row in rows]
    span = moment(max(dates)) - moment(min(dates))
    return len(rows) / max(span / timedelta(days=1), 1.0)


# --- the store's part of it ------------------------------------------------------------------------------------------


class Quarantine:
    """What a Store promises of quarantine, as its Protocol says."""

    _connections: Connections

    def usual(self, source: str) -> Usual:
        """What the source was like until now."""
        with self._connections.reading() as db:
            return usual_of(db.conn, source)

    def quarantine(self, source: str) -> str:
        """Why new articles of the source are held; empty if they are not."""
        with self._connections.reading() as db:
            return quarantine_of(db.conn, source)

    def quarantines(self) -> Mapping[str, tuple[datetime, str]]:
        """The sources in quarantine: since when, and why; the longest first."""
        with self._connections.reading() as db:
            return open_quarantines(db.conn)

    def waiting(self, source: str) -> int:
        """How many articles of the source wait in quarantine."""
        with self._connections.reading() as db:
            return count_waiting(db.conn, source)

    def quarantined(self, *, texts: bool = True) -> list[Waiting]:
        """What waits in quarantine, by source, in the order of its coming."""
        with self._connections.reading() as db:
            return waiting_articles(db.conn, texts=texts)

    def admit(self, articles: Collection[str], decisions: Sequence[Decision], now: datetime, *, old: bool) -> None:
        """These articles wait no more, and are saved as these decisions say."""
        with self._connections.turn() as db:
            save_decisions(db.conn, now, decisions, is_first=old)
            free_articles(db.conn, articles)

    def discard(self, articles: Collection[str]) -> None:
        """These articles are dropped, and remembered."""
        with self._connections.turn() as db:
            discard_articles(db.conn, articles)

    def lift(self, source: str) -> None:
        """The source is in quarantine no more."""
        with self._connections.turn() as db:
            lift_quarantine(db.conn, source)
