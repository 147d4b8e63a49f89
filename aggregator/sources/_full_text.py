"""
For feeds that give a teaser only: each new item's page is fetched once, and its text takes the teaser's place.

The feed itself comes too, and `parse` finds nothing in it: a teaser would overwrite the text that we hold. What it
says of coming back still counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from hashlib import sha256

from ..errors import FetchError, ParseError
from ..model import Checkpoint, Fetched, Item, Source
from . import World
from ._announced import key_of
from ._follow import Listed, follow
from ._html import join
from ._robots import Robots

LONG = 3_000
"""Characters; an item with so many needs no page to tell more."""


def fetch(
    source: Source, since: Checkpoint, world: World, feeds: Iterable[Fetched],
    items: Callable[[Source, Fetched], Iterable[Item]],
) -> Iterator[Fetched]:  # fmt: skip
    """Yield each item of the feed that is new, with its page; and what needs none as it is. Raises FetchError."""
    listed: list[Listed] = []
    for fetched in feeds:
        try:
            told = list(items(source, fetched)) if fetched.body is not None else []
        except ParseError as e:
            raise FetchError(source.name, e.reason) from e
        for item in told:
            url = join(item.base or fetched.url, item.url or "") if item.url else ""
            item = replace(item, url=url or None, base=item.base or fetched.url)
            if len(item.content or "") >= LONG or not url.startswith(("http://", "https://")):
                yield Fetched(url=fetched.url, body=b"", checkpoint={}, announced=item)
            else:
                listed.append(Listed(item, sha256(key_of(item).encode()).hexdigest()[:16]))
        yield fetched
    yield from follow(source, since, world, listed, Robots(since, world))
