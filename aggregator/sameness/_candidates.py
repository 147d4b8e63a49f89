"""Which stories are worth comparing, going by the marks that an index found."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from math import sqrt
from typing import TypeVar

from ._limits import DEFAULT, Limits

Story = TypeVar("Story", int, str)


def candidates(
    marks: Sequence[int], postings: Mapping[int, Sequence[Story]], limits: Limits = DEFAULT
) -> list[Story]:
    """
    The stories to compare with, most promising first. `marks` are those of the reading at hand; `postings` tells which
    stories have them (each story once a mark; marks that nobody has may be absent).
    """
    weights: defaultdict[Story, float] = defaultdict(float)
    hits: defaultdict[Story, int] = defaultdict(int)
    for mark in marks:
        stories = postings.get(mark, ())
        if len(stories) >= limits.crowd:
            continue
        weight = 1 / (1 + sqrt(len(stories)))
        for story in stories:
            weights[story] += weight
            hits[story] += 1
    if len(marks) <= limits.few_marks:
        worth = list(hits)
    else:
        worth = [s for s, n in hits.items() if n >= limits.hits and weights[s] >= limits.weight]
    # rounded: sums of the same weights in another order must not differ in their last digit
    return sorted(worth, key=lambda s: (-round(weights[s], 6), s))[: limits.tries]
