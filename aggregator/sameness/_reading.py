"""Texts -> what there is to compare: phrases, the marks sampled from them, figures and names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import pairwise
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ..text import ROOT
from ._words import HASH, IDEOGRAPH, code_of, folded, spelled

Hashes = NDArray[np.uint64]
Phrases = NDArray[np.uint32]
Number = TypeVar("Number", np.uint64, np.uint32)

_WORDS_A_PHRASE = 3
_CHARACTERS_A_PHRASE = 5
_BEGINNING = 100
_END = 800
"""Phrases. Marks are dense in the beginning, which every excerpt has, sparse up to the end, and none come after it."""
_DENSE = 12
_SPARSE = 40
"""Of so many phrases in a row, one at least is a mark."""
_GAP = _SPARSE
"""Between two texts that are worked on in one array: no window reaches from one into the next."""
_NOTHING = np.uint32(0xFFFFFFFF)
_NO_PHRASE = np.array([], np.uint32)

_ODD_1, _ODD_2, _ODD_3 = (np.uint64(n) for n in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB))


def mixed(x: Hashes) -> Hashes:
    """The finalizer of splitmix64: every bit of what goes in changes half of the bits that come out."""
    x = (x ^ (x >> np.uint64(30))) * _ODD_2
    x = (x ^ (x >> np.uint64(27))) * _ODD_3
    return x ^ (x >> np.uint64(31))


def chained(*columns: Hashes) -> Hashes:
    """One hash for the values that stand in the same row; in another order they have another."""
    x = columns[0]
    for column in columns[1:]:
        x = x * _ODD_1 + column
    return mixed(x)


class Reading:
    """One text, read. Whatever takes time and only a comparison needs is worked out when it is asked for."""

    def __init__(
        self, title: str, body: str, codes: Hashes, in_order: Phrases, phrases: Phrases, marks: tuple[int, ...]
    ) -> None:
        self.title = title
        self.body = body
        self.codes = codes
        """One a word of the body, in order; see `_words`."""
        self.phrases_in_order = in_order
        self.phrases = phrases
        """Distinct and sorted."""
        self.marks = marks
        """The sampled hashes that an index stores, ascending; each has 32 bits. About 17 for an article."""

    @cached_property
    def headline(self) -> frozenset[int]:
        """The words of the title; in Chinese and Japanese the pairs of characters."""
        codes = list(map(code_of, spelled(self.title)))
        if is_ideographic(np.array(codes, np.uint64)):
            return frozenset((a & HASH) << 32 | b & HASH for a, b in pairwise(codes))
        return frozenset(code & HASH for code in codes)

    @cached_property
    def words(self) -> list[str]:
        """The words of the body as they are written, for showing."""
        return spelled(self.body)

    @cached_property
    def roots(self) -> frozenset[str]:
        """How its words begin, in one spelling: what its names are, in whatever form."""
        return frozenset(folded(word)[:ROOT] for word in set(self.words))

    @cached_property
    def is_ideographic(self) -> bool:
        """Whether it is Chinese or Japanese."""
        return is_ideographic(self.codes)


def read(texts: Sequence[tuple[str, str]]) -> list[Reading]:
    """
    A reading for each title and plain body, in order. Reading a visit's texts at once takes a third of the time of
    reading them one by one.
    """
    if not texts:  # often: each step below takes its time for nothing, too
        return []
    codes = [_codes(spelled(body)) for _, body in texts]
    in_order = _phrases(codes)
    parts = zip(texts, codes, in_order, _distinct_of_each(in_order), _marks(in_order), strict=True)
    return [Reading(title, body, c, o, p, m) for (title, body), c, o, p, m in parts]


def _codes(words: Sequence[str]) -> Hashes:
    return np.array(list(map(code_of, words)), np.uint64)  # a fifth faster than `np.fromiter`


def is_ideographic(codes: Hashes) -> bool:
    """Whether most of the words are characters of Chinese or Japanese."""
    return bool(2 * np.count_nonzero(codes & np.uint64(IDEOGRAPH)) > codes.size)


# --- many texts in one array -----------------------------------------------------------------------------------------


def _phrases(texts: Sequence[Hashes]) -> list[Phrases]:
    """The phrases of each text in order; a text shorter than a phrase is one."""
    lengths = [_CHARACTERS_A_PHRASE if is_ideographic(t) else _WORDS_A_PHRASE for t in texts]
    row, starts = _in_a_row(texts, np.uint64(0))
    words = mixed((row & np.uint64(HASH)) + _ODD_1)
    hashed = {n: _windows(words, n) for n in set(lengths)}
    return [
        hashed[n][start : start + max(t.size - n + 1, min(t.size, 1))].copy()
        for t, n, start in zip(texts, lengths, starts, strict=True)
    ]


def _windows(words: Hashes, length: int) -> Phrases:
    size = words.size - length + 1
    whole = chained(*(words[i : i + size] for i in range(length)))
    return (whole >> np.uint64(32)).astype(np.uint32)


def _marks(texts: Sequence[Phrases]) -> list[tuple[int, ...]]:
    """Winnowing: of every window the smallest phrase. Texts that share a whole window share its mark."""
    owners: list[NDArray[np.int64]] = []
    found: list[Phrases] = []
    for zone, width in ((slice(0, _BEGINNING), _DENSE), (slice(_BEGINNING, _END), _SPARSE)):
        zones = [t[zone] for t in texts]
        row, starts = _in_a_row(zones, _NOTHING)
        windows = np.array([max(z.size - width + 1, min(z.size, 1)) for z in zones], np.int64)
        owner = np.repeat(np.arange(len(zones)), windows)
        first = np.cumsum(windows) - windows
        at = np.array(starts, np.int64)[owner] + np.arange(owner.size) - first[owner]
        smallest = _sliding_minimum(row, width)[at]
        new = np.ones(owner.size, bool)  # neighbouring windows mostly have the same smallest phrase
        new[1:] = (smallest[1:] != smallest[:-1]) | (owner[1:] != owner[:-1])
        owners.append(owner[new])
        found.append(smallest[new])
    values, ends = _sorted_out(np.concatenate(owners), np.concatenate(found), len(texts))
    marks = values.tolist()
    return [tuple(marks[a:b]) for a, b in pairwise(ends)]


def _distinct_of_each(texts: Sequence[Phrases]) -> list[Phrases]:
    """`distinct` of each, at once."""
    owners = np.repeat(np.arange(len(texts)), np.array([t.size for t in texts], np.int64))
    values, ends = _sorted_out(owners, np.concatenate([_NO_PHRASE, *texts]), len(texts))
    return [values[a:b] for a, b in pairwise(ends)]


def _sorted_out(owners: NDArray[np.int64], values: Phrases, count: int) -> tuple[Phrases, list[int]]:
    """The distinct values of the first owner, ascending, those of the second, and so on; and where each one's begin."""
    both = distinct((owners.astype(np.uint64) << np.uint64(32)) | values)
    bounds: list[int] = np.searchsorted(both >> np.uint64(32), np.arange(count + 1)).tolist()
    return both.astype(np.uint32), bounds


