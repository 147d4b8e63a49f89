"""
The aggregator that everybody writes first: requests, feedparser and sqlite3, one feed after the other.

    python naive.py DATABASE FILE_OF_URLS

It asks conditionally and keeps what it has not seen; it tells no sameness, files nothing and publishes nothing.
"""

from __future__ import annotations

import calendar
import sqlite3
import sys
from pathlib import Path
from typing import Any

import feedparser
import requests

TABLES = """
    CREATE TABLE IF NOT EXISTS feeds (url TEXT PRIMARY KEY, etag TEXT, modified TEXT, title TEXT);
    CREATE TABLE IF NOT EXISTS entries (
        feed TEXT, id TEXT, title TEXT, link TEXT, published REAL, author TEXT, summary TEXT, content TEXT, tags TEXT,
        PRIMARY KEY (feed, id));"""


def main(database: str, urls: str) -> None:
    db = sqlite3.connect(database)
    db.execute("PRAGMA journal_mode = wal")
    db.executescript(TABLES)
    known = {url: (etag, modified) for url, etag, modified in db.execute("SELECT url, etag, modified FROM feeds")}
    session = requests.Session()
    for url in Path(urls).read_text().split():
        etag, modified = known.get(url, ("", ""))
        asked = {"If-None-Match": etag, "If-Modified-Since": modified}
        answer = session.get(url, headers={k: v for k, v in asked.items() if v}, timeout=30)
        if answer.status_code == 200:
            keep(db, url, answer)


def keep(db: sqlite3.Connection, url: str, answer: requests.Response) -> None:
    heard = {"content-location": url, "content-type": answer.headers.get("Content-Type", "")}
    parsed = feedparser.parse(answer.content, response_headers=heard)
    db.executemany("INSERT OR IGNORE INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                   [row(url, entry) for entry in parsed.entries])  # fmt: skip
    facts = (url, answer.headers.get("ETag"), answer.headers.get("Last-Modified"), parsed.feed.get("title"))
    db.execute("INSERT OR REPLACE INTO feeds VALUES (?, ?, ?, ?)", facts)
    db.commit()


def row(url: str, entry: Any) -> tuple[object, ...]:
    at = entry.get("published_parsed") or entry.get("updated_parsed")
    content = entry["content"][0]["value"] if "content" in entry else None
    tags = " ".join(tag["term"] for tag in entry.get("tags", []))
    return (
        url, entry.get("id") or entry.get("link"), entry.get("title"), entry.get("link"), at and calendar.timegm(at),
        entry.get("author"), entry.get("summary"), content, tags,
    )  # fmt: skip


if __name__ == "__main__":
    main(*sys.argv[1:])
