"""
The files of feeds/ as ready answers, kept in memory as long as the file is the same: a hit costs a stat.

    answer       what HTTP says to this request: 200, 304, 308, 404 or 405
      Shelf.take   path -> Paper: looked up, read, checked, kept; the least used leave first
        Paper        one version of one file, plain and packed, each with its own strong ETag
"""

from __future__ import annotations

import gzip
import os
import re
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from functools import cached_property
from hashlib import sha256
from mimetypes import MimeTypes
from pathlib import Path
from urllib.parse import quote

Headers = list[tuple[bytes, bytes]]
Answer = tuple[int, Headers, bytes]
"""Status, headers with names in lower case, body."""

MEDIA_TYPES = {
    "rss.xml": "application/rss+xml; charset=utf-8",
    "atom.xml": "application/atom+xml; charset=utf-8",
    "feed.json": "application/feed+json; charset=utf-8",
    ".opml": "text/x-opml; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".xml": "application/xml; charset=utf-8",
    ".json": "application/json; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".md": "text/markdown; charset=utf-8",
    ".svg": "image/svg+xml",
    ".ico": "image/vnd.microsoft.icon",
}
"""By name, then by suffix; for anything else Python's own list, whatever the machine has in /etc/mime.types."""

PATH = re.compile(r"/(?:[^./\\\x00-\x1f][^/\\\x00-\x1f]*/)*(?:[^./\\\x00-\x1f][^/\\\x00-\x1f]*)?")
"""No empty part, none that begins with a dot (so neither `..` nor a file half written), no backslash."""

