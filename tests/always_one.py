"""A kind of source for tests: one article, named after the location."""

from __future__ import annotations

from collections.abc import Iterator

from aggregator.model import Checkpoint, Fetched, Item, Source
from aggregator.sources import World


def fetch(source: Source, since: Checkpoint, world: World) -> Iterator[Fetched]:
    if not since:
        yield Fetched(url="https://news.example/", body=b"x", checkpoint={"seen": "1"})


def parse(source: Source, fetched: Fetched) -> Iterator[Item]:
    yield Item(guid=source.location, title=f"News from {source.location}", url=f"https://news.example/{source.location}")
