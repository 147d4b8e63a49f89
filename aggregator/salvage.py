"""
What a database that was lost leaves to the next one: stories that stand only in the documents of these days are sealed
before those are overwritten, as their sources may never tell them again.

    feeds/<topic>/rss.xml    the stories that are in no archive    ->    feeds/<topic>/archive/<n>/rss.xml
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from .formats import Archival
from .model import Edition, Imprint, Printed, Topic
from .press import put_folder
from .publish import archival_of, read_back, read_document


@dataclass(frozen=True, kw_only=True)
class Salvaged:
    """What the documents of a topic tell a database that knows nothing of it."""

    known: int = 0
    """Stories that they name."""
    sealed: int = 0
    """Of these, those that stood in no archive, and do now."""


@dataclass(kw_only=True)
class Told:
    """What the documents of a topic say, by guid."""

    last: int = 0
    """The number of its newest archive; 0: there is none."""
    archived: set[str] = field(default_factory=set)
    withdrawn: set[str] = field(default_factory=set)
    standing: dict[str, None] = field(default_factory=dict)
    """In the documents of these days, newest first."""


@dataclass(frozen=True, kw_only=True)
class Piece:
    """What an archive is to hold."""

    number: int
    guids: frozenset[str]
    following: int | None = None


def salvage(topic: Topic, imprint: Imprint, feeds: Path) -> Salvaged:
    """
    Called before the database hears of the topic. What stands in its documents and in none of its archives is sealed,
    each format by what its own document says; on disk for good when this returns. Whatever happens meanwhile, an
    archive is there in all these formats or in none; what is there already is not sealed again. Raises PressError.
    """
    folder, told = feeds / topic.name, what_is_told(read_back(feeds, topic.name))
    documents = [fmt for fmt in archival_of(topic) if read_document(folder / fmt.FILENAME, fmt, topic.name)]
    pieces = to_seal(told)
    for piece in pieces:
        seal(piece, documents, topic, imprint, folder)
    known = (told.archived | told.standing.keys()) - told.withdrawn
    return Salvaged(known=len(known), sealed=sum(len(piece.guids) for piece in pieces))


def what_is_told(printed: Iterable[Printed]) -> Told:
    """Of a document, what is told first is the newest."""
    told = Told()
    for one in printed:
        if one.archive is not None:
            told.last = max(told.last, one.archive)
        if one.withdrawn_at:
            told.withdrawn.add(one.guid)
        elif one.archive is None:
            told.standing[one.guid] = None
        elif one.guid:
            told.archived.add(one.guid)
    return told


def to_seal(told: Told) -> Sequence[Piece]:
    """
    The topic's next archive; none if its archives hold everything; and two if there is no archive yet, as one alone has
    no neighbour to link to.
    """
    rest = [guid for guid in told.standing if guid not in told.archived and guid not in told.withdrawn]
    if told.last or len(rest) < 2:
        return [Piece(number=told.last + 1, guids=frozenset(rest))] if rest else []
    older, newer = rest[len(rest) // 2 :], rest[: len(rest) // 2]
    return [Piece(number=1, guids=frozenset(older), following=2), Piece(number=2, guids=frozenset(newer))]


def seal(piece: Piece, documents: Sequence[Archival], topic: Topic, imprint: Imprint, folder: Path) -> None:
    """Write it. Its date is that of the documents: it must be none of this day, and no earlier than what is in it."""
    bodies = {fmt: (folder / fmt.FILENAME).read_bytes() for fmt in documents}
    archive = Edition(
        imprint=replace(imprint, hubs=()),
        topic=topic,
        stories=(),
        updated_at=last_change([folder / fmt.FILENAME for fmt in documents]),
        archive=piece.number,
        previous=piece.number - 1 or None,
        following=piece.following,
    )
    made = {fmt.FILENAME: fmt.seal(body, piece.guids, archive) for fmt, body in bodies.items()}
    put_folder(folder / "archive" / str(piece.number), made, archive.updated_at)


def last_change(paths: Iterable[Path]) -> datetime:
    """Of these documents, in whole seconds and never before it: a feed must not be older than its entries."""
    return datetime.fromtimestamp(math.ceil(max(path.stat().st_mtime for path in paths)), UTC)
