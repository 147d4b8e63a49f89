"""Archives: a topic's older stories, sealed piece by piece and for ever."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from sqlite3 import Connection, Row

from ._stories import newest_numbers
from ._topics import edition_of

SMALLEST = 10
"""Stories that an archive holds at least, if the topic's limit allows it."""

CROWD = 4
"""How many times its limit a document may hold, on a day when very many stories come at once."""


def size_of_archive(limit: int) -> int:
    """Half a document."""
    return min(limit, max(SMALLEST, limit // 2))


LAST = "SELECT coalesce(max(number), 0) FROM archives WHERE topic = ?"
SEAL = "INSERT INTO archives (topic, guid, number) VALUES (?, ?, ?)"
SEALED = "UPDATE filings SET archive = ? WHERE topic = ? AND listed_at = ? AND story = ?"


def seal_stories(conn: Connection, topic: str, limit: int) -> None:
    """Give the stories that have to make room to the next archives, oldest first."""
    published = edition_of(conn, topic)["published"]
    unsealed = conn.execute(UNSEALED, (topic,)).fetchall()
    newest = set(newest_numbers(conn, topic, limit))
    last = last_archive(conn, topic)
    pieces = make_room(unsealed, newest, published, limit, is_first=not last)
    for number, piece in enumerate(pieces, start=last + 1):
        conn.executemany(SEAL, [(topic, row["guid"], number) for row in piece])
        conn.executemany(SEALED, [(number, topic, row["listed_at"], row["story"]) for row in piece])


def last_archive(conn: Connection, topic: str) -> int:
    """The number of the newest one; 0 if there is none."""
    (number,) = conn.execute(LAST, (topic,)).fetchone()
    return int(number)


UNSEALED = """
    SELECT f.story, f.listed_at, f.entered, f.old, s.guid FROM filings AS f JOIN stories AS s ON s.number = f.story
    WHERE f.topic = ? AND f.archive IS NULL ORDER BY f.listed_at, s.id DESC"""


def make_room(
    unsealed: Sequence[Row], newest: set[int], published: int, limit: int, *, is_first: bool
) -> Iterator[Sequence[Row]]:
    """
    The pieces to be sealed, oldest first. `unsealed` stands oldest first too.

    Straight into archives, without ever having been announced, goes what is not among the newest and is no news: what
    was there before the topic, or was brought in by changed rules or by the first visit to a source. Otherwise only
    what readers have had the chance to see: as many whole archives of it as the document is too long.
    """
    no_news = {row["story"] for row in unsealed if row["story"] not in newest and _is_no_news(row, published)}
    fresh = [row for row in unsealed if row["story"] not in no_news][-CROWD * limit :]
    standing = {row["story"] for row in fresh}
    backlog = [row for row in unsealed if row["story"] not in standing]
    seen = [row for row in fresh if row["entered"] <= published]
    size = size_of_archive(limit)
    too_many = max(0, len(fresh) - limit)
    whole = min(-(-too_many // size), len(seen) // size) * size
    if is_first:
        yield from _first_pieces(backlog + seen[:whole], size)
    else:
        yield from _pieces(backlog, size)
        yield from _pieces(seen[:whole], size)


def _is_no_news(row: Row, published: int) -> bool:
    return row["entered"] > published and (row["old"] or not published)


def _pieces(rows: Sequence[Row], size: int) -> Iterator[Sequence[Row]]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def _first_pieces(rows: Sequence[Row], size: int) -> Iterator[Sequence[Row]]:
    """Two at least, or none: an archive alone has no neighbour to link to, and would have to change for the second."""
    if len(rows) > 1:
        yield from _pieces(rows, min(size, -(-len(rows) // 2)))
