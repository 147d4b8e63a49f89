"""
The index of sameness: which stories have the marks of a text, and whom of them to compare it with.

Marks are hashes: those of one article belong on twenty pages all over `marks`, and a visit would write hundreds of
pages. So they come into `new_marks`, which is small, and settle in `marks` piece by piece, many rows a page.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from sqlite3 import Connection

from ..errors import StoreError
from ..model import Company, Decision
from ._rows import article_of, rows_for, stamp

CROWD = 32
"""Stories: a mark that so many have is a stock phrase, and says nothing."""
EVERYBODY = 0
"""Is the number of no story, and stands for them in the index. Forgotten with the old ones, it is found out anew."""
ANYBODY = ("",) * CROWD

STORIES_OF = (
    "SELECT mark, story FROM marks WHERE mark IN (?)",
    "SELECT mark, story FROM new_marks WHERE mark IN (?)",
)
STORY_IDS = "SELECT number, id FROM stories WHERE number IN (?)"


def postings_of(conn: Connection, marks: Collection[int]) -> Mapping[int, Sequence[str]]:
    """Mark -> the ids of the stories that have it; for a stock phrase so many that nobody is meant."""
    having = _stories_of(conn, marks)
    numbers = {story for stories in having.values() for story in stories}
    ids = {row["number"]: row["id"] for row in rows_for(conn, STORY_IDS, numbers)}
    return {
        mark: ANYBODY if EVERYBODY in stories else [ids[story] for story in stories if story in ids]
        for mark, stories in having.items()
    }


def _stories_of(conn: Connection, marks: Collection[int]) -> defaultdict[int, list[int]]:
    having: defaultdict[int, list[int]] = defaultdict(list)
    for sql in STORIES_OF:
        for mark, story in rows_for(conn, sql, marks):
            having[mark].append(story)
    return having


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


OWNERS = "SELECT id, story FROM articles WHERE id IN (?)"
CROWDED = ("DELETE FROM marks WHERE mark = ?", "DELETE FROM new_marks WHERE mark = ?")
MARK = "INSERT INTO new_marks (mark, story) VALUES (?, ?)"
SIZE = "UPDATE articles SET size = ? WHERE id = ?"


def keep_marks(conn: Connection, decisions: Iterable[Decision]) -> None:
    """Called when their articles are stored. A story that is copied a hundred times has each of its marks once."""
    prints = {d.article.id: d.fingerprint for d in decisions if d.fingerprint}
    conn.executemany(SIZE, [(fingerprint.size, article) for article, fingerprint in prints.items()])
    having = _stories_of(conn, {mark for fingerprint in prints.values() for mark in fingerprint.marks})
    rows, crowded = set[tuple[int, int]](), list[tuple[int]]()
    for article, story in rows_for(conn, OWNERS, prints):
        for mark in prints[article].marks:
            stories = having[mark]
            if EVERYBODY in stories or story in stories:
                continue
            stories.append(story)
            rows.add((mark, story))
            if len(stories) >= CROWD:
                crowded.append((mark,))
                rows -= {(mark, one) for one in stories}
                having[mark] = [EVERYBODY]
    for sql in CROWDED:
        conn.executemany(sql, crowded)
    conn.executemany(MARK, sorted(rows | {(mark, EVERYBODY) for (mark,) in crowded}))


SLICES = 64
"""The index is gone through in so many pieces, so that no writer waits for long."""
A_PIECE = 16
"""Articles: one piece settles for so many that come, and so the whole for a thousand."""
SETTLE = (
    "INSERT OR IGNORE INTO marks SELECT mark, story FROM new_marks WHERE mark BETWEEN :low AND :high",
    "DELETE FROM new_marks WHERE mark BETWEEN :low AND :high",
)


def settle_marks(conn: Connection, numbers: Sequence[int]) -> None:
    """Called with the numbers of the articles that have come, which are in a row."""
    if numbers:
        for piece in range(numbers[0] // A_PIECE, (numbers[-1] + 1) // A_PIECE):
            settle_piece(conn, piece % SLICES)


def settle_all(conn: Connection) -> None:
    """Called before the whole index is gone through."""
    for piece in range(SLICES):
        settle_piece(conn, piece)


def settle_piece(conn: Connection, piece: int) -> None:
    for sql in SETTLE:
        conn.execute(sql, _bounds(piece))


def _bounds(piece: int) -> dict[str, int]:
    width = 2**32 // SLICES
    return {"low": piece * width, "high": (piece + 1) * width - 1}


# Numbers grow in the order of arrival: what came since is the end of the table, and is not searched for.
FIRST_SINCE = "SELECT min(number) FROM articles WHERE seen_at >= ?"
FORGET = """
    DELETE FROM marks WHERE mark BETWEEN :low AND :high AND story < :recent
        AND story NOT IN (SELECT story FROM articles WHERE number >= :recent)"""


def first_since(conn: Connection, before: datetime) -> int:
    """The first article that has come in since; beyond all of them if there is none."""
    (number,) = conn.execute(FIRST_SINCE, (stamp(before),)).fetchone()
    return 2**63 - 1 if number is None else int(number)


def forget_marks(conn: Connection, recent: int, piece: int) -> int:
    """One piece of the index without the stories that no article has joined since `recent`; how many rows went."""
    settle_piece(conn, piece)
    return conn.execute(FORGET, {**_bounds(piece), "recent": recent}).rowcount
