"""Rows into whole stories: few statements for many of them, never one each."""

from __future__ import annotations

import json
import re
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import pairwise

from ..errors import StoreError
from ..model import Article, Filing, Listed, Related, Revision, Story, Withdrawal
from ._rows import article_of, copy_of, moment, moment_or_none, rows_for, stamp

STORIES = """
    SELECT s.number, s.id, s.guid, s.lead, s.lead_because, s.listed_at, s.published_at, s.revised_at, s.state,
           w.at AS withdrawn_at, w.because AS withdrawn_because
    FROM stories AS s LEFT JOIN withdrawals AS w ON w.guid = s.guid WHERE s.number IN (?)"""
ARTICLES = "SELECT * FROM whole_articles WHERE story IN (?)"
FILINGS = "SELECT story, topic, because FROM filings WHERE story IN (?) ORDER BY topic"
RELATED = """
    SELECT r.story, r.score, r.found_at, s.id, a.title, a.publisher, a.url
    FROM related AS r JOIN stories AS s ON s.number = r.other JOIN articles AS a ON a.number = s.lead
        LEFT JOIN withdrawals AS w ON w.guid = s.guid
    WHERE r.story IN (?) AND w.guid IS NULL ORDER BY r.score DESC, s.id"""
LINKS = 5
"""So many related stories are told; a much covered event has more."""


def load_stories(
    conn: sqlite3.Connection, numbers: Sequence[int], *, filed: bool = True, linked: bool = True
) -> list[Story]:
    """These stories, in this order; `filed`: with their filings; `linked`: with the related ones."""
    articles = _by_story(conn, ARTICLES, numbers)
    filings = _by_story(conn, FILINGS, numbers if filed else ())
    related = _by_story(conn, RELATED, numbers if linked else ())
    stories = {row["number"]: row for row in rows_for(conn, STORIES, numbers)}
    return [_story(stories[n], articles[n], filings[n], related[n][:LINKS]) for n in numbers]


def _by_story(conn: sqlite3.Connection, sql: str, numbers: Sequence[int]) -> defaultdict[int, list[sqlite3.Row]]:
    found = defaultdict(list)
    for row in rows_for(conn, sql, numbers):
        found[row["story"]].append(row)
    return found


def _story(
    row: sqlite3.Row, articles: Sequence[sqlite3.Row], filings: Sequence[sqlite3.Row], related: Sequence[sqlite3.Row]
) -> Story:
    (lead,) = (article_of(a) for a in articles if a["number"] == row["lead"])
    copies = [copy_of(a) for a in articles if a["number"] != row["lead"]]
    return Story(
        id=row["id"],
        guid=row["guid"],
        lead=lead,
        lead_because=row["lead_because"],
        copies=tuple(sorted(copies, key=lambda copy: (copy.article.published_at, copy.article.id))),
        related=tuple(map(_related, related)),
        listed_at=moment(row["listed_at"]),
        first_date=moment_or_none(row["published_at"]),
        revised_at=moment(row["revised_at"]),
        withdrawal=_withdrawal(row, articles) if row["withdrawn_at"] is not None else None,
        filings=tuple(Filing(topic=f["topic"], because=f["because"]) for f in filings),
        state=row["state"],
    )


def _related(row: sqlite3.Row) -> Related:
    return Related(
        story=row["id"],
        title=row["title"],
        publisher=row["publisher"],
        url=row["url"],
        score=row["score"],
        found_at=moment(row["found_at"]),
    )


def _withdrawal(row: sqlite3.Row, articles: Sequence[sqlite3.Row]) -> Withdrawal:
    return Withdrawal(
        guid=row["guid"],
        at=moment(row["withdrawn_at"]),
        because=row["withdrawn_because"],
        listed_at=moment(row["listed_at"]),
        articles=tuple(sorted(a["id"] for a in articles)),
    )


# Both walk an index in the order of the list, and sort only what was listed at the same moment.
NEWEST = """
    SELECT number FROM stories
    WHERE listed_at >= :since AND listed_at <= :before AND (listed_at < :before OR id > :after)
    ORDER BY listed_at DESC, id LIMIT :limit"""
