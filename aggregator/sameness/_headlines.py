"""
What two headlines have in common, and what tells them apart.

    Headlines           how many words they share
    headline_conflict   of one form, with another figure or name: "Results of Kaspi", "Results of Halyk"
    other_subject       the same, where each text speaks of its own: then it is other news, however long the texts are
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import product
from typing import Self

from ..text import CJK, FIRST_IDEOGRAPH, ROOT
from ._reading import Reading
from ._slots import Conflict, alike
from ._words import NAME, NUMBER, code_of, folded, spelled

_SAME_NAME = 0.8
_LONG_NAME = 6
"""
Letters. So long a name that begins nearly as another one is that one in another house's spelling: Беларусь, Белоруссия;
Алматы, Алмаата. Of shorter ones that is not said: Iran, Iraq.
"""
_LONGEST_NAME = 8
"""Ideographs; what differs in more of them is no name."""
_SITE = re.compile(rf"\s+[-–—]\s+[^-–—|:\d]{{1,30}}$|\s*[|_｜]\s*[^|_｜]{{1,30}}$|[-—][{CJK}]{{2,12}}$")
"""Behind a headline: each outlet's own name there, and in the text, is no other subject."""


@dataclass(frozen=True, kw_only=True)
class Headlines:
    """How many words two of them share."""

    common: int
    shorter: int
    of_shorter: float
    """Share of the shorter one's words in the other; of one or two words: 1 if the headlines are equal, else 0."""
    of_both: float

    @classmethod
    def of(cls, a: Reading, b: Reading) -> Self:
        """Those of two texts."""
        common, shorter = len(a.headline & b.headline), min(len(a.headline), len(b.headline))
        if not shorter:
            return cls(common=0, shorter=0, of_shorter=0.0, of_both=0.0)
        return cls(
            common=common,
            shorter=shorter,
            of_shorter=common / shorter if shorter >= 3 else float(a.headline == b.headline),
            of_both=common / len(a.headline | b.headline),
        )


def headline_conflict(title: str, other: str) -> Conflict | None:
    """The first figure or name that differs, if nothing else does: headlines of serial news, of one form."""
    ours, theirs = spelled(title), spelled(other)
    differing = _in_place_of(ours, theirs)
    if len(ours) != len(theirs) or not differing or any(_kind(a) != _kind(b) or not _kind(a) for a, b in differing):
        return None
    conflicts = [Conflict(a, b, _kind(a) == NUMBER) for a, b in sorted(map(_sorted, differing)) if not alike(a, b)]
    return conflicts[0] if conflicts else None


def other_subject(a: Reading, b: Reading) -> Conflict | None:
    """
    A name of which each headline has its own in the same place, and each text too: "Flood warning for Bewdley", "for
    Tewkesbury". Where one text has both names, or neither, only a headline was rewritten. The order does not matter.
    """
    names = _ideographs(a, b) if a.is_ideographic else _names(a, b)
    own = (
        (here, there) for here, there in names
        if _says(a, here) and _says(b, there) and not _says(a, there) and not _says(b, here)
    )  # fmt: skip
    return next((Conflict(*_sorted(pair), is_figure=False) for pair in own), None)


def _names(a: Reading, b: Reading) -> Iterator[tuple[str, str]]:
    """Name by name where the headlines have as many words; else all names that stand between their equal ends."""
    ours, theirs = _said(a.title), _said(b.title)
    if len(ours) == len(theirs):
        pairs: Iterable[tuple[str, str]] = _in_place_of(ours, theirs)
    else:
        between = _between_ends(ours, theirs)
        pairs = product(*between) if all(_kind(word) == NAME for words in between for word in words) else ()
    for here, there in pairs:
        if _kind(here) == _kind(there) == NAME and not _is_one_name(here, there):
            yield here, there


def _ideographs(a: Reading, b: Reading) -> Iterator[tuple[str, str]]:
    """The one run that differs; with the character before it, if it is a single one: 山东, 山西."""
    ours, theirs = _said(a.title), _said(b.title)
    here, there = _between_ends(ours, theirs)
    if min(len(here), len(there)) == 1:
        before = _head(ours, theirs)[-1:]
        here, there = before + here, before + there
    is_name = min(len(here), len(there)) > 1 and max(len(here), len(there)) <= _LONGEST_NAME
    if is_name and all(character >= FIRST_IDEOGRAPH for character in (*here, *there)):
        yield "".join(here), "".join(there)


def _said(title: str) -> list[str]:
    return spelled(_SITE.sub("", title) or title)


def _head(ours: list[str], theirs: list[str]) -> list[str]:
    """The words that both begin with."""
    differs = next((n for n, pair in enumerate(zip(ours, theirs, strict=False)) if _folds(*pair)), None)
    return ours[: min(len(ours), len(theirs)) if differs is None else differs]


def _between_ends(ours: list[str], theirs: list[str]) -> tuple[list[str], list[str]]:
    head = len(_head(ours, theirs))
    ours, theirs = ours[head:], theirs[head:]
    tail = len(_head(ours[::-1], theirs[::-1]))
    return ours[: len(ours) - tail], theirs[: len(theirs) - tail]


def _in_place_of(ours: list[str], theirs: list[str]) -> list[tuple[str, str]]:
    return [(here, there) for here, there in zip(ours, theirs, strict=False) if _folds(here, there)]


def _folds(here: str, there: str) -> bool:
    """Whether they are two words, in whatever spelling."""
    return folded(here) != folded(there)


def _sorted(pair: tuple[str, str]) -> tuple[str, str]:
    return min(pair), max(pair)


def _kind(word: str) -> int:
    return code_of(word) & (NAME | NUMBER)


def _is_one_name(here: str, there: str) -> bool:
    if alike(here, there):
        return True
    if min(len(here), len(there)) < _LONG_NAME:
        return False
    ours, theirs = folded(here)[:_LONG_NAME], folded(there)[:_LONG_NAME]
    return SequenceMatcher(None, ours, theirs, autojunk=False).ratio() >= _SAME_NAME


def _says(reading: Reading, name: str) -> bool:
    """Whether the text has the name, in whatever form."""
    if reading.is_ideographic:
        return name in reading.body
    return folded(name)[:ROOT] in reading.roots
