"""
Which words a rule may want. It only proposes: what to look for is the operator's word.

    WordCount     the words of stories, and how many stories have each; which are frequent, which are telling
    Beginnings    terms by what they begin with: экономика, экономический
    alike         the words of a text that begin like a term of a topic
    near          a word that is nearly a term which is never met: a slip of the pen, or the same beginning
    stray_letter  one that only looks right
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Container, Iterable, Iterator, Mapping
from itertools import islice
from math import log
from typing import Self

from .model import Match, Term
from .rules import WRITTEN
from .text import stem, words

_SHORTEST = 4
"""Letters of a word that is worth a proposal."""
_SHORTEST_SLIP = 6
"""Of shorter words too many are one letter apart: посол, после."""
_ENDING = 3
_CYRILLIC = re.compile("[\u0400-\u052f]")
_LATIN = re.compile("[a-z\u00df-\u024f]")
_OFTEN = 3
"""A word that is so many times as frequent in some stories as in the others is telling."""
_LEAST = 2
"""Stories that have it."""


def is_worth_it(word: str) -> bool:
    """No figure and no short word; single characters of Chinese tell nothing."""
    return len(word) >= _SHORTEST and word.isalpha()


class WordCount:
    """The words of stories, by the stem that their forms share."""

    def __init__(self) -> None:
        self.size = 0
        """Stories."""
        self._stories: Counter[tuple[str, str]] = Counter()
        self._forms: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)

    def add(self, text: str, language: str) -> None:
        """Of one story more."""
        self.size += 1
        said: dict[tuple[str, str], set[str]] = defaultdict(set)
        for word in filter(is_worth_it, set(words(text))):
            said[language, stem(word, language)].add(word)
        self._stories.update(said.keys())
        for family, forms in said.items():
            self._forms[family].update(forms)

    def forms(self) -> Counter[str]:
        """Each word as it stands there, in lower case, and how many stories have it."""
        every: Counter[str] = Counter()
        for forms in self._forms.values():
            every.update(forms)
        return every

    def frequent(self) -> list[tuple[str, int]]:
        """What two stories have at least, each word in its most frequent form, the most frequent first."""
        found = [(self._form(family), count) for family, count in self._stories.items() if count >= _LEAST]
        return sorted(found, key=lambda f: (-f[1], f[0]))

    def telling(self, others: Self) -> list[tuple[str, int]]:
        """The same, only what `others` hardly have, and the most telling first."""
        found = []
        for family, count in self._stories.items():
            times = (count / self.size) * (others.size + 1) / (others._stories[family] + 1)
            if count >= _LEAST and times >= _OFTEN:
                found.append((-count * log(times), self._form(family), count))
        return [(form, count) for _, form, count in sorted(found)]

    def _form(self, family: tuple[str, str]) -> str:
        return min(self._forms[family].items(), key=lambda f: (-f[1], f[0]))[0]


# --- words that are nearly a term ------------------------------------------------------------------------------------


def _word_of(term: Term) -> str | None:
    """The one word that a term looks for in running text, if it is worth a comparison."""
    if term.place not in WRITTEN or term.match not in (Match.FORMS, Match.PREFIX):
        return None
    said = words(term.text)
    return said[0] if len(said) == 1 and is_worth_it(said[0]) else None


class Beginnings:
    """Terms of one word, by what the words of a family share: all but an ending."""

    def __init__(self, terms: Iterable[Term]) -> None:
        self._terms: dict[str, Term] = {}
        for term in terms:
            if word := _word_of(term):
                self._terms.setdefault(_beginning(word), term)

    def term_of(self, word: str) -> Term | None:
        """The term that the word begins like; of several the longest."""
        beginnings = (word[:length] for length in range(len(word), _SHORTEST - 1, -1))
        return next((self._terms[b] for b in beginnings if b in self._terms), None)


def _beginning(word: str) -> str:
    return word[: max(min(_SHORTEST + 1, len(word)), len(word) - _ENDING)]


def alike(rules: Mapping[str, Iterable[Term]], text: str) -> Iterator[tuple[str, Term, str]]:
    """Topic, term and word, for each topic of whose terms a word of the text begins like one; the first such word."""
    said = list(dict.fromkeys(words(text)))
    for topic, terms in rules.items():
        beginnings = Beginnings(terms)
        found = ((topic, term, word) for word in said if (term := beginnings.term_of(word)))
        yield from islice(found, 1)


def near(terms: Collection[Term], said: Counter[str], known: Container[str]) -> dict[Term, str]:
    """
    Of terms that are never met those which a word of the stories is near, each with the most frequent such word. One
    that begins alike and is `known`, as another term finds it, needs no proposal.
    """
    by_part: dict[tuple[int, str], list[str]] = defaultdict(list)
    for word, _ in said.most_common():
        for part in _parts(word):
            by_part[part].append(word)
    found = {}
    for term in terms:
        wanted = _word_of(term) or ""
        able = [word for part in _parts(wanted) for word in by_part[part]]
        slips = (word for word in able if is_slip(wanted, word))
        begun = (w for w in able if wanted and w.startswith(_beginning(wanted)) and w not in known)
        if nearest := next(slips, None) or next(begun, None):
            found[term] = nearest
    return found


def stray_letter(text: str) -> str | None:
    """In a word of Cyrillic and Latin letters the first one of those that are fewer; None if there is no such word."""
    for word in words(text):
        cyrillic, latin = _CYRILLIC.findall(word), _LATIN.findall(word)
        if cyrillic and latin:
            fewer, script = (cyrillic, "Cyrillic") if len(cyrillic) < len(latin) else (latin, "Latin")
            return f"the {script} {fewer[0]}"
    return None


def _parts(word: str) -> Iterator[tuple[int, str]]:
    """A slip of the pen spares one of these, mostly."""
    yield 0, word[:3]
    yield 3, word[3:6]


def is_slip(written: str, word: str) -> bool:
    """
    One letter is wrong, missing or too many, or two are the wrong way round; the endings may differ, too. If nothing
    else does, it is another form.
    """
    if len(written) < _SHORTEST_SLIP or len(word) > len(written) + _ENDING or word.startswith(written[:-1]):
        return False
    roots = (written, written[:-1]) if len(written) > _SHORTEST_SLIP else (written,)
    return any(_differ_by_one(root, word[: len(root) + more]) for root in roots for more in (0, 1, -1))


def _differ_by_one(one: str, other: str) -> bool:
    while one and other and one[0] == other[0]:
        one, other = one[1:], other[1:]
    while one and other and one[-1] == other[-1]:
        one, other = one[:-1], other[:-1]
    return max(len(one), len(other)) == 1 or (len(one) == 2 and one == other[::-1])
