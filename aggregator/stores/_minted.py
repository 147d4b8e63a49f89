"""
What was published before this database was made: the same stories get the same guids, dates and leads again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import count
from sqlite3 import Connection

from ..errors import StoreError
from ..model import Decision, Opening, Printed
from ._rows import moment, moment_or_none, rows_for, stamp
from ._withdrawals import bury_sealed, restore_withdrawal

REMEMBER = """
    INSERT INTO minted (article, guid, listed_at, led, published_at, updated_at) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (article) DO UPDATE
    SET led = excluded.led, published_at = excluded.published_at, updated_at = excluded.updated_at
    WHERE guid = excluded.guid AND excluded.published_at IS NOT NULL"""
"""What comes later is the later word: archives come first, and say what was true when they were sealed."""
SEALED = """
    INSERT INTO archives (topic, guid, number) VALUES (:topic, :guid, :number)
    ON CONFLICT (topic, guid) DO UPDATE SET number = max(number, excluded.number) WHERE guid = ''"""
SEALED_FILINGS = """
    UPDATE filings SET archive = a.number
    FROM archives AS a JOIN stories AS s ON s.guid = a.guid
    WHERE filings.archive IS NULL AND filings.topic = a.topic AND filings.story = s.number"""

REVISE_ALL = "UPDATE editions SET revision = revision + 1"


def remember_printed(conn: Connection, printed: Iterable[Printed]) -> None:
    """What this database knows itself stands; the rest is believed. What is on disk may be of another database."""
    for one in printed:
        if one.listed_at is not None:
            place, dates = (one.guid, stamp(one.listed_at)), (_stamp(one.published_at), _stamp(one.updated_at))
            conn.executemany(REMEMBER, [(id, *place, id == one.lead, *dates) for id in one.articles])
        if one.archive is not None:
            conn.execute(SEALED, {"topic": one.topic, "guid": one.guid, "number": one.archive})
        if one.withdrawn_at is not None:
            restore_withdrawal(conn, one, one.withdrawn_at)
    conn.execute(SEALED_FILINGS)
    bury_sealed(conn)
    conn.execute(REVISE_ALL)


def _stamp(at: datetime | None) -> int | None:
    return stamp(at) if at else None


MINTED = "SELECT * FROM minted WHERE article IN (?)"
TAKEN = "SELECT guid FROM stories WHERE guid IN (?)"
WITHDRAWN = "SELECT guid FROM withdrawals WHERE guid IN (?)"


def recalled_openings(conn: Connection, openers: Sequence[Decision]) -> Iterator[Opening]:
    """
    The opening of each story: the published one, if there was one. Should two stories claim one guid, the first has
    it; the other one gets it with a number behind it. So does one whose own guid was withdrawn from others.
    """
    ids = [decision.article.id for decision in openers]
    minted = {
        row["article"]: Opening(
            guid=row["guid"],
            listed_at=moment(row["listed_at"]),
            published_at=moment_or_none(row["published_at"]),
            updated_at=moment_or_none(row["updated_at"]),
        )
        for row in rows_for(conn, MINTED, ids)
    }
    openings = [minted.get(decision.article.id) or _own(decision) for decision in openers]
    taken = {row["guid"] for row in rows_for(conn, TAKEN, [opening.guid for opening in openings])}
    unheard = [decision for decision in openers if decision.article.id not in minted]
    taken |= {row["guid"] for row in rows_for(conn, WITHDRAWN, [_own(decision).guid for decision in unheard])}
    for decision, opening in zip(openers, openings, strict=True):
        one = opening if opening.guid not in taken else _another(conn, _own(decision), taken)
        taken.add(one.guid)
        yield one


def opening_row(number: int, decision: Decision, opening: Opening) -> dict[str, object]:
    """The columns of a story that are known when the article of this number opens it."""
    return {
        "number": number,
        "id": decision.story,
        "guid": opening.guid,
        "listed_at": stamp(opening.listed_at),
        "published_at": _stamp(opening.published_at),
        "revised_at": stamp(opening.updated_at or decision.article.updated_at),
    }


def _own(decision: Decision) -> Opening:
    if decision.opens is None:
        raise StoreError(f"article {decision.article.id} opens a story that has no guid")
    return decision.opens


IS_KNOWN = """
    SELECT 1 FROM stories WHERE guid = :guid UNION ALL SELECT 1 FROM minted WHERE guid = :guid
    UNION ALL SELECT 1 FROM withdrawals WHERE guid = :guid"""


def _another(conn: Connection, opening: Opening, taken: set[str]) -> Opening:
    """The next guid that nobody has or had."""
    guids = (opening.guid if n == 1 else f"{opening.guid}.{n}" for n in count(1))
    free = (g for g in guids if g not in taken and not conn.execute(IS_KNOWN, {"guid": g}).fetchone())
    return Opening(guid=next(free), listed_at=opening.listed_at)


LEAD = """
    UPDATE stories SET lead = :article, lead_because = :because WHERE number = :story AND NOT EXISTS (
        SELECT 1 FROM articles AS a JOIN minted AS m ON m.article = a.id
        WHERE a.number = stories.lead AND m.guid = stories.guid AND m.led)"""
LEAD_AGAIN = """
    UPDATE stories SET lead = :article, lead_because = 'it led the story in an earlier database'
    WHERE number = :story AND EXISTS (SELECT 1 FROM minted WHERE article = :id AND guid = stories.guid AND led)"""


def change_leads(conn: Connection, arrivals: Iterable[tuple[int, int, Decision]]) -> None:
    """
    Of articles that have joined a story (their number, its number, and why) those lead from now on that are to; but
    one that readers have seen leading the story before the database was lost has that back, and keeps it.
    """
    for article, story, decision in arrivals:
        if decision.leads:
            conn.execute(LEAD, {"article": article, "story": story, "because": decision.lead_because})
        conn.execute(LEAD_AGAIN, {"article": article, "story": story, "id": decision.article.id})


REDIRECT = "UPDATE minted SET guid = :into, led = 0, published_at = NULL, updated_at = NULL WHERE guid = :gone"


def redirect_minted(conn: Connection, gone: str, into: str) -> None:
    """The articles that were published under one guid are published under the other."""
    conn.execute(REDIRECT, {"gone": gone, "into": into})
