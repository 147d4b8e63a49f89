"""What leaves feeds/ keeps its identity: archives, withdrawals, backups, and a database that was lost."""

from __future__ import annotations

import json
import os
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random
from shutil import copyfile
from typing import Any

import pytest
from click.testing import CliRunner, Result

from aggregator.cli import main
from aggregator.errors import StoreError, StoreInUse
from aggregator.model import Filing, Imprint, Story, Topic
from aggregator.publish import publish, read_back
from aggregator.stores import Store, _backup, _schema
from aggregator.stores.sqlite import open_store, restore

from .test_stores import COAST, HOUR, NOON, STEPPE, article, changed, copy, ids, new, visit

IMPRINT = Imprint(title="Desk", link="https://desk.example/", authority="desk.example,2026")
TOPIC = Topic(name="all", title="All", limit=10, formats=("rss", "atom", "jsonfeed"))
Run = Callable[..., Result]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(tmp_path / "river.sqlite", writing=True)
    store.register([STEPPE, COAST], {"all": ""}, NOON)
    store.save(visit(), [])  # from now on, what comes is news
    yield store
    store.close()


def bring(store: Store, feeds: Path, *decisions: Any, rules: str = "r1") -> list[int]:
    """A visit, and what the topic's document holds afterwards."""
    store.save(visit(), decisions)
    return put_out(store, feeds, rules)


def put_out(
    store: Store, feeds: Path, rules: str = "r1", wanted: Callable[[Story], bool] = lambda _: True,
    topic: Topic = TOPIC,
) -> list[int]:
    stories = store.unfiled(rules, 10_000)
    store.file(rules, {s.id: [Filing(topic="all", because="")] if wanted(s) else [] for s in stories}, NOON)
    publish(topic, store, IMPRINT, feeds)
    return standing(feeds) if "jsonfeed" in topic.formats else []


def standing(feeds: Path, archive: int | None = None) -> list[int]:
    folder = feeds / "all" / ("" if archive is None else f"archive/{archive}")
    return [int(item["id"][-24:], 16) for item in json.loads((folder / "feed.json").read_bytes())["items"]]


def archives(feeds: Path) -> list[list[int]]:
    folders = sorted((feeds / "all/archive").glob("*"), key=lambda folder: int(folder.name))
    return [standing(feeds, int(folder.name)) for folder in folders]


# --- archives --------------------------------------------------------------------------------------------------------


def test_what_makes_room_is_sealed_once_readers_have_seen_it(store: Store, tmp_path: Path) -> None:
    assert len(bring(store, tmp_path, *map(new, range(10)))) == 10
    assert not (tmp_path / "all/archive").exists()
    assert bring(store, tmp_path, new(10)) == [*range(10, 0, -1)]
    assert archives(tmp_path) == [[4, 3, 2, 1, 0], [9, 8, 7, 6, 5]]  # the first two at once: each needs a neighbour


def test_archives_have_no_packed_files_beside_them(store: Store, tmp_path: Path) -> None:
    for one in range(11):
        new_text = replace(new(one).article, content=f"<p>{'A long story. ' * 200}</p>")
        bring(store, tmp_path, replace(new(one), article=new_text))
    names = {path.name for path in (tmp_path / "all/archive").glob("*/*")}
    assert names == {"rss.xml", "atom.xml", "feed.json"}


def test_archives_name_no_other_story_since_that_may_be_withdrawn(store: Store, tmp_path: Path) -> None:
    def says(place: str) -> set[str]:
        files = [path for path in (tmp_path / "all").glob(place) if path.suffix in (".xml", ".json")]
        assert files
        return {path.name for path in files if "Secret headline" in path.read_text()}

    store.save(visit(), [new(n, title="Secret headline" if n == 0 else f"Headline {n}") for n in range(12)])
    put_out(store, tmp_path / "none")  # files them
    store.relate({article(n).id: {article(0).id: 0.9} for n in (1, 11)}, NOON)
    publish(TOPIC, store, IMPRINT, tmp_path)
    assert says("*") == {"rss.xml", "atom.xml", "feed.json"}, "11 has it under 'see also'"
    assert says("archive/1/*") == {"rss.xml", "atom.xml", "feed.json"}, "the story itself"
    [story] = [s for s in store.stories() if s.lead.title == "Secret headline"]
    store.withdraw(story.guid, NOON + HOUR, "")
    publish(TOPIC, store, IMPRINT, tmp_path)
    assert says("*") == says("archive/*/*") == set()


