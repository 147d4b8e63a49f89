"""
A page that lists articles -> what it says of each: its link, headline, date, summary.

With selectors, what they find. Without, the links that stand in the same place again and again and read like headlines:

    <li class="card"><a href="/n/1">Headline of six words or so</a>   <- the same path of elements, other links
    <li class="card"><a href="/n/2">Another headline</a>
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from itertools import chain, islice, takewhile
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ..model import Item
from ._dates import moment
from ._html import base, elements, join, select, tree, words

if TYPE_CHECKING:
    from ._html import HtmlElement

MOST = 200
"""Articles of one listing."""
FEWEST = 3
"""Fewer links in the same place are no listing."""
_HEADLINE_WORDS, _HEADLINE = 3, range(20, 300)
_DEEP = 4
_BESIDE = ("nav", "header", "footer", "aside", "form")
_LONGEST = 1_000

Selectors = Mapping[str, str]


def items(text: str, url: str, selectors: Selectors) -> list[Item]:
    """The articles that a page at `url` lists, each once, in its order; none if it lists none."""
    root = tree(text)
    if root is None:
        return []
    place = base(root, url)
    found = _selected(root, place, selectors) if "items" in selectors else _repeated(root, place)
    by_url: dict[str, Item] = {}
    for item in found:
        if item.url and _page_of(item.url) != _page_of(url):
            by_url.setdefault(item.url, item)
        if len(by_url) == MOST:
            break
    return list(by_url.values())


def newest_first(items: list[Item]) -> list[Item]:
    """By their dates. What has none keeps its place: what a site puts on top by hand is often such."""
    dated = sorted((item for item in items if item.published_at), key=_date, reverse=True)
    newest = iter(dated)
    return [next(newest) if item.published_at else item for item in items]


def _date(item: Item) -> datetime:
    return item.published_at or datetime.min.replace(tzinfo=UTC)


def _selected(root: HtmlElement, place: str, selectors: Selectors) -> Iterator[Item]:
    for element in select(root, selectors["items"]):
        link = _first(element, selectors.get("link")) if "link" in selectors else _own_link(element)
        href = link.get("href") if link is not None else None
        if link is None or not href:
            continue
        title = _first(element, selectors["headline"]) if "headline" in selectors else _heading(element, link)
        dated = _first(element, selectors["date"]) if "date" in selectors else _first(element, "time")
        summary = _first(element, selectors["summary"]) if "summary" in selectors else None
        yield _item(join(place, href), title, dated, summary)


def _item(url: str, title: HtmlElement | None, dated: HtmlElement | None, summary: HtmlElement | None) -> Item:
    said = (dated.get("datetime") or dated.get("content") or words(dated)) if dated is not None else ""
    return Item(
        url=url if url.startswith(("http://", "https://")) else None,
        title=words(title)[:_LONGEST] or None if title is not None else None,
        summary=words(summary) or None if summary is not None else None,
        is_html=False,
        published_at=moment(said),
        date_said=said[:100] or None,
    )


def _first(element: HtmlElement, selector: str | None) -> HtmlElement | None:
    return next(iter(select(element, selector)), None) if selector else None


def _own_link(element: HtmlElement) -> HtmlElement | None:
    """The element itself, the link in its heading, or its first link."""
    if element.tag == "a":
        return element
    links = select(element, "h1 a[href], h2 a[href], h3 a[href], h4 a[href]") + select(element, "a[href]")
    return links[0] if links else None


def _heading(element: HtmlElement, link: HtmlElement) -> HtmlElement:
    """The heading, or what says most among the links that lead to the same place."""
    heading = _first(element, "h1, h2, h3, h4, h5")
    if heading is not None and words(heading):
        return heading
    same = [a for a in select(element, "a[href]") if a.get("href") == link.get("href")]
    return max([link, *same], key=lambda a: len(words(a)))


def _repeated(root: HtmlElement, place: str) -> Iterator[Item]:
    """
    The group of links with the most to read in it, and what else is a headline with such an address: the lead story
    seldom looks like the others. Links beside the text, and to other sites, are none.
    """
    headlines: dict[str, HtmlElement] = {}
    groups: dict[tuple[str, ...], dict[str, HtmlElement]] = {}
    addresses = {link: join(place, link.get("href", "")).partition("#")[0] for link in elements(root, "a")}
    for link, url in addresses.items():
        title = words(link)
        is_headline = len(title) in _HEADLINE and title.count(" ") + 1 >= _HEADLINE_WORDS
        if is_headline and _is_inside(url, place) and not _is_beside(link):
            headlines.setdefault(url, link)
            groups.setdefault(_path(link), {}).setdefault(url, link)
    best = max(groups.values(), key=lambda group: sum(len(words(link)) for link in group.values()), default={})
    if len(best) < FEWEST:
        return
    shapes = {_shape(url) for url in best} - {""}

    @cache  # many links have the same ancestors
    def holds_others(around: HtmlElement) -> bool:
        return len({addresses[link] for link in elements(around, "a")} & headlines.keys()) > 1

    for url, link in (headlines | best).items():
        if url in best or _shape(url) in shapes:
            yield _item(url, link, _date_near(link, holds_others), None)


def _path(link: HtmlElement) -> tuple[str, ...]:
    """The tags down to the link, and the classes of the last ones."""
    chain = [link, *link.iterancestors()]
    return tuple(f"{e.tag}.{e.get('class', '').strip()}" if n < _DEEP else str(e.tag) for n, e in enumerate(chain))


def _shape(url: str) -> str:
    """Of /2026/02/bridge and /2026/03/school the same: /0/0. Empty for what lies in no folder."""
    return re.sub(r"\d+", "0", urlsplit(url).path.rstrip("/").rpartition("/")[0])


def _date_near(link: HtmlElement, holds_others: Callable[[HtmlElement], bool]) -> HtmlElement | None:
    """The nearest <time>, in an element that holds no other article."""
    near = islice(chain([link], link.iterancestors()), _DEEP)
    for around in takewhile(lambda around: not holds_others(around), near):
        dated = next(elements(around, "time"), None)
        if dated is not None:
            return dated
    return None


def _is_beside(link: HtmlElement) -> bool:
    return any(e.tag in _BESIDE and not (e.tag == "header" and _is_article(e)) for e in link.iterancestors())


def _is_article(header: HtmlElement) -> bool:
    return any(e.tag in ("article", "li") for e in header.iterancestors())


def _is_inside(url: str, place: str) -> bool:
    """The same site, also when one of them lacks www or has a word more in front."""
    host, own = (urlsplit(address).hostname or "" for address in (url, place))
    host, own = host.removeprefix("www."), own.removeprefix("www.")
    return bool(host) and (host == own or host.endswith(f".{own}") or own.endswith(f".{host}"))


def _page_of(url: str) -> str:
    return url.partition("#")[0].rstrip("/")
