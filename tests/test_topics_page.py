"""The walk from no topics to five in docs/topics.md, taken: every command, and what it prints."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from aggregator.cli import main

ROOT = Path(__file__).parent.parent
WALK = (ROOT / "docs" / "topics.md").read_text("utf-8").partition("## From no topics to five\n")[2]
STEPS: list[tuple[str, str]] = re.findall(r"^```(yaml|console)\n(.+?)^```$", WALK, re.M | re.S)
PLACE = re.compile(r"(?<=\.yaml):\d+:\d+")
TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d")


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The sample desk without its topics, and we are in it; its configuration up to there."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(ROOT / "inbox", "inbox")
    before, _, _ = (ROOT / "config.yaml").read_text("utf-8").partition("topics:\n")
    Path("config.yaml").write_text(before, "utf-8")
    return before


def plainly(text: str) -> str:
    """Without the time that a file was written, and the line that a topic happens to stand in."""
    return TIME.sub("TIME", PLACE.sub(":LINE:COLUMN", text))


def printed(command: str) -> str:
    if command.startswith("mv "):
        _, old, new = command.split()
        Path(old).replace(new)
        return ""
    result = CliRunner().invoke(main, command.removeprefix("aggregator ").split())
    return result.output if result.exit_code in (0, 2) else pytest.fail(result.output)


def pattern(shown: str) -> str:
    """`...` stands for anything: lines, or the rest of one."""
    return re.escape(plainly(shown)).replace(re.escape("...\n"), r"(?:.*\n)*?").replace(re.escape("..."), ".*")


def test_the_walk_from_no_topics_to_five_is_as_the_page_says(desk: str) -> None:
    assert len(STEPS) >= 6
    for kind, text in STEPS:
        if kind == "yaml":
            Path("next.yaml" if text.startswith("# next.yaml") else "config.yaml").write_text(desk + text, "utf-8")
            continue
        for command, shown in re.findall(r"^\$ (.+)\n((?:(?!\$ ).*\n)*)", text, re.M):
            output = plainly(printed(command))
            assert re.fullmatch(pattern(shown), output), f"{command}\n{output}"
