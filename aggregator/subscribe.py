"""
What to add to the sources: the feed behind a web address, or those of a list of subscriptions.

    look -> Found       chosen -> entries for config.yaml       twin, is_ours, free_name: nothing is there twice
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from . import markup, urls
from .errors import NotFoundError, ParseError
from .model import Item, Source
from .opml import Subscription
from .sources import World, feed

_LONGEST_NAME = 64
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Found:
    """A feed."""

    url: str
    """As it was given or declared; redirects are followed at each visit."""
    title: str
    headlines: Sequence[tuple[datetime | None, str]]
    """With their dates, the newest first; plain text."""


def look(location: str, world: World) -> Found:
    """The feed at an address, or behind the page there. Raises FetchError, and NotFoundError when there is none."""
    url = location if "://" in location else f"https://{location}"
    source = Source(name=location, kind="feed", location=url)
    feed.check(source)
    for fetched in feed.fetch(source, {}, world):
        try:
            items = list(feed.parse(source, fetched))
        except ParseError as e:
            raise NotFoundError(f"{url}: {e.reason}") from e
        title = next((item.publisher for item in items if item.publisher), "")
        return Found(
            url=feed.place(source, fetched.checkpoint), title=markup.plain_line(title), headlines=_headlines(items)
        )
    raise NotFoundError(f"{url}: the server has nothing to say")


def _headlines(items: Iterable[Item]) -> list[tuple[datetime | None, str]]:
    told = [(item.published_at, markup.plain_line(item.title or item.url or "")) for item in items]
    return sorted(told, key=lambda headline: headline[0] or _LONG_AGO, reverse=True)


def chosen(
    listed: Iterable[Subscription], sources: Sequence[Source], link: str
) -> tuple[list[Mapping[str, str | Sequence[str]]], list[str]]:
    """Of a list of subscriptions: the sources to add, as they are written; and why the others are passed over."""
    names = {source.name for source in sources}
    known = {urls.canonical(source.location): source.name for source in sources}
    entries, remarks = list[Mapping[str, str | Sequence[str]]](), list[str]()
    for one in listed:
        refused = _refused(one, known, link)
        if refused:
            remarks.append(f"{one.url or one.title or 'an outline'}: {refused}")
            continue
        name = free_name(one.title or host(one.url), names)
        names.add(name)
        known[urls.canonical(one.url)] = name
        labels = {"labels": one.labels} if one.labels else {}
        entries.append({"name": name, "feed": one.url, **labels})
    return entries, remarks


def _refused(one: Subscription, known: Mapping[str, str], link: str) -> str:
    """Why this is no source to add; empty if it is one."""
    if not one.url:
        return "this is no feed"
    address = urls.canonical(one.url)
    if not address:
        return "this is no web address"
    if is_ours(one.url, link):
        return "a feed of our own"
    return f"is here already: source {known[address]!r}" if address in known else ""


def twin(url: str, sources: Iterable[Source]) -> Source | None:
    """The source that has this address already, however it is spelt."""
    wanted = urls.canonical(url)
    return next((source for source in sources if wanted and urls.canonical(source.location) == wanted), None)


def is_ours(url: str, link: str) -> bool:
    """Whether the address lies below `link`, where our own feeds are: what goes out must not come in again."""
    return f"{urls.canonical(url)}/".startswith(f"{urls.canonical(link).rstrip('/')}/")


def free_name(wanted: str, taken: Collection[str]) -> str:
    """A name for a source as near to this as can be; a number makes it one that nobody has."""
    plain = re.sub(r"[^\w .-]+", " ", wanted)
    plain = " ".join(plain.split())[:_LONGEST_NAME].strip(" .-") or "source"
    name, number = plain, 1
    while name in taken:
        number += 1
        name = f"{plain[: _LONGEST_NAME - 6]} {number}"
    return name


def host(url: str) -> str:
    """The name of the machine, without www."""
    return (urlsplit(url).hostname or "").removeprefix("www.")
