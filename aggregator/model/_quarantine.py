"""What waits for the operator's word, and what a source was like before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ._articles import Article

MOST_WAITING = 1_000
"""Articles of one source: two full documents. A source that has something new at each visit would fill the disk."""


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """An article in quarantine: stored, but in no story."""

    article: Article
    at: datetime
    """Since when."""
    because: str
    alias: str = ""
    """The id that it came with, if that is something else's."""


@dataclass(frozen=True, kw_only=True)
class Usual:
    """What a source was like until now, by its last few hundred articles."""

    articles: int = 0
    """How many this is known by."""
    most: int = 0
    """How many opened a story in one visit, at the most; the first visit does not count."""
    per_day: float = 0.0
    """By the dates of the articles."""
    last_at: datetime | None = None
    """When the last one came."""
    urls: tuple[str, ...] = ()
    """Canonical."""
    languages: frozenset[str] = frozenset()
    """The first part of each tag: `ru`."""
    publishers: frozenset[str] = frozenset()
