"""
What a feed costs from bytes to safe articles: parsing, sanitising, absolute URLs.

    .venv/bin/python -m benchmarks.parse [DIR] [--feeds 60] [--rounds 5] [--profile]

Three ways take turns over the same bytes, and the median of the rounds is printed; look at the ratios, machines drift:

    feedparser    feedparser.parse as it comes, which sanitises and resolves links itself
    judge         our way through feedparser: decode, tidy, feedparser without its two passes, nh3
    ours          what the river does: the quick way where it goes, else the judge; nh3

The feeds are made up (benchmarks/workload.py), or all those under DIR. `--profile` prints where ours spends its time.
"""

from __future__ import annotations

import argparse
import cProfile
import gc
import pstats
import statistics
import time
from collections.abc import Callable, Iterable, Iterator
from io import BytesIO
from pathlib import Path

import feedparser

from aggregator import markup
from aggregator.errors import ParseError
from aggregator.model import Fetched, Item, Source
from aggregator.sources import _fastfeed, _feedparser, _xml, feed
from aggregator.sources._charset import decode
from benchmarks import workload

URL = "https://news.example/feed.xml"
SOURCE = Source(name="benchmark", kind="feed", location=URL)


def main() -> None:
    parser = argparse.ArgumentParser(description="What a feed costs from bytes to safe articles.")
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--feeds", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--profile", action="store_true")
    args = parser.parse_args()
    bodies = list(feeds_in(args.folder)) if args.folder else made_up(args.feeds)
    if args.profile:
        profile(bodies)
    else:
        report(bodies, compare(bodies, args.rounds))


def made_up(count: int) -> list[bytes]:
    documents = workload.documents(count)
    return [document.body for document in documents if not document.path.endswith(".json")]


def feeds_in(folder: Path) -> Iterator[bytes]:
    """The bodies of the XML feeds in a folder, at any depth."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        body = path.read_bytes()
        if _xml.root(_xml.tidy(decode(body), feed.NEWEST)) in _xml.FEED_ROOTS:
            yield body


# --- the three ways --------------------------------------------------------------------------------------------------


def by_feedparser(body: bytes) -> None:
    feedparser.parse(BytesIO(body), response_headers={"content-location": URL})


def by_the_judge(body: bytes) -> None:
    finish(_feedparser.items(_xml.tidy(decode(body), feed.NEWEST), URL, SOURCE.name, ""))


def by_us(body: bytes) -> None:
    finish(feed.parse(SOURCE, Fetched(url=URL, body=body, checkpoint={})))


def finish(items: Iterable[Item]) -> None:
    """Make texts safe and the links in them absolute, as normalise.py does; the items' own links are it already."""
    for item in items:
        base = item.base or URL
        for text in (item.content, item.summary):
            if text and item.is_html:
                markup.clean(text, base)
            elif text:
                markup.paragraphs(text)


WAYS: dict[str, Callable[[bytes], None]] = {"feedparser": by_feedparser, "judge": by_the_judge, "ours": by_us}

# --- measuring -------------------------------------------------------------------------------------------------------


def compare(bodies: list[bytes], rounds: int) -> dict[str, list[float]]:
    """CPU seconds of each way in each round, for all bodies."""
    spent: dict[str, list[float]] = {name: [] for name in WAYS}
    for _ in range(rounds):
        for name, way in WAYS.items():
            gc.collect()  # each pays for its own waste
            started = time.process_time()
            for body in bodies:
                try:
                    way(body)
                except ParseError:
                    continue
            spent[name].append(time.process_time() - started)
    return spent


def report(bodies: list[bytes], spent: dict[str, list[float]]) -> None:
    size = sum(map(len, bodies))
    quick = sum(_fastfeed.items(decode(body), URL, "", feed.NEWEST) is not None for body in bodies)
    print(f"{len(bodies)} feeds, {size / len(bodies) / 1000:.0f} kB each; {quick} of them go the quick way")
    print(f"{'':12}{'ms CPU/feed':>12}{'MB/s':>8}{'times ours':>12}   (lowest to highest round)")
    for name, seconds in spent.items():
        ratios = sorted(one / ours for one, ours in zip(seconds, spent["ours"], strict=True))
        middle = statistics.median(seconds)
        print(
            f"{name:12}{1000 * middle / len(bodies):12.2f}{size / middle / 1e6:8.1f}{statistics.median(ratios):12.1f}"
            f"   ({ratios[0]:.1f} to {ratios[-1]:.1f})"
        )


def profile(bodies: list[bytes]) -> None:
    with cProfile.Profile() as watched:
        for body in bodies:
            by_us(body)
    pstats.Stats(watched).sort_stats("tottime").print_stats(25)


if __name__ == "__main__":
    main()
