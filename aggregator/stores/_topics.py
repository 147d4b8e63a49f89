"""Topics: what each story is filed under, and which editions have to be published again."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from sqlite3 import Connection

from ..model import Filing
from ._rows import rows_for, stamp

OPENED = """
    INSERT INTO editions (topic, digest, opened_at) VALUES (?, ?, ?)
    ON CONFLICT (topic) DO UPDATE SET digest = excluded.digest, revision = revision + 1
    WHERE digest IS NOT excluded.digest"""
CLOSED = "UPDATE editions SET digest = NULL WHERE topic = ?"


def register_topics(conn: Connection, topics: Mapping[str, str], now: datetime) -> None:
    """New ones and those with another digest become stale; missing ones are never stale."""
    gone = [(topic,) for (topic,) in conn.execute("SELECT topic FROM editions").fetchall() if topic not in topics]
    conn.executemany(CLOSED, gone)
    conn.executemany(OPENED, [(topic, digest, stamp(now)) for topic, digest in topics.items()])


STORIES_BY_ID = "SELECT id, number, listed_at FROM stories WHERE id IN (?)"
REMEMBER_RULES = "INSERT INTO rules (digest) VALUES (?) ON CONFLICT (digest) DO NOTHING"
FILED = "UPDATE stories SET rules = (SELECT number FROM rules WHERE digest = ?), filed_at = ? WHERE number = ?"
FILE = "INSERT INTO filings (topic, listed_at, story, because) VALUES (?, ?, ?, ?)"


def file_stories(conn: Connection, rules: str, filings: Mapping[str, Sequence[Filing]], now: datetime) -> None:
    """Replaces the filings of these stories; every topic that had or gets one of them becomes stale."""
    stories = list(rows_for(conn, STORIES_BY_ID, filings.keys()))
    numbers = [row["number"] for row in stories]
    left = topics_of(conn, numbers)
    new = [(f.topic, row["listed_at"], row["number"], f.because) for row in stories for f in filings[row["id"]]]
    conn.executemany("DELETE FROM filings WHERE story = ?", [(number,) for number in numbers])
    conn.executemany(FILE, new)
    conn.execute(REMEMBER_RULES, (rules,))
    conn.executemany(FILED, [(rules, stamp(now), number) for number in numbers])
    revise_topics(conn, left | {topic for topic, *_ in new})


UNFILE = "UPDATE stories SET rules = NULL WHERE number = ?"
TOPICS_OF = "SELECT DISTINCT topic FROM filings WHERE story IN (?)"
REVISE = "UPDATE editions SET revision = revision + 1 WHERE topic = ?"


def touch_stories(conn: Connection, stories: Collection[int]) -> None:
    """These stories have to be filed again, and the topics that they stand in published again."""
    conn.executemany(UNFILE, [(number,) for number in stories])
    revise_topics(conn, topics_of(conn, stories))


def topics_of(conn: Connection, stories: Collection[int]) -> set[str]:
    """The topics that these stories stand in."""
    return {row["topic"] for row in rows_for(conn, TOPICS_OF, stories)}


def revise_topics(conn: Connection, topics: Collection[str]) -> None:
    """What is on disk of these topics is no longer what the store says."""
    conn.executemany(REVISE, [(topic,) for topic in topics])


STALE = "SELECT topic FROM editions WHERE digest IS NOT NULL AND published <> revision ORDER BY topic"


def stale_topics(conn: Connection) -> list[str]:
    """In alphabetical order."""
    return [topic for (topic,) in conn.execute(STALE)]
