"""Which stories are about the same event."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from sqlite3 import Connection

from ._rows import rows_for, stamp
from ._topics import revise_stories

NUMBERS = "SELECT id, number FROM stories WHERE number IN (SELECT number FROM articles WHERE id IN (?))"
HELD = "SELECT story, other, score FROM related WHERE story IN (?)"
UNLINK = "DELETE FROM related WHERE story = ? AND other = ?"
LINK = "INSERT INTO related (story, other, score, found_at) VALUES (?, ?, ?, ?)"

Pairs = dict[tuple[int, int], float]


def relate_stories(conn: Connection, links: Mapping[str, Mapping[str, float]], at: datetime) -> None:
    """Every link stands both ways. What is linked as it was stays untouched, and so do its topics."""
    ids = {*links, *(other for others in links.values() for other in others)}
    numbers = {row["id"]: row["number"] for row in rows_for(conn, NUMBERS, ids)}
    here = [numbers[story] for story in links if story in numbers]
    held = _both_ways({(row["story"], row["other"]): row["score"] for row in rows_for(conn, HELD, here)})
    wanted = _both_ways(
        {
            (numbers[story], numbers[other]): score
            for story, others in links.items()
            for other, score in others.items()
            if story in numbers and other in numbers
        }
    )
    conn.executemany(UNLINK, held.keys() - wanted.keys())
    conn.executemany(LINK, [(*pair, wanted[pair], stamp(at)) for pair in wanted.keys() - held.keys()])
    touched = {story for story, _ in held.keys() ^ wanted.keys()}
    revise_stories(conn, touched)


def _both_ways(pairs: Pairs) -> Pairs:
    return pairs | {(other, story): score for (story, other), score in pairs.items()}
