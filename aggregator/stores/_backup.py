"""A copy of the whole database in one file, and the way back."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from glob import escape
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

from ..disk import sync
from ..errors import StoreError
from ..model import Printed
from ._database import PATIENCE, check_ours, open_writer, plain_words
from ._lock import Lock
from ._minted import remember_printed

ABANDONED = 6 * 3600
"""Seconds without a write after which a draft is nobody's; to check a large copy, which only reads, takes far less."""


def back_up(conn: sqlite3.Connection, path: Path) -> None:
    """One moment of the database, checked, then moved to its place. Raises StoreError."""
    if path.exists():
        (_, _, database) = conn.execute("PRAGMA database_list").fetchone()
        if path.samefile(database):
            raise StoreError(f"{path} is the database itself: a backup is another file")
        check_ours(path.resolve())  # a copy of ours may be replaced, and nothing else
    try:
        with _drafting(path, ABANDONED) as draft:
            _copy(conn, draft)
            draft.replace(path)
            sync(path.parent)
    except OSError as e:
        raise StoreError(f"{path} cannot be written: {e.strerror}") from e


def restore(
    copy: Path, path: Path, *, force: bool, holder: str = "", printed: Iterable[Printed] = ()
) -> None:
    """
    Put a copy in the place of the database at `path`, whole or not at all: brought up to date, and knowing what was
    `printed` since (`Store.remember`). Raises StoreInUse, and StoreError if the copy is damaged or not ours, or if
    there is a database already and not `force`.
    """
    path = path.resolve()
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = Lock(path, holder)
    try:
        if path.exists() and not force:
            raise StoreError(f"{path} is there already; --force replaces it, and what it holds is lost")
        check_ours(copy.resolve())
        _put_back(copy.resolve(), path, printed)
    except OSError as e:
        raise StoreError(f"{path} cannot be written: {e.strerror}") from e
    finally:
        lock.release()


def _put_back(copy: Path, path: Path, printed: Iterable[Printed]) -> None:
    with _drafting(path, 0) as draft:  # whoever holds the lock is the only one
        with plain_words(copy), closing(sqlite3.connect(f"{copy.as_uri()}?mode=ro", uri=True)) as conn:
            _copy(conn, draft)
        _remember(draft, printed)  # before anybody opens it: archives would get numbers that others on disk have
        if path.exists():
            _fold_log(path)
        for log in ("-wal", "-shm"):  # first: the old database's log would be played into the new one
            path.with_name(path.name + log).unlink(missing_ok=True)
        draft.replace(path)
        sync(path.parent)


@contextmanager
def _drafting(path: Path, abandoned: float) -> Iterator[Path]:
    """
    Where to make what will take the place of `path`: in a folder of its own, as another process may be making one too,
    and SQLite puts files beside it. Folders go that nobody has written to for so many seconds, by the clock of the
    disk: a crash left them behind.
    """
    folder = Path(mkdtemp(prefix=f".{path.name}.", suffix=".draft", dir=path.parent))
    try:
        now = folder.stat().st_mtime
        for other in path.parent.glob(f".{escape(path.name)}.*.draft"):
            if other.name != folder.name and _is_abandoned(other, now, abandoned):
                rmtree(other, ignore_errors=True)
        yield folder / path.name
    finally:
        rmtree(folder, ignore_errors=True)


def _is_abandoned(folder: Path, now: float, abandoned: float) -> bool:
    """Whichever way the clock was set since. What goes while we look is somebody's."""
    try:
        return all(abs(now - path.stat().st_mtime) >= abandoned for path in (folder, *folder.iterdir()))
    except FileNotFoundError:
        return False


def _fold_log(path: Path) -> None:
    """
    The last commits of a process that was killed stand in the log alone: from now on they stand in the file too, for
    the case that the copy does not get there. Of what is no database any more there is nothing to keep. Raises
    StoreError if somebody has been reading for long, from before the last commits.
    """
    with plain_words(path), closing(sqlite3.connect(path, timeout=PATIENCE)) as conn:
        try:
            conn.execute("SELECT 1 FROM sqlite_master").fetchone()  # a connection that has read nothing knows no log
            is_busy, _, _ = conn.execute("PRAGMA wal_checkpoint(FULL)").fetchone()
        except sqlite3.DatabaseError as e:
            if getattr(e, "sqlite_errorcode", 0) & 0xFF not in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
                raise
            return
    if is_busy:
        raise StoreError(f"{path}: another process keeps it locked")


def _remember(draft: Path, printed: Iterable[Printed]) -> None:
    with plain_words(draft), closing(open_writer(draft)) as db:
        db.execute("BEGIN IMMEDIATE")
        remember_printed(db.conn, printed)
        db.execute("COMMIT")
    sync(draft)


def _copy(conn: sqlite3.Connection, draft: Path) -> None:
    """Pages as they are, in one step, so that a writer meanwhile does not make it begin again."""
    with plain_words(draft), closing(sqlite3.connect(draft)) as new:
        conn.backup(new)
        new.execute("PRAGMA journal_mode = DELETE")  # one file, without a log beside it
        (verdict,) = new.execute("PRAGMA integrity_check(1)").fetchone()
    if verdict != "ok":
        raise StoreError(f"the database is damaged: {verdict}")
    sync(draft)
