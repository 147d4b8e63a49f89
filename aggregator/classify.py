"""
Which topics a story is for, and why. A pure question.

    story -> Reading (its words and stems, made once)
    topic -> Rule    holds(rule, reading) -> the evidence, or None
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from .markup import plain
from .model import ALL, Filing, Match, Rule, Story, Term, Topic
from .rules import pattern
from .text import derived, stem, words

if TYPE_CHECKING:
    from .learn import Model

Evidence = tuple[str, ...]
"""What was found, one short phrase a term, in the order of the rule."""

Fields = Mapping[str, tuple[str, ...]]
"""What a story has besides its words: place (`source`, `label`, ...) -> values."""


class Classifier:
    """The rules of all topics, ready for use. `digest` changes when the rules do."""

    def __init__(self, topics: Iterable[Topic], digest: str) -> None:
        self.topics = tuple(topics)
        self.digest = digest
        self._rules = digest
        self._models: Mapping[str, Model] = {}

    def take(self, models: Mapping[str, Model]) -> None:
        """From now on, file by what these topics have learned; `digest` changes when one of them learns anew."""
        self._models = models
        self.digest = " ".join([self._rules, *(f"{topic}:{models[topic].digest}" for topic in sorted(models))])

    def file(self, story: Story) -> tuple[Filing, ...]:
        """The topics this story is for, in the operator's order."""
        reading = Reading.of(story)
        return tuple(f for t in self.topics if (f := filing(t, reading, self._models.get(t.name))))

    def topics_of(self, headline: str, language: str = "") -> tuple[Filing, ...]:
        """The same for a bare headline: what a rule's own tests are made of."""
        reading = Reading(headline, "", language)
        return tuple(f for t in self.topics if (f := filing(t, reading)))


def filing(topic: Topic, reading: Reading, model: Model | None = None) -> Filing | None:
    without = "every story" if topic.name == ALL else "no rule: every story"
    found = holds(topic.rule, reading) if topic.rule else () if topic.like else (without,)
    admitted = admits(topic, reading)
    alike = learned(topic, reading, model) if found is not None and admitted is not None else None
    if found is None or admitted is None or alike is None:
        return None
    return Filing(topic=topic.name, because=reason((*found, *alike, *admitted)))


def learned(topic: Topic, reading: Reading, model: Model | None) -> Evidence | None:
    """Like the topic's examples, as evidence, or None; nothing is, before they have been learned from."""
    if topic.like is None or not reading.fields:
        return ()
    text = reading.parts["title"], reading.parts["text"]
    if model is None or (score := model.score(text)) < model.needed:
        return None
    words_met = ", ".join(model.because(text))
    return (f"like its examples: {score:.2f} (needed {model.needed:.2f}), most for {words_met}",)


def admits(topic: Topic, reading: Reading) -> Evidence | None:
    """Enough sources and the right language, as evidence, or None; a bare headline is asked for neither."""
    evidence = []
    if topic.languages and reading.fields:
        if not any(in_field(Term(text=wanted, place="lang"), reading.language) for wanted in topic.languages):
            return None
        evidence.append(f"language {reading.language}")
    if topic.at_least_sources > 1 and reading.fields:
        count = len(set(reading.fields["source"]))
        if count < topic.at_least_sources:
            return None
        evidence.append(f"in {count} sources")
    return tuple(evidence)


def reason(found: Evidence) -> str:
    return "; ".join(dict.fromkeys(found)) or "nothing speaks against it"


def holds(rule: Rule | Term, reading: Reading) -> Evidence | None:
    """The evidence that the rule holds, or None if it does not; empty if it holds because something is absent."""
    if isinstance(rule, Term):
        found = reading.find(rule)
        return (found,) if found else None
    if any(holds(r, reading) is not None for r in rule.none):
        return None
    needed = [holds(r, reading) for r in rule.all]
    if any(e is None for e in needed):
        return None
    choice = next((e for r in rule.any if (e := holds(r, reading)) is not None), None)
    if rule.any and choice is None:
        return None
    return tuple(phrase for e in (*needed, choice) for phrase in e or ())


