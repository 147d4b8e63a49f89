"""
By what name an article is known. The one place where ids are computed.

    article_id    whose it is, and the best name that the source gives it
    tell_apart    the articles of one visit: what a guid or url names that several of them share
    another_id    what comes under a guid, or url, that was something else's before
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from hashlib import sha256
from itertools import combinations

from . import markup, text, urls
from .edits import is_other_news
from .model import Article, Item, Source


def article_id(source: Source, item: Item, base: str = "") -> str:
    """
    24 hexadecimal digits of the source and the item's guid; without one, of its canonical url; without either, of its
    words. The same article has the same id on any machine and at any retry. Relative urls are relative to `base`.
    """
    name = guid_of(item) or urls.canonical(urls.usable(item.url or "", item.base or base)) or _said(item)
    return _hashed(source.name, name)


def tell_apart(articles: Iterable[Article]) -> list[Article]:
    """
    The articles of one visit, each with an id of its own, in their order.

    A guid that several pages share ("1", or the address of the front page) names none of them: their urls do, too. A
    url that several headlines share, where there are no guids, names none of them: their headlines do, too; nor does
    a guid under which there are other news. What still has one id is one article twice: the version that was updated
    last stays.
    """
    by_id: dict[str, list[Article]] = {}
    for article in articles:
        by_id.setdefault(article.id, []).append(article)
    named: dict[str, Article] = {}
    for alike in by_id.values():
        for article in _renamed(alike):
            known = named.get(article.id)
            if known is None or article.updated_at > known.updated_at:
                named[article.id] = article
    return list(named.values())


def another_id(article: Article, url: str, taken: Collection[str]) -> str:
    """
    The id of what comes under the guid of something else, which had this canonical `url`: by its own url if that is
    another one, else by its headline, else by its words; the first that is not `taken`. As `tell_apart` names it when
    both come at once, so that it keeps its id whichever way it comes again.
    """
    by_url = [_by_url(article)] if article.canonical_url not in ("", url) else []
    names = (*by_url, _by_headline(article), _hashed(_by_headline(article), article.sketch))
    return next((name for name in names if name not in taken), names[-1])


def guid_of(item: Item) -> str:
    """Legible and on one line; empty if there is none."""
    return " ".join(markup.legible(item.guid or "").split())


def _renamed(alike: list[Article]) -> list[Article]:
    if len(alike) == 1:
        return alike
    if len({a.canonical_url for a in alike}) > 1:
        return [replace(a, id=_by_url(a)) for a in alike]
    if not alike[0].guid or any(is_other_news(a, b) for a, b in combinations(alike[:_COMPARED], 2)):
        return [replace(a, id=_by_headline(a)) for a in alike]
    return alike


_COMPARED = 20
"""So many articles of one guid are compared with each other: a feed of 500 has 125,000 pairs."""


def _by_url(article: Article) -> str:
    return _hashed(article.id, article.canonical_url)


def _by_headline(article: Article) -> str:
    return _hashed(article.id, *text.words(article.title))


def _hashed(*names: str) -> str:
    return sha256("\0".join(names).encode("utf-8", "replace")).hexdigest()[:24]


def _said(item: Item) -> str:
    """The item's own words; its enclosures if it has none."""
    body = item.content or item.summary or ""
    title, body = markup.plain_line(item.title or ""), markup.plain(body) if item.is_html else body
    return " ".join(text.words(f"{title}\n{body}")) or title or " ".join(e.url for e in item.enclosures)
