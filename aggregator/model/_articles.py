"""What we stand behind, and the visits that brought it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import NamedTuple

from ._incoming import Checkpoint, Enclosure
from ._standing import Note, Standing
from ._wanted import Source


class Dated(Enum):
    """How an article came by its date."""

    SAID = "said"  # the source gave it, and it is believable
    FILE = "file"  # the file's modification time
    FUTURE = "future"  # the source gave a time to come; we use when we first saw it
    MISSING = "missing"  # the source gave none
    IMPOSSIBLE = "impossible"  # the source gave something that is no date, or one from before the web


@dataclass(frozen=True, kw_only=True)
class Article:
    """What we stand behind: nothing optional but the language, markup safe, dates judged."""

    id: str
    """24 hexadecimal digits, the same on any machine and at any retry; scoped to the source."""
    source: str
    publisher: str
    """The document's own word for who published it, else the source's title or name."""
    guid: str
    """The source's own identifier; empty if it gave none."""
    url: str
    """The link that readers get; empty for a local text that gives none."""
    canonical_url: str
    """The same page's one spelling, for comparing only."""
    original_url: str = ""
    title: str
    """Plain text, one line, never empty."""
    summary: str
    """Plain text that ends at a sentence where it can; at most 400 characters."""
    content: str
    """Safe HTML with absolute links; may be empty."""
    authors: tuple[str, ...] = ()
    published_at: datetime
    dated: Dated
    date_said: str = ""
    updated_at: datetime
    """When the text last changed in substance, as far as we believe; never before `published_at`."""
    seen_at: datetime
    labels: tuple[str, ...] = ()
    enclosures: tuple[Enclosure, ...] = ()
    language: str = ""
    """BCP 47; empty if nobody can tell."""
    digest: str
    """Of everything a reader sees; another digest is another version."""
    sketch: str
    """Of the words alone, deaf to case, quotes, dashes, white space and markup; empty if there are too few to tell."""


class State(Enum):
    """How a source fares."""

    WAITING = "waiting"  # never visited
    OK = "ok"
    FAILING = "failing"
    OFFLINE = "offline"  # the last visit failed, as this machine is offline; nothing was wrong before
    STOPPED = "stopped"  # its server says that it is gone for good (410): visited only when the operator asks
    GONE = "gone"  # no longer in the configuration; what it brought stays


class Echo(NamedTuple):
    """An item that says what it said at the last visit, to the letter."""

    id: str
    """Under which its article came; it may be kept under another."""
    digest: str
    """Of its article."""
    spelling: str = ""
    """A digest of its letters as they stood in the document; empty where they do not tell alone what it says."""
    dated: str = ""
    """The date that it gave, in ISO 8601; empty if it gave none."""


@dataclass(frozen=True, kw_only=True)
class Visit:
    """One call at one source, good or bad."""

    source: str
    of: Source | None = None
    """The source as it was configured when the visit began; None: as it is now."""
    at: datetime
    next_at: datetime
    """When the source is due again."""
    next_because: str = ""
    """Why then."""
    not_before: datetime | None = None
    """The server's own wish (Retry-After, max-age), kept also when somebody asks for a visit now."""
    checkpoint: Checkpoint
    error: str | None = None
    left_out: str | None = None
    """What could not be had, while all else was: nothing is wrong with the source itself."""
    requests: int = 0
    bytes: int = 0
    standing: Standing | None = None
    """What is to be remembered for the next visit; None: what was."""
    hosts_not_before: Mapping[str, datetime] = field(default_factory=dict)
    """Host -> the wish of its server for all sources there."""
    is_unchanged: bool = False
    """The server has said that the document is as it was (304)."""
    echoes: Mapping[str, Echo] | None = None
    """What its items said, by a digest of their wording (echoes.py), for the next visit; None: what they said last."""
    is_last: bool = False
    """The source is gone for good, and not due again until the operator asks."""
    is_excused: bool = False
    """The fault was ours (no network): it does not count against the source."""


@dataclass(frozen=True, kw_only=True)
class Health:
    """A source's record, for the operator. Counts are since the beginning, but for `failures`."""

    name: str
    kind: str
    state: State
    last_visit: datetime | None = None
    last_success: datetime | None = None
    next_visit: datetime | None = None
    failing_since: datetime | None = None
    failures: int = 0
    """Failed visits in a row."""
    error: str | None = None
    articles: int = 0
    """How many of its articles are held."""
    new: int = 0
    """How many the last visit brought."""
    requests: int = 0
    bytes: int = 0
    moved_to: str | None = None
    """Where it is visited, when it has moved for good; the configuration still has the old address."""
    next_because: str = ""
    """Why the next visit is when it is."""
    not_before: datetime | None = None
    """Its server has asked for a pause until then."""
    gap: timedelta = timedelta()
    """The usual time between two of its articles; zero if nobody can tell."""
    news_at: datetime | None = None
    """The last visit that brought something new."""
    visits: int = 0
    unchanged: int = 0
    """Visits that found the document as it was, by the server's word: they cost it nearly nothing."""
    waiting: int = 0
    """Articles that wait in quarantine."""
    left_out: str | None = None
    """What the last visit could not have, while all else came."""
    notes: tuple[Note, ...] = ()
    """What was mended in what was read last."""
