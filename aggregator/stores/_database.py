"""A connection to the file: how it is opened, and SQLite's errors in our words."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import StoreError
from ._schema import check, is_current, is_empty, migrate

PATIENCE = 10.0
"""Seconds to wait for another process that holds the file, such as a backup."""

NOTHING_YET = "nothing has been collected yet: run 'aggregator run --once' first"

PAGE_SIZE = 16384
"""Bytes. Articles are long: this is 1.7 times as fast to fill as SQLite's own 4096, and a tenth smaller."""

CACHE = 32768
"""
KB of pages, at the most. With SQLite's own 2,000 a visit to a large database writes pages that it reads again. With
twice as many as these a first collection of 400 feeds takes 20 MB more, and no less time.
"""


class Database:
    """A connection, and the few things that the store does with one."""

    def __init__(self, conn: sqlite3.Connection) -> None:
        self.conn = conn
        self.execute = conn.execute
        self.rollback = conn.rollback
        self.close = conn.close

    @contextmanager
    def atomic(self) -> Iterator[None]:
        """Inside a transaction: a piece of it that may fail alone."""
        self.execute("SAVEPOINT piece")
        try:
            yield
            self.execute("RELEASE piece")
        except BaseException:
            if self.conn.in_transaction:  # a full disk, say, has undone all of it
                self.execute("ROLLBACK TO piece")
                self.execute("RELEASE piece")
            raise


def open_writer(path: Path) -> Database:
    """The connection that writes; makes the file, or brings its tables up to date. Raises StoreError."""
    with plain_words(path):
        db = _connect(str(path))
        try:
            check(db.conn, path)
            db.execute(f"PRAGMA page_size = {PAGE_SIZE}")  # heard in an empty file only, and not after WAL
            db.execute("PRAGMA journal_mode = WAL")
            # Power loss may take the last commits, whole ones. As bookmarks go with them, they are fetched again; what
            # was sealed has to stay: see Connections.sync.
            db.execute("PRAGMA synchronous = NORMAL")
            db.execute(f"PRAGMA cache_size = -{CACHE}")
            db.execute("PRAGMA secure_delete = OFF")  # some systems' SQLite writes zeros over all that it drops
            # What a turn inside a turn may have to undo stays in memory: SQLite would write each page of it to a file.
            db.execute("PRAGMA temp_store = MEMORY")
            db.execute("PRAGMA foreign_keys = ON")
            migrate(db.conn)
        except BaseException:
            db.close()
            raise
    return db


def open_reader(path: Path) -> Database:
    """A connection that cannot write. Raises StoreError, also when there is nothing to read yet."""
    if not path.exists():
        raise StoreError(NOTHING_YET)
    with plain_words(path):
        db = _connect(f"{path.as_uri()}?mode=ro")
        try:
            db.execute("PRAGMA query_only = ON")
        except BaseException:
            db.close()
            raise
    return db


def check_readable(path: Path) -> None:
    """Raises StoreError unless the file has the tables that this version reads."""
    if not check_ours(path):
        raise StoreError(f"{path} is from an older version of this program: run 'aggregator run --once' first")


def check_ours(path: Path) -> bool:
    """Whether it is up to date. Raises StoreError unless the file is a database of ours, and of no newer version."""
    db = open_reader(path)
    try:
        with plain_words(path):
            check(db.conn, path)
            if is_empty(db.conn):
                raise StoreError(NOTHING_YET)
            return is_current(db.conn)
    finally:
        db.close()


def _connect(place: str) -> Database:
    conn = sqlite3.connect(
        place,
        uri=place.startswith("file:"),
        timeout=PATIENCE,
        isolation_level=None,  # transactions begin where we say so
        check_same_thread=False,  # one thread at a time: see Connections
    )
    conn.row_factory = sqlite3.Row
    return Database(conn)


@contextmanager
def plain_words(path: Path) -> Iterator[None]:
    """SQLite's errors as ours."""
    try:
        yield
    except sqlite3.Error as e:
        raise StoreError(f"{path}: {_explained(e)}") from e
    except UnicodeEncodeError as e:  # half of a surrogate pair: it has no UTF-8
        raise StoreError(f"{path}: a text cannot be stored: {e.reason}") from e


REASONS = {
    sqlite3.SQLITE_BUSY: "another process keeps it locked",
    sqlite3.SQLITE_CANTOPEN: "the file cannot be opened",
    sqlite3.SQLITE_CORRUPT: "the file is damaged; restore a backup",
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_IOERR: "the disk cannot be read or written",
    sqlite3.SQLITE_NOTADB: "the file is not a database",
    sqlite3.SQLITE_PERM: "the file may not be read",
    sqlite3.SQLITE_READONLY: "the file may not be written",
}


def _explained(error: sqlite3.Error) -> str:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the lowest byte; the others say more than an operator needs
    reason = REASONS.get(code)
    return f"{reason} ({error})" if reason else str(error)
