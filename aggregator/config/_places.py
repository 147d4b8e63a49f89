"""Whether a path that the operator has written can be followed; if not, it is a complaint at its place."""

from __future__ import annotations

import errno
from pathlib import Path

from ._section import Section

NEVER = (errno.ELOOP, errno.ENAMETOOLONG)
"""What no waiting mends. A folder that is missing may come yet, as may the right to enter it."""


def can_be_followed(section: Section, key: str, place: Path) -> bool:
    """Also if nothing is there. What this key says leads to `place`."""
    try:
        place.stat()
    except OSError as e:
        if e.errno in NEVER:
            section.complain(key, f"this path cannot be followed: {e.strerror}")
            return False
    return True
