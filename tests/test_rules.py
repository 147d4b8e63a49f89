"""What the operator writes for a topic, and what of it can never hold."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from aggregator import rules
from aggregator.model import Imprint, Match, Rule, Term, Topic
from aggregator.rules import (
    contradiction,
    edition_digest,
    implies,
    matching,
    parse_term,
    pattern,
    rule_digest,
    rules_digest,
)

IMPRINT = Imprint(title="Desk", link="http://127.0.0.1:8080/", authority="example.org,2026")


def rule(**groups: list[str | Rule]) -> Rule:
    read: dict[str, Any] = {k: tuple(parse_term(p) if isinstance(p, str) else p for p in v) for k, v in groups.items()}
    return Rule(**read)


@pytest.mark.parametrize(
    ("written", "term"),
    [
        ("слово", Term(text="слово")),
        ("  два   слова ", Term(text="два слова")),
        ('"два слова"', Term(text="два слова")),
        ("=НАТО", Term(text="НАТО", match=Match.EXACT)),
        ('="Нур Отан"', Term(text="Нур Отан", match=Match.EXACT)),
        ("эконом*", Term(text="эконом", match=Match.PREFIX)),
        ("/хокке[йя]/", Term(text="хокке[йя]", match=Match.PATTERN)),
        ("title:Минск", Term(text="Минск", place="title")),
        ("title: Минск", Term(text="Минск", place="title")),
        ("text:Минск", Term(text="Минск")),
        ("source:=Kazinform", Term(text="Kazinform", match=Match.EXACT, place="source")),
        ("label:эконом*", Term(text="эконом", match=Match.PREFIX, place="label")),
        ("author:/^А/", Term(text="^А", match=Match.PATTERN, place="author")),
        ("lang:RU", Term(text="ru", place="lang")),
        ("url:/sport", Term(text="/sport", place="url")),
        ("url:/spo+rt/", Term(text="spo+rt", match=Match.PATTERN, place="url")),
        ("C++", Term(text="C++")),
        ("сельск* хозяйств*", Term(text="сельск* хозяйств", match=Match.PREFIX)),
        ("сельск* год", Term(text="сельск* год")),
    ],
)
def test_a_term_is_read(written: str, term: Term) -> None:
    assert parse_term(written) == term


@pytest.mark.parametrize("text", ["Минск: итоги", "Минск:итоги", "covid:19", "https://example.org", "Titel: Desk"])
def test_a_colon_in_ordinary_text_is_ordinary_text(text: str) -> None:
    assert parse_term(text) == Term(text=text)


def test_quotes_make_ordinary_text_of_a_place() -> None:
    assert parse_term('"title:x"') == Term(text="title:x")


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        ("", "there is no word in ''"),
        ("—", "there is no word"),
        ("=", "there is no word"),
        ("title:", "there is no word"),
        ('""', "there is no word"),
        ("*", "a star stands at the end"),
        ("эко*ном", "a star stands at the end"),
        ("*ном", "a star stands at the end"),
        ("=ном*", "a star stands at the end"),
        ("слово *", "a star stands at the end"),
        ("* слово", "a star stands at the end"),
        ("/", "between two slashes: /regex/"),
        ("//", "between two slashes"),
        ("/sport", "between two slashes"),
        ("titel:Минск", "unknown place 'titel:', did you mean 'title:'?"),
        ("Title:Минск", "did you mean 'title:'?"),
        ("lang:russian", "'russian' is no language"),
    ],
)
def test_a_wrong_term_says_what_would_be_right(written: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint.replace("*", r"\*").replace("?", r"\?")):
        parse_term(written)


@pytest.mark.parametrize(
    ("regex", "reason"),
    [("(", r"missing \)"), ("Казах(стан", r"missing \): Казах\(стан"), ("a**", "repetition"), ("(?=x)", "operator")],
)
def test_a_bad_pattern_is_refused_with_its_reason(regex: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse_term(f"/{regex}/")


def test_a_pattern_is_searched_for() -> None:
    assert pattern("хокке[йя]").search("о хоккее и хоккея")


def test_the_filter_lets_through_every_pattern_that_can_match() -> None:
    able = matching(["хокке[йя]", "^о", "нет$", "x*"])
    assert set(able("о хоккее и хоккея")) == {0, 1, 3}
    assert not list(matching([])("о хоккее"))


def test_patterns_that_are_too_large_together_are_all_let_through() -> None:
    assert len(list(matching([rf"(?:\pL{{300}}x){n}" for n in range(20)])("о хоккее"))) == 20


@pytest.mark.parametrize(
    ("impossible", "reason"),
    [
        (Rule(), "the rule is empty"),
        (rule(all=["Минск"], none=["минск"]), "Минск is asked for, and минск is ruled out"),
        (rule(all=["title:Минск"], none=["Минск"]), "title:Минск is asked for, and Минск is ruled out"),
        (rule(all=["=НАТО"], none=["нат*"]), "=НАТО is asked for"),
        (rule(all=["экономик*"], none=["эконом*"]), "is ruled out"),
        (rule(all=["итоги Минск сегодня"], none=["Минск сегодня"]), "is ruled out"),
        (rule(all=["/x+/"], none=["/x+/"]), "is ruled out"),
        (rule(any=["a", "b"], none=["a", "b"]), "all of 'any' is ruled out; a is asked for"),
        (rule(any=["a"], none=["a"]), "nothing can match: a is asked for, and a is ruled out"),
        (rule(all=[rule(all=["a", rule(any=["b"])])], none=["b"]), "b is asked for"),
        (rule(all=["a"], none=[rule(any=["b", "a"])]), "a is asked for"),
        (Rule(any=rule(any=["a", "b", "c"]).any, none=rule(any=["a", "b"]).any, at_least=2), "too much of 'any'"),
        (rule(all=["a"], none=[rule(all=["a"])]), "a is asked for"),
        (rule(all=["a"], any=[rule(all=["b"], none=["a"]), rule(all=["c"], none=["c"])]), "all of 'any'"),
    ],
)
def test_a_rule_that_nothing_can_match_is_found(impossible: Rule, reason: str) -> None:
    assert reason in (contradiction(impossible) or "")


@pytest.mark.parametrize(
    "possible",
    [
        rule(none=["футбол"]),
        rule(all=["Минск"], none=["title:Минск"]),
        rule(all=["экономика"], none=["эконом*"]),
        rule(all=["эконом*"], none=["экономик*"]),
        rule(all=["нато"], none=["=НАТО"]),
        rule(all=["Минск"], none=["Минск сегодня"]),
        rule(all=["source:РИА Новости"], none=["source:РИА"]),
        rule(all=["url:News"], none=["url:news"]),
        rule(any=["a", "b"], none=["a"]),
        rule(all=["a"], none=[rule(all=["a", "b"])]),
        rule(all=["a"], none=[rule(all=["a", "b"], any=["c"])]),
        rule(all=["a"], none=[rule(any=["a"], none=["b"])]),
        rule(all=["a"], any=[rule(none=["a"]), "b"]),
        Rule(any=rule(any=["a", "b", "c"]).any, none=rule(any=["a"]).any, at_least=2),
        rule(all=["a"], none=[replace(rule(any=["a", "b"]), at_least=2)]),
        rule(all=["a"], none=[replace(rule(any=["a"]), strength=3)]),
        rule(all=["сельск* год"], none=["сельск*"]),
    ],
)
def test_a_rule_that_something_can_match_is_left_alone(possible: Rule) -> None:
    assert contradiction(possible) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [("=НАТО сегодня", "=НАТО"), ("=НАТО", "нато"), ("source:Ria*", "source:ri*"), ("label:A", "label:a")],
)
def test_one_term_implies_another(one: str, other: str) -> None:
    assert implies(parse_term(one), parse_term(other))
    assert not implies(parse_term(other), Term(text="elsewhere"))


def test_rules_are_new_when_filing_could_differ() -> None:
    first = Topic(name="a", title="A", rule=rule(any=["x"]))
    second = Topic(name="b", title="B", rule=rule(any=["y"]))
    before = rules_digest([first, second])
    assert rules_digest([second, replace(first, title="Another", limit=3)]) == before
    assert rules_digest([first]) != before
    assert rules_digest([replace(first, name="c"), second]) != before
    assert rules_digest([replace(first, rule=rule(any=["=x"])), second]) != before
    assert rules_digest([replace(first, rule=rule(all=["x"])), second]) != before
    assert rules_digest([replace(first, rule=None), second]) != before
    assert rules_digest([replace(first, at_least_sources=2), second]) != before
    assert rules_digest([replace(first, strength=1), second]) != before
    assert rules_digest([replace(first, languages=("ru",)), second]) != before


def test_rules_are_new_with_another_version_of_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = Topic(name="a", title="A", rule=rule(any=["x"]))
    before = rules_digest([wanted]), rule_digest(wanted)
    monkeypatch.setattr(rules, "VERSION", rules.VERSION + 1)
    assert rules_digest([wanted]) != before[0]
    assert rule_digest(wanted) != before[1]


def test_an_edition_is_new_when_its_looks_could_differ() -> None:
    topic = Topic(name="a", title="A", rule=rule(any=["x"]))
    before = edition_digest(IMPRINT, topic)
    other = replace(topic, rule=None, strength=5, at_least_sources=2, languages=("ru",))
    assert edition_digest(IMPRINT, other) == before
    assert edition_digest(replace(IMPRINT, link="https://example.org/"), topic) != before
    assert edition_digest(replace(IMPRINT, hubs=("https://hub.example/",)), topic) != before
    for change in ({"title": "B"}, {"limit": 3}, {"formats": ("rss",)}, {"language": "ru"}, {"description": "x"}):
        assert edition_digest(IMPRINT, replace(topic, **change)) != before
    assert edition_digest(IMPRINT, replace(topic, per_source=3)) != before
    assert edition_digest(IMPRINT, replace(topic, content="summary")) != before
