"""Words, stems, sketches and summaries."""

from __future__ import annotations

import re
import unicodedata
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.text import (
    _COMMON_LETTERS,
    CJK,
    MARKS,
    _folded,
    derived,
    origins,
    shorten,
    sketch,
    starts,
    stem,
    summary,
    words,
)

LONG = "Жители посёлка собрали урожай яблок и отправили его на осеннюю ярмарку в областной центр."


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Казахстанско-белорусский товарооборот", ["казахстанско", "белорусский", "товарооборот"]),
        ("«Ёлка», — сказал он…", ["елка", "сказал", "он"]),
        ("1 500,5 тенге и 12 000", ["1500.5", "тенге", "и", "12000"]),
        ("1 500 и 2\xa0000\u202f000", ["1500", "и", "2000000"]),
        ("рост 3,5 %, счёт 2:1", ["рост", "3.5", "счет", "2:1"]),
        ("AT&amp;T &laquo;звонит&raquo;", ["at", "t", "звонит"]),
        ("हिन्दी समाचार, प्रधानमंत्री", ["हिन्दी", "समाचार", "प्रधानमंत्री"]),
        ("বাংলাদেশের প্রধানমন্ত্রী", ["বাংলাদেশের", "প্রধানমন্ত্রী"]),
        ("العَرَبِيَّة أخبـــار", ["العربية", "أخبار"]),
        ("חֲדָשׁוֹת ישראל", ["חדשות", "ישראל"]),
        ("πρωΐ ΤΑΐΣΤΕ", ["πρωι", "ταιστε"]),
        ("сло\u00adво ну\u200bль уда\u0301р \u202eвот", ["слово", "нуль", "удар", "вот"]),
        ("и\u0306од и йод", ["йод", "и", "йод"]),
        ("їжак İstanbul Straße", ["їжак", "istanbul", "strasse"]),
        ("Қазақстанның әкімі", ["қазақстанның", "әкімі"]),
        ("中国经济 かな 한국 경제", ["中", "国", "经", "济", "か", "な", "한국", "경제"]),
        ("snake_case", ["snake", "case"]),
        ("", []),
    ],
)
def test_words_are_what_a_text_says_whatever_it_looks_like(text: str, wanted: list[str]) -> None:
    assert words(text) == wanted


PLAIN_WORD = re.compile(
    rf"(?![{_COMMON_LETTERS}])[^\W\d_{CJK}](?:[^\W\d_{CJK}]|[{MARKS}])*|[^\W\d_{CJK}]+"
    rf"|\d{{1,3}}(?: \d{{3}})+(?!\d)(?:[.,]\d+)?|\d+(?:[.,:]\d+)*|[{CJK}]"
)


@given(st.text("aZяЁ٣½²Ⅷ 10,.:-_«»\n\xa0\u00ad\u309b・日本कि\u093fß", max_size=60) | st.text(max_size=60))
@settings(max_examples=500)
def test_what_stands_between_words_is_taken_in_one_go_and_no_word_with_it(text: str) -> None:
    text = unicodedata.normalize("NFC", text.replace("&", " "))
    assert words(text) == [w.replace(" ", "").replace(",", ".") for w in PLAIN_WORD.findall(_folded(text))]


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=())))
def test_any_text_has_words_and_a_sketch(text: str) -> None:
    assert all(w and " " not in w for w in words(text))
    assert len(sketch(text, text)) in (0, 32)


def test_letters_of_any_script_make_words_and_signs_part_them() -> None:
    letters = [c for c in map(chr, range(0x590)) if c.casefold().isalpha()]
    signs = [c for c in map(chr, range(0x300)) if not c.isalnum() and c not in "&\xad\0"]
    assert [c for c in letters if len(words(f"a{c}я")) != 1] == []
    assert [c for c in signs if words(f"a{c}я") != ["a", "я"]] == []


def test_an_endless_character_reference_is_no_error() -> None:
    assert words("один &#" + "9" * 5000 + "; два")[0] == "один"


