"""Nouns for tests, with everything that a test does not care about filled in."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from aggregator.model import Article, Copy, Dated, Fetched, Imprint, Source, Story, Topic, Trace

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

IMPRINT = Imprint(
    title="The Steppe Desk", link="https://news.example/", contact="desk@news.example", language="en",
    authority="news.example,2026",
)  # fmt: skip


def source(name: str = "alpha", **more: Any) -> Source:
    return Source(**{"name": name, "kind": "feed", "location": f"https://{name}.example/rss"} | more)


def fetched(body: bytes = b"", **more: Any) -> Fetched:
    return Fetched(**{"url": "https://alpha.example/rss", "body": body, "checkpoint": {}} | more)


def article(number: int = 1, source: str = "alpha", **more: Any) -> Article:
    """The article of this number in this source; the same number is the same text in every source."""
    made = Article(
        id=f"{number:012x}{sum(source.encode()):012x}", source=source, publisher=source.title(), guid=f"guid-{number}",
        url=f"https://{source}.example/{number}", canonical_url=f"https://{source}.example/{number}",
        title=f"Headline number {number}", summary=f"Summary of {number}.", content=f"<p>Text of {number}.</p>",
        published_at=NOON, dated=Dated.SAID, updated_at=NOON, seen_at=NOON, language="en",
        digest=f"digest-{number}", sketch=f"sketch-{number}",
    )  # fmt: skip
    return replace(made, **more)


def trace(of: Article, story: str | None = None) -> Trace:
    return Trace(
        id=of.id, story=story or of.id, source=of.source, canonical_url=of.canonical_url, title=of.title,
        digest=of.digest, sketch=of.sketch, published_at=of.published_at,
    )  # fmt: skip


def story(lead: Article | None = None, *copies: Article, **more: Any) -> Story:
    lead = lead or article()
    made = Story(
        id=lead.id, guid=f"tag:news.example,2026:{lead.id}", lead=lead, listed_at=lead.published_at,
        copies=tuple(Copy(article=c, relation="copy", score=1.0, because="the same words") for c in copies),
    )  # fmt: skip
    return replace(made, **more)


def topic(name: str = "steppe", **more: Any) -> Topic:
    return Topic(**{"name": name, "title": name.title()} | more)
