"""
A mailbox in one file (mbox, RFC 4155): letter by letter, without ever holding more than one of them.

    From ann@paper.example Mon Mar  2 10:00:00 2026     <- behind an empty line, or at the beginning
    Subject: ...
    >From here on it is text                            <- written so, to be told apart; the sign is taken off (mboxrd)
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import sha256
from typing import BinaryIO

_SEPARATOR = re.compile(rb"From \S+.*\d\d:\d\d")
_QUOTED = re.compile(rb">+From ")
_BEGINNING = 65_536
_LONG_LINE = 1 << 20


def letters(file: BinaryIO, start: int, longest: int) -> Iterator[tuple[bytes | None, int]]:
    """Each letter from `start` on, and where it ends; None in place of one that is longer than `longest` bytes."""
    file.seek(start)
    lines: list[bytes] = []
    size, end, was_empty, is_inside = 0, start, True, False
    while line := file.readline(_LONG_LINE):
        if was_empty and _SEPARATOR.match(line):
            if is_inside:
                yield (b"".join(lines) if size <= longest else None), end
            lines, size, is_inside = [], 0, True
        elif is_inside:
            size += len(line)
            if size <= longest:
                lines.append(line[1:] if _QUOTED.match(line) else line)
        end += len(line)
        was_empty = not line.strip(b"\r\n")
    if is_inside:
        yield (b"".join(lines) if size <= longest else None), end


def continues(file: BinaryIO, digest: str, offset: int) -> bool:
    """Whether the file begins as it did when it was read up to `offset`, and a letter begins there, or nothing more."""
    if fingerprint(file, offset) != digest:
        return False
    file.seek(offset)
    line = file.readline(_LONG_LINE)
    return not line or _SEPARATOR.match(line) is not None


def fingerprint(file: BinaryIO, offset: int) -> str:
    """Of the beginning of a file that was read up to `offset`."""
    file.seek(0)
    return sha256(file.read(min(offset, _BEGINNING))).hexdigest()
