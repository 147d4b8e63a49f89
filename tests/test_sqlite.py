"""What is SQLite's own: the file, its pages, who may open it, and what a killed process leaves behind."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from aggregator.errors import StoreError, StoreInUse
from aggregator.model import Source, Standing, Visit
from aggregator.stores import (
    Store,
    _alike,
    _known,
    _regrouping,
    _related,
    _saving,
    _schema,
    _sources,
    _stories,
    _topics,
)
from aggregator.stores._database import open_writer
from aggregator.stores._rows import SIZES, rows_for, stamp
from aggregator.stores._turns import MOST_WAITING
from aggregator.stores.sqlite import SqliteStore, open_store

from .test_stores import COAST, HOUR, LEASE, NOON, STEPPE, TOPICS, article, changed, copy, file_all, ids, new, visit


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "db" / "river.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    store = open_store(path, writing=True)
    store.register([STEPPE, COAST], TOPICS, NOON)
    yield store
    store.close()


def ask(path: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as conn:
        return conn.execute(sql).fetchall()


def test_sources_that_are_registered_as_they_were_write_nothing(path: Path, store: SqliteStore) -> None:
    def written(*sources: Source) -> int:
        with store._connections.turn() as db:
            before = db.conn.total_changes
            _sources.register_sources(db.conn, iter(sources), NOON + HOUR)
            return db.conn.total_changes - before

    assert written(STEPPE, COAST) == 0
    for other in ((COAST, STEPPE), (STEPPE,), (replace(STEPPE, every=3 * HOUR), COAST), (STEPPE, COAST)):
        assert written(*other) > 0
        rows = ask(path, "SELECT name, every, place FROM sources WHERE place IS NOT NULL ORDER BY place")
        assert rows == [(s.name, s.every // timedelta(microseconds=1), n) for n, s in enumerate(other)]


# --- routine visits --------------------------------------------------------------------------------------------------


LAST_VISITS = "SELECT name, last_visit IS NOT NULL, leased_until IS NOT NULL FROM sources ORDER BY name"


def routine(source: str = "steppe", **facts: Any) -> Visit:
    """One that changed nothing."""
    return replace(visit(source), standing=None, is_unchanged=True, **facts)


@pytest.fixture
def claimed(store: SqliteStore) -> SqliteStore:
    assert store.claim_due(NOON, LEASE, 9) == ["steppe", "coast"]
    return store


def test_a_routine_visit_is_written_with_the_next_turn(claimed: SqliteStore, path: Path) -> None:
    claimed.save(routine(), ())
    assert ask(path, LAST_VISITS) == [("coast", 0, 1), ("steppe", 0, 1)]
    claimed.published("all", 1)
    assert ask(path, LAST_VISITS) == [("coast", 0, 1), ("steppe", 1, 0)]
    claimed.published("all", 1)
    assert ask(path, "SELECT visits, unchanged FROM sources WHERE name = 'steppe'") == [(1, 1)]


def test_whoever_asks_for_the_source_sees_a_routine_visit(claimed: SqliteStore) -> None:
    claimed.save(routine(), ())
    assert claimed.standing("steppe").checkpoint == visit().checkpoint
    claimed.save(routine("coast"), ())
    assert claimed.standing("coast").visited == NOON
    claimed.save(routine(), ())
    assert claimed.health()[0].unchanged == 2
    claimed.save(routine(), ())
    assert claimed.claim(["steppe"], NOON + HOUR, LEASE) == ["steppe"]
    assert claimed.health()[0].unchanged == 3


@pytest.mark.parametrize(
    "facts",
    [
        {"not_before": NOON + HOUR},
        {"hosts_not_before": {"steppe.example": NOON + HOUR}},
        {"error": "the server answers 503 Service Unavailable"},
        {"standing": Standing(failures=1)},
        {"is_unchanged": False},
    ],
)
def test_what_must_not_be_lost_is_written_at_once(claimed: SqliteStore, path: Path, facts: dict[str, Any]) -> None:
    claimed.save(replace(routine(), **facts), ())
    assert ask(path, LAST_VISITS) == [("coast", 0, 1), ("steppe", 1, 0)]


def test_two_routine_visits_are_two(claimed: SqliteStore) -> None:
    claimed.save(routine(), ())
    claimed.save(routine(), ())
    assert claimed.health()[0].visits == 2


def test_routine_visits_do_not_wait_for_ever(store: SqliteStore, path: Path) -> None:
    many = [replace(STEPPE, name=f"s{n}") for n in range(MOST_WAITING)]
    store.register(many, TOPICS, NOON)
    for source in many:
        store.save(routine(source.name), ())
    assert ask(path, "SELECT count(last_visit) FROM sources WHERE place IS NOT NULL") == [(MOST_WAITING,)]


def test_closing_writes_down_what_waits(claimed: SqliteStore, path: Path) -> None:
    claimed.save(routine(), ())
    claimed.close()
    assert ask(path, LAST_VISITS) == [("coast", 0, 1), ("steppe", 1, 0)]


def test_a_turn_that_fails_takes_no_visit_with_it(claimed: SqliteStore, path: Path) -> None:
    claimed.save(routine(), ())
    with pytest.raises(StoreError, match="no story"):
        claimed.withdraw("nobody", NOON)
    assert ask(path, LAST_VISITS) == [("coast", 0, 1), ("steppe", 0, 1)]
    claimed.published("all", 1)
    assert ask(path, LAST_VISITS) == [("coast", 0, 1), ("steppe", 1, 0)]


def test_a_visit_that_cannot_be_written_is_in_nobodys_way_twice(claimed: SqliteStore) -> None:
    claimed.save(routine("nobody"), ())
    with pytest.raises(StoreError, match="no source 'nobody'"):
        claimed.published("all", 1)
    claimed.published("all", 1)


def test_a_routine_visit_lost_with_its_process_is_not_made_again_too_soon(claimed: SqliteStore, path: Path) -> None:
    claimed.save(routine(), ())
    assert ask(path, "SELECT next_at - every FROM sources WHERE name = 'steppe'") == [(stamp(NOON),)]


# --- the file --------------------------------------------------------------------------------------------------------


def test_it_is_a_store(store: SqliteStore) -> None:
    any_store: Store = store
    assert any_store.stale_topics() == ["all", "trade"]


def test_the_file_has_large_pages_and_a_write_ahead_log(store: SqliteStore, path: Path) -> None:
    assert ask(path, "PRAGMA page_size") == [(16384,)]
    assert ask(path, "PRAGMA journal_mode") == [("wal",)]


def test_where_a_disk_knows_no_log_there_is_none_to_be_synced(store: SqliteStore, path: Path) -> None:
    store.sync()
    path.with_name(f"{path.name}-wal").unlink()
    store.sync()


def test_the_connection_that_writes_is_set_up_for_it(store: SqliteStore) -> None:
    with store._connections.turn() as db:
        settings = {name: db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("synchronous", "foreign_keys")}
        assert settings == {"synchronous": 1, "foreign_keys": 1}
        assert db.execute("PRAGMA busy_timeout").fetchone()[0] == 10_000


def test_a_connection_that_reads_cannot_write(store: SqliteStore) -> None:
    with pytest.raises(StoreError, match="may not be written"), store._connections.reading() as db:
        db.execute("DELETE FROM sources")


def test_the_file_is_sound_after_all_kinds_of_writing(store: SqliteStore, path: Path) -> None:
    store.save(visit(), [new(n) for n in range(50)])
    store.save(visit("coast"), [copy(n, of=n - 100, leads=n % 2 == 0) for n in range(100, 150)])
    store.save(visit(), [changed(n) for n in range(0, 50, 3)])
    file_all(store, "r1", "all", "trade")
    store.close()
    assert ask(path, "PRAGMA integrity_check") == [("ok",)]
    assert ask(path, "PRAGMA foreign_key_check") == []
    assert [p.name for p in sorted(path.parent.iterdir())] == ["river.db", "river.db.lock"]


def test_the_file_is_at_most_1_6_times_the_text(store: SqliteStore, path: Path) -> None:
    words = Random(1)
    decisions = [new(n, content=" ".join(f"сөз{words.randrange(9999)}" for _ in range(250))) for n in range(4000)]
    store.save(visit(), decisions)
    file_all(store, "r1", "all")
    store.close()
    articles = [decision.article for decision in decisions]
    text = sum(len(f"{a.title}{a.summary}{a.content}".encode()) for a in articles)
    assert path.stat().st_size <= 1.6 * text


def plan(store: SqliteStore, sql: str) -> list[str]:
    values = {"topic": "all", "since": 0, "before": 1, "after": "", "limit": 1, "now": 0, "at_once": 1, "key": "a"}
    with store._connections.reading() as db:
        given = values if ":" in sql else (1,) * sql.count("?")
        return [row["detail"] for row in db.execute(f"EXPLAIN QUERY PLAN {sql}", given)]


LISTS = [_stories.NEWEST, _stories.NEWEST_OF_TOPIC, _stories.UNFILED, _sources.DUE]
LOOK_UPS = [_known.TRACES_BY_ID, _known.TRACES_BY_URL, _known.TRACES_BY_SKETCH, _stories.ARTICLES, _topics.TOPICS_OF]
LOOK_UPS += [*_alike.STORIES_OF, _stories.BY_BEGINNING]
LOOK_UPS += [_alike.STORY, _regrouping.STORY, _related.NUMBERS, _saving.STORY_NUMBERS, _stories.NUMBERS]  # by id
LOOK_UPS += [_topics.STORIES_BY_ID]


@pytest.mark.parametrize("sql", LISTS + LOOK_UPS)
def test_frequent_questions_read_no_whole_table(store: SqliteStore, sql: str) -> None:
    assert not [step for step in plan(store, sql) if step.startswith("SCAN")]


@pytest.mark.parametrize("sql", LISTS)
def test_lists_are_not_sorted_but_for_equal_times(store: SqliteStore, sql: str) -> None:
    assert "USE TEMP B-TREE FOR ORDER BY" not in plan(store, sql)


def test_look_ups_have_few_statement_texts(store: SqliteStore) -> None:
    texts = set()
    with store._connections.turn() as db:
        db.conn.set_trace_callback(lambda sql: texts.add(sql.count(",")))
        for count in (1, 2, 8, 9, 64, 65, 512, 513, 1100):
            list(rows_for(db.conn, "SELECT id FROM articles WHERE id IN (?)", range(count)))
        db.conn.set_trace_callback(None)
    assert texts == {size - 1 for size in SIZES}


@pytest.mark.parametrize("hosts", [1, 50, 1000])
def test_handing_out_a_thousand_sources_costs_no_more_where_they_share_hosts(store: SqliteStore, hosts: int) -> None:
    steps = 0

    def step() -> int:
        nonlocal steps
        steps += 1
        return 0

    sources = [replace(STEPPE, name=f"{n}", location=f"https://{n % hosts}.example/{n}") for n in range(1000)]
    store.register(sources, {}, NOON)
    with store._connections.turn() as db:
        db.conn.set_progress_handler(step, 100)
        assert len(_sources.due_sources(db.conn, NOON, 1000, 1)) == hosts
        db.conn.set_progress_handler(None, 0)
    assert 0 < steps < 1000  # a hundred instructions each; a look at every source for every other took 100,000


@pytest.mark.parametrize("held", [0, 10_000, 1_000_000])
def test_every_mark_settles_after_some_visits_however_many_articles_are_held(store: SqliteStore, held: int) -> None:
    marks = [(mark, 1) for mark in range(0, 2**32, 2**24)]
    with store._connections.turn() as db:
        db.conn.executemany("INSERT INTO new_marks (mark, story) VALUES (?, ?)", marks)
        for first in range(held, held + 20_000, 35):
            _alike.settle_marks(db.conn, range(first, first + 35))
        assert db.execute("SELECT 1 FROM new_marks").fetchone() is None
        assert list(map(tuple, db.execute("SELECT mark, story FROM marks"))) == marks


# --- who may open it -------------------------------------------------------------------------------------------------


def test_a_second_process_is_told_who_has_the_database(path: Path) -> None:
    with closing(open_store(path, writing=True, holder="aggregator run, since 14:03")):
        code = f"""
