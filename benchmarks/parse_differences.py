"""
Whether the quick way through a feed and feedparser's say the same, over any folder of feeds.

    .venv/bin/python -m benchmarks.parse_differences DIR ... [--why]

Every file under the folders that holds a feed is read both ways, and both are normalised. Prints each difference, field
by field, and how many feeds went the quick way; `--why` adds those that did not. Exits with 1 if there is a difference.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from itertools import zip_longest
from pathlib import Path
from typing import Any

from aggregator.errors import ParseError
from aggregator.model import Article, Fetched, Item, Source
from aggregator.normalise import normalise
from aggregator.sources import _fastfeed, _feedparser, _xml, feed
from aggregator.sources._charset import decode

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
URL = "https://news.example/desk/feed.xml"
SOURCE = Source(name="desk", kind="feed", location=URL)
FETCHED = Fetched(url=URL, body=None, checkpoint={})
LONGEST = 20_000_000


def main() -> int:
    parser = argparse.ArgumentParser(description="Whether the quick way through a feed and feedparser's say the same.")
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--why", action="store_true", help="name the feeds that went to feedparser")
    args = parser.parse_args()
    counts = {"feeds": 0, "quick": 0, "different": 0}
    for path, text in documents(args.folders):
        counts["feeds"] += 1
        quick = _fastfeed.items(text, URL, "", feed.NEWEST)
        if quick is None:
            if args.why:
                print(f"to feedparser: {path}")
            continue
        counts["quick"] += 1
        different = list(differences(quick, by_the_judge(text)))
        counts["different"] += bool(different)
        for line in different:
            print(f"{path}: {line}")
    print(", ".join(f"{number} {what}" for what, number in counts.items()))
    return 1 if counts["different"] else 0


def documents(folders: Sequence[Path]) -> Iterator[tuple[Path, str]]:
    """The files under the folders that hold XML feeds, and their texts."""
    for path in (path for folder in folders for path in sorted(folder.rglob("*"))):
        if not path.is_file() or path.stat().st_size > LONGEST:
            continue
        text = decode(path.read_bytes())
        if not text.lstrip().startswith(("{", "[")) and _xml.root(_xml.tidy(text, 1)) in _xml.FEED_ROOTS:
            yield path, text


def by_the_judge(text: str) -> list[Item]:
    try:
        return list(_feedparser.items(_xml.tidy(text, feed.NEWEST), URL, SOURCE.name, ""))
    except ParseError:
        return []


def differences(quick: Sequence[Item], judged: Sequence[Item]) -> Iterator[str]:
    """One line for each field in which an item, or the article made of it, is another."""
    for number, (ours, theirs) in enumerate(zip_longest(quick, judged)):
        if ours is None or theirs is None:
            yield f"item {number} is {'missing' if ours is None else 'too much'}"
            continue
        yield from of_fields(f"item {number}", ours, theirs)
        yield from of_fields(f"article {number}", article(ours), article(theirs))


def article(item: Item) -> Article:
    return normalise(item, SOURCE, FETCHED, NOW)


def of_fields(what: str, ours: Any, theirs: Any) -> Iterator[str]:
    for one in fields(ours):
        said, judged = getattr(ours, one.name), getattr(theirs, one.name)
        if said != judged:
            yield f"{what}, {one.name}: {str(said)[:100]!r} instead of {str(judged)[:100]!r}"


if __name__ == "__main__":
    sys.exit(main())
