"""
How well an edit is told from other news under the same guid.

    .venv/bin/python -m benchmarks.identity CORPORA

CORPORA is the folder that benchmarks/sameness_data/bases.py describes. For several values of the threshold: unrelated
texts (wanted: other news), one event as two outlets tell it in their own words, and beginnings with another headline
(both wanted: an edit).
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from aggregator import edits
from aggregator.markup import paragraphs
from aggregator.model import Fetched, Item, Source
from aggregator.normalise import normalise
from benchmarks.sameness_data.bases import LANGUAGES, Text, bases
from benchmarks.sameness_data.real import pairs

AT = datetime(2026, 1, 1, tzinfo=UTC)
SOURCE = Source(name="one", kind="feed", location="https://one.example/rss")
THRESHOLDS = (0.2, 0.25, 0.3, 0.35, 0.4)
PAIRS = 1000
FLASH = 120
"""Characters."""

Pair = tuple[Text, Text]


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description="How well an edit is told from other news under the same guid.")
    options.add_argument("corpora", type=Path)
    corpora = options.parse_args().corpora
    draw = random.Random(1)
    texts = bases(corpora, 400)
    print("taken for other news, by threshold:", ", ".join(f"{t:.0%}" for t in THRESHOLDS))
    for language in LANGUAGES:
        drawn = (draw.sample(texts[language], 2) for _ in range(PAIRS))
        line(f"unrelated, {language}", [(one, other) for one, other in drawn])
    for language in ("ru", "en"):
        events = [(p.a, p.b) for p in pairs(corpora) if p.language == language and p.one_event]
        line(f"one event, {language}", events)
    for language in ("ru", "kk", "en"):
        line(f"flash and report, {language}", [(("Latest", t[1][:FLASH]), t) for t in texts[language]])


def line(what: str, found: Iterable[Pair]) -> None:
    found = list(found)
    shares = []
    for threshold in THRESHOLDS:
        edits.TEXT_KEPT = threshold
        shares.append(sum(is_other(one, other) for one, other in found))
    print(f"  {what:24} {len(found):5} pairs: {', '.join(map(str, shares))}", flush=True)


def is_other(one: Text, other: Text) -> bool:
    """As if one came after the other, under one guid and one link."""
    old, new = (
        normalise(
            Item(guid="1", url="https://one.example/", title=title, content=paragraphs(body)), SOURCE,
            Fetched(url=SOURCE.location, body=b"", checkpoint={}), AT,
        )
        for title, body in (one, other)
    )  # fmt: skip
    return edits.is_other_news(old, new)


if __name__ == "__main__":
    main()
