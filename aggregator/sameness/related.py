"""
The looser level: texts about the same event in other words. For linking ("see also"), never for merging.

A text is its headline, counted twice, and its first sixty words, of each the first five letters: that serves inflected
languages as well as stems do, and needs to know none of them. Rare ones weigh more; what is rare depends on the news of
the last days. The window holds them, and is told when to forget.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from math import log, sqrt

import numpy as np
from numpy.typing import NDArray

from ..text import FIRST_IDEOGRAPH, ROOT, words

ALIKE = 0.29
"""From this score on, two texts are about one event; docs/sameness.md tells how often that is right."""
_BEGINNING = 60
_LONGEST, _LONGEST_TITLE = 1_200, 500
"""Characters; what follows is not looked at."""
_CUT = 5
"""More words than a cut can change: a number in pieces, a character reference."""
_SOUGHT = 16
"""So many of a text's rarest terms are looked up."""
_COMMON = 0.01
"""A term that a larger share of the window has finds nothing ..."""
_FEW = 20
"""... unless no more texts than this have it."""
_TRIES = 12
"""So many stories are compared: those with the most and the rarest of these terms."""
_TITLE = 2

_NEVER = datetime.max.replace(tzinfo=UTC)

Terms = Mapping[str, int]
"""What a text is about: the roots of its words, and how often each stands in it."""
Numbers = NDArray[np.int32]
"""Of terms, as the window knows them."""


@dataclass(frozen=True)
class Related:
    """A story about the same event."""

    story: str
    score: float
    """From 0 to 1."""


def terms(title: str, body: str) -> Terms:
    """The headline counts twice. Ideographs count in pairs."""
    return Counter(_roots(words(title[:_LONGEST_TITLE])) * _TITLE + _beginning(body))


