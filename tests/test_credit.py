"""Whom a text credits: data/credits/LANGUAGE.txt, a name (or "-") and a text a line."""

from __future__ import annotations

from pathlib import Path

import pytest

from aggregator.credit import LONGEST, WAYS_AT_FIRST, credit, likely
from aggregator.outlets import is_same

CASES = [
    (file.stem, *line.split(" | ", 1))
    for file in sorted((Path(__file__).parent / "data/credits").glob("*.txt"))
    for line in file.read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]


@pytest.mark.parametrize(("language", "name", "text"), CASES, ids=[f"{lang}-{text[:30]}" for lang, _, text in CASES])
def test_a_text_credits_an_outlet_or_nobody(language: str, name: str, text: str) -> None:
    said = text.replace("¶", "\n\n")
    found = credit(said)
    assert (found.name if found else "-") == name
    assert found is None or found.name in found.words


def test_what_is_said_shows_one_of_its_signs() -> None:
    texts = [text.replace("¶", "\n\n") for _, _, text in CASES]
    said = [(way, text) for way in WAYS_AT_FIRST for text in texts if any(way.find(text))]
    assert {way for way, _ in said} == set(WAYS_AT_FIRST)
    assert all(way in likely(WAYS_AT_FIRST, text) for way, text in said)


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("Казинформ", "kazinform"), ("Казинформ", "МИА «Казинформ»"), ("Казинформа", "kazinform-kk"),
        ("Қазинформға", "Qazinform"), ("Интерфакс", "Interfax"), ("Reuters", "Reuters: World News"),
        ("Tengrinews.kz", "tengrinews"), ("ТАСС-қа", "tass"), ("Казахстанской правды", "Казахстанская правда"),
        ("新华社", "新华社"), ("газета «Заря»", "Заря"), ("Курсив", "kursiv.media"),
    ],
)  # fmt: skip
def test_an_outlet_is_known_in_any_form_and_alphabet(name: str, other: str) -> None:
    assert is_same(name, other)
    assert is_same(other, name)


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("Казинформ", "Интерфакс"), ("Хабар", "Дала Хабар"), ("The Times", "The Astana Times"), ("AP", "apk-news"),
        ("新华社", "新华网"), ("агентство", "агентство"), ("", ""), ("New York Times", "New York Post"),
    ],
)  # fmt: skip
def test_outlets_that_share_a_word_are_two(name: str, other: str) -> None:
    assert not is_same(name, other)
    assert not is_same(other, name)


ROAD = "Дорогу открыли, сообщает {}. Ремонт шёл два года и стоил семь миллиардов тенге."


def test_who_credits_itself_is_an_original() -> None:
    assert credit(ROAD.format("Казинформ"), own=["МИА «Казинформ»"]) is None
    assert credit(ROAD.format("Казинформ"), own=["kazinform", "Новости"]) is None


def test_behind_itself_an_outlet_may_credit_another_one() -> None:
    found = credit(ROAD.format("Zakon.kz со ссылкой на Казинформ"), own=["zakon.kz"])
    assert found is not None
    assert (found.name, found.words) == ("Казинформ", "со ссылкой на Казинформ")


def test_a_name_that_tells_nothing_counts_if_it_is_that_of_an_outlet_we_know() -> None:
    assert credit(ROAD.format("«Сункар»")) is None
    assert credit(ROAD.format("«Сункар»"), outlets=["sunkar"]) is not None
    assert credit(ROAD.format("пресс-служба акимата"), outlets=["Пресс-служба акимата"]) is None


def test_the_middle_of_a_text_credits_nobody() -> None:
    filler = "Рабочие уложили новое покрытие и заменили сорок две балки моста.\n\n" * 20
    assert credit(filler + "Дорогу открыли, сообщает Казинформ, в понедельник утром для всех.\n\n" + filler) is None


HOSTILE = {
    "one long word": "A" * 1_000_000,
    "capitals": "Aa " * 300_000,
    "quotes": "«" * 500_000 + "»" * 500_000,
    "straight quotes": '"' * 1_000_001,
    "hosts": "a-" * 500_000 + ".kz",
    "words before a name": "сообщает " + "корреспондент агентства " * 40_000,
    "names without an end": "сообщает " + "«А «" * 250_000,
    "ideographs": "据" * 1_000_000,
    "brackets": "(" * 1_000_000,
    "slashes": "А" * 40 + "/" * 1_000_000,
    "full stops": "." * 1_000_000,
    "commas and capitals": ", A.B-C" * 150_000,
    "new lines": "\n" * 1_000_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_no_text_keeps_us_for_ever(text: str) -> None:
    found = credit(text, own=["kazinform"], outlets=["volna"])
    assert found is None or len(found.words) <= LONGEST
