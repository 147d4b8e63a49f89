"""
Who may talk to the file: one connection that writes, taken in turns, and as many that read as there are readers.

A second connection that writes would meet the WAL-reset bug of SQLite before 3.51.3, which needs two that write or
checkpoint at one moment.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
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


MOST_WAITING = 100
"""Pieces of work that wait for a turn; then they make one of their own."""

Work = Callable[[sqlite3.Connection], object]


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
            # Power loss may take the last commits, whole ones. As bookmarks go with them, they are fetched again.
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
    db = open_reader(path)
    try:
        with plain_words(path):
            check(db.conn, path)
            if is_empty(db.conn):
                raise StoreError(NOTHING_YET)
            if not is_current(db.conn):
                raise StoreError(f"{path} is from an older version of this program: run 'aggregator run --once' first")
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


class Connections:
    """The connections of one open store. `writer` is None if the store was opened for reading."""

    def __init__(self, path: Path, writer: Database | None) -> None:
        self._path = path
        self._writer = writer
        self._lock = threading.RLock()
        self._thread_in_turn: int | None = None
        self._waiting: dict[str, Work] = {}
        self._pool = threading.Lock()
        self._idle: list[Database] = []
        self._closed = False

    @contextmanager
    def turn(self) -> Iterator[Database]:
        """One transaction of one thread. A turn inside it may fail alone, and is kept only if the outer one is."""
        if self._writer is None:
            raise StoreError(f"{self._path} was opened for reading only")
        db = self._writer
        with self._lock, plain_words(self._path):
            if self._thread_in_turn is None:
                with self._transaction(db):
                    yield db
            else:
                with db.atomic():
                    yield db

    def later(self, subject: str, work: Work) -> None:
        """
        Work that may wait: the next turn of anybody begins with it, and it is kept with that one. Who asks for the
        `subject` has to `settle` before. It is lost if the process is killed first.
        """
        self.settle(subject)
        with self._pool:
            self._waiting[subject] = work
        if len(self._waiting) >= MOST_WAITING:
            self.settle()

    def settle(self, subject: str | None = None) -> None:
        """Do what waits, if this is among it, or if there is anything."""
        if subject in self._waiting or (subject is None and self._waiting):
            with self.turn():
                pass

    @contextmanager
    def _transaction(self, db: Database) -> Iterator[None]:
        db.conn.execute("BEGIN IMMEDIATE")
        self._thread_in_turn = threading.get_ident()
        try:
            waiting = self._do_what_waits(db)
            try:
                yield
                # Not db.commit(): that is silent when SQLite itself has undone the transaction (a full disk).
                db.conn.execute("COMMIT")
            except BaseException:
                with self._pool:
                    self._waiting = waiting | self._waiting
                raise
        except BaseException:
            db.rollback()
            raise
        finally:
            self._thread_in_turn = None

    def _do_what_waits(self, db: Database) -> dict[str, Work]:
        """What cannot be done waits no longer: it must not fail for ever, whoever has the turn."""
        with self._pool:
            waiting, self._waiting = self._waiting, {}
        for work in waiting.values():
            work(db.conn)
        return waiting

    @contextmanager
    def reading(self) -> Iterator[Database]:
        """One moment of the database. Inside a turn: what the turn has done so far."""
        if self._writer is not None and self._thread_in_turn == threading.get_ident():
            with plain_words(self._path):
                yield self._writer
            return
        db = self._borrow()
        try:
            with plain_words(self._path):
                db.conn.execute("BEGIN")
                yield db
        finally:
            self._give_back(db)

    def row(self, sql: str, key: str) -> sqlite3.Row | None:
        """The one row that a statement finds. One statement sees one moment, and needs no transaction around it."""
        if self._thread_in_turn == threading.get_ident():
            with self.reading() as db:
                return _first(db, sql, key)
        db = self._borrow()
        try:
            with plain_words(self._path):
                return _first(db, sql, key)
        finally:
            self._give_back(db)

    def _borrow(self) -> Database:
        with self._pool:
            if self._closed:
                raise StoreError(f"{self._path} is closed")
            if self._idle:
                return self._idle.pop()
        return open_reader(self._path)

    def _give_back(self, db: Database) -> None:
        with self._pool, plain_words(self._path):
            if self._closed:
                db.close()
            else:
                db.rollback()
                self._idle.append(db)

    def close(self) -> None:
        """Waits for the turn under way; a reading under way closes its own connection when it ends."""
        try:
            self.settle()
        finally:
            self._close()

    def _close(self) -> None:
        with self._lock, plain_words(self._path):
            with self._pool:
                self._closed = True
                while self._idle:
                    self._idle.pop().close()
            if self._writer is not None:
                self._writer.close()  # last, so that it can put the write-ahead log back into the file


def _first(db: Database, sql: str, key: str) -> sqlite3.Row | None:
    row: sqlite3.Row | None = db.execute(sql, (key,)).fetchone()
    return row


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
