"""
Articles, feeds and letters lying on the local disk: one file, a folder with all that is below it, or a glob.

A folder with cur/, new/ and tmp/ in it is a Maildir: its letters are those in cur/ and new/.

The bookmark holds one line for each file: path -> "digest mtime size birthpath", the path relative to the root. The
birthpath is where we first saw the file: renaming it makes no new article. Of a mailbox, digest and size are those of
what has been read.
"""

from __future__ import annotations

import os
import re
import stat
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import BinaryIO
from urllib.parse import unquote, urlsplit

from ..errors import FetchError, ParseError
from ..model import Checkpoint, Fetched, Item, Source
from . import World, feed

LARGEST = 10_000_000
"""Bytes; a file with more is not read."""

_TYPES = {
    ".txt": "text/plain",
    ".md": "text/markdown",
    ".html": "text/html",
    ".htm": "text/html",
    ".xml": "application/xml",
    ".rss": "application/rss+xml",
    ".atom": "application/atom+xml",
    ".rdf": "application/rdf+xml",
    ".json": "application/json",
    ".eml": "message/rfc822",
    ".mbox": "application/mbox",
}
_LETTER = "message/rfc822"
_MAILDIR = frozenset({"cur", "new", "tmp"})
LETTERS = 1_000
"""Of one mailbox, so many are read in one visit; the others come next time."""
_CONTROL = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_UNFINISHED = ("~", ".part", ".tmp")
_QUIET = timedelta(seconds=3)
_YEAR_9999 = 253_370_764_800  # a disk can hold later times than a datetime
_UNITS = {"ms": "milliseconds", "s": "seconds", "m": "minutes", "h": "hours"}


def quiet(value: object) -> timedelta:
    """How long a file has to be left alone before it is taken: `5s`, or a number of seconds."""
    said = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h)?", str(value).strip())
    if not said or isinstance(value, bool) or len(said[1]) > 9:
        raise ValueError(f"{value!r} is no duration; right would be 5s, 2m or a number of seconds")
    return timedelta(**{_UNITS[said[2] or "s"]: float(said[1])})


OPTIONS: Mapping[str, Callable[[object], object]] = {"quiet": quiet}


def check(source: Source) -> None:
    """Files have a path, not a web address."""
    if re.match(r"[a-z][a-z0-9+.-]+://", source.location, re.I):
        raise ValueError(f"{source.location!r} is a web address; right would be a path such as inbox/ (or use 'feed:')")
    if not source.location.strip():
        raise ValueError("a path is missing; right would be inbox/")


@dataclass(frozen=True)
class _Mark:
    """What the bookmark remembers of one file."""

    digest: str
    mtime: int
    size: int
    birth: str

    def __str__(self) -> str:
        return f"{self.digest} {self.mtime} {self.size} {self.birth}"

    def fits(self, status: os.stat_result) -> bool:
        """Whether the file has not been touched since."""
        return (self.mtime, self.size) == (status.st_mtime_ns, status.st_size)

    @classmethod
    def read(cls, line: str) -> _Mark | None:
        """None for what is no mark of ours: the file is then read again."""
        parts = line.split(" ", 3)
        if len(parts) != 4 or not (parts[1].lstrip("-").isdecimal() and parts[2].isdecimal()):
            return None
        return cls(parts[0], int(parts[1]), int(parts[2]), parts[3])


class _Unreadable(Exception):
    """One file cannot be had, because."""


def fetch(source: Source, since: Checkpoint, world: World) -> Iterator[Fetched]:
    """
    Yield every new or changed file in the order of the paths; an empty Fetched where only the bookmark moves (touched,
    renamed, vanished). For files touched just now it waits a moment; those that still grow are left for the next visit.
    Raises FetchError when the place is missing, and at the end a partial one for the files that could not be read.
    """
    root, found, failures = _look(source)
    marks = {key: mark for key, line in since.items() if (mark := _Mark.read(line))}
    vanished = {key: mark for key, mark in marks.items() if key not in found}
    births = {mark.birth for mark in marks.values()}
    growing = _growing(root, found, marks, world, source.options.get("quiet", _QUIET))
    for key, path in sorted(found.items()):
        mark = marks.get(key)
        try:
            status = _status(root, path)
            if mark and mark.fits(status):
                continue
            if key in growing:
                continue
            if _TYPES.get(path.suffix.lower()) == "application/mbox":
                yield from _letters(key, path, mark, failures)
                continue
            body, status = _read(path)
        except _Unreadable as e:
            failures.append(f"{key} ({e})")
            continue
        digest = _digest(body)
        old = None if mark else next((k for k, gone in vanished.items() if gone.digest == digest), None)
        birth = mark.birth if mark else vanished.pop(old).birth if old else _birth(key, digest, births)
        births.add(birth)
        moved = {key: str(_Mark(digest, status.st_mtime_ns, status.st_size, birth))} | ({old: ""} if old else {})
        is_new = not old and not (mark and mark.digest == digest)
        yield Fetched(
            url=path.absolute().as_uri(),
            body=body if is_new else None,
            checkpoint=moved,
            media_type=_LETTER if _is_in_maildir(path) else _TYPES.get(path.suffix.lower(), ""),
            changed_at=_changed_at(status),
        )
    if vanished and not growing and not failures:  # else one of those that wait may be the same under a new name
        yield Fetched(url=root.absolute().as_uri(), body=None, checkpoint=dict.fromkeys(vanished, ""))
    if failures:
        more = f" and {len(failures) - 5} more" if len(failures) > 5 else ""
        reason = f"cannot read {', '.join(failures[:5])}{more}; everything else was taken"
        raise FetchError(source.name, reason, partial=Path(source.location) not in found.values())


