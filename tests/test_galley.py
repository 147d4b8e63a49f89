"""What was printed once is neither read nor rendered again, until it has changed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from aggregator import galley
from aggregator.formats import atom, rss
from aggregator.galley import Galley
from aggregator.model import Filing, Imprint, Story, Topic
from aggregator.publish import publish, publish_front
from aggregator.stores import Store
from aggregator.stores.sqlite import open_store

from .test_stores import COAST, NOON, STEPPE, article, changed, copy, new, visit

IMPRINT = Imprint(title="Desk", link="https://desk.example/", authority="desk.example,2026")
TOPIC = Topic(name="all", title="All", limit=10)
OTHER = Topic(name="trade", title="Trade", limit=10, formats=("rss", "atom"))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(tmp_path / "river.sqlite", writing=True)
    store.register([STEPPE, COAST], {"all": "", "trade": ""}, NOON)
    store.save(visit(), [new(n) for n in range(1, 9)])
    file_all(store)
    yield store
    store.close()


def file_all(store: Store) -> None:
    filings = [Filing(topic=topic, because="") for topic in ("all", "trade")]
    store.file("r1", {story.id: filings for story in store.unfiled("r1", 100)}, NOON)


@pytest.fixture
def read(store: Store, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ids of all stories that are read, as they are."""
    asked: list[str] = []
    whole = store.read

    def read(stories: Sequence[str]) -> list[Story]:
        asked.extend(stories)
        return whole(stories)

    monkeypatch.setattr(store, "read", read)
    return asked


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """File name -> the ids of all stories that are rendered for it, as they are."""
    told: dict[str, list[str]] = {}
    for fmt in (rss, atom):
        monkeypatch.setattr(fmt, "items", noting(fmt.items, told.setdefault(fmt.FILENAME, [])))
    return told


def noting(items: Callable[..., list[bytes]], told: list[str]) -> Callable[..., list[bytes]]:
    def noted(edition: Any) -> list[bytes]:
        told.extend(story.id for story in edition.stories)
        return items(edition)

    return noted


def test_an_edition_that_has_not_changed_reads_no_texts(store: Store, read: list[str], tmp_path: Path) -> None:
    kept = Galley()
    assert publish(TOPIC, store, IMPRINT, tmp_path, kept)
    read.clear()
    assert publish(TOPIC, store, IMPRINT, tmp_path, kept) == []
    assert read == []


def test_of_an_edition_with_one_new_story_only_that_one_is_read_and_rendered(
    store: Store, read: list[str], rendered: dict[str, list[str]], tmp_path: Path
) -> None:
    kept = Galley()
    publish(TOPIC, store, IMPRINT, tmp_path, kept)
    store.save(visit(), [new(9)])
    file_all(store)
    read.clear()
    rendered["rss.xml"].clear()
    assert len(publish(TOPIC, store, IMPRINT, tmp_path, kept)) == 4
    assert read == rendered["rss.xml"] == [article(9).id]


def test_topics_of_one_language_share_what_was_printed(
    store: Store, read: list[str], rendered: dict[str, list[str]], tmp_path: Path
) -> None:
    kept = Galley()
    publish(TOPIC, store, IMPRINT, tmp_path, kept)
    publish(OTHER, store, IMPRINT, tmp_path, kept)
    publish_front([TOPIC, OTHER], store, IMPRINT, tmp_path, kept)
    assert len(read) == len(set(read)) == 8
    assert len(rendered["atom.xml"]) == len(set(rendered["atom.xml"])) == 8


