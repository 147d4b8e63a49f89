"""The same articles again - after a crash, or in another order - are the same stories."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import Any

import pytest
from click.testing import CliRunner

from aggregator.cli import main

from .test_stories import OTHER, REPUBLICATIONS

SYLLABLES = ("ка", "ло", "ми", "не", "ру", "та", "ве", "ши", "до", "па", "ген", "бор", "ул", "ес", "ира")
OUTLETS = [f"outlet-{n}" for n in range(24)]
RELEASES = 6

Groups = set[frozenset[tuple[str, str]]]
"""Each story as its articles: source and headline."""


def release(n: int, outlet: str) -> str:
    """The n-th release as this outlet runs it: under its own headline, mostly cut, with a word of its own."""
    rng = Random(n)
    words = ["".join(rng.choices(SYLLABLES, k=3)) for _ in range(120)]
    edit = Random(f"{n} {outlet}")
    words[edit.randrange(50, 120)] = outlet
    text = " ".join(words[: edit.choice([60, 80, 120])])
    return f"{outlet} о новости {n}\n\n{text.capitalize()}.\n"


def desk(folder: Path, texts: dict[str, dict[str, str]]) -> Path:
    """Source -> file -> text, in a workspace that visits one source after the other."""
    sources = ""
    for source, files in texts.items():
        (folder / source).mkdir(parents=True)
        for name, text in files.items():
            (folder / source / name).write_text(text)
        sources += f"  - {{name: {source}, files: {source}/, quiet: 0s}}\n"
    (folder / "config.yaml").write_text(f"title: Desk\nlink: https://news.example/\nworkers: 1\nsources:\n{sources}")
    return folder


def command(folder: Path, *args: str) -> str:
    done = CliRunner().invoke(main, ["--config", str(folder / "config.yaml"), *args])
    assert done.exit_code == 0, done.output
    return done.stdout


def told(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in command(folder, "stories", "--json").splitlines()]


def groups(folder: Path) -> Groups:
    return {frozenset((a["source"], a["title"]) for a in (s, *s["copies"])) for s in told(folder)}


@pytest.fixture(scope="module")
def texts() -> dict[str, dict[str, str]]:
    return {o: {f"{n}.txt": release(n, o) for n in range(RELEASES)} for o in OUTLETS}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, texts: dict[str, dict[str, str]]) -> Groups:
    folder = desk(tmp_path_factory.mktemp("undisturbed"), texts)
    command(folder, "collect")
    return groups(folder)


def killed_after(visits: int, folder: Path) -> None:
    """Collect, as the product does, until so many visits are told of; then `kill -9`."""
    with subprocess.Popen(
        [sys.executable, "-m", "aggregator", "--config", str(folder / "config.yaml"), "collect"],
        stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stderr is not None
        for _ in range(visits):
            process.stderr.readline()
        process.kill()


def test_near_copies_of_many_outlets_are_as_many_stories_as_there_are_releases(undisturbed: Groups) -> None:
    assert sorted(len(group) for group in undisturbed) == [len(OUTLETS)] * RELEASES


def test_after_a_kill_and_feeding_everything_again_it_is_the_same_stories_and_nothing_is_new(
    tmp_path: Path, texts: dict[str, dict[str, str]], undisturbed: Groups
) -> None:
    folder = desk(tmp_path, texts)
    guids: set[str] = set()
    for visits in (1, 5, 3):
        killed_after(visits, folder)
        held = {s["guid"] for s in told(folder)}
        assert guids <= held
        guids = held
    command(folder, "collect")
    assert groups(folder) == undisturbed
    assert guids <= {s["guid"] for s in told(folder)}
    before = told(folder)
    for file in folder.glob("outlet-*/*.txt"):  # so that every text is read again
        file.write_text(file.read_text() + "\n")
    command(folder, "collect")
    assert {h["new"] for h in json.loads(command(folder, "status", "--json"))} == {0}
    assert told(folder) == before


@pytest.mark.parametrize("seed", range(4))
def test_in_another_order_of_sources_it_is_the_same_groups(
    tmp_path: Path, texts: dict[str, dict[str, str]], undisturbed: Groups, seed: int
) -> None:
    folder = desk(tmp_path, texts)
    command(folder, "collect", *Random(seed).sample(OUTLETS, len(OUTLETS)))
    assert command(folder, "resort", "--since", "7d", "--plan") == "nothing would be sorted otherwise\n"
    assert groups(folder) == undisturbed


@pytest.mark.parametrize("seed", range(4))
def test_in_another_order_ten_republications_are_one_story_still(tmp_path: Path, seed: int) -> None:
    folder = desk(tmp_path, {name: {"release.txt": text} for name, text in {**REPUBLICATIONS, "other": OTHER}.items()})
    names = [*REPUBLICATIONS, "other"]
    command(folder, "collect", *Random(seed).sample(names, len(names)))
    assert command(folder, "resort", "--since", "7d", "--plan") == "nothing would be sorted otherwise\n"
    assert sorted(len(group) for group in groups(folder)) == [1, len(REPUBLICATIONS)]
