"""What topics find: a table in five languages, how strongly, and the engine against the plain meaning of a rule."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.classify import Classifier
from aggregator.model import Match, Rule, Story, Term, Topic
from aggregator.rules import parse_term
from aggregator.text import derived, located, stem, words

from .make import article, story, topic

TABLES = sorted((Path(__file__).parent / "data" / "topics").glob("*.tsv"))
PAGE = Path(__file__).parent.parent / "docs" / "topics.md"
Row = tuple[str, str, str, bool]


def any_of(*terms: str | Rule, **more: Any) -> Rule:
    return Rule(any=tuple(parse_term(t) if isinstance(t, str) else t for t in terms), **more)


def all_of(*terms: str | Rule, **more: Any) -> Rule:
    return Rule(all=tuple(parse_term(t) if isinstance(t, str) else t for t in terms), **more)


# --- the table -------------------------------------------------------------------------------------------------------


def rows() -> Iterator[Row]:
    for table in TABLES:
        for line in table.read_text(encoding="utf-8").splitlines():
            term, sentence, wanted = line.split("\t")
            yield table.stem, term, sentence, {"yes": True, "no": False}[wanted]


def is_found(row: Row) -> bool:
    language, term, sentence, _ = row
    return bool(Classifier([topic(rule=any_of(term))], "").topics_of(sentence, language))


def test_the_table_is_right_but_for_what_the_page_admits() -> None:
    table = list(rows())
    wrong = {row[:3] for row in table if is_found(row) is not row[3]}
    admitted = re.findall(r"^\| (\w\w) \| `(.+?)` \| (.+?) \| (?:found|missed) \|$", PAGE.read_text("utf-8"), re.M)
    assert len(table) >= 150
    assert wrong == set(admitted)
    assert len(wrong) <= 0.05 * len(table)
    assert {language for language, *_ in table} == {"ru", "kk", "en", "de", "zh"}


# --- strength --------------------------------------------------------------------------------------------------------

PASSING = "О погоде и урожае говорили весь день, и никто не спорил."


def told(title: str, *paragraphs: str, language: str = "ru") -> Story:
    return story(article(title=title, content="".join(f"<p>{p}</p>" for p in paragraphs), language=language))


def is_for(rule: Rule, of: Story, **more: Any) -> bool:
    return bool(Classifier([topic(rule=rule, **more)], "").file(of))


def long_story(title: str, *, first: str = PASSING, eighth: str = PASSING) -> Story:
    return told(title, first, *[PASSING] * 6, eighth, *[PASSING] * 3)


def test_one_mention_in_passing_is_not_enough() -> None:
    rule = any_of("Минск", "=Минск", "Минс*")
    assert not is_for(rule, long_story("Урожай", eighth="Гости из города Минск уехали."))
    assert is_for(rule, long_story("Урожай", first="Гости из города Минск уехали."))
    assert is_for(rule, long_story("Урожай в городе Минск"))
    assert is_for(rule, long_story("Урожай", eighth="Из Минска ехали долго, но Минск ждал."))


def test_different_terms_of_any_add_up_and_the_weakest_of_all_decides() -> None:
    passing = long_story("Урожай", eighth="Минск и Гродно ждут гостей.")
    assert is_for(any_of("Минск", "Гродно"), passing)
    assert not is_for(all_of("Минск", "Гродно"), passing)
    assert is_for(all_of("Минск", "Гродно"), passing, strength=1)


def test_a_bare_headline_needs_one_mention_whatever_the_strength() -> None:
    bare = story(article(title="Минск ждёт гостей", content="", summary="", language="ru"))
    assert is_for(any_of("Минск"), bare, strength=50)
    assert Classifier([topic(rule=any_of("Минск", strength=9), strength=50)], "").topics_of("В Минске дождь", "ru")


def test_a_rule_inside_may_ask_for_a_strength_of_its_own() -> None:
    passing = long_story("Зерно", eighth="Минск ждёт гостей.")
    assert is_for(all_of("зерно", any_of("Минск", strength=1)), passing)
    assert not is_for(all_of("зерно", any_of("Минск", strength=2)), passing, strength=1)
    football = Rule(any=(parse_term("зерно"),), none=(any_of("Минск", strength=3),))
    assert is_for(football, passing)
    assert not is_for(football, long_story("Зерно едет в Минск"))


def test_a_text_of_one_short_paragraph_is_all_beginning_and_an_endless_one_is_not() -> None:
    assert is_for(any_of("Минск"), told("Зерно", f"{PASSING} Так решил Минск."))
    assert not is_for(any_of("Минск"), told("Зерно", f"{PASSING * 30} Так решил Минск."))


def test_at_least_counts_parts_not_mentions() -> None:
    rule = any_of("Минск", "Гродно", "Брест", at_least=2)
    assert not is_for(rule, told("Минск, Минск и снова Минск", "Минск"))
    assert is_for(rule, told("Минск и Брест", "Погода"))


def test_what_is_no_mention_is_enough() -> None:
    labelled = story(article(labels=("economy",)))
    assert is_for(any_of("label:economy"), labelled, strength=100)
    assert is_for(all_of("label:economy", "headline"), labelled, strength=3)
    assert not is_for(all_of("label:economy", "headline"), labelled, strength=4)


def test_a_single_mention_is_against_it() -> None:
    rule = Rule(any=(parse_term("зерно"),), none=(parse_term("футбол"),))
    assert not is_for(rule, long_story("Зерно", eighth="Потом был футбол."))


def test_a_phrase_does_not_reach_across_paragraphs() -> None:
    assert not is_for(any_of("сельское хозяйство"), told("Сельское", "Хозяйство", "Сельское", "Хозяйство"))
    assert is_for(any_of("сельское хозяйство"), told("Отчёт", "О сельском хозяйстве"))


def test_patterns_are_found_where_they_stand() -> None:
    rule = any_of("/Минс[кт]/", "/никогда/")
    assert is_for(rule, long_story("Зерно", first="Город Минск рад."))
    assert not is_for(rule, long_story("Зерно", eighth="Город Минск рад."))
    assert is_for(any_of("title:/^Зерно$/"), long_story("Зерно"))


def test_hundreds_of_patterns_keep_their_meaning() -> None:
    topics = [topic(f"t-{i}", rule=any_of(f"/слово{i}(?:м|$)/")) for i in range(300)]
    assert [f.topic for f in Classifier(topics, "").topics_of("слово7м и слово250", "ru")] == ["t-7", "t-250"]


# --- reasons ---------------------------------------------------------------------------------------------------------


def test_a_reason_names_branch_place_and_marked_sentence() -> None:
    rule = Rule(all=(parse_term("Казахстан"), any_of("Минск", "Беларусь")), none=(parse_term("футбол"),))
    of = told("Переговоры", "Утро. Гости из Казахстана и Беларуси пришли.", "Другое.")
    [reason] = Classifier([topic(rule=rule)], "").reasons(of)
    assert (reason.filed, reason.strength, reason.needed) == (True, 2, 2)
    first, second = reason.hits
    assert (first.branch, first.place, first.paragraph, first.word) == ("all 1", "text", 1, 4)
    assert first.sentence == "Гости из **Казахстана** и Беларуси пришли."
    assert (second.branch, second.decided) == ("all 2, any 2", True)
    assert second.sentence == "Гости из Казахстана и **Беларуси** пришли."


@pytest.mark.parametrize(
    ("rule", "because"),
    [
        (all_of("зерно", "Минск"), "too little speaks for it: strength 1, and 2 is needed"),
        (all_of("зерно", "Гродно"), "a part of the rule is not met"),
        (Rule(all=(parse_term("зерно"),), none=(parse_term("Минск"),)), "ruled out by Минск: «минск» in the text"),
    ],
)
def test_a_topic_that_is_passed_over_says_why(rule: Rule, because: str) -> None:
    [reason] = Classifier([topic(rule=rule)], "").reasons(long_story("Зерно", eighth="Минск рад."))
    assert not reason.filed
    assert reason.because == because


def test_a_long_sentence_is_cut_around_the_words() -> None:
    of = told("Зерно", f"{'да и нет ' * 90}Минск{' нет и да' * 90}")
    [reason] = Classifier([topic(rule=any_of("Минск"), strength=1)], "").reasons(of)
    [hit] = reason.hits
    assert "**Минск**" in hit.sentence
    assert hit.sentence.startswith("…")
    assert len(hit.sentence) < 320


@settings(deadline=None)
@given(st.text(st.characters(codec="utf-8")))
def test_the_places_of_words_are_those_of_the_words(text: str) -> None:
    shown, where = located(text)
    assert len(where) == len(words(text))
    assert [w for start, end in where for w in words(shown[start:end])] == words(text)


# --- the engine against the plain meaning ----------------------------------------------------------------------------

FORMS = "казахстан казахстана казахстанский минск минском рынок рынка газ газета ЕС ес зерно зерна и на"
TERMS = [
    *"Казахстан Минск рынок газ газ* =ЕС ес зерн* title:газ title:зерно /каза[хт]ст/ рынок*".split(),
    "рынок зерна", "зерн* казахстан", "казахстан и минск", "label:зерно", "source:al*", "lang:ru", "lang:en",
]  # fmt: skip

texts = st.lists(st.sampled_from(FORMS.split()), max_size=40).map(" ".join)
parts = st.recursive(
    st.sampled_from(TERMS).map(parse_term),
    lambda inner: st.builds(
        lambda any_, all_, none, at_least, strength: Rule(
            any=tuple(any_), all=tuple(all_), none=tuple(none), at_least=at_least, strength=strength
        ),
        st.lists(inner, max_size=3), st.lists(inner, max_size=2), st.lists(inner, max_size=1),
        st.integers(1, 2), st.sampled_from([None, None, 1, 3]),
    ),
    max_leaves=8,
)  # fmt: skip
rules = parts.map(lambda p: p if isinstance(p, Rule) else Rule(any=(p,)))

Span = tuple[int, int, int]
"""Paragraph (0 is the title, -1 a field), first word, word after the last."""


class Plain:
    """One story, and a rule read as the page says, term by term."""

    def __init__(self, title: str, paragraphs: Sequence[str], labels: Sequence[str]) -> None:
        self.texts = [title.split(), *(p.split() for p in paragraphs)]
        self.labels = labels
        lengths = [len(words) + 1 for words in self.texts[1:]]
        self.beginning = min(max(sum(lengths[:3]), 60), 120)
        self.before = [0, *(sum(lengths[:i]) for i in range(len(lengths)))]

    def weight(self, spans: Sequence[Span]) -> int:
        total, last = 0, (-2, 0, 0)
        for span in sorted(spans):
            if span[0] == last[0] and span[1] < last[2]:
                continue
            last = span
            if span[0] < 1:
                total += 3 if span[0] == 0 else 1000
            else:
                total += 2 if self.before[span[0]] + span[1] < self.beginning else 1
        return total

    def spans(self, term: Term) -> list[Span]:
        if term.place == "label":
            return [(-1, 0, 1)] if term.text in self.labels else []
        if term.place in ("source", "lang"):
            return [(-1, 0, 1)] if "alpha".startswith(term.text) or term.text == "ru" else []
        size = 1 if term.match is Match.PATTERN else len(term.text.split())
        return [
            (p, at, at + size)
            for p, text in enumerate(self.texts[: 1 if term.place == "title" else None])
            for at in range(len(text) - size + 1)
            if all(self.fits(term, i, w) for i, w in enumerate(text[at : at + size]))
        ]

    def fits(self, term: Term, number: int, word: str) -> bool:
        if term.match is Match.PATTERN:
            return bool(re.search(term.text, word))
        if term.match is Match.EXACT:
            return word == term.text
        wanted = str(term).removeprefix("title:").split()[number].lower()
        if wanted.endswith("*"):
            return word.lower().startswith(wanted[:-1])
        root = stem(wanted, "ru")
        made = word.lower().startswith(root) and derived(word.lower(), root, "ru")
        return stem(word.lower(), "ru") == root or made

    def support(self, part: Rule | Term) -> list[Span] | None:
        if isinstance(part, Term):
            return self.spans(part) or None
        if any(self.support(p) is not None for p in part.none):
            return None
        groups = [self.support(p) for p in part.all]
        if part.any:
            held = [s for p in part.any if (s := self.support(p)) is not None]
            groups.append([span for s in held for span in s] if len(held) >= part.at_least else None)
        if any(g is None for g in groups):
            return None
        weakest = min((g for g in groups if g is not None), key=self.weight, default=[(-1, 0, 1)])
        if part.strength is None:
            return weakest
        return [(-1, 0, 1)] if self.weight(weakest) >= self.needs(part.strength) else None

    def needs(self, strength: int) -> int:
        return strength if any(self.texts[1:]) else 1

    def holds(self, rule: Rule, strength: int) -> bool:
        support = self.support(rule)
        return support is not None and self.weight(support) >= self.needs(rule.strength or strength)


@settings(deadline=None, max_examples=400)
@given(st.lists(rules, min_size=1, max_size=4), texts, st.lists(texts, max_size=6), st.booleans(), st.integers(1, 4))
def test_the_engine_says_what_the_rules_mean(
    chosen: list[Rule], title: str, paragraphs: list[str], labelled: bool, strength: int
) -> None:
    shown = [p for p in paragraphs if p]
    of = story(
        article(
            title=title, content="".join(f"<p>{p}</p>" for p in shown), summary="", language="ru",
            labels=("зерно",) if labelled else (),
        )
    )  # fmt: skip
    plain = Plain(title, shown or [""], ["зерно"] if labelled else [])
    topics = [Topic(name=f"t-{i}", title="T", rule=r, strength=strength) for i, r in enumerate(chosen)]
    filed = Classifier(topics, "").file(of)
    assert {f.topic for f in filed} == {t.name for t, r in zip(topics, chosen, strict=True) if plain.holds(r, strength)}
    wrapped = [replace(t, rule=Rule(all=(r,))) for t, r in zip(topics, chosen, strict=True)]
    assert Classifier(wrapped, "").file(of) == filed  # a choice of terms is judged as what it is a part of would be


@settings(deadline=None, max_examples=200)
@given(
    st.lists(st.lists(st.sampled_from(TERMS), min_size=1, max_size=8), min_size=1, max_size=4),
    texts, st.lists(texts, max_size=6), st.integers(1, 3), st.integers(1, 6),
)  # fmt: skip
def test_a_choice_of_terms_is_judged_like_any_other_rule(
    choices: list[list[str]], title: str, paragraphs: list[str], at_least: int, strength: int
) -> None:
    of = told(title, *paragraphs)
    rules_of = [any_of(*terms, at_least=at_least) for terms in choices]
    topics = [Topic(name=f"t-{i}", title="T", rule=r, strength=strength) for i, r in enumerate(rules_of)]
    wrapped = [replace(t, rule=Rule(all=(r,))) for t, r in zip(topics, rules_of, strict=True)]
    assert Classifier(topics, "").file(of) == Classifier(wrapped, "").file(of)
