"""
What one visit brings home: the documents of a source, read as far as they say something else than at the last visit.

    fetch | unwrap (parse | normalise) -> Bag
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, cast
from urllib.parse import unquote

from . import plugins
from .errors import FetchError, ParseError
from .model import Article, Dated, Decision, Echo, Fetched, Source, Verdict, Wishes
from .sources import SourceKind, Told, World

if TYPE_CHECKING:
    from .echoes import Brought, Past

NOTES_KEPT = 10
STORED = (Verdict.NEW, Verdict.COPY, Verdict.CHANGED, Verdict.SAME)
ONE_BY_ONE = Lock()
"""
Who reads or judges (collect.py) does so alone. Reading takes ten times the memory of what is read, and many workers may
have come home at once. Nor would it be faster together: they would only take the interpreter from each other, 6 to 7 %
of the time for each of the two. Who holds it waits for nothing: no network, and no turn at the store.
"""


@dataclass
class Bag:
    """What is being carried home."""

    checkpoint: dict[str, str]
    authority: str = ""
    """Whose `tag:` URIs we mint: what comes under one of them is ours."""
    recollect: Callable[[], Mapping[str, Echo]] = dict
    """Gives what the items of the last visit were, by their wording; asked for it when there is something to read."""
    brought: list[Brought] = field(default_factory=list)
    """Every item, in the order of the documents."""
    articles: list[Article] = field(default_factory=list)
    """Of what is brought, those that had to be read, told apart."""
    echoes: list[Brought] = field(default_factory=list)
    """The others."""
    places: list[str] = field(default_factory=list)
    """Where the documents were found, after redirects."""
    errors: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    """What went wrong with a part of it, and not with the source."""
    wishes: Wishes | None = None
    """What the first document that was read says of coming back."""
    is_part: bool = False
    """Whether a document came in part, so that who is not in it has not gone."""
    notes: list[str] | None = None
    """What was mended in the documents that were read; None: none was read."""

    def move_bookmark(self, fetched: Fetched) -> None:
        self.checkpoint.update(fetched.checkpoint)
        for key in [k for k, v in self.checkpoint.items() if not v]:
            del self.checkpoint[key]

    def sort(self) -> None:
        """Into articles and echoes. Who shares an id is read: how they are told apart depends on all of them."""
        from .identity import tell_apart

        for one in self.brought:
            if self._sharing[one.id] > 1:
                one.read()
        self.articles = tell_apart(one.article for one in self.brought if one.article)
        self.echoes = [one for one in self.brought if one.article is None]

    def heard(self, decisions: Sequence[Decision]) -> Mapping[str, Echo] | None:
        """
        What is an echo the next time: all that is stored and had its id for itself. None: what was one this time, also
        where only a part of it was said again.
        """
        if not self.brought or self.is_part:
            return None
        alone = {one.id: one for one in self.brought if self._sharing[one.id] == 1}
        kept = [(one, one.echo.digest) for one in self.echoes if one.echo]
        for article, decision in zip(self.articles, decisions, strict=True):
            if decision.verdict in STORED and (one := alone.get(article.id)):
                kept.append((one, article.digest))
        heard = {one.wording: Echo(one.id, digest, one.spelling, one.dated) for one, digest in kept}
        return heard if heard != self.past.said else None

    @cached_property
    def past(self) -> Past:
        """What was said at the last visit."""
        from .echoes import Past

        return Past(self.recollect())

    @cached_property
    def _sharing(self) -> Counter[str]:
        return Counter(one.id for one in self.brought)

    def dates(self) -> list[datetime]:
        """Those that the source gives, and that are believable."""
        dates = [(a.published_at, a.dated) for a in self.articles] + [one.date for one in self.echoes if one.date]
        return [at for at, dated in dates if dated is Dated.SAID]

    def note_wishes(self, kind: SourceKind, fetched: Fetched, told: Told | None) -> None:
        if fetched.body is not None and not self.wishes and (ask := getattr(kind, "wishes", None)):
            self.wishes = told.wishes if told else ask(fetched)

    def take_notes(self, kind: SourceKind, fetched: Fetched, told: Told | None, where: str) -> None:
        is_own = fetched.body is not None and not fetched.announced
        if is_own and (ask := getattr(kind, "notes", None)):
            found = (self.notes or []) + [f"{where}{note}" for note in (told.notes if told else ask(fetched))]
            self.notes = found[:NOTES_KEPT]


def gather(source: Source, world: World, bag: Bag) -> Bag:
    """Fill the bag. One bad document costs itself, and its bookmark stays where it was; a broken way ends the visit."""
    kind = cast(SourceKind, plugins.load("sources", source.kind))
    try:
        for fetched in kind.fetch(source, dict(bag.checkpoint), world):  # as it was: what is yielded moves the other
            try:
                with ONE_BY_ONE:
                    take(kind, source, fetched, world.now, bag)
            except ParseError as e:
                found = bag.left_out if is_a_part(fetched, source) else bag.errors
                found.append(f"{place(fetched, source)}{e.reason}")
    except FetchError as e:
        (bag.left_out if e.partial else bag.errors).append(e.reason)
    if bag.brought:
        bag.sort()
    return bag


def take(kind: SourceKind, source: Source, fetched: Fetched, now: datetime, bag: Bag) -> None:
    """Put a document into the bag, and what it says beside its items. Raises ParseError; then the bag is as it was."""
    brought: list[Brought] = []
    told: Told | None = None
    if fetched.body is not None:
        from .unwrap import unwrap  # and all that makes articles: most visits bring nothing

        brought, told = unwrap(kind, source, fetched, now, bag.past, bag.authority)
    bag.brought += refuse_our_own(source, brought, bag.authority)
    bag.places.append(fetched.url)
    bag.is_part |= fetched.is_part
    bag.move_bookmark(fetched)
    bag.note_wishes(kind, fetched, told)
    bag.take_notes(kind, fetched, told, place(fetched, source))


def place(fetched: Fetched, source: Source) -> str:
    """Which of a source's documents it is, where there may be several."""
    return "" if fetched.url == source.location else f"{unquote(fetched.url.rpartition('/')[2])}: "


def is_a_part(fetched: Fetched, source: Source) -> bool:
    """Whether it is one of the files of a folder, or of the letters of a mailbox: the others are none the worse."""
    return fetched.url.startswith("file:") and fetched.url != Path(source.location).absolute().as_uri()


def refuse_our_own(source: Source, brought: list[Brought], authority: str) -> list[Brought]:
    """Raises ParseError for a document in which everything is ours; of an echo we know that it is not."""
    if not brought:
        return []
    from .dedupe import is_ours

    if all(one.article and is_ours(one.article, authority) for one in brought):
        raise ParseError(source.name, f"this is our own feed: all its guids are ours (tag:{authority}:...)")
    return brought
