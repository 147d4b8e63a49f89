from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import brotli
import pytest

from aggregator import config, jobs, press, publish
from aggregator.errors import PressError, StoreError
from aggregator.jobs import FRONT
from aggregator.model import Job
from aggregator.newsroom import Newsroom
from aggregator.press import AHEAD, pack, put, put_all, retire, strays, sweep
from aggregator.publish import is_complete

from .make import HOUR, NOON, topic

AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
LATER = AT + timedelta(hours=1)
OLD, NEW = (f"<rss>{word * 2000}</rss>".encode() for word in ("old ", "new "))
UNPACK: dict[str, Callable[[bytes], bytes]] = {".gz": gzip.decompress, ".br": brotli.decompress}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "feeds/all/rss.xml"


def beside(path: Path) -> dict[str, bytes]:
    """What the packed files unpack to."""
    packed = {suffix: path.with_name(path.name + suffix) for suffix in UNPACK}
    return {suffix: UNPACK[suffix](p.read_bytes()) for suffix, p in packed.items() if p.exists()}


def state(folder: Path) -> dict[str, tuple[int, int]]:
    return {p.name: (p.stat().st_ino, p.stat().st_mtime_ns) for p in folder.iterdir()}


def test_a_file_comes_with_packed_ones_of_the_same_time(path: Path) -> None:
    assert put(path, OLD, AT)
    assert path.read_bytes() == OLD
    assert beside(path) == {".gz": OLD, ".br": OLD}
    assert {p.stat().st_mtime for p in path.parent.iterdir()} == {AT.timestamp()}


def test_equal_bytes_are_packed_to_equal_bytes_that_tell_neither_time_nor_name(path: Path, tmp_path: Path) -> None:
    other = tmp_path / "elsewhere/atom.xml"
    put(path, OLD, AT)
    put(other, OLD, LATER)
    for suffix in UNPACK:
        assert Path(f"{path}{suffix}").read_bytes() == Path(f"{other}{suffix}").read_bytes()
    assert Path(f"{path}.gz").read_bytes()[3:8] == bytes(5), "flags and time"


def test_nothing_is_written_when_nothing_has_changed(path: Path) -> None:
    put(path, OLD, AT)
    before = state(path.parent)
    assert not put(path, OLD, LATER)
    assert state(path.parent) == before


def test_a_new_version_replaces_all_three(path: Path) -> None:
    put(path, OLD, AT)
    assert put(path, NEW, LATER)
    assert path.read_bytes() == NEW
    assert beside(path) == {".gz": NEW, ".br": NEW}
    assert {p.stat().st_mtime for p in path.parent.iterdir()} == {LATER.timestamp()}


