"""Rows into nouns, nouns into rows; and how to ask for many rows at once."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from itertools import islice
from typing import Any

from ..model import Article, Copy, Dated, Enclosure, Health, Note, Relocation, Standing, State, Trace, Verdict, Wishes

Row = sqlite3.Row | Mapping[str, Any]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def stamp(at: datetime) -> int:
    """Microseconds since 1970, exactly: floats would lose the last ones."""
    return (at - EPOCH) // MICROSECOND


def moment(stamp: int) -> datetime:
    """The other way round."""
    return EPOCH + stamp * MICROSECOND


def moment_or_none(stamp: int | None) -> datetime | None:
    """The same for what may not have happened yet."""
    return None if stamp is None else moment(stamp)


to_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
"""Short, and readable in any script. (`json.dumps` would make an encoder for every value.)"""


def article_row(article: Article) -> dict[str, Any]:
    """The columns of `articles` and `texts` that an article fills."""
    return {
        "id": article.id,
        "source": article.source,
        "publisher": article.publisher,
        "guid": article.guid,
        "url": article.url,
        "canonical_url": article.canonical_url,
        "original_url": article.original_url,
        "title": article.title,
        "summary": article.summary,
        "content": article.content,
        "authors": to_json(article.authors),
        "published_at": stamp(article.published_at),
        "dated": article.dated.value,
        "date_said": article.date_said,
        "updated_at": stamp(article.updated_at),
        "seen_at": stamp(article.seen_at),
        "labels": to_json(article.labels),
        "enclosures": to_json([asdict(e) for e in article.enclosures]),
        "language": article.language,
        "digest": article.digest,
        "sketch": article.sketch,
    }


@lru_cache(maxsize=1024)
def listed(said: str) -> tuple[str, ...]:
    """What a list in JSON names. Labels and authors come again and again."""
    return tuple(json.loads(said))


def article_of(row: Row) -> Article:
    """The article of a row that has the columns of `article_row`."""
    return Article(
        id=row["id"],
        source=row["source"],
        publisher=row["publisher"],
        guid=row["guid"],
        url=row["url"],
        canonical_url=row["canonical_url"],
        original_url=row["original_url"],
        title=row["title"],
        summary=row["summary"],
        content=row["content"],
        authors=listed(row["authors"]),
        published_at=moment(row["published_at"]),
        dated=Dated(row["dated"]),
        date_said=row["date_said"],
        updated_at=moment(row["updated_at"]),
        seen_at=moment(row["seen_at"]),
        labels=listed(row["labels"]),
        enclosures=() if row["enclosures"] == "[]" else tuple(Enclosure(**e) for e in json.loads(row["enclosures"])),
        language=row["language"],
        digest=row["digest"],
        sketch=row["sketch"],
    )


def copy_of(row: Row) -> Copy:
    """The article of a row as a copy of whichever leads its story."""
    opener = row["verdict"] == Verdict.NEW.value  # it led until another took over
    because = f"it opened the story: {row['because']}" if opener else row["because"]
    return Copy(
        article=article_of(row), relation=row["relation"], score=row["score"], because=because,
        compared=row["compared"], passage=row["passage"],
    )  # fmt: skip


def trace_of(row: Row) -> Trace:
    """What is remembered of an article for ever."""
    return Trace(
        id=row["id"],
        story=row["story_id"],
        source=row["source"],
        canonical_url=row["canonical_url"],
        title=row["title"],
        digest=row["digest"],
        sketch=row["sketch"],
        published_at=moment(row["published_at"]),
    )


def health_of(row: Row) -> Health:
    """A source's record; `articles` and `waiting` are counted beside it."""
    standing = standing_of(row)
    return Health(
        name=row["name"],
        kind=row["kind"],
        state=_state(row),
        last_visit=moment_or_none(row["last_visit"]),
        last_success=moment_or_none(row["last_success"]),
        next_visit=None if row["place"] is None or row["stopped"] else moment(row["next_at"]),
        failing_since=moment_or_none(row["failing_since"]),
        failures=row["failures"],
        error=row["error"],
        articles=row["articles"],
        new=row["new"],
        requests=row["requests"],
        bytes=row["bytes"],
        moved_to=standing.address or None,
        next_because=row["next_because"],
        not_before=moment_or_none(row["not_before"]),
        gap=standing.gap,
        news_at=standing.news_at,
        visits=row["visits"],
        unchanged=row["unchanged"],
        waiting=row["waiting"],
        left_out=row["left_out"],
        notes=standing.notes,
    )