def _beginning(body: str) -> list[str]:
    """Of a text in letters, half of what there is to look at mostly has words enough; its last ones may be cut."""
    said = words(body[: _LONGEST // 2])
    if len(said) >= _BEGINNING + _CUT and max(said) < FIRST_IDEOGRAPH:
        return _roots(said[:_BEGINNING])
    return _roots(words(body[:_LONGEST]))[:_BEGINNING]


def _roots(said: list[str]) -> list[str]:
    if not said or max(said) < FIRST_IDEOGRAPH:
        return [word[:ROOT] for word in said]
    pairs = [a + b for a, b in pairwise(said) if a >= FIRST_IDEOGRAPH and b >= FIRST_IDEOGRAPH]
    return [word[:ROOT] for word in said if word < FIRST_IDEOGRAPH] + pairs


class Window:
    """
    The leads of the stories of the last days, the `most` newest of them, and how common their terms are. A story takes
    4 KB.
    """

    def __init__(self, most: int = 100_000) -> None:
        self._most = most
        self._crowd = max(_FEW, int(_COMMON * most))
        self._held: dict[str, _Held] = {}
        self._at: dict[str, datetime] = {}
        self._earliest = _NEVER
        """None of them is earlier."""
        self._numbers: dict[str, int] = {}
        """Term -> its number, by which the following know it."""
        self._names: list[str] = []
        self._having: list[list[str]] = []
        """The stories that have a term, unless they are too many to find anything by it."""
        self._count = np.zeros(1024, np.int64)
        """How many stories have it."""
        self._asked = np.zeros(1024)
        """What a term counts in the text at hand; 0 for all while nothing is asked."""
        self._free: list[int] = []
        """Numbers of terms that nobody has any more."""

    def __len__(self) -> int:
        return len(self._held)

    def add(self, story: str, about: Terms, at: datetime) -> None:
        """Take a story in, or what it says now in place of what it said before."""
        self.remove(story)
        known = self._numbers.get
        numbers = [self._new_number(term) if (n := known(term)) is None else n for term in about]
        often = about.values() if max(about.values(), default=0) < 256 else [min(n, 255) for n in about.values()]
        held = _Held(np.array(numbers, np.int32), bytes(often))
        self._held[story] = held
        self._at[story] = at
        self._earliest = min(self._earliest, at)
        self._count[held.numbers] += 1
        for number in numbers:
            having = self._having[number]
            if len(having) < self._crowd:
                having.append(story)

    def _new_number(self, term: str) -> int:
        if self._free:
            number = self._free.pop()
            self._names[number] = term
        else:
            number = len(self._names)
            self._names.append(term)
            self._having.append([])
            if number == self._count.size:
                self._count = np.concatenate([self._count, np.zeros_like(self._count)])
                self._asked = np.zeros(self._count.size)
        self._numbers[term] = number
        return number

    def remove(self, story: str) -> None:
        """Do nothing if it is not there."""
        held = self._held.pop(story, None)
        if held is None:
            return
        del self._at[story]
        self._count[held.numbers] -= 1
        for number, left in zip(held.numbers.tolist(), self._count[held.numbers].tolist(), strict=True):
            if story in self._having[number]:
                self._having[number].remove(story)
            if not left:
                del self._numbers[self._names[number]]
                self._having[number] = []
                self._free.append(number)

    def forget(self, before: datetime) -> list[str]:
        """Drop the stories that are older, and the oldest if there are too many; those that were dropped."""
        if before <= self._earliest and len(self) <= self._most:
            return []
        old = [story for story, at in self._at.items() if at < before]
        if (too_many := len(self) - len(old) - self._most) > 0:
            oldest = sorted(self._at.keys() - old, key=lambda story: (self._at[story], story))
            old += oldest[:too_many]
        for story in old:
            self.remove(story)
        self._earliest = min(self._at.values(), default=_NEVER)
        return old

    def related(self, about: Terms, itself: str = "", *, alike: float = ALIKE, limit: int = 10) -> list[Related]:
        """The stories about the same event, most alike first; never `itself`, the story in the window that says it."""
        numbers = self._numbers_of(about)
        counts = self._counts(numbers)
        near = self._near(about, numbers, counts, self._promising(about, counts, itself), alike)
        found = [Related(story, self.likeness(about, self._terms(story))) for story in near]
        return sorted((r for r in found if r.score >= alike), key=lambda r: (-r.score, r.story))[:limit]

    def likeness(self, a: Terms, b: Terms) -> float:
        """The cosine of the two, from 0 to 1; a rare term in common counts for more."""
        shared = sorted(a.keys() & b.keys())  # a set has no order, and sums in another order differ in their last digit
        counts = self._counts(self._numbers_of(shared)).tolist()
        common = sum(
            _WEIGHT[a[term]] * _WEIGHT[b[term]] * self._rarity(n) ** 2 for term, n in zip(shared, counts, strict=True)
        )
        return common / (self._length(a) * self._length(b)) if common else 0.0

    def _terms(self, story: str) -> Terms:
        held = self._held[story]
        return {self._names[number]: n for number, n in zip(held.numbers.tolist(), held.often, strict=True)}

    def _promising(self, about: Terms, counts: NDArray[np.int64], itself: str) -> list[str]:
        bound = max(_FEW, _COMMON * len(self))
        own = int(itself in self._held)
        known = sorted((n, term) for term, n in zip(about, counts.tolist(), strict=True) if n > own)
        weights: defaultdict[str, float] = defaultdict(float)
        for n, term in known[:_SOUGHT]:
            if n <= bound:
                weight = _WEIGHT[about[term]] * self._rarity(n) ** 2
                for story in self._having[self._numbers[term]]:
                    weights[story] += weight
        weights.pop(itself, None)
        heaviest = sorted([(-round(weight, 6), story) for story, weight in weights.items()])
        return [story for _, story in heaviest[:_TRIES]]

    def _near(
        self, about: Terms, ours: Numbers, counts: NDArray[np.int64], stories: list[str], alike: float
    ) -> list[str]:
        """Those that may be so much alike, reckoned all at once: few are, and each takes forty times as long alone."""
        if not stories:
            return []
        held = [self._held[story] for story in stories]
        theirs = np.concatenate([one.numbers for one in held])
        starts = np.cumsum([0, *(one.numbers.size for one in held[:-1])])
        of = self._rarity(0)
        values = _WEIGHTS[np.frombuffer(b"".join(one.often for one in held), np.uint8)]
        values *= of - np.log1p(self._count[theirs])
        mine = _WEIGHTS[list(about.values())] * (of - np.log1p(counts))
        is_known = ours >= 0
        self._asked[ours[is_known]] = mine[is_known]
        common = np.add.reduceat(values * self._asked[theirs], starts)
        self._asked[ours[is_known]] = 0.0
        lengths = np.sqrt(np.add.reduceat(values * values, starts) * (mine * mine).sum())
        return [story for story, near in zip(stories, common >= (alike - _INEXACT) * lengths, strict=True) if near]

    def _numbers_of(self, terms: Iterable[str]) -> Numbers:
        """-1 for a term that nobody has."""
        return np.array([self._numbers.get(term, -1) for term in terms], np.int32)

    def _counts(self, numbers: Numbers) -> NDArray[np.int64]:
        """How many stories have each of the terms."""
        return np.where(numbers < 0, 0, self._count[numbers])

    def _rarity(self, count: int) -> float:
        return log((1 + len(self)) / (1 + count)) + 1

    def _length(self, about: Terms) -> float:
        of = log(1 + len(self)) + 1  # `_rarity`, spelled out
        counts = self._counts(self._numbers_of(about)).tolist()
        return sqrt(sum([(_WEIGHT[n] * (of - log(1 + c))) ** 2 for n, c in zip(about.values(), counts, strict=True)]))


@dataclass(frozen=True, slots=True)
class _Held:
    """What a story of the window is about."""

    numbers: Numbers
    """Of its terms."""
    often: bytes
    """How often it has each."""


_WEIGHT = [0.0, *(1 + log(n) for n in range(1, 1_000))]
"""How much a term counts that stands in a text so many times."""
_WEIGHTS = np.array(_WEIGHT)
_INEXACT = 1e-6
"""More than sums in another order differ by."""
