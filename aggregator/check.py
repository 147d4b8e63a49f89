"""
What can be told of the rules before they bite.

    failed_trials   the rules' own tests, tried: errors
    warnings        sources and labels that nobody has; against the archive, terms that find nothing, and topics that
                    find nothing, nearly everything, or what another one finds
    forms           the words that each term of a topic has met there
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from .classify import Classifier, in_field, terms_of, wanted_of
from .config import Config
from .errors import Complaint
from .language import language_of
from .model import Story, Term, Topic, Trial
from .rules import rules_digest
from .values import closest

MOST_STORIES = 2000
"""The newest ones; they tell what the rules do now."""
_FEW = 5
"""Of fewer stories nothing can be said but what they have."""
_NEARLY_ALL = 0.9
_TERMS_SHOWN = 8


def failed_trials(settings: Config) -> list[Complaint]:
    """A complaint for each test that does not come out as the operator wants, in the order of the file."""
    return list(_failures(settings, Classifier(settings.topics, rules_digest(settings.topics))))


def _failures(settings: Config, classifier: Classifier) -> Iterator[Complaint]:
    for trial in settings.trials:
        because = found(trial, classifier, settings)
        if trial.wanted and because is None:
            text = f"{trial.topic!r} should find «{trial.headline}», and does not: no term fits it"
        elif not trial.wanted and because is not None:
            text = f"{trial.topic!r} should leave «{trial.headline}» alone, and finds it: {because}"
        else:
            continue
        yield Complaint(str(settings.path), trial.line, trial.column, text)


def found(trial: Trial, classifier: Classifier, settings: Config) -> str | None:
    """Why the topic finds the headline; None if it does not. Its language is found out as an article's would be."""
    language = language_of(trial.headline) or settings.imprint.language
    filings = classifier.topics_of(trial.headline, language)
    return next((f.because for f in filings if f.topic == trial.topic), None)


# --- warnings --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Archive:
    """What the rules in force make of the stories held."""

    size: int
    met: dict[Term, Counter[str]]
    """Term -> the words that it has met, in lower case."""
    filed: dict[str, frozenset[str]]
    """Topic -> the ids of its stories; those with a rule only."""


def archive(settings: Config, stories: Iterable[Story]) -> Archive:
    """Files them all anew, and stores nothing."""
    classifier = Classifier([t for t in settings.topics if t.rule], "")
    met: dict[Term, Counter[str]] = defaultdict(Counter)
    filed: dict[str, set[str]] = {t.name: set() for t in classifier.topics}
    size = 0
    for size, story in enumerate(stories, 1):  # noqa: B007
        for term, words in classifier.met(story):
            met[term][words] += 1
        for filing in classifier.file(story):
            filed[filing.topic].add(story.id)
    return Archive(size, met, {name: frozenset(ids) for name, ids in filed.items()})


def warnings(settings: Config, held: Archive) -> list[Complaint]:
    """In the order of the file. With nothing held, only what the configuration tells by itself."""
    told = [*_nobodys(settings, held)]
    if held.size:
        told += [*_unmet(settings, held), *_too_few_or_many(settings, held), *_within_another(settings, held)]
    return sorted(told, key=lambda c: (c.line, c.column, c.text))


def _warning(settings: Config, topic: Topic, term: Term | None, text: str) -> Complaint:
    line, column = settings.places.get((topic.name, term), (1, 1))
    return Complaint(str(settings.path), line, column, f"warning: {text}")


def _nobodys(settings: Config, held: Archive) -> Iterator[Complaint]:
    """A feed may bring labels of its own: one that has been met is somebody's."""
    names = [s.name for s in settings.sources]
    labels = list(dict.fromkeys(label for s in settings.sources for label in s.labels))
    for topic in settings.topics:
        for term in dict.fromkeys(terms_of(topic.rule)) if topic.rule else ():
            known = {"source": names, "label": labels}.get(term.place)
            if known is None or held.met.get(term) or any(in_field(term, value) for value in known):
                continue
            meant = closest(term.text, known)
            hint = f", did you mean '{term.place}:{meant}'?" if meant else ""
            what = "source is called" if term.place == "source" else "source here has the label"
            yield _warning(settings, topic, term, f"{topic.name!r} asks for '{term}': no {what} so{hint}")


def _unmet(settings: Config, held: Archive) -> Iterator[Complaint]:
    """Terms that are ruled out may well be absent."""
    for topic in settings.topics:
        terms = [t for t in dict.fromkeys(wanted_of(topic.rule)) if not held.met.get(t)] if topic.rule else []
        if terms:
            shown = ", ".join(map(str, terms[:_TERMS_SHOWN]))
            more = f" and {len(terms) - _TERMS_SHOWN} more" if len(terms) > _TERMS_SHOWN else ""
            text = f"{topic.name!r}: never met in {_stories(held.size)}: {shown}{more}"
            yield _warning(settings, topic, terms[0], text)


def _too_few_or_many(settings: Config, held: Archive) -> Iterator[Complaint]:
    for topic in settings.topics:
        count = len(held.filed.get(topic.name, ()))
        if topic.rule and not count:
            yield _warning(settings, topic, None, f"{topic.name!r} has none of {_stories(held.size)}")
        elif topic.rule and held.size >= _FEW and count > _NEARLY_ALL * held.size:
            yield _warning(settings, topic, None, f"{topic.name!r} has {count} of {_stories(held.size)}: nearly all")


def _within_another(settings: Config, held: Archive) -> Iterator[Complaint]:
    """Said of the smaller topic; of two with the same stories, of the later one."""
    order = [t for t in settings.topics if len(held.filed.get(t.name, ())) >= _FEW]
    for i, topic in enumerate(order):
        mine = held.filed[topic.name]
        for j, other in enumerate(order):
            its = held.filed[other.name]
            if i != j and (mine < its or (mine == its and j < i)):
                text = f"{topic.name!r}: each of its {len(mine)} stories is in {other.name!r} too"
                yield _warning(settings, topic, None, text)
                break


def _stories(count: int) -> str:
    if count == 1:
        return "the one story held"
    return f"the {count} newest stories" if count == MOST_STORIES else f"the {count} stories held"


# --- words -----------------------------------------------------------------------------------------------------------


def forms(topic: Topic, stories: Iterable[Story]) -> list[tuple[Term, Sequence[tuple[str, int]]]]:
    """Each term of the topic, in the order of its rule, with the words that it meets, the most frequent first."""
    met: dict[Term, Counter[str]] = defaultdict(Counter)
    classifier = Classifier([topic], "")
    for story in stories:
        for term, words in classifier.met(story):
            met[term][words] += 1
    terms = dict.fromkeys(terms_of(topic.rule)) if topic.rule else ()
    return [(term, met[term].most_common()) for term in terms]
