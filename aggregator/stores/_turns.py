"""
The turns of those who write: one thread at a time, and those that stand in line share a transaction.

To commit takes up to a fifth of a visit, and most of that goes into pages that the next one writes again. So a turn
that ends while others stand in line leaves the commit to the last of them, and waits for it: nobody goes on before
what he wrote is kept. What goes wrong in a turn undoes this turn alone.
"""

from __future__ import annotations

import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import StoreError
from ._database import Database, plain_words

MOST_TOGETHER = 8
"""Turns in one transaction. More of them save little, and each waits for the last."""
MOST_WAITING = 100
"""Pieces of work that wait for a turn; then they make one of their own."""
FORGOTTEN = 1.0
"""Seconds after which somebody who waits for a commit looks whether there is anybody left who will do it."""

Work = Callable[[sqlite3.Connection], object]


class Shared:
    """A transaction, as long as it is under way."""

    def __init__(self) -> None:
        self.turns = 0
        self.over = threading.Event()
        self.fault: StoreError | None = None
        """Why nothing of it was kept."""
        self.waited: dict[str, Work] = {}
        """What is done in it and had waited for a turn."""


class Turns:
    """Of the one connection that writes."""

    def __init__(self, db: Database, path: Path) -> None:
        self._db = db
        self._path = path
        self._lock = threading.Lock()
        self._line = deque[None]()
        """One for each thread that stands in line for the lock."""
        self._thread: int | None = None
        """Whose turn it is."""
        self._shared: Shared | None = None
        self._waiting: dict[str, Work] = {}
        self._adding = threading.Lock()

    def mine(self) -> Database | None:
        """The connection, for the thread whose turn it is."""
        return self._db if self._thread == threading.get_ident() else None

    @contextmanager
    def turn(self) -> Iterator[Database]:
        """
        What one thread does to the database, all or nothing; kept when the block has ended, or StoreError is raised. A
        turn inside it may fail alone, and is kept only if the outer one is.
        """
        with plain_words(self._path):
            if self.mine():
                with self._db.atomic():
                    yield self._db
                return
            with self._next() as shared:
                yield self._db
        while not shared.over.wait(FORGOTTEN):
            self._end_what_is_left()
        if shared.fault:
            raise StoreError(str(shared.fault)) from shared.fault

    @contextmanager
    def _next(self) -> Iterator[Shared]:
        with self._in_line():
            self._shared = shared = self._shared or Shared()
            shared.turns += 1
            self._thread = threading.get_ident()
            try:
                with self._first() if shared.turns == 1 else self._db.atomic(), self._what_waits(shared):
                    yield shared
            finally:
                self._thread = None
                if not self._line or shared.turns == MOST_TOGETHER or not self._db.conn.in_transaction:
                    self._end(shared)

    @contextmanager
    def _in_line(self) -> Iterator[None]:
        self._line.append(None)
        try:
            self._lock.acquire()
        finally:
            self._line.pop()
        try:
            yield
        finally:
            self._lock.release()

    @contextmanager
    def _first(self) -> Iterator[None]:
        """With nobody before it, a turn needs no copies of the pages that it changes: all can be undone."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.rollback()
            raise

    def _end(self, shared: Shared) -> None:
        self._shared = None
        try:
            if not self._db.conn.in_transaction:
                raise StoreError(f"{self._path}: SQLite has undone what was written: the disk may be full")
            with plain_words(self._path):
                self._db.execute("COMMIT")
        except StoreError as e:
            self._db.rollback()
            shared.fault = e
            self._put_back(shared.waited)
        finally:
            shared.over.set()

    def _end_what_is_left(self) -> None:
        """Somebody stood in line and was interrupted."""
        with self._in_line():
            if self._shared:
                self._end(self._shared)

    @contextmanager
    def last(self) -> Iterator[None]:
        """When nobody's turn is under way; the connection is closed behind the block."""
        try:
            self.settle()
        finally:
            with self._in_line(), plain_words(self._path):
                if self._shared:
                    self._end(self._shared)
                try:
                    yield
                finally:
                    self._db.close()  # last, so that it can put the write-ahead log back into the file

    # --- what waits --------------------------------------------------------------------------------------------------

    def later(self, subject: str, work: Work) -> None:
        """
        Work that may wait: the next turn of anybody begins with it, and it is kept with that one. Who asks for the
        `subject` has to `settle` before. It is lost if the process is killed first.
        """
        self.settle(subject)
        with self._adding:
            self._waiting[subject] = work
        if len(self._waiting) >= MOST_WAITING:
            self.settle()

    def settle(self, subject: str | None = None) -> None:
        """Do what waits, if this is among it, or if there is anything."""
        if subject in self._waiting or (subject is None and self._waiting):
            with self.turn():
                pass

    @contextmanager
    def _what_waits(self, shared: Shared) -> Iterator[None]:
        """Done before the block. What cannot be done waits no longer: it would fail for ever, whoever has the turn."""
        with self._adding:
            waiting, self._waiting = self._waiting, {}
        for work in waiting.values():
            work(self._db.conn)
        try:
            yield
        except BaseException:
            self._put_back(waiting)
            raise
        shared.waited |= waiting

    def _put_back(self, waiting: dict[str, Work]) -> None:
        with self._adding:
            self._waiting = waiting | self._waiting
