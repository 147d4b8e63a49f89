"""
How far it could go: the river's work by the libraries alone, as if all that is ours took no time.

    .venv/bin/python -m benchmarks.limits [--feeds 100] [--entries 35] [--rounds 3]

    collect   each step is one call of a library an article, or a document, and nothing is judged, compared or made sure
              of: a GET, a tree of lxml, one pass of nh3, tags out by one pattern, the words once, one look-up a word,
              two digests, and rows into our tables with their indexes, a transaction for eight feeds
    publish   the documents of 20 topics (benchmarks/publish.py), written, synced and renamed, and nothing else

The medians of the rounds, in CPU of one thread; beside them what naive.py takes for the same documents, and feedgen for
the same editions. What is printed as a ratio is the most that a measure of docs/performance.md could reach.
"""

from __future__ import annotations

import argparse
import os
import re
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from hashlib import blake2b, sha256
from html import unescape
from http.client import HTTPConnection
from itertools import count, islice
from pathlib import Path
from urllib.parse import urlsplit

import feedparser
import nh3
from lxml import etree

from aggregator.stores._schema import FIRST_TABLES
from benchmarks import publish, workload
from benchmarks.peers import naive

TOGETHER = 8
"""Feeds in one transaction, as in stores/_turns.py."""
MARKS = 17
"""Of an article, in the index of sameness."""
FOR_BARE = ("get", "tree", "clean", "plain", "digests", "rows")
TAG = re.compile("<[^>]*>")
WORD = re.compile(r"\w+")

Costs = dict[str, float]
"""Step -> seconds of CPU."""


class Stopwatch:
    """CPU of this thread, step by step: the server of the feeds has threads of its own."""

    def __init__(self) -> None:
        self.costs: Costs = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        began = time.thread_time()
        yield
        self.costs[name] = self.costs.get(name, 0.0) + time.thread_time() - began


def open_tables(path: Path) -> sqlite3.Connection:
    """Ours, in a file that is set up as ours is."""
    db = sqlite3.connect(path, isolation_level=None)
    for pragma in ("page_size = 16384", "journal_mode = WAL", "synchronous = NORMAL", "cache_size = -32768"):
        db.execute(f"PRAGMA {pragma}")
    db.executescript(FIRST_TABLES)
    return db


def collect(address: str, documents: list[workload.Document], path: Path) -> tuple[Costs, int]:
    """The cost of each step, and how many articles there were."""
    watch, db, numbers, known = Stopwatch(), open_tables(path), count(1), dict[str, int]()
    cleaner = nh3.Cleaner(url_relative=("rewrite_with_base", "https://site.example/"))
    place = urlsplit(address)
    waiting: list[tuple[int, str, str, str]] = []
    for n, document in enumerate(documents, 1):
        with watch.step("get"):
            connection = HTTPConnection(place.hostname or "", place.port)
            connection.request("GET", document.path)
            body = connection.getresponse().read()
            connection.close()
        with watch.step("tree"):
            texts = [[part.text or "" for part in entry] for entry in entries(body)]
        with watch.step("clean"):
            clean = [cleaner.clean(max(parts, key=len)) for parts in texts]
        with watch.step("plain"):
            plain = [unescape(TAG.sub(" ", html)) for html in clean]
        with watch.step("words"):
            words = [WORD.findall(text.casefold()) for text in plain]
        with watch.step("look-ups"):
            for said in words:
                for word in said:
                    known.setdefault(word, len(known))
        with watch.step("digests"):
            ids = [sha256(f"{document.path}{k}{html}".encode()).hexdigest()[:24] for k, html in enumerate(clean)]
            sketches = [blake2b(text.encode(), digest_size=16).hexdigest() for text in plain]
        with watch.step("rows"):
            waiting += zip(islice(numbers, len(ids)), ids, sketches, clean, strict=True)
            if n % TOGETHER == 0 or n == len(documents):
                store(db, waiting)
                waiting.clear()
    (articles,) = db.execute("SELECT count(*) FROM articles").fetchone()
    db.close()
    return watch.costs, articles


def entries(body: bytes) -> Iterator[etree._Element]:
    return etree.fromstring(body).iter("{*}item", "{*}entry")


