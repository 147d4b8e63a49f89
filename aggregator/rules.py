"""
What a topic is looking for: a term as the operator writes it -> Term; whether a rule can hold; what is missing. Pure.

    слово, два слова    FORMS    in this order, each in any inflected form; "in quotes" too
    =НАТО               EXACT    this spelling and no other
    эконом*             PREFIX   words that begin so; in several words, any may end in a star
    /regex/             PATTERN  RE2

Before any of them may stand a place: title:, text:, source:, label:, lang:, author:, url:.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from . import __version__
from .model import STRENGTH, Imprint, Match, Rule, Term, Topic
from .values import closest, language

if TYPE_CHECKING:
    import re2

PLACES = ("text", "title", "source", "label", "lang", "author", "url")
WRITTEN = ("text", "title")
"""The places that hold running text; the others hold a value that is compared as a whole."""


def parse_term(text: str) -> Term:
    """Raises ValueError with what would be right."""
    place, wanted = _place(text.strip())
    match, words = _match(wanted, place)
    if match is Match.PATTERN:
        pattern(words)
        return Term(text=words, match=match, place=place)
    words = " ".join(words.split())
    if not any(c.isalnum() for c in words):
        raise ValueError(f"there is no word in {text!r}")
    if place == "lang" and match in (Match.FORMS, Match.EXACT):
        words = language(words)
    return Term(text=words, match=match, place=place)


def _place(text: str) -> tuple[str, str]:
    """`title:Минск` -> title, Минск. A colon in ordinary text is ordinary text."""
    field = re.fullmatch(r"([A-Za-z]+):(.*)", text, re.DOTALL)
    if not field:
        return "text", text
    word, rest = field.groups()
    if word in PLACES:
        return word, rest.strip()
    meant = closest(word, PLACES)
    if meant and rest and not rest[0].isspace():
        raise ValueError(f"unknown place '{word}:', did you mean '{meant}:'? Text with a colon is put in \"quotes\"")
    return "text", text


def _match(text: str, place: str) -> tuple[Match, str]:
    """How to compare, and with what: the marks =, * and /.../ are taken off."""
    if text.startswith("/") and (text.endswith("/") or place != "url"):
        if len(text) < 3 or not text.endswith("/"):
            raise ValueError("a pattern stands between two slashes: /regex/")
        return Match.PATTERN, text[1:-1]
    if text.startswith('"') and text.endswith('"') and len(text) > 1:
        return Match.FORMS, text[1:-1]
    stray = r"(?<!\w)\*|\*(?!\s)" if place in WRITTEN and not text.startswith("=") else r"\*"
    if re.search(stray, text[:-1]) or re.search(r"(?:^|\s|^=.*)\*$", text):
        raise ValueError("a star stands at the end of a word, and for its ending only: эконом*")
    if text.startswith("="):
        return Match.EXACT, text[1:].strip('" ')
    if text.endswith("*"):
        return Match.PREFIX, text[:-1]
    return Match.FORMS, text


@lru_cache(maxsize=4096)
def pattern(text: str) -> re2.Pattern:
    """A compiled RE2: linear time, whatever the operator writes and whatever the article says. Raises ValueError."""
    import re2

    try:
        return re2.compile(text, options=_silent())
    except re2.error as e:
        reason = e.args[0].decode() if isinstance(e.args[0], bytes) else e.args[0]
        raise ValueError(f"the pattern is wrong (RE2): {reason}") from e


def _silent() -> re2.Options:
    """Complaints of RE2 are ours to tell, and go nowhere else."""
    import re2

    options = re2.Options()
    options.log_errors = False
    return options


def matching(patterns: Sequence[str]) -> Callable[[str], Iterable[int]]:
    """
    A filter: which of the patterns, by number, can match in a text, at one pass over it. Fifty patterns cost twice
    what one does.
    """
    everyone = range(len(patterns))
    if not patterns:
        return lambda _: everyone
    import re2

    together = re2.Set.SearchSet(_silent())
    for text in (*patterns, ""):
        together.Add(text)
    try:
        together.Compile()
    except re2.error:  # they are too large to be one
        return lambda _: everyone

    def able(text: str) -> Iterable[int]:
        # RE2 says nothing when it runs out of memory: then the empty pattern, which matches everything, is missing.
        found = together.Match(text)
        return [i for i in found if i in everyone] if len(patterns) in found else everyone

    return able


# --- can it hold? ----------------------------------------------------------------------------------------------------


def contradiction(rule: Rule) -> str | None:
    """Why nothing can ever match, or None. What it says is certain; it does not see everything."""
    if rule == Rule():
        return "nothing to look for: the rule is empty"
    reason = _contradiction(rule, (), ())
    return f"nothing can match: {reason}" if reason else None


def _contradiction(part: Rule | Term, wanted: Sequence[Term], unwanted: Sequence[Term]) -> str | None:
    """The same for a part of a rule, in the company of what the rest of the rule asks for."""
    mine = _Demands()
    mine.add(part)
    for here, there in ((mine.wanted, [*unwanted, *mine.unwanted]), (wanted, mine.unwanted)):
        for term in here:
            if clash := next((other for other in there if implies(term, other)), None):
                return f"{term} is asked for, and {clash} is ruled out"
    wanted, unwanted = [*wanted, *mine.wanted], [*unwanted, *mine.unwanted]
    for rule in mine.choices:
        reasons = [r for option in rule.any if (r := _contradiction(option, wanted, unwanted))]
        if len(rule.any) - len(reasons) < rule.at_least:
            many = "all" if len(reasons) == len(rule.any) else "too much"
            return reasons[0] if len(rule.any) == 1 else f"{many} of 'any' is ruled out; {reasons[0]}"
    return None


class _Demands:
    """What a rule needs in every case: terms wanted, terms unwanted, and choices of which one has to hold."""

    def __init__(self) -> None:
        self.wanted: list[Term] = []
        self.unwanted: list[Term] = []
        self.choices: list[Rule] = []

    def add(self, part: Rule | Term) -> None:
        if isinstance(part, Term):
            self.wanted.append(part)
            return
        for needed in part.all:
            self.add(needed)
        for refused in part.none:
            self.refuse(refused)
        if part.any:
            self.choices.append(part)

    def refuse(self, part: Rule | Term) -> None:
        """Not (a or b) is neither; not (a and b) says nothing certain about either."""
        if isinstance(part, Term):
            self.unwanted.append(part)
        elif part.strength is None and part.at_least == 1 and not part.none and len(part.all) + bool(part.any) == 1:
            for refused in (*part.all, *part.any):
                self.refuse(refused)


def implies(one: Term, other: Term) -> bool:
    """Whether `other` is found wherever `one` is, as far as their spelling can tell."""
    if one == other:
        return True
    if one.place != other.place and (one.place, other.place) != ("title", "text"):
        return False
    if Match.PATTERN in (one.match, other.match) or one.place == "url":
        return one.match is other.match and one.text == other.text
    if "*" in one.text + other.text:
        return False
    if other.match is Match.EXACT:
        return one.match is Match.EXACT and _holds(one.text, other.text, one.place)
    text, sought = one.text.casefold(), other.text.casefold()
    if other.match is Match.PREFIX:
        return text.startswith(sought) and (one.match is not Match.FORMS or one.place not in WRITTEN)
    return one.match is not Match.PREFIX and _holds(text, sought, one.place)


def _holds(text: str, sought: str, place: str) -> bool:
    return f" {sought} " in f" {text} " if place in WRITTEN else text == sought


# --- what is missing -------------------------------------------------------------------------------------------------


def missing(rule: Rule, met: Collection[Term]) -> list[str]:
    """Why a rule does not hold in a text that has these terms and no others; empty if it holds, however weakly."""
    told = [f"ruled out by {', '.join(_met_in(p, met)) or 'what is not there'}" for p in rule.none if _has(p, met)]
    for number, part in enumerate(rule.all, 1):
        if isinstance(part, Rule):
            told += [f"all {number}: {why}" for why in missing(part, met)]
        elif part not in met:
            told.append(f"all {number} is not met: {part}")
    held = [part for part in rule.any if _has(part, met)]
    if rule.any and not held:
        told.append("nothing of 'any' is met")
    elif rule.any and len(held) < rule.at_least:
        there = ", ".join(term for part in held for term in _met_in(part, met))
        told.append(f"{len(held)} of 'any' met, and {rule.at_least} are wanted: {there}")
    return told


def _has(part: Rule | Term, met: Collection[Term]) -> bool:
    return part in met if isinstance(part, Term) else not missing(part, met)


def _met_in(part: Rule | Term, met: Collection[Term]) -> Iterator[str]:
    if isinstance(part, Term):
        yield from [str(part)] if part in met else []
    else:
        for inner in (*part.all, *part.any):
            yield from _met_in(inner, met)


# --- what depends on it ----------------------------------------------------------------------------------------------

VERSION = 2
"""Another number when the same rule finds other stories than before (words, stems, weights): all is filed anew."""


def rules_digest(topics: Iterable[Topic]) -> str:
    """Changes when the same story could be filed differently; the order of the topics does not matter."""
    wanted = ((t.name, repr(t.rule), t.strength, repr(t.like), t.at_least_sources, t.languages) for t in topics)
    return _digest((VERSION, sorted(wanted)))


def rule_digest(topic: Topic) -> str:
    """Changes when the same story could be in or out of this topic for another reason than before."""
    return rules_digest([topic])


def edition_digest(imprint: Imprint, topic: Topic) -> str:
    """Changes when the same stories could be rendered differently, also by another version of this program."""
    bare = replace(topic, rule=None, like=None, strength=STRENGTH, at_least_sources=1, languages=())
    return _digest((__version__, imprint, bare))


def _digest(what: object) -> str:
    from hashlib import sha256  # 8 ms, with OpenSSL: only for who files or publishes

    return sha256(repr(what).encode()).hexdigest()[:16]
