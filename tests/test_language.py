"""Which language a text is in, and which it cannot be in."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.language import fits, language_of

HEADLINES = [
    ("ru", "В столице открыли новую библиотеку для детей"),
    ("kk", "Елордада балаларға арналған жаңа кітапхана ашылды"),
    ("en", "A new library for children opens in the capital"),
    ("de", "In der Hauptstadt wurde eine neue Bücherei für Kinder eröffnet"),
    ("zh", "首都为儿童开设了新的图书馆"),
    ("uk", "У столиці відкрили нову бібліотеку для дітей"),
    ("be", "У сталіцы адкрылі новую бібліятэку для дзяцей"),
    ("ky", "Борбор калаада балдар үчүн жаңы китепкана ачылды"),
    ("fr", "Une nouvelle bibliothèque pour enfants ouvre dans la capitale"),
    ("ja", "首都に子どものための新しい図書館が開館しました"),
    ("ko", "수도에 어린이를 위한 새 도서관이 문을 열었다"),
]


@pytest.mark.parametrize(("language", "headline"), HEADLINES)
def test_a_headline_is_enough(language: str, headline: str) -> None:
    assert language_of(headline) == language
    assert fits(language, headline)


@pytest.mark.parametrize("text", ["", "   ", "12:30 — 5 %", "🎉🎉🎉🎉🎉🎉🎉", "Да.", "አዲስ ቤተ መጻሕፍት በዋና ከተማ ተከፈተ"])
def test_where_there_is_nothing_to_go_by_nobody_guesses(text: str) -> None:
    assert language_of(text) == ""


@pytest.mark.parametrize(
    ("said", "headline"),
    [("en", "ru"), ("en-us", "kk"), ("ru", "en"), ("ru", "kk"), ("ru", "uk"), ("zh", "ru"), ("de", "zh")],
)
def test_the_letters_contradict(said: str, headline: str) -> None:
    assert not fits(said, dict(HEADLINES)[headline])


def test_a_long_russian_text_is_not_kazakh() -> None:
    assert not fits("kk", "В столице открыли новую библиотеку для детей, сообщила утром пресса города")


def test_a_name_or_two_in_other_letters_contradict_nothing() -> None:
    assert fits("ru", "Компания Apple показала новый телефон, а Қазақстан его купил оптом для школ")
    assert fits("xx", "Whatever it may be")
    assert fits("en", "")


@given(st.text(st.characters(exclude_categories=())))
@settings(max_examples=50, deadline=None)
def test_any_text_may_be_asked_about(text: str) -> None:
    assert len(language_of(text)) in (0, 2)
    assert isinstance(fits("ru", text), bool)


def test_threads_may_ask_at_the_same_time() -> None:
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda h: language_of(h[1]), HEADLINES * 5)) == [h[0] for h in HEADLINES] * 5
