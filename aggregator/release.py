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
from itertools import groupby

from .dedupe import dedupe
from .errors import NotFoundError
from .model import Held, Verdict
from .stores import Store

SHORTEST = 6
"""Digits of an id that may stand for it."""


def find_held(store: Store, key: str, sources: Iterable[str]) -> tuple[list[Held], str]:
    """
    What waits of a source, and the source's name; or the one article with this link, id or beginning of an id, and an
    empty name. Raises NotFoundError.
    """
    waiting = store.quarantined()
    if key in {*sources, *store.quarantines(), *(h.article.source for h in waiting)}:
        return [h for h in waiting if h.article.source == key], key
    found = [h for h in waiting if key == h.article.url or (len(key) >= SHORTEST and h.article.id.startswith(key))]
    if len(found) != 1:
        many = "nothing" if not found else f"not one article, but {len(found)},"
        raise NotFoundError(f"{many} waits in quarantine as {key!r}; see 'aggregator quarantine'")
    return found, ""


def release(
    store: Store, held: Sequence[Held], source: str, now: datetime, *,
    as_news: bool, authority: str, priorities: Mapping[str, int],
) -> Counter[Verdict]:  # fmt: skip
    """
    What became of it. As a rule it is published as what a first visit brings: under its own dates, without being
    announced; `as_news`: at the top, as of now. `source`: it is in quarantine no more; empty: it still is.
    """
    counts: Counter[Verdict] = Counter()
    with store.turn():
        for _, group in groupby(held, key=lambda h: h.article.source):
            articles = [h.article for h in group]
            known = replace(store.known(articles), waiting={})
            since = now if as_news else None
            decisions = list(
                dedupe(articles, known, now=now, since=since, authority=authority, priorities=priorities)
            )
            store.admit([a.id for a in articles], decisions, now, old=not as_news)
            counts.update(d.verdict for d in decisions)
        if source:
            store.lift(source)
    return counts


def discard(store: Store, held: Sequence[Held], source: str) -> None:
    """`source`: it is in quarantine no more, but watched as before; empty: it still is."""
    with store.turn():
        store.discard([h.article.id for h in held])
        if source:
            store.lift(source)
