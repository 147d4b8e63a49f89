"""
The right half: one topic, from the store to files.

    latest | edition | render | put
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import cast

from . import plugins
from .formats import Format
from .model import Edition, Front, Imprint, Story, Topic
from .press import put
from .stores import Latest, Store

HEADLINES = 5
"""How many stories of each topic stand on the front page."""


def publish(topic: Topic, store: Store, imprint: Imprint, feeds: Path) -> list[Path]:
    """Bring the topic's folder up to date; the files that had to be rewritten. Equal bytes are not written again."""
    latest = store.latest(topic.name, topic.limit)
    edition = make_edition(imprint, topic, latest)
    written = []
    for name in topic.formats:
        fmt = cast(Format, plugins.load("formats", name))
        path = feeds / topic.name / fmt.FILENAME
        if put(path, fmt.render(edition), edition.updated_at):
            written.append(path)
    store.published(topic.name, latest.revision)
    return written


def is_complete(topic: Topic, feeds: Path) -> bool:
    """Whether all its files are there, whatever they say."""
    formats = (cast(Format, plugins.load("formats", name)) for name in topic.formats)
    return all((feeds / topic.name / fmt.FILENAME).exists() for fmt in formats)


def publish_front(topics: Sequence[Topic], store: Store, imprint: Imprint, feeds: Path) -> list[Path]:
    """The same for the front page, the subscription list and what the pages need."""
    from . import front

    editions = tuple(make_edition(imprint, t, store.latest(t.name, HEADLINES)) for t in topics)
    at = max(e.updated_at for e in editions)
    files = front.render(Front(imprint=imprint, editions=editions))
    return [feeds / name for name, body in files.items() if put(feeds / name, body, at)]


def make_edition(imprint: Imprint, topic: Topic, latest: Latest) -> Edition:
    """`updated_at` is the newest thing that happened to any of its stories, or the topic's first day."""
    updated_at = max(map(newest_moment, latest.stories), default=latest.opened_at)
    return Edition(imprint=imprint, topic=topic, stories=latest.stories, updated_at=updated_at)


def newest_moment(story: Story) -> datetime:
    return max(story.listed_at, story.lead.updated_at, *(c.article.seen_at for c in story.copies))