def test_what_is_kept_gives_the_bytes_that_would_be_made_anew(store: Store, tmp_path: Path) -> None:
    kept = Galley()
    happenings: list[Callable[[], object]] = [
        lambda: None,
        lambda: store.save(visit("coast"), [copy(20, of=3), copy(21, of=4, leads=True)]),
        lambda: store.save(visit(), [changed(2)]),
        lambda: store.relate({article(5).id: {article(2).id: 0.6}}, NOON),
        lambda: store.withdraw(f"tag:river.example,2026:{article(6).id}", NOON),
        lambda: store.save(visit("coast"), [new(30, "coast", url="")]),
        lambda: store.save(visit(), [new(n) for n in range(40, 60)]),
    ]
    for happening in happenings:
        happening()
        file_all(store)
        publish(TOPIC, store, IMPRINT, tmp_path / "kept", kept)
        publish(TOPIC, store, IMPRINT, tmp_path / "kept", kept)  # what was seen makes room in the next edition only
        publish(TOPIC, store, IMPRINT, tmp_path / "anew")
        assert written(tmp_path / "kept") == written(tmp_path / "anew")


def written(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.*") if path.is_file()}


def test_a_story_that_is_gone_between_two_looks_is_left_out(store: Store) -> None:
    mentions = store.latest("all", 10).stories
    store.merge(article(1).id, article(2).id, NOON)
    assert [int(story.id, 16) for story in Galley().stories(mentions, store)] == [8, 7, 6, 5, 4, 3, 1]


def test_no_more_is_kept_than_there_is_room_for(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    mentions = store.latest("all", 10).stories
    whole = {story.id: galley._size(story) for story in store.read([one.id for one in mentions])}
    monkeypatch.setattr(galley, "STORIES", 2 * max(whole.values()))
    kept = Galley()
    assert len(kept.stories(mentions, store)) == 8
    nowhere = Mock(read=Mock(return_value=[]))
    held = kept.stories(mentions, nowhere)
    assert {story.id for story in held} >= {one.id for one in mentions[-2:]}
    assert sum(whole[story.id] for story in held) <= 2 * galley.STORIES


def test_what_is_larger_than_the_room_is_kept_alone(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(galley, "STORIES", 1)
    kept, mentions = Galley(), store.latest("all", 10).stories
    kept.stories(mentions, store)
    nowhere = Mock(read=Mock(return_value=[]))
    assert [story.id for story in kept.stories(mentions[-1:], nowhere)] == [mentions[-1].id]
    assert len(kept.stories(mentions, nowhere)) <= 2


HEAVY = {
    "apscheduler", "feedgen", "feedparser", "lxml", "nh3", "numpy", "re2", "requests", "sqlite_utils", "ssl", "urllib3",
    "uvicorn",
    "aggregator.formats._proof", "aggregator.markup", "aggregator.sources._xml", "aggregator.text",  # long patterns
}  # fmt: skip


@pytest.mark.parametrize("command", ["--help", "status", "stories"])
def test_looking_loads_nothing_heavy(command: str, tmp_path: Path) -> None:
    """Most of them take 30 to 150 ms; who only looks need not wait for it."""
    assert loaded_by(command, tmp_path) & HEAVY == set()


def test_help_loads_no_nouns(tmp_path: Path) -> None:
    assert "aggregator.model" not in loaded_by("--help", tmp_path)


def loaded_by(command: str, folder: Path) -> set[str]:
    """The modules that a command has loaded, in a desk with a feed and a folder."""
    store = open_store(folder / "db" / "river.sqlite", writing=True)
    store.register([STEPPE], {"all": ""}, NOON)
    store.close()
    (folder / "config.yaml").write_text(
        "title: Desk\nlink: https://desk.example/\nidentity: desk.example,2026\n"
        "sources: [{name: steppe, feed: 'https://steppe.example/rss'}, {name: inbox, files: inbox/}]\n"
        "topics: [{name: steppe, match: [steppe]}]\n"
    )
    code = (
        "import sys; from aggregator.cli import main\n"
        f"main([{command!r}], standalone_mode=False)\n"
        "print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env={"PYTHONPATH": str(Path(__file__).parent.parent)},
        capture_output=True, check=True, text=True,
    )  # fmt: skip
    return set(done.stderr.split())
