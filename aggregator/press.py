"""
Bytes -> files: whole or not at all, and only when they say something else than before.

    feeds/<topic>/rss.xml        what was put
    feeds/<topic>/rss.xml.br     the same packed, for web servers that send such files as they are
    feeds/<topic>/rss.xml.gz
    feeds/desk/.private          the folder is the operator's own, and goes when he wants it no more
    feeds/<topic>/.gone          the topic is no longer configured: readers are told so, and the files stay
"""

from __future__ import annotations

import math
import os
import shutil
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from .codings import CODINGS, Coding
from .disk import sync
from .errors import PressError

GONE = ".gone"
"""The mark in the folder of a topic that was published once and is no longer configured."""
PRIVATE = ".private"
"""The mark in a folder that is nobody's but the operator's."""
_PUBLISHED = ("rss.xml", "atom.xml", "feed.json", "index.html")
"""What makes a folder one that we have published."""


_AT_WORK = threading.Lock()
"""One file at a time: what is being packed must not be replaced meanwhile, nor what is taken down come back."""


AHEAD = 60
"""
Seconds that a file may be ahead of the clock. Longer than it takes until it is there: who had the version before was
then told a time before that (Last-Modified is never later than Date), and knows this one as another.
"""


def put(path: Path, body: bytes, at: datetime, *, packed: bool = True, now: datetime | None = None) -> bool:
    """
    Replace a file whole or not at all. True if it was replaced. Raises PressError.

    Its modification time becomes `at`, so that every machine that renders this edition says the same Last-Modified;
    or the next second of what it replaces, if that is later. But no later than a minute after `now`: when the clock
    was ahead, and is right again, files are not of days to come any longer than until they change.
    The packed ones beside it go before the file changes and come back after it: whatever moment a web server looks,
    or the power fails, none of them is of another version. One that is missing or wrong is made anew at the next put.
    Not `packed`: they come back when somebody calls `pack`; for what will soon change again.
    """
    return bool(put_all({path: body}, at, packed=packed, now=now))


def put_all(
    files: Mapping[Path, bytes],
    at: datetime,
    *,
    packed: bool = True,
    now: datetime | None = None,
    if_still: Callable[[], bool] = lambda: True,
) -> list[Path]:
    """
    The same for several, one after the other: write, fsync, rename; and in the end fsync each folder once. Those that
    were replaced; on disk for good when this returns. Nothing is done unless it is `if_still` wanted when its turn has
    come: what `take_down`, `retire` and `take_away` do after that has changed is not undone.
    """
    codings = CODINGS if packed else ()
    latest = now.timestamp() + AHEAD if now else math.inf
    with _AT_WORK, _syncing() as folders:
        if not if_still():
            return []
        return [path for path, body in files.items() if _put(path, body, at, latest, codings, folders)]


def put_folder(folder: Path, files: Mapping[str, bytes], at: datetime) -> None:
    """
    A new folder with these files: all of them or none, whatever happens; on disk for good when this returns. Raises
    PressError.
    """
    draft = folder.with_name(f".{folder.name}.new")
    with _plain_words(draft):
        shutil.rmtree(draft, ignore_errors=True)
    put_all({draft / name: body for name, body in files.items()}, at, packed=False)
    with _plain_words(folder):
        draft.replace(folder)
        for parent in (folder.parent, folder.parent.parent):  # which may be new, too
            sync(parent)


def pack(path: Path) -> None:
    """Bring the packed files beside this one up to date, if it is there. Raises PressError."""
    with _AT_WORK, _syncing() as folders, _plain_words(path):
        if (body := _content(path)) is not None:
            _pack(path, body, CODINGS, folders)


def _put(
    path: Path, body: bytes, at: datetime, latest: float, codings: Collection[Coding], folders: set[Path]
) -> bool:
    with _plain_words(path):
        size = _size(path)
        if size is None:
            path.parent.mkdir(parents=True, exist_ok=True)
        is_new = size != len(body) or path.read_bytes() != body
        if is_new:
            folders.add(path.parent)
            for coding in CODINGS:
                _beside(path, coding).unlink(missing_ok=True)
            earliest = -math.inf if size is None else _next_second(path)
            _replace(path, body, min(max(at.timestamp(), earliest), latest))
        _pack(path, body, codings, folders)
        return is_new