def test_a_sketch_is_deaf_to_typography_and_hears_every_word() -> None:
    plain = "Ёлка приехала в город: 1 500 игрушек, «снег» и огни — всё готово к празднику, сказал мэр"
    fancy = "ЕЛКА приехала в город 1\xa0500 игрушек, \"снег\" и ог\u00adни - все готово к празднику (сказал мэр)."
    assert sketch("", plain) == sketch("Другой заголовок", fancy) != ""
    assert sketch("", plain) != sketch("", plain.replace("мэр", "сторож"))
    assert len(sketch("", plain)) == 32


def test_a_short_body_is_sketched_with_its_headline() -> None:
    body = "Фото дня из нашего города"
    assert sketch("Открыт новый мост через реку", body) != sketch("Закрыт старый рынок на площади", body)
    assert sketch("Открыт новый мост через реку", body) != ""
    assert sketch("Фото", "Читать дальше") == ""
    assert sketch("", "") == ""


def test_two_ideographs_count_as_one_word() -> None:
    assert sketch("", "今天天气很好我们出去玩") == ""
    assert sketch("", "今天天气很好我们一起出去玩然后回家吃饭看书睡觉") != ""


def test_a_sketch_is_the_same_on_every_machine() -> None:
    assert sketch("", LONG) == "8e50931bfdbae81a527ca7a3a1787b17"


@pytest.mark.parametrize(
    ("language", "forms"),
    [
        ("ru", "казахстан казахстана казахстану казахстаном казахстане"),
        ("ru", "беларусь беларуси беларусью"),
        ("ru-KZ", "астана астаны астане астану астаной"),
        ("ru", "договор договора договоры договорами"),
        ("en", "company companies"),
        ("de", "wahl wahlen"),
        ("ru", "рынок рынка рынки рынков"),
        ("ru", "казахстанец казахстанца казахстанцы"),
        ("ru", "китай китая китаю китаем"),
        ("ru", "беларусь беларуси белорусы"),
        ("kk", "қазақстан қазақстанның қазақстанға қазақстанда қазақстаннан қазақстанды қазақстанмен"),
        ("kk", "кітап кітабы кітаптар кітаптың кітабын кітабында кітаптарымыз кітапқа"),
        ("kk", "қала қалалар қаланың қалаға қаласы қаласында қаладан"),
        ("kk", "үкімет үкіметі үкіметтің үкіметке үкіметтен"),
        ("kk", "сауда саудасы саудасын сауданы"),
    ],
)
def test_the_forms_of_a_word_have_one_stem(language: str, forms: str) -> None:
    assert len({stem(w, language) for w in forms.split()}) == 1


def test_other_words_have_other_stems() -> None:
    assert len({stem(w, "ru") for w in ("газ", "газета", "газон", "казахстан", "казах")}) == 5
    assert len({stem(w, "kk") for w in ("қала", "қалам", "кітап", "мектеп", "мұнай")}) >= 4


def test_in_a_language_without_rules_a_word_is_its_own_stem() -> None:
    assert stem("книгами", "zz") == stem("книгами", "") == "книгами"
    assert stem("", "kk") == stem("", "ru") == ""


def test_what_is_too_long_for_a_word_is_its_own_stem() -> None:
    endless = "лар" * 300_000
    assert stem(endless, "kk") == stem(endless, "kk-KZ") == endless


def test_threads_may_stem_at_the_same_time() -> None:
    letters = [a + b for a in "bcdfgklmnprst" for b in "bcdfgklmnprst"]
    with ThreadPoolExecutor(8) as pool:
        for found in pool.map(lambda _: [stem(f"{x}ompanies", "en") for x in letters], range(8)):
            assert found == [f"{x}ompani" for x in letters]


