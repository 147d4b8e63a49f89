"""
The index of sameness: which stories have the marks of a text, and whom of them to compare it with.

Marks are hashes: those of one article belong on twenty pages all over `marks`, and a visit would write hundreds of
pages. So they come into `new_marks`, which is small, and settle in `marks` piece by piece, many rows a page.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from math import isqrt
from sqlite3 import Connection

from ..errors import StoreError
from ..model import Company, Decision
from ._rows import MICROSECOND, article_of, pairs_for, stamp

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
    crowded = {mark for mark, stories in having.items() if EVERYBODY in stories or len(stories) >= CROWD}
    named = {mark: stories for mark, stories in having.items() if mark not in crowded}
    ids = dict(pairs_for(conn, STORY_IDS, {story for stories in named.values() for story in stories}))
    found = {mark: [ids[story] for story in stories if story in ids] for mark, stories in named.items()}
    return {**found, **dict.fromkeys(crowded, ANYBODY)}


def _stories_of(conn: Connection, marks: Collection[int]) -> dict[int, set[int]]:
    having: defaultdict[int, set[int]] = defaultdict(set)  # a copy brings marks once more until they settle
    for sql in STORIES_OF:
        for mark, story in pairs_for(conn, sql, marks):
            having[mark].add(story)
    return having


STORY = "SELECT number, lead, filed_at FROM stories WHERE number = (SELECT number FROM articles WHERE id = ?)"
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
MARK = "INSERT OR IGNORE INTO new_marks (mark, story) VALUES (?, ?)"
SIZE = "UPDATE articles SET size = :size WHERE id = :id AND size <> :size"


def keep_marks(conn: Connection, decisions: Iterable[Decision]) -> None:
    """Called when their articles are stored. Nothing is looked up: that is done for many at once, when they settle."""
    prints = {d.article.id: d.fingerprint for d in decisions if d.fingerprint}
    conn.executemany(SIZE, [{"size": fingerprint.size, "id": article} for article, fingerprint in prints.items()])
    owners = pairs_for(conn, OWNERS, prints)
    conn.executemany(MARK, sorted((mark, story) for article, story in owners for mark in prints[article].marks))


SLICES = 64
"""The index is gone through in so many pieces, so that no writer waits for long."""
A_PIECE = 16
"""Articles, at the least: one piece settles for so many that come, and so the whole for a thousand."""
SETTLE = "INSERT OR IGNORE INTO marks SELECT mark, story FROM new_marks WHERE mark BETWEEN :low AND :high"
CROWDED = """
    SELECT mark, :everybody FROM marks WHERE mark IN (SELECT mark FROM new_marks WHERE mark BETWEEN :low AND :high)
    GROUP BY mark HAVING count(*) >= :crowd OR count(*) > 1 AND min(story) = :everybody"""
SETTLED = "DELETE FROM new_marks WHERE mark BETWEEN :low AND :high"
UNMARK = "DELETE FROM marks WHERE mark = ? AND story <> ?"
MARK_ALL = "INSERT OR IGNORE INTO marks (mark, story) VALUES (?, ?)"


def settle_marks(conn: Connection, numbers: Sequence[int]) -> None:
    """
    Called with the numbers of the articles that have come, which are in a row. The larger the index, the more marks
    have to wait for a piece to be worth its pages; but a visit writes all pages of `new_marks`. Together they are
    fewest if the wait grows with the root.
    """
    if numbers:
        a_piece = max(A_PIECE, isqrt(numbers[-1]) // 8)
        for piece in range(numbers[0] // a_piece, (numbers[-1] + 1) // a_piece):
            settle_piece(conn, piece % SLICES)


def settle_all(conn: Connection) -> None:
    """Called before the whole index is gone through."""
    for piece in range(SLICES):
        settle_piece(conn, piece)


def settle_piece(conn: Connection, piece: int) -> None:
    """A story that is copied a hundred times has each of its marks once; a stock phrase is of everybody."""
    bounds = _bounds(piece)
    conn.execute(SETTLE, bounds)
    crowded = conn.execute(CROWDED, {**bounds, "crowd": CROWD, "everybody": EVERYBODY}).fetchall()
    for sql in (UNMARK, MARK_ALL):
        conn.executemany(sql, crowded)
    conn.execute(SETTLED, bounds)


def _bounds(piece: int) -> dict[str, int]:
    return {"low": _edge(piece), "high": _edge(piece + 1) - 1}


def _edge(piece: int) -> int:
    """
    Where the piece begins. A mark is the smallest of some hashes, so most marks are small: of 64 pieces of one width
    the first would hold 9 times its share. Cut like this each holds 0.9 to 1.2 times its share.
    """
    return int(2**32 * (1 - (1 - piece / SLICES) ** 0.1))


# Numbers grow in the order of arrival: what came since is the end of the table, and is not searched for.
FIRST_SINCE = "SELECT min(number) FROM articles WHERE seen_at >= ?"
FORGET = """
    DELETE FROM marks WHERE mark BETWEEN :low AND :high AND story < :recent
        AND story NOT IN (SELECT story FROM articles WHERE number >= :recent)"""


def first_since(conn: Connection, before: datetime) -> int:
    """The first article that has come in since; beyond all of them if there is none."""
    (number,) = conn.execute(FIRST_SINCE, (stamp(before),)).fetchone()
    return 2**63 - 1 if number is None else int(number)


EVIDENCE = 1_000
"""Articles that have to have come since: in the first minute of a wrong clock some hundreds may."""
SEEN_BEFORE_THEM = "SELECT seen_at FROM articles ORDER BY number DESC LIMIT 1 OFFSET ?"
FIRST_BETWEEN = "SELECT min(number) FROM articles WHERE seen_at BETWEEN ? AND ?"


def first_that_matters(conn: Connection, now: datetime, window: timedelta) -> int:
    """
    The first article that came within `window`. The time is that of the clock or of an article that is not the newest,
    whichever is earlier: what is forgotten is forgotten for good, and its copies would come as new. What seems to have
    come later than both came while the clock was wrong.
    """
    row = conn.execute(SEEN_BEFORE_THEM, (EVIDENCE,)).fetchone()
    if row is None:
        return 0
    clock, seen = stamp(now), row["seen_at"]
    bounds = (min(clock, seen) - window // MICROSECOND, max(clock, seen))
    (number,) = conn.execute(FIRST_BETWEEN, bounds).fetchone()
    return int(number)


def forget_marks(conn: Connection, recent: int, piece: int) -> int:
    """One piece of the index without the stories that no article has joined since `recent`; how many rows went."""
    settle_piece(conn, piece)
    return conn.execute(FORGET, {**_bounds(piece), "recent": recent}).rowcount
