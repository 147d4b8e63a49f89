"""
What a new article costs the store, and whether that grows with what it holds.

    .venv/bin/python -m benchmarks.store [--visits 100] [--held 10000 200000]

Visits of 35 new articles of 1.3 KB come to a database that holds so many already: `known`, `dedupe` and `save`, as
`collect` calls them. Then: how large a database is beside the texts in it. What is held has short texts, but all that
grows with their number: ids, links, sketches, stories, and 17 marks each. A million takes about ten minutes and 2 GB in
the temporary folder.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from statistics import median
from time import process_time

from aggregator.dedupe import dedupe
from aggregator.model import Article, Dated, Decision, Fingerprint, Opening, Source, Verdict, Visit
from aggregator.stores.sqlite import SqliteStore, open_store
from aggregator.text import sketch
from benchmarks.sameness_data.bases import Text
from benchmarks.sameness_data.speed import Stream

A_VISIT = 35
FILLED_AT_ONCE = 1_000
MARKS = 17
NOW = datetime(2026, 11, 20, tzinfo=UTC)
AUTHORITY = "x.example,2026"
SOURCES = 100


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.strip().partition("\n")[0])
    parser.add_argument("--visits", type=int, default=100)
    parser.add_argument("--held", type=int, nargs="+", default=[10_000, 200_000])
    chosen = parser.parse_args()
    visits = list(new_visits(chosen.visits))
    print(f"{chosen.visits} visits of {A_VISIT} new articles: CPU in microseconds an article, medians")
    for held in chosen.held:
        with tempfile.TemporaryDirectory() as folder:
            measure(Path(folder) / "river.db", held, visits)
    with tempfile.TemporaryDirectory() as folder:
        weigh(Path(folder) / "river.db", visits)


def measure(path: Path, held: int, visits: list[list[Article]]) -> None:
    """Print what each visit takes, to a database that holds so many."""
    store = opened(path)
    fill(store, held)
    telling, saving = zip(*[taken(store, articles) for articles in visits], strict=True)
    whole = median([a + b for a, b in zip(telling, saving, strict=True)])
    print(
        f"  {held:9,} held: {whole:5.0f} (known and dedupe {median(telling):.0f}, save {median(saving):.0f}); "
        f"{1e6 / whole:,.0f} articles/s",
        flush=True,
    )
    store.close()


def taken(store: SqliteStore, articles: list[Article]) -> tuple[float, float]:
    """One visit as `collect` makes it: telling what is new, and saving it with the commit."""
    began = process_time()
    with store.turn():
        known = store.known(articles)
        decisions = list(dedupe(articles, known, now=NOW, since=NOW, authority=AUTHORITY, priorities={}))
        told = process_time()
        store.save(visit(articles[0].source), decisions)
    an_article = 1e6 / len(articles)
    return an_article * (told - began), an_article * (process_time() - told)


def weigh(path: Path, visits: list[list[Article]]) -> None:
    """Print how large the file is beside the texts that it holds."""
    store = opened(path)
    for articles in visits:
        taken(store, articles)
    store.close()
    texts = sum(len(said.encode()) for v in visits for a in v for said in (a.title, a.summary, a.content))
    count = len(visits) * A_VISIT
    print(f"  {count:,} articles: the database is {path.stat().st_size / texts:.2f} times their texts")


# --- articles --------------------------------------------------------------------------------------------------------


def opened(path: Path) -> SqliteStore:
    store = open_store(path, writing=True)
    names = [outlet(n) for n in range(SOURCES)]
    store.register([Source(name=n, kind="feed", location="https://x.example/") for n in names], {}, NOW)
    return store


def outlet(n: int) -> str:
    return f"outlet {n % SOURCES}"


def visit(source: str) -> Visit:
    return Visit(source=source, at=NOW, next_at=NOW + timedelta(hours=1), checkpoint={"etag": '"7"'})


def new_visits(count: int) -> Iterator[list[Article]]:
    """A quarter are republications."""
    stream, texts = Stream(), list[Text]()
    for n in range(count):
        while len(texts) < A_VISIT:
            texts += stream.visit()[0]
        yield [article(f"new {n} {i}", n, *text) for i, text in enumerate(texts[:A_VISIT])]
        del texts[:A_VISIT]


def fill(store: SqliteStore, held: int) -> None:
    draw = random.Random(held)
    for first in range(0, held, FILLED_AT_ONCE):
        numbers = range(first, min(first + FILLED_AT_ONCE, held))
        source = first // FILLED_AT_ONCE
        store.save(visit(outlet(source)), [opener(article(f"old {n}", source, f"№ {n}", ""), draw) for n in numbers])


def opener(one: Article, draw: random.Random) -> Decision:
    """It opens a story, and has marks that nobody else has, as most are."""
    marks = tuple(draw.getrandbits(32) for _ in range(MARKS))
    opens = Opening(guid=f"tag:{AUTHORITY}:{one.id}", listed_at=NOW)
    return Decision(
        article=one, verdict=Verdict.NEW, story=one.id, because="nothing like it is known", opens=opens,
        fingerprint=Fingerprint(marks=marks, size=150),
    )  # fmt: skip


def article(name: str, source: int, title: str, body: str) -> Article:
    """Its id, digest and sketch are as good as random, as they always are; it is of a minute of the last day."""
    key = blake2b(name.encode(), digest_size=16).hexdigest()
    at = NOW - timedelta(minutes=int(key, 16) % 1440)
    url = f"https://outlet{source % SOURCES}.example/news/{key[:12]}"
    return Article(
        id=key[:24], source=outlet(source), publisher=f"Outlet {source % SOURCES}", guid=url, url=url,
        canonical_url=url, title=title, summary=body[:300], content="".join(f"<p>{p}</p>" for p in body.split("\n")),
        published_at=at, dated=Dated.SAID, updated_at=at, seen_at=NOW, language="ru", digest=key,
        sketch=sketch(title, body) or key,
    )  # fmt: skip


if __name__ == "__main__":
    main()
