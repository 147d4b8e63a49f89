"""A kind of source for tests: a file of visits, each of which brings the next list of items."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from aggregator.model import Checkpoint, Fetched, Item, Source
from aggregator.sources import World


def fetch(source: Source, since: Checkpoint, world: World) -> Iterator[Fetched]:
    """The next visit of the file; after the last one nothing."""
    number = int(since.get("number", "0"))
    visits = json.loads(Path(source.location).read_text(encoding="utf-8"))["visits"]
    if number < len(visits):
        place = f"https://{source.name}.example/rss"
        yield Fetched(url=place, body=json.dumps(visits[number]).encode(), checkpoint={"number": str(number + 1)})


def parse(source: Source, fetched: Fetched) -> Iterator[Item]:
    """Its items; `feed` is the title of the feed that they are of."""
    for said in json.loads(fetched.body or b"[]"):
        published = said.get("published")
        yield Item(
            guid=said.get("guid"), url=said.get("url"), title=said.get("title"), content=said.get("content"),
            published_at=datetime.fromisoformat(published) if published else None, publisher=said.get("feed"),
            language=said.get("language"),
        )  # fmt: skip