def _next_second(path: Path) -> float:
    """
    Of the file that is replaced: who asks by date alone has to be told of a change, also when what has come, or gone,
    is older than what was there (RFC 9110, section 8.8.2).
    """
    return math.floor(path.stat().st_mtime) + 1


def _pack(path: Path, body: bytes, codings: Collection[Coding], folders: set[Path]) -> None:
    packed = [_put_packed(path, coding, body) for coding in codings]
    if any(packed):
        folders.add(path.parent)


@contextmanager
def _syncing() -> Iterator[set[Path]]:
    """For the folders in which something was replaced: what they say is on disk in the end, also after an error."""
    folders: set[Path] = set()
    try:
        yield folders
    finally:
        for folder in folders:
            with _plain_words(folder):
                sync(folder)


@contextmanager
def _plain_words(path: Path) -> Iterator[None]:
    """The system's errors as ours."""
    try:
        yield
    except OSError as e:
        raise PressError(str(path), e.strerror or str(e)) from e


def retire(feeds: Path, topics: Collection[str]) -> None:
    """
    Mark the folders of topics that are no longer configured, and take the mark from those that are again. Raises
    PressError if `feeds` is there and cannot be looked into.
    """
    with _AT_WORK:
        with _plain_words(feeds):
            folders = list(feeds.iterdir()) if feeds.is_dir() else []
        for folder in folders:
            with suppress(OSError):  # no folder, or not ours to write: published all the same, only not marked
                if folder.name in topics:
                    (folder / GONE).unlink(missing_ok=True)
                elif any((folder / name).exists() for name in _PUBLISHED):
                    (folder / GONE).touch()


def is_retired(folder: Path) -> bool:
    """Whether it is that of a topic that was not configured until now."""
    return is_there(folder / GONE)


def is_there(path: Path) -> bool:
    """Whether it can be seen; what lies in a folder that is not ours to enter cannot."""
    with suppress(OSError):
        return path.exists()
    return False


def keep_private(folder: Path, if_still: Callable[[], bool]) -> None:
    """Called before anything is put there, so that `take_away` knows the folder as what it is."""
    with _AT_WORK, _plain_words(folder):
        if if_still():
            folder.mkdir(parents=True, exist_ok=True)
            (folder / PRIVATE).touch()


def take_away(folder: Path) -> None:
    """Remove what was published for the operator alone; any other folder stays as it is. Raises PressError."""
    with _AT_WORK, _plain_words(folder):
        if (folder / PRIVATE).exists():
            shutil.rmtree(folder)


def take_down(path: Path) -> None:
    """Remove a file and the packed ones beside it, if they are there. Raises PressError."""
    with _AT_WORK, _syncing() as folders, _plain_words(path):
        for file in (*(_beside(path, coding) for coding in CODINGS), path):
            if file.exists():
                folders.add(path.parent)
                file.unlink()


def sweep(feeds: Path) -> None:
    """Remove the drafts that a crash left behind."""
    for draft in strays(feeds):
        with suppress(OSError):  # not ours to remove: whoever has to write there will say so
            if draft.is_dir():
                shutil.rmtree(draft)
            else:
                draft.unlink(missing_ok=True)


def strays(feeds: Path) -> Iterable[Path]:
    return list(feeds.rglob(".*.new"))


def _put_packed(path: Path, coding: Coding, body: bytes) -> bool:
    """Bring the packed file up to date, with the time of the plain one; whether there was anything to do."""
    beside, at = _beside(path, coding), path.stat().st_mtime
    held = _content(beside)
    if held is not None and coding.holds(held, body) and beside.stat().st_mtime == at:
        return False
    packed = coding.pack(body)
    if packed is not None:
        _replace(beside, packed, at)
    else:
        beside.unlink(missing_ok=True)
    return packed is not None or held is not None


def _beside(path: Path, coding: Coding) -> Path:
    return path.with_name(path.name + coding.suffix)


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return None


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _replace(path: Path, body: bytes, at: float) -> None:
    draft = path.with_name(f".{path.name}.new")
    with draft.open("wb") as f:
        f.write(body)
        f.flush()
        os.utime(f.fileno(), (at, at))  # before it is on disk, or the folder's fsync would have to write it once more
        os.fsync(f.fileno())
    draft.replace(path)
