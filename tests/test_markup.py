"""HTML made safe, and HTML made plain."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.markup import clean, legible, paragraphs, plain, plain_line

BASE = "https://news.example/2026/"
PAYLOADS = (Path(__file__).parent / "data/markup/hostile.txt").read_text().splitlines()
FORBIDDEN = set(
    "script style iframe frame object embed form input button textarea select base meta link template noscript "
    "plaintext svg math portal dialog".split()
)
LINKS = {"href", "src", "poster", "cite", "srcset", "data"}
ILLEGIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\u202a-\u202e\u2066-\u2069]")
PIECES = st.sampled_from(
    [*PAYLOADS, "<div>", "</div>", "<p>", "<b x='", '">', "<!--", "-->", "<a href=x>", "</a>", "<table>", "<td>",
     "&lt;", "&amp;", "&#x202e;", "\x00", "\ud83d", "слово", " ", "\n", "<br>", "<script>", "</script>", "<", ">",
     "&nbsp;"]
)  # fmt: skip
SOUP = st.one_of(st.text(st.characters(exclude_categories=())), st.lists(PIECES, max_size=12).map("".join))


class Policy(HTMLParser):
    """What a browser would see that must not be there. What clean() returns is tidy enough for html.parser."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.violations: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.violations += [tag] if tag in FORBIDDEN else []
        for name, value in attrs:
            if name.startswith("on") or name in ("style", "srcset", "id", "class", "background", "target"):
                self.violations.append(f"{tag}@{name}")
            if name in LINKS and not re.match(r"https?://|mailto:", value or ""):
                self.violations.append(f"{tag}@{name}={value}")


@pytest.mark.parametrize("payload", PAYLOADS)
def test_nothing_hostile_survives(payload: str) -> None:
    for base in (BASE, "", "file:///inbox/a.html"):
        assert Policy(clean(f"<p>before</p>{payload}<p>after</p>", base)).violations == []
        assert Policy(paragraphs(payload)).violations == []


@given(SOUP)
@settings(deadline=None)
def test_whatever_comes_what_goes_out_is_safe_and_legible(html: str) -> None:
    for out in (clean(html, BASE), paragraphs(html)):
        assert Policy(out).violations == []
        assert not ILLEGIBLE.search(out)
    for text in (plain(html), plain_line(html), legible(html)):
        assert not ILLEGIBLE.search(text)
    assert plain_line(plain_line(html)) == plain_line(html)


def test_what_an_article_needs_stays() -> None:
    html = (
        "<h2>Мост</h2><p>Открыт <b>новый</b> <a href=\"/bridge?a=1&amp;b=2\" class=x>мост</a>.</p>"
        "<figure><img src=\"p/1.jpg\" alt=\"Мост\" width=640 onclick=x()><figcaption>Фото</figcaption></figure>"
        "<table><tr><td colspan=2>1</td></tr></table><video controls src=v.mp4></video><p>Лента&nbsp;<br>и флаги</p>"
    )  # fmt: skip
    assert clean(html, BASE) == (
        '<h2>Мост</h2><p>Открыт <b>новый</b> <a href="https://news.example/bridge?a=1&amp;b=2" rel="noopener nofollow">'
        'мост</a>.</p><figure><img src="https://news.example/2026/p/1.jpg" alt="Мост" width="640">'
        "<figcaption>Фото</figcaption></figure><table><tbody><tr><td colspan=\"2\">1</td></tr></tbody></table>"
        '<video controls="" src="https://news.example/2026/v.mp4"></video><p>Лента\xa0<br>и флаги</p>'
    )  # fmt: skip


def test_without_a_web_address_relative_links_go_and_absolute_ones_stay() -> None:
    for base in ("", "file:///inbox/a.html", "http://[bad", "not a url"):
        assert clean('<a href="/x">x</a>', base) == '<a rel="noopener nofollow">x</a>'
        assert 'href="https://a.example/"' in clean('<a href="https://a.example/">x</a>', base)


def test_tracking_pixels_and_pictures_without_an_address_go() -> None:
    html = '<p>x<img src="https://t.example/p.gif" width="1" height="1"><img src="javascript:1" alt="a>b"></p>'
    assert clean(html, BASE) == "<p>x</p>"
    assert clean('<img src="a.jpg" width="100">', BASE).startswith("<img src=")


