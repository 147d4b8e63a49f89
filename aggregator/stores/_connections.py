"""
Who may talk to the file: one connection that writes, taken in turns, and as many that read as there are readers.

A second connection that writes would meet the WAL-reset bug of SQLite before 3.51.3, which needs two that write or
checkpoint at one moment.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

from ..disk import sync
from ..errors import StoreError
from ._database import Database, open_reader, plain_words
from ._turns import Turns, Work


class Connections:
    """The connections of one open store. `writer` is None if the store was opened for reading."""

    def __init__(self, path: Path, writer: Database | None) -> None:
        self._path = path
        self._turns = Turns(writer, path) if writer else None
        self._pool = threading.Lock()
        self._idle: list[Database] = []
        self._closed = False

    def turn(self) -> AbstractContextManager[Database]:
        """As Turns says."""
        if self._turns is None:
            raise StoreError(f"{self._path} was opened for reading only")
        return self._turns.turn()

    def later(self, subject: str, work: Work) -> None:
        """As Turns says."""
        if self._turns is None:
            raise StoreError(f"{self._path} was opened for reading only")
        self._turns.later(subject, work)

    def settle(self, subject: str | None = None) -> None:
        """As Turns says; where nobody writes, nothing waits."""
        if self._turns:
            self._turns.settle(subject)

    def sync(self) -> None:
        """
        What was committed until now is on disk for good. SQLite, at synchronous=NORMAL, leaves the log's last frames to
        the system, and a checkpoint syncs nothing while somebody reads from before them. On the log itself no process
        holds a lock, which closing it here could end.
        """
        log = self._path.with_name(f"{self._path.name}-wal")
        try:
            sync(log)
        except FileNotFoundError:  # a disk of the network, say: SQLite then syncs each commit
            return
        except OSError as e:
            raise StoreError(f"{log} cannot be written: {e.strerror}") from e

    @contextmanager
    def reading(self) -> Iterator[Database]:
        """One moment of the database. Inside a turn: what the turn has done so far."""
        if self._turns and (db := self._turns.mine()):
            with plain_words(self._path):
                yield db
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
        if self._turns and (db := self._turns.mine()):
            with plain_words(self._path):
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
        with self._turns.last() if self._turns else nullcontext(), self._pool, plain_words(self._path):
            self._closed = True
            while self._idle:
                self._idle.pop().close()


def _first(db: Database, sql: str, key: str) -> sqlite3.Row | None:
    row: sqlite3.Row | None = db.execute(sql, (key,)).fetchone()
    return row
