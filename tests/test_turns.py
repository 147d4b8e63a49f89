"""Those who stand in line for the database share a transaction, and notice nothing of each other."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from aggregator.errors import StoreError
from aggregator.stores import _turns
from aggregator.stores._database import open_reader, open_writer
from aggregator.stores._turns import MOST_TOGETHER, Turns


class Slate:
    """A table of numbers, written by turns."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.db = open_writer(path)
        self.db.execute("CREATE TABLE numbers (number INTEGER PRIMARY KEY)")
        self.db.execute("CREATE TABLE promises (number REFERENCES numbers DEFERRABLE INITIALLY DEFERRED)")
        self.turns = Turns(self.db, path)
        self.commits = 0
        self.db.conn.set_trace_callback(lambda sql: self.count(sql))

    def count(self, sql: str) -> None:
        self.commits += sql == "COMMIT"

    def write(self, number: int) -> None:
        with self.turns.turn() as db:
            db.execute("INSERT INTO numbers VALUES (?)", (number,))

    def write_and_fail(self, number: int) -> None:
        with self.turns.turn() as db:
            db.execute("INSERT INTO numbers VALUES (?)", (number,))
            raise ZeroDivisionError

    def promise(self, number: int) -> None:
        """What is not kept is found out at the commit."""
        with self.turns.turn() as db:
            db.execute("INSERT INTO promises VALUES (?)", (number,))

    def read(self) -> list[int]:
        """As another connection sees it."""
        reader = open_reader(self.path)
        try:
            return [number for (number,) in reader.execute("SELECT number FROM numbers ORDER BY number")]
        finally:
            reader.close()

    def share(self, *tasks: Callable[[], None]) -> list[BaseException | None]:
        """Have them stand in line while a turn is under way, one behind the other; how each of them ended."""
        ends: list[BaseException | None] = [None] * len(tasks)

        def end(n: int, task: Callable[[], None]) -> None:
            try:
                task()
            except BaseException as e:
                ends[n] = e

        threads = [threading.Thread(target=end, args=one) for one in enumerate(tasks)]
        with suppress(StoreError), self.turns.turn():
            for length, thread in enumerate(threads, 1):
                thread.start()
                while len(self.turns._line) < length:
                    pass
        for thread in threads:
            thread.join()
        return ends


@pytest.fixture
def slate(tmp_path: Path) -> Iterator[Slate]:
    slate = Slate(tmp_path / "river.db")
    yield slate
    with slate.turns.last():
        pass


def writing(slate: Slate, *numbers: int) -> list[Callable[[], None]]:
    return [lambda n=n: slate.write(n) for n in numbers]  # type: ignore[misc]


def test_those_in_line_share_one_commit(slate: Slate) -> None:
    assert slate.share(*writing(slate, 1, 2, 3)) == [None] * 3
    assert slate.read() == [1, 2, 3]
    assert slate.commits == 1


def test_who_is_alone_commits(slate: Slate) -> None:
    slate.write(1)
    assert slate.read() == [1]
    slate.write(2)
    assert slate.commits == 2


def test_the_line_does_not_keep_anybody_waiting_for_ever(slate: Slate) -> None:
    slate.share(*writing(slate, *range(2 * MOST_TOGETHER)))
    assert slate.read() == list(range(2 * MOST_TOGETHER))
    assert slate.commits == 3


def test_who_fails_undoes_nothing_of_the_others(slate: Slate) -> None:
    first, failed, last = slate.share(*writing(slate, 1), lambda: slate.write_and_fail(2), *writing(slate, 3))
    assert (first, last) == (None, None)
    assert isinstance(failed, ZeroDivisionError)
    assert slate.read() == [1, 3]
    assert slate.commits == 1


def test_the_last_in_line_commits_for_the_others_though_it_fails(slate: Slate) -> None:
    first, failed = slate.share(*writing(slate, 1), lambda: slate.write_and_fail(2))
    assert first is None
    assert isinstance(failed, ZeroDivisionError)
    assert slate.read() == [1]


def test_who_fails_first_leaves_the_line_to_itself(slate: Slate) -> None:
    def fail_in_front() -> None:
        with slate.turns.turn():
            threading.Thread(target=lambda: slate.write(2)).start()
            while not slate.turns._line:
                pass
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_in_front()
    slate.write(3)
    assert slate.read() == [2, 3]


def test_all_are_told_when_nothing_could_be_kept(slate: Slate) -> None:
    done: list[str] = []
    slate.turns.later("steppe", lambda _: done.append("steppe"))
    ends = slate.share(*writing(slate, 1), lambda: slate.promise(9))
    assert [type(end) for end in ends] == [StoreError, StoreError]
    assert "FOREIGN KEY" in str(ends[0])
    assert slate.read() == []
    slate.write(2)  # and it goes on, with what had waited
    assert slate.read() == [2]
    assert done == ["steppe", "steppe"]


def test_nobody_waits_for_one_who_left_the_line(slate: Slate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_turns, "FORGOTTEN", 0.01)
    slate.turns._line.append(None)  # interrupted before its turn came
    slate.write(1)
    slate.turns._line.pop()
    assert slate.read() == [1]


def test_who_closes_keeps_what_was_left_to_the_next_in_line(tmp_path: Path) -> None:
    slate = Slate(tmp_path / "river.db")

    def close() -> None:
        with slate.turns.last():
            pass

    closing = threading.Thread(target=close)
    with slate.turns.turn() as db:
        db.execute("INSERT INTO numbers VALUES (1)")
        closing.start()
        while not slate.turns._line:
            pass
    closing.join()
    assert slate.read() == [1]