NEWEST_OF_TOPIC = """
    SELECT f.story AS number FROM filings AS f CROSS JOIN stories AS s ON s.number = f.story
    WHERE f.topic = :topic
      AND f.listed_at >= :since AND f.listed_at <= :before AND (f.listed_at < :before OR s.id > :after)
    ORDER BY f.listed_at DESC, s.id LIMIT :limit"""
EVER = 2**63 - 1


def newest_stories(
    conn: sqlite3.Connection,
    topic: str | None,
    limit: int,
    *,
    since: datetime | None = None,
    after: Story | None = None,
) -> list[Story]:
    """The newest `listed_at` first, equal times by id; of one topic or all, listed since, and after this one."""
    wanted = {
        "topic": topic,
        "since": stamp(since) if since else -EVER,
        "before": stamp(after.listed_at) if after else EVER,
        "after": after.id if after else "",
        "limit": limit,
    }
    rows = conn.execute(NEWEST if topic is None else NEWEST_OF_TOPIC, wanted)
    return load_stories(conn, [row["number"] for row in rows])


def newest_numbers(conn: sqlite3.Connection, topic: str, limit: int) -> list[int]:
    """The rows of the same stories of a topic, without reading them."""
    return [number for (number,) in conn.execute(NEWEST_OF_TOPIC, _newest_of(topic, limit))]


def _newest_of(topic: str, limit: int) -> dict[str, object]:
    return {"topic": topic, "since": -EVER, "before": EVER, "after": "", "limit": limit}


LISTED = """
    SELECT s.id, s.state, a.source, s.listed_at FROM ({}) AS f
    CROSS JOIN stories AS s ON s.number = f.number CROSS JOIN articles AS a ON a.number = s.lead
    ORDER BY s.listed_at DESC, s.id"""
NEWEST_LISTED = LISTED.format(NEWEST_OF_TOPIC)
CURRENT = LISTED.format("""
    SELECT story AS number FROM filings WHERE topic = :topic AND archive IS NULL
    UNION SELECT * FROM ({})""").format(NEWEST_OF_TOPIC)
IN_ARCHIVE = LISTED.format("""
    SELECT s.number FROM archives AS a
    JOIN stories AS s ON s.guid = a.guid LEFT JOIN withdrawals AS w ON w.guid = a.guid
    WHERE a.topic = ? AND a.number = ? AND w.guid IS NULL""")


def newest_listed(conn: sqlite3.Connection, topic: str, limit: int) -> list[Listed]:
    """The same stories without their words, in an edition's order: newest `listed_at` first, equal times by id."""
    return _listed(conn.execute(NEWEST_LISTED, _newest_of(topic, limit)))


def current_stories(conn: sqlite3.Connection, topic: str, limit: int) -> list[Listed]:
    """The newest, and whatever stands in no archive yet; in an edition's order."""
    return _listed(conn.execute(CURRENT, _newest_of(topic, limit)))


def archived_stories(conn: sqlite3.Connection, topic: str, number: int) -> list[Listed]:
    """Those of this archive that are held, in an edition's order."""
    return _listed(conn.execute(IN_ARCHIVE, (topic, number)))


def _listed(rows: Iterable[tuple[str, int, str, int]]) -> list[Listed]:
    return [Listed(id=id, state=state, source=source, listed_at=moment(at)) for id, state, source, at in rows]


NUMBERS = "SELECT id, number FROM stories WHERE number IN (SELECT number FROM articles WHERE id IN (?))"


def stories_by_id(conn: sqlite3.Connection, ids: Sequence[str]) -> list[Story]:
    """Without their filings, in this order; those that are not here are left out."""
    numbers = {row["id"]: row["number"] for row in rows_for(conn, NUMBERS, ids)}
    return load_stories(conn, [numbers[story] for story in ids if story in numbers], filed=False)


OTHER_RULES = "SELECT number FROM rules WHERE digest <> ?"
# What was seen later than any clock has said since it was set back has settled: it would wait for that time to come.
UNFILED = """
    SELECT number, listed_at, id FROM stories AS s
    WHERE rules IS ? AND (filed_at IS NOT NULL OR NOT (
        SELECT seen_at > ? AND seen_at <= (SELECT max(set_at) FROM sources)
        FROM articles AS a WHERE a.number = s.number))
    ORDER BY listed_at DESC, id LIMIT ?"""


