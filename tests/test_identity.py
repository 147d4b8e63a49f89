"""Guids that change, that are used twice, that are missing: data/identity/NAME.json tells each case visit by visit."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from aggregator.cli import main
from aggregator.edits import is_other_news

from .make import article

CASES = sorted((Path(__file__).parent / "data/identity").glob("*.json"))


def command(folder: Path, *args: str, exit_code: int = 0) -> str:
    done = CliRunner().invoke(main, ["--config", str(folder / "config.yaml"), *args])
    assert done.exit_code == exit_code, done.output
    return done.stdout


def desk(folder: Path, case: Path | dict[str, Any], *more: str, source: str = "") -> Path:
    """A workspace whose source brings what the case says."""
    path = case if isinstance(case, Path) else folder / "visits.json"
    if isinstance(case, dict):
        path.write_text(json.dumps(case))
    lines = ["title: Desk", "link: https://news.example/", *more, "sources:", "  - name: old"]
    lines += [f"    tests.replayed: {path}", *([f"    {source}"] if source else [])]
    (folder / "config.yaml").write_text("\n".join(lines) + "\n")
    return folder


def stories(folder: Path) -> dict[str, dict[str, Any]]:
    told = (json.loads(line) for line in command(folder, "stories", "--json").splitlines())
    return {s["guid"]: s for s in told}


@pytest.mark.parametrize("path", CASES, ids=lambda p: p.stem)
def test_nothing_is_there_twice_nothing_is_lost_and_nothing_moves(path: Path, tmp_path: Path) -> None:
    case = json.loads(path.read_text())
    folder, before = desk(tmp_path, path), dict[str, dict[str, Any]]()
    for expected in case["stories"]:
        command(folder, "collect")
        now = stories(folder)
        assert sorted(s["title"] for s in now.values()) == expected
        assert {guid: now[guid]["listed_at"] for guid in before} == {g: s["listed_at"] for g, s in before.items()}
        assert {guid: now[guid]["published_at"] for guid in before} == {g: s["published_at"] for g, s in before.items()}
        before = now


@pytest.mark.parametrize("name", ["guids-change", "guids-and-links-change", "titles-alone-move", "gone-and-back"])
def test_what_only_changes_its_name_changes_no_file(name: str, tmp_path: Path) -> None:
    [path] = [p for p in CASES if p.stem == name]
    folder = desk(tmp_path, path)
    command(folder, "collect")
    feeds = folder / "feeds/all"
    guids = [item["id"] for item in json.loads((feeds / "feed.json").read_text())["items"]]
    dates = [item.get("date_modified") for item in json.loads((feeds / "feed.json").read_text())["items"]]
    command(folder, "collect")
    items = json.loads((feeds / "feed.json").read_text())["items"]
    assert [item["id"] for item in items] == guids
    assert [item.get("date_modified") for item in items] == dates


def test_of_two_new_names_one_is_the_article_that_moved_and_the_other_its_copy(tmp_path: Path) -> None:
    [path] = [p for p in CASES if p.stem == "moved-and-doubled"]
    folder = desk(tmp_path, path)
    for _ in range(3):
        command(folder, "collect")
    [told] = [s for s in stories(folder).values() if s["title"].startswith("First barge")]
    assert (told["url"], len(told["copies"])) == ("https://new.example/article/1", 1)
    [lead, _] = json.loads(command(folder, "explain", told["id"], "--json"))["articles"]
    assert lead["versions"] == 2


def test_every_story_says_why_it_is_the_one_that_it_is(tmp_path: Path) -> None:
    [path] = [p for p in CASES if p.stem == "guids-and-links-change"]
    folder = desk(tmp_path, path)
    command(folder, "collect")
    command(folder, "collect")
    key = next(iter(stories(folder).values()))["id"]
    assert "under another guid and link: same headline, text and day" in command(folder, "explain", key)


STEPPE = "<p>Herds moved to the winter pastures early this year, as shepherds of three districts had asked.</p>"
COURT = "<p>Judges in the capital postponed the hearing about unpaid wages, because a witness fell ill.</p>"


@pytest.mark.parametrize(
    ("title", "content", "url", "is_other"),
    [
        ("Court postpones hearing", COURT, "https://alpha.example/1", True),
        ("Herds move early", COURT, "https://alpha.example/1", False),
        ("Court postpones hearing", STEPPE, "https://alpha.example/1", False),
        ("Court postpones hearing", "", "https://alpha.example/1", False),
        ("Court postpones hearing", "", "https://alpha.example/9", True),
        ("Herds move late", "", "https://alpha.example/9", False),
    ],
)
def test_only_what_shares_next_to_nothing_is_other_news(title: str, content: str, url: str, is_other: bool) -> None:
    old = article(1, title="Herds move early", content=STEPPE)
    new = replace(old, title=title, content=content, url=url, canonical_url=url)
    assert is_other_news(old, new) is is_other_news(new, old) is is_other
