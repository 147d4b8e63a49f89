"""The private doors of the sources: bytes become text, words become dates."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from aggregator.model import Item
from aggregator.sources import _article, _charset, _dates, feed

from .make import fetched, source

HEADLINE = "Мосты через реку открыли досрочно"
TEXT = f"АЛТАЙ-ВЕСТИ\nНовости степи\n\n{HEADLINE}\n\n{HEADLINE}Вчера прошли машины."


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1251", "koi8-r"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_an_article_reads_the_same_in_every_encoding(encoding: str, newline: str) -> None:
    item = _article.item(_charset.decode(TEXT.replace("\n", newline).encode(encoding)), is_markdown=False)
    assert item == Item(
        title=HEADLINE,
        content="Вчера прошли машины.",
        publisher="АЛТАЙ-ВЕСТИ",
        is_html=False,
    )


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("水利部门今天表示,北方三省的春耕已经开始,新的灌溉设施将在五月投入使用。", "gb18030"),
        ("大学图书馆今天开放", "gb18030"),
        ("市政府今天表示，新的捷運路線將在五月開始動工，並與各區合作。", "big5"),
        ("В музее открылась выставка карт", "cp1251"),
        ("НОВОСТИ ЭКОНОМИКИ И КУЛЬТУРЫ", "cp1251"),
        ("В музее открылась выставка карт", "koi8-r"),
        ("да да но да но да", "koi8-r"),
        ("В музее открылась выставка карт", "cp866"),
        ("Қазақстанда жаңа үкімет құрылды, деп хабарлады", "kz1048"),
        ("Қазақстанда жаңа үкімет құрылды, деп хабарлады", "ptcp154"),
        ("На выставке показали новыя машыны і кнігі, кажуць у Мінску ў сераду", "cp1251"),
        ("Ein Gruß über die Brücke", "cp1252"),
    ],
)
def test_letters_tell_their_character_set_where_nobody_says_it(text: str, encoding: str) -> None:
    body = f"{text}\n\n{text * 3}\n".encode(encoding)
    assert _charset.decode(body) == f"{text}\n\n{text * 3}\n"
    assert _charset.decode(text.encode(encoding)[:-1])[:6] == text[:6]  # cut within a character


@pytest.mark.parametrize(
    ("headline", "body"),
    [
        ("哈萨克斯坦能源部", "哈萨克斯坦能源部与热特苏公司周一签署协议。"),
        ("能源部与公司周一签署协议", "能源部与公司周一签署协议2026年开工。"),
        ("Суд арестовал директора компании", "Суд арестовал директора компании «Алма-Строй» на два месяца."),
        ("Court arrests former mayor of Taldykorgan", "Court arrests former mayor of Taldykorgan Ivan Petrov today."),
        ("Court arrests wife of the former mayor", "Court arrests wife of the former mayor's friend."),
        ("Court arrests wife of the former mayor", "Court arrests wife of the former mayor: Ann Petrova."),
        ("Court arrests wife of the former mayor", "Court arrests wife of the former mayor (Ann Petrova)."),
        ("Polizei sucht Zeugen nach Unfall in Almaty", "Polizei sucht Zeugen nach Unfall in Almaty Süd."),
        ("THE FACTORY IS SOLD TO A LOCAL BANK", "THE FACTORY IS SOLD TO A LOCAL BANKER."),
        ("Выпуск зерна вырос до 100", "Выпуск зерна вырос до 100.5 тысяч тонн."),
    ],
)
def test_a_first_sentence_that_begins_like_the_headline_and_goes_on_is_whole(headline: str, body: str) -> None:
    item = _article.item(f"{headline}\n\n{body}\n\nIt rained.", is_markdown=False)
    assert (item.title, item.content) == (headline, f"{body}\n\nIt rained.")
    stated = _article.item(f"---\ntitle: {headline}\n---\n{body}", is_markdown=False)
    assert (stated.title, stated.content) == (headline, body)


@pytest.mark.parametrize(
    ("headline", "between", "body"),
    [
        ("Мосты через реку открыли досрочно", "", "Вчера прошли машины."),
        ("Мосты через реку открыли досрочно", "", "«Вчера прошли машины», — сказал он."),
        ("Мосты через реку открыли досрочно", "", '"Вчера прошли машины", сказал он.'),
        ("Мосты через реку открыли досрочно", "", "25 марта прошли машины."),
        ("Мосты через реку откроют вместе с США", "", "Вчера прошли машины."),
        ("Мосты открыли на трассе «Астана — Алматы»", "", "Вчера прошли машины."),
        ("Мосты через реку открыли досрочно", ". ", "Вчера прошли машины."),
        ("Когда откроют мосты через реку?", " ", "Вчера прошли машины."),
        ("两国总理讨论新的铁路线", "。", "周一在首都举行了会谈。"),
    ],
)
def test_a_headline_that_the_text_repeats_is_told_once(headline: str, between: str, body: str) -> None:
    item = _article.item(f"{headline}\n\n{headline}{between}{body}", is_markdown=False)
    assert (item.title, item.content) == (headline, body)


def test_under_a_masthead_even_an_ideograph_tells_where_the_headline_ends() -> None:
    headline, body = "两国总理讨论新的铁路线", "周一在首都举行了会谈。"
    item = _article.item(f"草原日报\n\n{headline}\n\n{headline}{body}", is_markdown=False)
    assert (item.publisher, item.title, item.content) == ("草原日报", headline, body)


def test_front_matter_may_be_toml() -> None:
    zola = (
        "+++\ntitle = 'Bridge opened'\ndate = 2026-03-29T10:00:00+05:00\nauthors = ['Ann', 'Bob']\ndraft = false\n"
        "[taxonomies]\ntags = ['roads', 'north']\n[extra]\nlink = 'https://x.example/1'\n+++\nThe cars roll.\n"
    )
    item = _article.item(zola, is_markdown=True)
    assert (item.title, item.content) == ("Bridge opened", "<p>The cars roll.</p>")
    assert (item.authors, item.labels, item.url) == (("Ann", "Bob"), ("roads", "north"), "https://x.example/1")
    assert item.published_at == datetime(2026, 3, 29, 5, tzinfo=UTC)
    broken = _article.item("+++\ntitle = \n+++\nThe text.\n", is_markdown=False)
    assert "The text." in (broken.content or "")


@hypothesis_settings(deadline=None)
@given(text=st.text(max_size=200).filter(lambda t: not t.startswith("\ufeff") and "\x00" not in t))
def test_valid_utf8_is_read_as_utf8_whatever_anybody_says(text: str) -> None:
    assert _charset.decode(text.encode(), "windows-1251") == text


@pytest.mark.parametrize(
    "words",
    ["Mon, 12 Jan 2026 10:00:00 +0300", "Пн, 12 янв 2026 10:00:00 +0300", "12 января 2026, 10:00 МСК",
     "2026-01-12T07:00:00Z", "2026-01-12 10:00:00 +0300", "12.01.2026 10:00 GMT+3", "Jan 12, 2026 7:00 AM",
     "2026 ж. 12 қаңтар 2026 07:00", "12. Januar 2026 07:00", "2026年1月12日 07:00", "1768201200", "1768201200000",
     "12/01/2026 07:00", "Mon, 12 Jan 26 07:00:00 GMT", "12.01.2026 12:00 ALMT", "12 Jan 2026 18:00 AEDT"],
)  # fmt: skip
def test_a_date_is_understood_in_many_words(words: str) -> None:
    assert _dates.moment(words) == datetime(2026, 1, 12, 7, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "words", ["", "вчера", "31 Feb 2026", "99.99.2026", "12 Foo 2026", "10:00", "12 Jan 2026 99:00"]
)
def test_what_is_no_date_stays_unknown(words: str) -> None:
    assert _dates.moment(words) is None


def test_thousandths_of_seconds_are_no_date_of_another_century() -> None:
    assert _dates.moment("1798012311000") == datetime(2026, 12, 23, 7, 51, 51, tzinfo=UTC)


@given(st.text(max_size=60))
def test_no_words_break_the_dates(words: str) -> None:
    _dates.moment(words)


def test_the_year_one_is_not_2001() -> None:
    assert _dates.moment("Mon, 01 Jan 0001 00:00:00 +0000") == datetime(1, 1, 1, tzinfo=UTC)
    assert _dates.moment("Mon, 01 Jan 01 00:00:00 +0000") == datetime(2001, 1, 1, tzinfo=UTC)


def only_item(inside: str) -> Item:
    head = "<title>Steppe</title><link>https://steppe.example/</link>"
    body = f"<rss><channel>{head}<item><title>t</title>{inside}</item></channel></rss>".encode()
    (item,) = feed.parse(source(), fetched(body, url="https://steppe.example/rss"))
    return item


@pytest.mark.parametrize(
    ("inside", "url"),
    [
        ("<link>/n/1</link><guid>/n/1</guid>", "https://steppe.example/n/1"),
        ("<guid>/n/1</guid>", None),
        ("<guid>https://steppe.example/n/1</guid>", "https://steppe.example/n/1"),
        ("<link>steppe.example/n/1</link>", "https://steppe.example/n/1"),
        ("<link>www.steppe.example/n/1</link>", "https://www.steppe.example/n/1"),
        ("<link>n/1</link>", "https://steppe.example/n/1"),
    ],
)
def test_a_link_leads_where_its_writer_meant(inside: str, url: str | None) -> None:
    assert only_item(inside).url == url


@pytest.mark.parametrize(
    "said", ["a@b.example (Ann)", "Ann (mailto:a@b.example)", "<![CDATA[Ann@b.example]]>", "Ann@b.example"]
)
def test_an_author_is_a_name_and_no_mail_address(said: str) -> None:
    assert only_item(f"<author>{said}</author>").authors == ("Ann",)
