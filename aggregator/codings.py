"""
Bodies made smaller for the way: the content codings of RFC 9110, 8.4.1, and which of them a reader takes.

The only file that imports brotli. Equal bytes are packed to equal bytes.

A feed of 132 KB (benchmarks/publish.py), quality of brotli, level of gzip: CPU ms, KB

    brotli  1: 0.5, 27.8    2: 1.0, 27.3    3: 1.2, 26.5    4: 2.0, 25.5    5: 3.5, 23.4
    gzip    1: 1.0, 31.5    3: 1.5, 27.5    4: 1.7, 26.5    5: 2.2, 25.4    6: 3.2, 24.8    9: 6.0, 24.6

Everything that is published is packed both ways, at every change; so we stop where more of the time begins to buy less.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import brotli

SMALL = 1024
"""Bytes; what is smaller goes in one packet anyway."""


@dataclass(frozen=True)
class Coding:
    """One way to pack."""

    name: str
    """As Accept-Encoding and Content-Encoding say it."""
    suffix: str
    """Of the file that lies packed beside the plain one, as nginx and Caddy look for it."""
    _pack: Callable[[bytes], bytes]
    _unpack: Callable[[bytes], bytes]

    def pack(self, body: bytes) -> bytes | None:
        """The body packed; None where that is not worth the while."""
        if len(body) < SMALL:
            return None
        packed = self._pack(body)
        return packed if len(packed) < len(body) else None

    def holds(self, packed: bytes, body: bytes) -> bool:
        """Whether unpacking gives this body. Anything that cannot be unpacked does not."""
        try:
            return self._unpack(packed) == body
        except (OSError, EOFError, zlib.error, brotli.error):
            return False


def _gzip(body: bytes) -> bytes:
    return gzip.compress(body, compresslevel=4, mtime=0)


def _brotli(body: bytes) -> bytes:
    return bytes(brotli.compress(body, quality=3))


BROTLI = Coding("br", ".br", _brotli, brotli.decompress)
GZIP = Coding("gzip", ".gz", _gzip, gzip.decompress)
CODINGS = (BROTLI, GZIP)
"""The better ones first."""


@lru_cache(maxsize=256)
def accepted(header: str) -> tuple[Coding, ...]:
    """
    The codings that this Accept-Encoding prefers to a plain body, the best first (RFC 9110, 12.5.3): a name counts
    before `*`, the higher weight before the lower, and a weight of zero is a no.
    """
    asked = weights(header)
    asked.setdefault("gzip", asked.get("x-gzip", asked.get("*", 0.0)))
    plain = asked.get("identity", 0.0)
    wishes = {coding: asked.get(coding.name, asked.get("*", 0.0)) for coding in CODINGS}
    return tuple(sorted((c for c in CODINGS if wishes[c] > 0 and wishes[c] >= plain), key=lambda c: -wishes[c]))


def weights(header: str) -> dict[str, float]:
    """A list with weights (RFC 9110, 12.4.2), in lower case; what is no weight counts as 1."""
    found = {}
    for part in header.lower().split(","):
        name, _, parameters = part.partition(";")
        weight = re.fullmatch(r"\s*q\s*=\s*(\d+\.?\d*|\.\d+)\s*", parameters)
        found[name.strip()] = float(weight[1]) if weight else 1.0
    return found
