"""
Where the terms of a vocabulary are met in a story: each article is read once, for all of them.

    words and beginnings     by the lexicon of the article's language
    =exact                   so too, then its spelling is looked at
    /patterns/               one RE2 set says which can match at all
    source:, label: ...      by value, where the value is compared as a whole
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice

from ..model import Match, Term
from ..rules import WRITTEN, matching, pattern
from ..text import CJK, MARKS, words
from ._reading import ELSEWHERE, Mention, Reading
from ._vocabulary import Phrases, Sense, Vocabulary

Mentions = Mapping[int, Sequence[Mention]]
"""Term -> where it is met, in the order of the text. What is met nowhere is not there."""

_IDEOGRAPH = re.compile(f"[{CJK}]")
_LETTER = rf"(?:[^\W{CJK}]|[{MARKS}])"
_MOST_MATCHES = 100
"""Of one pattern in one text; whoever writes /./ shall not be told of every letter."""


class Finder:
    """Finds the terms of one vocabulary."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        numbered = [(number, term) for term, number in vocabulary.numbers.items()]
        self._vocabulary = vocabulary
        self._in_title = [n for n, t in numbered if t.place == "title"]
        self._exact = [n for n, t in numbered if t.match is Match.EXACT and t.place in WRITTEN]
        self._patterns = [(n, t) for n, t in numbered if t.match is Match.PATTERN and t.place in WRITTEN]
        self._can_match = matching(tuple(t.text for _, t in self._patterns))
        self._fields = Fielded([(n, t) for n, t in numbered if t.place not in WRITTEN])

    def find(self, reading: Reading) -> Mentions:
        """Every term that is met."""
        found = self._find_words(reading)
        for number in self._exact:
            if number in found:
                found[number] = list(spelled(self._vocabulary.terms[number], reading))
        for number in self._matching(reading):
            found[number] = list(matches(self._vocabulary.terms[number], reading))
        for number in self._in_title:
            if number in found:
                found[number] = [m for m in found[number] if m[0] < reading.title_end]
        for number in self._fields.find(reading):
            found[number] = [ELSEWHERE]
        return {number: mentions for number, mentions in found.items() if mentions}

    def _find_words(self, reading: Reading) -> dict[int, list[Mention]]:
        lexicon = self._vocabulary.lexicon(reading.language.partition("-")[0])
        senses = list(map(lexicon.__getitem__, reading.words))
        found: dict[int, list[Mention]] = defaultdict(list)
        opened: Phrases = {}  # that the word before may begin
        for at, sense in enumerate(senses):
            if sense is None:
                opened = {}
                continue
            steps, alone, opens = sense
            for step in steps:
                if step in opened:
                    for term, rest in opened[step]:
                        if not rest or goes_on(rest, senses[at + 1 : at + 1 + len(rest)]):
                            found[term].append((at - 1, at + 1 + len(rest)))
            for term in alone:
                found[term].append((at, at + 1))
            opened = opens
        return found

    def _matching(self, reading: Reading) -> Iterator[int]:
        if self._patterns:
            able = {i for text in (reading.title, reading.body) for i in self._can_match(text)}
            yield from (self._patterns[i][0] for i in able)


def goes_on(steps: Sequence[int], senses: Sequence[Sense | None]) -> bool:
    """Whether these words take these steps. There are words enough: after each paragraph stands one without sense."""
    return all(sense and step in sense.steps for step, sense in zip(steps, senses, strict=False))


class Fielded:
    """The terms that look at what a story has besides its words."""

    def __init__(self, numbered: Sequence[tuple[int, Term]]) -> None:
        self._by_value: dict[tuple[str, str], list[tuple[int, Term]]] = defaultdict(list)
        self._others: list[tuple[int, Term]] = []
        for number, term in numbered:
            whole = term.match in (Match.FORMS, Match.EXACT) and term.place not in ("lang", "url")
            kept = self._by_value[term.place, term.text.casefold()] if whole else self._others
            kept.append((number, term))

    def find(self, reading: Reading) -> Iterator[int]:
        if self._by_value:
            for place, values in reading.fields.items():
                for value in values:
                    able = self._by_value.get((place, value.casefold()), ())
                    yield from (number for number, term in able if in_field(term, value))
        for number, term in self._others:
            if any(in_field(term, value) for value in reading.fields.get(term.place, ())):
                yield number


def in_field(term: Term, value: str) -> bool:
    """Whether the value of a field is what the term asks for."""
    if term.match is Match.PATTERN:
        return bool(pattern(term.text).search(value))
    if term.match is Match.PREFIX:
        return value.casefold().startswith(term.text.casefold())
    if term.place == "lang":
        return value == term.text or value.startswith(f"{term.text}-")
    if term.place == "url":
        return term.text in value
    return value == term.text if term.match is Match.EXACT else value.casefold() == term.text.casefold()


# --- in the letters, not the words -----------------------------------------------------------------------------------


def spelled(term: Term, reading: Reading) -> Iterator[Mention]:
    """Where an exact term stands as it is spelled."""
    for number, paragraph in enumerate(reading.paragraphs):
        for hit in exact(term.text).finditer(paragraph):
            yield in_words(reading, number, *hit.span())


def matches(term: Term, reading: Reading) -> Iterator[Mention]:
    """Where a pattern matches something. ^ and $ are the ends of the title, or of the whole text."""
    for first, text in ((0, reading.title), (1, reading.body)):
        for hit in islice(pattern(term.text).finditer(text), _MOST_MATCHES):
            if hit.group():
                before = text.count("\n\n", 0, hit.start()) if first else 0
                line_start = text.rfind("\n\n", 0, hit.start()) + 2 if before else 0
                yield in_words(reading, first + before, hit.start() - line_start, hit.end() - line_start)


def in_words(reading: Reading, paragraph: int, start: int, end: int) -> Mention:
    """The words that these letters of a paragraph stand in; one at least."""
    text = reading.paragraphs[paragraph]
    last = len(words(text[:end]))
    first = min(last - len(words(text[start:end])), last - 1)
    return reading.starts[paragraph] + max(first, 0), reading.starts[paragraph] + max(last, 1)


@lru_cache(maxsize=4096)
def exact(text: str) -> re.Pattern[str]:
    """This spelling, as a word of its own, as far as its script keeps words apart."""
    before = "" if _IDEOGRAPH.match(text[0]) else rf"(?<!{_LETTER})"
    after = "" if _IDEOGRAPH.match(text[-1]) else rf"(?!{_LETTER})"
    return re.compile(f"{before}{re.escape(text)}{after}")
