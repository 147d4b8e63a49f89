"""Stories that were taken back: their guids never return, and their topics say so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from sqlite3 import Connection

from ..model import Printed, Withdrawal
from ._rows import moment, rows_for, stamp
from ._topics import linked_with, revise_stories, revise_topics

WITHDRAW = """
    INSERT INTO withdrawals (guid, at, because, listed_at) VALUES (?, ?, ?, ?)
    ON CONFLICT (guid) DO NOTHING"""
BURY = """
    INSERT INTO tombstones (topic, guid)
    SELECT f.topic, s.guid FROM filings AS f JOIN stories AS s ON s.number = f.story WHERE s.guid = :guid
    UNION SELECT topic, guid FROM archives WHERE guid = :guid
    ON CONFLICT (topic, guid) DO NOTHING"""
UNFILE = "DELETE FROM filings WHERE story = (SELECT number FROM stories WHERE guid = ?)"
NUMBER = "SELECT number FROM stories WHERE guid = ?"
TOPICS = "SELECT topic FROM tombstones WHERE guid = ?"


def withdraw_story(conn: Connection, guid: str, at: datetime, because: str, listed_at: datetime) -> None:
    """It leaves every topic, for ever. A second withdrawal changes nothing."""
    conn.execute(WITHDRAW, (guid, stamp(at), because, stamp(listed_at)))
    conn.execute(BURY, {"guid": guid})
    conn.execute(UNFILE, (guid,))
    revise_stories(conn, linked_with(conn, _numbers(conn, guid)))
    revise_topics(conn, _topics(conn, guid))


BURY_ONE = "INSERT INTO tombstones (topic, guid) VALUES (?, ?) ON CONFLICT (topic, guid) DO NOTHING"


def restore_withdrawal(conn: Connection, printed: Printed, at: datetime) -> None:
    """The same for what a published document says of an earlier withdrawal."""
    withdraw_story(conn, printed.guid, at, printed.because, printed.listed_at or at)
    conn.execute(BURY_ONE, (printed.topic, printed.guid))


BURY_SEALED = """
    INSERT INTO tombstones (topic, guid)
    SELECT a.topic, a.guid FROM archives AS a JOIN withdrawals AS w ON w.guid = a.guid WHERE true
    ON CONFLICT (topic, guid) DO NOTHING"""


def bury_sealed(conn: Connection) -> None:
    """Archives that we have heard of later hold withdrawn stories, too: their topics say so, and are cleared of it."""
    conn.execute(BURY_SEALED)


REINSTATE = "DELETE FROM withdrawals WHERE guid = ?"
NUMBER_STAYS_TAKEN = """
    INSERT INTO archives (topic, guid, number) SELECT topic, '', number FROM archives WHERE guid = ?
    ON CONFLICT (topic, guid) DO UPDATE SET number = max(number, excluded.number)"""
UNSEAL = "DELETE FROM archives WHERE guid = ?"
REFILE = "UPDATE stories SET rules = NULL WHERE guid = ?"


def reinstate_story(conn: Connection, guid: str) -> None:
    """It is filed again, and stands in the current documents again: its archives have been rewritten without it."""
    topics = _topics(conn, guid)
    for sql in (REINSTATE, NUMBER_STAYS_TAKEN, UNSEAL, REFILE):
        conn.execute(sql, (guid,))
    revise_stories(conn, linked_with(conn, _numbers(conn, guid)))
    revise_topics(conn, topics)


def _numbers(conn: Connection, guid: str) -> list[int]:
    return [number for (number,) in conn.execute(NUMBER, (guid,))]


def _topics(conn: Connection, guid: str) -> set[str]:
    return {topic for (topic,) in conn.execute(TOPICS, (guid,))}


WITHDRAWN = """
    SELECT w.* FROM withdrawals AS w JOIN tombstones AS t ON t.guid = w.guid
    WHERE t.topic = ? ORDER BY w.at DESC, w.guid"""
ARTICLES = """
    SELECT s.guid, a.id FROM stories AS s JOIN articles AS a ON a.story = s.number WHERE s.guid IN (?)"""
MINTED = "SELECT guid, article AS id FROM minted WHERE guid IN (?)"


def withdrawals_of(conn: Connection, topic: str) -> tuple[Withdrawal, ...]:
    """What was taken back from this topic, the last one first, each with all articles that it is known by."""
    rows = conn.execute(WITHDRAWN, (topic,)).fetchall()
    articles = defaultdict(set)
    for sql in (ARTICLES, MINTED):
        for row in rows_for(conn, sql, [row["guid"] for row in rows]):
            articles[row["guid"]].add(row["id"])
    return tuple(
        Withdrawal(
            guid=row["guid"],
            at=moment(row["at"]),
            because=row["because"],
            listed_at=moment(row["listed_at"]),
            articles=tuple(sorted(articles[row["guid"]])),
        )
        for row in rows
    )


CLEARED = """
    SELECT a.number, a.guid FROM tombstones AS t JOIN archives AS a ON a.topic = t.topic AND a.guid = t.guid
    WHERE t.topic = ? ORDER BY a.number, a.guid"""


def cleared_archives(conn: Connection, topic: str) -> Mapping[int, frozenset[str]]:
    """Archive -> the guids that must not stand in it any more."""
    found = defaultdict(set)
    for number, guid in conn.execute(CLEARED, (topic,)):
        found[number].add(guid)
    return {number: frozenset(guids) for number, guids in found.items()}
