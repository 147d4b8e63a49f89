"""
What a source says again, to the letter: known before anything is done with it.

    spelling    of an entry's letters in its document, before it is parsed
    wording     of the item that is parsed

Nearly all that a feed holds was there at the last visit. To make an article of an item takes twenty times as long as
to tell that it says what it said: its wording leads to the id and the digest of the article that it made, which the
store keeps with the visit. Where entries can be told apart without parsing them, their spellings lead there, too.
Whatever speaks against it (another company, another version in the store), the item is read as if it were new: an echo
spares work, and decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from json import JSONEncoder
from operator import attrgetter

from .model import Article, Dated, Echo, Fetched, Item, Known, Source
from .normalise import REVISION

_of_item = attrgetter(
    "guid", "url", "title", "is_html", "authors", "labels", "language", "publisher", "original_url",
)  # fmt: skip
_of_source = attrgetter("title", "language", "labels")
_of_enclosure = attrgetter("url", "media_type", "length", "title")
_UTF8 = ("utf-8", "surrogatepass")
_to_json = JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode


def wording(item: Item, source: Source, fetched: Fetched, authority: str) -> str:
    """
    32 hexadecimal digits of all that decides on the id and the digest of the item's article, and on whether it is ours
    (`authority`). Not of its dates: what has only been dated anew is no other version.
    """
    enclosures = [_of_enclosure(e) for e in item.enclosures]
    content, summary = item.content or "", item.summary or ""
    said = (
        REVISION, authority, _of_source(source), item.base or fetched.url, _of_item(item), enclosures, len(content)
    )  # fmt: skip
    whole = f"{_to_json(said)}{content}{summary}"  # the texts as they are: to make JSON of them takes the most time
    return sha256(whole.encode(*_UTF8)).hexdigest()[:32]


def spellings(entries: Sequence[str], frame: str, source: Source, fetched: Fetched, authority: str) -> list[str]:
    """The same, 32 digits for each entry, of the letters of a document, `frame` being those around the entries."""
    around = sha256(_to_json((REVISION, authority, _of_source(source), fetched.url, frame)).encode(*_UTF8))
    found = []
    for entry in entries:
        both = around.copy()
        both.update(entry.encode(*_UTF8))
        found.append(both.hexdigest()[:32])
    return found


@dataclass(frozen=True)
class Past:
    """What the items of a source's last visit were."""

    said: Mapping[str, Echo]
    """By their wordings."""

    @cached_property
    def spelt(self) -> Mapping[str, str]:
        """How their entries were spelt then -> their wordings."""
        return {echo.spelling: worded for worded, echo in self.said.items() if echo.spelling}


@dataclass
class Brought:
    """An item of this visit: its article, or the echo that it is as long as nobody has to read it."""

    wording: str
    spelling: str = ""
    """Of its letters, if they could be told apart from those of the others."""
    dated: str = ""
    """The date that it gives, as the next visit shall know it."""
    echo: Echo | None = None
    """What it was at the last visit; None: it has not been like this."""
    make: Callable[[], Article] | None = None
    """Of an echo."""
    date: tuple[datetime, Dated] | None = None
    """Of an echo that gives one: as of its article, if that were made now."""
    article: Article | None = None

    @property
    def id(self) -> str:
        """Under which it comes, before it is told apart from others."""
        return self.article.id if self.article else self.echo.id if self.echo else ""

    def read(self) -> None:
        """Make its article, if that has not been done yet."""
        if self.make and not self.article:
            self.article = self.make()


def is_held(echo: Echo, known: Known) -> bool:
    """Whether its id still means an article that says this, and nothing of it waits in quarantine."""
    held = known.echoed.get(echo.id)
    return held is not None and held[1] == echo.digest and echo.id not in known.waiting