def test_a_story_that_comes_late_stands_in_the_document_although_it_is_old(store: Store, tmp_path: Path) -> None:
    for n in range(100, 140):
        bring(store, tmp_path, new(n))
    assert bring(store, tmp_path, new(1))[-1] == 1
    for n in range(200, 212):
        bring(store, tmp_path, new(n))
    assert 1 not in standing(tmp_path)
    assert [1 in archive for archive in archives(tmp_path)].count(True) == 1


def test_old_stories_of_a_new_topic_go_straight_into_archives(store: Store, tmp_path: Path) -> None:
    assert bring(store, tmp_path, *map(new, range(35))) == [*range(34, 24, -1)]
    assert [len(archive) for archive in archives(tmp_path)] == [10, 10, 5]


def test_old_stories_that_other_rules_bring_are_not_announced(store: Store, tmp_path: Path) -> None:
    store.save(visit(), [new(n) for n in range(40)])
    put_out(store, tmp_path, "r1", lambda s: int(s.id, 16) % 2 == 0)
    before = standing(tmp_path)
    after = put_out(store, tmp_path, "r2")
    assert {n for n in after if n not in before} == {n for n in range(30, 40) if n % 2}
    assert {n for archive in archives(tmp_path) for n in archive} | set(after) == set(range(40))


def test_what_a_first_visit_finds_is_not_announced_either(store: Store, tmp_path: Path) -> None:
    bring(store, tmp_path, *map(new, range(100, 120)))
    store.save(visit("coast"), [new(n, "coast") for n in range(50)])
    assert min(put_out(store, tmp_path)) == 110
    assert {n for archive in archives(tmp_path) for n in archive} >= set(range(50))


def test_nothing_makes_room_where_no_more_is_current_than_the_limit(store: Store, tmp_path: Path) -> None:
    """That is why `publish` need not ask. Stories come new, late and old, under the same rules and under others."""
    chance, told = Random(7), Counter[tuple[bool, bool]]()
    for step in range(200):
        store.save(visit(), [new(n) for n in chance.sample(range(1000), chance.choice((0, 1, 1, 3)))])
        rules = f"r{step // 25}"
        for story in store.unfiled(rules, 10_000):
            filings = [Filing(topic="all", because="")] if chance.random() < 0.5 + step / 400 else []
            store.file(rules, {story.id: filings}, NOON)
        before = store.current("all", TOPIC.limit)
        store.seal("all", TOPIC.limit)
        has_room = len(before.stories) <= TOPIC.limit
        told[has_room, store.current("all", TOPIC.limit) == before] += 1
        publish(TOPIC, store, IMPRINT, tmp_path)
    assert told[True, False] == 0
    assert min(told[True, True], told[False, False]) > 10


def test_a_flood_makes_no_document_without_end(store: Store, tmp_path: Path) -> None:
    bring(store, tmp_path, new(5000))
    assert len(bring(store, tmp_path, *map(new, range(500)))) == 40
    assert len({n for archive in archives(tmp_path) for n in archive} | set(standing(tmp_path))) == 501


def test_an_archive_stays_as_it_is_when_its_stories_change(store: Store, tmp_path: Path) -> None:
    bring(store, tmp_path, *map(new, range(30)))
    path = tmp_path / "all/archive/1/atom.xml"
    before = path.read_bytes()
    bring(store, tmp_path, changed(1), copy(90, of=2, source="steppe"))
    put_out(store, tmp_path, "r2", lambda s: int(s.id, 16) > 5)
    assert path.read_bytes() == before


