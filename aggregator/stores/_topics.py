"""Topics: what each story is filed under, and which editions have to be published again."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from sqlite3 import Connection, Row

from ..errors import StoreError
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


REGISTERED = "SELECT topic FROM editions WHERE topic IN (?)"


def unregistered_topics(conn: Connection, topics: Collection[str]) -> list[str]:
    """Those that have never been in a configuration, in their order."""
    known = {row["topic"] for row in rows_for(conn, REGISTERED, topics)}
    return [topic for topic in topics if topic not in known]


STORIES_BY_ID = """
    SELECT s.id, s.number, s.guid, s.listed_at, s.old OR s.rules IS NOT NULL AS old, w.guid IS NOT NULL AS is_withdrawn
    FROM stories AS s LEFT JOIN withdrawals AS w ON w.guid = s.guid
    WHERE s.number IN (SELECT number FROM articles WHERE id IN (?))"""
REMEMBER_RULES = "INSERT INTO rules (digest) VALUES (?) ON CONFLICT (digest) DO NOTHING"
NUMBER_OF_RULES = "SELECT number FROM rules WHERE digest = ?"
FILED = "UPDATE stories SET rules = ?, filed_at = ? WHERE number = ?"
FILED_BEFORE = "SELECT story, topic, because FROM filings WHERE story IN (?)"
ENTER = """
    INSERT INTO filings (topic, listed_at, story, because, entered, old, archive) VALUES (
        ?, ?, ?, ?, coalesce((SELECT revision + 1 FROM editions WHERE topic = ?), 1), ?,
        (SELECT number FROM archives WHERE topic = ? AND guid = ?))"""
REWORD = "UPDATE filings SET because = ? WHERE story = ? AND topic = ?"
LEAVE = "DELETE FROM filings WHERE story = ? AND topic = ?"


def file_stories(conn: Connection, rules: str, filings: Mapping[str, Sequence[Filing]], now: datetime) -> None:
    """
    Replaces the filings of these stories; the topics that one of them enters or leaves become stale. What stays in a
    topic stays as it was there; what was taken back stays out.
    """
    stories = {row["number"]: row for row in rows_for(conn, STORIES_BY_ID, filings.keys())}
    before = {(row["story"], row["topic"]): row["because"] for row in rows_for(conn, FILED_BEFORE, stories)}
    wanted = {
        (number, filing.topic): filing.because
        for number, story in stories.items()
        if not story["is_withdrawn"]
        for filing in filings[story["id"]]
    }
    new = [(number, topic) for number, topic in wanted if (number, topic) not in before]
    conn.executemany(ENTER, [_entry(stories[number], topic, wanted[number, topic]) for number, topic in new])
    conn.executemany(REWORD, [(because, *at) for at, because in wanted.items() if before.get(at, because) != because])
    conn.executemany(LEAVE, before.keys() - wanted.keys())
    conn.execute(REMEMBER_RULES, (rules,))
    (number_of_rules,) = conn.execute(NUMBER_OF_RULES, (rules,)).fetchone()
    conn.executemany(FILED, [(number_of_rules, stamp(now), number) for number in stories])
    revise_topics(conn, {topic for _, topic in before.keys() ^ wanted.keys()})


def _entry(story: Row, topic: str, because: str) -> tuple[object, ...]:
    """Of a story that was not in the topic; one that only other rules bring here is no news."""
    return topic, story["listed_at"], story["number"], because, topic, story["old"], topic, story["guid"]


UNFILE = "UPDATE stories SET rules = NULL WHERE number = ?"
LINKED_WITH = "SELECT DISTINCT story FROM related WHERE other IN (?)"
NEXT_STATE = "UPDATE states SET last = last + 1 RETURNING last"
SET_STATE = "UPDATE stories SET state = ? WHERE number = ?"
TOPICS_OF = "SELECT DISTINCT topic FROM filings WHERE story IN (?)"
REVISE = "UPDATE editions SET revision = revision + 1 WHERE topic = ?"


def touch_stories(conn: Connection, stories: Collection[int]) -> None:
    """These stories have to be filed again, and printed again, as those are that name them as related."""
    conn.executemany(UNFILE, [(number,) for number in stories])
    revise_stories(conn, {*stories, *linked_with(conn, stories)})


def linked_with(conn: Connection, stories: Collection[int]) -> set[int]:
    """The stories that name one of these as related."""
    return {row["story"] for row in rows_for(conn, LINKED_WITH, stories)}


def revise_stories(conn: Connection, stories: Collection[int]) -> None:
    """What has been printed of these stories is no longer what the store says, nor are the topics they stand in."""
    if stories:
        state = next_state(conn)
        conn.executemany(SET_STATE, [(state, number) for number in stories])
        revise_topics(conn, {row["topic"] for row in rows_for(conn, TOPICS_OF, stories)})


def next_state(conn: Connection) -> int:
    """A number that no story has had."""
    (state,) = conn.execute(NEXT_STATE).fetchone()
    return int(state)


def revise_topics(conn: Connection, topics: Collection[str]) -> None:
    """What is on disk of these topics is no longer what the store says."""
    conn.executemany(REVISE, [(topic,) for topic in topics])


EDITION = "SELECT revision, published, opened_at FROM editions WHERE topic = ?"


def edition_of(conn: Connection, topic: str) -> Row:
    """Where the edition of the topic stands. Raises StoreError if the topic was never registered."""
    row: Row | None = conn.execute(EDITION, (topic,)).fetchone()
    if row is None:
        raise StoreError(f"there is no topic {topic!r}")
    return row


PUBLISHED = """
    UPDATE editions SET published = :revision
    WHERE topic = :topic AND (:digest IS NULL OR digest = :digest AND NOT held)"""


def edition_published(conn: Connection, topic: str, revision: int, digest: str | None) -> None:
    """The edition on disk is that of `revision`, unless it was made under another configuration."""
    conn.execute(PUBLISHED, {"topic": topic, "revision": revision, "digest": digest})


STALE = "SELECT topic FROM editions WHERE digest IS NOT NULL AND NOT held AND published <> revision ORDER BY topic"


def stale_topics(conn: Connection) -> list[str]:
    """In alphabetical order."""
    return [topic for (topic,) in conn.execute(STALE)]


DIGESTS = "SELECT topic, digest FROM editions WHERE digest IS NOT NULL ORDER BY topic"


def registered_topics(conn: Connection) -> dict[str, str]:
    """Topic -> the digest it was registered with."""
    return dict(conn.execute(DIGESTS).fetchall())


HOLD = "UPDATE editions SET held = 1, rule = :rule WHERE topic = :topic AND rule IS NOT :rule"
HELD = "SELECT topic, rule FROM editions WHERE digest IS NOT NULL AND held ORDER BY topic"
RELEASE = "UPDATE editions SET held = 0, revision = revision + 1 WHERE held AND topic = ? AND rule = ?"


def hold_topics(conn: Connection, rules: Mapping[str, str]) -> None:
    """Those that are filed under another rule, or under none yet."""
    conn.executemany(HOLD, [{"topic": topic, "rule": rule} for topic, rule in rules.items()])


def held_topics(conn: Connection) -> dict[str, str]:
    """Topic -> the digest of the rule for which it is held, in alphabetical order."""
    return dict(conn.execute(HELD).fetchall())


def release_topics(conn: Connection, rules: Mapping[str, str]) -> None:
    """Those that are still held for these rules become stale."""
    conn.executemany(RELEASE, rules.items())
