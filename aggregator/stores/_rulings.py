"""What the operator has said of sameness: remembered for ever, stronger than any rule of ours."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from sqlite3 import Connection

from ..model import Ruling
from ._rows import moment, rows_for, stamp

# A story is told by the article that opened it; that one may be in another story by now, which took this one in. If
# the two are in one story all the same, the operator has merged them since.
HERE = """
    SELECT r.article, r.story, r.belongs, CASE WHEN opener.story IS NOT a.story THEN s.id END AS now_in
    FROM rulings AS r LEFT JOIN articles AS a ON a.id = r.article
        LEFT JOIN articles AS opener ON opener.id = r.story LEFT JOIN stories AS s ON s.number = opener.story"""
APART = f"{HERE} WHERE r.article IN (?) AND r.belongs = 0"
TOGETHER = """
    SELECT r.article, r.story
    FROM rulings AS r JOIN articles AS opener ON opener.id = r.story JOIN stories AS s ON s.number = opener.number
    WHERE r.article IN (?) AND r.belongs = 1 ORDER BY r.at"""


def stories_apart(conn: Connection, articles: Collection[str]) -> Mapping[str, frozenset[str]]:
    """Article id -> the stories that it must not join."""
    found: dict[str, set[str]] = {}
    for article, story, _, now_in in rows_for(conn, APART, articles):
        found.setdefault(article, set()).update({story, now_in or story})
    return {article: frozenset(stories) for article, stories in found.items()}


def stories_together(conn: Connection, articles: Collection[str]) -> Mapping[str, str]:
    """Article id -> the story that it must join, of those that are here; the last word counts."""
    return {row["article"]: row["story"] for row in rows_for(conn, TOGETHER, articles)}


IN_FORCE = f"{HERE} WHERE r.belongs OR now_in IS NOT NULL ORDER BY r.article, r.story"


def rulings_in_force(conn: Connection) -> list[Ruling]:
    """Of articles that are here, without those that a later word has overruled."""
    return [
        Ruling(article=row["article"], story=row["story"], belongs=bool(row["belongs"]))
        for row in conn.execute(IN_FORCE)
    ]


RULE = """
    INSERT INTO rulings (article, story, belongs, at) VALUES (?, ?, ?, ?)
    ON CONFLICT (article, story) DO UPDATE SET belongs = excluded.belongs, at = excluded.at"""


def rule(conn: Connection, article: str, story: str, at: datetime, *, belongs: bool) -> None:
    """What was said before of this article and this story no longer counts."""
    conn.execute(RULE, (article, story, belongs, stamp(at)))


INHERIT = """
    INSERT INTO rulings (article, story, belongs, at)
    SELECT article, :into, belongs, at FROM rulings
    WHERE story = :other
      AND article NOT IN (SELECT id FROM articles WHERE story = (SELECT number FROM articles WHERE id = :into))
    ON CONFLICT (article, story) DO NOTHING"""


def inherit_rulings(conn: Connection, other: str, into: str) -> None:
    """What was said of one story holds for the one that has its articles now, but for those that are in it."""
    conn.execute(INHERIT, {"other": other, "into": into})


NEVER = "SELECT story, at FROM rulings WHERE article = ? AND belongs = 0 ORDER BY at, story"


def rulings_against(conn: Connection, article: str) -> Iterator[str]:
    """One reason for each story that the article must not join."""
    for story, at in conn.execute(NEVER, (article,)):
        yield f"never in the story {story[:12]}, the operator said on {moment(at):%Y-%m-%d}"