def _letters(key: str, path: Path, mark: _Mark | None, failures: list[str]) -> Iterator[Fetched]:
    """The letters of a mailbox, behind those that were read before; the mark's size is how far that is."""
    from . import _mbox

    with _open(path) as file:
        status = os.fstat(file.fileno())
        start = mark.size if mark and _mbox.continues(file, mark.digest, mark.size) else 0
        end, is_all = start, True
        for number, (body, end) in enumerate(islice(_mbox.letters(file, start, LARGEST), LETTERS), 1):
            is_all = number < LETTERS
            if body is None:
                failures.append(f"a letter in {key} (it is larger than {LARGEST // 1_000_000} MB)")
            else:
                url = f"{path.absolute().as_uri()}#{start}"
                yield Fetched(url=url, body=body, checkpoint={}, media_type=_LETTER, changed_at=_changed_at(status))
            start = end
        if not end and status.st_size:
            failures.append(f"{key} (this is no mailbox: no letter begins with a 'From ' line)")
        if is_all:
            end = max(end, status.st_size)
        moved = _Mark(_mbox.fingerprint(file, end), status.st_mtime_ns, end, key)
        yield Fetched(url=path.absolute().as_uri(), body=None, checkpoint={key: str(moved)})


def parse(source: Source, fetched: Fetched) -> Iterator[Item]:
    """Yield the items of a feed file, or the one article that the file is. Raises ParseError."""
    for item in _items(source, fetched):
        yield replace(item, file_at=None if item.published_at else fetched.changed_at)


def notes(fetched: Fetched) -> Iterator[str]:
    """What was mended in a feed, or read by guess in a text."""
    media_type = _media_type(fetched)
    if media_type.endswith(("xml", "json")):
        yield from feed.notes(fetched)
    elif media_type != _LETTER:
        from . import _charset

        body = fetched.body or b""
        yield from _charset.remarks(body, fetched.charset, *_charset.read(body, fetched.charset))


def remarks(source: Source) -> Iterator[str]:
    """Which files of a folder are passed over, because nothing here reads their kind."""
    others: Counter[str] = Counter()
    for folder, _, names in os.walk(source.location):
        for path in (Path(folder, name) for name in names):
            if not _is_ours(path) and not _is_hidden(_key(path.relative_to(source.location))):
                others[path.suffix.lower() or "without a suffix"] += 1
    if others:
        told = ", ".join(f"{count} {suffix}" for suffix, count in others.most_common(5))
        yield f"passed over, since 'files:' reads no such files: {told}{' and others' if len(others) > 5 else ''}"


def _items(source: Source, fetched: Fetched) -> Iterator[Item]:
    media_type = _media_type(fetched)
    if media_type.endswith(("xml", "json")):
        yield from feed.parse(source, fetched)
        return
    body = fetched.body or b""
    if not body.strip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n"):
        raise ParseError(source.name, "the file is empty")
    if is_binary(body):
        raise ParseError(source.name, "this seems to be a picture or another binary file")
    from . import _article, _mail, _page  # 50 ms, for those who have a file to read
    from ._charset import decode

    if media_type == _LETTER:
        item = _mail.item(body, source.name)
    elif media_type == "text/html":
        item = _page.item(decode(body, fetched.charset), fetched.url, source.name)
    else:
        item = _article.item(decode(body, fetched.charset), is_markdown=media_type == "text/markdown")
    if not (item.title or item.content):
        raise ParseError(source.name, "there is nothing to read in the file")
    marks = [mark for line in fetched.checkpoint.values() if (mark := _Mark.read(line))]
    place = _digest(body.rstrip()) if "#" in fetched.url else marks[0].birth if marks else _name(fetched).name
    yield replace(item, guid=item.guid or place)


def _name(fetched: Fetched) -> PurePosixPath:
    return PurePosixPath(unquote(urlsplit(fetched.url).path))


def _media_type(fetched: Fetched) -> str:
    return fetched.media_type or _TYPES.get(_name(fetched).suffix.lower(), "text/plain")


def _digest(body: bytes) -> str:
    from hashlib import sha256

    return sha256(body).hexdigest()


