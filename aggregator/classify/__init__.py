"""
Which topics a story is for, and why. A pure question.

    Story -> Reading       its words, in paragraphs                              (_reading.py)
    rules -> Vocabulary    all terms of all topics, compiled once                (_vocabulary.py)
    both  -> Mentions      where each term is met, at one pass                   (_mentions.py)
    each topic of which a term is met -> does its rule hold, strongly enough?    (_judge.py)
    and on request the Reasons: branch, place, sentence                          (_reasons.py)

Most rules are a choice of terms, and a story may have terms of a hundred of them. Going through the mentions once gives
all of these their terms, and most that fail have too little weight even then: for the others the Judge weighs what is
met. It goes through a rule itself only if that has parts of other kinds, or to find reasons. Both say the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..model import ALL, Filing, Match, Story, Term, Topic
from ._judge import Branch, Judge, numbered
from ._learned import learned
from ._mentions import Finder, Mentions, in_field
from ._reading import ENOUGH, Reading
from ._reasons import Hit, Reason, hits_of
from ._vocabulary import Vocabulary, terms_of, wanted_of

if TYPE_CHECKING:
    from ..learn import Model

__all__ = ["Classifier", "Hit", "Reason", "in_field", "terms_of", "wanted_of"]


@dataclass(frozen=True)
class Case:
    """A topic, and its rule as it is judged."""

    topic: Topic
    branch: Branch | None
    """None: every story."""
    strength: int
    """That is needed; the rule's own word goes before the topic's."""
    at_least: int
    """How many terms it takes if the rule is a choice of terms; 0 if it is not."""


Met = dict[int, list[tuple[int, int]]]
"""Topics to judge, by number -> the terms of each that are met: place in the rule, number of the term."""


def case_of(topic: Topic, vocabulary: Vocabulary) -> Case:
    rule = topic.rule
    branch = numbered(rule, vocabulary.numbers) if rule else None
    strength = rule.strength if rule and rule.strength else topic.strength
    return Case(topic, branch, strength, branch.at_least if branch and branch.is_choice else 0)


class Classifier:
    """The rules of all topics, ready for use. `digest` changes when the rules do."""

    def __init__(self, topics: Iterable[Topic], digest: str) -> None:
        self.topics = tuple(topics)
        self.digest = digest
        self._rules = digest
        self._models: Mapping[str, Model] = {}
        rules = [t.rule for t in self.topics if t.rule]
        self._vocabulary = Vocabulary(rules)
        self._shown = [str(term) for term in self._vocabulary.terms]
        self._finder = Finder(self._vocabulary)
        self._cases = [case_of(topic, self._vocabulary) for topic in self.topics]
        self._asking = self._cases_by_term()
        self._always = self._cases_without_mentions()

    def take(self, models: Mapping[str, Model]) -> None:
        """From now on, file by what these topics have learned; `digest` changes when one of them learns anew."""
        self._models = models
        self.digest = " ".join([self._rules, *(f"{topic}:{models[topic].digest}" for topic in sorted(models))])

    def file(self, story: Story) -> tuple[Filing, ...]:
        """The topics this story is for, in the operator's order."""
        return self._filings(Reading.of(story))

    def topics_of(self, headline: str, language: str = "") -> tuple[Filing, ...]:
        """The same for a bare headline: what a rule's own tests are made of."""
        return self._filings(Reading(headline, "", language))

    def reasons(self, story: Story) -> Iterator[Reason]:
        """Each topic of which some term is met, and those without a rule: filed or not, and why, with sentences."""
        reading = Reading.of(story)
        judge = Judge(reading, self._finder.find(reading))
        for index, met in sorted(self._met(judge.mentions).items()):
            case = self._cases[index]
            filing = self._filing(case, judge, met)
            because = filing.because if filing else self._why_not(case, judge)
            if case.branch is None or case.topic.rule is None:
                yield Reason(case.topic.name, filing is not None, because, 0, 0, ())
                continue
            needed, strength = judge.needs(case.strength), judge.strength(case.branch)
            grounds = judge.grounds(case.branch, needed) or []
            hits = hits_of(case.topic.rule, grounds, judge, self._vocabulary.numbers)
            yield Reason(case.topic.name, filing is not None, because, min(strength, ENOUGH), needed, tuple(hits))

    def met(self, story: Story) -> Iterator[tuple[Term, str]]:
        """Every term that the story has, once for each time, with the words as they stand there, in lower case; with
        the values, if it looks at a field."""
        reading = Reading.of(story)
        for number, mentions in self._finder.find(reading).items():
            term = self._vocabulary.terms[number]
            if mentions[0][0] < 0:
                yield from ((term, value) for value in reading.fields[term.place] if in_field(term, value))
            else:
                yield from ((term, reading.said(mention)) for mention in mentions)

    # --- which topics there are to judge -----------------------------------------------------------------------------

    def _cases_by_term(self) -> dict[int, list[tuple[int, tuple[int, int]]]]:
        """Term -> the topics that ask for it, and where in their rules."""
        asking = defaultdict(list)
        for index, topic in enumerate(self.topics):
            for place, term in enumerate(terms_of(topic.rule) if topic.rule else ()):
                number = self._vocabulary.numbers[term]
                asking[number].append((index, (place, number)))
        return dict(asking)

    def _cases_without_mentions(self) -> set[int]:
        """The topics that a story can be for though no term of theirs is in it."""
        silent = Judge(Reading("", "", ""), {})
        return {i for i, case in enumerate(self._cases) if case.branch is None or silent.strength(case.branch)}

    def _met(self, mentions: Mentions) -> Met:
        met: Met = defaultdict(list, {index: [] for index in self._always})
        for term in mentions:
            for index, asked in self._asking[term]:
                met[index].append(asked)
        return met

    def _able(self, judge: Judge) -> Iterator[tuple[Case, list[tuple[int, int]]]]:
        """The same, without the choices of terms that would be too weak even if no two terms met the same words."""
        weights = {term: judge.reading.weight(mentions) for term, mentions in judge.mentions.items()}
        for index, terms in sorted(self._met(judge.mentions).items()):
            case = self._cases[index]
            if not case.at_least or sum([weights[term] for _, term in terms]) >= judge.needs(case.strength):
                yield case, terms

    # --- judging -----------------------------------------------------------------------------------------------------

    def _filings(self, reading: Reading) -> tuple[Filing, ...]:
        judge = Judge(reading, self._finder.find(reading))
        return tuple([f for case, terms in self._able(judge) if (f := self._filing(case, judge, terms))])

    def _filing(self, case: Case, judge: Judge, met: list[tuple[int, int]]) -> Filing | None:
        topic, reading = case.topic, judge.reading
        found = self._found(case, judge, met)
        if found is None or (admitted := admits(topic, reading)) is None:
            return None
        if (alike := learned(topic, reading, self._models.get(topic.name))) is None:
            return None
        return Filing(topic=topic.name, because="; ".join(dict.fromkeys((*found, *alike, *admitted))))

    def _found(self, case: Case, judge: Judge, met: list[tuple[int, int]]) -> Iterable[str] | None:
        """What decided, a phrase a term; None if the rule does not hold, or too little speaks for it."""
        if case.branch is None and case.topic.like:
            return ()
        if case.branch is None:
            return ("every story" if case.topic.name == ALL else "no rule: every story",)
        needed = judge.needs(case.strength)
        if case.at_least:
            chosen = sorted(met)
            count = judge.enough([judge.mentions[number] for _, number in chosen], case.at_least, needed)
            return [self._phrase(number, judge) for _, number in chosen[:count]] or None
        grounds = judge.grounds(case.branch, needed)
        if grounds is None:
            return None
        return [self._phrase(number, judge) for _, number in grounds] or ("nothing speaks against it",)

    def _why_not(self, case: Case, judge: Judge) -> str:
        """Called for a topic that the story is not for."""
        if case.branch is None or judge.grounds(case.branch, judge.needs(case.strength)) is not None:
            is_admitted = admits(case.topic, judge.reading) is not None
            return "not like its examples" if is_admitted else "other languages or more sources are wanted"
        if (against := judge.against(case.branch)) is not None:
            return "ruled out by " + ("; ".join(self._phrase(n, judge) for _, n in against) or "what is not there")
        strength = judge.strength(case.branch)
        if not strength:
            return "a part of the rule is not met"
        return f"too little speaks for it: strength {strength}, and {judge.needs(case.strength)} is needed"

    def _phrase(self, number: int, judge: Judge) -> str:
        """A term and where it is met, for the operator."""
        term, mentions = self._vocabulary.terms[number], judge.mentions[number]
        reading = judge.reading
        if mentions[0][0] < 0:
            return f"{term}: {next(v for v in reading.fields[term.place] if in_field(term, v))}"
        said = term.text if term.match is Match.EXACT else reading.said(mentions[0])
        where = "title" if mentions[0][0] < reading.title_end else "text"
        times = f", {len(mentions)} times in all" if len(mentions) > 1 else ""
        return f"{self._shown[number]}: «{said}» in the {where}{times}"


def admits(topic: Topic, reading: Reading) -> list[str] | None:
    """Enough sources and the right language, as evidence, or None; a bare headline is asked for neither."""
    evidence: list[str] = []
    if topic.languages and reading.fields:
        if not any(in_field(Term(text=wanted, place="lang"), reading.language) for wanted in topic.languages):
            return None
        evidence.append(f"language {reading.language}")
    if topic.at_least_sources > 1 and reading.fields:
        count = len(set(reading.fields["source"]))
        if count < topic.at_least_sources:
            return None
        evidence.append(f"in {count} sources")
    return evidence
