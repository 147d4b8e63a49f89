"""
Bytes -> files: whole or not at all, and only when they say something else than before.

    feeds/<topic>/rss.xml        what was put
    feeds/<topic>/rss.xml.br     the same packed, for web servers that send such files as they are
    feeds/<topic>/rss.xml.gz
    feeds/desk/.private          the folder is the operator's own, and goes when he wants it no more
    feeds/<topic>/.gone          the topic is no longer configured: readers are told so, and the files stay
"""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Collection, Iterable
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from .codings import CODINGS, Coding
from .errors import PressError

GONE = ".gone"
"""The mark in the folder of a topic that was published once and is no longer configured."""
PRIVATE = ".private"
"""The mark in a folder that is nobody's but the operator's."""
_PUBLISHED = ("rss.xml", "atom.xml", "feed.json", "index.html")
"""What makes a folder one that we have published."""


_AT_WORK = threading.Lock()
"""One file at a time: what is being packed must not be replaced meanwhile."""


def put(path: Path, body: bytes, at: datetime, *, packed: bool = True) -> bool:
    """
    Replace a file whole or not at all: write, fsync, rename, fsync the folder. True if it was replaced. Raises
    PressError.

    Its modification time becomes `at`, so that every machine that renders this edition says the same Last-Modified.
    The packed ones beside it go before the file changes and come back after it: whatever moment a web server looks,
    or the power fails, none of them is of another version. One that is missing or wrong is made anew at the next put.
    Not `packed`: they come back when somebody calls `pack`; for what will soon change again.
    """
    try:
        with _AT_WORK:
            return _put(path, body, at, CODINGS if packed else ())
    except OSError as e:
        raise PressError(str(path), e.strerror or str(e)) from e


def pack(path: Path) -> None:
    """Bring the packed files beside this one up to date, if it is there. Raises PressError."""
    try:
        with _AT_WORK:
            if (body := _content(path)) is None:
                return
            packed = [_put_packed(path, coding, body) for coding in CODINGS]
            if any(packed):
                _sync(path.parent)
    except OSError as e:
        raise PressError(str(path), e.strerror or str(e)) from e


def _put(path: Path, body: bytes, at: datetime, codings: Collection[Coding]) -> bool:
    is_new = _content(path) != body
    if is_new:
        path.parent.mkdir(parents=True, exist_ok=True)
        for coding in CODINGS:
            _beside(path, coding).unlink(missing_ok=True)
        _replace(path, body, at.timestamp())
    packed = [_put_packed(path, coding, body) for coding in codings]
    if is_new or any(packed):
        _sync(path.parent)
    return is_new


def retire(feeds: Path, topics: Collection[str]) -> None:
    """Mark the folders of topics that are no longer configured, and take the mark from those that are again."""
    for folder in feeds.iterdir() if feeds.is_dir() else ():
        with suppress(OSError):  # no folder, or not ours to write: published all the same, only not marked
            if folder.name in topics:
                (folder / GONE).unlink(missing_ok=True)
            elif any((folder / name).exists() for name in _PUBLISHED):
                (folder / GONE).touch()


def keep_private(folder: Path) -> None:
    """Called before anything is put there, so that `take_away` knows the folder as what it is."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / PRIVATE).touch()
    except OSError as e:
        raise PressError(str(folder), e.strerror or str(e)) from e


def take_away(folder: Path) -> None:
    """Remove what was published for the operator alone; any other folder stays as it is."""
    if (folder / PRIVATE).exists():
        shutil.rmtree(folder)


def sweep(feeds: Path) -> None:
    """Remove the drafts that a crash left behind."""
    for draft in strays(feeds):
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
        os.fsync(f.fileno())
    os.utime(draft, (at, at))
    draft.replace(path)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
