"""
What one visit brings home: the documents of a source, read as far as they say something else than at the last visit.

    fetch | parse | normalise -> Bag
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache, cached_property, partial
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, cast
from urllib.parse import unquote

from . import plugins
from .errors import FetchError, ParseError
from .model import Article, Dated, Decision, Echo, Fetched, Item, Source, Verdict, Wishes
from .sources import SourceKind, Told, World

if TYPE_CHECKING:
    from .echoes import Brought

NOTES_KEPT = 10
STORED = (Verdict.NEW, Verdict.COPY, Verdict.CHANGED, Verdict.SAME)
ONE_BY_ONE = Lock()
"""
Reading takes ten times the memory of what is read, and many workers may have come home at once. Nor would it be faster
together: they would only take the interpreter from each other, 6 % of a first collection.
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
        """What is an echo the next time: all that is stored and had its id for itself. None: what was one this time."""
        if not self.brought:
            return None
        alone = {one.id: one for one in self.brought if self._sharing[one.id] == 1}
        kept = [(one, one.echo.digest) for one in self.echoes if one.echo]
        for article, decision in zip(self.articles, decisions, strict=True):
            if decision.verdict in STORED and (one := alone.get(article.id)):
                kept.append((one, article.digest))
        heard = {one.wording: Echo(one.id, digest, one.spelling, one.dated) for one, digest in kept}
        return heard if heard != self.said else None

    @cached_property
    def said(self) -> Mapping[str, Echo]:
        """What the items of the last visit were, by their wording."""
        return self.recollect()

    @cached_property
    def spelt(self) -> Mapping[str, str]:
        """How their entries were spelt then -> their wordings."""
        return {echo.spelling: wording for wording, echo in self.said.items() if echo.spelling}

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
    brought, told = read(kind, source, fetched, now, bag)
    bag.brought += refuse_our_own(source, brought, bag.authority)
    bag.places.append(fetched.url)
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


def read(
    kind: SourceKind, source: Source, fetched: Fetched, now: datetime, bag: Bag
) -> tuple[list[Brought], Told | None]:
    """What the document brings; and what it says of itself, if that has been found out on the way."""
    if fetched.body is None:
        return [], None
    if (cut := getattr(kind, "cut", None)) and (cuttings := cut(source, fetched)):
        from .echoes import spellings

        found = spellings(cuttings.entries, cuttings.frame, source, fetched, bag.authority)
        new = [n for n, spelling in enumerate(found) if spelling not in bag.spelt] or [0]  # shows where they all stand
        if told := cuttings.read(new):
            items = dict(zip(new, told.items, strict=True))
            return list(pieces(items, found, kind, source, fetched, now, bag)), told
    place = replace(fetched, body=None)  # an echo keeps it
    return [bring(item, source, place, now, bag) for item in kind.parse(source, fetched)], None


def pieces(
    items: Mapping[int, Item], spellings: Sequence[str],
    kind: SourceKind, source: Source, fetched: Fetched, now: datetime, bag: Bag,
) -> Iterator[Brought]:  # fmt: skip
    """Those that have been read, each by its place; the others stood there at the last visit, to the letter."""
    from .echoes import Brought
    from .normalise import judged, normalise

    place, this_second = replace(fetched, body=None), now.replace(microsecond=0)
    whole = cache(lambda: list(kind.parse(source, fetched)))  # if ever somebody asks
    for n, spelling in enumerate(spellings):
        if n in items:
            yield bring(items[n], source, place, now, bag, spelling)
        else:
            worded = bag.spelt[spelling]
            echo = bag.said[worded]
            date = judged(datetime.fromisoformat(echo.dated), this_second) if echo.dated else None
            make = partial(lambda n: normalise(whole()[n], source, place, now), n)
            yield Brought(worded, spelling, echo.dated, echo, make, date)


def bring(item: Item, source: Source, place: Fetched, now: datetime, bag: Bag, spelling: str = "") -> Brought:
    """An echo, if the item says what it said; else its article."""
    from .echoes import Brought, wording
    from .normalise import normalise, published

    worded = wording(item, source, place, bag.authority)
    at = item.published_at or item.updated_at
    dated = at.isoformat() if spelling and at else ""
    if echo := bag.said.get(worded):
        make = partial(normalise, item, source, place, now)
        return Brought(worded, spelling, dated, echo, make, published(item, now))
    return Brought(worded, spelling, dated, article=normalise(item, source, place, now))
