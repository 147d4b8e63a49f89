"""
Which article that we have an article is, under whatever guid and link it comes. docs/identity.md has the rules.

    by_guid    its id is known; but a guid may be given to something else, and back
    by_link    another guid: the same link, and the same text, or headline and day
    by_words   another guid and another link: the same headline, text and day
    by_crowd   the same for headlines without a text: only if half a visit or more has changed like that

    is_same_page   another source: the same link, headline and day

Whoever is still to be met in the same visit has not moved. Pure; reads a held text only where a version differs.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

from .edits import is_other_news
from .identity import another_id
from .model import Article, Dated, Known, Trace
from .text import words

SAME_DAY = timedelta(hours=14)
"""So far a date moves when a site's new software takes its time for that of another zone."""
UNDATED = timedelta(days=30)
"""The same where a source gives no dates: the same words later are other news."""
CROWD = 3
"""So many articles at the least are a crowd."""


@dataclass(frozen=True, kw_only=True)
class Met:
    """An article, and which one it is by its guid."""

    article: Article
    """Under an id of its own: another than it came with, if its guid was something else's."""
    known: Trace | None = None
    alias: str = ""
    """The id that it came with, if from now on that means this article."""


def by_guid(article: Article, known: Known) -> Met:
    """The last article that had this guid, or an earlier one that returns; else it is told apart from all of them."""
    present = known.by_id.get(article.id)
    if present is None or not _is_another(article, present, known.text):
        return Met(article=article, known=present)
    earlier = known.earlier.get(article.id, ())
    for bearer in reversed(earlier):
        if not _is_another(article, bearer, known.text):
            return Met(article=article, known=bearer, alias=article.id)
    taken = {article.id, present.id, *(bearer.id for bearer in earlier)}
    own = replace(article, id=another_id(article, present.canonical_url, taken))
    return Met(article=own, alias=article.id)


def _is_another(article: Article, known: Trace, text: Callable[[str], Article | None]) -> bool:
    if article.digest == known.digest or same_headline(article, known) or same_words(article, known):
        return False
    old = text(known.id)  # None: nothing to compare with, and better told as an edit
    return old is not None and is_other_news(old, article)


def by_link(article: Article, traces: Iterable[Trace], here: Collection[str]) -> Trace | None:
    """`traces` are those with its canonical url; `here` the ids of all articles of this visit."""
    gone = list(_gone(article, traces, here))
    same = (t for t in gone if same_words(article, t) or (same_headline(article, t) and _is_near(article, t)))
    return next(same, None)


def by_words(article: Article, traces: Iterable[Trace], here: Collection[str]) -> Trace | None:
    """`traces` are those with its sketch; the one with the nearest date."""
    alike = [
        t for t in _gone(article, traces, here)
        if same_words(article, t) and same_headline(article, t) and _is_near(article, t)
    ]  # fmt: skip
    return min(alike, key=lambda t: _distance(article, t), default=None)


def by_crowd(
    strangers: Sequence[Article],
    visit: int,
    former: Callable[[str, Collection[datetime]], Sequence[Trace]],
    here: Collection[str],
) -> Mapping[str, Trace]:
    """
    Article id -> the one that it is, of those that nothing else has recognised, in a visit of so many articles. By
    headline and the very date that the source gives; each has to be the only one on both sides. One alone proves
    nothing: "Weather" of midnight may be that of another town. A crowd does not change its names by accident.
    """
    if len(strangers) < CROWD or 2 * len(strangers) < visit:
        return {}
    dated = [a for a in strangers if a.dated is Dated.SAID]
    held = [t for t in former(strangers[0].source, {a.published_at for a in dated}) if t.id not in here]
    if len(held) < CROWD:
        return {}
    mine = _unique((_headline_and_date(a), a) for a in dated)
    theirs = _unique((_headline_and_date(t), t) for t in held)
    pairs = {article.id: theirs[key] for key, article in mine.items() if key in theirs}
    return pairs if len(pairs) >= CROWD and 2 * len(pairs) >= len(strangers) else {}


def is_renamed(article: Article, held: Article, here: Collection[str]) -> bool:
    """Whether it is an edited version, under another guid and link, of an article that has its text: by its date."""
    is_dated = article.dated is held.dated is Dated.SAID and article.published_at == held.published_at
    return is_dated and held.source == article.source and held.id not in here


def is_same_page(article: Article, known: Trace) -> bool:
    """
    Whether what another source had at this link is the same news: of its day, under its headline. Two feeds of a site
    tell of one page in other words; "Exchange rates" of tomorrow are other news. Without a date, other words decide.
    """
    if not same_headline(article, known):
        return False
    says_other = bool(article.sketch and known.sketch) and article.sketch != known.sketch
    return _distance(article, known) <= SAME_DAY or (_is_near(article, known) and not says_other)


def same_headline(article: Article, known: Trace) -> bool:
    return words(article.title) == words(known.title)


def same_words(article: Article, known: Trace) -> bool:
    return bool(article.sketch) and article.sketch == known.sketch


def _gone(article: Article, traces: Iterable[Trace], here: Collection[str]) -> Iterable[Trace]:
    return (t for t in traces if t.source == article.source and t.id not in here)


def _is_near(article: Article, known: Trace) -> bool:
    """Whether their dates let them be one: "Exchange rates" of another day, at the link of all days, are other news."""
    return _distance(article, known) <= (SAME_DAY if article.dated is Dated.SAID else UNDATED)


def _distance(article: Article, known: Trace) -> timedelta:
    return abs(article.published_at - known.published_at)


One = TypeVar("One")
Key = tuple[tuple[str, ...], datetime]


def _headline_and_date(one: Article | Trace) -> Key:
    return tuple(words(one.title)), one.published_at


def _unique(pairs: Iterable[tuple[Key, One]]) -> dict[Key, One]:
    """Only what its key names alone."""
    found: dict[Key, list[One]] = {}
    for key, one in pairs:
        found.setdefault(key, []).append(one)
    return {key: ones[0] for key, ones in found.items() if len(ones) == 1}
