"""
What is new in a feed for somebody who has an older version of it (RFC 3229 with the instance manipulation `feed`).

    BackIssues.note     a version has come out
    BackIssues.since    the newest version, with only those entries that an older one did not have

No old version is kept: only, for each entry of the newest, in which version it came. An entry that was edited is
another entry.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import pairwise
from xml.parsers.expat import ExpatError, ParserCreate

VERSIONS = 200
"""So many versions of a feed are remembered; who has an older one gets the whole."""
_ENTRIES = ("item", "entry")


@dataclass
class BackIssues:
    """The versions of one document, RSS 2.0 or Atom. Forgotten with the process: then everybody gets the whole once."""

    _numbers: OrderedDict[str, int] = field(default_factory=OrderedDict)
    """Version -> its number; the newest last."""
    _came: dict[bytes, int] = field(default_factory=dict)
    """Entry of the newest version -> the number of the version that brought it."""
    _count: int = 0

    def note(self, version: str, document: bytes) -> None:
        """This is the newest version now, also if it was an old one before. What is not XML has no entries."""
        self._count += 1
        self._came = {e: self._came.get(e, self._count) for e in (_digest(document[a:b]) for a, b in _spans(document))}
        self._numbers.pop(version, None)
        self._numbers[version] = self._count
        if len(self._numbers) > VERSIONS:
            self._numbers.popitem(last=False)

    def since(self, version: str, document: bytes) -> bytes | None:
        """
        The newest version without the entries that `version` had; None if we do not remember that one. `document` is
        what was noted last. Everything that is not an entry stays, deleted-entry (RFC 6721) too.
        """
        number = self._numbers.get(version)
        if number is None:
            return None
        known = [(a, b) for a, b in _spans(document) if self._came.get(_digest(document[a:b]), number + 1) <= number]
        edges = [0, *(edge for span in known for edge in span), len(document)]
        return b"".join(document[a:b] for a, b in list(pairwise(edges))[::2])


def _digest(entry: bytes) -> bytes:
    return blake2b(entry, digest_size=8).digest()


def _spans(document: bytes) -> Iterator[tuple[int, int]]:
    """
    Where the entries begin and end. Found by a parser: a text may well contain `<item>`. Nothing is trusted to it but
    our own files, and it resolves no entity from outside.
    """
    parser = ParserCreate()
    edges: list[int] = []
    depth = 0

    def start(name: str, _: object) -> None:
        nonlocal depth
        if name in _ENTRIES and not depth:
            edges.append(parser.CurrentByteIndex)
        depth += name in _ENTRIES

    def end(name: str) -> None:
        nonlocal depth
        depth -= name in _ENTRIES
        if name in _ENTRIES and not depth:
            edges.append(document.index(b">", parser.CurrentByteIndex) + 1)

    parser.StartElementHandler, parser.EndElementHandler = start, end
    try:
        parser.Parse(document, True)
    except ExpatError:
        return iter(())
    return zip(edges[::2], edges[1::2], strict=True)
