"""
What can be told of the rules before they bite.

    failed_trials   the rules' own tests, tried: errors
    warnings        sources that are not there, or there twice; sources and labels that nobody has, examples that
                    nothing can be learned from; against the archive, terms that find nothing, and topics that find
                    nothing, nearly everything, or what another one finds
    finds           the words that each term of a topic has met there, and those that it may want
    loose           what is in no topic
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from .classify import Classifier, in_field, terms_of, wanted_of
from .config import Config
from .errors import Complaint
from .language import language_of
from .model import ALL, Rule, Source, Story, Term, Topic, Trial
from .rules import WRITTEN, missing, rules_digest
from .teach import Lesson, models_of, text_of_story
from .text import words
from .urls import canonical
from .values import closest
from .wording import Beginnings, WordCount, is_slip, is_worth_it, near, stray_letter

MOST_STORIES = 2000
"""The newest ones; they tell what the rules do now."""
_FEW = 5
"""Of fewer stories nothing can be said but what they have."""
_ENOUGH = 100
"""In fewer stories it is no wonder that a term is never met; unless it looks like a slip of the pen."""
_NEARLY_ALL = 0.9
_TERMS_SHOWN = 8


def failed_trials(settings: Config) -> list[Complaint]:
    """A complaint for each test that does not come out as the operator wants, in the order of the file."""
    return list(_failures(settings, Classifier(settings.topics, rules_digest(settings.topics))))


def _failures(settings: Config, classifier: Classifier) -> Iterator[Complaint]:
    for trial in settings.trials:
        because = found(trial, classifier, settings)
        if trial.wanted and because is None:
            text = f"{trial.topic!r} should find «{trial.headline}», and does not: {why_not(trial, settings)}"
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


def why_not(trial: Trial, settings: Config) -> str:
    """Which terms the headline has, and what is missing all the same; if it has none, which one a word begins like."""
    rule = next(t.rule for t in settings.topics if t.name == trial.topic)
    if rule is None:
        return "it has no rule"
    terms = list(dict.fromkeys(terms_of(rule)))
    each = Classifier([Topic(name=str(n), title="", rule=Rule(any=(term,))) for n, term in enumerate(terms)], "")
    language = language_of(trial.headline) or settings.imprint.language
    met = {terms[int(filing.topic)] for filing in each.topics_of(trial.headline, language)}
    if met:
        return "; ".join(missing(rule, met))
    beginnings = Beginnings(wanted_of(rule))
    alike = ((word, beginnings.term_of(word)) for word in words(trial.headline))
    told = [f"; «{word}» begins like '{term}', and is no form of it" for word, term in alike if term]
    return f"no term fits it{next(iter(told), '')}"


# --- warnings --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Archive:
    """What the rules in force make of the stories held."""

    size: int
    met: dict[Term, Counter[str]]
    """Term -> the words that it has met, in lower case."""
    filed: dict[str, frozenset[str]]
    """Topic -> the ids of its stories; without the topic of everything."""
    said: Counter[str]
    """Word -> how many stories have it."""

    @property
    def in_none(self) -> int:
        """How many stories are in no topic but that of everything."""
        return self.size - len(frozenset().union(*self.filed.values()))


def archive(settings: Config, stories: Iterable[Story], lessons: Iterable[Lesson] = ()) -> Archive:
    """Files them all anew, and stores nothing."""
    classifier = _classifier(settings, lessons)
    met: dict[Term, Counter[str]] = defaultdict(Counter)
    filed: dict[str, set[str]] = {t.name: set() for t in classifier.topics}
    said: Counter[str] = Counter()
    size = 0
    for size, story in enumerate(stories, 1):  # noqa: B007
        for term, mentioned in classifier.met(story):
            met[term][mentioned] += 1
        for filing in classifier.file(story):
            filed[filing.topic].add(story.id)
        said.update(set(filter(is_worth_it, words(_text(story)))))
    return Archive(size, met, {name: frozenset(ids) for name, ids in filed.items()}, said)


def _classifier(settings: Config, lessons: Iterable[Lesson]) -> Classifier:
    classifier = Classifier([t for t in settings.topics if t.name != ALL], "")
    classifier.take(models_of(lessons))
    return classifier


def _text(story: Story) -> str:
    return "\n\n".join(text_of_story(story))


def warnings(settings: Config, held: Archive, lessons: Iterable[Lesson] = ()) -> list[Complaint]:
    """In the order of the file. With nothing held, only what the configuration tells by itself."""
    told = [*_absent(settings), *_twice(settings), *_alike(settings)]
    told += [*_nobodys(settings, held), *_mixed(settings), *_spoilt(settings, lessons)]
    if held.size:
        told += [*_unmet(settings, held), *_too_few_or_many(settings, held), *_within_another(settings, held)]
    return sorted(told, key=lambda c: (c.line, c.column, c.text))


def _warning(settings: Config, topic: Topic, term: Term | None, text: str) -> Complaint:
    line, column = settings.places.get((topic.name, term), (1, 1))
    return Complaint(str(settings.path), line, column, f"warning: {text}")


def _of_source(settings: Config, source: Source, text: str) -> Complaint:
    line, column = settings.source_places.get(source.name, (1, 1))
    return Complaint(str(settings.path), line, column, f"warning: {source.name!r} {text}")


def _absent(settings: Config) -> Iterator[Complaint]:
    """What a pattern fits may well come later."""
    for source in settings.sources:
        place = source.location
        if source.kind == "files" and not any(c in place for c in "*?[") and not Path(place).exists():
            yield _of_source(settings, source, f"is not there: no file or folder is called {place}")


def _twice(settings: Config) -> Iterator[Complaint]:
    """One page read by other selectors, or told to another reader, is no second visit in vain."""
    first: dict[str, Source] = {}
    for source in settings.sources:
        asked = (source.kind, canonical(source.location) or source.location, source.options, source.headers)
        other = first.setdefault(repr(asked), source)
        if other is not source:
            text = f"lies where {_named(settings, other)} does: all of it is fetched twice"
            yield _of_source(settings, source, text)


def _alike(settings: Config) -> Iterator[Complaint]:
    first: dict[str, Source] = {}
    for source in settings.sources:
        other = first.setdefault(source.name.casefold(), source)
        if other is not source:
            text = f"is another source than {_named(settings, other)}, by small letters and capitals alone"
            yield _of_source(settings, source, text)


def _named(settings: Config, source: Source) -> str:
    return f"{source.name!r} (line {settings.source_places.get(source.name, (1, 1))[0]})"


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


def _mixed(settings: Config) -> Iterator[Complaint]:
    """A letter of another alphabet looks the same, and is never met."""
    for topic in settings.topics:
        for term in dict.fromkeys(terms_of(topic.rule)) if topic.rule else ():
            if term.place in WRITTEN and (letter := stray_letter(term.text)):
                text = f"{topic.name!r}: '{term}' is written in two alphabets; {letter} is another letter than it seems"
                yield _warning(settings, topic, term, text)


def _spoilt(settings: Config, lessons: Iterable[Lesson]) -> Iterator[Complaint]:
    topics = {topic.name: topic for topic in settings.topics}
    for lesson in lessons:
        if lesson.complaint:
            yield _warning(settings, topics[lesson.topic], None, f"{lesson.topic!r}: like: {lesson.complaint}")


def _unmet(settings: Config, held: Archive) -> Iterator[Complaint]:
    """Terms that are ruled out may well be absent; of sources and labels that nobody has it has been told already."""
    rules = {topic.name: topic.rule for topic in settings.topics if topic.rule}
    asked = {name: [t for t in dict.fromkeys(wanted_of(rule)) if not held.met.get(t)] for name, rule in rules.items()}
    known = {word for found in held.met.values() for mentioned in found for word in mentioned.split()}
    hints = near({term for terms in asked.values() for term in terms}, held.said, known)
    for topic in settings.topics:
        wanted = [t for t in asked.get(topic.name, ()) if t.place not in ("source", "label")]
        terms = [t for t in wanted if held.size >= _ENOUGH or is_slip(t.text.casefold(), hints.get(t, ""))]
        if terms:
            shown = ", ".join(f"{t} (there is «{hints[t]}»)" if t in hints else str(t) for t in terms[:_TERMS_SHOWN])
            more = f" and {len(terms) - _TERMS_SHOWN} more" if len(terms) > _TERMS_SHOWN else ""
            text = f"{topic.name!r}: never met in {_stories(held.size)}: {shown}{more}"
            yield _warning(settings, topic, terms[0], text)


def _too_few_or_many(settings: Config, held: Archive) -> Iterator[Complaint]:
    for topic in settings.topics:
        count = len(held.filed.get(topic.name, ()))
        if topic.rule and not topic.like and not count:
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


@dataclass(frozen=True, kw_only=True)
class Finds:
    """What a topic finds in the stories held, and what it may want."""

    topic: str
    size: int
    """Stories held."""
    filed: int
    """Stories in the topic."""
    terms: Sequence[tuple[Term, Sequence[tuple[str, int]]]]
    """In the order of the rule, each with the words that it meets, the most frequent first."""
    alike: Sequence[tuple[str, Term, int]]
    """Words that no term meets and that begin like one, with the number of stories that have them."""
    telling: Sequence[tuple[str, int]]
    """Other words that stories of the topic have, and other stories hardly."""


def finds(topic: Topic, stories: Iterable[Story], lessons: Iterable[Lesson] = ()) -> Finds:
    met: dict[Term, Counter[str]] = defaultdict(Counter)
    classifier = Classifier([topic], "")
    classifier.take(models_of(lessons))
    here, there = WordCount(), WordCount()
    for story in stories:
        for term, mentioned in classifier.met(story):
            met[term][mentioned] += 1
        (here if classifier.file(story) else there).add(_text(story), story.lead.language)
    terms = list(dict.fromkeys(terms_of(topic.rule))) if topic.rule else []
    known = {word for found in met.values() for mentioned in found for word in mentioned.split()}
    beginnings = Beginnings(wanted_of(topic.rule) if topic.rule else ())
    every = [(w, beginnings.term_of(w), n) for w, n in (here.forms() + there.forms()).most_common() if w not in known]
    return Finds(
        topic=topic.name, size=here.size + there.size, filed=here.size,
        terms=[(term, met[term].most_common()) for term in terms],
        alike=[(word, term, count) for word, term, count in every if term],
        telling=[(word, n) for word, n in here.telling(there) if word not in known and not beginnings.term_of(word)],
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Loose:
    """What is in no topic but that of everything."""

    size: int
    """Stories held."""
    count: int
    frequent: Sequence[tuple[str, int]]
    """Words of their headlines, with the number of headlines that have them; the most frequent first."""


def loose(settings: Config, stories: Iterable[Story], lessons: Iterable[Lesson] = ()) -> Loose:
    classifier = _classifier(settings, lessons)
    headlines, size = WordCount(), 0
    for size, story in enumerate(stories, 1):  # noqa: B007
        if not classifier.file(story):
            headlines.add(story.lead.title, story.lead.language)
    return Loose(size=size, count=headlines.size, frequent=headlines.frequent())
