"""
Articles that move from story to story.

    by the operator's word, which is remembered as a ruling     split_article, merge_stories, forbid_story
    because sameness is told otherwise today, until tomorrow    move_article
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from sqlite3 import Connection, Row

from ..errors import StoreError
from ..model import Arrival, Decision, Fingerprint, Move, Opening, Ruling, Verdict
from ._alike import keep_marks, settle_all
from ._connections import Connections
from ._known import arrivals_since
from ._minted import opening_row, recalled_openings, redirect_minted
from ._rows import article_of, moment, stamp
from ._rulings import inherit_rulings, rule, rulings_in_force
from ._topics import next_state, touch_stories
from ._withdrawals import withdraw_story

STORY = """
    SELECT s.*, w.guid IS NOT NULL AS is_withdrawn
    FROM stories AS s LEFT JOIN withdrawals AS w ON w.guid = s.guid
    WHERE s.number = (SELECT number FROM articles WHERE id = ?)"""
STORY_OF = "SELECT s.* FROM stories AS s JOIN articles AS a ON a.story = s.number WHERE a.id = ?"
MEMBERS = "SELECT * FROM whole_articles WHERE story = ? ORDER BY published_at, number"


def split_article(conn: Connection, article: str, authority: str, fingerprint: Fingerprint, at: datetime) -> None:
    """The article opens a story of its own, and is never in the old one again."""
    old = _one(conn, STORY_OF, article, f"there is no article {article}")
    members = conn.execute(MEMBERS, (old["number"],)).fetchall()
    row = _leaving(members, article, opener=old["id"])
    _leave(conn, old, members, row, _opening_of(row, authority, fingerprint, at), at)
    rule(conn, article, old["id"], at, belongs=False)


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


PLACE = """
    UPDATE articles SET story = (SELECT number FROM articles WHERE id = ?),
        verdict = ?, relation = ?, score = ?, because = ?, compared = ?, passage = ? WHERE number = ?"""
LEAD = "UPDATE stories SET lead = ?, lead_because = ?, revised_at = ? WHERE number = ?"


def _leave(conn: Connection, old: Row, members: list[Row], row: Row, decision: Decision, at: datetime) -> None:
    """The article goes from the old story to the one that is decided. The earliest of the rest leads after a lead."""
    if decision.verdict is Verdict.NEW:
        _open(conn, row["number"], decision)
    _place(conn, row["number"], decision)
    keep_marks(conn, [decision])
    touch_stories(conn, [old["number"]])
    if old["lead"] == row["number"]:
        earliest = next(member for member in members if member is not row)
        conn.execute(LEAD, (earliest["number"], "the earliest of those that remained", stamp(at), old["number"]))


OPEN = """
    INSERT INTO stories (number, id, guid, lead, listed_at, published_at, revised_at, state)
    VALUES (:number, :id, :guid, :number, :listed_at, :published_at, :revised_at, :state)"""


def _open(conn: Connection, number: int, decision: Decision) -> None:
    (opening,) = recalled_openings(conn, [decision])
    conn.execute(OPEN, opening_row(number, decision, opening) | {"state": next_state(conn)})


def _place(conn: Connection, number: int, decision: Decision) -> None:
    d = decision
    conn.execute(PLACE, (d.story, d.verdict.value, d.relation, d.score, d.because, d.compared, d.passage, number))


def merge_stories(conn: Connection, story: str, other: str, at: datetime) -> None:
    """All articles of the other story join this one, for ever."""
    into, gone = (_one(conn, STORY, id, f"there is no story {id}") for id in (story, other))
    if into["is_withdrawn"] and not gone["is_withdrawn"]:
        lost = f"{into['id']} was withdrawn: merging would withdraw {gone['id']}, too"
        raise StoreError(f"{lost}; do that first, or undo the other withdrawal")
    for article in conn.execute(MEMBERS, (gone["number"],)).fetchall():
        conn.execute(JOIN, (f"merged by the operator on {at:%Y-%m-%d}", article["number"]))
        rule(conn, article["id"], story, at, belongs=True)
    inherit_rulings(conn, other, story)
    _unite(conn, into, gone, at)


def _unite(conn: Connection, into: Row, gone: Row, at: datetime) -> None:
    """
    All articles of one story join the other, which stays where it is. The guid of the one is withdrawn, as that of a
    takedown: archives lose it, readers are told to delete it, and it never returns.
    """
    if into["id"] == gone["id"]:
        raise StoreError(f"{into['id']} cannot be merged with itself")
    if gone["is_withdrawn"] and not into["is_withdrawn"]:
        raise StoreError(f"{gone['id']} was withdrawn: merging would publish it again; undo that first")
    withdraw_story(conn, gone["guid"], at, f"It is the same news as {into['guid']}", moment(gone["listed_at"]))
    redirect_minted(conn, gone["guid"], into["guid"])
    settle_all(conn)
    for sql in (MOVE_ARTICLES, MOVE_MARKS, DROP_MARKS, DROP_STORY):
        conn.execute(sql, {"into": into["number"], "gone": gone["number"]})
    touch_stories(conn, [into["number"]])


JOIN = "UPDATE articles SET verdict = 'copy', because = ? WHERE number = ?"
MOVE_ARTICLES = "UPDATE articles SET story = :into WHERE story = :gone"
# Both read the whole index: stories are merged seldom, and a second index would be written for every article.
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


def move_article(conn: Connection, move: Move, at: datetime) -> None:
    """One move of a plan, if the article still is where the plan has seen it. Nothing is ruled."""
    article, decision = move.decision.article.id, move.decision
    old = _one(conn, STORY_OF, article, f"there is no article {article}")
    if old["id"] != move.leaves:
        raise StoreError(f"{article} is no longer in the story {move.leaves}: plan again")
    members = conn.execute(MEMBERS, (old["number"],)).fetchall()
    if move.is_whole:
        into, gone = (_one(conn, STORY, id, f"there is no story {id}") for id in (decision.story, old["id"]))
        _unite(conn, into, gone, at)
        _place(conn, gone["number"], decision)
        return
    if decision.verdict is Verdict.COPY:
        into = _one(conn, STORY, decision.story, f"there is no story {decision.story}")
        touch_stories(conn, [into["number"]])
    _leave(conn, old, members, _leaving(members, article, opener=old["id"]), decision, at)


# --- the store's part of it ------------------------------------------------------------------------------------------


class Regrouping:
    """What a Store promises of what moves from story to story, as its Protocol says."""

    _connections: Connections

    def split(self, article: str, authority: str, fingerprint: Fingerprint, now: datetime) -> None:
        """The article opens a story of its own."""
        with self._connections.turn() as db:
            split_article(db.conn, article, authority, fingerprint, now)

    def merge(self, story: str, other: str, now: datetime) -> None:
        """All articles of the other story join this one."""
        with self._connections.turn() as db:
            merge_stories(db.conn, story, other, now)

    def forbid(self, article: str, story: str, now: datetime) -> None:
        """The article shall never join this story."""
        with self._connections.turn() as db:
            forbid_story(db.conn, article, story, now)

    def rulings(self) -> list[Ruling]:
        """What the operator has said, and has not taken back."""
        with self._connections.reading() as db:
            return rulings_in_force(db.conn)

    def arrivals(self, since: datetime) -> list[Arrival]:
        """Which articles have come in, in their order, and where they are."""
        with self._connections.reading() as db:
            return arrivals_since(db.conn, since)

    def move(self, move: Move, now: datetime) -> None:
        """One article, or one story, goes where it belongs today."""
        with self._connections.turn() as db:
            move_article(db.conn, move, now)

    def mark(self, decisions: Iterable[Decision]) -> None:
        """Their fingerprints stand in the index."""
        with self._connections.turn() as db:
            keep_marks(db.conn, decisions)

    def sorted_under(self) -> tuple[int, datetime] | None:
        """Which version of the rules of sameness, and since when."""
        with self._connections.reading() as db:
            row = db.execute("SELECT version, at FROM sorting").fetchone()
        return (row["version"], moment(row["at"])) if row else None

    def sort_under(self, version: int, now: datetime) -> None:
        """From now on it is this version."""
        with self._connections.turn() as db:
            db.execute("DELETE FROM sorting")
            db.execute("INSERT INTO sorting (version, at) VALUES (?, ?)", (version, stamp(now)))
