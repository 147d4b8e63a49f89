"""
How an Edition becomes bytes. One file per format; the file name is the word in a topic's `formats:`.

How to write one: docs/add-an-output-format.md.
"""

from __future__ import annotations

from typing import Protocol

from ..model import Edition


class Format(Protocol):
    """What an output format must be able to do."""

    FILENAME: str
    """Its file in feeds/<topic>/: `rss.xml`."""
    MEDIA_TYPE: str
    """What a web server has to say of it, with the character set."""

    def render(self, edition: Edition) -> bytes:
        """Pure: equal editions give equal bytes, on any machine and on any day."""