SECURITY: Headers = [
    (
        b"content-security-policy",
        b"default-src 'none'; style-src 'self'; img-src https: http: data:; media-src https: http:; "
        b"base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
]
FRESH = (b"cache-control", b"public, max-age=300, stale-while-revalidate=600, stale-if-error=86400")
VARY = (b"vary", b"Accept-Encoding")
NOT_HERE = b'<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>Not here</title>\n<p>Nothing is here.\n'
SMALL = 512
"""Bytes; what is smaller is not worth packing."""


@dataclass(frozen=True)
class Paper:
    """One version of one file. The strong ETag is the digest of the content; packed, it is another representation."""

    body: bytes
    media_type: str
    modified_at: datetime

    @cached_property
    def plain(self) -> tuple[Headers, bytes]:
        """Headers that tell the version, and the body."""
        return self._version(""), self.body

    @cached_property
    def packed(self) -> tuple[Headers, bytes]:
        """The same in gzip, made once; the plain one if packing does not make it smaller."""
        if len(self.body) < SMALL:
            return self.plain
        body = gzip.compress(self.body, compresslevel=6, mtime=0)
        return (self._version("-gz"), body) if len(body) < len(self.body) else self.plain

    @cached_property
    def digest(self) -> str:
        """128 bits of SHA-256, in hexadecimal digits."""
        return sha256(self.body).hexdigest()[:32]

    @cached_property
    def last_modified(self) -> bytes:
        """As HTTP writes it."""
        return format_datetime(self.modified_at, usegmt=True).encode()

    def _version(self, suffix: str) -> Headers:
        etag = f'"{self.digest}{suffix}"'.encode()
        return [(b"etag", etag), (b"last-modified", self.last_modified), FRESH, VARY, *SECURITY]


@dataclass
class Shelf:
    """The papers below `root`, at most `room` bytes of them in memory. For one thread."""

    root: Path
    room: int = 64 << 20
    _papers: OrderedDict[str, tuple[tuple[int, ...], Paper]] = field(default_factory=OrderedDict)
    _held: int = 0
    _types: MimeTypes = field(default_factory=MimeTypes)

    def __post_init__(self) -> None:
        self.root = self.root.resolve()

    def take(self, name: str) -> Paper | None:
        """The file as it is now; None if there is none, or if it lies outside."""
        path = self.root / name
        try:
            stamp = _stamp(path.stat())
            if (kept := self._papers.get(name)) and kept[0] == stamp:
                self._papers.move_to_end(name)
                return kept[1]
            return self._read(name, path)
        except (OSError, ValueError):
            self._drop(name)
            return None

    def has_folder(self, name: str) -> bool:
        """Whether there is a folder of this name."""
        try:
            return (self.root / name).is_dir()
        except (OSError, ValueError):  # a name that no file system takes
            return False

    def _read(self, name: str, path: Path) -> Paper | None:
        self._drop(name)
        if not path.is_file() or not path.resolve().is_relative_to(self.root):
            return None
        with path.open("rb") as file:
            at = os.fstat(file.fileno())
            paper = Paper(file.read(), self._media_type(name), datetime.fromtimestamp(int(at.st_mtime), UTC))
        self._papers[name] = (_stamp(at), paper)
        self._held += _weight(paper)
        while self._held > self.room:
            self._drop(next(iter(self._papers)))
        return paper

    def _drop(self, name: str) -> None:
        if kept := self._papers.pop(name, None):
            self._held -= _weight(kept[1])

    def _media_type(self, name: str) -> str:
        known = MEDIA_TYPES.get(Path(name).name) or MEDIA_TYPES.get(Path(name).suffix)
        return known or self._types.guess_type(name)[0] or "application/octet-stream"


def answer(shelf: Shelf, method: str, path: str, asked: Mapping[bytes, bytes]) -> Answer:
    """
    What HTTP says to this (RFC 9110, 9111). `path` is decoded; names in `asked` are in lower case. The body is there
    for HEAD too, and must not be sent.
    """
    if method not in ("GET", "HEAD"):
        return _short(405, [(b"allow", b"GET, HEAD")])
    if not PATH.fullmatch(path):
        return _short(404)
    name = path[1:]
    paper = shelf.take(f"{name}index.html" if path.endswith("/") else name)
    if paper is None:
        if path.endswith("/") or not shelf.has_folder(name):
            return _short(404)
        # Relative, so that it is right behind a proxy that serves us below some path, too.
        return _short(308, [(b"location", f"./{quote(path.rpartition('/')[2])}/".encode())])
    is_packed = accepts_gzip(asked.get(b"accept-encoding", b"").decode("latin-1"))
    version, body = paper.packed if is_packed else paper.plain
    if _is_known(paper, version[0][1], asked):
        return 304, version, b""
    headers = [*version, (b"content-type", paper.media_type.encode()), (b"content-length", b"%d" % len(body))]
    if body is not paper.body:
        headers.append((b"content-encoding", b"gzip"))
    return 200, headers, body


def accepts_gzip(value: str) -> bool:
    """Accept-Encoding (RFC 9110, 12.5.3): `gzip` by name counts before `*`; a weight of zero is a no."""
    weights = {}
    for part in value.lower().split(","):
        coding, _, parameters = part.partition(";")
        weight = re.fullmatch(r"\s*q\s*=\s*([\d.]+)\s*", parameters)
        weights[coding.strip()] = float(weight[1]) if weight and weight[1].count(".") < 2 and weight[1] != "." else 1.0
    return weights.get("gzip", weights.get("x-gzip", weights.get("*", 0.0))) > 0


def _is_known(paper: Paper, etag: bytes, asked: Mapping[bytes, bytes]) -> bool:
    """Whether the client has this version: If-None-Match, compared weakly, and only without it If-Modified-Since."""
    if (tags := asked.get(b"if-none-match")) is not None:
        return tags.strip() == b"*" or etag in re.findall(rb'"[^"]*"', tags)
    if (since := asked.get(b"if-modified-since")) is None:
        return False
    if since == paper.last_modified:
        return True
    try:
        at = parsedate_to_datetime(since.decode("latin-1"))
    except (ValueError, TypeError, IndexError, OverflowError):
        return False
    return paper.modified_at <= (at.replace(tzinfo=UTC) if at.tzinfo is None else at)


def _short(status: int, more: Headers | None = None) -> Answer:
    """An answer without a paper."""
    body = NOT_HERE if status == 404 else b""
    headers = [(b"content-length", b"%d" % len(body)), (b"cache-control", b"public, max-age=60"), *SECURITY]
    if body:
        headers.append((b"content-type", b"text/html; charset=utf-8"))
    return status, headers + (more or []), body


def _stamp(at: os.stat_result) -> tuple[int, ...]:
    return at.st_mtime_ns, at.st_size, at.st_ino, at.st_dev


def _weight(paper: Paper) -> int:
    """Bytes in memory, plain and packed, at most."""
    return len(paper.body) * 2 + 4096
