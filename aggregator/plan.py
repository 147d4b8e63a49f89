"""
What the configuration would change, before it comes into force. Reads the store, writes nothing.

    every story held, filed under the new rules  -  what it is filed under now  =  who would enter, who would leave
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from .classify import Classifier
from .config import Config
from .model import Filing, State, Story
from .rules import edition_digest, rules_digest
from .stores import Store
from .teach import models_of, rehearse


@dataclass(frozen=True, kw_only=True)
class Transfer:
    """A story that would enter a topic, or leave it."""

    topic: str
    story: str
    """Its id."""
    title: str
    source: str
    """Of its lead."""
    listed_at: datetime
    enters: bool
    because: str
    """Why it would be in the topic, or is there now."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """All that would be different."""

    sources_added: Sequence[str]
    sources_gone: Sequence[str]
    topics_added: Sequence[str]
    topics_gone: Sequence[str]
    """Their feeds are answered with 410 from then on."""
    transfers: Sequence[Transfer]
    """By topic in the operator's order, the topics that go last; newest stories first."""
    rewritten: Sequence[str]
    """The topics whose feeds would have other bytes, in the operator's order."""


def plan(settings: Config, store: Store) -> Plan:
    """Compare with what is in force. Reads the text of every story that is held."""
    old, new = store.topics(), [topic.name for topic in settings.topics]
    gone = [name for name in old if name not in new]
    classifier = Classifier(settings.topics, rules_digest(settings.topics))
    classifier.take(models_of(rehearse(settings.topics, store)))
    place = {name: i for i, name in enumerate([*new, *gone])}
    found = sorted(transfers(store.stories(), classifier), key=lambda t: place.get(t.topic, len(place)))
    digests = {topic.name: edition_digest(settings.imprint, topic) for topic in settings.topics}
    moved = {transfer.topic for transfer in found}
    here = {health.name for health in store.health() if health.state is not State.GONE}
    wanted = [source.name for source in settings.sources]
    return Plan(
        sources_added=[name for name in wanted if name not in here],
        sources_gone=sorted(here.difference(wanted)),
        topics_added=[name for name in new if name not in old],
        topics_gone=gone,
        transfers=found,
        rewritten=[name for name in new if name in moved or old.get(name) != digests[name]],
    )


def transfers(stories: Iterable[Story], classifier: Classifier) -> Iterator[Transfer]:
    """Story by story. What was withdrawn stays out, whatever a rule says."""
    for story in stories:
        if story.withdrawal is None:
            before, after = _by_topic(story.filings), _by_topic(classifier.file(story))
            for topic in sorted(before.keys() ^ after.keys()):
                yield Transfer(
                    topic=topic, story=story.id, title=story.lead.title, source=story.lead.source,
                    listed_at=story.listed_at, enters=topic in after, because=(after | before)[topic],
                )  # fmt: skip


def _by_topic(filings: Iterable[Filing]) -> dict[str, str]:
    return {filing.topic: filing.because for filing in filings}
