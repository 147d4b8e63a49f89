"""
How fast a stream is decided: articles of 1.3 KB in visits of thirty, a quarter of them republications.

Measured is the whole decision: reading, looking up, comparing, writing. What the stream itself costs is not.
"""

from __future__ import annotations

import random
import resource
import tempfile
import time
from itertools import accumulate
from pathlib import Path

from .bases import Text
from .index import Index, Taken

_VISIT = 30
_WORDS = 190
_COPIES = 0.25
_RECENT = 2_000
"""A copy is of one of so many last articles."""
_MEASURED = 6_000
_ROWS = 17


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
    stream, memory = Stream(), 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "index.db"
        index = Index(str(path))
        for size in sizes:
            _fill(index, stream, size)
            _measure(index, stream, size)
            if size == 20_000:
                memory = _memory()
            if size == 200_000:
                print(f"  memory: {_memory() - memory} MB more than with 20,000 stored (<= 200)", flush=True)


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


def _measure(index: Index, stream: Stream, size: int) -> None:
    visits = [stream.visit() for _ in range(_MEASURED // _VISIT)]
    spent, found, false, expected = [], 0, 0, 0
    cpu = time.process_time()
    for texts, copies in visits:
        start = time.perf_counter()
        taken = index.take(texts)
        spent.append((time.perf_counter() - start) / len(texts))
        found += sum(_joined(t) for t, copied in zip(taken, copies, strict=True) if copied)
        false += sum(_joined(t) for t, copied in zip(taken, copies, strict=True) if not copied)
        expected += sum(copies)
    cpu = (time.process_time() - cpu) / _MEASURED
    spent.sort()
    p50, p99 = (1000 * spent[int(len(spent) * q)] for q in (0.5, 0.99))
    print(
        f"  {size:9,} stored: {1 / cpu:6,.0f} articles/s of CPU, {len(spent) / sum(spent):6,.0f} by the clock; "
        f"an article of a visit takes p50 {p50:.2f} p99 {p99:.2f} ms; {_bytes_an_article(index):.0f} bytes of index; "
        f"copies found {found / expected:.3f}, false merges {false}",
        flush=True,
    )


def _joined(taken: Taken) -> bool:
    return taken.story != taken.article


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
