"""What the commands share: putting the pieces together, and telling."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import NotFoundError

if TYPE_CHECKING:
    from socket import socket

    from ..config import Config
    from ..model import Article, Story
    from ..newsroom import Newsroom
    from ..stores import Store

OUR_ID = re.compile("[0-9a-f]{24}")
MOST_NAMED = 10
"""Stories that are listed where a key means several."""


def configuration(path: Path) -> Config:
    """What is in force: while the file is broken that of before, if there is one, and what is wrong is told."""
    from ..config.last import load_or_last

    settings, broken = load_or_last(path)
    if broken:
        click.echo(str(broken), err=True)
        click.echo(f"{path}: the configuration of before stays in force", err=True)
    return settings


def as_written(path: Path, *, may_be_empty: bool = False) -> Config:
    """For commands about the file itself: as it is, or what is wrong with it."""
    from ..config import load

    return load(path, may_be_empty=may_be_empty)


@contextmanager
def newsroom(settings: Config, command: str) -> Iterator[Newsroom]:
    from ..newsroom import Newsroom
    from ..press import sweep

    with Newsroom(settings, f"aggregator {command}, since {datetime.now():%H:%M}") as room:
        sweep(settings.feeds)
        yield room


@contextmanager
def reading(settings: Config) -> Iterator[Store]:
    """The store, for looking only; works beside a running process."""
    from ..stores.sqlite import open_store

    store = open_store(settings.database, writing=False)
    try:
        yield store
    finally:
        store.close()


def leave_alone(settings: Config, url: str) -> None:
    """
    Raises FetchError where a server of this host has said when to come back (RFC 9110, section 10.2.3), and that is not
    yet: also who asks by hand asks it.
    """
    from ..errors import FetchError
    from ..jobs import now
    from ..model import host_of

    host = host_of(url)
    here = {source.name for source in settings.sources if source.host == host}
    if not host or not here or not settings.database.exists():
        return
    with reading(settings) as store:
        for health in store.health():
            if health.name in here and health.error and health.not_before and health.not_before > now():
                until, why = f"{health.not_before:%Y-%m-%d %H:%M} UTC", f"{health.name}: {health.error}"
                raise FetchError(host, f"its server wants to be left alone until {until} ({why})")


def named(key: str) -> str:
    """The id in the link that we give to a text without one: .../all/#ID. Else the key itself."""
    _, _, place = key.rpartition("#")
    return place if OUR_ID.fullmatch(place) else key


def the_story(store: Store, key: str) -> Story:
    """The one with this id, guid or link, however a browser has written it; a link may be that of a page of many."""
    from ..urls import canonical

    stories = store.find_all(named(key)) or store.find_all(canonical(key))
    if not stories:
        raise NotFoundError(f"nothing here has the link, guid or id {key!r}; see 'aggregator stories'")
    if len(stories) > 1:
        newest = [f"{story.id}  {story.lead.title}" for story in reversed(stories)][:MOST_NAMED]
        more = "" if len(stories) <= MOST_NAMED else f"; the newest {MOST_NAMED} of them"
        raise NotFoundError("\n  ".join([f"{len(stories)} stories have {key!r}; name one by its id{more}:", *newest]))
    return stories[0]


def the_article(store: Store, key: str) -> tuple[Article, Story]:
    """The article that has this id, the beginning of it, or this link, and the story that it is in."""
    from ..urls import canonical

    story = the_story(store, key)
    by_id = [a for a in story.members if a.id.startswith(named(key).lower())]
    names = {key, canonical(key)} - {""}
    by_link = [a for a in story.members if names & {a.url, a.canonical_url, a.original_url, a.guid}]
    found = by_id or by_link
    if len(found) != 1:
        ids = ", ".join(f"{a.id[:12]} ({a.source})" for a in found or story.members)
        raise NotFoundError(f"{key!r} names no single article; there are {ids}")
    return found[0], story


def publish_all(room: Newsroom) -> None:
    from ..model import Job

    topics = [Job("publish", topic.name) for topic in room.config.topics]
    for job in (Job("classify"), *topics, Job("pack"), Job("front"), Job("desk")):
        room.perform(job)


def must_be_one_of(what: str, name: str, known: list[str]) -> None:
    if name not in known:
        raise click.UsageError(f"no {what} is called {name!r}; there are {', '.join(known)}")


def show(lines: Iterable[str]) -> None:
    for line in lines:
        click.echo(line)


def json_line(row: object) -> str:
    return json.dumps(row, ensure_ascii=False)


def address(sock: socket) -> str:
    host, port = sock.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"
