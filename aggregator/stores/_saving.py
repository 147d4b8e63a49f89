"""Decisions into rows. Everything here happens inside one turn."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from ..errors import StoreError
from ..model import Article, Decision, Verdict
from ._alike import keep_marks, settle_marks
from ._minted import change_leads, opening_row, recalled_openings
from ._rows import article_of, article_row, rows_for, stamp, to_json
from ._topics import next_state, touch_stories

Numbered = Sequence[tuple[int, Decision]]
"""Articles that arrive, each with the number that its row gets."""


def save_decisions(conn: sqlite3.Connection, at: datetime, decisions: Sequence[Decision], *, is_first: bool) -> int:
    """
    How many articles came in. Those that are here already are left alone: a decision may be saved twice. `is_first`:
    it is the first visit to its source, and what it brings is no news.
    """
    arrivals = _numbered(conn, decisions)
    openers = [(n, d) for n, d in arrivals if d.verdict is Verdict.NEW]
    copies = [(n, d) for n, d in arrivals if d.verdict is Verdict.COPY]
    stories = {d.story: n for n, d in openers}
    stories |= _story_numbers(conn, {d.story for _, d in copies} - set(stories))
    _insert_articles(conn, arrivals, stories)
    _open_stories(conn, openers, old=is_first)
    change_leads(conn, [(n, stories[d.story], d) for n, d in copies])
    keep_marks(conn, decisions)
    settle_marks(conn, [number for number, _ in arrivals])
    _keep_aliases(conn, decisions)
    touched = {stories[d.story] for _, d in copies}
    touched |= {_replace_version(conn, at, d) for d in decisions if d.verdict is Verdict.CHANGED}
    touch_stories(conn, touched)
    return len(arrivals)


ARTICLE_IDS = "SELECT id FROM articles WHERE id IN (?)"
LAST_NUMBER = "SELECT coalesce(max(number), 0) FROM articles"


def _numbered(conn: sqlite3.Connection, decisions: Sequence[Decision]) -> Numbered:
    offered = {d.article.id: d for d in reversed(decisions) if d.verdict in (Verdict.NEW, Verdict.COPY)}
    held = {row["id"] for row in rows_for(conn, ARTICLE_IDS, offered)}
    arrivals = [d for d in decisions if offered.get(d.article.id) is d and d.article.id not in held]
    (last,) = conn.execute(LAST_NUMBER).fetchone()
    return list(enumerate(arrivals, start=last + 1))


STORY_NUMBERS = "SELECT id, number FROM stories WHERE number IN (SELECT number FROM articles WHERE id IN (?))"


def _story_numbers(conn: sqlite3.Connection, ids: Collection[str]) -> dict[str, int]:
    numbers = {row["id"]: row["number"] for row in rows_for(conn, STORY_NUMBERS, ids)}
    for missing in set(ids) - set(numbers):
        raise StoreError(f"there is no story {missing}")
    return numbers


# Not sqlite-utils' insert_all: it takes 1.7 times as long, and a first collection spends most of its time here.
INSERT_ARTICLE = """
    INSERT INTO articles (
        number, story, verdict, because, relation, score, compared, passage, size,
        id, source, publisher, guid, url, canonical_url, original_url, title, authors, labels, enclosures,
        published_at, dated, date_said, updated_at, seen_at, language, digest, sketch)
    VALUES (
        :number, :story, :verdict, :because, :relation, :score, :compared, :passage, :size,
        :id, :source, :publisher, :guid, :url, :canonical_url, :original_url, :title, :authors, :labels, :enclosures,
        :published_at, :dated, :date_said, :updated_at, :seen_at, :language, :digest, :sketch)"""
INSERT_TEXT = """
    INSERT OR REPLACE INTO texts (article, source, summary, content)
    VALUES (:number, :source, :summary, :content)"""


def _insert_articles(conn: sqlite3.Connection, arrivals: Numbered, stories: dict[str, int]) -> None:
    rows = [
        {
            "number": number,
            "story": stories[decision.story],
            "verdict": decision.verdict.value,
            "because": decision.because,
            "relation": decision.relation,
            "score": decision.score,
            "compared": decision.compared,
            "passage": decision.passage,
            "size": decision.fingerprint.size if decision.fingerprint else 0,
            **article_row(decision.article),
        }
        for number, decision in arrivals
    ]
    conn.executemany(INSERT_ARTICLE, rows)
    conn.executemany(INSERT_TEXT, rows)


INSERT_STORY = """
    INSERT INTO stories (number, id, guid, lead, listed_at, published_at, revised_at, old, state)
    VALUES (:number, :id, :guid, :number, :listed_at, :published_at, :revised_at, :old, :state)"""


def _open_stories(conn: sqlite3.Connection, openers: Numbered, *, old: bool) -> None:
    openings = recalled_openings(conn, [decision for _, decision in openers])
    state = next_state(conn) if openers else 0
    rows = [
        opening_row(number, decision, opening) | {"old": old, "state": state}
        for (number, decision), opening in zip(openers, openings, strict=True)
    ]
    conn.executemany(INSERT_STORY, rows)


ALIAS = "INSERT OR REPLACE INTO aliases (id, article) SELECT ?, number FROM articles WHERE id = ?"


def _keep_aliases(conn: sqlite3.Connection, decisions: Sequence[Decision]) -> None:
    """Called when their articles are stored; what waits in quarantine is not."""
    conn.executemany(ALIAS, [(d.alias, d.article.id) for d in decisions if d.alias])


ARTICLE = "SELECT * FROM whole_articles WHERE id = ?"
INSERT_VERSION = "INSERT INTO versions (article, replaced_at, because, body) VALUES (?, ?, ?, ?)"
UPDATE_ARTICLE = """
    UPDATE articles SET
        publisher = :publisher, guid = :guid, url = :url, canonical_url = :canonical_url,
        original_url = :original_url, title = :title, authors = :authors, labels = :labels, enclosures = :enclosures,
        updated_at = :updated_at, language = :language, digest = :digest, sketch = :sketch
    WHERE number = :number"""


FIRST_AND_LAST = 20
"""
Versions of an article that are kept besides the one in force: the first, which readers saw first, and the last ones. A
page with the time of day in it would fill the database.
"""
MIDDLE = "edited often; of the versions in between only the last are kept"
BEFORE_LAST = "SELECT number, replaced_at FROM versions WHERE article = ? ORDER BY number DESC LIMIT 1 OFFSET ?"
FIRST = "SELECT min(number) FROM versions WHERE article = ?"
DROP_MIDDLE = "DELETE FROM versions WHERE article = ? AND number > ? AND number <= ?"
BRIDGE = "UPDATE versions SET replaced_at = ?, because = ? WHERE number = ?"

REVISE_STORY = "UPDATE stories SET revised_at = :updated_at WHERE lead = :number"
"""For an edit in substance."""


def _replace_version(conn: sqlite3.Connection, at: datetime, decision: Decision) -> int:
    """The number of the story that the article is in."""
    row = conn.execute(ARTICLE, (decision.article.id,)).fetchone()
    if row is None:
        raise StoreError(f"article {decision.article.id} has changed, but is not here")
    old, story = article_of(row), int(row["story"])
    if old.digest == decision.article.digest:
        return story  # saved before
    changed = {"number": row["number"], **article_row(_in_place_of(old, decision, at))}
    if not decision.is_look:  # a picture that has another address at each visit would fill the database
        conn.execute(INSERT_VERSION, (row["number"], stamp(at), decision.because, to_json(article_row(old))))
        _drop_middle(conn, row["number"])
    conn.execute(UPDATE_ARTICLE, changed)
    if decision.substantive:
        conn.execute(REVISE_STORY, changed)
    conn.execute(INSERT_TEXT, changed)
    return story


def _drop_middle(conn: sqlite3.Connection, article: int) -> None:
    """The first version is then said to have been replaced by the oldest of the last ones, when that came."""
    (first,) = conn.execute(FIRST, (article,)).fetchone()
    before = conn.execute(BEFORE_LAST, (article, FIRST_AND_LAST)).fetchone()
    if before and before["number"] > first:
        conn.execute(DROP_MIDDLE, (article, first, before["number"]))
        conn.execute(BRIDGE, (before["replaced_at"], MIDDLE, first))


def _in_place_of(old: Article, decision: Decision, at: datetime) -> Article:
    """The dates of the first version stay: a source that dates every edit anew must not move its articles."""
    new = decision.article
    edited_at = new.updated_at if new.updated_at > old.updated_at else max(old.updated_at, at)
    return replace(
        new,
        source=old.source,
        published_at=old.published_at,
        dated=old.dated,
        date_said=old.date_said,
        seen_at=old.seen_at,
        updated_at=edited_at if decision.substantive else old.updated_at,
    )
