"""Answers that come packed."""

from __future__ import annotations

import zlib

MOST_MEMBERS = 1000
"""Of a packed answer; bgzip makes one for each 64 kB."""


def unpack(body: bytes, coding: str, limit: int) -> bytes:
    """
    Undo gzip, which is all we offer. Believes the bytes more than the header: some servers say gzip and send plain,
    some the other way round. Raises ValueError with a plain sentence; `limit` bytes at most are ever unpacked.
    """
    codings = [name for part in coding.lower().split(",") if (name := part.strip()) not in ("", "identity")]
    if codings not in ([], ["gzip"], ["x-gzip"]):
        raise ValueError(f"the answer is packed as {', '.join(codings)!r}, which was not asked for")
    parts: list[bytes] = []
    size = 0
    while body.startswith(b"\x1f\x8b"):  # RFC 1952, 2.2: one member or several
        stream = zlib.decompressobj(zlib.MAX_WBITS | 16)
        try:
            parts.append(stream.decompress(body, limit - size + 1))
        except zlib.error as e:
            raise ValueError("the answer is badly packed") from e
        size += len(parts[-1])
        if size > limit:
            raise ValueError(f"the answer is longer than {limit} bytes unpacked")
        if not stream.eof:
            raise ValueError("the packed answer ends early")
        if len(parts) > MOST_MEMBERS:  # each costs a copy of all behind it
            raise ValueError(f"the answer is packed in more than {MOST_MEMBERS} parts")
        body = stream.unused_data
    return b"".join(parts) if parts else body
