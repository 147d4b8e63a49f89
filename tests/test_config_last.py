"""A typo in config.yaml stops nobody: what was taken up last stays in force, and what is wrong is told."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from aggregator.cli import main

GOOD = "title: Desk\nsources:\n  - {name: inbox, files: inbox}\ntopics:\n  - {name: wind, match: [wind]}\n"
BROKEN = {
    "no YAML": ("sources:\n  - {name: inbox, files: inbox", "config.yaml:2:31: a comma or } is missing"),
    "an unknown key": (GOOD.replace("match", "macht"), "config.yaml:5:18: unknown key 'macht', did you mean 'match'?"),
    "nothing": ("", "config.yaml:1:1: the file is empty"),
}
KEPT = Path("db/river.config.yaml")
Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)
    Path("config.yaml").write_text(GOOD)
    put("one", "Wind over the steppe\n\nIt blows all night, and nobody sleeps.")
    return lambda *args: CliRunner().invoke(main, list(args))


def put(name: str, text: str) -> None:
    path = Path("inbox") / f"{name}.txt"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    os.utime(path, (1_790_000_000, 1_790_000_000))


@pytest.mark.parametrize("kind", BROKEN)
def test_everything_goes_on_and_says_what_is_wrong(run: Run, kind: str) -> None:
    assert run("run", "--once").exit_code == 0
    text, complaint = BROKEN[kind]
    Path("config.yaml").write_text(text)
    put("two", "Rain in the hills\n\nAnd more wind is to come by the evening.")
    for command in (["run", "--once"], ["stories"], ["status"], ["publish"], ["backup", "copy.sqlite"]):
        result = run(*command)
        assert result.exit_code == 0, result.output
        assert complaint in result.stderr
        assert "config.yaml: the configuration of before stays in force" in result.stderr
    told = run("stories", "--topic", "wind").stdout
    assert "Rain in the hills" in told
    assert "Wind over the steppe" in told
    assert KEPT.read_text() == GOOD


@pytest.mark.parametrize("command", [["check"], ["plan"], ["add", "https://news.example/rss"]])
def test_commands_about_the_file_itself_refuse_a_broken_one(run: Run, command: list[str]) -> None:
    assert run("run", "--once").exit_code == 0
    Path("config.yaml").write_text(BROKEN["an unknown key"][0])
    result = run(*command)
    assert result.exit_code == 2
    assert "config.yaml:5:18: unknown key 'macht'" in result.stderr


def test_an_edited_copy_is_planned_while_the_file_is_broken(run: Run) -> None:
    assert run("run", "--once").exit_code == 0
    Path("next.yaml").write_text(GOOD.replace("[wind]", "[steppe]"))
    Path("config.yaml").write_text("{")
    assert run("plan", "next.yaml").exit_code == 0


def test_before_anything_was_taken_up_a_broken_file_is_refused(run: Run) -> None:
    Path("config.yaml").write_text(BROKEN["an unknown key"][0])
    result = run("run", "--once")
    assert (result.exit_code, KEPT.exists()) == (2, False)
    Path("config.yaml").unlink()
    assert "there is no such file" in run("stories").stderr


def test_what_was_taken_up_and_would_not_do_any_more_is_no_way_out(run: Run) -> None:
    assert run("run", "--once").exit_code == 0
    Path("config.yaml").write_text(BROKEN["an unknown key"][0])
    KEPT.write_text("title: Desk\n")
    result = run("stories")
    assert result.exit_code == 2
    assert "unknown key 'macht'" in result.stderr
    assert "stays in force" not in result.stderr


def test_it_is_kept_beside_its_database_for_its_owner_alone(run: Run) -> None:
    Path("config.yaml").write_text(GOOD + "database: kept/desk.sqlite\n")
    assert run("run", "--once").exit_code == 0
    kept = Path("kept/desk.config.yaml")
    assert (kept.read_text(), kept.stat().st_mode & 0o777) == (GOOD + "database: kept/desk.sqlite\n", 0o600)
    before = kept.stat().st_mtime_ns
    Path("config.yaml").write_text(BROKEN["an unknown key"][0] + "database: kept/desk.sqlite\n")
    assert run("stories").exit_code == 0
    assert run("publish").exit_code == 0
    assert kept.stat().st_mtime_ns == before