def store(db: sqlite3.Connection, articles: list[tuple[int, str, str, str]]) -> None:
    rows = [
        (n, id, n, "new", "", "site", "site", id, f"https://site.example/{id}", f"site.example/{id}", "", id, "[]",
         "[]", "[]", n, "said", "", n, n, "en", id, sketch) for n, id, sketch, _ in articles
    ]  # fmt: skip
    columns = (
        "number, id, story, verdict, because, source, publisher, guid, url, canonical_url, original_url, title, "
        "authors, labels, enclosures, published_at, dated, date_said, updated_at, seen_at, language, digest, sketch"
    )
    db.execute("BEGIN")
    db.executemany(f"INSERT INTO articles ({columns}) VALUES ({','.join('?' * 23)})", rows)
    db.executemany("INSERT INTO texts VALUES (?, 'site', ?, ?)", [(n, html[:400], html) for n, _, _, html in articles])
    db.executemany(
        "INSERT INTO stories (number, id, guid, lead, listed_at, revised_at, state) VALUES (?, ?, ?, ?, ?, ?, 1)",
        [(n, id, f"tag:{id}", n, n, n) for n, id, *_ in articles],
    )
    marks = ((int(sketch[:8], 16) * k % 2**32, n) for n, _, sketch, _ in articles for k in range(1, MARKS + 1))
    db.executemany("INSERT OR IGNORE INTO marks VALUES (?, ?)", sorted(marks))
    db.execute("COMMIT")


def by_naive(documents: list[workload.Document]) -> float:
    """Seconds that feedparser and a table without indexes take for the same, fetching aside."""
    db = sqlite3.connect(":memory:")
    db.executescript(naive.TABLES)
    began = time.thread_time()
    for document in documents:
        parsed = feedparser.parse(document.body, response_headers={"content-type": document.media_type})
        db.executemany(
            "INSERT OR IGNORE INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [naive.row(document.path, entry) for entry in parsed.entries],
        )
        db.commit()
    return time.thread_time() - began


def put_out(folder: Path) -> tuple[float, float]:
    """Seconds that feedgen takes for the documents of 20 topics, and that files of their size take."""
    made = publish.desk(folder, 20, 50)
    editions = {name: made.store.latest(name, topic.limit).stories for name, topic in made.topics.items()}
    stories = {name: made.store.read([told.id for told in listed]) for name, listed in editions.items()}
    theirs = sum(cpu_of(partial(publish.by_feedgen, made.topics[name], told)) for name, told in stories.items())
    files = [path for name in stories for path in (folder / "feeds" / name).glob("*.xml")]
    ours = cpu_of(partial(replace_all, {path: path.read_bytes() for path in files}))
    made.store.close()
    return theirs, ours


def replace_all(bodies: dict[Path, bytes]) -> None:
    for path, body in bodies.items():
        draft = path.with_name(f".{path.name}.new")
        with draft.open("wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)


def cpu_of(work: Callable[[], object]) -> float:
    began = time.thread_time()
    work()
    return time.thread_time() - began


def main() -> None:
    parser = argparse.ArgumentParser(description="How far it could go.")
    parser.add_argument("--feeds", type=int, default=100)
    parser.add_argument("--entries", type=int, default=35, help="of a feed, about")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    documents = [d for d in workload.documents(options.feeds, options.entries) if not d.path.endswith(".json")]
    rounds, peers, articles = [], [], 0
    with workload.serving(documents, closes=True) as server, tempfile.TemporaryDirectory() as name:
        for n in range(options.rounds):
            costs, articles = collect(server.url, documents, Path(name) / f"{n}.sqlite")
            rounds.append(costs)
            peers.append(by_naive(documents))
        printed = [put_out(Path(name) / f"desk{n}") for n in range(options.rounds)]
    report_collect(rounds, statistics.median(peers), articles)
    theirs, ours = (1000 * statistics.median(side) for side in zip(*printed, strict=True))
    print(f"\npublish: feedgen {theirs:.1f} ms, the files alone {ours:.1f} ms: at most {theirs / ours:.1f}")


def report_collect(rounds: list[Costs], peer: float, articles: int) -> None:
    median = {step: statistics.median(costs[step] for costs in rounds) for step in rounds[0]}
    print(f"collect: {articles} articles, µs of CPU each")
    for step, seconds in median.items():
        print(f"  {step:10}{1e6 * seconds / articles:8.1f}{'' if step in FOR_BARE else '   for sameness and topics'}")
    print(f"  {'naive':10}{1e6 * peer / articles:8.1f}   without fetching")
    all_of, bare = sum(median.values()), sum(median[step] for step in FOR_BARE)
    peer += median["get"]  # it has to fetch, too, and takes three times as long for it
    print(f"at most: naive ÷ ours {peer / all_of:.1f}; without sameness and topics {peer / bare:.1f}")


if __name__ == "__main__":
    main()
