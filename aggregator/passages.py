"""
Two texts, side by side: what they share and what differs. Sentences are laid against each other first, then the words
of those that differ. Case, quotes, dashes, accents and ё make no difference.

    compare   two texts -> rows, in order
    lines     rows -> lines for a terminal, narrow or wide
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import chain, islice, takewhile, zip_longest

from .text import words

SENTENCES = 400
WORDS = 3_000
"""So much of what stands between the beginning and the end that they share; what follows differs as a whole."""
ALIKE = 0.4
"""Sentences that share less of the shorter one's words are replaced as a whole: scattered words tell nothing."""
SHOWN = 8
"""Words at either end of a long run that both texts have; what is between them is counted, not shown."""
WIDE = 100
"""Columns of a terminal that has room for two texts beside each other."""
GUTTER = 3

_STOP = re.compile(r"(?<=[.!?…])\s+|(?<=[。！？])|\s*\n\s*")
_IDEOGRAPHS = "\u3005-\u9fff\uf900-\ufaff\uff66-\uff9f"
_WORD = re.compile(
    rf"(?:\d{{1,3}}(?:[ \xa0\u202f]\d{{3}})+(?!\d)[^\s{_IDEOGRAPHS}]*|[{_IDEOGRAPHS}][^\w\s]*|[^\s{_IDEOGRAPHS}]+)\s*"
)

Words = tuple[str, ...]
"""As they are written, each with the blank after it, if there is one."""
Paint = Callable[[str, str], str]
"""What became of a word ("removed", "added", "same") and the word -> the word in its colour."""


@dataclass(frozen=True)
class Passage:
    """A run of words that both texts have, each in its own spelling; or what one has in place of the other's."""

    old: Words
    new: Words
    same: bool


Row = tuple[Passage, ...]
"""Sentences that stand against each other: one passage if they are the same."""


def spoken(passage: Words) -> str:
    """The words as a text."""
    return "".join(passage).strip()


# --- comparing -------------------------------------------------------------------------------------------------------


def compare(old: str, new: str) -> list[Row]:
    """All of both texts, in order. The same on any machine; half a second for two texts of 30,000 words."""
    ours, theirs = _sentences(old), _sentences(new)
    head = _in_common(ours, theirs)
    tail = _in_common(ours[head:][::-1], theirs[head:][::-1])
    ours_until, theirs_until = len(ours) - tail, len(theirs) - tail
    return [
        *_same(ours[:head], theirs[:head]),
        *_middle(ours[head:ours_until], theirs[head:theirs_until]),
        *_same(ours[ours_until:], theirs[theirs_until:]),
    ]


def _in_common(ours: list[Words], theirs: list[Words]) -> int:
    """How many sentences both begin with."""
    return sum(1 for _ in takewhile(lambda pair: _keys(pair[0]) == _keys(pair[1]), zip(ours, theirs, strict=False)))


def _same(ours: list[Words], theirs: list[Words]) -> Iterator[Row]:
    if ours:
        yield (Passage(_joined(ours), _joined(theirs), same=True),)


def _middle(ours: list[Words], theirs: list[Words]) -> Iterator[Row]:
    ours, our_rest = _cut(ours)
    theirs, their_rest = _cut(theirs)
    matcher = SequenceMatcher(None, [_keys(s) for s in ours], [_keys(s) for s in theirs], autojunk=False)
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag == "equal":
            yield from _same(ours[a:b], theirs[c:d])
        else:
            yield _by_words(_joined(ours[a:b]), _joined(theirs[c:d]))
    if our_rest or their_rest:
        yield (Passage(our_rest, their_rest, same=False),)


def _sentences(text: str) -> list[Words]:
    return [said for sentence in _STOP.split(text) if (said := _words(sentence + " "))]


def _words(sentence: str) -> Words:
    """A mark that stands alone, as a dash does, belongs to the word beside it; mere marks are no sentence."""
    found, marks = [], ""
    for piece in _WORD.findall(sentence):
        if words(piece):
            found.append(marks + piece)
            marks = ""
        elif found:
            found[-1] += piece
        else:
            marks += piece
    return tuple(found)


