"""What River is for: one press release that ten outlets run is one item; another one of the same office is another."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from aggregator.cli import main

CASES = Path(__file__).parent / "data/stories"
HEADLINE, BODY = (CASES / "release.txt").read_text().strip().split("\n\n", 1)
OTHER = (CASES / "other-release.txt").read_text()
LATIN = BODY.replace("Ерлан Сагатов", "Yerlan Sagatov").replace("ё", "е")
TYPESET = BODY.replace("«", "“").replace("»", "”").replace("—", "-").replace("ё", "е")
EDITED = BODY.replace("разгрузили", "приняли").replace("ждали", "ожидали").replace("уточнили", "добавили")
BACKGROUND = (
    "Порт в Семее построили полвека назад. В девяностых годах он стоял без дела, и краны продали на металл. Три года "
    "назад город вернул себе территорию и расчистил затон."
)


def first(count: int) -> str:
    return "\n\n".join(BODY.split("\n\n")[:count])


REPUBLICATIONS = {
    "office": f"{HEADLINE}\n\n{BODY}",
    "glued": f"ДАЛА ХАБАР\nНовости востока\n\n{HEADLINE}\n\n{HEADLINE}{BODY}",
    "retitled": f"По Иртышу снова возят контейнеры\n\n{BODY}",
    "cut": f"{HEADLINE}\n\n{first(2)}",
    "lead": f"Первая баржа из Омска разгружена в Семее\n\n{BODY[:300]}",
    "wrapped": f"{HEADLINE}\n\nСЕМЕЙ. КазИнфоРек\n\n{BODY}\n\nЧитайте также: Погода на выходные\n\nФото: порт",
    "transliterated": f"{HEADLINE}\n\n{LATIN}",
    "typeset": f"{HEADLINE}\n\n{TYPESET}",
    "edited": f"{HEADLINE}\n\n{EDITED}",
    "background": f"{HEADLINE}\n\n{first(3)}\n\n{BACKGROUND}",
}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A desk that has read ten outlets, and the office's other release in an eleventh file."""
    folder = tmp_path_factory.mktemp("stories")
    texts = REPUBLICATIONS | {"other": OTHER}
    sources = ""
    for name, text in texts.items():
        (folder / name).mkdir()
        (folder / name / "release.txt").write_text(text)
        sources += f"  - {{name: {name}, files: {name}/}}\n"
    (folder / "config.yaml").write_text(f"title: Desk\nlink: https://news.example/\nsources:\n{sources}")
    assert command(folder, "run", "--once").exit_code == 0
    return folder


def command(folder: Path, *args: str) -> Any:
    return CliRunner().invoke(main, ["--config", str(folder / "config.yaml"), *args])


def told(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in command(folder, "stories", "--json").stdout.splitlines()]


def test_ten_republications_are_one_story_and_another_release_is_another(desk: Path) -> None:
    ten, one = sorted(told(desk), key=lambda s: -len(s["copies"]))
    assert {ten["source"], *(c["source"] for c in ten["copies"])} == set(REPUBLICATIONS)
    assert (one["source"], one["copies"]) == ("other", [])
    assert all(c["because"] and 0 < c["score"] <= 1 for c in ten["copies"])


def test_the_agency_leads_before_the_portal_that_had_its_news_earlier(tmp_path: Path) -> None:
    text = re.sub("сообщает пресс-служба управления[^.]*", "передаёт Казинформ", f"{HEADLINE}\n\n{BODY}")
    sources = ""
    for name in ("portal", "kazinform"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "release.txt").write_text(text)
        sources += f"  - {{name: {name}, files: {name}/}}\n"
    an_hour_ago = (tmp_path / "kazinform/release.txt").stat().st_mtime - 3600
    os.utime(tmp_path / "portal/release.txt", (an_hour_ago, an_hour_ago))
    (tmp_path / "config.yaml").write_text(f"title: Desk\nlink: https://news.example/\nsources:\n{sources}")
    assert command(tmp_path, "collect").exit_code == 0
    [story] = told(tmp_path)
    assert (story["source"], [c["source"] for c in story["copies"]]) == ("kazinform", ["portal"])


def test_every_edition_has_one_item_that_names_all_ten(desk: Path) -> None:
    feed = json.loads((desk / "feeds/all/feed.json").read_text())
    assert len(feed["items"]) == 2
    item = next(i for i in feed["items"] if i["_river"].get("copies"))
    assert len(item["_river"]["copies"]) == 9
    for name in ("rss.xml", "atom.xml", "index.html"):
        text = (desk / "feeds/all" / name).read_text()
        assert len(re.findall(r"<item>|<entry |<entry>|<article", text)) == 2
        for copy in item["_river"]["copies"]:
            assert copy["publisher"] in text


def test_fed_again_from_nothing_it_is_the_same_two_stories(desk: Path, tmp_path: Path) -> None:
    before = told(desk)
    for file in (desk / "db").iterdir():
        file.rename(tmp_path / file.name)
    assert command(desk, "run", "--once").exit_code == 0
    assert {s["guid"] for s in told(desk)} == {s["guid"] for s in before}
    assert sorted(len(s["copies"]) for s in told(desk)) == [0, 9]
