"""What a changed configuration would change: named before, and then exactly what happens."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from aggregator.cli import main

WORDS = "зерно баржа порт мост школа театр рынок снег ветер река завод поезд".split()
START = "title: Desk\nlink: https://news.example/\nsources:\n  - {name: inbox, files: inbox/}\ntopics:\n"
HARBOUR = "  - {name: harbour, match: [порт]}\n"


def command(folder: Path, *args: str) -> Any:
    return CliRunner().invoke(main, ["--config", str(folder / "config.yaml"), *args])


def filings(folder: Path) -> dict[str, set[str]]:
    """Topic -> the stories that are filed there."""
    found: dict[str, set[str]] = {}
    for line in command(folder, "stories", "--json").stdout.splitlines():
        story = json.loads(line)
        for topic in story["topics"]:
            found.setdefault(topic, set()).add(story["id"])
    return found


def planned(folder: Path, *args: str) -> dict[str, Any]:
    answer = command(folder, "plan", "--json", *args)
    assert answer.exit_code == 0, answer.output
    plan: dict[str, Any] = json.loads(answer.stdout)
    return plan


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A desk with forty stories of four words each, and one topic."""
    chance = random.Random(1)
    (tmp_path / "inbox").mkdir()
    for n in range(40):
        said = chance.sample(WORDS, 4)
        (tmp_path / "inbox" / f"{n}.txt").write_text(f"{said[0]} {n}\n\nНомер {n}: {', '.join(said)}.")
    (tmp_path / "config.yaml").write_text(START + HARBOUR)
    assert command(tmp_path, "run", "--once").exit_code == 0
    return tmp_path


def some_rules(chance: random.Random) -> str:
    topics = []
    for name in chance.sample(["harbour", "weather", "town", "trade"], chance.randint(0, 4)):
        some, needed, unwanted = (chance.sample(WORDS, k) for k in (3, chance.randint(0, 1), chance.randint(0, 2)))
        topics.append(f"  - {{name: {name}, match: {{any: {some}, all: {needed}, none: {unwanted}}}}}\n")
    return "".join(topics).replace("'", "") or "  []\n"


@pytest.mark.parametrize("seed", range(6))
def test_a_plan_names_exactly_the_stories_that_then_enter_and_leave(desk: Path, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(3):
        before = filings(desk)
        (desk / "next.yaml").write_text(START + some_rules(chance))
        plan = planned(desk, str(desk / "next.yaml"))
        assert filings(desk) == before, "a plan changes nothing"
        (desk / "next.yaml").replace(desk / "config.yaml")
        assert command(desk, "run", "--once").exit_code == 0
        after = filings(desk)
        there = {(t, s) for t, stories in before.items() for s in stories}
        here = {(t, s) for t, stories in after.items() for s in stories}
        assert {(t["topic"], t["story"]) for t in plan["transfers"] if t["enters"]} == here - there
        assert {(t["topic"], t["story"]) for t in plan["transfers"] if not t["enters"]} == there - here
        assert planned(desk)["transfers"] == []


def test_a_plan_says_which_feeds_would_be_written_anew(desk: Path) -> None:
    assert planned(desk)["rewritten"] == []
    (desk / "next.yaml").write_text(START + HARBOUR.replace("match", "title: Гавань, match"))
    assert planned(desk, str(desk / "next.yaml"))["rewritten"] == ["harbour"]
    (desk / "next.yaml").write_text((START + HARBOUR).replace("title: Desk", "title: Other desk"))
    assert planned(desk, str(desk / "next.yaml"))["rewritten"] == ["all", "harbour"]


def test_a_plan_says_what_comes_and_goes(desk: Path) -> None:
    changed = START.replace("inbox, files: inbox/", "wire, files: wire/") + "  - {name: snow, match: [снег]}\n"
    (desk / "next.yaml").write_text(changed)
    plan = planned(desk, str(desk / "next.yaml"))
    assert (plan["sources_added"], plan["sources_gone"]) == (["wire"], ["inbox"])
    assert (plan["topics_added"], plan["topics_gone"]) == (["snow"], ["harbour"])


def test_a_plan_is_told_in_titles_and_reasons(desk: Path) -> None:
    (desk / "next.yaml").write_text(START + "  - {name: harbour, match: [театр]}\n")
    told = command(desk, "plan", str(desk / "next.yaml")).stdout
    assert "harbour: " in told
    assert "because: театр: «театр»" in told
    assert "is there because: порт: «порт»" in told
    assert "topics whose feeds would be written anew: harbour" in told
    everything = command(desk, "plan", str(desk / "next.yaml"), "--all").stdout
    assert len(everything.splitlines()) >= len(told.splitlines())
    assert command(desk, "plan").stdout == "nothing would change\n"


def test_a_withdrawn_story_enters_nothing(desk: Path) -> None:
    (desk / "next.yaml").write_text(START + "  - {name: theatre, match: [театр]}\n")
    first = planned(desk, str(desk / "next.yaml"))["transfers"][0]["story"]
    command(desk, "withdraw", first)
    assert first not in {t["story"] for t in planned(desk, str(desk / "next.yaml"))["transfers"]}


def test_a_broken_copy_of_the_configuration_is_complained_of(desk: Path) -> None:
    (desk / "next.yaml").write_text(START + "  - {name: harbour, mach: [театр]}\n")
    answer = command(desk, "plan", str(desk / "next.yaml"))
    assert answer.exit_code == 2
    assert "next.yaml:6:" in answer.stderr
