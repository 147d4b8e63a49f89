"""
Which topics a story is for, and why. A pure question.

    Story -> Reading       its words, in paragraphs                              (_reading.py)
    rules -> Vocabulary    all terms of all topics, compiled once                (_vocabulary.py)
    both  -> Mentions      where each term is met, at one pass                   (_mentions.py)
    each topic of which a term is met -> does its rule hold, strongly enough?    (_judge.py)
    and on request the Reasons: branch, place, sentence                          (_reasons.py)

Most rules are a choice of terms, and a story may have terms of a hundred of them. Going through the mentions once
weighs all of these, and most that fail have too little weight even then: of the others the Judge counts how many terms
it takes. It goes through a rule itself only if that has parts of other kinds, or to find reasons. Both say the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..model import ALL, Filing, Match, Story, Term, Topic
from ._judge import Branch, Judge, numbered
from ._learned import learned
from ._mentions import Finder, in_field
from ._reading import ENOUGH, Reading
from ._reasons import Hit, Reason, hits_of
from ._vocabulary import Vocabulary, terms_of, wanted_of

if TYPE_CHECKING:
    from ..learn import Model

__all__ = ["Classifier", "Hit", "Reason", "in_field", "terms_of", "wanted_of"]


@dataclass(frozen=True, slots=True)
class Case:
    """A topic, and its rule as it is judged."""

    topic: Topic
    branch: Branch | None
    """None: every story."""
    strength: int
    """That is needed; the rule's own word goes before the topic's."""
    choice: tuple[int, ...]
    """The terms of a rule that is nothing but a choice of them, in its order; else empty."""
    is_open: bool
    """To stories of any language, from any number of sources, whatever is learned."""


def case_of(topic: Topic, vocabulary: Vocabulary) -> Case:
    rule = topic.rule
    branch = numbered(rule, vocabulary.numbers) if rule else None
    return Case(
        topic=topic,
        branch=branch,
        strength=rule.strength if rule and rule.strength else topic.strength,
        choice=tuple(number for _, number in branch.terms) if branch and branch.is_choice else (),
        is_open=not topic.languages and topic.at_least_sources <= 1 and topic.like is None,
    )


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
        self._spelled = {n: term.text for n, term in enumerate(self._vocabulary.terms) if term.match is Match.EXACT}
        self._finder = Finder(self._vocabulary)
        self._cases = [case_of(topic, self._vocabulary) for topic in self.topics]
        self._asking = self._cases_by_term()
        self._always = self._cases_without_mentions()
        self._needed = [case.strength if case.choice else 0 for case in self._cases]
        """What a story must have of the terms of each rule to be looked at any further."""

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
        for index in sorted(self._weighed(judge)):
            case = self._cases[index]
            filing = self._filing(case, judge)
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

    def _cases_by_term(self) -> dict[int, tuple[int, ...]]:
        """Term -> the topics that ask for it."""
        asking: dict[int, dict[int, None]] = defaultdict(dict)
        for index, topic in enumerate(self.topics):
            for term in terms_of(topic.rule) if topic.rule else ():
                asking[self._vocabulary.numbers[term]][index] = None
        return {term: tuple(cases) for term, cases in asking.items()}

    def _cases_without_mentions(self) -> tuple[int, ...]:
        """The topics that a story can be for though no term of theirs is in it."""
        silent = Judge(Reading("", "", ""), {})
        return tuple(i for i, case in enumerate(self._cases) if case.branch is None or silent.strength(case.branch))

    def _weighed(self, judge: Judge) -> dict[int, int]:
        """The topics there are to judge -> the weight of all their terms, as if no two of them met the same words."""
        weighed = dict.fromkeys(self._always, 0)
        for term, mentions in judge.mentions.items():
            weight = judge.reading.weight(mentions)
            for index in self._asking[term]:
                weighed[index] = weighed.get(index, 0) + weight
        return weighed

    # --- judging -----------------------------------------------------------------------------------------------------

    def _filings(self, reading: Reading) -> tuple[Filing, ...]:
        judge = Judge(reading, self._finder.find(reading))
        weighed = self._weighed(judge)
        able = weighed if reading.is_bare else [i for i, weight in weighed.items() if weight >= self._needed[i]]
        return tuple([filing for index in sorted(able) if (filing := self._filing(self._cases[index], judge))])

    def _filing(self, case: Case, judge: Judge) -> Filing | None:
        found = self._found(case, judge)
        if found is None:
            return None
        if not case.is_open:
            if (admitted := admits(case.topic, judge.reading)) is None:
                return None
            if (alike := learned(case.topic, judge.reading, self._models.get(case.topic.name))) is None:
                return None
            found = (*found, *alike, *admitted)
        because = found[0] if len(found) == 1 else "; ".join(dict.fromkeys(found))
        return Filing(topic=case.topic.name, because=because)

    def _found(self, case: Case, judge: Judge) -> Sequence[str] | None:
        """What decided, a phrase a term; None if the rule does not hold, or too little speaks for it."""
        if case.branch is None and case.topic.like:
            return ()
        if case.branch is None:
            return ("every story" if case.topic.name == ALL else "no rule: every story",)
        needed = judge.needs(case.strength)
        if case.choice:
            met = [number for number in case.choice if number in judge.mentions]
            count = judge.enough([judge.mentions[number] for number in met], case.branch.at_least, needed)
            return [self._phrase(number, judge) for number in met[:count]] or None
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
        mentions, reading = judge.mentions[number], judge.reading
        first = mentions[0]
        if first[0] < 0:
            return self._phrase_of_field(self._vocabulary.terms[number], reading)
        said = self._spelled.get(number) or reading.said(first)
        where = "title" if first[0] < reading.title_end else "text"
        times = f", {len(mentions)} times in all" if len(mentions) > 1 else ""
        return f"{self._shown[number]}: «{said}» in the {where}{times}"

    def _phrase_of_field(self, term: Term, reading: Reading) -> str:
        return f"{term}: {next(v for v in reading.fields[term.place] if in_field(term, v))}"


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
