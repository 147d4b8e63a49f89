"""
Articles that something links to: their pages, politely fetched, each once.

    listed    what a page, a sitemap or a feed tells of articles     -> Item
    waiting   listed, and not fetched yet: so many a visit
    known     fetched, or given up

The bookmark has a line for each article: "todo URL" -> tries and Item, "seen HASH" -> the day and the version. An
article that leaves the listing before its turn is not lost.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256

from ..errors import FetchError
from ..model import Checkpoint, Fetched, Item, Source
from . import World
from ._announced import dump, load
from ._robots import BUSY, Robots

PER_VISIT = 10
TRIES = 3
FAILURES = 3
"""So many in one visit, and the site is left alone until the next."""
MOST_WAITING, MOST_KNOWN = 500, 5_000
MISSING = (404, 410)
"""A page that is not there says nothing of the site."""
_READABLE = ("", "text/html", "application/xhtml+xml", "text/plain", "application/octet-stream")


@dataclass(frozen=True)
class Listed:
    """An article that something links to; its item has a url. Another version is another text, to be fetched anew."""

    item: Item
    version: str = ""

    @property
    def url(self) -> str:
        """Absolute."""
        return self.item.url or ""

    @property
    def seen(self) -> str:
        """Its line among those that are known."""
        return f"seen {sha256(self.url.encode()).hexdigest()[:16]}"

    @property
    def todo(self) -> str:
        """Its line among those that wait."""
        return f"todo {self.url}"

    @property
    def says_something(self) -> bool:
        """Whether what was said of it can stand alone."""
        return bool(self.item.title or self.item.content)

    def line(self, tries: int) -> str:
        """What its line says while it waits."""
        return json.dumps({"tries": tries, "version": self.version, "item": dump(self.item)}, ensure_ascii=False)


def follow(
    source: Source, since: Checkpoint, world: World, listed: Iterable[Listed], robots: Robots, *, is_busy: bool = False
) -> Iterator[Fetched]:
    """
    Yield the pages of articles that are new, `per_visit` of them at most, those just listed first; and what the
    bookmark has to learn of the others. Where a page cannot be had, what was said of the article is yielded alone, with
    an empty body; the page is tried again, three times in all. Of a site that `is_busy` none is asked for. Raises
    FetchError at the end, for what could not be had: a partial one, unless the site is in trouble and gave no page.
    """
    known, waiting = _once(listed), _waiting(since)
    fresh = [(one, 0) for url, one in known.items() if url not in waiting and _is_wanted(one, since)]
    waiting = {url: (known.get(url, one), tries) for url, (one, tries) in waiting.items()}
    queue = sorted([*fresh, *waiting.values()], key=lambda turn: _was_fetched_today(turn[0], since, world))
    most = min(_at_most(source, robots, queue), sum(not _was_fetched_today(one, since, world) for one, _ in queue))
    most = 0 if is_busy else most
    yield _noted(source, _lines(queue) | _forgotten(since, known.values()))
    failures: list[str] = []
    had, refused, is_in_trouble = 0, 0, False
    for one, tries in queue[:most]:
        # noted before: what makes `parse` fail is not tried for ever
        yield _noted(source, {one.todo: one.line(tries + 1)} if tries + 1 < TRIES else _done(one, world))
        try:
            yield _page(source, one, world, robots)
            had += 1
        except FetchError as e:
            failures.append(e.reason)
            refused += e.status not in MISSING
            is_in_trouble = refused == FAILURES or e.status in BUSY
            if e.permanent:
                yield _noted(source, _done(one, world))
            if tries == 0 and one.says_something:
                yield Fetched(url=one.url, body=b"", checkpoint={}, announced=one.item)
            if len(failures) == FAILURES or e.status in BUSY:
                break
    yield _noted(source, robots.moved)
    if complaints := [*_unreadable(failures), *_unremembered(len(queue))]:
        raise FetchError(source.name, "; ".join(complaints), partial=had > 0 or not is_in_trouble)


def _page(source: Source, one: Listed, world: World, robots: Robots) -> Fetched:
    if robots.is_busy(one.url):
        raise FetchError(source.name, "robots.txt could not be had for now", status=BUSY[0])
    answer = world.get(one.url) if robots.allow(one.url) else None
    if answer is None or answer.media_type not in _READABLE or not robots.allow(answer.url):  # after redirects
        body = b"" if one.says_something else None
        return Fetched(url=one.url, body=body, checkpoint=_done(one, world), announced=one.item)
    return Fetched(
        url=answer.url, body=answer.body or b"", checkpoint=_done(one, world), media_type=answer.media_type,
        charset=answer.charset, announced=one.item,
    )  # fmt: skip


def _lines(queue: list[tuple[Listed, int]]) -> dict[str, str]:
    """Each that waits has a line; those that are too many lose theirs."""
    return {one.todo: one.line(tries) if n < MOST_WAITING else "" for n, (one, tries) in enumerate(queue)}


def _done(one: Listed, world: World) -> Checkpoint:
    return {one.todo: "", one.seen: f"{world.now:%Y-%m-%d} {one.version}"}


def _noted(source: Source, moved: Checkpoint) -> Fetched:
    return Fetched(url=source.location, body=None, checkpoint=moved)


def _once(listed: Iterable[Listed]) -> dict[str, Listed]:
    """By url, in their order."""
    by_url: dict[str, Listed] = {}
    for one in listed:
        by_url.setdefault(one.url, one)
    return by_url


def _is_wanted(one: Listed, since: Checkpoint) -> bool:
    """Not what is known, unless in another version."""
    return one.seen not in since or since[one.seen].partition(" ")[2] != one.version


def _was_fetched_today(one: Listed, since: Checkpoint, world: World) -> bool:
    """Then another version waits until tomorrow: some sites stamp everything with the present."""
    return since.get(one.seen, "").startswith(f"{world.now:%Y-%m-%d} ")


def _waiting(since: Checkpoint) -> dict[str, tuple[Listed, int]]:
    """By url. What is no line of ours is passed over."""
    waiting = {}
    for key, line in since.items():
        if key.startswith("todo "):
            try:
                said = json.loads(line)
                one = Listed(load(said["item"]), said["version"])
                waiting[one.url] = (one, int(said["tries"]))
            except (ValueError, TypeError, KeyError, AttributeError):
                continue
    return waiting


def _at_most(source: Source, robots: Robots, queue: list[tuple[Listed, int]]) -> int:
    """As many as the operator says, and as fit into a minute where the site wants long pauses."""
    wanted = source.options.get("per_visit", PER_VISIT)
    most = wanted if isinstance(wanted, int) else PER_VISIT
    pause = robots.pause(queue[0][0].url).total_seconds() if queue else 0
    return min(most, max(1, int(60 / pause))) if pause else most


def _forgotten(since: Checkpoint, listed: Iterable[Listed]) -> dict[str, str]:
    """The lines of those that have been known for the longest time, when there are too many; not of what is listed."""
    kept = {one.seen for one in listed}
    known = sorted((line, key) for key, line in since.items() if key.startswith("seen ") and key not in kept)
    return {key: "" for _, key in known[: max(0, len(known) - MOST_KNOWN)]}


def _unreadable(failures: list[str]) -> Iterator[str]:
    if failures:
        reasons = [re.sub(r"\s+", " ", reason) for reason in dict.fromkeys(failures)]
        articles = "an article" if len(failures) == 1 else f"{len(failures)} articles"
        yield f"the text of {articles} could not be had: {'; '.join(reasons[:FAILURES])}"


def _unremembered(queued: int) -> Iterator[str]:
    if queued > MOST_WAITING:
        told = f"of {queued} articles to come {MOST_WAITING} are remembered, the others when they are listed again"
        yield f"{told}; 'per_visit' says how many come at a visit"
