"""Which topics a story is for, and why."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.classify import Classifier
from aggregator.model import Rule, Term, Topic
from aggregator.rules import parse_term

from .make import article, story, topic


def rule(**branches: list[str | Rule]) -> Rule:
    parsed: dict[str, Any] = {
        n: tuple(parse_term(t) if isinstance(t, str) else t for t in terms) for n, terms in branches.items()
    }
    return Rule(**parsed)


def found(term: str, headline: str, language: str) -> bool:
    wanted = Topic(name="t", title="T", rule=Rule(any=(parse_term(term),)))
    return bool(Classifier([wanted], "").topics_of(headline, language))


@pytest.mark.parametrize(
    ("term", "headline", "language", "wanted"),
    [
        ("Беларусь", "Премьер прибыл в Беларуси с визитом", "ru", True),
        ("Казахстан", "Экспорт из Казахстана вырос", "ru", True),
        ("Казахстан", "Казахстанско-белорусский товарооборот вырос", "ru", True),
        ("Казахстан", "Казахстанские врачи", "ru", True),
        ("Казахстан", "Казахи и казачки", "ru", False),
        ("газ", "Газета вышла", "ru", False),
        ("экономик*", "Экономика растёт", "ru", True),
        ("эконом*", "Экономического форума", "ru", True),
        ("эконом*", "Гастроэкономия", "ru", False),
        ("=ЕС", "Саммит ЕС открылся", "ru", True),
        ("=ЕС", "Если саммит откроется", "ru", False),
        ("=ЕС", "ес", "ru", False),
        ("сельское хозяйство", "В сельском хозяйстве области", "ru", True),
        ("сельское хозяйство", "Хозяйство сельское", "ru", False),
        ("сельское хозяйство", "Сельское, то есть хозяйство", "ru", False),
        ("/тенге|теңге/", "Курс ТЕНГЕ", "ru", False),
        ("/(?i)тенге|теңге/", "Курс ТЕНГЕ", "ru", True),
        ("company", "Two companies merge", "en", True),
        ("Kazakhstan", "A Kazakhstani company", "en", True),
        ("rain", "A rainbow over the lake", "en", False),
        ("Wahl", "Nach den Wahlen in Berlin", "de", True),
        ("Қазақстан", "Қазақстанның экспорты өсті", "kk", True),
        ("Қазақстан", "Қазақстандық ғалымдар", "kk", True),
        ("мектеп", "Ауыл мектебінде жаңа сынып ашылды", "kk", True),
        ("经济", "中国经济增长", "zh", True),
        ("经济", "济经", "zh", False),
        ("елка", "Новогодняя ёлка", "ru", True),
    ],
)
def test_a_term_finds_the_forms_of_its_words(term: str, headline: str, language: str, wanted: bool) -> None:
    assert found(term, headline, language) is wanted


SPEECH = st.sampled_from(["ау", "бу", "ву"])


@given(
    st.lists(st.lists(SPEECH, max_size=12), min_size=1, max_size=4),
    st.lists(st.lists(SPEECH, min_size=1, max_size=4), min_size=1, max_size=8),
)
def test_a_term_is_met_wherever_its_words_stand_side_by_side_in_a_paragraph(
    paragraphs: list[list[str]], terms: list[list[str]]
) -> None:
    wanted = {" ".join(term): sum(times(term, paragraph) for paragraph in paragraphs) for term in terms}
    title, *rest = [" ".join(paragraph) for paragraph in paragraphs]
    told = story(article(1, title=title, content="".join(f"<p>{p}</p>" for p in rest), summary="", language=""))
    classifier = Classifier([topic(rule=rule(any=[" ".join(term) for term in terms]))], "")
    assert Counter(term.text for term, _ in classifier.met(told)) == +Counter(wanted)


def times(term: list[str], paragraph: list[str]) -> int:
    return sum(paragraph[at : at + len(term)] == term for at in range(len(paragraph)))


def test_a_rule_needs_all_of_all_one_of_any_and_none_of_none() -> None:
    wanted = topic(rule=rule(all=["Казахстан", rule(any=["Беларусь", "Минск"])], none=["футбол"]))
    classifier = Classifier([wanted], "")
    assert classifier.topics_of("Казахстан и Минск договорились", "ru")
    assert not classifier.topics_of("Казахстан договорился", "ru")
    assert not classifier.topics_of("Минск договорился", "ru")
    assert not classifier.topics_of("Казахстан и Минск: футбол", "ru")


def test_the_reason_names_the_term_the_form_and_the_place() -> None:
    told = story(article(title="Переговоры", content="<p>Гости из Беларуси уехали.</p>", language="ru"))
    [filing] = Classifier([topic(rule=rule(any=["Минск", "Беларусь"]))], "").file(told)
    assert filing.because == "Беларусь: «беларуси» in the text"


def test_a_reason_writes_chinese_words_as_they_stand() -> None:
    [filing] = Classifier([topic(rule=rule(any=["经济"]))], "").topics_of("中国经济增长", "zh")
    assert filing.because == "经济: «经济» in the title"


def test_a_topic_without_a_rule_takes_every_story() -> None:
    [filing] = Classifier([topic("all")], "").file(story())
    assert filing.because == "every story"


@pytest.mark.parametrize(
    ("term", "wanted"),
    [
        ("source:alpha", True),
        ("source:beta", True),
        ("source:gamma", False),
        ("label:Politics", True),
        ("label:poli*", True),
        ("lang:en", True),
        ("lang:de", False),
        ("author:/Smith/", True),
        ("url:alpha.example", True),
        ("title:headline", True),
        ("title:text", False),
        ("text", True),
    ],
)
def test_a_place_is_looked_for_in_everybody_who_carries_the_story(term: str, wanted: bool) -> None:
    told = story(article(labels=("politics",), authors=("Ann Smith",)), article(1, "beta"))
    assert bool(Classifier([topic(rule=Rule(any=(parse_term(term),)))], "").file(told)) is wanted


def test_a_rule_of_absences_alone_holds_and_says_nothing_found() -> None:
    [filing] = Classifier([topic(rule=rule(none=["football"]))], "").file(story())
    assert filing.because == "nothing speaks against it"


def test_a_term_reads_as_it_was_written() -> None:
    for text in ("Минск", "=ЕС", "эконом*", "/a|b/", "title:Минск", "source:=wire"):
        assert str(parse_term(text)) == text
    assert isinstance(parse_term("x"), Term)


def test_a_story_is_for_the_topic_once_enough_sources_carry_it() -> None:
    classifier = Classifier([topic(at_least_sources=2)], "")
    assert classifier.file(story(article(1, "alpha"), article(2, "alpha"))) == ()
    [filing] = classifier.file(story(article(1, "alpha"), article(2, "alpha"), article(1, "beta")))
    assert filing.because == "no rule: every story; in 2 sources"


def test_a_story_is_for_the_topic_if_its_lead_is_in_one_of_the_languages() -> None:
    classifier = Classifier([topic(rule=rule(any=["headline"]), languages=("ru", "en"))], "")
    [filing] = classifier.file(story(article(language="en-gb"), article(1, "beta", language="de")))
    assert filing.because == "headline: «headline» in the title; language en-gb"
    assert classifier.file(story(article(language="de"), article(1, "beta", language="en"))) == ()
    assert classifier.file(story(article(language=""))) == ()


def test_a_bare_headline_tries_the_rule_alone() -> None:
    choosy = topic(rule=rule(any=["Минск"]), at_least_sources=3, languages=("kk",))
    assert Classifier([choosy], "").topics_of("Минск встречает гостей", "ru")
