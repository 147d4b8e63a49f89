"""What passes between two visits to one source: how it was received, and what we remember of it for the next time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ._incoming import Checkpoint

HOST_PAUSE = timedelta(minutes=10)
"""
As long as the other sources of a crowded host wait too, at most: its pause is meant for the one that was refused. And
just so long, all of them, if it names no pause.
"""


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """What a document says of coming back. Nothing said is nothing asked."""

    every: timedelta = timedelta()
    """The longest of what it names: `ttl`, `sy:updatePeriod` by `sy:updateFrequency`."""
    skip_hours: frozenset[int] = frozenset()
    """Hours of the day, in UTC, in which nobody need come."""
    skip_days: frozenset[int] = frozenset()
    """The same for days of the week; Monday is 0."""


@dataclass(frozen=True, kw_only=True)
class Reception:
    """
    How a visit was received, as plainly as the servers said it. Of several documents, the one at the source's own
    address speaks for it, or else the first.
    """

    status: int | None = None
    """Of the source's own document, after redirects; None if there was no answer."""
    is_elsewhere: bool = False
    """That answer is from where redirects led."""
    fresh_for: timedelta = timedelta()
    """How long the server calls that document fresh."""
    back_after: timedelta = timedelta()
    """The longest pause that any of the servers asked for."""
    crowded: Mapping[str, timedelta] = field(default_factory=dict)
    """
    The hosts whose pause is meant for all that we ask of them (429, or no requests left), and how long it is; zero if
    none was named. Those that redirect there are among them: the next address may lead there, too.
    """
    said_after: timedelta = timedelta()
    """How far into the visit the last of these wishes was heard: from then on all of them count."""
    moved_to: str = ""
    """Where permanent redirects (301, 308) lead from the source's own address; empty if they lead nowhere."""
    is_cut_off: bool = False
    """Not even a connection came about: it may be our own line."""


@dataclass(frozen=True, kw_only=True)
class Note:
    """What was mended in a source's document, read by guess, or left out. Nothing is wrong with what was collected."""

    text: str
    since: datetime
    """Of the first of the readings in a row that found it so."""


@dataclass(frozen=True, kw_only=True)
class Relocation:
    """Evidence that a source has moved for good."""

    to: str
    since: datetime
    visits: int
    """How many in a row have been sent there."""


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What a source's past means for its next visit."""

    checkpoint: Checkpoint = field(default_factory=dict, compare=False)
    """Its bookmark; empty at first. A visit keeps one of its own (`Visit.checkpoint`)."""
    visited: datetime | None = None
    """The last visit with success."""
    failures: int = 0
    """Failed visits in a row."""
    wishes: Wishes = Wishes()
    gap: timedelta = timedelta()
    """The usual time between two of its articles; zero if nobody can tell."""
    news_at: datetime | None = None
    """The last visit that brought something new."""
    whole_at: datetime | None = None
    """When its document was last given out, and not called unmodified."""
    address: str = ""
    """Where it is now, when it has moved for good; empty: where the configuration says."""
    relocation: Relocation | None = None
    notes: tuple[Note, ...] = ()
    """Of the last documents that were read."""
