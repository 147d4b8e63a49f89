"""
One document of a visit -> what it brings: echoes of what was said before, and articles of the rest.

Where the document can be cut into its entries, those that stood there at the last visit, to the letter, are not even
parsed; of the others each is parsed, and is an echo if it says what it said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache, partial

from .echoes import Brought, Past, spellings, wording
from .model import Fetched, Item, Source
from .normalise import judged, normalise, published
from .sources import SourceKind, Told


def unwrap(
    kind: SourceKind, source: Source, fetched: Fetched, now: datetime, past: Past, authority: str
) -> tuple[list[Brought], Told | None]:
    """
    What it brings; and what it says of itself, if that has been found out on the way. What comes under a `tag:` URI of
    the `authority` is ours. Raises ParseError.
    """
    if (cut := getattr(kind, "cut", None)) and (cuttings := cut(source, fetched)):
        found = spellings(cuttings.entries, cuttings.frame, source, fetched, authority)
        new = [n for n, spelling in enumerate(found) if spelling not in past.spelt] or [0]  # shows where they all stand
        if told := cuttings.read(new):
            items = dict(zip(new, told.items, strict=True))
            return list(_pieces(items, found, kind, source, fetched, now, past, authority)), told
    place = replace(fetched, body=None)  # an echo keeps it
    return [_bring(item, source, place, now, past, authority) for item in kind.parse(source, fetched)], None


def _pieces(
    items: Mapping[int, Item], spelt: Sequence[str],
    kind: SourceKind, source: Source, fetched: Fetched, now: datetime, past: Past, authority: str,
) -> Iterator[Brought]:  # fmt: skip
    """Those that have been read, each by its place; the others stood there at the last visit, to the letter."""
    place, this_second = replace(fetched, body=None), now.replace(microsecond=0)
    whole = cache(lambda: list(kind.parse(source, fetched)))  # if ever somebody asks
    for n, spelling in enumerate(spelt):
        if n in items:
            yield _bring(items[n], source, place, now, past, authority, spelling)
        else:
            worded = past.spelt[spelling]
            echo = past.said[worded]
            date = judged(datetime.fromisoformat(echo.dated), this_second) if echo.dated else None
            make = partial(lambda n: normalise(whole()[n], source, place, now), n)
            yield Brought(worded, spelling, echo.dated, echo, make, date)


def _bring(
    item: Item, source: Source, place: Fetched, now: datetime, past: Past, authority: str, spelling: str = ""
) -> Brought:
    """An echo, if the item says what it said; else its article."""
    worded = wording(item, source, place, authority)
    at = item.published_at or item.updated_at
    dated = at.isoformat() if spelling and at else ""
    if echo := past.said.get(worded):
        make = partial(normalise, item, source, place, now)
        return Brought(worded, spelling, dated, echo, make, published(item, now))
    return Brought(worded, spelling, dated, article=normalise(item, source, place, now))