from pathlib import Path
from aggregator.errors import StoreInUse
from aggregator.stores.sqlite import open_store
try:
    open_store(Path({str(path)!r}), writing=True)
except StoreInUse as e:
    print(e.holder)
    print(e)
"""
        said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    holder, sentence = said.splitlines()
    assert holder == f"process {os.getpid()} (aggregator run, since 14:03)"
    assert f"in use by {holder}" in sentence
    assert "stop that one (Ctrl-C, or 'systemctl stop river')" in sentence
    assert sentence.endswith("and start it again")


def test_another_name_of_the_same_file_is_the_same_lock(store: SqliteStore, path: Path) -> None:
    other = path.parent / "other.db"
    other.symlink_to(path)
    with pytest.raises(StoreInUse):
        open_store(other, writing=True)


def test_the_lock_is_free_after_closing(path: Path) -> None:
    for _ in range(3):
        open_store(path, writing=True).close()


def test_the_lock_is_free_after_a_failed_opening(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("this is a shopping list, not a database\n" * 100)
    for _ in range(2):
        with pytest.raises(StoreError, match="not a database"):
            open_store(path, writing=True)


def test_readers_see_what_the_writer_has_committed(store: SqliteStore, path: Path) -> None:
    with closing(open_store(path, writing=False)) as reader:
        assert ids(reader.stories()) == []
        store.save(visit(), [new(1)])
        assert ids(reader.stories()) == [1]
        with store.turn():
            store.save(visit(), [new(2)])
            assert ids(reader.stories()) == [1]
        assert ids(reader.stories()) == [2, 1]


def test_readers_work_without_a_writer(store: SqliteStore, path: Path) -> None:
    store.save(visit(), [new(1)])
    store.close()
    with closing(open_store(path, writing=False)) as reader:
        assert ids(reader.stories()) == [1]
        assert reader.known([article(1)]).by_id


def test_a_store_opened_for_reading_writes_nothing(store: SqliteStore, path: Path) -> None:
    with closing(open_store(path, writing=False)) as reader:
        for write in (
            lambda: reader.save(visit(), []),
            lambda: reader.claim_due(NOON, LEASE, 1),
            lambda: reader.claim(["steppe"], NOON, LEASE),
            lambda: reader.register([], {}, NOON),
            lambda: reader.file("r1", {}, NOON),
            lambda: reader.published("all", 1),
        ):
            with pytest.raises(StoreError, match="reading only"):
                write()
    assert store.claim_due(NOON, LEASE, 1) == ["steppe"]


def test_reading_before_anything_was_collected_says_what_to_do(path: Path) -> None:
    with pytest.raises(StoreError, match="run 'aggregator run --once' first"):
        open_store(path, writing=False)
    assert not path.parent.exists()
    path.parent.mkdir()
    path.touch()
    with pytest.raises(StoreError, match="run 'aggregator run --once' first"):
        open_store(path, writing=False)


@pytest.mark.parametrize("writing", [True, False])
def test_a_database_of_a_newer_version_is_refused(store: SqliteStore, path: Path, writing: bool) -> None:
    with store._connections.turn() as db:
        db.execute("INSERT INTO _sqlite_migrations (migration_set, name) VALUES ('aggregator', 'from_the_future')")
    store.close()
    with pytest.raises(StoreError, match="newer version"):
        open_store(path, writing=writing)


@pytest.mark.parametrize("writing", [True, False])
def test_a_database_of_another_program_is_refused_and_left_alone(path: Path, writing: bool) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as conn:
        conn.execute("CREATE TABLE recipes (name TEXT)")
    before = path.read_bytes()
    with pytest.raises(StoreError, match="another program"):
        open_store(path, writing=writing)
    assert path.read_bytes() == before


@pytest.mark.parametrize("writing", [True, False])
def test_a_folder_is_no_database(tmp_path: Path, writing: bool) -> None:
    with pytest.raises(StoreError, match="is a folder"):
        open_store(tmp_path, writing=writing)


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "db").write_text("a file where the folder should be")
    with pytest.raises(StoreError, match="cannot be used"):
        open_store(tmp_path / "db" / "river.db", writing=True)


@pytest.mark.parametrize("writing", [True, False])
def test_a_name_that_the_disk_does_not_take_is_an_error(tmp_path: Path, writing: bool) -> None:
    with pytest.raises(StoreError, match="cannot be used"):
        open_store(tmp_path / ("long" * 100), writing=writing)


def test_a_damaged_file_is_an_error(store: SqliteStore, path: Path) -> None:
    store.save(visit(), [new(n, content="x" * 5000) for n in range(100)])
    store.close()
    with path.open("r+b") as file:
        file.seek(16384)
        file.write(b"\xff" * (path.stat().st_size - 16384))
    with pytest.raises(StoreError, match="damaged"), closing(open_store(path, writing=False)) as reader:
        list(reader.stories())


def test_a_full_disk_undoes_the_visit_and_nothing_else(store: SqliteStore, path: Path) -> None:
    store.save(visit(), [new(1)])
    with store._connections.reading() as db:
        pages = db.execute("PRAGMA page_count").fetchone()[0]
    with store._connections.turn() as db:
        db.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreError, match="the disk is full") as error:
        store.save(visit(checkpoint={"etag": "1"}), [new(n, content="x" * 50_000) for n in range(2, 20)])
    assert isinstance(error.value.__cause__, sqlite3.Error)
    assert ids(store.stories()) == [1]
    assert store.standing("steppe").checkpoint == {}
    store.published("all", 7)  # and small things go on


def test_many_threads_read_and_write_at_once(store: SqliteStore, path: Path) -> None:
    failures: list[BaseException] = []

    def write(first: int) -> None:
        for n in range(first, first + 15):
            store.save(visit(), [new(n)])

    def read() -> None:
        for _ in range(30):
            stories = ids(store.stories())
            assert stories == sorted(stories, reverse=True)

    def guarded(task: object, *args: int) -> None:
        try:
            task(*args)  # type: ignore[operator]
        except BaseException as e:
            failures.append(e)

    threads = [threading.Thread(target=guarded, args=(write, n * 100)) for n in range(4)]
    threads += [threading.Thread(target=guarded, args=(read,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(ids(store.stories())) == 60
    assert ask(path, "PRAGMA integrity_check") == [("ok",)]


# --- a killed process ------------------------------------------------------------------------------------------------

SAVES_UNTIL_KILLED = """
import sys
from itertools import count
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from aggregator.stores.sqlite import open_store
from tests.test_stores import HOUR, NOON, STEPPE, TOPICS, copy, new, visit

