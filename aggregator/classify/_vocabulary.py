"""
Every term of every rule, compiled once, so that an article is read once however many topics there are.

    Vocabulary   terms and steps, numbered; a term is a row of steps, a step is what one word of it asks of a word
    Lexicon      the same for one language: word of an article -> what rules make of it, looked up once and remembered
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from ..model import Match, Rule, Term
from ..rules import WRITTEN
from ..text import origins, starts, stem, words

_MOST_WORDS = 1 << 17
"""Remembered for a language; then it begins anew. A newspaper uses some 100,000 in a year, most of them once."""
_MOST_LANGUAGES = 16


class Step(NamedTuple):
    """What one word of a term asks of one word of an article."""

    match: Match
    """FORMS, PREFIX, or EXACT: the very word, its spelling is looked at later."""
    word: str


Phrases = Mapping[int, Sequence[tuple[int, tuple[int, ...]]]]
"""What must follow a word that begins them: the step that must come next -> the terms, and the steps after it."""


class Sense(NamedTuple):
    """What rules make of a word of an article."""

    steps: tuple[int, ...]
    alone: tuple[int, ...]
    """The terms that are met already."""
    opens: Phrases
    """Terms of several words that may begin here."""


class Vocabulary:
    """The terms of some rules, by number. A term that stands in many rules has one number."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.numbers = {term: i for i, term in enumerate(dict.fromkeys(t for rule in rules for t in terms_of(rule)))}
        self.terms = tuple(self.numbers)
        self.steps: dict[Step, int] = {}
        self.rows: dict[int, tuple[int, ...]] = {}
        for term, number in self.numbers.items():
            if term.place in WRITTEN and term.match is not Match.PATTERN:
                self.rows[number] = tuple(self.steps.setdefault(s, len(self.steps)) for s in steps_of(term))
        self.lexicon = lru_cache(maxsize=_MOST_LANGUAGES)(self._lexicon)

    def _lexicon(self, language: str) -> Lexicon:
        return Lexicon(self.steps, self.rows, language)


def terms_of(part: Rule | Term) -> Iterator[Term]:
    """In the order of the rule, also those that are ruled out."""
    if isinstance(part, Term):
        yield part
    else:
        for inner in (*part.all, *part.any, *part.none):
            yield from terms_of(inner)


def wanted_of(part: Rule | Term) -> Iterator[Term]:
    """The same without what is ruled out."""
    if isinstance(part, Term):
        yield part
    else:
        for inner in (*part.all, *part.any):
            yield from wanted_of(inner)


def steps_of(term: Term) -> list[Step]:
    """One a word. A star makes a beginning of the word before it; that of `эконом*` is in the term's `match`."""
    if term.match is Match.EXACT:
        return [Step(Match.EXACT, w) for w in words(term.text)]
    *before, last = [words(piece) for piece in term.text.split("*")]
    steps = [step for piece in before for step in _starred(piece)]
    return steps + (_starred(last) if term.match is Match.PREFIX else [Step(Match.FORMS, w) for w in last])


def _starred(piece: list[str]) -> list[Step]:
    return [*(Step(Match.FORMS, w) for w in piece[:-1]), *(Step(Match.PREFIX, w) for w in piece[-1:])]


class Lexicon(dict[str, Sense | None]):
    """Word -> its sense, or None: most words mean nothing to any rule. Asking for a word is all that there is to do."""

    def __init__(self, steps: Mapping[Step, int], rows: Mapping[int, tuple[int, ...]], language: str) -> None:
        super().__init__()
        self.language = language
        self._stems: dict[str, list[int]] = defaultdict(list)
        self._starts: dict[str, list[int]] = defaultdict(list)
        self._same: dict[str, list[int]] = defaultdict(list)
        for step, number in steps.items():
            self._enter(step, number)
        self._shortest = min(map(len, self._starts), default=0)
        self._lengths: dict[str, list[int]] = defaultdict(list)
        """How long the beginnings are that begin with so much as all of them have: most words do not even begin so."""
        for start, length in sorted({(start[: self._shortest], len(start)) for start in self._starts}):
            self._lengths[start].append(length)
        self._alone: dict[int, list[int]] = defaultdict(list)
        """Step -> the terms of one word that it meets."""
        self._opening: dict[int, list[tuple[int, tuple[int, ...]]]] = defaultdict(list)
        """Step -> the terms of several words that it begins, and the steps after it."""
        for term, row in rows.items():
            if len(row) == 1:
                self._alone[row[0]].append(term)
            elif row:
                self._opening[row[0]].append((term, row[1:]))

    def _enter(self, step: Step, number: int) -> None:
        if step.match is Match.EXACT:
            self._same[step.word].append(number)
        elif step.match is Match.FORMS:
            self._stems[stem(step.word, self.language)].append(number)
        else:
            for start in starts(step.word, self.language):
                self._starts[start].append(number)

    def __missing__(self, word: str) -> Sense | None:
        if len(self) >= _MOST_WORDS:
            self.clear()
        self[word] = sense = self._sense(word)
        return sense

    def _sense(self, word: str) -> Sense | None:
        found = self._steps(word)
        if not found:
            return None
        steps = tuple(dict.fromkeys(found))
        alone = tuple([term for step in steps for term in self._alone.get(step, ())])
        opens: dict[int, list[tuple[int, tuple[int, ...]]]] = {}
        for step in steps:
            for term, (following, *rest) in self._opening.get(step, ()):
                opens.setdefault(following, []).append((term, tuple(rest)))
        return Sense(steps, alone, opens)

    def _steps(self, word: str) -> list[int]:
        found = [*self._same.get(word, ())]
        for origin in origins(word, self.language) if word else ():
            found += self._stems.get(origin, ())
        for length in self._lengths.get(word[: self._shortest], ()):
            found += self._starts.get(word[:length], ())
        return found
