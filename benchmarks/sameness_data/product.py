"""The same stream through the product's own path: `dedupe` and `SqliteStore.save`, visit by visit."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aggregator.dedupe import dedupe
from aggregator.model import Article, Dated, Source, Verdict, Visit
from aggregator.stores.sqlite import open_store
from aggregator.text import sketch

from .bases import Text

_SOURCES = 100
_BEGAN = datetime(2026, 11, 1, tzinfo=UTC)
_AN_ARTICLE = timedelta(seconds=5)
"""Two hundred thousand articles arrive within twelve days: all are young enough to be compared."""


class Desk:
    """A store of the product; takes texts as articles that a hundred sources bring in turn."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._store = open_store(path, writing=True)
        names = [f"outlet {n}" for n in range(_SOURCES)]
        sources = [Source(name=n, kind="feed", location="https://x.example/", every=timedelta(hours=1)) for n in names]
        self._store.register(sources, {}, _BEGAN)
        self.last = 0

    def articles(self, texts: list[Text]) -> list[Article]:
        """As normalisation would hand them over; that is not what is measured."""
        first = self.last + 1
        self.last += len(texts)
        return [_article(n, text) for n, text in enumerate(texts, first)]

    def take(self, articles: list[Article]) -> list[bool]:
        """One visit, as `collect` makes it: of each article whether it joined a story."""
        now = articles[-1].seen_at
        visit = Visit(source=articles[0].source, at=now, next_at=now + timedelta(hours=1), checkpoint={})
        with self._store.turn():
            known = self._store.known(articles)
            decisions = list(dedupe(articles, known, now=now, since=_BEGAN, authority="x.example,2026", priorities={}))
            self._store.save(visit, decisions)
        return [d.verdict is Verdict.COPY for d in decisions]

    def bytes_an_article(self) -> float:
        """Of the index of sameness."""
        query = "SELECT sum(pgsize) FROM dbstat WHERE name IN ('marks', 'new_marks')"
        with closing(sqlite3.connect(self._path)) as conn:
            [(size,)] = conn.execute(query).fetchall()
        return int(size) / self.last

    def close(self) -> None:
        self._store.close()


def _article(number: int, text: Text) -> Article:
    title, body = text
    at = _BEGAN + number * _AN_ARTICLE
    source = number // 30 % _SOURCES
    url = f"https://outlet{source}.example/news/{number}"
    return Article(
        id=f"{number:024x}", source=f"outlet {source}", publisher=f"Outlet {source}", guid=url, url=url,
        canonical_url=url, title=title, summary=body[:300], content=f"<p>{body.replace(chr(10), '</p><p>')}</p>",
        published_at=at, dated=Dated.SAID, updated_at=at, seen_at=at, language="ru", digest=f"{number:032x}",
        sketch=sketch(title, body),
    )  # fmt: skip