def unfiled_stories(conn: sqlite3.Connection, rules: str, limit: int, settled: datetime | None) -> list[Story]:
    """Those that are filed under no rules or other ones, newest first, without their filings and links."""
    seen = stamp(settled) if settled else EVER
    # Asked for one by one, the index gives each of them sorted; together they would be sorted anew for every batch.
    others = [None, *(number for (number,) in conn.execute(OTHER_RULES, (rules,)))]
    rows = [row for other in others for row in conn.execute(UNFILED, (other, seen, limit))]
    rows.sort(key=lambda row: (-row["listed_at"], row["id"]))
    return load_stories(conn, [row["number"] for row in rows[:limit]], filed=False, linked=False)


BY_BEGINNING = "SELECT DISTINCT story FROM articles WHERE id >= :key AND id < :key || 'g' LIMIT 2"
BY_GUID = "SELECT number FROM stories WHERE guid = ?"
BY_CANONICAL_URL = "SELECT DISTINCT story FROM articles WHERE canonical_url = ? AND canonical_url <> ''"
# Reads every article (20 ms for 20,000): operators ask seldom, and an index would cost each article 200 bytes.
BY_GUID_OR_URL = "SELECT DISTINCT story FROM articles WHERE ? IN (guid, url, original_url)"


def find_stories(conn: sqlite3.Connection, key: str) -> list[Story]:
    """
    By id, the beginning of an id (6 digits or more), guid or URL; in the order in which they were opened. Raises
    StoreError if several ids begin so.
    """
    if not key:
        return []
    found = _beginning_with(conn, key.lower()) if re.fullmatch("[0-9a-fA-F]{6,24}", key) else []
    for sql in (BY_GUID, BY_CANONICAL_URL, BY_GUID_OR_URL):
        found = found or conn.execute(sql, (key,)).fetchall()
    return load_stories(conn, sorted(number for (number,) in found))


def _beginning_with(conn: sqlite3.Connection, key: str) -> list[sqlite3.Row]:
    found: list[sqlite3.Row] = conn.execute(BY_BEGINNING, {"key": key}).fetchall()
    if len(found) > 1:
        raise StoreError(f"more than one id begins with {key}; give more of it")
    return found


ARTICLE = "SELECT * FROM whole_articles WHERE id = ?"
VERSIONS = "SELECT body, because FROM versions WHERE article = ? ORDER BY number"


def versions_of(conn: sqlite3.Connection, article: str) -> list[Article]:
    """Oldest first; empty if there is no such article."""
    row = conn.execute(ARTICLE, (article,)).fetchone()
    if row is None:
        return []
    replaced = conn.execute(VERSIONS, (row["number"],))
    return [*(article_of(json.loads(old["body"])) for old in replaced), article_of(row)]


def held_article(conn: sqlite3.Connection, article: str) -> Article | None:
    """The version in force, with its text."""
    row = conn.execute(ARTICLE, (article,)).fetchone()
    return article_of(row) if row else None


REPLACED = """
    SELECT v.replaced_at, v.because FROM versions AS v JOIN articles AS a ON a.number = v.article
    WHERE a.id = ? ORDER BY v.number"""


def revisions_of(conn: sqlite3.Connection, article: str) -> list[Revision]:
    """Oldest first."""
    steps = zip(pairwise(versions_of(conn, article)), conn.execute(REPLACED, (article,)), strict=True)
    return [
        Revision(old=old, new=new, at=moment(row["replaced_at"]), because=row["because"]) for (old, new), row in steps
    ]


def reasons_for(conn: sqlite3.Connection, article: str) -> list[str]:
    """Why the article came into its story, and then why each version was replaced."""
    row = conn.execute("SELECT number, because FROM articles WHERE id = ?", (article,)).fetchone()
    if row is None:
        return []
    return [row["because"], *(old["because"] for old in conn.execute(VERSIONS, (row["number"],)))]
