"""What the operator has said of sameness: remembered for ever, stronger than any rule of ours."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from sqlite3 import Connection

from ._rows import rows_for

APART = "SELECT article, story FROM rulings WHERE article IN (?) AND belongs = 0"


def stories_apart(conn: Connection, articles: Collection[str]) -> Mapping[str, frozenset[str]]:
    """Article id -> the stories that it must not join."""
    found: dict[str, set[str]] = {}
    for article, story in rows_for(conn, APART, articles):
        found.setdefault(article, set()).add(story)
    return {article: frozenset(stories) for article, stories in found.items()}
