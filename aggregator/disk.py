"""What has to be on disk for good."""

from __future__ import annotations

import os
from pathlib import Path


def write(path: Path, body: bytes, mode: int) -> None:
    """All of it is on disk when this returns; its name is after a `sync` of the folder."""
    with path.open("wb") as file:
        os.fchmod(file.fileno(), mode)
        file.write(body)
        file.flush()
        os.fsync(file.fileno())


def sync(path: Path) -> None:
    """
    What others have written to a file, or which files are in a folder, and under what names: whatever is renamed is on
    disk when this returns.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
