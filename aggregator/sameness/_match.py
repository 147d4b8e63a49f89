"""Which of the stories that look promising a text belongs to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from ._compare import Likeness, compare
from ._limits import DEFAULT, Limits
from ._reading import Reading, longest_run

Story = TypeVar("Story")


@dataclass(frozen=True)
class Match(Generic[Story]):
    """The story nearest to a text: the one it belongs to if `likeness.same`, else the one that it just is not."""

    story: Story
    member: int
    """Which of the story's readings, as they were given."""
    likeness: Likeness


def match(
    reading: Reading, stories: Iterable[tuple[Story, Iterable[Reading]]], limits: Limits = DEFAULT
) -> Match[Story] | None:
    """
    Compare with the members of each story, in the order given; None if there is none. Stops at a story that is certain:
    both arguments may be lazy, and nothing is read in vain.
    """
    nearest: Match[Story] | None = None
    for story, members in stories:
        for i, member in enumerate(members):
            likeness = compare(reading, member, limits)
            if nearest is None or _rank(likeness) > _rank(nearest.likeness):
                nearest = Match(story, i, likeness)
            if likeness.same:
                break
        if nearest and nearest.likeness.same and nearest.likeness.score >= limits.certain:
            break
    return nearest


LONGEST = 25
"""Words of a passage that are kept: enough to see what it was."""


def passage(a: Reading, b: Reading) -> str:
    """The longest run of words of `a` that `b` has as well, or its beginning; the words as they are compared."""
    start, end = longest_run(a, b)
    return ("" if a.is_ideographic else " ").join(a.words[start : min(end, start + LONGEST)])


def _rank(likeness: Likeness) -> tuple[bool, float]:
    return likeness.same, likeness.score
