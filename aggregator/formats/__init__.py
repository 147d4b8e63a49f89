"""
How an Edition becomes bytes. One file per format; the file name is the word in a topic's `formats:`.

    head | item | item | ... | foot        an item depends on its story and its setting; the next edition has it again

How to write one: docs/add-an-output-format.md.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Protocol, runtime_checkable

from ..model import Edition, Printed
from ._proof import distinct


class Format(Protocol):
    """What an output format must be able to do."""

    FILENAME: str
    """Its file in feeds/<topic>/: `rss.xml`."""
    MEDIA_TYPE: str
    """What a web server has to say of it, with the character set."""

    BETWEEN: bytes
    """What stands between two stories."""

    # All three are pure: equal editions give equal bytes, on any machine and on any day.

    def head(self, edition: Edition) -> bytes:
        """What comes before the stories."""

    def items(self, edition: Edition) -> list[bytes]:
        """
        The stories of the edition, one by one. Each depends on its story and its setting (`_proof.settings`), on
        nothing else of the edition.
        """

    def foot(self, edition: Edition) -> bytes:
        """What comes after the stories."""


@runtime_checkable
class Archival(Format, Protocol):
    """A format that has archives too (RFC 5005, section 4): `head` says where their neighbours are."""

    def without(self, body: bytes, guids: Collection[str]) -> bytes:
        """An archive that was rendered before, without these stories and otherwise as it is."""

    def seal(self, body: bytes, guids: Collection[str], archive: Edition) -> bytes:
        """
        This archive, which has no stories yet, with those of a document of ours that have one of these guids: as they
        stand there, but that related stories are not named, since those may be withdrawn. Raises as `read` does.
        """

    def read(self, body: bytes, topic: str, archive: int | None) -> Iterator[Printed]:
        """
        What a document of ours says of its stories, and of those that were withdrawn; it was published in this topic's
        archive, or as its current document (None). Raises ValueError, LookupError or TypeError if it is none of ours.
        """


def render(fmt: Format, edition: Edition) -> bytes:
    """The edition, whole."""
    edition = distinct(edition)
    return assemble(fmt, edition, fmt.items(edition))


def assemble(fmt: Format, edition: Edition, items: Iterable[bytes]) -> bytes:
    """The edition, of the items of its stories."""
    return b"".join((fmt.head(edition), fmt.BETWEEN.join(items), fmt.foot(edition)))
