"""One process at a time may write to a database: a lock that the kernel frees, however the process ends."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from ..errors import StoreError, StoreInUse


class Lock:
    """
    Holds `<path>.lock` until `release`. The file says who: `process 1234 (aggregator run, since 14:03)`.

    It is never deleted: whoever deletes a lock file may delete one that somebody else has just locked.
    """

    def __init__(self, path: Path, holder: str = "") -> None:
        """Raises StoreInUse if somebody has it, StoreError if the file cannot be written."""
        place = path.with_name(f"{path.name}.lock")
        try:
            self._file = place.open("a+", encoding="utf-8")
        except OSError as e:
            raise StoreError(f"{place} cannot be written: {e.strerror}") from e
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as e:
            raise StoreInUse(str(path), self._read_and_close()) from e
        except OSError as e:
            self._file.close()
            raise StoreError(f"{place} cannot be locked: {e.strerror}") from e
        self._write(f"process {os.getpid()}" + (f" ({holder})" if holder else ""))

    def _read_and_close(self) -> str:
        with self._file as file:
            file.seek(0)
            return file.readline().strip() or "another process"

    def _write(self, text: str) -> None:
        self._file.truncate(0)
        self._file.write(text + "\n")
        self._file.flush()

    def release(self) -> None:
        """Let the next process in."""
        self._file.close()
