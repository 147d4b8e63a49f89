"""
How an Edition becomes bytes. One file per format; the file name is the word in a topic's `formats:`.

How to write one: docs/add-an-output-format.md.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol, runtime_checkable

from ..model import Edition


class Format(Protocol):
    """What an output format must be able to do."""

    FILENAME: str
    """Its file in feeds/<topic>/: `rss.xml`."""
    MEDIA_TYPE: str
    """What a web server has to say of it, with the character set."""

    def render(self, edition: Edition) -> bytes:
        """Pure: equal editions give equal bytes, on any machine and on any day."""


@runtime_checkable
class Archival(Format, Protocol):
    """A format that has archives too (RFC 5005, section 4): `render` says where their neighbours are."""

    def without(self, body: bytes, guids: Collection[str]) -> bytes:
        """An archive that was rendered before, without these stories and otherwise as it is."""
