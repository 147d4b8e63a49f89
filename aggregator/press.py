"""Bytes -> files: whole or not at all, and only when they say something else than before."""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path


def put(path: Path, body: bytes, at: datetime) -> bool:
    """
    Replace a file whole or not at all: write, fsync, rename, fsync the folder. True if it was replaced.

    Its modification time becomes `at`, so that every machine that renders this edition says the same Last-Modified.
    """
    try:
        if path.read_bytes() == body:
            return False
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.new")
    with draft.open("wb") as f:
        f.write(body)
        f.flush()
        os.fsync(f.fileno())
    os.utime(draft, (at.timestamp(), at.timestamp()))
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return True


def sweep(feeds: Path) -> None:
    """Remove the drafts that a crash left behind."""
    for draft in strays(feeds):
        draft.unlink(missing_ok=True)


def strays(feeds: Path) -> Iterable[Path]:
    return [*feeds.glob(".*.new"), *feeds.glob("*/.*.new")]