def _in_a_row(arrays: Iterable[NDArray[Number]], gap: Number) -> tuple[NDArray[Number], list[int]]:
    """The arrays one after the other with a gap around each, and where each begins."""
    filler = np.full(_GAP, gap)
    parts = [filler]
    starts, size = [], _GAP
    for array in arrays:
        starts.append(size)
        size += array.size + _GAP
        parts += (array, filler)
    return np.concatenate(parts), starts


def in_common(a: Phrases, b: Phrases) -> int:
    """How many values both have; each array is distinct and ascending."""
    return int(np.count_nonzero(are_in(a, b) if a.size <= b.size else are_in(b, a)))


def are_in(these: NDArray[Number], ascending: NDArray[Number]) -> NDArray[np.bool_]:
    """For each value whether it is one of those."""
    if not ascending.size:
        return np.zeros(these.size, bool)
    at = np.searchsorted(ascending, these)
    at[at == ascending.size] = 0
    return np.asarray(ascending[at] == these)


def longest_run(a: Reading, b: Reading) -> tuple[int, int]:
    """The longest run of words of `a` whose phrases `b` has as well: its first word and the one after its last."""
    shared = np.zeros(a.phrases_in_order.size + 2, bool)
    shared[1:-1] = are_in(a.phrases_in_order, b.phrases)
    bounds = np.flatnonzero(shared[1:] != shared[:-1])  # where runs begin and end, by turns
    if not bounds.size:
        return 0, 0
    starts, ends = bounds[::2], bounds[1::2]
    longest = np.argmax(ends - starts)
    length = _CHARACTERS_A_PHRASE if a.is_ideographic else _WORDS_A_PHRASE
    return int(starts[longest]), int(ends[longest]) + length - 1


def distinct(values: NDArray[Number]) -> NDArray[Number]:
    """Ascending. For the few hundred values of a text three times as fast as `np.unique`, which hashes."""
    ascending = np.sort(values)
    new = np.ones(ascending.size, bool)
    np.not_equal(ascending[1:], ascending[:-1], out=new[1:])
    return ascending[new]


def _sliding_minimum(row: Phrases, width: int) -> Phrases:
    """The minimum of each window, by doubling: windows of 1, 2, 4, ... and the last from two that overlap."""
    smallest, reach = row, 1
    while reach < width:
        step = min(reach, width - reach)
        smallest = np.minimum(smallest[:-step], smallest[step:])
        reach += step
    return smallest