store = open_store(Path(sys.argv[1]), writing=True)
store.register([STEPPE], TOPICS, NOON)
first = len(list(store.stories()))
for n in count(first):
    decisions = [new(2 * n), copy(2 * n + 1, of=2 * n, source="steppe")]
    store.save(visit(at=NOON + n * HOUR, checkpoint={"visit": str(n)}), decisions)
    print(n, flush=True)
"""


def acknowledged_before_kill(path: Path, after: int) -> int:
    """Starts a process that saves for ever, kills it after so many saves; the last save that it told us of."""
    command = [sys.executable, "-c", SAVES_UNTIL_KILLED, str(path), str(Path(__file__).parent.parent)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout
        told = [child.stdout.readline() for _ in range(after)]
        child.send_signal(signal.SIGKILL)
        told += child.stdout.readlines()
    return int([line for line in told if line.endswith("\n")][-1])


def test_a_killed_process_leaves_whole_visits_and_no_lock(path: Path) -> None:
    moments = Random(7)
    for _ in range(10):
        last = acknowledged_before_kill(path, after=moments.randrange(1, 40))
        with closing(open_store(path, writing=False)) as reader:
            stories = list(reader.stories())
            assert len(stories) > last
            assert ids(stories) == [2 * n for n in reversed(range(len(stories)))]
            assert {len(story.copies) for story in stories} == {1}
            assert reader.standing("steppe").checkpoint == {"visit": str(len(stories) - 1)}
            assert reader.visited("steppe") == NOON + (len(stories) - 1) * HOUR
        assert ask(path, "PRAGMA integrity_check") == [("ok",)]
        assert ask(path, "PRAGMA foreign_key_check") == []
        open_store(path, writing=True).close()


def test_a_database_of_before_is_brought_up_to_date_and_keeps_its_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "river.sqlite"
    with monkeypatch.context() as before:
        before.setattr("aggregator.stores._schema.STEPS", _schema.STEPS[:1])
        db = open_writer(path)
        columns = "(name, kind, location, host, every, next_at)"
        db.execute(f"INSERT INTO sources {columns} VALUES ('a', 'feed', '', '', 1, 7)")
        db.close()
    store = open_store(path, writing=True)
    assert store.set_back(NOON) == 0
    with sqlite3.connect(path) as conn:
        assert conn.execute("SELECT next_at, set_at FROM sources").fetchall() == [(7, 0)]
    store.close()