def test_a_power_failure_takes_no_archive_that_is_on_disk_out_of_the_database(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last commits may go, but not those that gave stories to archives: files are synced at once."""

    def keep(_: Path) -> None:
        for name in ("river.sqlite", "river.sqlite-wal"):
            copyfile(tmp_path / name, tmp_path / "disk" / name)

    (tmp_path / "disk").mkdir()
    feeds = tmp_path / "feeds"
    bring(store, feeds, *map(new, range(0, 30, 2)))
    keep(tmp_path)
    with monkeypatch.context() as until_the_power_fails:
        until_the_power_fails.setattr("aggregator.stores._connections.sync", keep)
        for start in (30, 60, 90):
            bring(store, feeds, *map(new, range(start, start + 30, 2)))

    after = open_store(tmp_path / "disk/river.sqlite", writing=True)
    for start in (31, 61, 91, 30, 60, 90):  # another source answers first
        bring(after, feeds, *map(new, range(start, start + 30, 2)))
    sealed = [n for archive in archives(feeds) for n in archive]
    assert len(sealed) == len(set(sealed))
    assert {*sealed, *standing(feeds)} == set(ids(after.stories()))
    after.close()


# --- one item per story ----------------------------------------------------------------------------------------------


def test_a_copy_updates_the_item_and_announces_nothing(store: Store, tmp_path: Path) -> None:
    def item() -> dict[str, Any]:
        items: list[dict[str, Any]] = json.loads((tmp_path / "all/feed.json").read_bytes())["items"]
        return items[-1]

    bring(store, tmp_path, *map(new, range(3)))
    before = item()
    store.save(visit("coast", at=NOON + HOUR), [copy(9, of=0, leads=True, title="Taken over")])
    put_out(store, tmp_path)
    after = item()
    assert (after["title"], len(after["_river"]["copies"])) == ("Taken over", 1)
    for key in ("id", "date_published", "date_modified"):
        assert after[key] == before[key]
    store.save(visit(at=NOON + 2 * HOUR), [changed(0)])  # now a copy: its edits are not the story's
    put_out(store, tmp_path)
    assert item()["date_modified"] == before["date_modified"]
    store.save(visit("coast", at=NOON + 3 * HOUR), [changed(9, story=0, source="coast")])
    put_out(store, tmp_path)
    assert item()["date_modified"] == (NOON + 3 * HOUR).isoformat()
    assert item()["id"] == before["id"]


# --- withdrawals -----------------------------------------------------------------------------------------------------


def guid(n: int) -> str:
    return f"tag:river.example,2026:{n:024x}"


def test_a_withdrawn_story_leaves_everything_and_does_not_return(store: Store, tmp_path: Path) -> None:
    bring(store, tmp_path, *map(new, range(30)))
    for n in (2, 29):
        store.withdraw(guid(n), NOON + HOUR, "They asked")
    assert store.stale_topics() == ["all"]
    assert put_out(store, tmp_path)[0] == 28
    assert archives(tmp_path)[0] == [9, 8, 7, 6, 5, 4, 3, 1, 0]
    for path in tmp_path.rglob("rss.xml"):
        assert f"{2:024x}".encode() not in path.read_bytes()
    assert (tmp_path / "all/atom.xml").read_bytes().count(b"<at:deleted-entry") == 2
    assert b"They asked" in (tmp_path / "all/atom.xml").read_bytes()

    bring(store, tmp_path, changed(29), rules="r2")
    store.save(visit("coast"), [copy(90, of=29, leads=True)])
    put_out(store, tmp_path, "r2")
    assert 29 not in standing(tmp_path)
    found = store.find(guid(29))
    assert found
    assert found.withdrawal
    assert found.withdrawal.because == "They asked"
    assert store.latest("all", 5).withdrawn[1].articles == (f"{29:024x}", f"{90:024x}")


def test_what_is_withdrawn_leaves_archives_in_formats_of_earlier_days_too(store: Store, tmp_path: Path) -> None:
    bring(store, tmp_path, *map(new, range(30)))
    store.withdraw(guid(2), NOON)
    put_out(store, tmp_path, topic=replace(TOPIC, formats=("rss",)))
    assert not [path for path in tmp_path.glob("all/archive/*/*") if guid(2).encode() in path.read_bytes()]


def test_a_withdrawal_may_be_undone(store: Store, tmp_path: Path) -> None:
    bring(store, tmp_path, *map(new, range(30)))
    store.withdraw(guid(2), NOON)
    put_out(store, tmp_path)
    store.reinstate(guid(2))
    put_out(store, tmp_path)
    assert 2 in {n for archive in archives(tmp_path) for n in archive} | set(standing(tmp_path))
    assert b"deleted-entry" not in (tmp_path / "all/atom.xml").read_bytes()


def test_what_is_not_there_cannot_be_withdrawn(store: Store) -> None:
    with pytest.raises(StoreError, match="no story"):
        store.withdraw("tag:nobody", NOON)


# --- a database that was lost ----------------------------------------------------------------------------------------


@pytest.fixture
def rebuilt(store: Store, tmp_path: Path) -> Iterator[Store]:
    """A second database, made from nothing but what the first one published."""
    store.save(visit(), [new(n) for n in range(30)])
    store.save(visit("coast"), [copy(90, of=28), copy(91, of=2)])
    put_out(store, tmp_path / "feeds")
    store.withdraw(guid(5), NOON, "They asked")
    put_out(store, tmp_path / "feeds")
    other = open_store(tmp_path / "other.sqlite", writing=True)
    other.register([STEPPE, COAST], {"all": ""}, NOON + HOUR)
    other.remember(read_back(tmp_path / "feeds"))
    yield other
    other.close()


def test_a_story_opened_by_another_copy_gets_its_guid_and_place_again(rebuilt: Store) -> None:
    one = new(90, "coast")
    assert one.opens
    rebuilt.save(visit("coast"), [replace(one, opens=replace(one.opens, listed_at=NOON + 9 * HOUR))])
    [story] = rebuilt.stories()
    assert (story.id, story.guid) == (f"{90:024x}", guid(28))
    assert story.listed_at == NOON + timedelta(minutes=28)
    rebuilt.save(visit(), [new(28)])  # should it be another story now, it needs another guid
    assert {s.id: s.guid for s in rebuilt.stories()} == {f"{90:024x}": guid(28), f"{28:024x}": f"{guid(28)}.2"}


def test_archives_go_on_where_they_were_and_what_was_withdrawn_stays_so(rebuilt: Store, tmp_path: Path) -> None:
    feeds = tmp_path / "feeds"
    before = {path: path.read_bytes() for path in feeds.glob("all/archive/*/*")}
    rebuilt.save(visit(), [new(n) for n in range(15, 30)])
    rebuilt.save(visit(), [new(5), *(new(n) for n in range(40, 60))])
    put_out(rebuilt, feeds)
    assert {path: path.read_bytes() for path in before} == before
    there = [n for archive in archives(feeds) for n in archive]
    assert len(there) == len(set(there))
    assert {*there, *standing(feeds)} >= {*range(30), *range(40, 60)} - {5}
    assert 5 not in {*there, *standing(feeds)}
    assert guid(5).encode() in (feeds / "all/atom.xml").read_bytes()


@pytest.mark.parametrize("formats", [("rss",), ("atom",), ("html", "atom", "rss")])
def test_archives_go_on_also_where_no_json_says_what_they_hold(tmp_path: Path, formats: tuple[str, ...]) -> None:
    feeds, wanted = tmp_path / "feeds", replace(TOPIC, formats=formats)
    for name, numbers in (("first", range(30)), ("second", range(15, 60))):
        store = open_store(tmp_path / f"{name}.sqlite", writing=True)
        store.register([STEPPE], {"all": ""}, NOON)
        store.remember(read_back(feeds))
        store.save(visit(), [])
        before = {path: path.read_bytes() for path in feeds.glob("all/archive/*/*")}
        for n in numbers:
            store.save(visit(), [new(n)])
            put_out(store, feeds, topic=wanted)
        store.close()
        assert {path: path.read_bytes() for path in before} == before
    filename = "rss.xml" if "rss" in formats else "atom.xml"
    sealed = "".join(path.read_text() for path in feeds.glob(f"all/archive/*/{filename}"))
    assert [sealed.count(f"{n:024x}</") for n in range(50)] == [1] * 50
    assert all(f"{n:024x}</" in (feeds / "all" / filename).read_text() for n in range(50, 60))


def test_an_archive_whose_stories_are_gone_or_unreadable_keeps_its_number(store: Store, tmp_path: Path) -> None:
    bring(store, tmp_path, *map(new, range(30)))
    last = max(int(folder.name) for folder in (tmp_path / "all/archive").iterdir())
    for path in (tmp_path / f"all/archive/{last}").iterdir():
        path.write_bytes(b"?")
    other = open_store(tmp_path / "other.sqlite", writing=True)
    other.register([STEPPE], {"all": ""}, NOON)
    other.remember(read_back(tmp_path))
    assert other.latest("all", 10).archives == last
    other.close()
    sealed = [int(listed.id, 16) for listed in store.archived("all", last)]
    for n in sealed:
        store.withdraw(guid(n), NOON)
        store.reinstate(guid(n))
    assert sealed
    assert store.latest("all", 10).archives == last


def test_documents_of_others_say_nothing(tmp_path: Path) -> None:
    for name, body in {"a": b"{", "b": b"[]", "c": b'{"items": [{"id": "x"}]}', "d": b'{"items": 7}'}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "feed.json").write_bytes(body)
    assert list(read_back(tmp_path)) == []


# --- backups ---------------------------------------------------------------------------------------------------------


def test_a_backup_made_meanwhile_brings_everything_back(store: Store, tmp_path: Path) -> None:
    store.save(visit(), [new(1)])
    reader = open_store(tmp_path / "river.sqlite", writing=False)
    with store.turn():
        store.save(visit(), [new(2)])
        reader.back_up(tmp_path / "copy")  # of what is committed
    reader.close()
    restore(tmp_path / "copy", tmp_path / "new/river.sqlite", force=False)
    again = open_store(tmp_path / "new/river.sqlite", writing=True)
    assert ids(again.stories()) == [1]
    again.close()


def test_two_backups_to_one_file_at_once_are_two_whole_ones(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = _backup._copy

    def meet_another(conn: sqlite3.Connection, draft: Path) -> None:
        real(conn, draft)
        monkeypatch.setattr(_backup, "_copy", real)
        store.save(visit(), [new(2)])
        store.back_up(tmp_path / "copy")
        assert told(tmp_path / "copy") == 2

    def told(copy: Path) -> int:
        with closing(sqlite3.connect(copy)) as conn:
            assert conn.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            return int(conn.execute("SELECT count(*) FROM stories").fetchone()[0])

    store.save(visit(), [new(1)])
    monkeypatch.setattr(_backup, "_copy", meet_another)
    store.back_up(tmp_path / "copy")
    assert told(tmp_path / "copy") == 1
    assert {path.name for path in tmp_path.iterdir()} == {"copy", *(path.name for path in tmp_path.glob("river.*"))}


def test_what_a_killed_backup_has_left_goes_with_a_later_one_and_a_draft_of_now_stays(
    store: Store, tmp_path: Path
) -> None:
    for name in (".copy.killed.draft", ".copy.at-work.draft", ".other.killed.draft"):
        (tmp_path / name).mkdir()
        for file in ("copy", "copy-journal"):
            (tmp_path / name / file).touch()
        if "killed" in name:
            for path in (*(tmp_path / name).iterdir(), tmp_path / name):
                os.utime(path, (0, 0))
    store.back_up(tmp_path / "copy")
    assert sorted(path.name for path in tmp_path.glob(".*")) == [".copy.at-work.draft", ".other.killed.draft"]


def test_backups_of_an_older_version_are_restored_and_replaced(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.save(visit(), [new(1)])
    for name in ("copy", "other"):
        store.back_up(tmp_path / name)

    def second(db: Any) -> None:
        db.execute("CREATE TABLE later (x)")

    monkeypatch.setattr("aggregator.stores._schema.STEPS", (*_schema.STEPS, second))
    restore(tmp_path / "copy", tmp_path / "new/river.sqlite", force=False)
    again = open_store(tmp_path / "new/river.sqlite", writing=True)
    assert ids(again.stories()) == [1]
    again.back_up(tmp_path / "other")
    again.close()
    with sqlite3.connect(tmp_path / "other") as copy:
        assert list(copy.execute("SELECT * FROM later")) == []


def test_a_restore_overwrites_nothing_unasked_and_nothing_in_use(store: Store, tmp_path: Path) -> None:
    store.save(visit(), [new(1)])
    store.back_up(tmp_path / "copy")
    with pytest.raises(StoreInUse):
        restore(tmp_path / "copy", tmp_path / "river.sqlite", force=True)
    store.save(visit(), [new(2)])
    store.close()
    with pytest.raises(StoreError, match="--force"):
        restore(tmp_path / "copy", tmp_path / "river.sqlite", force=False)
    restore(tmp_path / "copy", tmp_path / "river.sqlite", force=True)
    again = open_store(tmp_path / "river.sqlite", writing=True)
    assert ids(again.stories()) == [1]
    again.close()


@pytest.fixture
def killed(store: Store, tmp_path: Path) -> Path:
    """A database whose last commits are in its log, and a copy of before; nobody has it open."""
    path = tmp_path / "killed/river.sqlite"
    path.parent.mkdir()
    store.save(visit(), [new(1)])
    store.back_up(tmp_path / "copy")
    store.save(visit(), [new(2)])
    for name in ("river.sqlite", "river.sqlite-wal"):
        copyfile(tmp_path / name, path.with_name(name))
    return path


def test_a_restore_that_fails_leaves_the_database_that_was_there(
    killed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(Path, "replace", fail)
        with pytest.raises(StoreError, match="Input/output error"):
            restore(tmp_path / "copy", killed, force=True)
    again = open_store(killed, writing=True)
    assert ids(again.stories()) == [2, 1]
    again.close()


def test_a_restore_that_cannot_save_the_log_for_a_reader_leaves_everything(
    killed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aggregator.stores._backup.PATIENCE", 0.0)
    writer = open_store(killed, writing=True)
    with closing(sqlite3.connect(killed, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        assert reader.execute("SELECT count(*) FROM stories").fetchone() == (2,)
        writer.save(visit(), [new(3)])
        writer.close()
        with pytest.raises(StoreError, match="keeps it locked"):
            restore(tmp_path / "copy", killed, force=True)
        reader.execute("COMMIT")
        assert reader.execute("SELECT count(*) FROM stories").fetchone() == (3,)
        restore(tmp_path / "copy", killed, force=True)
    again = open_store(killed, writing=True)
    assert ids(again.stories()) == [1]
    again.close()


@pytest.mark.parametrize("damage", [b"", b"?" * 40_000])
def test_a_restore_takes_the_place_of_a_database_that_is_past_saving(
    killed: Path, tmp_path: Path, damage: bytes
) -> None:
    killed.write_bytes(damage)
    restore(tmp_path / "copy", killed, force=True)
    again = open_store(killed, writing=True)
    assert ids(again.stories()) == [1]
    again.close()


def test_a_backup_does_not_replace_the_database_itself(store: Store, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("river.sqlite")
    for name in ("river.sqlite", "link"):
        with pytest.raises(StoreError, match="is the database itself"):
            store.back_up(tmp_path / name)
    store.save(visit(), [new(1)])
    store.close()
    again = open_store(tmp_path / "river.sqlite", writing=True)
    assert ids(again.stories()) == [1]
    again.close()


def test_what_is_damaged_or_not_ours_is_not_restored_nor_replaced(store: Store, tmp_path: Path) -> None:
    store.save(visit(), [new(n) for n in range(300)])
    store.back_up(tmp_path / "copy")
    whole = (tmp_path / "copy").read_bytes()
    (tmp_path / "half").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "text").write_text("not a database")
    with sqlite3.connect(tmp_path / "other") as other:
        other.execute("CREATE TABLE t (x)")
    other.close()
    for name in ("half", "text", "other"):
        with pytest.raises(StoreError):
            restore(tmp_path / name, tmp_path / "new.sqlite", force=False)
        assert not (tmp_path / "new.sqlite").exists()
    for name in ("text", "other"):
        with pytest.raises(StoreError):
            store.back_up(tmp_path / name)
    assert (tmp_path / "text").read_text() == "not a database"
    assert not list(tmp_path.glob(".*"))


# --- as an operator types it -----------------------------------------------------------------------------------------


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)
    Path("config.yaml").write_text("title: Desk\nsources: [{name: inbox, files: inbox/}]\n")
    Path("inbox").mkdir()
    for name in ("Wind", "Water"):
        Path(f"inbox/{name}.txt").write_text(f"{name} over the steppe\n\nMore of {name} than in other years.\n")
    return lambda *args: CliRunner().invoke(main, args)


def published(topic: str = "all") -> dict[str, str]:
    items = json.loads(Path(f"feeds/{topic}/feed.json").read_bytes())["items"]
    return {item["title"]: item["id"] for item in items}


def test_an_operator_takes_a_story_back_and_changes_his_mind(run: Run) -> None:
    run("run", "--once")
    before = published()
    key = before["Wind over the steppe"]
    assert run("withdraw", key, "--because", "Not ours to tell").output == "withdrawn: Wind over the steppe\n"
    assert list(published()) == ["Water over the steppe"]
    assert "withdrawn" in run("explain", key).output
    assert "Not ours to tell" in run("explain", key).output
    assert json.loads(run("explain", key, "--json").output)["withdrawn_because"] == "Not ours to tell"
    run("collect")
    run("publish")
    assert list(published()) == ["Water over the steppe"]
    assert run("withdraw", key, "--undo").exit_code == 0
    assert published() == before
    assert run("withdraw", "https://nowhere.example/").exit_code == 1


def test_a_lost_database_costs_no_identity(run: Run) -> None:
    run("run", "--once")
    before = published()
    run("withdraw", before["Wind over the steppe"])
    for path in Path("db").glob("*"):
        path.unlink()
    del before["Wind over the steppe"]
    run("run", "--once")
    assert published() == before


def test_a_database_of_before_that_somebody_has_copied_back_learns_which_archives_there_are(run: Run) -> None:
    def collect(*names: str) -> None:
        for name in names:
            Path(f"inbox/{name}.txt").write_text(f"{name} over the steppe\n\nMore of {name} than in other years.\n")
            os.utime(f"inbox/{name}.txt", (0, 0))  # nobody is writing it any more
        assert run("run", "--once").exit_code == 0

    with Path("config.yaml").open("a") as file:
        file.write("topics: [{name: all, limit: 1, formats: [jsonfeed]}]\n")
    collect("Fire")
    copyfile("db/river.sqlite", "copy")
    for name in ("Rain", "Hail", "Snow"):
        collect(name)
    before = {path: path.read_bytes() for path in Path().glob("feeds/all/archive/*/*")}
    copyfile("copy", "db/river.sqlite")
    for name in ("Rain", "Hail", "Snow"):
        Path(f"inbox/{name}.txt").unlink()
    for name in ("Dust", "Smog", "Haze"):
        collect(name)
    after = {path: path.read_bytes() for path in Path().glob("feeds/all/archive/*/*")}
    assert {path: after[path] for path in before} == before
    told = b"".join([*after.values(), Path("feeds/all/feed.json").read_bytes()]).decode()
    for name in ("Fire", "Rain", "Hail", "Dust", "Smog", "Haze"):
        assert f"{name} over the steppe" in told


def test_a_restore_that_ends_in_the_middle_forgets_nothing_that_was_published(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    class PowerCutError(Exception):
        pass

    def fail(*_: object) -> None:
        raise PowerCutError

    run("run", "--once")
    run("backup", "copy")
    run("withdraw", published()["Wind over the steppe"])
    for moment in ("aggregator.newsroom.Newsroom.__init__", "aggregator.stores.sqlite.SqliteStore.remember"):
        with monkeypatch.context() as meanwhile:
            meanwhile.setattr(moment, fail)
            run("restore", "copy", "--force")
        Path("inbox/Fire.txt").write_text("Fire over the steppe\n\nIt is out.\n")
        run("run", "--once")
        assert set(published()) == {"Water over the steppe", "Fire over the steppe"}


def test_an_operator_keeps_a_copy_and_comes_back_to_it(run: Run) -> None:
    assert run("backup", "copy").exit_code == 1  # nothing is there yet
    run("run", "--once")
    before = published()
    assert run("backup", "copy").exit_code == 0
    assert run("backup", "config.yaml").exit_code == 1
    Path("inbox/Fire.txt").write_text("Fire over the steppe\n\nIt is out.\n")
    run("collect")
    fire = published()["Fire over the steppe"]
    assert run("restore", "copy").exit_code == 1
    assert run("restore", "copy", "--force").exit_code == 0
    run("run", "--once")
    run("collect")
    assert published() == {**before, "Fire over the steppe": fire}
