"""
What needs the operator's attention, as a feed of its own: feeds/desk/, if the configuration asks for it. Pure.

    failing       a source that has not come for a day or more
    quarantine    a source of which something waits for a word
    silent        a source that answers, and brings nothing, for much longer than it ever did

An incident is one entry for as long as it lasts, under one id; `updated` moves when something is added to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from html import escape

from .model import DESK, MOST_WAITING, Article, Dated, Edition, Health, Imprint, State, Story, Topic, Usual, Waiting

LONG = timedelta(days=1)
QUIET = timedelta(days=7)
GAPS = 10
"""So many times the usual time between two articles is silence."""
KNOWN_BY = 10
"""Articles by which it is known what is usual."""
TITLES = 20
NOTHING_YET = datetime(2026, 1, 1, tzinfo=UTC)
"""When nothing has happened: a feed has to have a date, and it must not be that of the rendering."""


@dataclass(frozen=True, kw_only=True)
class Incident:
    """Something that a person should look at."""

    kind: str
    source: str
    title: str
    lines: tuple[str, ...]
    """Plain text, a paragraph each."""
    since: datetime
    updated_at: datetime

    @property
    def id(self) -> str:
        """The same for as long as it lasts."""
        return sha256(f"{self.kind}\0{self.source}\0{self.since:%Y-%m-%dT%H:%M:%S}".encode()).hexdigest()[:24]


def failing(health: Iterable[Health], now: datetime) -> Iterator[Incident]:
    """Nothing in it counts on, so that it is the same at each visit."""
    for h in health:
        if h.state is State.FAILING and h.failing_since and now - h.failing_since >= LONG:
            yield Incident(
                kind="failing", source=h.name, since=h.failing_since, updated_at=h.failing_since + LONG,
                title=f"{h.name} has not come since {_day(h.failing_since)}",
                lines=(
                    f"The last visit ended so: {h.error}",
                    "It is visited again and again by itself, at longer intervals; what its feed still has when it "
                    "comes back is collected then. What it brought before stays published.",
                    f"If it has moved or closed, change or remove it in the configuration. 'aggregator status "
                    f"{h.name}' tells how it fares.",
                ),
            )  # fmt: skip


def waiting(quarantines: Mapping[str, tuple[datetime, str]], articles: Sequence[Waiting]) -> Iterator[Incident]:
    """One for each source."""
    for source, (since, because) in quarantines.items():
        its = [w for w in articles if w.article.source == source]
        titles = [w.article.title for w in its]
        more = (f"and {len(titles) - TITLES} more",) if len(titles) > TITLES else ()
        full = ("No more are kept: what else comes is dropped until then.",) if len(its) >= MOST_WAITING else ()
        yield Incident(
            kind="quarantine", source=source, since=since, updated_at=max((w.at for w in its), default=since),
            title=f"{source} is in quarantine: {len(its)} articles wait",
            lines=(
                f"Why: {because}",
                f"They are stored and not published, and so is what comes after them, until you say 'aggregator "
                f"release {source}' or 'aggregator discard {source}'. 'aggregator run' has to be stopped before, and "
                "started again: one process at a time may write.",
                *full, *titles[:TITLES], *more,
            ),
        )  # fmt: skip


def silent(health: Iterable[Health], usual: Callable[[str], Usual]) -> Iterator[Incident]:
    """
    As of the last visit: who has not been asked since is not silent. `usual` tells what a source was like; it is
    called for those only that have brought nothing for a while.
    """
    for h in health:
        if h.state is not State.OK or h.kind == "files" or h.last_visit is None:
            continue
        if h.news_at and h.last_visit - h.news_at < QUIET:
            continue
        before = usual(h.name)
        if before.last_at is None or before.articles < KNOWN_BY:
            continue
        gap = timedelta(days=1) / before.per_day
        since = before.last_at + max(QUIET, GAPS * gap)
        if h.last_visit >= since:
            yield Incident(
                kind="silent", source=h.name, since=since, updated_at=since,
                title=f"{h.name} has fallen silent",
                lines=(
                    f"It answers, but the last article that it brought came on {_day(before.last_at)}; before, there "
                    f"was one {_every(gap)} on the average.",
                    "It is visited as before. It may have moved its news to another address: look at its site.",
                ),
            )  # fmt: skip


def edition(incidents: Iterable[Incident], imprint: Imprint) -> Edition:
    """Newest first. No hub is told of it: it is nobody else's."""
    stories = sorted((_story(i, imprint) for i in incidents), key=lambda s: (s.listed_at, s.id), reverse=True)
    topic = Topic(
        name=DESK, title=f"{imprint.title}: what needs attention", language="en", formats=("atom", "html"),
        description="For the operator. Not linked from anywhere.",
    )  # fmt: skip
    return Edition(
        imprint=replace(imprint, hubs=()), topic=topic, stories=tuple(stories),
        updated_at=max((s.updated_at for s in stories), default=NOTHING_YET),
    )  # fmt: skip


def _story(incident: Incident, imprint: Imprint) -> Story:
    from .text import summary  # 20 ms, for those who print it

    body = "".join(f"<p>{escape(line)}</p>" for line in incident.lines)
    article = Article(
        id=incident.id, source=incident.source, publisher=imprint.title, guid="", url="", canonical_url="",
        title=incident.title, summary=summary(incident.lines[0]), content=body, published_at=incident.since,
        dated=Dated.SAID, updated_at=incident.updated_at, seen_at=incident.since, language="en", digest="", sketch="",
    )  # fmt: skip
    return Story(
        id=incident.id, guid=f"tag:{imprint.authority}:{DESK}:{incident.id}", lead=article, listed_at=incident.since
    )


def _day(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _every(gap: timedelta) -> str:
    hours = max(1, round(gap / timedelta(hours=1)))
    return f"every {hours} hours" if hours < 48 else f"every {round(hours / 24)} days"
