"""
The operator's word on what waits in quarantine.

    release   judged as if it came now: it opens a story, or joins one that has come meanwhile
    discard   dropped, and remembered, so that it is not new when it comes again
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from .dedupe import dedupe
from .errors import NotFoundError
from .model import Verdict, Waiting
from .stores import Store

SHORTEST = 6
"""Digits of an id that may stand for it."""


def find_waiting(store: Store, key: str, sources: Iterable[str]) -> tuple[list[Waiting], str]:
    """
    What waits of a source, and the source's name; or the one article with this link, id or beginning of an id, and an
    empty name. Raises NotFoundError.
    """
    waiting = store.quarantined()
    if key in {*sources, *store.quarantines(), *(w.article.source for w in waiting)}:
        return [w for w in waiting if w.article.source == key], key
    found = [w for w in waiting if key == w.article.url or (len(key) >= SHORTEST and w.article.id.startswith(key))]
    if len(found) != 1:
        many = "nothing" if not found else f"not one article, but {len(found)},"
        raise NotFoundError(f"{many} waits in quarantine as {key!r}; see 'aggregator quarantine'")
    return found, ""


def release(
    store: Store, waiting: Sequence[Waiting], source: str, now: datetime, *,
    as_news: bool, authority: str, priorities: Mapping[str, int],
) -> Counter[Verdict]:  # fmt: skip
    """
    What became of it. As a rule it is published as what a first visit brings: under its own dates, without being
    announced; `as_news`: at the top, as of now. `source`: it is in quarantine no more; empty: it still is.
    """
    articles = [w.article for w in waiting]
    with store.turn():
        known = replace(store.known(articles), waiting={})
        since = now if as_news else None
        decisions = dedupe(articles, known, now=now, since=since, authority=authority, priorities=priorities)
        named = [replace(d, alias=w.alias or d.alias) for d, w in zip(decisions, waiting, strict=True)]
        store.admit([a.id for a in articles], named, now, old=not as_news)
        if source:
            store.lift(source)
    return Counter(d.verdict for d in named)


def discard(store: Store, waiting: Sequence[Waiting], source: str) -> None:
    """`source`: it is in quarantine no more, but watched as before; empty: it still is."""
    with store.turn():
        store.discard([w.article.id for w in waiting])
        if source:
            store.lift(source)
