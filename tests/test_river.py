"""The whole river, as an operator runs it: processes, a real web server, real files."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import feedparser
import pytest

from benchmarks.workload import Document, Server, config, documents, serving

from .loopback import STUCK, Loopback, reply

FEEDS = 200
NOTICE = """\
ВЕСТНИК СТЕПИ
Новости и люди

В Кокшетау открылась выставка старинных карт

В Кокшетау открылась выставка старинных картВ областном музее Кокшетау в пятницу открылась выставка карт XVIII века. \
Её собирали три года, сообщает пресс-служба музея. «Многие листы показывают впервые», — сказала куратор.

Выставка работает до марта.
"""


def river(folder: Path, *args: str, **more: Any) -> subprocess.CompletedProcess[str]:
    """Run a command in a workspace."""
    command = [sys.executable, "-m", "aggregator", *args]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False, **more)


def stories(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in river(folder, "stories", "--json").stdout.splitlines()]


def articles(folder: Path) -> set[tuple[str, str]]:
    """
    Every article that is held: (source, url). Not the ids: a story has that of the copy which came first, and of many
    visits at once now this one and now that one is the first.
    """
    found = stories(folder)
    copies = [c for s in found for c in s["copies"]]
    held = [(a["source"], a["url"]) for a in (*found, *copies)]
    assert len(held) == len(set(held))
    return set(held)


def files(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    """Every published file with its inode, time and content: a file that is replaced by an equal one shows."""
    return {
        p.relative_to(folder).as_posix(): (p.stat().st_ino, p.stat().st_mtime_ns, p.read_bytes())
        for p in (folder / "feeds").rglob("*") if p.is_file()
    }  # fmt: skip


@pytest.fixture(scope="module")
def feeds() -> list[Document]:
    return documents(FEEDS, entries=9)


@pytest.fixture(scope="module")
def server(feeds: list[Document]) -> Iterator[Server]:
    with serving(feeds) as server:
        yield server


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, server: Server, feeds: list[Document]) -> Path:
    """A desk that has collected once from 200 feeds."""
    folder = tmp_path_factory.mktemp("desk")
    topics = "topics:\n  - {name: grain, match: [зерно, grain]}\n  - {name: space, match: [спутник, satellite]}\n"
    (folder / "config.yaml").write_text(config(server.url, feeds, topics))
    done = river(folder, "run", "--once")
    assert done.returncode == 0, done.stderr
    assert "rror" not in done.stderr
    return folder


def entries(feeds: list[Document]) -> int:
    """How many entries the feeds have, as feedparser counts them."""
    return sum(
        len(json.loads(d.body)["items"]) if d.path.endswith("json") else len(feedparser.parse(BytesIO(d.body)).entries)
        for d in feeds
    )


def test_every_entry_of_every_feed_is_held_once(desk: Path, feeds: list[Document]) -> None:
    assert len(articles(desk)) == entries(feeds)


def test_syndicated_texts_become_copies_of_one_story(desk: Path) -> None:
    assert sum(len(s["copies"]) for s in stories(desk)) > 5


def test_polled_again_everything_is_unchanged_and_no_file_is_touched(desk: Path, server: Server) -> None:
    before, held = files(desk), articles(desk)
    server.answers.clear()
    done = river(desk, "collect")
    assert done.returncode == 0, done.stderr
    assert server.answers == {304: FEEDS}
    assert articles(desk) == held
    assert files(desk) == before


@pytest.mark.parametrize("topic", ["all", "grain", "space"])
def test_feedparser_gives_back_what_was_published(desk: Path, topic: str) -> None:
    held = {s["guid"]: s for s in stories(desk)}
    for name in ("rss.xml", "atom.xml"):
        parsed = feedparser.parse(BytesIO((desk / "feeds" / topic / name).read_bytes()))
        assert not parsed.bozo
        assert len(parsed.entries) == 50
        for e in parsed.entries:
            s = held[e.id]
            assert (e.title, e.link) == (s["title"], s["url"])
            assert time.strftime("%Y-%m-%dT%H:%M:%SZ", e.published_parsed) == s["published_at"]
            assert e.author


def test_killed_in_the_middle_and_started_again_nothing_is_lost_and_nothing_is_twice(
    desk: Path, server: Server, feeds: list[Document], tmp_path: Path
) -> None:
    (tmp_path / "config.yaml").write_text((desk / "config.yaml").read_text())
    for delay in (0.9, 1.7, 3.0):
        process = subprocess.Popen(
            [sys.executable, "-m", "aggregator", "collect"], cwd=tmp_path, stderr=subprocess.DEVNULL
        )
        try:
            process.wait(delay)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    done = river(tmp_path, "collect")
    assert done.returncode == 0, done.stderr
    assert articles(tmp_path) == articles(desk)
    assert not list((tmp_path / "feeds").rglob("*.new"))


def test_a_second_process_on_the_same_database_is_refused_in_a_sentence(desk: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "aggregator", "--config", str(desk / "config.yaml"), "run"],
        stderr=subprocess.PIPE, text=True,
    ) as first:  # fmt: skip
        assert first.stderr is not None
        assert "Reading at" in first.stderr.readline()
        try:
            refused = river(desk, "collect")
            looking = river(desk, "status", "--json")
        finally:
            first.send_signal(signal.SIGINT)
            rest = first.communicate(timeout=30)[1]
    assert refused.returncode == 1
    assert f"process {first.pid}" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert len(json.loads(looking.stdout)) == FEEDS
    assert first.returncode == 0
    assert "Traceback" not in rest


@pytest.mark.parametrize("command", ["run", "collect"])
def test_who_is_stopped_in_a_pause_of_a_visit_stops_at_once_and_blames_nobody(tmp_path: Path, command: str) -> None:
    with Loopback({"/robots.txt": reply(404)}) as host:
        (tmp_path / "config.yaml").write_text(
            "title: Desk\nlisten: 127.0.0.1:0\nprivate_hosts: [127.0.0.1]\npolite: {pause: 10m}\n"
            f"sources: [{{name: listing, page: '{host.url('/')}'}}]\n"
        )
        with subprocess.Popen(
            [sys.executable, "-m", "aggregator", command], cwd=tmp_path, stderr=subprocess.PIPE, text=True
        ) as process:
            try:
                for _ in range(STUCK * 10):
                    if host.requests:  # for robots.txt: now there is a pause
                        break
                    time.sleep(0.1)
                time.sleep(0.3)
            finally:
                process.send_signal(signal.SIGINT)
                told = process.communicate(timeout=STUCK)[1]
        assert [seen.path for seen in host.requests] == ["/robots.txt"]
    assert "Traceback" not in told
    assert "listing: stopped in the middle of a visit" in told
    [health] = json.loads(river(tmp_path, "status", "--json").stdout)
    assert (health["state"], health["error"], health["last_visit"]) == ("waiting", None, None)


def test_a_page_saved_as_text_becomes_a_story_in_every_format(tmp_path: Path) -> None:
    river(tmp_path, "init")
    (tmp_path / "inbox/notice.txt").write_text(NOTICE)
    os.utime(tmp_path / "inbox/notice.txt", (1_790_000_000, 1_790_000_000))
    assert river(tmp_path, "run", "--once").returncode == 0

    [told] = [s for s in stories(tmp_path) if s["publisher"] == "ВЕСТНИК СТЕПИ"]
    assert told["title"] == "В Кокшетау открылась выставка старинных карт"
    assert (told["language"], told["published_at"]) == ("ru", "2026-09-21T14:13:20Z")

    item = json.loads((tmp_path / "feeds/all/feed.json").read_text())["items"]
    [item] = [i for i in item if i["id"] == told["guid"]]
    assert item["content_html"].startswith("<p>В областном музее")
    assert item["content_html"].count("выставка старинных карт") == 0
    assert item["summary"].endswith(".")
    for name in ("rss.xml", "atom.xml"):
        parsed = feedparser.parse(BytesIO((tmp_path / "feeds/all" / name).read_bytes()))
        [entry] = [e for e in parsed.entries if e.id == told["guid"]]
        assert entry.title == told["title"]
        assert entry.content[0].value.startswith("<p>В областном музее")

    before = files(tmp_path)
    assert river(tmp_path, "run", "--once").returncode == 0
    assert files(tmp_path) == before

    why = river(tmp_path, "explain", told["id"]).stdout
    assert "the file's own time" in why
    assert "all: every story" in why


def test_a_changed_configuration_is_taken_up_and_a_broken_one_is_not(tmp_path: Path) -> None:
    river(tmp_path, "init")
    path = tmp_path / "config.yaml"
    good = path.read_text() + "listen: 127.0.0.1:0\n"
    path.write_text(good)
    with subprocess.Popen(
        [sys.executable, "-m", "aggregator", "run"], cwd=tmp_path, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        lines = iter(process.stderr.readline, "")
        try:
            assert "Reading at" in next(lines)
            path.write_text(good.replace("title: My desk", "titel: My desk"))
            assert any("did you mean 'title'" in line for line in lines)
            path.write_text(good.replace("name: first-steps", "name: second-steps"))
            assert any("has changed" in line for line in lines)
            assert any("published second-steps" in line for line in lines)
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=30)
    assert process.returncode == 0
    assert (tmp_path / "feeds/second-steps/rss.xml").exists()
