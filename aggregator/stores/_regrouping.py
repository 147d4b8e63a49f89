"""Articles that the operator moves from story to story."""

from __future__ import annotations

from datetime import datetime
from sqlite3 import Connection, Row

from ..errors import StoreError
from ..model import Decision, Fingerprint, Opening, Verdict
from ._alike import SLICES, keep_marks, settle_piece
from ._minted import recalled_openings, redirect_minted
from ._rows import article_of, moment, stamp
from ._rulings import inherit_rulings, rule
from ._topics import touch_stories
from ._withdrawals import withdraw_story

STORY = """
    SELECT s.*, w.guid IS NOT NULL AS is_withdrawn
    FROM stories AS s LEFT JOIN withdrawals AS w ON w.guid = s.guid WHERE s.id = ?"""
STORY_OF = "SELECT s.* FROM stories AS s JOIN articles AS a ON a.story = s.number WHERE a.id = ?"
MEMBERS = "SELECT * FROM whole_articles WHERE story = ? ORDER BY published_at, number"


def split_article(conn: Connection, article: str, authority: str, fingerprint: Fingerprint, at: datetime) -> None:
    """The article opens a story of its own, and is never in the old one again."""
    old = _one(conn, STORY_OF, article, f"there is no article {article}")
    members = conn.execute(MEMBERS, (old["number"],)).fetchall()
    row = _leaving(members, article, opener=old["id"])
    rest = [member for member in members if member is not row]
    decision = _opening_of(row, authority, fingerprint, at)
    _open(conn, row["number"], decision)
    keep_marks(conn, [decision])
    rule(conn, article, old["id"], at, belongs=False)
    touch_stories(conn, [old["number"]])
    if old["lead"] == row["number"]:
        conn.execute(LEAD, (rest[0]["number"], "the earliest of those that remained", stamp(at), old["number"]))


def _one(conn: Connection, sql: str, key: str, complaint: str) -> Row:
    row: Row | None = conn.execute(sql, (key,)).fetchone()
    if row is None:
        raise StoreError(complaint)
    return row


def _leaving(members: list[Row], article: str, opener: str) -> Row:
    """The member that may leave. A story is known by the article that opened it: that one stays while others do."""
    (row,) = (member for member in members if member["id"] == article)
    others = [f"{m['id'][:12]} ({m['source']}: {m['title']})" for m in members if m is not row]
    if not others:
        raise StoreError(f"{article} is alone in its story: there is nothing to split")
    if article == opener:
        raise StoreError(f"{article} opened its story and cannot leave it; split off the others: {', '.join(others)}")
    return row


def _opening_of(row: Row, authority: str, fingerprint: Fingerprint, at: datetime) -> Decision:
    article = article_of(row)
    return Decision(
        article=article,
        verdict=Verdict.NEW,
        story=article.id,
        because=f"split off by the operator on {at:%Y-%m-%d}",
        opens=Opening(guid=f"tag:{authority}:{article.id}", listed_at=article.seen_at),
        fingerprint=fingerprint,
    )


OPEN = "INSERT INTO stories (number, id, guid, lead, listed_at, revised_at) VALUES (?, ?, ?, ?, ?, ?)"
LEAVE = "UPDATE articles SET story = number, verdict = ?, relation = 'copy', score = 1, because = ? WHERE number = ?"
LEAD = "UPDATE stories SET lead = ?, lead_because = ?, revised_at = ? WHERE number = ?"


def _open(conn: Connection, number: int, decision: Decision) -> None:
    (opening,) = recalled_openings(conn, [decision])
    revised_at = stamp(decision.article.updated_at)
    conn.execute(OPEN, (number, decision.story, opening.guid, number, stamp(opening.listed_at), revised_at))
    conn.execute(LEAVE, (decision.verdict.value, decision.because, number))


def merge_stories(conn: Connection, story: str, other: str, at: datetime) -> None:
    """
    All articles of the other story join this one, which stays where it is. The other one's guid is withdrawn, as that
    of a takedown: archives lose it, readers are told to delete it, and it never returns.
    """
    into, gone = (_one(conn, STORY, id, f"there is no story {id}") for id in (story, other))
    if into["id"] == gone["id"]:
        raise StoreError(f"{story} cannot be merged with itself")
    if gone["is_withdrawn"] and not into["is_withdrawn"]:
        raise StoreError(f"{other} was withdrawn: merging would publish it again; undo that first")
    for article in conn.execute(MEMBERS, (gone["number"],)).fetchall():
        conn.execute(JOIN, (into["number"], f"merged by the operator on {at:%Y-%m-%d}", article["number"]))
        rule(conn, article["id"], story, at, belongs=True)
    inherit_rulings(conn, other, story)
    withdraw_story(conn, gone["guid"], at, f"It is the same news as {into['guid']}", moment(gone["listed_at"]))
    redirect_minted(conn, gone["guid"], into["guid"])
    for piece in range(SLICES):
        settle_piece(conn, piece)
    for sql in (MOVE_MARKS, DROP_MARKS, DROP_STORY):
        conn.execute(sql, {"into": into["number"], "gone": gone["number"]})
    touch_stories(conn, [into["number"]])


JOIN = "UPDATE articles SET story = ?, verdict = 'copy', because = ? WHERE number = ?"
# Both read the whole index: operators merge seldom, and a second index would be written for every article.
MOVE_MARKS = "UPDATE OR IGNORE marks SET story = :into WHERE story = :gone"
DROP_MARKS = "DELETE FROM marks WHERE story = :gone"
DROP_STORY = "DELETE FROM stories WHERE number = :gone"


def forbid_story(conn: Connection, article: str, story: str, at: datetime) -> None:
    """The article shall never be in this story, where it is not now."""
    its = _one(conn, STORY_OF, article, f"there is no article {article}")
    _one(conn, STORY, story, f"there is no story {story}")
    if its["id"] == story:
        raise StoreError(f"{article} is in the story {story}; split it off instead")
    rule(conn, article, story, at, belongs=False)
