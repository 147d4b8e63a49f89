"""
Sitemaps, with Google's extension for news: which articles a site has, and when they changed.

What is younger than `days` counts; its page is fetched once, and again when its lastmod says that it has changed. Of an
index, the sitemaps that have changed are read, the newest first. Packed ones (.xml.gz) are unpacked on the way in.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from ..errors import FetchError
from ..model import Checkpoint, Fetched, Item, Source
from . import World, _linked, _sitemap
from ._charset import decode
from ._dates import moment
from ._follow import Listed, follow
from ._html import join
from ._options import per_visit
from ._robots import BUSY, Robots
from ._sitemap import Entry
from .feed import check as check

SITEMAPS = 5
"""Of an index, so many are read in one visit."""
DAYS = 3
UNDATED = 1_000
"""More entries without a date than these cannot be told apart from one visit to the next."""
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


def days(value: object) -> int:
    """How old an article may be that is new to us."""
    if type(value) is not int or not 1 <= value <= 365:
        raise ValueError(f"{value!r} is no number of days; right would be 3 (from 1 to 365)")
    return value


OPTIONS: Mapping[str, Callable[[object], object]] = {"days": days, "per_visit": per_visit}


def fetch(source: Source, since: Checkpoint, world: World) -> Iterator[Fetched]:
    """
    Yield the pages of articles that are new or changed. Raises FetchError when robots.txt forbids the sitemap, when it
    is none, and at the end for what could not be had; a partial one for pages and for parts of an index.
    """
    robots = Robots(since, world)
    yield from robots.keep(source, _fetch(source, since, world, robots))


def _fetch(source: Source, since: Checkpoint, world: World, robots: Robots) -> Iterator[Fetched]:
    if not robots.allow(source.location):
        raise FetchError(source.name, "robots.txt does not let us read this sitemap")
    failures: list[str] = []
    entries: list[Entry] = []
    is_first, is_busy, is_refused = "map" not in since, False, False
    try:
        for moved, found in _sitemaps(source, since, world, robots, failures):
            entries += found
            yield Fetched(url=source.location, body=None, checkpoint=moved)
        robots.renew(source.location)
    except FetchError as e:
        if not entries:
            raise
        failures.append(e.reason)
        is_busy = True  # what was found so far has to be remembered
    dated, undated = _young(entries, source, world), _undated(entries, source, failures)
    known = {one.seen: f"{world.now:%Y-%m-%d} " for one in undated} if is_first else {}
    if known:  # what gives no date and was there before us is old
        yield Fetched(url=source.location, body=None, checkpoint=known)
    try:
        yield from follow(source, {**since, **known}, world, [*dated, *undated], robots, is_busy=is_busy)
    except FetchError as e:
        failures.append(e.reason)
        is_refused = not e.partial
    if failures:
        raise FetchError(source.name, "; ".join(failures), partial=not (is_busy or is_refused))


def parse(source: Source, fetched: Fetched) -> Iterator[Item]:
    """Yield the article of one page. Raises ParseError."""
    yield from _linked.parse(source, fetched)


def _sitemaps(
    source: Source, since: Checkpoint, world: World, robots: Robots, failures: list[str]
) -> Iterator[tuple[Checkpoint, Sequence[Entry]]]:
    """What the bookmark has to learn, and the entries: of the sitemap, or of those in the index that have changed."""
    answer = world.get(source.location, since)
    if answer.body is None:
        yield answer.checkpoint, ()
        return
    try:
        sitemap = _sitemap.read(decode(answer.body, answer.charset))
    except ValueError as e:
        raise FetchError(source.name, str(e)) from e
    if not sitemap.is_index:
        yield {**answer.checkpoint, "map": "read"}, sitemap.entries
        return
    is_first = "map" not in since
    changed = [e for e in sitemap.entries if not _lastmod(e) or since.get(_mark(e)) != _lastmod(e)]
    changed.sort(key=lambda entry: entry.changed_at or _LONG_AGO, reverse=True)
    for entry in changed[:SITEMAPS]:
        validators = f"{_mark(entry)} "
        known = {key.removeprefix(validators): value for key, value in since.items() if key.startswith(validators)}
        found = _further(join(answer.url, entry.url), known, world, robots, failures)
        if found is not None:
            given = {} if _lastmod(entry) else {f"{validators}{key}": value for key, value in found[0].items()}
            yield {_mark(entry): _lastmod(entry), **given}, found[1]
    left = [entry for entry in changed[SITEMAPS:] if _lastmod(entry)]
    if is_first:  # a site's past is no news: what is old today was never new
        yield {_mark(entry): _lastmod(entry) for entry in left}, ()
        left = []
    yield {**({} if left or failures else answer.checkpoint), "map": "read"}, ()  # else the index is asked for again


def _further(
    url: str, since: Checkpoint, world: World, robots: Robots, failures: list[str]
) -> tuple[Checkpoint, Sequence[Entry]] | None:
    """
    The validators and entries of a sitemap in an index, none if it has not changed; None if it cannot be had. Raises
    FetchError when the server is busy.
    """
    if not robots.allow(url):
        failures.append(f"{url}: robots.txt does not let us read it")
        return None
    try:
        answer = world.get(url, since)
        if answer.body is None:
            return answer.checkpoint, ()
        sitemap = _sitemap.read(decode(answer.body, answer.charset))
    except (FetchError, ValueError) as e:
        if isinstance(e, FetchError) and e.status in BUSY:
            raise
        failures.append(f"{url}: {e.reason if isinstance(e, FetchError) else e}")
        return None
    return answer.checkpoint, () if sitemap.is_index else sitemap.entries


def _young(entries: Sequence[Entry], source: Source, world: World) -> list[Listed]:
    """Those of the last days, the newest first."""
    most = source.options.get("days", DAYS)
    oldest = world.now - timedelta(days=most if isinstance(most, int) else DAYS)
    dated = sorted(((entry.changed_at, n) for n, entry in enumerate(entries) if entry.changed_at), reverse=True)
    return [_listed(entries[n], source.location) for at, n in dated if at >= oldest]


def _undated(entries: Sequence[Entry], source: Source, failures: list[str]) -> list[Listed]:
    undated = [_listed(entry, source.location) for entry in entries if not entry.changed_at]
    if len(undated) > UNDATED:
        failures.append(f"{len(undated)} entries give no date; so many cannot be told apart, and are left out")
        return []
    return undated


def _listed(entry: Entry, place: str) -> Listed:
    said = entry.said
    published_at = moment(said.get("publication_date", ""))
    item = Item(
        url=join(place, entry.url),
        title=said.get("title"),
        is_html=False,
        published_at=published_at,
        date_said=said.get("publication_date") if published_at else None,
        updated_at=moment(said.get("lastmod", "")),
        labels=tuple(word.strip() for word in said.get("keywords", "").split(",") if word.strip())[:50],
        language=said.get("language"),
        publisher=said.get("name"),
    )
    return Listed(item, said.get("lastmod", ""))


def _mark(entry: Entry) -> str:
    return f"map {hashlib.sha256(entry.url.encode()).hexdigest()[:16]}"


def _lastmod(entry: Entry) -> str:
    return entry.said.get("lastmod", "")
