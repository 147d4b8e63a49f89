"""What topics have learned from examples, and stories to learn from."""

from __future__ import annotations

from sqlite3 import Connection

from ..model import Story
from . import Trained
from ._stories import load_stories

COUNT = "SELECT count(*) FROM (SELECT 1 FROM stories LIMIT ?)"
# An id is a hash: in the order of ids, what comes first has come there by chance.
SAMPLE = "SELECT s.number FROM articles AS a CROSS JOIN stories AS s ON s.number = a.number ORDER BY a.id LIMIT ?"
MODEL = "SELECT digest, body FROM models WHERE topic = ?"
KEEP = """
    INSERT INTO models (topic, digest, body) VALUES (?, ?, ?)
    ON CONFLICT (topic) DO UPDATE SET digest = excluded.digest, body = excluded.body"""


def count_stories(conn: Connection, limit: int) -> int:
    """No further than `limit`."""
    (count,) = conn.execute(COUNT, (limit,)).fetchone()
    return int(count)


def sample_stories(conn: Connection, limit: int) -> list[Story]:
    """The same ones from the same stories."""
    return load_stories(conn, [number for (number,) in conn.execute(SAMPLE, (limit,))], filed=False)


def model_of(conn: Connection, topic: str) -> Trained | None:
    """The last one."""
    row = conn.execute(MODEL, (topic,)).fetchone()
    return Trained(digest=row["digest"], body=row["body"]) if row else None


def keep_model(conn: Connection, topic: str, trained: Trained) -> None:
    """In place of the one before."""
    conn.execute(KEEP, (topic, trained.digest, trained.body))