def test_a_folder_is_synced_once_when_all_of_its_files_are_there(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[set[str]] = []
    monkeypatch.setattr(press, "sync", lambda folder: found.append({p.name for p in folder.iterdir()}))
    files = {path: OLD, path.with_name("atom.xml"): NEW}
    assert put_all(files, AT, packed=False) == [*files]
    assert put_all(files, LATER, packed=False) == []
    assert found == [{"rss.xml", "atom.xml"}]


def test_what_was_replaced_before_an_error_is_synced_all_the_same(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[Path] = []
    monkeypatch.setattr(press, "sync", found.append)
    blocked = path.with_name("atom.xml")
    blocked.mkdir(parents=True)
    with pytest.raises(PressError, match=r"atom\.xml"):
        put_all({path: OLD, blocked: NEW}, AT)
    assert path.read_bytes() == OLD
    assert found == [path.parent]


def test_another_text_of_the_same_length_is_another_version(path: Path) -> None:
    put(path, OLD, AT)
    assert len(OLD) == len(NEW)
    assert put(path, NEW, AT)
    assert path.read_bytes() == NEW


def test_what_soon_changes_again_is_packed_later_and_never_beside_another_version(path: Path) -> None:
    put(path, OLD, AT)
    assert put(path, NEW, LATER, packed=False)
    assert beside(path) == {}
    pack(path)
    assert beside(path) == {".gz": NEW, ".br": NEW}
    assert {p.stat().st_mtime for p in path.parent.iterdir()} == {LATER.timestamp()}
    before = state(path.parent)
    pack(path)
    assert not put(path, NEW, LATER, packed=False)
    assert state(path.parent) == before


def test_where_there_is_no_file_there_is_nothing_to_pack(path: Path) -> None:
    pack(path)
    assert not path.parent.exists()


def test_what_is_small_or_noise_is_not_packed_and_takes_the_packed_ones_away(path: Path) -> None:
    for body in (b"<rss/>", os.urandom(3000)):
        put(path, OLD, AT)
        put(path, body, LATER)
        assert [p.name for p in path.parent.iterdir()] == ["rss.xml"]
        before = state(path.parent)
        assert not put(path, body, LATER)
        assert state(path.parent) == before


class PowerCutError(Exception):
    pass


def test_at_no_moment_is_a_packed_file_of_another_version_and_a_crash_heals(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every change in the folder is a moment: we look after each, and stop there."""
    moments = 0
    real = {name: getattr(Path, name) for name in ("replace", "unlink")}
    fuel = 0

    def change(name: str) -> Callable[..., object]:
        def wrapped(self: Path, *arguments: object, **named: object) -> object:
            nonlocal fuel, moments
            if not fuel:
                raise PowerCutError
            fuel -= 1
            result = real[name](self, *arguments, **named)
            moments += 1
            assert set(beside(path).values()) <= {path.read_bytes()}
            return result

        return wrapped

    for stop in range(10):
        put(path, OLD, AT)
        with monkeypatch.context() as patched:
            for name in real:
                patched.setattr(Path, name, change(name))
            fuel = stop
            try:
                put(path, NEW, LATER)
            except PowerCutError:
                pass
            else:
                break
        assert set(beside(path).values()) <= {path.read_bytes()}
        put(path, NEW, LATER)
        assert path.read_bytes() == NEW
        assert beside(path) == {".gz": NEW, ".br": NEW}
    assert (stop, moments) == (5, 15), "two go, one is replaced, two come"


@pytest.mark.parametrize("damage", [b"", b"no gzip", gzip.compress(NEW), gzip.compress(OLD)[:-3]])
def test_a_packed_file_that_is_wrong_is_made_anew(path: Path, damage: bytes) -> None:
    put(path, OLD, AT)
    for suffix in UNPACK:
        Path(f"{path}{suffix}").write_bytes(damage)
        os.utime(f"{path}{suffix}", (AT.timestamp(), AT.timestamp()))
    assert not put(path, OLD, LATER), "the file itself is as it was"
    assert beside(path) == {".gz": OLD, ".br": OLD}


def test_a_packed_file_of_another_time_is_made_anew(path: Path) -> None:
    put(path, OLD, AT)
    os.utime(f"{path}.gz", (0, 0))
    put(path, OLD, AT)
    assert Path(f"{path}.gz").stat().st_mtime == AT.timestamp()


def test_drafts_are_swept_however_deep_they_lie(path: Path) -> None:
    put(path, OLD, AT)
    draft = path.parent / "archive/.1.xml.gz.new"
    draft.parent.mkdir()
    draft.write_bytes(b"half")
    feeds = path.parents[1]
    assert strays(feeds) == [draft]
    sweep(feeds)
    assert strays(feeds) == []
    assert path.read_bytes() == OLD


def test_a_topic_that_is_not_configured_any_more_is_marked_until_it_returns(path: Path) -> None:
    feeds = path.parents[1]
    put(path, OLD, AT)
    put(feeds / "grain/index.html", OLD, AT)
    (feeds / "pictures").mkdir()
    (feeds / "pictures/mark.png").touch()
    (feeds / "README.md").touch()
    retire(feeds, ["all"])
    assert [p.parent.name for p in feeds.glob("*/.gone")] == ["grain"]
    assert (feeds / "grain/index.html").read_bytes() == OLD
    retire(feeds, ["all", "grain"])
    assert not list(feeds.glob("*/.gone"))


def deny(monkeypatch: pytest.MonkeyPatch, *folders: Path) -> None:
    """As if we had no right to look into them; root always has."""
    calls = {name: getattr(Path, name) for name in ("iterdir", "exists")}

    def denied(name: str) -> Callable[[Path], object]:
        def call(self: Path) -> object:
            if self in folders or (name == "exists" and self.parent in folders):
                raise PermissionError(13, "Permission denied", str(self))
            return calls[name](self)

        return call

    for name in calls:
        monkeypatch.setattr(Path, name, denied(name))


def test_a_change_is_taken_up_once_feeds_can_be_looked_into_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "inbox").mkdir()
    settings, feeds = tmp_path / "config.yaml", tmp_path / "feeds"
    settings.write_text("title: Desk\nsources: [{name: inbox, files: inbox/}]\n")
    with Newsroom(config.load(settings), "test") as room:
        feeds.mkdir()
        settings.write_text(settings.read_text() + "topics: [{name: grain, match: [grain]}]\n")
        with monkeypatch.context() as meanwhile:
            deny(meanwhile, feeds)
            assert not room.look_at_the_configuration()
        assert f"{feeds} cannot be written: Permission denied; the configuration of before" in caplog.text
        assert room.look_at_the_configuration()


def test_documents_in_a_folder_that_is_not_ours_to_enter_count_as_missing(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(path, OLD, AT)
    everything = topic("all", formats=("rss",))
    assert is_complete(everything, path.parents[1])
    deny(monkeypatch, path.parent)
    assert not is_complete(everything, path.parents[1])


def test_a_draft_that_cannot_be_swept_stays(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.parent.mkdir(parents=True)
    (path.parent / ".rss.xml.new").touch()

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError

    with monkeypatch.context() as not_ours:
        not_ours.setattr(Path, "unlink", refuse)
        sweep(path.parents[1])
    assert strays(path.parents[1]) == [path.parent / ".rss.xml.new"]


def test_where_nothing_was_published_nothing_is_gone(tmp_path: Path) -> None:
    retire(tmp_path / "feeds", ["all"])
    assert not (tmp_path / "feeds").exists()


def test_a_topic_that_comes_while_stories_are_filed_waits_until_they_are_filed_for_it(tmp_path: Path) -> None:
    (tmp_path / "inbox").mkdir()
    settings, front = tmp_path / "config.yaml", tmp_path / "feeds/index.html"
    (tmp_path / "inbox/a.txt").write_text("Harvest of grain begins\n\nThe first fields are being cut.\n")
    topics = "title: Desk\nsources: [{name: inbox, files: inbox/}]\ntopics:\n  - {name: grain, match: [grain]}\n"
    settings.write_text(topics)
    with Newsroom(config.load(settings), "test") as room:
        for job in (Job("collect", "inbox"), Job("classify"), Job("publish", "grain"), Job("front")):
            room.perform(job)
        before = front.read_text()
        under_way = room.desk
        settings.write_text(f"{topics}  - {{name: fields, match: [field]}}\n")
        room.look_at_the_configuration()
        jobs.run(Job("classify"), under_way)
        for job in (Job("publish", "fields"), Job("front")):
            room.perform(job)
        assert list(room.store.held()) == ["fields"]
        assert not (tmp_path / "feeds/fields").exists()
        assert front.read_text() == before
        for job in (Job("classify"), Job("publish", "fields"), Job("front")):
            room.perform(job)
        assert "Harvest" in (tmp_path / "feeds/fields/rss.xml").read_text()
        assert "fields/" in front.read_text()


def test_a_topic_leaves_the_configuration_and_comes_back_while_the_river_runs(tmp_path: Path) -> None:
    (tmp_path / "inbox").mkdir()
    settings, gone = tmp_path / "config.yaml", tmp_path / "feeds/grain/.gone"
    without = "title: Desk\nsources: [{name: inbox, files: inbox/}]\n"
    settings.write_text(f"{without}topics: [{{name: grain, match: [grain]}}]\n")
    with Newsroom(config.load(settings), "test") as room:
        room.perform(Job("classify"))
        room.perform(Job("publish", "grain"))
        assert not gone.exists()
        returning = settings.read_text()
        settings.write_text(without)
        room.look_at_the_configuration()
        assert gone.exists()
        assert (gone.parent / "atom.xml").exists()
        settings.write_text(returning.replace("match: [grain]", "match: [grain], formats: [rss]"))
        room.look_at_the_configuration()
        assert not gone.exists()
        assert {path.name for path in gone.parent.iterdir()} == {"rss.xml"}


@pytest.mark.parametrize("is_running", [True, False])
def test_a_format_that_is_dropped_leaves_no_document_that_grows_old(tmp_path: Path, is_running: bool) -> None:
    (tmp_path / "inbox").mkdir()
    settings, folder = tmp_path / "config.yaml", tmp_path / "feeds/all"
    text = "title: Desk\nsources: [{name: inbox, files: inbox/}]\ntopics: [{name: all, formats: [rss, atom]}]\n"
    settings.write_text(text)
    (tmp_path / "inbox/a.txt").write_text("Harvest of grain begins\n\nThe first fields are being cut.\n")
    with Newsroom(config.load(settings), "test") as room:
        for job in (Job("collect", "inbox"), Job("classify"), Job("publish", "all"), Job("pack")):
            room.perform(job)
        (folder / "index.html").write_text("The operator's own.")
        assert (folder / "atom.xml.gz").exists()
        settings.write_text(text.replace("rss, atom", "rss"))
        if is_running:
            room.look_at_the_configuration()
    with Newsroom(config.load(settings), "test") as room:
        assert not list(folder.glob("atom.xml*"))
        assert {"rss.xml", "rss.xml.gz", "index.html"} <= {path.name for path in folder.iterdir()}
        settings.write_text(text)
        room.look_at_the_configuration()
        room.perform(Job("publish", "all"))
        assert (folder / "atom.xml").exists()


@pytest.mark.parametrize("first", ["grain", "fields"])
@pytest.mark.parametrize("moment", ["current", "archive", "put_all"])
def test_a_job_under_way_when_the_configuration_changes_puts_out_nothing_of_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str, first: str
) -> None:
    (tmp_path / "inbox").mkdir()
    settings, feeds = tmp_path / "config.yaml", tmp_path / "feeds"
    head = "title: Desk\nsources: [{name: inbox, files: inbox/}]\ntopics:\n"
    before = "- {name: grain, match: [grain], formats: [rss, atom]}\n- {name: fields, match: [field]}\n"
    settings.write_text(head + before)
    (tmp_path / "inbox/a.txt").write_text("Harvest of grain begins\n\nThe first fields are being cut.\n")
    os.utime(tmp_path / "inbox/a.txt", (0, 0))  # nobody is writing it any more
    with Newsroom(config.load(settings), "test") as room:
        for job in (Job("collect", "inbox"), Job("classify"), Job("publish", "grain")):
            room.perform(job)
        settings.write_text(f"{head}- {{name: grain, title: Corn, match: [grain], formats: [rss]}}\n")
        under_way, real = room.desk, getattr(publish, moment)

        def changed_before(*arguments: Any, **named: Any) -> Any:
            room.look_at_the_configuration()
            return real(*arguments, **named)

        monkeypatch.setattr(publish, moment, changed_before)
        for name in (first, "grain", "fields"):
            jobs.run(Job("publish", name), under_way)
        assert not list(feeds.glob("*/atom.xml*"))
        assert not (feeds / "fields").exists()
        assert "grain" in room.store.stale_topics()
        room.perform(Job("classify"))
        room.perform(Job("publish", "grain"))
        assert "Corn" in (feeds / "grain/rss.xml").read_text()
        assert "grain" not in room.store.stale_topics()


@pytest.mark.parametrize("first", ["front", "desk"])
def test_a_front_page_and_a_desk_under_way_when_the_configuration_changes_are_not_put_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: str
) -> None:
    (tmp_path / "inbox").mkdir()
    settings, feeds = tmp_path / "config.yaml", tmp_path / "feeds"
    settings.write_text("title: Evening\ndesk: true\nsources: [{name: inbox, files: inbox/}]\n")
    with Newsroom(config.load(settings), "test") as room:
        for task in ("classify", "front", "desk"):
            room.perform(Job(task))
        under_way, real = room.desk, press.put_all
        settings.write_text("title: Morning\nsources: [{name: inbox, files: inbox/}]\n")

        def changed_before(*arguments: Any, **named: Any) -> Any:
            room.look_at_the_configuration()
            return real(*arguments, **named)

        monkeypatch.setattr(publish, "put_all", changed_before)
        for task in (first, "front", "desk"):
            jobs.run(Job(task), under_way)
        assert not (feeds / "desk").exists()
        assert FRONT in room.desk.undone
        room.perform(FRONT)
        assert "Morning" in (feeds / "index.html").read_text()
        assert not room.desk.undone


def test_a_change_that_could_not_be_taken_up_for_a_passing_reason_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "inbox").mkdir()
    settings = tmp_path / "config.yaml"
    settings.write_text("title: Desk\nsources: [{name: inbox, files: inbox/}]\n")
    with Newsroom(config.load(settings), "test") as room:
        settings.write_text(settings.read_text() + "topics: [{name: grain, match: [grain]}]\n")

        def full(*_: object) -> None:
            raise StoreError("the disk is full")

        with monkeypatch.context() as meanwhile:
            meanwhile.setattr(room.store, "register", full)
            assert not room.look_at_the_configuration()
        assert room.look_at_the_configuration()
        assert "grain" in room.desk.topics
        assert not room.look_at_the_configuration()


def test_what_replaces_a_file_is_later_than_it(tmp_path: Path) -> None:
    """Who asks by date alone would otherwise never be told."""
    path = tmp_path / "rss.xml"
    put(path, b"a story of noon", NOON)
    put(path, b"and one that is older, found later", NOON)
    assert path.stat().st_mtime == NOON.timestamp() + 1
    put(path, b"and one that is older, found later", NOON - HOUR)
    assert path.stat().st_mtime == NOON.timestamp() + 1
    put(path, b"a story of one", NOON + HOUR)
    assert path.stat().st_mtime == (NOON + HOUR).timestamp()


def test_a_file_of_a_day_to_come_is_of_today_with_its_next_change(path: Path) -> None:
    """The clock was ahead, and is right again."""
    put(path, OLD, AT + timedelta(days=365))
    put(path, NEW, AT, now=AT)
    assert path.stat().st_mtime == AT.timestamp() + AHEAD
    put(path, OLD, AT + timedelta(days=365), now=LATER)
    assert path.stat().st_mtime == LATER.timestamp() + AHEAD
    put(path, NEW, AT, now=LATER + timedelta(hours=1))
    assert path.stat().st_mtime == LATER.timestamp() + AHEAD + 1
