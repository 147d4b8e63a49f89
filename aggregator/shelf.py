"""
The files of feeds/ as they are sent, kept in memory as long as the file is the same: a hit costs two looks at the disk.

    Shelf.take   path -> Paper: looked up, read, kept; the least used leave first
      Paper        one version of one file
        Form         the same plain or packed, each with a strong ETag of its own
"""

from __future__ import annotations

import os
import re
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import cached_property
from hashlib import sha256
from mimetypes import MimeTypes
from pathlib import Path

from .codings import CODINGS, Coding
from .delta import BackIssues
from .links import links_of
from .press import GONE

Headers = list[tuple[bytes, bytes]]

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
    ".gz": "application/gzip",
    ".br": "application/octet-stream",
}
"""By name, then by suffix; for anything else Python's own list, whatever the machine has in /etc/mime.types."""

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
OLD = (b"cache-control", b"public, max-age=86400, stale-while-revalidate=86400, stale-if-error=604800")
"""
For what lies in an archive/ folder: full, so it changes no more, but for a story that is taken down. That must not
stand in readers' caches for a year, so not `immutable`.
"""
VARY = (b"vary", b"Accept-Encoding")
VARY_FEED = (b"vary", b"Accept-Encoding, Sec-Fetch-Mode")
WITH_ENTRIES = re.compile(r"[^/]+/(?:rss|atom)\.xml")
"""The documents of which we send parts; archives do not grow."""


@dataclass(frozen=True)
class Form:
    """One representation: the headers of a 304, those of a 200, and the body."""

    etag: bytes
    told: Headers
    headers: Headers
    body: bytes


@dataclass(frozen=True)
class Paper:
    """One version of one file. The strong ETag is the digest of the content; packed, it is another representation."""

    name: str
    body: bytes
    media_type: str
    modified_at: datetime
    found: Mapping[Coding, bytes] = field(default_factory=dict)
    """What lay packed beside the file and is of this version; what did not is packed here, when somebody wants it."""

    @cached_property
    def plain(self) -> Form:
        """As it is."""
        return self._form(None, self.body)

    def packed(self, wanted: tuple[Coding, ...]) -> Form:
        """In the first of these codings that makes it smaller, else as it is."""
        for coding in wanted:
            if coding not in self._forms:
                body = self.found.get(coding) or coding.pack(self.body)
                self._forms[coding] = self._form(coding, body) if body else None
            if form := self._forms[coding]:
                return form
        return self.plain

    @property
    def is_xml_feed(self) -> bool:
        return self.media_type.startswith(("application/rss+xml", "application/atom+xml"))

    @cached_property
    def digest(self) -> str:
        """128 bits of SHA-256, in hexadecimal digits."""
        return sha256(self.body).hexdigest()[:32]

    @cached_property
    def last_modified(self) -> bytes:
        """As HTTP writes it."""
        return format_datetime(self.modified_at, usegmt=True).encode()

    @cached_property
    def _forms(self) -> dict[Coding, Form | None]:
        return {}

    @cached_property
    def _links(self) -> Headers:
        links = links_of(self.media_type, self.body)
        return [(b"link", links)] if links else []

    def _form(self, coding: Coding | None, body: bytes) -> Form:
        etag = f'"{self.digest}{coding.suffix.replace(".", "-") if coding else ""}"'.encode()
        fresh = OLD if "/archive/" in self.name else FRESH
        vary = VARY_FEED if self.is_xml_feed else VARY
        told = [(b"etag", etag), (b"last-modified", self.last_modified), fresh, vary, *SECURITY]
        what = [(b"content-type", self.media_type.encode()), (b"content-length", b"%d" % len(body))]
        how = [(b"content-encoding", coding.name.encode())] if coding else []
        return Form(etag, told, [*told, *what, *how, *self._links], body)


@dataclass
class Shelf:
    """The papers below `root`, at most `room` bytes of them in memory. For one thread."""

    root: Path
    room: int = 64 << 20
    _papers: OrderedDict[str, tuple[tuple[int, ...], Paper]] = field(default_factory=OrderedDict)
    _held: int = 0
    _types: MimeTypes = field(default_factory=MimeTypes)
    _back_issues: dict[str, BackIssues] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.root = self.root.resolve()
        self._start = f"{self.root}/"

    def take(self, name: str) -> Paper | None:
        """The file as it is now; None if there is none, or if it lies outside."""
        try:
            stamp = _stamp(os.stat(self._start + name))  # noqa: PTH116  # a Path costs as much as all the rest
            if (kept := self._papers.get(name)) and kept[0] == stamp:
                self._papers.move_to_end(name)
                return kept[1]
            return self._read(name, self.root / name)
        except (OSError, ValueError):
            self._drop(name)
            self._back_issues.pop(name, None)
            return None

    def has_folder(self, name: str) -> bool:
        """Whether there is a folder of this name."""
        try:
            return (self.root / name).is_dir()
        except (OSError, ValueError):  # a name that no file system takes
            return False

    def is_gone(self, name: str) -> bool:
        """Whether it belongs to a topic that was published once and is no longer."""
        try:
            return os.access(f"{self._start}{name.partition('/')[0]}/{GONE}", os.F_OK)
        except ValueError:
            return False

    def since(self, paper: Paper, etag: bytes) -> bytes | None:
        """The paper without the entries that the version with this ETag had; None if we do not remember that one."""
        issues = self._back_issues.get(paper.name)
        return issues.since(_version(etag), paper.body) if issues else None

    def _read(self, name: str, path: Path) -> Paper | None:
        self._drop(name)
        if not path.is_file() or not path.resolve().is_relative_to(self.root):
            return None
        with path.open("rb") as file:
            at = os.fstat(file.fileno())
            body = file.read()
        found = {coding: packed for coding in CODINGS if (packed := _beside(path, coding, body))}
        modified_at = datetime.fromtimestamp(int(at.st_mtime), UTC)
        paper = Paper(name, body, self._media_type(name), modified_at, found)
        if WITH_ENTRIES.fullmatch(name):
            self._back_issues.setdefault(name, BackIssues()).note(paper.digest, body)
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


def _version(etag: bytes) -> str:
    """The version that this ETag is of, plain or packed."""
    return etag.strip(b'"').decode("latin-1").partition("-")[0]


def _beside(path: Path, coding: Coding, body: bytes) -> bytes | None:
    """What lies packed beside a file, if it is of this very version: press.py may be at work there."""
    try:
        packed = path.with_name(path.name + coding.suffix).read_bytes()
    except OSError:
        return None
    return packed if coding.holds(packed, body) else None


def _stamp(at: os.stat_result) -> tuple[int, ...]:
    return at.st_mtime_ns, at.st_size, at.st_ino, at.st_dev


def _weight(paper: Paper) -> int:
    """Bytes in memory, plain and packed, at most."""
    return len(paper.body) * (1 + len(CODINGS)) + 4096
