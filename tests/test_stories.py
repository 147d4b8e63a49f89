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


WITNESS = (
    "Семей встретил баржу с контейнерами\n\nКонтейнеры из Омска приплыли в речной порт Семея: первая баржа пришла по "
    "Иртышу. Посмотреть на неё вышла половина города. Докеры работали всю ночь и к утру освободили палубу."
)


@pytest.fixture(scope="module")
def eyewitness(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A desk where the office's release, and a reporter in other words, tell of the same barge among other news."""
    folder = tmp_path_factory.mktemp("eyewitness")
    texts = {"office": f"{HEADLINE}\n\n{BODY}", "copy": f"{HEADLINE}\n\n{first(3)}", "reporter": WITNESS}
    texts |= {f"town-{n}": f"Новость города номер {n}\n\nВ городе {n} случилось событие {n}." for n in range(30)}
    for name, text in texts.items():
        (folder / name).mkdir()
        (folder / name / "text.txt").write_text(f"---\nurl: https://{name}.example/1\n---\n{text}")
    sources = "".join(f"  - {{name: {name}, files: {name}/}}\n" for name in texts)
    (folder / "config.yaml").write_text(f"title: Desk\nlanguage: ru\nlink: https://news.example/\nsources:\n{sources}")
    assert command(folder, "run", "--once").exit_code == 0
    return folder


def test_the_same_event_in_other_words_is_linked_and_not_merged(eyewitness: Path) -> None:
    (copied,) = (s for s in told(eyewitness) if s["copies"])
    feed = json.loads((eyewitness / "feeds/all/feed.json").read_text())
    links = {i["url"]: [r["url"] for r in i["_river"].get("related", ())] for i in feed["items"]}
    reported = "https://reporter.example/1"
    assert {url: others for url, others in links.items() if others} == {
        copied["url"]: [reported], reported: [copied["url"]],
    }  # fmt: skip
    atom = (eyewitness / "feeds/all/atom.xml").read_text()
    assert '<link rel="related" href="https://reporter.example/1" title="Семей встретил баржу с контейнерами"/>' in atom
    assert "Смотрите также: " in (eyewitness / "feeds/all/rss.xml").read_text()
    assert "По теме" in (eyewitness / "feeds/all/index.html").read_text()


def test_explain_shows_what_was_compared_and_what_is_related(eyewitness: Path) -> None:
    (copied,) = (s for s in told(eyewitness) if s["copies"])
    explained = command(eyewitness, "explain", copied["id"]).stdout
    assert "both say «В речном порту Семея в четверг разгрузили первую баржу" in explained
    assert "related: the same event in other words, linked and not merged" in explained
    row = json.loads(command(eyewitness, "explain", copied["id"], "--json").stdout)
    assert [r["publisher"] for r in row["related"]] == ["reporter"]
    lead, copy = row["articles"]
    assert copy["compared"] == lead["id"]
    assert copy["passage"].startswith("В речном порту")
