"""
A web page that lists articles: by CSS selectors, or found by itself. Each article's own page is read once.

For sites that have no feed. What robots.txt forbids is not read.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping

from ..errors import FetchError, OptionError
from ..model import Checkpoint, Fetched, Item, Source
from . import World, _home, _linked, _listing
from ._charset import decode
from ._follow import Listed, follow
from ._html import select, tree
from ._options import per_visit
from ._robots import Robots
from .feed import check as has_address

SELECTORS = ("items", "headline", "link", "date", "summary")
_HOLDS_HEADLINES = r"h[1-6]|a|p|div|span|li|d[dt]|t[dhr]|strong|b|em|article|header|section"
_LIKE_SELECTOR = re.compile(rf"(?:{_HOLDS_HEADLINES}|\*|(?=[.#\[]))(?:[.#:][\w()-]+|\[[^\]]+\])*")


def selector(value: object) -> str:
    """A CSS selector."""
    empty = tree("<p>")
    if not isinstance(value, str) or not value.strip() or empty is None:
        raise ValueError(f"{value!r} is no CSS selector; right would be article.card, or h2 > a")
    select(empty, value)
    return value


OPTIONS: Mapping[str, Callable[[object], object]] = {
    **dict.fromkeys(SELECTORS, selector),
    "per_visit": per_visit,
}


def check(source: Source) -> None:
    """
    A page has a web address. And its public name is no selector: readers would see "h3" as the publisher. Who means
    just that says at `headline` where the headlines are.
    """
    has_address(source)
    parts = [part for part in re.split(r"[\s>+~,]+", source.title) if part]
    if parts and "headline" not in source.options and all(map(_LIKE_SELECTOR.fullmatch, parts)):
        right = f"the selector of its headlines is written 'headline: {source.title}'"
        raise OptionError("title", f"'title' is the source's public name; {right}")


def fetch(source: Source, since: Checkpoint, world: World) -> Iterator[Fetched]:
    """
    Yield the pages of articles that are new in the list. Raises FetchError when robots.txt forbids the page, when there
    is no list of articles in it, and at the end for articles that could not be had.
    """
    robots = Robots(since, world)
    yield from robots.keep(source, _fetch(source, since, world, robots))


def _fetch(source: Source, since: Checkpoint, world: World, robots: Robots) -> Iterator[Fetched]:
    if not robots.allow(source.location):
        raise FetchError(source.name, "robots.txt does not let us read this page")
    selectors = {key: str(source.options[key]) for key in SELECTORS if key in source.options}
    answer = world.get(source.location, since if since.get("selectors", "") == _written(selectors) else None)
    robots.renew(source.location)
    listed: list[Listed] = []
    if answer.body is not None:
        digest = hashlib.sha256(answer.body + repr(selectors).encode()).hexdigest()
        if digest != since.get("digest"):
            text = decode(answer.body, answer.charset)
            listed = list(map(Listed, _listing.newest_first(_listing.items(text, answer.url, selectors))))
            if not listed:
                raise FetchError(source.name, _nothing_found(text, answer.url, selectors))
        read = {"digest": digest, "selectors": _written(selectors)}
        yield Fetched(url=answer.url, body=None, checkpoint={**answer.checkpoint, **read})
    yield from follow(source, since, world, listed, robots)


def parse(source: Source, fetched: Fetched) -> Iterator[Item]:
    """Yield the article of one page. Raises ParseError."""
    yield from _linked.parse(source, fetched)


def _written(selectors: Mapping[str, str]) -> str:
    """By what the page was read: under other selectors the same page may say something else, and is asked for anew."""
    return json.dumps(selectors, ensure_ascii=False) if selectors else ""


def _nothing_found(text: str, url: str, selectors: Mapping[str, str]) -> str:
    if "items" in selectors:
        return f"'items: {selectors['items']}' finds no article with a link in the page"
    if _home.is_feed(text):
        return "this is a feed; it is read by 'feed:'"
    hint = f"; {_home.what_it_names(text, url)}" if _home.declared(text, url) else ""
    return f"no list of articles is recognised in the page; 'items:' says where they are{hint}"
