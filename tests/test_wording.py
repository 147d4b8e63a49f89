"""Which words a rule may want, and what is missing where it does not hold."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from aggregator.model import Rule, Term
from aggregator.rules import missing, parse_term
from aggregator.wording import Beginnings, WordCount, alike, is_slip, near, stray_letter


def terms(*written: str) -> list[Term]:
    return [parse_term(text) for text in written]


def wording(*texts: str, language: str = "ru") -> WordCount:
    made = WordCount()
    for text in texts:
        made.add(text, language)
    return made


@pytest.mark.parametrize(
    ("written", "word"),
    [("экспорт", "эксорт"), ("экспорт", "экспоорт"), ("инвестор", "инвсетор"), ("inflation", "inflazion")],
)
def test_a_slip_is_a_letter_or_two_that_changed_places(written: str, word: str) -> None:
    assert is_slip(written, word)


@pytest.mark.parametrize("word", ["экспорт", "экспорта", "экспортом"])
def test_a_slip_is_seen_in_inflected_forms_too(word: str) -> None:
    assert is_slip("експорт", word)
    assert is_slip("кораьль", "корабли")


@pytest.mark.parametrize(("written", "word"), [("посол", "после"), ("экспорт", "экспортировать"), ("театр", "театр")])
def test_what_is_no_slip(written: str, word: str) -> None:
    assert not is_slip(written, word)


@pytest.mark.parametrize(
    ("term", "word"),
    [
        ("экономика", "экономический"), ("инвестор", "инвестиции"), ("торговля", "торговый"), ("economy", "economists"),
        ("матч", "матчевый"), ("инвестиц*", "инвестор"), ("Wirtschaft*", "wirtschaft"),
    ],
)  # fmt: skip
def test_words_of_a_family_begin_alike(term: str, word: str) -> None:
    assert Beginnings(terms(term)).term_of(word) == parse_term(term)


@pytest.mark.parametrize(
    ("term", "word"),
    [("экономика", "экология"), ("газ", "газета"), ("=KASE", "kaseta"), ("два слова", "двадцать"), ("спорт", "спор")],
)
def test_other_words_do_not(term: str, word: str) -> None:
    assert Beginnings(terms(term)).term_of(word) is None


def test_a_term_that_is_never_met_is_told_with_the_most_frequent_word_that_is_near() -> None:
    said = Counter({"экспорта": 3, "экспортом": 1, "саммита": 2, "погода": 9})
    asked = terms("експорт", "саммит", "футбол", "source:экспорт")
    found = near(asked, said, known=())
    assert {str(term): word for term, word in found.items()} == {"експорт": "экспорта", "саммит": "саммита"}
    found = near(asked, said, known={"экспорта", "саммита"})
    assert {str(term): word for term, word in found.items()} == {"експорт": "экспорта"}


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        ("елш\x69", "the Latin i"), ("Минск и \x4dосква", "the Latin m"), ("trad\u0435", "the Cyrillic \u0435"),
        ("елші", None), ("Kazinform и Астана", None), ("iPhone-ы", None), ("Straße", None),
    ],
)  # fmt: skip
def test_a_letter_of_another_alphabet_is_seen(text: str, letter: str | None) -> None:
    assert stray_letter(text) == letter


def test_frequent_words_are_counted_once_a_story_and_by_their_stem() -> None:
    made = wording("Цены растут, цены", "Цена хлеба", "Ценам не видно конца", "Хлеба много")
    assert made.frequent() == [("цена", 3), ("хлеба", 2)]


def test_a_word_is_telling_that_other_stories_hardly_have() -> None:
    here = wording("Завод работает сегодня", "Завода ждут сегодня", "Амбар закрыт сегодня")
    there = wording(*["Снег идёт сегодня"] * 9)
    assert here.telling(there) == [("завод", 2)], "амбар is in one story only, and сегодня in every one"


def test_a_word_of_a_text_that_begins_like_a_term_is_told_once_a_topic() -> None:
    rules = {"economy": terms("экономика"), "sport": terms("футбол")}
    assert list(alike(rules, "Экономический рост и экономисты")) == [
        ("economy", parse_term("экономика"), "экономический")
    ]


def rule(**groups: list[str | Rule]) -> Rule:
    read: dict[str, Any] = {k: tuple(parse_term(p) if isinstance(p, str) else p for p in v) for k, v in groups.items()}
    return Rule(**read)


TWO = Rule(any=tuple(terms("гол", "победа", "ничья")), at_least=2)


@pytest.mark.parametrize(
    ("wanted", "met", "told"),
    [
        (rule(any=["гол"]), ["гол"], []),
        (rule(any=["гол"]), [], ["nothing of 'any' is met"]),
        (rule(all=["гол", "матч"]), ["гол"], ["all 2 is not met: матч"]),
        (rule(all=["матч", rule(any=["гол"])]), ["матч"], ["all 2: nothing of 'any' is met"]),
        (TWO, ["победа"], ["1 of 'any' met, and 2 are wanted: победа"]),
        (TWO, ["победа", "гол"], []),
        (rule(any=["гол"], none=[rule(all=["кино", "театр"])]), ["гол", "кино", "театр"], ["ruled out by кино, театр"]),
        (rule(any=["гол"], none=[rule(all=["кино", "театр"])]), ["гол", "кино"], []),
    ],
)
def test_what_is_missing_is_told_part_by_part(wanted: Rule, met: list[str], told: list[str]) -> None:
    assert missing(wanted, terms(*met)) == told
