"""
The looser level: texts about the same event in other words. For linking ("see also"), never for merging.

A text is its headline, counted twice, and its first sixty words, of each the first five letters: that serves inflected
languages as well as stems do, and needs to know none of them. Rare ones weigh more; what is rare depends on the news of
the last days. The window holds them, and is told when to forget.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from heapq import nsmallest
from itertools import pairwise
from math import log, sqrt

from ..text import words

ALIKE = 0.29
"""From this score on, two texts are about one event; docs/sameness.md tells how often that is right."""
_BEGINNING = 60
_SOUGHT = 16
"""So many of a text's rarest terms are looked up."""
_COMMON = 0.01
"""A term that a larger share of the window has finds nothing ..."""
_FEW = 20
"""... unless no more texts than this have it."""
_TRIES = 12
"""So many stories are compared: those with the most and the rarest of these terms."""
_TITLE = 2

_ROOT = 5
"""Letters."""
_FIRST_IDEOGRAPH = "\u3005"

Terms = Mapping[str, float]


@dataclass(frozen=True)
class Related:
    """A story about the same event."""

    story: str
    score: float
    """From 0 to 1."""


def terms(title: str, body: str) -> Terms:
    """What a text is about: the roots of its words, and how much each counts. Ideographs count in pairs."""
    said = Counter(_roots(title[:500]) * _TITLE + _roots(body[: 20 * _BEGINNING])[:_BEGINNING])
    return {root: 1 + log(n) for root, n in said.items()}


def _roots(text: str) -> list[str]:
    said = words(text)
    pairs = [a + b for a, b in pairwise(said) if a >= _FIRST_IDEOGRAPH and b >= _FIRST_IDEOGRAPH]
    return [word[:_ROOT] for word in said if word < _FIRST_IDEOGRAPH] + pairs


class Window:
    """The leads of the stories of the last days, and how common their terms are."""

    def __init__(self) -> None:
        self._terms: dict[str, Terms] = {}
        self._at: dict[str, datetime] = {}
        self._having: dict[str, set[str]] = {}
        """Term -> the stories that have it."""

    def __len__(self) -> int:
        return len(self._terms)

    def add(self, story: str, about: Terms, at: datetime) -> None:
        """Take a story in, or what it says now in place of what it said before."""
        self.remove(story)
        self._terms[story], self._at[story] = about, at
        for term in about:
            self._having.setdefault(term, set()).add(story)

    def remove(self, story: str) -> None:
        """Do nothing if it is not there."""
        for term in self._terms.pop(story, ()):
            having = self._having[term]
            having.discard(story)
            if not having:
                del self._having[term]
        self._at.pop(story, None)

    def forget(self, before: datetime) -> None:
        """Drop the stories that are older."""
        for story in [s for s, at in self._at.items() if at < before]:
            self.remove(story)

    def related(self, about: Terms, *, alike: float = ALIKE, limit: int = 10) -> list[Related]:
        """The stories about the same event, most alike first. `about` need not be in the window; itself it may find."""
        found = [Related(story, self.likeness(about, self._terms[story])) for story in self._promising(about)]
        return sorted((r for r in found if r.score >= alike), key=lambda r: (-r.score, r.story))[:limit]

    def likeness(self, a: Terms, b: Terms) -> float:
        """The cosine of the two, from 0 to 1; a rare term in common counts for more."""
        common = sum(n * b[term] * self._rarity(term) ** 2 for term, n in a.items() if term in b)
        return float(common / (self._length(a) * self._length(b))) if common else 0.0

    def _promising(self, about: Terms) -> list[str]:
        bound = max(_FEW, _COMMON * len(self))
        known = sorted((len(self._having[term]), term) for term in about if term in self._having)
        weights: defaultdict[str, float] = defaultdict(float)
        for n, term in known[:_SOUGHT]:
            if n <= bound:
                weight = about[term] * self._rarity(term) ** 2
                for story in self._having[term]:
                    weights[story] += weight
        # rounded: a set has no order, and sums in another order differ in their last digit
        return nsmallest(_TRIES, weights, key=lambda story: (-round(weights[story], 6), story))

    def _rarity(self, term: str) -> float:
        return log((1 + len(self)) / (1 + len(self._having.get(term, ())))) + 1

    def _length(self, about: Terms) -> float:
        having, of = self._having, log(1 + len(self)) + 1  # `_rarity`, spelled out: this is where the time goes
        return sqrt(sum((n * (of - log(1 + len(having.get(term, ()))))) ** 2 for term, n in about.items()))
