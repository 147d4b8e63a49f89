"""Which stories are worth comparing, going by the marks that an index found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import chain
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
    having = [stories for mark in marks if 0 < len(stories := postings.get(mark, ())) < limits.crowd]
    hits = Counter(chain.from_iterable(having))
    if len(marks) <= limits.few_marks:
        weights = {story: _weight(story, having) for story in hits}
    else:  # counted first: most stories have one mark in common, and need not be weighed
        often = {story: _weight(story, having) for story, n in hits.items() if n >= limits.hits}
        weights = {story: weight for story, weight in often.items() if weight >= limits.weight}
    # rounded: sums of the same weights in another order must not differ in their last digit
    return sorted(weights, key=lambda s: (-round(weights[s], 6), s))[: limits.tries]


def _weight(story: Story, having: Sequence[Sequence[Story]]) -> float:
    weight = 0.0
    for stories in having:
        if story in stories:
            weight += 1 / (1 + sqrt(len(stories)))
    return weight