def _state(row: Row) -> State:
    if row["place"] is None:
        return State.GONE
    if row["stopped"]:
        return State.STOPPED
    if row["last_visit"] is None:
        return State.WAITING
    if row["error"] is None:
        return State.OK
    return State.OFFLINE if row["failing_since"] is None else State.FAILING


def standing_row(standing: Standing) -> dict[str, Any]:
    """What is kept of it in JSON; what is as it was at first is left out, and the others have columns."""
    wishes, moved = standing.wishes, standing.relocation
    said = {
        "every": wishes.every // MICROSECOND,
        "skip_hours": sorted(wishes.skip_hours),
        "skip_days": sorted(wishes.skip_days),
        "gap": standing.gap // MICROSECOND,
        "news_at": stamp(standing.news_at) if standing.news_at else None,
        "whole_at": stamp(standing.whole_at) if standing.whole_at else None,
        "address": standing.address,
        "relocation": [moved.to, stamp(moved.since), moved.visits] if moved else None,
        "notes": [[note.text, stamp(note.since)] for note in standing.notes],
    }
    return {key: value for key, value in said.items() if value}


def standing_of(row: Row) -> Standing:
    """The other way round, of a row of `sources`."""
    said = json.loads(row["standing"])
    to, since, visits = said.get("relocation") or ("", 0, 0)
    return Standing(
        checkpoint=json.loads(row["checkpoint"]),
        visited=moment_or_none(row["last_success"]),
        failures=row["failures"],
        wishes=Wishes(
            every=said.get("every", 0) * MICROSECOND,
            skip_hours=frozenset(said.get("skip_hours", ())),
            skip_days=frozenset(said.get("skip_days", ())),
        ),
        gap=said.get("gap", 0) * MICROSECOND,
        news_at=moment_or_none(said.get("news_at")),
        whole_at=moment_or_none(said.get("whole_at")),
        address=said.get("address", ""),
        relocation=Relocation(to=to, since=moment(since), visits=visits) if to else None,
        notes=tuple(Note(text=text, since=moment(at)) for text, at in said.get("notes", ())),
    )


SIZES = (1, 8, 64, 512)


def rows_for(conn: sqlite3.Connection, sql: str, keys: Collection[object]) -> Iterator[sqlite3.Row]:
    """
    The rows of `sql` for all keys, of which there may be any number: its one `(?)` is widened to a few fixed sizes.

    The text of a statement is so always one of four: SQLite prepares it once (50 µs instead of 120 for 25 keys), and
    its limit on variables is never met. Rows come in the order of the statement for each key, not over all keys.
    """
    for cursor in _asked(conn, sql, keys):
        yield from cursor


def pairs_for(conn: sqlite3.Connection, sql: str, keys: Collection[object]) -> Iterator[tuple[Any, ...]]:
    """The same as plain tuples: for thousands of short rows, which take half the time."""
    for cursor in _asked(conn, sql, keys):
        cursor.row_factory = None
        yield from cursor.fetchall()


def _asked(conn: sqlite3.Connection, sql: str, keys: Collection[object]) -> Iterator[sqlite3.Cursor]:
    waiting = iter(dict.fromkeys(keys))
    while chunk := list(islice(waiting, SIZES[-1])):
        size = next(size for size in SIZES if len(chunk) <= size)
        padding = chunk[-1:] * (size - len(chunk))
        yield conn.execute(_widened(sql, size), chunk + padding)


@cache
def _widened(sql: str, size: int) -> str:
    return sql.replace("(?)", f"({','.join('?' * size)})")
