"""The index of sameness: which stories have the marks of a text, and whom of them to compare it with."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from sqlite3 import Connection

from ..errors import StoreError
from ..model import Company, Decision
from ._rows import article_of, rows_for, stamp

POSTINGS = "SELECT m.mark, s.id FROM marks AS m JOIN stories AS s ON s.number = m.story WHERE m.mark IN (?)"


def postings_of(conn: Connection, marks: Collection[int]) -> Mapping[int, Sequence[str]]:
    """Mark -> the ids of the stories that have it."""
    found: dict[int, list[str]] = {}
    for mark, story in rows_for(conn, POSTINGS, marks):
        found.setdefault(mark, []).append(story)
    return found


STORY = "SELECT number, lead, filed_at FROM stories WHERE id = ?"
MEMBERS = """
    SELECT * FROM whole_articles WHERE number IN (
        :number, :lead,
        (SELECT number FROM articles WHERE story = :number ORDER BY size DESC, number LIMIT 1),
        (SELECT number FROM articles WHERE story = :number AND size >= :enough ORDER BY size, number LIMIT 1))
    ORDER BY number"""
ENOUGH = 25
"""Phrases: of shorter texts too many others seem to be part."""


def company_of(conn: Connection, story: str) -> Company:
    """Whoever leads the story, and the first, the longest and the shortest of its articles."""
    row = conn.execute(STORY, (story,)).fetchone()
    if row is None:
        raise StoreError(f"there is no story {story}")
    rows = conn.execute(MEMBERS, {"number": row["number"], "lead": row["lead"], "enough": ENOUGH}).fetchall()
    members = {member["number"]: article_of(member) for member in rows}
    return Company(
        story=story,
        lead=members[row["lead"]],
        is_out=row["filed_at"] is not None,
        members=tuple(members.values()),
    )


CROWD = 32
"""Stories: a mark that so many have is a stock phrase; it is not kept for more of them."""
MARK = """
    INSERT OR IGNORE INTO marks (mark, story)
    SELECT ?1, story FROM articles
    WHERE id = ?2 AND (SELECT count(*) FROM (SELECT 1 FROM marks WHERE mark = ?1 LIMIT ?3)) < ?3"""
SIZE = "UPDATE articles SET size = ? WHERE id = ?"


def keep_marks(conn: Connection, decisions: Iterable[Decision]) -> None:
    """Called when their articles are stored. A story that is copied a hundred times has each of its marks once."""
    kept = [(d.fingerprint, d.article.id) for d in decisions if d.fingerprint]
    conn.executemany(SIZE, [(fingerprint.size, article) for fingerprint, article in kept])
    conn.executemany(MARK, [(mark, article, CROWD) for fingerprint, article in kept for mark in fingerprint.marks])


# Numbers grow in the order of arrival: what came since is the end of the table, and is not searched for.
FIRST_SINCE = "SELECT min(number) FROM articles WHERE seen_at >= ?"
FORGET = """
    DELETE FROM marks WHERE mark BETWEEN :low AND :high AND story < :recent
        AND story NOT IN (SELECT story FROM articles WHERE number >= :recent)"""
SLICES = 64
"""The index is gone through in so many pieces, so that no writer waits for long."""


def first_since(conn: Connection, before: datetime) -> int:
    """The first article that has come in since; beyond all of them if there is none."""
    (number,) = conn.execute(FIRST_SINCE, (stamp(before),)).fetchone()
    return 2**63 - 1 if number is None else int(number)


def forget_marks(conn: Connection, recent: int, piece: int) -> int:
    """One piece of the index without the stories that no article has joined since `recent`; how many rows went."""
    width = 2**32 // SLICES
    piece_of = {"low": piece * width, "high": (piece + 1) * width - 1, "recent": recent}
    return conn.execute(FORGET, piece_of).rowcount
