"""
Two texts, side by side: what they share and what differs. Sentences are laid against each other first, then the words
of those that differ. Case, quotes, dashes, accents and ё make no difference.

    compare   two texts -> rows, in order
    lines     rows -> lines for a terminal, narrow or wide
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import chain, islice, takewhile, zip_longest

from .text import words

SENTENCES = 400
WORDS = 3_000
"""So much of what stands between the beginning and the end that they share; what follows differs as a whole."""
STEPS = 20_000_000
"""
That difflib may take, about two seconds. It can go through all pairs of equal pieces once for each piece: 1,600
letters, "aa. aa." for ever beside "aa. bb. aa.", took half a second. What would take more is replaced as a whole.
"""
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


def compare(old: str, new: str, *, steps: int = STEPS) -> list[Row]:
    """
    All of both texts, in order. The same on any machine; half a second for two texts of 30,000 words. With fewer
    `steps` no text takes long, and more of what differs may be replaced as a whole.
    """
    ours, theirs = _sentences(old), _sentences(new)
    rows: list[Row] = []
    for tag, a, b, c, d in _ends([*map(_keys, ours)], [*map(_keys, theirs)]):
        rows += _same(ours[a:b], theirs[c:d]) if tag == "equal" else _middle(ours[a:b], theirs[c:d], steps)
    return rows


def _in_common(ours: Sequence[Hashable], theirs: Sequence[Hashable]) -> int:
    """How many pieces both begin with."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(ours, theirs, strict=False)))


def _same(ours: list[Words], theirs: list[Words]) -> Iterator[Row]:
    if ours:
        yield (Passage(_joined(ours), _joined(theirs), same=True),)


def _middle(ours: list[Words], theirs: list[Words], steps: int) -> Iterator[Row]:
    ours, our_rest = _cut(ours)
    theirs, their_rest = _cut(theirs)
    for tag, a, b, c, d in _edits([*map(_keys, ours)], [*map(_keys, theirs)], steps, autojunk=False):
        if tag == "equal":
            yield from _same(ours[a:b], theirs[c:d])
        else:
            yield _by_words(_joined(ours[a:b]), _joined(theirs[c:d]), steps)
    if our_rest or their_rest:
        yield (Passage(our_rest, their_rest, same=False),)


Edits = Sequence[tuple[str, int, int, int, int]]
"""As difflib's opcodes: what becomes of [a:b] of the one, which is [c:d] of the other."""


def _edits(ours: Sequence[Hashable], theirs: Sequence[Hashable], steps: int, *, autojunk: bool) -> Edits:
    if _steps(ours, theirs, autojunk=autojunk) > steps:
        return _ends(ours, theirs)
    return SequenceMatcher(None, ours, theirs, autojunk=autojunk).get_opcodes()


def _ends(ours: Sequence[Hashable], theirs: Sequence[Hashable]) -> Edits:
    """The beginning and the end that both have; what is between them is replaced as a whole."""
    head = _in_common(ours, theirs)
    tail = _in_common(ours[head:][::-1], theirs[head:][::-1])
    a, c = len(ours) - tail, len(theirs) - tail
    edits: Edits = [("equal", 0, head, 0, head), ("replace", head, a, head, c), ("equal", a, a + tail, c, c + tail)]
    return [edit for edit in edits if edit[1] < edit[2] or edit[3] < edit[4]]


def _steps(ours: Sequence[Hashable], theirs: Sequence[Hashable], *, autojunk: bool) -> int:
    """That difflib takes at the worst: it finds one pair of pieces after the other, each among all that are left."""
    often = Counter(theirs)
    most = len(theirs) // 100 + 1 if autojunk and len(theirs) >= 200 else len(theirs)  # it looks for none beyond that
    pairs = sum(n for piece in ours if (n := often[piece]) <= most)
    return pairs * min(len(ours), len(theirs))


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


def _by_words(old: Words, new: Words, steps: int) -> Row:
    # difflib's autojunk leaves out words that are frequent in long runs: without that, 2,000 words took 8 s
    edits = _edits(_keys(old), _keys(new), steps, autojunk=True)
    common = sum(b - a for tag, a, b, _, _ in edits if tag == "equal")
    if common < ALIKE * min(len(old), len(new)):
        return (Passage(old, new, same=False),)
    return tuple(Passage(old[a:b], new[c:d], same=tag == "equal") for tag, a, b, c, d in edits)


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