def test_text_without_tags_is_escaped_and_nothing_else() -> None:
    assert clean("5 > 3 & 2", BASE) == "5 &gt; 3 &amp; 2"
    assert clean("5 > 3", BASE) == "5 &gt; 3"
    assert clean("", BASE) == ""


def test_what_is_nested_too_deep_comes_back_as_text() -> None:
    assert clean("<div>" * 300 + "текст <b>важный</b>", BASE) == "<p>текст важный</p>"
    shallow = "<div><p>текст</div>" * 300
    assert clean(shallow, BASE) == "<div><p>текст</p></div>" * 300
    assert clean("<p>текст" * 400, BASE) == "<p>текст</p>" * 400


@pytest.mark.parametrize(
    "evil",
    ["<div>", "<!--", "<a ", '<a b="', "<", "</", "<b x=1><p>", "<svg>", "&#9", "<div></p>", "<div title='</div>'>",
     "<div><marquee></div></marquee>", "<textarea><!--</textarea><div>", "<svg><![CDATA[></svg>]]>", "<a b=\"<c d='",
     "<table><td>", " ", "\n ", "<p '", "<select><template>"],
)  # fmt: skip
def test_no_document_takes_more_time_than_its_length(evil: str) -> None:
    html = evil * (300_000 // len(evil))
    began = process_time()
    for _ in clean(html, BASE), plain(html), plain_line(html), paragraphs(html):
        pass
    assert process_time() - began < 3, "this input took hundredths of a second when it was written, or minutes if naive"


@pytest.mark.parametrize(
    ("html", "wanted"),
    [
        ("<p>Один</p><p>Два</p>", "Один\n\nДва"),
        ("Один<br>два<BR/>три", "Один\nдва\nтри"),
        ("<div>\n  <h1>А</h1>\n  Б <b>в</b>г &amp; д&nbsp;е\n</div>", "А\n\nБ вг & д е"),
        ("a<script>var x = '<p>';</script>b<style>p{}</style>c<!-- <p> -->d", "abcd"),
        ('<img alt="a > b" src=x>x', "x"),
        ("<ul><li>1<li>2</ul>", "1\n\n2"),
        ("<table><tr><td>1</td><td>2</td></tr></table>", "1 2"),
        ("5 < 6 и 7 > 3", "5 < 6 и 7 > 3"),
        ("&#x202e;&#1;&#" + "9" * 5000 + ";x", "x"),
        ("&lt;b&gt;", "<b>"),
        ("", ""),
    ],
)
def test_plain_is_what_one_would_read_aloud(html: str, wanted: str) -> None:
    assert plain(html) == wanted


@pytest.mark.parametrize(
    ("html", "wanted"),
    [
        ("Цены &mdash; <b>вверх</b>", "Цены — вверх"),
        ("AT&T и AT&amp;T", "AT&T и AT&T"),
        ("a < b и c > d", "a < b и c > d"),
        ("x <y и z> w", "x <y и z> w"),
        ("if a<b", "if a<b"),
        ("&lt;b&gt;Жирный&lt;/b&gt; &amp;quot;да&amp;quot;", 'Жирный "да"'),
        ("<script>alert(1)</script>", ""),
        ("<marquee>Срочно</marquee>", "Срочно"),
        ("<img src=x onerror=alert(1)>", ""),
        ("две\n  строки<br>вместе", "две строки вместе"),
        ("<<b>b>x", "x"),
        ("Скидка\u202e\u206605%\u2069 на всё", "Скидка05% на всё"),
        ("Плохой \x08 символ", "Плохой символ"),
    ],
)
def test_a_headline_is_one_plain_line(html: str, wanted: str) -> None:
    assert plain_line(html) == wanted


def test_paragraphs_and_lines_of_a_text_become_html() -> None:
    text = "Один < два\nи три\n \n\r\nКонец & точка"
    assert paragraphs(text) == "<p>Один &lt; два<br>и три</p><p>Конец &amp; точка</p>"
    assert plain(paragraphs("Один\nдва\n\nтри")) == "Один\nдва\n\nтри"


def test_legible_text_is_left_alone() -> None:
    text = "Обычный текст, й, 😀, عربي\tи\nстрока"
    assert legible(text) is text
    assert legible("a\x00b\ud800c\ufffed\x9be\u202ef") == "abcdef"
