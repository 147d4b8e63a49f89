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


FORGET = """
    DELETE FROM marks WHERE mark BETWEEN ? AND ? AND story IN (
        SELECT story FROM articles GROUP BY story HAVING max(seen_at) < ?)"""
SLICES = 64


def forget_marks(conn: Connection, before: datetime, part: int) -> int:
    """One of 64 slices of the index without the stories that nobody has joined since; how many rows went."""
    width = 2**32 // SLICES
    return conn.execute(FORGET, (part * width, (part + 1) * width - 1, stamp(before))).rowcount