class Reading:
    """A story as a rule sees it."""

    def __init__(self, title: str, body: str, language: str, fields: Fields | None = None) -> None:
        self.parts = {"title": title, "text": body}
        self.language = language
        self.fields = fields or {}

    @classmethod
    def of(cls, story: Story) -> Reading:
        """The lead's words; the sources, labels, authors and links of everybody who carries the story."""
        articles = [story.lead, *(c.article for c in story.copies)]
        fields = {
            "source": tuple(a.source for a in articles),
            "label": tuple(x for a in articles for x in a.labels),
            "author": tuple(x for a in articles for x in a.authors),
            "url": tuple(a.url for a in articles),
            "lang": (story.lead.language,),
        }
        return cls(story.lead.title, plain(story.lead.content) or story.lead.summary, story.lead.language, fields)

    def find(self, term: Term) -> str | None:
        """Where the term is met, as a phrase for the operator; None if nowhere."""
        if term.place in self.fields or term.place not in ("text", "title"):
            return self._find_in_field(term)
        for part in ("title",) if term.place == "title" else ("title", "text"):
            if met := self._find_in(part, term):
                return f"{term}: «{met}» in the {part}"
        return None

    def _find_in_field(self, term: Term) -> str | None:
        met = next((v for v in self.fields.get(term.place, ()) if in_field(term, v)), None)
        return None if met is None else f"{term}: {met}"

    def _find_in(self, part: str, term: Term) -> str | None:
        text = self.parts[part]
        if term.match is Match.PATTERN:
            hit = pattern(term.text).search(text)
            return hit.group() if hit else None
        if term.match is Match.EXACT:
            hit = exact(term.text).search(text)
            return hit.group() if hit else None
        index = self._title if part == "title" else self._body
        return index.find_prefix(term.text) if term.match is Match.PREFIX else index.find_forms(term.text)

    @cached_property
    def _title(self) -> Index:
        return Index(self.parts["title"], self.language)

    @cached_property
    def _body(self) -> Index:
        return Index(self.parts["text"], self.language)


class Index:
    """The words of one text, by stem and in alphabetical order."""

    def __init__(self, text: str, language: str) -> None:
        self.language = language
        self.words = words(text)
        self.sorted = sorted(set(self.words))
        self.stems: dict[str, list[int]] = {}
        for at, word in enumerate(self.words):
            self.stems.setdefault(stem(word, language), []).append(at)

    def find_prefix(self, text: str) -> str | None:
        *first, last = words(text) or [""]
        for at, _ in self._beginning_with(last, lambda _: True) if last else ():
            if at >= len(first) and self.words[at - len(first) : at] == first:
                return " ".join(self.words[at - len(first) : at + 1])
        return None

    def find_forms(self, text: str) -> str | None:
        """The words in their order, each in any form."""
        wanted = words(text)
        for at in sorted(self._places(wanted[0])) if wanted else ():
            if all(at + i in self._places(w) for i, w in enumerate(wanted[1:], 1)):
                return " ".join(self.words[at : at + len(wanted)])
        return None

    def _places(self, word: str) -> set[int]:
        root = stem(word, self.language)
        found = set(self.stems.get(root, ()))
        found.update(at for at, _ in self._beginning_with(root, lambda w: derived(w, root, self.language)))
        return found

    def _beginning_with(self, start: str, fits: Callable[[str], bool]) -> Iterator[tuple[int, str]]:
        for i in range(bisect_left(self.sorted, start), len(self.sorted)):
            if not self.sorted[i].startswith(start):
                return
            if fits(self.sorted[i]):
                yield from ((at, w) for at, w in enumerate(self.words) if w == self.sorted[i])


def in_field(term: Term, value: str) -> bool:
    if term.match is Match.PATTERN:
        return bool(pattern(term.text).search(value))
    if term.match is Match.PREFIX:
        return value.casefold().startswith(term.text.casefold())
    if term.place == "lang":
        return value == term.text or value.startswith(f"{term.text}-")
    if term.place == "url":
        return term.text in value
    return value == term.text if term.match is Match.EXACT else value.casefold() == term.text.casefold()


@lru_cache(maxsize=4096)
def exact(text: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(text)}(?!\w)")
