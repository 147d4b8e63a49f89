"""Which texts are the same text."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aggregator.sameness import Likeness, Limits, Reading, candidates, compare, match, read
from aggregator.sameness._reading import Hashes, chained, longest_run, mixed
from aggregator.sameness._slots import slots
from aggregator.sameness._words import HASH, NAME, NUMBER, folded, spelled
from aggregator.sameness.related import ALIKE, Terms, Window, terms
from aggregator.text import words

TITLE = "Асет Нурланов провёл переговоры о поставках зерна с министром Грузии"
LEAD = (
    "В Тбилиси в ходе рабочего визита министр торговли Асет Нурланов провёл переговоры с министром экономики Грузии "
    "Георгием Беридзе, сообщает пресс-служба ведомства. Стороны обсудили поставки 450 тысяч тонн зерна и открытие "
    "совместного терминала в порту Поти. «Мы рассчитываем, что уже осенью первые вагоны пойдут через новый "
    "коридор», — сказал А.Нурланов."
)
REST = (
    "Он также отметил, что «за последние семь месяцев товарооборот вырос на 23 процента, и это ещё не предел». "
    "В свою очередь Г.Беридзе подчеркнул, что грузинская сторона готова предоставить скидку на перевалку и "
    "построить склады на 60 тысяч тонн. По итогам встречи подписан меморандум о сотрудничестве в области "
    "логистики, карантина растений и подготовки железнодорожников. Следующее заседание рабочей группы пройдёт в "
    "Актау в марте, на нём представят расчёты тарифов и график движения судов. Эксперты отрасли полагают, что "
    "маршрут через Каспий станет вдвое дешевле обходного пути."
)
BODY = f"{LEAD} {REST}"
WEATHER = (
    "В городе {} {} ожидается переменная облачность, ночью небольшой дождь. Температура воздуха днём {} градусов "
    "тепла, ночью {} градусов. Ветер юго-западный, {} метров в секунду. Атмосферное давление {} миллиметров ртутного "
    "столба. Синоптики советуют водителям быть внимательными на дорогах и соблюдать дистанцию."
)
ELSEWHERE = (
    "Областной театр открывает сезон премьерой по роману местного писателя. Режиссёр поставил спектакль за четыре "
    "недели, декорации построили студенты училища. Билеты на первые вечера раскуплены, добавлены дневные показы для "
    "школьников. В фойе работает выставка эскизов, посвящённая столетию труппы, вход на неё свободный."
)


def verdict(a: tuple[str, str], b: tuple[str, str]) -> Likeness:
    """The verdict on two texts; asserts that it does not matter which is which."""
    one, other = read([a, b])
    assert compare(one, other) == compare(other, one)
    return compare(one, other)


def test_a_text_is_a_copy_of_itself() -> None:
    found = verdict((TITLE, BODY), (TITLE, BODY))
    assert (found.same, found.score, found.relation, found.conflicts) == (True, 1.0, "copy", ())


@pytest.mark.parametrize(
    "spelled",
    [
        BODY.upper(),
        BODY.replace("ё", "е").replace("«", '"').replace("»", '"').replace("—", "-"),
        BODY.replace("«", "&laquo;").replace("»", "&amp;raquo;").replace(". ", ".<br>"),
        BODY.replace("министр", "ми\u00adнистр").replace(" ", "\u00a0"),
        BODY.replace("й", "и\u0306").replace("ё", "е\u0308"),
        BODY.replace("о", "o").replace("а", "a").replace("С", "C"),
    ],
    ids=["capitals", "quotes and dashes", "entities", "soft hyphens", "decomposed", "homoglyphs"],
)
def test_typography_makes_no_difference(spelled: str) -> None:
    found = verdict((TITLE, BODY), ("Зерно пойдёт через Поти", spelled))
    assert (found.same, found.relation) == (True, "copy")
    assert found.score > 0.98


@pytest.mark.parametrize(
    ("word", "other"),
    [
        ("1 500,50", "1500.5"),
        ("1,500", "1 500"),
        ("2,0", "2"),
        ("12:30", "12.30"),
        ("Ёлка", "елка"),
        ("Mосква", "москва"),
        ("c", "с"),
        ("Straße", "STRASSE"),
    ],
)
def test_two_spellings_are_one_word(word: str, other: str) -> None:
    assert folded(word) == folded(other)


@pytest.mark.parametrize(("word", "other"), [("15", "1.5"), ("мой", "мои"), ("12.30", "12.3.0"), ("Hope", "Норе")])
def test_other_words_are_other_words(word: str, other: str) -> None:
    assert folded(word) != folded(other)


def test_only_the_beginning_is_an_excerpt_whatever_the_headline() -> None:
    found = verdict((TITLE, BODY), ("Казахстанское зерно пойдёт через Поти", LEAD[:300] + "…"))
    assert (found.same, found.relation) == (True, "excerpt")


def test_a_passage_from_the_middle_is_an_excerpt_if_the_headline_of_the_whole_tells_of_it() -> None:
    middle = LEAD.partition(". ")[2] + REST.partition(". По итогам")[0]
    about = "Нурланов и Беридзе: поставки зерна, склады, скидка"
    assert verdict((about, f"{ELSEWHERE} {BODY} {ELSEWHERE[::-1]}"), ("Новый коридор", middle)).relation == "excerpt"
    assert not verdict(("Главное за день", f"{ELSEWHERE} {BODY} {ELSEWHERE[::-1]}"), ("Новый коридор", middle)).same


def test_a_headline_glued_to_the_body_costs_nothing() -> None:
    assert verdict((TITLE, BODY), (TITLE, f"СТЕПНОЙ ВЕСТНИК\nНовости\n\n{TITLE}\n\n{TITLE}{BODY}")).same


def test_what_an_outlet_wraps_around_a_text_costs_nothing() -> None:
    top = "21 ноября 2026, 14:05. Просмотров: 1204. Фото: редакция"
    end = "Читайте также:\nТеатр открывает сезон\nЦены на хлеб\nПодписывайтесь на наш канал"
    assert verdict((TITLE, BODY), ("Министр торговли посетил Тбилиси", f"{top}\n{BODY}\n{end}")).same


def test_names_in_another_alphabet_are_the_same_names() -> None:
    latin = BODY.replace("Нурланов", "Nurlanov").replace("Асет", "Aset").replace("Беридзе", "Beridze")
    found = verdict((TITLE, BODY), (TITLE, latin.replace("Георгием", "Georgiem").replace("Тбилиси", "Tbilisi")))
    assert (found.same, found.relation, found.conflicts) == (True, "copy", ())


def test_another_figure_makes_an_update_and_is_named() -> None:
    found = verdict((TITLE, BODY), (TITLE, BODY.replace("450", "480")))
    assert (found.same, found.relation) == (True, "update")
    assert [set(str(c).split("/")) for c in found.conflicts] == [{"450", "480"}]
    assert "480" in found.because


def test_a_rounded_figure_is_no_update() -> None:
    exact = BODY.replace("23 процента", "23,4 процента")
    assert verdict((TITLE, BODY), (TITLE, exact)).relation == "copy"


def test_the_same_form_with_other_figures_and_names_is_other_news() -> None:
    found = verdict(
        ("Погода в Семее", WEATHER.format("Семей", "12 мая", 18, 6, 5, 728)),
        ("Погода в Таразе", WEATHER.format("Тараз", "13 мая", 24, 11, 9, 715)),
    )
    assert not found.same
    assert found.because.startswith("the same form with other figures")
    assert {"18", "24"} in [{c.here, c.there} for c in found.conflicts]


def test_in_a_form_of_few_words_the_name_is_the_news() -> None:
    form = "The slides were published by {} in conjunction with the call about the results of the quarter that ended."
    one, other = (("Q1 Results", form.format(firm)) for firm in ("Ardent", "Kestrel"))
    assert not verdict(one, other).same
    assert verdict(one, one).same


def test_another_meeting_of_the_same_office_is_other_news() -> None:
    other = (
        "В Ереване в ходе рабочего визита министр торговли Асет Нурланов встретился с министром промышленности "
        "Армении Арамом Саргсяном, сообщает пресс-служба ведомства. Стороны обсудили совместный выпуск лифтов и "
        "кабеля. «Мы договорились о цехе в Экибастузе», — сказал А.Нурланов. Он также отметил, что строительство "
        "начнут летом и наймут двести рабочих. По итогам встречи подписан протокол о намерениях."
    )
    assert not verdict((TITLE, BODY), ("Асет Нурланов посетил Ереван", other)).same


def test_a_background_that_two_texts_share_makes_them_not_one() -> None:
    assert not verdict((TITLE, f"{LEAD} {ELSEWHERE}"), ("Погода", f"{WEATHER} {ELSEWHERE}")).same


def test_a_digest_is_no_copy_of_what_it_quotes() -> None:
    digest = "\n\n".join((ELSEWHERE, WEATHER, LEAD, REST[-150:], "Коротко о спорте: хоккеисты победили. " * 3))
    assert not verdict((TITLE, LEAD), ("Главное за день", digest)).same


def test_chinese_is_compared_by_characters() -> None:
    text = (
        "市政府昨日宣布，新建的地铁三号线将于明年六月开通，全长二十八公里，"
        "共设十九座车站，连接机场与老城区。负责人王建国表示，票价将保持不变。"
    )
    found = verdict(("地铁三号线明年开通", text), ("新地铁线路", f"本报记者\n{text}\n关注我们"))
    assert found.same
    other = "气象台预计，本周末全市将迎来强降温，最低气温降至零下五度，请市民注意保暖，农业部门为大棚加固。"
    assert not verdict(("地铁三号线明年开通", text), ("周末强降温", other)).same


@pytest.mark.parametrize("body", ["", "Фото", "12", "好", "<br>&nbsp;", "\u00ad", "&#" + "9" * 5000 + ";"])
def test_next_to_nothing_is_the_same_as_nothing(body: str) -> None:
    assert not verdict(("", body), (TITLE, BODY)).same
    assert not verdict(("", body), ("", body)).same


@given(st.lists(st.tuples(st.text(max_size=30), st.text(max_size=400)), max_size=6))
def test_a_text_reads_the_same_alone_and_among_others(texts: list[tuple[str, str]]) -> None:
    together = read([*texts, (TITLE, BODY)])
    for text, reading in zip(texts, together, strict=False):
        [alone] = read([text])
        assert alone.marks == reading.marks
        assert alone.phrases.tolist() == reading.phrases.tolist()
        assert len(set(reading.marks)) == len(reading.marks)
    assert together[-1].marks == read([(TITLE, BODY)])[0].marks


NUMBERS_FIRST = re.compile(r"\d{1,3}(?: \d{3})+(?!\d)(?:[.,]\d+)?|\d+(?:[.,:]\d+)*|[^\W_]+")


@given(st.text("0123456789 .,:_-abЯё½²٣"))
def test_a_number_is_one_word_wherever_it_stands(text: str) -> None:
    assert spelled(text) == NUMBERS_FIRST.findall(text)


SAID = st.lists(st.sampled_from("на складе 17 25 1.5 Ербол Анна Поти и зерно".split()), max_size=40).map(" ".join)


@given(SAID)
def test_every_figure_and_name_has_a_slot_between_its_neighbours_after_two_words_and_before_two(body: str) -> None:
    [reading] = read([("", body)])
    kinds = [int(code) & (NAME | NUMBER if at else NUMBER) for at, code in enumerate(reading.codes)]
    words = mixed((reading.codes & np.uint64(HASH)) + np.uint64(1)).tolist()
    around = [1, 2, *words, 3, 4]
    expected = [
        (in_a_row(around[at + one], around[at + other], (kind & NUMBER) + n), words[at], at, bool(kind & NUMBER))
        for n, (one, other, before, behind) in enumerate(((1, 3, 0, 0), (0, 1, 1, 0), (3, 4, 0, 1)))
        for at, kind in enumerate(kinds)
        if kind and before <= at < len(kinds) - behind
    ]
    found = slots(reading)
    columns = (found.context, found.filling, found.at, found.is_figure)
    assert list(zip(*(column.tolist() for column in columns), strict=True)) == expected


def in_a_row(*values: int) -> int:
    columns: list[Hashes] = [np.array([value], np.uint64) for value in values]
    return int(chained(*columns)[0])


@given(SAID, SAID)
def test_the_longest_run_is_the_first_of_the_longest(body: str, other: str) -> None:
    a, b = read([("", body), ("", other)])
    shared = [phrase in set(b.phrases.tolist()) for phrase in a.phrases_in_order.tolist()]
    runs = [
        (start, end) for start in range(len(shared)) for end in range(start + 1, len(shared) + 1)
        if all(shared[start:end])
    ]  # fmt: skip
    start, end = max(runs, key=lambda run: run[1] - run[0], default=(0, 0))
    assert longest_run(a, b) == (start, end + 2 if runs else 0)


def test_no_texts_make_no_readings() -> None:
    assert read([]) == []


def test_marks_are_few_and_an_excerpt_has_some_of_them() -> None:
    whole, part = read([(TITLE, BODY), ("", LEAD[:300])])
    assert 5 <= len(whole.marks) <= 25
    assert len(set(whole.marks) & set(part.marks)) >= 2
    assert all(0 <= mark < 1 << 32 for mark in whole.marks)


def test_marks_are_the_same_in_another_process_with_another_seed() -> None:
    code = "import sys; from aggregator.sameness import read; print(read([('', sys.argv[1])])[0].marks)"
    for seed in ("1", "2"):
        told = subprocess.run(
            [sys.executable, "-c", code, BODY],
            env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert told.stdout.strip() == str(read([("", BODY)])[0].marks)


def test_marks_of_this_version_stay_what_they_are() -> None:
    """An index made by an older program must be found by a newer one: another algorithm needs another index."""
    [reading] = read([("", "The quick brown fox jumps over the lazy dog, 12 times a day.")])
    assert reading.marks == (487065459,)


# --- candidates ------------------------------------------------------------------------------------------------------


def test_a_story_with_two_rare_marks_in_common_is_worth_comparing() -> None:
    assert candidates(range(10), {1: [7, 8], 2: [7]}) == [7]


def test_the_more_and_the_rarer_the_marks_the_better_and_ties_are_by_number() -> None:
    postings = {1: [9, 5, 3], 2: [5, 9, 3], 3: [9], 4: [5, 3], 5: [3, 5]}
    assert candidates(range(10), postings) == [3, 5, 9]
    assert candidates(range(10), postings | {4: [5, 3, 9], 6: [9]}) == [9, 3, 5]


def test_a_mark_that_everybody_has_says_nothing() -> None:
    crowd = list(range(32))
    assert candidates(range(10), {1: crowd, 2: crowd, 3: [4]}) == []


def test_one_mark_is_enough_for_a_text_that_has_few() -> None:
    assert candidates([1, 2, 3], {1: [7]}) == [7]


def test_no_more_than_five_are_compared() -> None:
    assert len(candidates(range(20), {m: list(range(8)) for m in range(20)})) == 5


# --- match -----------------------------------------------------------------------------------------------------------


def test_the_nearest_story_is_found_and_nothing_is_read_after_a_certain_one() -> None:
    text, other = read([(TITLE, BODY), ("", ELSEWHERE)])

    def stories() -> Iterator[tuple[str, list[Reading]]]:
        yield "theatre", [other]
        yield "grain", [other, text]
        raise AssertionError("there was no need to go on")

    found = match(text, stories())
    assert found is not None
    assert (found.story, found.member, found.likeness.same) == ("grain", 1, True)


def test_a_near_miss_is_told_with_its_reason() -> None:
    text, other = read([(TITLE, BODY), (TITLE, WEATHER)])
    found = match(text, [("weather", [other])])
    assert found is not None
    assert not found.likeness.same
    assert found.likeness.because
    assert match(text, []) is None


def test_limits_can_be_moved() -> None:
    text, part = read([(TITLE, BODY), ("", LEAD[:300])])
    assert compare(text, part).same
    assert not compare(text, part, Limits(enough=1.1)).same


# --- related ---------------------------------------------------------------------------------------------------------

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def window() -> Window:
    held = Window()
    held.add("grain", terms(TITLE, BODY), NOW)
    held.add("theatre", terms("Театр открывает сезон", ELSEWHERE), NOW)
    for day in range(6):
        held.add(f"weather {day}", terms("Погода", WEATHER), NOW - timedelta(days=day))
    return held


def test_the_same_event_in_other_words_is_related() -> None:
    told = terms(
        "Министр Нурланов в Тбилиси: зерно пойдёт через порт Поти",
        "Казахстан договорился с Грузией о поставках зерна. Об этом Асет Нурланов объявил после переговоров в Тбилиси.",
    )
    assert [r.story for r in window().related(told)] == ["grain"]


def test_what_is_forgotten_is_not_found() -> None:
    held = window()
    held.forget(NOW - timedelta(days=2, hours=1))
    assert len(held) == 5
    held.remove("grain")
    held.remove("grain")
    assert held.related(terms(TITLE, BODY)) == []


def test_a_story_that_comes_late_is_forgotten_in_its_turn() -> None:
    held = Window()
    held.add("new", terms(TITLE, BODY), NOW)
    assert held.forget(NOW - timedelta(hours=1)) == []
    held.add("late", terms(TITLE, BODY), NOW - timedelta(hours=2))
    assert held.forget(NOW - timedelta(hours=1)) == ["late"]
    assert held.forget(NOW + timedelta(hours=1)) == ["new"]


PIECES = ["порт", "зерна,", "в", "1 000", "12", "000", "A&amp;B", "&#1", "&frac12", "日本", "한국", "\n\n", "ё\u00ad"]


def roots(text: str) -> list[str]:
    """As the window has them, with nothing saved."""
    said = words(text)
    pairs = [a + b for a, b in pairwise(said) if a >= "\u3005" and b >= "\u3005"]
    return [word[:5] for word in said if word < "\u3005"] + pairs


@given(
    st.lists(st.sampled_from(PIECES), max_size=9),
    st.integers(52, 60) | st.integers(0, 130),
    st.lists(st.sampled_from(PIECES), max_size=30),
)
@example([], 59, ["1 000", "000", "000"])  # a number that the cut makes a smaller one
@example([], 59, ["в", "в", "ё&frac12"])
@settings(max_examples=300)
def test_half_of_a_beginning_is_looked_at_where_that_is_enough(title: list[str], before: int, body: list[str]) -> None:
    headline, text = " ".join(title), " ".join([*["перевозка"] * before, *body])
    assert terms(headline, text) == Counter(roots(headline) * 2 + roots(text[:1200])[:60])


SUBJECTS = "зерно порт ставка банк мост река театр школа налог бюджет газ дорога снег суд врач завод окно хлеб".split()


def about(n: int) -> Terms:
    """Ten of the subjects, of which neighbours share most."""
    return terms(f"{SUBJECTS[n % 18]} {SUBJECTS[(n + 1) % 18]}", " ".join(SUBJECTS[(n + k) % 18] for k in range(10)))


def test_related_is_what_is_like_enough() -> None:
    held = Window()
    for n in range(12):
        held.add(str(n), about(n), NOW)
    for n in range(18):
        likeness = {str(m): held.likeness(about(n), about(m)) for m in range(12) if m != n}
        near = {story for story, score in likeness.items() if score >= ALIKE}
        found = {r.story: r.score for r in held.related(about(n), str(n), limit=99)}
        assert found == {story: likeness[story] for story in near}
        assert 0 < len(near) < len(likeness)


def test_a_window_is_what_it_holds_whatever_it_has_held_before() -> None:
    held, fresh = Window(), Window()
    for n in range(200):
        held.add(str(n), terms("Погода", " ".join(f"слово{k}" for k in range(20 * n, 20 * n + 20))), NOW)
        held.remove(str(n))
    for n in range(12):
        held.add(str(n), about(n), NOW)
        fresh.add(str(n), about(n), NOW)
    assert [held.related(about(n)) for n in range(18)] == [fresh.related(about(n)) for n in range(18)]


def test_a_story_that_says_something_else_now_is_found_by_that() -> None:
    held = window()
    held.add("theatre", terms(TITLE, BODY), NOW)
    assert [r.story for r in held.related(terms(TITLE, BODY))] == ["grain", "theatre"]
    assert len(held) == 8
