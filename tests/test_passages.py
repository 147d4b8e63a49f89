"""Two texts laid against each other, and how a terminal shows them."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.passages import STEPS, Passage, below, beside, compare, lines, spoken
from aggregator.text import words

WIND = "The wind park near Dostyk fed the grid for the first time. It has 12 turbines. Ten more are planned."


def plainly(_: str, word: str) -> str:
    return word


def differing(old: str, new: str) -> list[tuple[str, str]]:
    return [(spoken(p.old), spoken(p.new)) for row in compare(old, new) for p in row if not p.same]


def shown(old: str, new: str, width: int = 80) -> str:
    return "\n".join(below(compare(old, new), width, plainly))


def test_equal_texts_are_one_passage() -> None:
    [[passage]] = compare(WIND, WIND)
    assert passage.same
    assert spoken(passage.old) == spoken(passage.new) == WIND


def test_only_the_words_that_differ_are_marked() -> None:
    assert differing(WIND, WIND.replace("12", "14")) == [("12", "14")]
    assert "It has [-12-]{+14+} turbines." in shown(WIND, WIND.replace("12", "14"))


def test_a_sentence_of_ones_own_stands_alone() -> None:
    assert differing(WIND, WIND.replace("It has 12 turbines. ", "")) == [("It has 12 turbines.", "")]
    assert differing(WIND, f"{WIND} Read us.") == [("", "Read us.")]


def test_sentences_with_little_in_common_are_replaced_as_a_whole() -> None:
    new = "Everybody in the village came to see the ribbon cut."
    old = "The minister of energy spoke of a new line to Almaty."
    assert differing(old, new) == [(old, new)]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("«Ещё один» посёлок", '"Еще один" ПОСЕЛОК'),
        ("Wind — and sun", "Wind - and sun"),
        ("Wind — and sun", "Wind and sun"),
        ("— Wind, he said", "Wind, he said"),
        ("paid 1 500 tenge", "paid 1\xa0500 tenge"),
        ("First. Second.", "First.\n\nSecond."),
        ("", ""),
        ("—", ""),
    ],
)
def test_typography_makes_no_difference(old: str, new: str) -> None:
    assert differing(old, new) == []


def test_chinese_is_compared_character_by_character() -> None:
    assert differing("国家主席会见了5名代表。会议很好。", "国家主席会见了7名代表。会议很好。") == [("5", "7")]


def test_long_runs_that_are_the_same_are_counted_and_not_shown() -> None:
    long = " ".join(f"w{n}" for n in range(60))
    text = shown(f"{long} old.", f"{long} new.", width=200)
    ends = "w0 w1 w2 w3 w4 w5 w6 w7", "w52 w53 w54 w55 w56 w57 w58 w59"
    assert text == f"{ends[0]} … 44 words … {ends[1]} [-old.-]{{+new.+}}"


def test_in_two_columns_what_belongs_together_begins_in_one_line() -> None:
    text = list(beside(compare(f"{WIND} Goodbye.", f"Hello. {WIND}"), 63, plainly))
    assert text[0].split() == ["{+Hello.+}"]
    assert text[1] == "The wind park near Dostyk fed    The wind park near Dostyk fed"
    assert text[-1] == "[-Goodbye.-]"


def test_a_wide_terminal_has_two_columns_and_a_narrow_one_has_not() -> None:
    rows = compare(WIND, WIND.replace("12", "14"))
    assert "[-12-]{+14+}" in "\n".join(lines(rows, 99))
    wide = "\n".join(lines(rows, 100))
    assert "[-12-]" in wide
    assert "{+14+}" in wide
    assert "[-12-]{+14+}" not in wide


def test_a_word_is_painted_with_what_became_of_it() -> None:
    painted = "".join(below(compare("one two", "one three"), 80, lambda fate, word: f"<{fate}:{word}>"))
    assert painted == "<same:one ><removed:[-two-]><added:{+three+}>"


@pytest.mark.parametrize("text", ["国" * 300, "x" * 500, WIND * 3])
def test_no_line_is_wider_than_the_terminal(text: str) -> None:
    for line in below(compare(text, ""), 40, plainly):
        assert sum(2 if c == "国" else 1 for c in line) <= 40


def test_a_change_in_a_very_long_text_is_found_at_any_place() -> None:
    long = [f"Line {n} of the protocol says nothing at all." for n in range(3_000)]
    for place in (0, 1_500, 2_999):
        edited = [*long[:place], "A line was put in here.", *long[place:]]
        assert differing(" ".join(long), " ".join(edited)) == [("", "A line was put in here.")]


def test_two_long_texts_take_little_time() -> None:
    old, new = (". ".join(f"и {n * step % 977} в {n * n % 1009} на" for n in range(9_000)) for step in (3, 7))
    began = time.process_time()
    assert differing(old, new)
    assert time.process_time() - began < 10


def test_what_would_take_too_long_to_compare_is_replaced_between_its_ends() -> None:
    old, new = f"Yes. {'No. ' * 300}Maybe.", f"Yes. {'No. Never. ' * 200}Maybe."
    beginning, _, end = compare(old, new, steps=300_000)
    assert [spoken(beginning[0].old), spoken(end[0].old)] == ["Yes. No.", "Maybe."]


def test_one_word_in_a_long_text_without_sentences_is_found_in_few_steps() -> None:
    long = [f"item {n} of {n % 7}" for n in range(500)]
    edited = [*long[:250], "this one", *long[251:]]
    [row] = compare(" ".join(long), " ".join(edited), steps=1)
    assert [(spoken(p.old), spoken(p.new)) for p in row if not p.same] == [("item 250 of 5", "this one")]


pieces = st.lists(st.sampled_from(["a", "b", "C", "5", "на", "Ё", "国", "—", ".", ". ", "\n", " ", "«x»", "1 000"]))


@given(pieces, pieces, st.sampled_from([0, 10, STEPS]))
def test_nothing_that_is_said_is_lost(old: list[str], new: list[str], steps: int) -> None:
    before, now = "".join(old), "".join(new)
    passages: list[Passage] = [p for row in compare(before, now, steps=steps) for p in row]
    for text, sides in ((before, [p.old for p in passages]), (now, [p.new for p in passages])):
        assert letters(" ".join(spoken(side) for side in sides)) == letters(text)
    for p in passages:
        if p.same:
            assert words(" ".join(p.old)) == words(" ".join(p.new))


def letters(text: str) -> str:
    return re.sub(r"[\W_]", "", text)