@pytest.mark.parametrize(
    ("word", "name", "language", "wanted"),
    [
        ("казахстанско", "казахстан", "ru", True),
        ("алматинский", "алматы", "ru", True),
        ("казахстанцы", "казахстан", "ru", False),
        ("газета", "газ", "ru", False),
        ("футболка", "футбол", "ru", False),
        ("қазақстандық", "қазақстан", "kk", True),
        ("kazakhstani", "kazakhstan", "en", True),
        ("trainer", "train", "en", False),
        ("казахстанско", "казахстан", "zz", False),
    ],
)
def test_adjectives_are_derived_from_names(word: str, name: str, language: str, wanted: bool) -> None:
    assert derived(word, stem(name, language), language) is wanted


@pytest.mark.parametrize(
    ("word", "language", "wanted"),
    [
        ("казахстанско", "ru", ["казахстанск", "казахстан"]),
        ("белорусских", "ru-by", ["беларусск", "беларус"]),
        ("wirtschaftsminister", "de", ["wirtschaftsminist", "wirtschaft"]),
        ("landwirtschaft", "de", ["landwirtschaft"]),
        ("я" * 100, "ru", ["я" * 100]),
        ("经", "zh", ["经"]),
    ],
)
def test_a_word_is_found_by_its_own_stem_and_by_names_inside_it(word: str, language: str, wanted: list[str]) -> None:
    own, *names = origins(word, language)
    assert [own, *(name for name in names if name in wanted)] == wanted


def test_most_words_are_found_by_their_stem_alone() -> None:
    assert [origins(w, "ru") for w in ("газета", "футболка")] == [["газет"], ["футболк"]]
    assert origins("trainer", "en") == ["trainer"]


def test_a_star_knows_the_consonant_that_changes() -> None:
    assert starts("экономик", "ru") == ("экономик", "экономическ")
    assert starts("экономик", "kk") == starts("экономик", "uk") == ("экономик",)
    assert starts("пик", "ru") == ("пик",)


@pytest.mark.parametrize(
    "first",
    [
        "Встречу с послами провёл сегодня в столице С. Ахметов, глава ведомства.",
        "Завод построят в г. Кокшетау, его мощность составит 12 млн. тонн в год.",
        "Обсуждали торговлю, транспорт, спорт и т. д. в течение двух часов подряд.",
        "Цены выросли на 3.5 процента, а зарплаты стояли на месте весь этот год!",
        "«Мы готовы к зиме, и топлива хватит всем», — сказал глава района (он же сторож).",
        "«Мы готовы к зиме, и топлива хватит всем до самого начала весны.»",
        "Mr. Brown of the U.S. Senate met the farmers of the valley on Monday morning.",
        "Астана қаласында жаңа көпір ашылды, оны А. Серікұлы мен тұрғындар көрді.",
        "Кто ответит за свет, тепло и воду в домах этого посёлка?..",
    ],
)
def test_a_summary_ends_where_a_sentence_ends(first: str) -> None:
    assert summary(f"{first} {LONG}", limit=len(first) + 40) == first


def test_a_chinese_summary_ends_at_its_own_full_stop() -> None:
    first = "今天天气很好，我们一起出去玩，然后回家吃饭看书睡觉。"
    assert summary(first + "明天下雨。" * 10, limit=30) == first


def test_a_summary_is_one_line_and_a_paragraph_ends_a_sentence() -> None:
    assert summary("Заголовок\n\nТекст\nв две строки.") == "Заголовок Текст в две строки."
    heading = "Первый абзац без точки, но достаточно длинный, чтобы быть пересказом"
    assert summary(f"{heading}\n\n{LONG}", limit=100) == heading


def test_a_sentence_that_is_too_long_is_cut_at_a_word() -> None:
    assert summary(LONG, limit=40) == "Жители посёлка собрали урожай яблок и…"
    assert summary(f"Астана. {LONG}", limit=60).endswith("…")
    assert summary("я" * 1000, limit=50) == "я" * 49 + "…"


@settings(deadline=None)
@given(st.text(), st.integers(10, 200))
def test_a_summary_fits(text: str, limit: int) -> None:
    assert len(summary(text, limit)) <= limit
    assert len(shorten(text, limit)) <= limit
    assert "\n" not in summary(text, limit)
