"""The pages for people: a topic's own (formats/html.py) and the front page (front.py)."""

from __future__ import annotations

import pickle
import re
import subprocess
import sys
from datetime import UTC, datetime
from html.parser import HTMLParser
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from lxml import etree

from aggregator import front
from aggregator.formats import html, render
from aggregator.formats._page import FEEDS, tongue
from aggregator.formats._page_words import words_for
from aggregator.model import Edition, Front
from aggregator.plugins import load

from .editions import EDITIONS, HOSTILE, ORDINARY, edition, story

VOID = {"meta", "link", "br", "hr", "img"}
LATE = datetime(2026, 7, 5, 9, 4, tzinfo=UTC)


class Reader(HTMLParser):
    """Reads a page strictly: every element closed, and by its own name. Keeps (tag, attributes, text) in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[int] = []
        self.elements: list[tuple[str, dict[str, str], str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        assert len(said) == len(attrs), f"<{tag}> says something twice"
        self.elements.append((tag, said, ""))
        if tag not in VOID:
            self.open.append(len(self.elements) - 1)

    def handle_endtag(self, tag: str) -> None:
        assert self.elements[self.open.pop()][0] == tag

    def handle_data(self, data: str) -> None:
        for at in self.open:
            name, said, text = self.elements[at]
            self.elements[at] = (name, said, text + data)


def read(page: bytes) -> list[tuple[str, dict[str, str], str]]:
    reader = Reader()
    reader.feed(page.decode())
    reader.close()
    assert not reader.open, "something is not closed"
    return reader.elements


def of_class(page: bytes, name: str) -> list[tuple[str, dict[str, str], str]]:
    return [element for element in read(page) if name in element[1].get("class", "").split()]


def front_of(*editions: Edition) -> Front:
    return Front(imprint=ORDINARY.imprint, editions=editions)


@pytest.fixture(params=[*EDITIONS, "front", "empty front"])
def page(request: pytest.FixtureRequest) -> bytes:
    if request.param in EDITIONS:
        return render(html, EDITIONS[request.param])
    return front.render(front_of(*(EDITIONS.values() if request.param == "front" else ())))["index.html"]


def test_a_page_is_whole_and_says_its_language_and_title(page: bytes) -> None:
    elements = read(page)
    assert page.startswith(b"<!doctype html>\n")
    assert [said["lang"] for tag, said, _ in elements if tag == "html"] in (["ru"], ["kk"])
    assert [bool(text.strip()) for tag, _, text in elements if tag == "title"] == [True]
    assert [tag for tag, _, _ in elements].count("h1") == 1
    ids = [said["id"] for _, said, _ in elements if "id" in said]
    assert len(ids) == len(set(ids))


def test_a_page_keeps_within_a_policy_without_scripts_and_inline_styles(page: bytes) -> None:
    for tag, said, _ in read(page):
        assert tag not in ("script", "style", "iframe", "object", "embed", "form", "base")
        assert not [name for name in said if name == "style" or name.startswith("on")]


def test_a_link_leads_to_the_web_or_to_a_neighbour(page: bytes) -> None:
    for tag, said, _ in read(page):
        address = urlsplit(said.get("href", ""))
        assert address.scheme in ("", "http", "https")
        assert not address.path.startswith("/") or address.netloc, f"<{tag}> counts on standing at the root of a server"


def test_a_neighbour_that_the_front_page_links_to_is_one_that_is_published() -> None:
    rendered = front.render(front_of(ORDINARY, EDITIONS["all"]))
    published = set(rendered) | {
        f"{e.topic.name}/{load('formats', name).FILENAME}"
        for e in (ORDINARY, EDITIONS["all"])
        for name in e.topic.formats
    }
    hrefs = {urlsplit(said["href"]) for _, said, _ in read(rendered["index.html"]) if "href" in said}
    near = {href.path for href in hrefs if not href.scheme and href.path}
    assert near <= published
    assert {"style.css", "icon.svg", "feeds.opml", "bridges/rss.xml", "all/index.html"} <= near


def test_a_hostile_title_is_shown_and_not_obeyed() -> None:
    page = render(html, HOSTILE)
    assert of_class(page, "p-name")[1][2] == "<b>Bold</b> &amp; <script>alert(1)</script>"
    assert b"javascript:" not in page
    assert b"\0" not in page


def test_a_name_in_quotes_does_not_leave_its_attribute() -> None:
    name = '"><script>alert(1)</script>'
    hostile = edition(story(1), title=name, description=name)
    for page in (render(html, hostile), front.render(front_of(hostile))["index.html"]):
        assert name in [said.get("title", "").removesuffix(" (RSS)") for tag, said, _ in read(page) if tag == "link"]


def test_another_process_in_another_time_zone_makes_the_same_front_page(tmp_path: Path) -> None:
    (tmp_path / "front").write_bytes(pickle.dumps(front_of(*EDITIONS.values())))
    code = (
        "import pickle, sys; from aggregator.front import render;"
        "sys.stdout.buffer.write(pickle.dumps(render(pickle.load(open('front', 'rb')))))"
    )
    env = {"TZ": "Asia/Almaty", "PYTHONHASHSEED": "7", "PYTHONPATH": str(Path(__file__).parent.parent)}
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=env, capture_output=True, check=True)
    assert pickle.loads(done.stdout) == front.render(front_of(*EDITIONS.values()))


def test_a_story_carries_what_a_microformats_reader_looks_for() -> None:
    page = render(html, ORDINARY)
    assert len(of_class(page, "h-feed")) == 1
    assert len(of_class(page, "h-entry")) == len(ORDINARY.stories)
    assert [text for _, _, text in of_class(page, "p-name")][:2] == ["Мосты & дороги", ORDINARY.stories[0].lead.title]
    assert of_class(page, "u-url")[0][1]["href"] == "https://steppe.example/news/1"
    assert of_class(page, "dt-published")[0][1]["datetime"] == "2026-07-05T11:00:00Z"
    assert of_class(page, "p-author")[0][2] == "Степной вестник"
    assert [text for _, _, text in of_class(page, "p-summary")][:2] == ["Что строят.", "Движение началось утром."]


def test_a_story_says_its_language_and_direction() -> None:
    page = render(html, edition(story(1, language="ar"), story(2, language="kk"), story(3, language="")))
    assert [(said["lang"], said["dir"]) for _, said, _ in of_class(page, "text")] == [
        ("ar", "rtl"),
        ("kk", "ltr"),
        ("", "auto"),
    ]


@pytest.mark.parametrize(
    ("language", "direction"),
    [
        ("ar-EG", "rtl"),
        ("kk-Arab-CN", "rtl"),
        ("az-Latn", "ltr"),
        ("ar-Latn", "ltr"),
        ("es-AR", "ltr"),
        ("en-UG", "ltr"),
        ("he", "rtl"),
    ],
)
def test_a_script_tells_the_direction_and_a_region_does_not(language: str, direction: str) -> None:
    assert tongue(language) == f'lang="{language}" dir="{direction}"'


def test_other_carriers_are_named_with_their_links() -> None:
    also = of_class(render(html, ORDINARY), "also")
    assert [text for _, _, text in also] == ["Также: Заря & Ко, Районная почта"]
    assert b'<a href="https://zarya.example/a?x=1&amp;y=2"' in render(html, ORDINARY)


def test_a_text_with_no_address_elsewhere_is_read_in_full_here() -> None:
    local = story(3, url="", content="<p>Whole.</p>")
    page = render(html, edition(local, story(4)))
    assert [text.strip() for _, _, text in of_class(page, "e-content")] == ["Whole."]
    assert of_class(page, "u-url")[0][1]["href"] == f"#{local.id}"
    assert of_class(page, "h-entry")[0][1]["id"] == local.id
    headline = of_class(front.render(front_of(edition(local)))["index.html"], "u-url")[1]
    assert headline[1]["href"] == f"bridges/index.html#{local.id}"


def test_a_topic_without_a_page_is_not_linked_to_one() -> None:
    local = edition(story(3, url=""), formats=("atom",))
    assert of_class(front.render(front_of(local))["index.html"], "u-url") == []


def test_a_page_shows_the_way_to_the_feeds_that_there_are_and_no_others() -> None:
    page = render(html, edition(story(1), formats=("atom", "html")))
    found = [(said["type"], said["href"]) for tag, said, _ in read(page) if said.get("rel") == "alternate"]
    assert found == [("application/atom+xml", "atom.xml")]
    assert [said["href"] for tag, said, _ in read(page) if tag == "a" and "type" in said] == ["atom.xml"]


@pytest.mark.parametrize("name", FEEDS)
def test_a_page_knows_a_feed_by_the_name_that_its_format_gives_it(name: str) -> None:
    fmt = load("formats", name)
    assert (FEEDS[name].filename, FEEDS[name].media_type) == (fmt.FILENAME, fmt.MEDIA_TYPE.split(";")[0])


def test_a_page_has_one_address() -> None:
    for page, address in [
        (render(html, ORDINARY), "https://desk.example/feeds/bridges/"),
        (front.render(front_of(ORDINARY))["index.html"], "https://desk.example/feeds/"),
    ]:
        assert [said["href"] for _, said, _ in read(page) if said.get("rel") == "canonical"] == [address]


@pytest.mark.parametrize(
    ("language", "date"),
    [
        ("en-GB", "5 July 2026, 09:04"),
        ("ru", "5 июля 2026, 09:04"),
        ("KK", "2026 ж. 5 шілде, 09:04"),
        ("de", "5. Juli 2026, 09:04"),
        ("zh-Hans", "2026年7月5日 09:04"),
        ("fi", "5 July 2026, 09:04"),
    ],
)
def test_a_date_is_written_as_the_reader_writes_it(language: str, date: str) -> None:
    assert words_for(language).date(LATE) == date


def test_an_empty_topic_says_so() -> None:
    assert [text for _, _, text in of_class(render(html, edition()), "nothing")] == ["Новостей пока нет."]


# --- the list of subscriptions ---------------------------------------------------------------------------------------


def test_the_list_holds_every_topic_that_can_be_subscribed_to() -> None:
    opml = etree.fromstring(
        front.render(
            front_of(
                ORDINARY,
                edition(name="news", title="<Новости> & \"люди\"\x01", formats=("atom", "jsonfeed"), language="kk"),
                edition(name="page", formats=("html",)),
            )
        )["feeds.opml"]
    )
    assert (opml.tag, opml.get("version"), opml.findtext("head/title")) == ("opml", "2.0", "Новости степи")
    assert [dict(outline.attrib) for outline in opml.findall("body/outline/outline")] == [
        {
            "type": "rss",
            "text": "Мосты & дороги",
            "title": "Мосты & дороги",
            "xmlUrl": "https://desk.example/feeds/bridges/rss.xml",
            "htmlUrl": "https://desk.example/feeds/bridges/",
            "description": "Что строят.",
            "language": "ru",
        },
        {
            "type": "rss",
            "text": '<Новости> & "люди"',
            "title": '<Новости> & "люди"',
            "xmlUrl": "https://desk.example/feeds/news/atom.xml",
            "description": "Что строят.",
            "language": "kk",
        },
    ]


# --- the colours -----------------------------------------------------------------------------------------------------


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    parts = [int(part, 16) / 255 for part in re.findall("..", colour.removeprefix("#"))]
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def schemes() -> list[dict[str, str]]:
    css = files("aggregator.formats").joinpath("style.css").read_text()
    roots = re.findall(r":root \{(.*?)\}", css, re.DOTALL)
    return [dict(re.findall(r"--(\w+): (#[0-9a-f]{6});", root)) for root in roots[:2]]


def test_the_formula_is_the_one_of_the_standard() -> None:
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("scheme", schemes(), ids=["light", "dark"])
@pytest.mark.parametrize("colour", ["ink", "soft", "accent"])
def test_text_stands_out_from_the_paper(scheme: dict[str, str], colour: str) -> None:
    assert contrast(scheme[colour], scheme["paper"]) >= 4.5


def test_light_and_dark_are_two_schemes_of_the_same_colours() -> None:
    light, dark = schemes()
    assert light.keys() == dark.keys()
    assert light != dark


def test_a_colour_is_named_before_it_is_used() -> None:
    css = files("aggregator.formats").joinpath("style.css").read_text()
    body = css.split("}\n}\n", 1)[1].split("@media print")[0]
    assert not re.findall(r"#[0-9a-f]{3,8}\b", body)


def test_headings_go_down_one_step_at_a_time() -> None:
    page = front.render(front_of(ORDINARY))["index.html"]
    levels = [int(tag[1]) for tag, _, _ in read(page) if re.fullmatch("h[1-6]", tag)]
    assert all(after - before <= 1 for before, after in pairwise(levels))
