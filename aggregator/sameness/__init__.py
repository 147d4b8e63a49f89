"""
Which texts are the same text: cut, retitled, wrapped in somebody's boilerplate, with a word changed here and there.

    read        a visit's texts -> readings: what there is to compare
    candidates  what an index found for the marks of a reading -> the stories that are worth comparing
    compare     two readings -> how alike, what it makes them, and why
    passage     two readings -> the longest run of words in both, to be shown
    match       a reading and those stories -> the one it belongs to, or just does not

A reading's `marks` are a few sampled hashes of its phrases, all that an index has to hold: two texts that share a long
passage share marks. What an index finds is a suspicion only; `compare` reads both texts.

Pure, and the same on any machine, in any process, in any order. docs/sameness.md tells how it decides, and how well.
"""

from ._candidates import candidates
from ._compare import Likeness, compare, is_stock
from ._limits import Limits
from ._match import Match, match, passage
from ._reading import Reading, read
from ._slots import Conflict

__all__ = [
    "VERSION",
    "Conflict",
    "Likeness",
    "Limits",
    "Match",
    "Reading",
    "candidates",
    "compare",
    "is_stock",
    "match",
    "passage",
    "read",
]

VERSION = 2
"""Of these rules. Texts that are told apart or marked otherwise need another number: `aggregator resort` goes by it."""
