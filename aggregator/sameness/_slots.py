"""
Whether two texts say the same figures and names in the same places.

A *slot* is the place of a figure or name, known by the words around it: the two beside it, the two before it, the two
after it. A weather report of another city has the same slots as yesterday's, with other fillings; a copy has the same
fillings, or no such slot.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..text import ROOT
from ._reading import Hashes, Reading, are_in, chained, distinct, mixed
from ._words import HASH, NAME, NUMBER, folded

_FEW = 8
_SAME_NAME = 0.7
"""Likeness of two names, spelled in one alphabet, from which they are one name transliterated."""

_BEFORE, _AFTER = np.array([1, 2], np.uint64), np.array([3, 4], np.uint64)
"""What stands before the first word, and after the last."""
# For each of the three contexts (between the words beside it; after two; before two), a row: which words they are,
# counted from two before it; what tells the contexts apart; and how many words have to stand before and behind it.
_ONE, _OTHER = np.array([[1], [0], [3]]), np.array([[3], [1], [4]])
_PAIR = np.array([[0], [1], [2]], np.uint64)
_LEAST, _LEFT = np.array([[0], [1], [0]]), np.array([[0], [0], [1]])


@dataclass(frozen=True)
class Conflict:
    """One slot, filled with different things."""

    here: str
    """As the shorter text has it."""
    there: str
    is_figure: bool

    def __str__(self) -> str:
        return f"{self.here}/{self.there}"


@dataclass(frozen=True, kw_only=True)
class Fillings:
    """What became of the slots that two texts have in common."""

    figures_agreed: int
    names_agreed: int
    conflicts: tuple[Conflict, ...]

    @cached_property
    def figure_conflicts(self) -> int:
        """How many of the conflicts are about figures."""
        return sum(1 for c in self.conflicts if c.is_figure)


@dataclass(frozen=True)
class Slots:
    """The slots of one text: each figure and name three times, by its three contexts."""

    context: Hashes
    filling: Hashes
    at: NDArray[np.int64]
    """Which word of the text it is."""
    is_figure: NDArray[np.bool_]

    @cached_property
    def order(self) -> NDArray[np.intp]:
        """Of the contexts, ascending."""
        return np.argsort(self.context, kind="stable")

    @cached_property
    def contexts(self) -> Hashes:
        """Ascending."""
        return self.context[self.order]

    @cached_property
    def filled(self) -> Hashes:
        """Contexts together with their fillings, ascending."""
        return np.sort(mixed(self.context ^ self.filling))

    def at_context(self, context: np.uint64) -> list[int]:
        """Places in the text of the words that fill this slot; the first few, where a table has hundreds."""
        first = np.searchsorted(self.contexts, context, "left")
        last = np.searchsorted(self.contexts, context, "right")
        places: list[int] = self.at[self.order[first : min(last, first + _FEW)]].tolist()
        return places


def slots(reading: Reading) -> Slots:
    """Worked out once a reading."""
    known: Slots | None = reading.__dict__.get("slots")
    if known is None:
        known = reading.__dict__["slots"] = _slots(reading.codes)
    return known


def _slots(codes: Hashes) -> Slots:
    kind = codes & np.uint64(NAME | NUMBER)
    kind[:1] &= np.uint64(NUMBER)  # the first word has its capital for being the first
    at = np.flatnonzero(kind)
    words = mixed((codes & np.uint64(HASH)) + np.uint64(1))
    around = np.concatenate([_BEFORE, words, _AFTER])
    is_figure = codes[at] & np.uint64(NUMBER)  # a figure and a name never are fillings of one slot
    context = chained(around[at + _ONE], around[at + _OTHER], is_figure + _PAIR)
    # "the last word" is no place: what stands there in another text has nothing to do with it
    inside = (at >= _LEAST) & (at < codes.size - _LEFT)
    which = np.nonzero(inside)[1]
    return Slots(context[inside], around[at + 2][which], at[which], is_figure[which] != 0)


def fillings(a: Reading, b: Reading) -> Fillings:
    """
    Compare the slots that both texts have. The shorter text has to find its fillings in the longer one, which may have
    more to say. A word that agrees in one of its contexts is no conflict in the others; nor is another form of it, a
    rounded figure, or a name in another alphabet.
    """
    short, long = sorted((a, b), key=_length)
    ours, theirs = slots(short), slots(long)
    common = np.flatnonzero(are_in(ours.context, theirs.contexts))
    agree = are_in(mixed(ours.context[common] ^ ours.filling[common]), theirs.filled)
    agreed, open_ = common[agree], common[~agree]
    open_ = open_[~are_in(ours.filling[open_], np.sort(ours.filling[agreed]))]
    is_figure = ours.is_figure[agreed]
    return Fillings(
        figures_agreed=distinct(ours.filling[agreed[is_figure]]).size,
        names_agreed=distinct(ours.filling[agreed[~is_figure]]).size,
        conflicts=tuple(_conflicts(short, long, open_)) if open_.size else (),
    )


def _length(reading: Reading) -> tuple[int, bytes]:
    return reading.codes.size, reading.codes.tobytes()


def _conflicts(short: Reading, long: Reading, rows: NDArray[np.intp]) -> Iterator[Conflict]:
    """One for each word of the shorter text that agrees nowhere; `rows` are those of its slots that do not agree."""
    ours, theirs = slots(short), slots(long)
    first: dict[str, Conflict] = {}
    settled: set[str] = set()
    for row in rows.tolist():
        word = short.words[ours.at[row]]
        if (plain := folded(word)) in settled:
            continue
        others = [long.words[i] for i in theirs.at_context(ours.context[row])]
        if any(alike(word, other) for other in others):
            settled.add(plain)
        else:
            first.setdefault(plain, Conflict(word, others[0], bool(ours.is_figure[row])))
    yield from (conflict for word, conflict in first.items() if word not in settled)


# --- one word or two -------------------------------------------------------------------------------------------------

_LATIN_OF = {
    ord(c): lat
    for c, lat in zip(
        "абвгғдежзийкқлмнңоөпрстуұүфхһцчшщъыіьэюяәїєґ",
        "a b v g g d e zh z i i k k l m n n o o p r s t u u u f kh h ts ch sh sch _ y i _ e yu ya a i e g".split(),
        strict=True,
    )
}


def alike(word: str, other: str) -> bool:
    """Whether two fillings of one slot are one thing: a rounded figure, a form of a name, a name transliterated."""
    ours, theirs = folded(word), folded(other)
    if word[0].isdigit() or other[0].isdigit():
        return _rounded(ours, theirs) or _rounded(theirs, ours)
    if ours[:ROOT] == theirs[:ROOT]:
        return True
    if ours.isascii() == theirs.isascii():
        return False
    return SequenceMatcher(None, _in_latin(ours), _in_latin(theirs), autojunk=False).ratio() >= _SAME_NAME


def _rounded(rough: str, exact: str) -> bool:
    try:
        return abs(float(rough) - float(exact)) <= 0.5 * 10.0 ** -len(rough.partition(".")[2]) and "." in exact
    except ValueError:
        return False


def _in_latin(word: str) -> str:
    return word.translate(_LATIN_OF).replace("_", "").replace("kh", "h").replace("y", "i").replace("j", "zh")
