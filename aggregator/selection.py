"""Which of a topic's stories stand in an edition, when no source may have more than its share. A pure question."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain, islice

from .model import Listed

DEPTH = 20
"""How many times the length of an edition is looked through for stories of other sources."""


def select(newest: Sequence[Listed], history: Iterable[Listed], limit: int, per_source: int) -> tuple[Listed, ...]:
    """
    `newest` without the stories that a source leads beyond its share. What is then missing to `limit` is taken from
    `history`, which may tell the newest ones again, and of which no more is read than needed. All are newest first.
    """
    chosen: dict[str, Listed] = {}
    led: Counter[str] = Counter()
    for place, story in enumerate(chain(newest, islice(history, DEPTH * limit))):
        if place >= len(newest) and len(chosen) >= limit:
            break
        if story.id not in chosen and led[story.source] < per_source:
            chosen[story.id] = story
            led[story.source] += 1
    return tuple(sorted(chosen.values(), key=lambda s: s.listed_at, reverse=True))