def is_binary(body: bytes) -> bool:
    """Whether the beginning has control characters that no text has, in any character set. UTF-16 is decoded first."""
    from ._charset import decode

    beginning = decode(body[:4096])
    return len(_CONTROL.findall(beginning)) > len(beginning) / 100


def _look(source: Source) -> tuple[Path, dict[str, Path], list[str]]:
    """The root, what lies in it (relative path -> path), and the folders that could not be opened."""
    place = Path(source.location)
    failures: list[str] = []
    if any(c in source.location for c in "*?[") and not place.exists():
        plain = next(n for n, part in enumerate(place.parts) if any(c in part for c in "*?["))
        root = Path(*place.parts[:plain])
        paths = [path for path in root.glob(str(Path(*place.parts[plain:]))) if path.suffix.lower() in _TYPES]
    elif place.is_dir():
        root, paths = place, []
        for folder, _, names in os.walk(place, onerror=lambda e: failures.append(f"{e.filename} ({e.strerror})")):
            paths += [path for name in names if _is_ours(path := Path(folder, name))]
    else:
        root, paths = place.parent, [place]
    if not root.is_dir() or (paths == [place] and not place.exists()):
        raise FetchError(source.name, f"there is no file or folder {source.location}")
    inside = {_key(path.relative_to(root)): path for path in paths}
    return root, {key: path for key, path in inside.items() if not _is_hidden(key) and not path.is_dir()}, failures


def _is_ours(path: Path) -> bool:
    """Letters in a Maildir have no suffix; what lies in its tmp/ is still being delivered."""
    if path.parent.name in _MAILDIR and _is_in_maildir(path.parent / "x"):
        return path.parent.name != "tmp"
    return path.suffix.lower() in _TYPES


def _is_in_maildir(path: Path) -> bool:
    return path.parent.name in _MAILDIR and all((path.parent.parent / name).is_dir() for name in _MAILDIR)


def _key(path: Path) -> str:
    """Text that can be stored, also for a name that is no UTF-8."""
    return path.as_posix().encode(errors="surrogateescape").decode(errors="backslashreplace")


def _is_hidden(key: str) -> bool:
    return any(part.startswith(".") for part in key.split("/")) or key.endswith(_UNFINISHED)


def _growing(
    root: Path, found: Mapping[str, Path], marks: Mapping[str, _Mark], world: World, patience: object
) -> set[str]:
    """Which files are being written: touched less than `patience` ago, and not the same after as long a wait."""
    wait = patience if isinstance(patience, timedelta) else _QUIET
    fresh = {}
    for key, path in found.items():
        with suppress(_Unreadable):
            status = _status(root, path)
            if not (key in marks and marks[key].fits(status)) and _is_fresh(status, world.now, wait):
                fresh[key] = status
    if fresh:
        world.wait(wait)
    return {key for key, before in fresh.items() if _differs(root, found[key], before)}


def _differs(root: Path, path: Path, before: os.stat_result) -> bool:
    try:
        now = _status(root, path)
    except _Unreadable:
        return True
    return (now.st_mtime_ns, now.st_size) != (before.st_mtime_ns, before.st_size)


def _is_fresh(status: os.stat_result, now: datetime, patience: timedelta) -> bool:
    """A time far in the future tells nothing: the file is taken."""
    age = now - _changed_at(status)
    return -patience <= age < patience


def _changed_at(status: os.stat_result) -> datetime:
    return datetime.fromtimestamp(min(max(status.st_mtime, 0), _YEAR_9999), UTC)


def _birth(key: str, digest: str, taken: set[str]) -> str:
    """The path itself, unless a renamed file was born there."""
    return f"{key}#{digest[:12]}" if key in taken else key


def _status(root: Path, path: Path) -> os.stat_result:
    try:
        if not path.resolve().is_relative_to(root.resolve()):
            raise _Unreadable("it is a link that leads out of the folder")
        return path.stat()
    except (OSError, RuntimeError) as e:  # RuntimeError: links in a circle
        raise _Unreadable(getattr(e, "strerror", None) or str(e)) from e


def _open(path: Path) -> BinaryIO:
    """Does not hang on a pipe, and does not follow a swapped link."""
    try:
        handle = os.open(path.resolve(), os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as e:
        raise _Unreadable(e.strerror) from e
    file = open(handle, "rb")  # noqa: PTH123, SIM115
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        file.close()
        raise _Unreadable("it is no regular file")
    return file


def _read(path: Path) -> tuple[bytes, os.stat_result]:
    """The bytes, and the state in which they were."""
    with _open(path) as file:
        status = os.fstat(file.fileno())
        body = file.read(LARGEST + 1) if status.st_size <= LARGEST else b""
        if max(len(body), status.st_size) > LARGEST:
            raise _Unreadable(f"it is larger than {LARGEST // 1_000_000} MB")
    return body, status