def _cut(sentences: list[Words]) -> tuple[list[Words], Words]:
    """What is compared sentence by sentence, and the rest."""
    count = whole = 0
    for sentence in sentences[:SENTENCES]:
        count += len(sentence)
        if count > WORDS:
            break
        whole += 1
    return sentences[:whole], _joined(sentences[whole:])


def _keys(said: Words) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(words(word)) for word in said)


def _joined(sentences: Iterable[Words]) -> Words:
    return tuple(chain.from_iterable(sentences))


def _by_words(old: Words, new: Words) -> Row:
    # difflib's autojunk leaves out words that are frequent in long runs: without that, 2,000 words took 8 s
    matcher = SequenceMatcher(None, _keys(old), _keys(new))
    common = sum(block.size for block in matcher.get_matching_blocks())
    if common < ALIKE * min(len(old), len(new)):
        return (Passage(old, new, same=False),)
    return tuple(Passage(old[a:b], new[c:d], same=tag == "equal") for tag, a, b, c, d in matcher.get_opcodes())


# --- for a terminal --------------------------------------------------------------------------------------------------

def lines(rows: Iterable[Row], width: int, paint: Paint = lambda _, word: word) -> Iterator[str]:
    """The texts beside each other, where there is room."""
    return beside(rows, width, paint) if width >= WIDE else below(rows, width, paint)


Marked = tuple[str, str]
"""What became of a word, and the word with the marks around it."""


def marked(row: Row, *, old: bool = True, new: bool = True) -> Iterator[Marked]:
    """[-What the old text had-]{+and the new one has+}; one may be left out. A long run that is the same is cut."""
    for passage in row:
        if passage.same:
            yield from (("same", word) for word in _shortened(passage.old if old else passage.new))
            continue
        if old and passage.old:
            tight = new and bool(passage.new)
            yield from (("removed", word) for word in _between("[-", passage.old, "-]", tight=tight))
        if new and passage.new:
            yield from (("added", word) for word in _between("{+", passage.new, "+}"))


def _shortened(run: Words) -> Words:
    hidden = len(run) - 2 * SHOWN
    return run if hidden <= SHOWN else (*run[:SHOWN], f"… {hidden} words … ", *run[-SHOWN:])


def _between(before: str, run: Words, after: str, *, tight: bool = False) -> Iterator[str]:
    """The blank at the end stays outside the marks; `tight`: without it."""
    last = run[-1].rstrip()
    first, *others = (*run[:-1], last + after + ("" if tight else run[-1][len(last) :]))
    yield before + first
    yield from others


def below(rows: Iterable[Row], width: int, paint: Paint) -> Iterator[str]:
    """One text, with the words of both where they differ."""
    for row in rows:
        for line in _lines(marked(row), width):
            yield _painted(line, paint)


def beside(rows: Iterable[Row], width: int, paint: Paint) -> Iterator[str]:
    """Two columns, the old text and the new one; what stands against each other begins in one line."""
    column = (width - GUTTER) // 2
    for row in rows:
        left, right = _lines(marked(row, new=False), column), _lines(marked(row, old=False), column)
        for old, new in zip_longest(left, right, fillvalue=()):
            blank = " " * (column - _width_of(old) + GUTTER)
            yield f"{_painted(old, paint)}{blank}{_painted(new, paint)}".rstrip()


def _lines(said: Iterable[Marked], width: int) -> Iterator[Sequence[Marked]]:
    line: list[Marked] = []
    for fate, word in said:
        for piece in _pieces(word, width):
            if line and _width_of([*line, (fate, piece)]) > width:
                yield line
                line = []
            line.append((fate, piece))
    if line:
        yield line


def _pieces(word: str, width: int) -> Iterator[str]:
    """A word that is longer than a line, in as many lines as it takes."""
    step = max(1, width // 2 if _width(word) > len(word) else width)
    letters = iter(word)
    while piece := "".join(islice(letters, step)):
        if piece.strip():
            yield piece


def _painted(line: Sequence[Marked], paint: Paint) -> str:
    """The blank at the end of a line is not shown."""
    last = len(line) - 1
    return "".join(paint(fate, word.rstrip() if i == last else word) for i, (fate, word) in enumerate(line))


def _width_of(line: Sequence[Marked]) -> int:
    return _width("".join(word for _, word in line).rstrip())


def _width(text: str) -> int:
    """Columns of a terminal: ideographs take two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
