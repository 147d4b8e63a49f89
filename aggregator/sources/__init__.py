"""
Where news comes from. One file per kind; the file name is the key in the configuration.

A kind is a module with `fetch` and `parse`; it may also have `OPTIONS`, `check`, `wishes`, `notes` and `cut`. How to
write one: docs/add-a-source-kind.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from ..model import Checkpoint, Fetched, Item, Source, Wishes


class Answer(Protocol):
    """What came back from a polite GET: the body unpacked, and the bookmark for next time."""

    @property
    def url(self) -> str:
        """After redirects."""

    @property
    def body(self) -> bytes | None:
        """None: not modified."""

    @property
    def media_type(self) -> str:
        """Lower case, without parameters; empty if not said."""

    @property
    def charset(self) -> str | None:
        """Of the Content-Type header."""

    @property
    def is_part(self) -> bool:
        """Whether the body is only what is new since the bookmark (226, RFC 3229)."""

    @property
    def checkpoint(self) -> Checkpoint:
        """`etag` and `last-modified`, verbatim, and what else is needed to send them back: keep it whole."""


class World(Protocol):
    """The outside as one visit sees it: the time, and one polite way out. Tests give a fake one."""

    @property
    def now(self) -> datetime:
        """When the visit began."""

    def wait(self, time: timedelta) -> None:
        """Let a moment pass: seconds, not minutes, since a worker waits too. `now` stays what it was."""

    def pace(self, url: str, apart: timedelta) -> None:
        """From now on so much time is between two requests to this host, whoever makes them; none: as for others."""

    def get(self, url: str, since: Checkpoint | None = None, headers: Mapping[str, str] | None = None) -> Answer:
        """
        GET `url`, politely: conditional on the bookmark `since`, paced per host, bounded in time and size, and never
        into the private network. Raises FetchError (its `source` is the visit's).
        """


class SourceKind(Protocol):
    """What a kind of source must be able to do."""

    def fetch(self, source: Source, since: Checkpoint, world: World) -> Iterator[Fetched]:
        """
        Yield what is new since the bookmark, one document at a time: a feed 0 or 1, a folder one per changed file.

        Raises FetchError: it ends the visit, and what was yielded before stays.
        """

    def parse(self, source: Source, fetched: Fetched) -> Iterator[Item]:
        """Yield what the document says, in its order. Pure. Raises ParseError: it costs this document only."""


@dataclass(frozen=True, kw_only=True)
class Told:
    """What some entries of a document say, and the document itself."""

    items: Sequence[Item]
    """One for each of the entries."""
    wishes: Wishes | None
    notes: Sequence[str]


class Cuttings(Protocol):
    """A document whose entries can be read one without the other."""

    @property
    def entries(self) -> Sequence[str]:
        """In their order."""

    @property
    def frame(self) -> str:
        """All else in the document that an Item may depend on: the same frame and the same entry are the same Item."""

    def read(self, places: Sequence[int]) -> Told | None:
        """The entries at these places, one at least; None: they depend on each other after all."""
