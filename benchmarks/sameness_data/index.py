"""
A small store for sameness alone: what a real one has to keep, and what it has to ask of it.

    fp(h, c)     mark -> story; a story has each of its marks once, however many copies it has
    story        its longest member, its shortest of 25 phrases or more, and (by its id) its first
    article      texts, read again when one of them has to be compared
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from aggregator.sameness import Likeness, Limits, Reading, candidates, match, read

_SCHEMA = """
CREATE TABLE article(id INTEGER PRIMARY KEY, title TEXT NOT NULL, body TEXT NOT NULL);
CREATE TABLE story(id INTEGER PRIMARY KEY, longest INTEGER NOT NULL, longest_n INTEGER NOT NULL,
                   shortest INTEGER NOT NULL, shortest_n INTEGER NOT NULL);
CREATE TABLE fp(h INTEGER NOT NULL, c INTEGER NOT NULL, PRIMARY KEY(h, c)) WITHOUT ROWID;
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
PRAGMA cache_size = -65536;
PRAGMA wal_autocheckpoint = 10000;
"""
_ENOUGH_TO_COMPARE = 25
"""Phrases: a member with fewer does not stand for its story."""
_HELD = 600
"""Readings kept for the case that they are compared again."""


@dataclass(frozen=True)
class Taken:
    """What became of one text."""

    article: int
    story: int
    likeness: Likeness | None
    """None: nothing came near."""


class Index:
    """Takes texts visit by visit; numbers articles from 1, and a story by the article that opened it."""

    def __init__(self, path: str = ":memory:", limits: Limits | None = None) -> None:
        self.db = sqlite3.connect(path)
        self.db.executescript(_SCHEMA)
        self.limits = limits or Limits()
        self.last = 0
        self.held: dict[int, Reading] = {}

    def take(self, texts: Sequence[tuple[str, str]]) -> list[Taken]:
        """Decide about the texts of one visit, each also in view of those before it, and remember them."""
        readings = read(texts)
        postings = self._postings({mark for r in readings for mark in r.marks})
        promising = [candidates(r.marks, postings, self.limits) for r in readings]
        self._read_ahead({stories[0] for stories in promising if stories})
        taken, rows = [], []
        here: set[int] = set()  # the marks that this visit has brought
        for (title, body), reading, stories in zip(texts, readings, promising, strict=True):
            self.last += 1
            self.db.execute("INSERT INTO article VALUES (?, ?, ?)", (self.last, title, body))
            self._hold(self.last, reading)
            if not here.isdisjoint(reading.marks):
                stories = candidates(reading.marks, postings, self.limits)
            found = match(reading, ((s, self._members(s)) for s in stories), self.limits)
            story = found.story if found and found.likeness.same else self.last
            self._join(story, self.last, reading)
            for mark in reading.marks:
                having = postings.setdefault(mark, [])
                if story not in having and len(having) < self.limits.crowd:
                    having.append(story)
                    rows.append((mark, story))
                    here.add(mark)
            taken.append(Taken(self.last, story, found.likeness if found else None))
        self.db.executemany("INSERT INTO fp VALUES (?, ?)", rows)
        self.db.commit()
        return taken

    def _postings(self, marks: Iterable[int]) -> dict[int, list[int]]:
        postings: dict[int, list[int]] = {}
        query = "SELECT h, c FROM fp WHERE h IN (SELECT value FROM json_each(?))"
        for mark, story in self.db.execute(query, (json.dumps(sorted(marks)),)):
            postings.setdefault(mark, []).append(story)
        return postings

    def _read_ahead(self, stories: Iterable[int]) -> None:
        """Read the texts that will surely be compared at once, not one by one."""
        query = "SELECT longest FROM story WHERE id IN (SELECT value FROM json_each(?))"
        self._readings([a for (a,) in self.db.execute(query, (json.dumps(sorted(stories)),))])

    def _members(self, story: int) -> Iterator[Reading]:
        query = "SELECT longest, shortest FROM story WHERE id = ?"
        for article in dict.fromkeys((*self.db.execute(query, (story,)).fetchone(), story)):
            yield from self._readings([article])

    def _readings(self, articles: Sequence[int]) -> list[Reading]:
        found = {a: self.held[a] for a in articles if a in self.held}
        if missing := [a for a in articles if a not in found]:
            query = "SELECT id, title, body FROM article WHERE id IN (SELECT value FROM json_each(?))"
            rows = self.db.execute(query, (json.dumps(missing),)).fetchall()
            found.update(zip((a for a, _, _ in rows), read([(t, b) for _, t, b in rows]), strict=True))
            for article in missing:
                self._hold(article, found[article])
        return [found[a] for a in articles]

    def _hold(self, article: int, reading: Reading) -> None:
        if len(self.held) >= _HELD:
            for old in list(self.held)[: _HELD // 4]:
                del self.held[old]
        self.held[article] = reading

    def _join(self, story: int, article: int, reading: Reading) -> None:
        n = int(reading.phrases_in_order.size)
        if story == article:
            self.db.execute("INSERT INTO story VALUES (?1, ?1, ?2, ?1, ?2)", (story, n))
            return
        longer = "UPDATE story SET longest = ?1, longest_n = ?2 WHERE id = ?3 AND longest_n < ?2"
        self.db.execute(longer, (article, n, story))
        if n >= _ENOUGH_TO_COMPARE:
            shorter = "UPDATE story SET shortest = ?1, shortest_n = ?2 WHERE id = ?3 AND shortest_n > ?2"
            self.db.execute(shorter, (article, n, story))
