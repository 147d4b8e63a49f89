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
from sys import intern

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

Terms = Mapping[str, int]
"""What a text is about: the roots of its words, and how often each stands in it."""


@dataclass(frozen=True)
class Related:
    """A story about the same event."""

    story: str
    score: float
    """From 0 to 1."""


def terms(title: str, body: str) -> Terms:
    """The headline counts twice. Ideographs count in pairs."""
    return Counter(_roots(title[:500]) * _TITLE + _roots(body[: 20 * _BEGINNING])[:_BEGINNING])


def _roots(text: str) -> list[str]:
    said = words(text)
    pairs = [a + b for a, b in pairwise(said) if a >= _FIRST_IDEOGRAPH and b >= _FIRST_IDEOGRAPH]
    return [word[:_ROOT] for word in said if word < _FIRST_IDEOGRAPH] + pairs


class Window:
    """
    The leads of the stories of the last days, the `most` newest of them, and how common their terms are. A story takes
    4 KB.
    """

    def __init__(self, most: int = 100_000) -> None:
        self._most = most
        self._crowd = max(_FEW, int(_COMMON * most))
        self._terms: dict[str, tuple[tuple[str, ...], bytes]] = {}
        """Story -> its terms, and how often it has each."""
        self._at: dict[str, datetime] = {}
        self._count: Counter[str] = Counter()
        """Term -> how many stories have it."""
        self._having: dict[str, list[str]] = {}
        """Term -> the stories that have it, unless they are too many to find anything by it."""

    def __len__(self) -> int:
        return len(self._terms)

    def add(self, story: str, about: Terms, at: datetime) -> None:
        """Take a story in, or what it says now in place of what it said before."""
        self.remove(story)
        known = tuple(map(intern, about))  # most stories share most of their words
        self._terms[story] = known, bytes(min(n, 255) for n in about.values())
        self._at[story] = at
        self._count.update(known)
        for term in known:
            having = self._having.setdefault(term, [])
            if len(having) < self._crowd:
                having.append(story)

    def remove(self, story: str) -> None:
        """Do nothing if it is not there."""
        known, _ = self._terms.pop(story, ((), b""))
        self._at.pop(story, None)
        self._count.subtract(known)
        for term in known:
            if story in self._having[term]:
                self._having[term].remove(story)
            if not self._count[term]:
                del self._count[term], self._having[term]

    def forget(self, before: datetime) -> list[str]:
        """Drop the stories that are older, and the oldest if there are too many; those that were dropped."""
        old = [story for story, at in self._at.items() if at < before]
        if (too_many := len(self) - len(old) - self._most) > 0:
            oldest = sorted(self._at.keys() - old, key=lambda story: (self._at[story], story))
            old += oldest[:too_many]
        for story in old:
            self.remove(story)
        return old

    def related(self, about: Terms, itself: str = "", *, alike: float = ALIKE, limit: int = 10) -> list[Related]:
        """The stories about the same event, most alike first; never `itself`, the story in the window that says it."""
        length = self._length(about)
        found = []
        for story in self._promising(about, itself):
            other = dict(zip(*self._terms[story], strict=True))
            found.append(Related(story, self._common(about, other) / (length * self._length(other))))
        return sorted((r for r in found if r.score >= alike), key=lambda r: (-r.score, r.story))[:limit]

    def likeness(self, a: Terms, b: Terms) -> float:
        """The cosine of the two, from 0 to 1; a rare term in common counts for more."""
        common = self._common(a, b)
        return common / (self._length(a) * self._length(b)) if common else 0.0

    def _common(self, a: Terms, b: Terms) -> float:
        shared = sorted(a.keys() & b.keys())  # a set has no order, and sums in another order differ in their last digit
        return sum(_WEIGHT[a[term]] * _WEIGHT[b[term]] * self._rarity(term) ** 2 for term in shared)

    def _promising(self, about: Terms, itself: str) -> list[str]:
        bound = max(_FEW, _COMMON * len(self))
        own = int(itself in self._terms)
        known = sorted((n, term) for term in about if (n := self._count[term]) > own)
        weights: defaultdict[str, float] = defaultdict(float)
        for n, term in known[:_SOUGHT]:
            if n <= bound:
                weight = _WEIGHT[about[term]] * self._rarity(term) ** 2
                for story in self._having[term]:
                    weights[story] += weight
        weights.pop(itself, None)
        return nsmallest(_TRIES, weights, key=lambda story: (-round(weights[story], 6), story))

    def _rarity(self, term: str) -> float:
        return log((1 + len(self)) / (1 + self._count[term])) + 1

    def _length(self, about: Terms) -> float:
        count, of = self._count, log(1 + len(self)) + 1  # `_rarity`, spelled out: this is where the time goes
        return sqrt(sum([(_WEIGHT[n] * (of - log(1 + count[term]))) ** 2 for term, n in about.items()]))


_WEIGHT = [0.0, *(1 + log(n) for n in range(1, 1_000))]
"""How much a term counts that stands in a text so many times."""
