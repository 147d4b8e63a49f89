"""
What topics learn from their examples, and when: what the store keeps, or anew where the examples have changed.

    examples of the configuration + a sample of the archive  ->  learn.train  ->  the store

The sample has 100 stories, or a power of two: a growing archive is looked at again a few times, not at every article.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import LearningError
from .markup import plain
from .model import Like, Story, Topic
from .stores import Store, Trained

if TYPE_CHECKING:
    from .learn import Model, Text

LARGEST_SAMPLE = 512
MOST_FILES = 1_000
LARGEST_FILE = 100_000
"""Bytes; what comes after them is not read."""


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """What one topic goes by."""

    topic: str
    model: Model | None = None
    """None: nothing is learned yet, and no story is for the topic."""
    report: str = ""
    """How well it was learned, if that was just now."""
    complaint: str = ""
    """What is wrong with the examples. If nothing can be learned from them, what was learned before stays in force."""


def teach(topic: Topic, like: Like, store: Store, *, keep: bool = True) -> Lesson:
    """Learn anew if the examples have changed since the last time; keep that, or only look what would be learned."""
    kept = store.model(topic.name)
    try:
        yes = [text_of(said) for said in (*like.texts, *read_folder(like.folder))]
        no = [text_of(said) for said in read_folder(like.unlike)]
        digest = _digest(like.stories, yes, no, size := _size(store.count(LARGEST_SAMPLE)))
        if kept and kept.digest == digest:
            return _lesson(topic.name, kept)
        lesson = _learn(topic.name, like.stories, yes, no, store, size)
        if keep and lesson.model:
            store.keep_model(topic.name, Trained(digest=digest, body=lesson.model.to_bytes()))
        return lesson
    except LearningError as e:
        return _lesson(topic.name, kept, complaint=str(e))


def rehearse(topics: Iterable[Topic], store: Store) -> list[Lesson]:
    """What each topic would go by from now on; keeps nothing."""
    return [teach(topic, topic.like, store, keep=False) for topic in topics if topic.like]


def models_of(lessons: Iterable[Lesson]) -> dict[str, Model]:
    """By topic, as a classifier takes them."""
    return {lesson.topic: lesson.model for lesson in lessons if lesson.model}


def recall(topics: Iterable[Topic], store: Store) -> dict[str, Model]:
    """What the store keeps, as it is, by topic: for those who only look."""
    return models_of(_lesson(t.name, store.model(t.name)) for t in topics if t.like)


def _lesson(topic: str, kept: Trained | None, complaint: str = "") -> Lesson:
    from .learn import Model

    if kept is None:
        return Lesson(topic=topic, complaint=complaint)
    return Lesson(topic=topic, model=Model.from_bytes(kept.body), complaint=complaint)


def _learn(
    topic: str, keys: Sequence[str], yes: Sequence[Text], no: Sequence[Text], store: Store, size: int
) -> Lesson:
    from .learn import train

    found = {key: store.find_all(key) for key in keys}
    examples = {story.id: story for stories in found.values() for story in stories}
    drawn = store.sample(size + len(examples))
    others = [text_of_story(s) for s in drawn if s.id not in examples][:size]
    model = train([*map(text_of_story, examples.values()), *yes], no, others)
    missing = [key for key, stories in found.items() if not stories]
    return Lesson(
        topic=topic,
        model=model,
        report=f"learned from {len(examples) + len(yes)} examples and {len(no) + len(others)} other texts; "
        f"{model.known:.0%} of the examples are known without being learned from",
        complaint=f"no story here has the link, guid or id {', '.join(missing)}" if missing else "",
    )


def _size(count: int) -> int:
    """How many stories to draw: all while they are too few, then as many as are enough, then powers of two."""
    from .learn import ENOUGH_OTHERS

    return count if count < ENOUGH_OTHERS else max(ENOUGH_OTHERS, 1 << count.bit_length() - 1)


def _digest(keys: Sequence[str], yes: Sequence[Text], no: Sequence[Text], size: int) -> str:
    from .learn import VERSION

    return sha256(repr((VERSION, keys, yes, no, size)).encode("utf-8", "replace")).hexdigest()[:16]


# --- texts -----------------------------------------------------------------------------------------------------------


def text_of(said: str) -> Text:
    """The first line of several is the title."""
    first, _, rest = said.strip().partition("\n")
    return first, rest


def text_of_story(story: Story) -> Text:
    """As a rule sees it."""
    return story.lead.title, plain(story.lead.content) or story.lead.summary


def read_folder(folder: Path | None) -> Iterator[str]:
    """The texts in it, by name. Raises LearningError."""
    try:
        for path in sorted(folder.glob("*.txt"))[:MOST_FILES] if folder else ():
            with path.open("rb") as file:
                # a character that the limit cuts in two is no mistake
                yield file.read(LARGEST_FILE).decode("utf-8-sig", "ignore")
    except OSError as e:
        raise LearningError(f"{e.filename or folder} cannot be read: {e.strerror}") from e
