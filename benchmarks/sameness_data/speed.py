"""
How fast a stream is decided: articles of 1.3 KB in visits of thirty, a quarter of them republications.

Measured is the whole decision: reading, looking up, comparing, writing. What the stream itself costs is not. Twice:
with the small store of index.py, which has nothing but sameness, and by the product's own path, `dedupe` and
`SqliteStore.save`, which stores whole articles.
"""

from __future__ import annotations

import random
import resource
import tempfile
import time
from collections.abc import Callable
from itertools import accumulate
from pathlib import Path
from typing import TypeVar

from .bases import Text
from .index import Index
from .product import Desk

_VISIT = 30
_WORDS = 190
_COPIES = 0.25
_RECENT = 2_000
"""A copy is of one of so many last articles."""
_MEASURED = 6_000
_ROWS = 17

Brought = TypeVar("Brought")


class Stream:
    """Articles without end. Words, phrases and footers are as common or rare as in news."""

    def __init__(self) -> None:
        self.draw = random.Random(4)
        letters = "оеаинтсрвлкмдпуяызьбгчйхжшюцщэф"
        made = {"".join(self.draw.choices(letters, k=self.draw.randint(2, 11))) for _ in range(60_000)}
        self.words = sorted(made)
        self.draw.shuffle(self.words)
        self.weights = list(accumulate(1 / (i + 20) for i in range(len(self.words))))
        self.phrases = [" ".join(self._some(4)) for _ in range(3_000)]
        self.footers = [" ".join(self._some(25)) for _ in range(300)]
        self.recent: list[Text] = []

    def _some(self, n: int) -> list[str]:
        return self.draw.choices(self.words, cum_weights=self.weights, k=n)

    def visit(self) -> tuple[list[Text], list[bool]]:
        """Thirty texts, and which of them are republications."""
        copies = [bool(self.recent) and self.draw.random() < _COPIES for _ in range(_VISIT)]
        return [self._copy() if copied else self._new() for copied in copies], copies

    def _new(self) -> Text:
        words = self._some(_WORDS)
        for at in self.draw.sample(range(_WORDS), 12):
            words[at] = self.draw.choice(self.phrases)
        for at in self.draw.sample(range(_WORDS), 14):
            words[at] = words[at].capitalize()
        for at in self.draw.sample(range(_WORDS), 6):
            words[at] = str(self.draw.randint(2, 5000))
        for at in range(12, _WORDS, 13):
            words[at] += "."
        text = (" ".join(words[:8]), f"{' '.join(words)[:1200]}\n{self.draw.choice(self.footers)[:120]}")
        if len(self.recent) < _RECENT:
            self.recent.append(text)
        else:
            self.recent[self.draw.randrange(_RECENT)] = text
        return text

    def _copy(self) -> Text:
        title, body = self.draw.choice(self.recent)
        parts = body.split(". ")
        gone = self.draw.randrange(len(parts))
        kept = ". ".join(p for i, p in enumerate(parts) if i != gone)
        return title, f"{kept}\n{self.draw.choice(self.footers)[:120]}"


def report(sizes: list[int]) -> None:
    """Print the rate at each number of articles stored."""
    print("\nspeed: one core, 1.3 KB, visits of 30, a quarter are republications")
    with tempfile.TemporaryDirectory() as folder:
        _report_index(Path(folder) / "index.db", sizes)
    print("the same by dedupe and SqliteStore.save")
    with tempfile.TemporaryDirectory() as folder:
        _report_product(Path(folder) / "river.db", [size for size in sizes if size <= 200_000])


def _report_index(path: Path, sizes: list[int]) -> None:
    stream, index, memory = Stream(), Index(str(path)), _memory()
    for size in sizes:
        _fill(index, stream, size)
        _measure(size, stream, list, lambda texts: [t.story != t.article for t in index.take(texts)])
        _print_size(_bytes_an_article(index), _memory() - memory)


def _report_product(path: Path, sizes: list[int]) -> None:
    stream, desk, memory = Stream(), Desk(path), _memory()
    for size in sizes:
        while desk.last < size:
            desk.take(desk.articles(stream.visit()[0]))
        _measure(size, stream, desk.articles, desk.take)
        _print_size(desk.bytes_an_article(), _memory() - memory)
    desk.close()


def _print_size(an_article: float, more: int) -> None:
    print(f"            {an_article:.0f} bytes of index an article; {more} MB of memory more than at first", flush=True)


def _fill(index: Index, stream: Stream, size: int) -> None:
    """Texts up to 200,000, above that only marks that nobody's text has, as rare as most marks are."""
    while index.last < min(size, 200_000):
        index.take(stream.visit()[0])
    if size > 200_000:
        draw, more = random.Random(size), size - 200_000
        for first in range(0, 1 << 32, 1 << 26):
            rows = [(first + draw.getrandbits(26), size + draw.randrange(more)) for _ in range(_ROWS * more // 64)]
            index.db.executemany("INSERT OR IGNORE INTO fp VALUES (?, ?)", sorted(rows))
        index.db.commit()


def _measure(
    size: int,
    stream: Stream,
    prepare: Callable[[list[Text]], list[Brought]],
    take: Callable[[list[Brought]], list[bool]],
) -> None:
    """Print what some visits take; `take` tells of each article that a visit brought whether it joined a story."""
    visits = [(prepare(texts), copies) for texts, copies in (stream.visit() for _ in range(_MEASURED // _VISIT))]
    by_clock, spent, found, false, expected = [], [], 0, 0, 0
    for brought, copies in visits:
        clock, cpu = time.perf_counter(), time.process_time()
        joined = take(brought)
        by_clock.append((time.perf_counter() - clock) / _VISIT)
        spent.append((time.process_time() - cpu) / _VISIT)
        found += sum(j and copied for j, copied in zip(joined, copies, strict=True))
        false += sum(j and not copied for j, copied in zip(joined, copies, strict=True))
        expected += sum(copies)
    p50, p99 = (1000 * sorted(by_clock)[int(len(by_clock) * q)] for q in (0.5, 0.99))
    print(
        f"  {size:9,} stored: {len(spent) / sum(spent):6,.0f} articles/s of CPU, {len(spent) / sum(by_clock):6,.0f} by "
        f"the clock; an article of a visit takes p50 {p50:.2f} p99 {p99:.2f} ms; "
        f"copies found {found / expected:.3f}, false merges {false}",
        flush=True,
    )


def _bytes_an_article(index: Index) -> float:
    """Of the table of marks, written anew into a file of its own: so a vacuum leaves it."""
    index.db.execute("ATTACH '' AS alone")
    index.db.execute("CREATE TABLE alone.fp(h INTEGER NOT NULL, c INTEGER NOT NULL, PRIMARY KEY(h, c)) WITHOUT ROWID")
    index.db.execute("INSERT INTO alone.fp SELECT h, c FROM main.fp ORDER BY h, c")
    index.db.commit()
    [(pages,)] = index.db.execute("PRAGMA alone.page_count").fetchall()
    [(size,)] = index.db.execute("PRAGMA alone.page_size").fetchall()
    [(stories,)] = index.db.execute("SELECT count(DISTINCT c) FROM main.fp").fetchall()
    index.db.execute("DETACH alone")
    return int(pages) * int(size) / max(index.last, int(stories))


def _memory() -> int:
    """The most that the process ever took, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
