"""Pages that list articles, and the articles themselves, politely fetched."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from aggregator.errors import ParseError
from aggregator.gather import Bag, gather
from aggregator.model import Enclosure, Fetched, Item, Source
from aggregator.sources import _announced, _follow, _listing, page
from aggregator.sources._extractor import main_text
from aggregator.sources._robots import Robots

from .loopback import Loopback, failure, make_web, reply, visit
from .pages import NOW, Answer, Pages

HOME = "https://news.example/"
ROBOTS = "https://news.example/robots.txt"
LISTINGS = Path(__file__).parent / "data/listings"
ARTICLE = (Path(__file__).parent / "data/sources/page/article.html").read_text()


def article(number: int) -> str:
    return ARTICLE.replace("Мост через", f"Номер {number}: мост через")


def listing(*numbers: int) -> str:
    links = "".join(f'<li><h3><a href="/n/{n}">Headline of article number {n}</a></h3></li>' for n in numbers)
    return f"<!doctype html><html><body><ul>{links}</ul></body></html>"


def world(*numbers: int) -> Pages:
    return Pages({HOME: listing(*numbers)} | {f"{HOME}n/{n}": article(n) for n in numbers})


class Desk:
    """A source and its bookmark, over several visits."""

    def __init__(self, world: Pages, kind: str = "page", location: str = HOME, **options: Any) -> None:
        self.world = world
        self.source = Source(name="desk", kind=kind, location=location, options=options)
        self.bag = Bag({})

    def visit(self, hours: float = 1) -> list[str]:
        """The paths of the articles that came, in their order; `bag.errors` says what went wrong."""
        self.world.asked.clear()
        self.bag = gather(self.source, self.world, Bag(self.bag.checkpoint))
        self.world.now += timedelta(hours=hours)
        return [urlsplit(a.url).path for a in self.bag.articles]


# --- the list --------------------------------------------------------------------------------------------------------


def listed(name: str, url: str, **selectors: str) -> list[tuple[str, str | None, str | None]]:
    found = _listing.items((LISTINGS / name).read_text(), url, selectors)
    dates = [f"{i.published_at:%m-%d %H:%M}" if i.published_at else None for i in found]
    return [(urlsplit(i.url or "").path, i.title, date) for i, date in zip(found, dates, strict=True)]


def test_the_list_is_recognised_among_menus_sidebars_and_advertisements() -> None:
    assert listed("cards.html", HOME) == [
        ("/news/100", "Главное: ветропарк у Достыка дал первый ток в сеть области", None),
        ("/news/101", "Мост через Сырдарью открыли для автобусов", "02-28 04:30"),
        ("/news/102", "В Кызылорде отремонтировали три школы за лето", "02-28 03:00"),
        ("/news/103", "Поезд до Арала пойдёт быстрее на два часа", "02-27 15:15"),
        ("/news/104", "Рыбаки вернули в реку сто тысяч мальков", "02-27 06:00"),
    ]


def test_old_tables_are_lists_too() -> None:
    url = "https://office.example/press/list.asp"
    found = _listing.items((LISTINGS / "table.html").read_text(), url, {})
    assert [i.url for i in found] == [f"https://www.office.example/press/release.asp?id={n}" for n in (7, 6, 5)]


def test_selectors_say_where_everything_is() -> None:
    found = listed("table.html", "https://office.example/", items="tr:has(td.t)", link="td.t a", date="td:first-child")
    assert found[0] == ("/press/release.asp", "Office opens a second door for visitors", "02-26 00:00")
    found = listed("cards.html", HOME, items="article.card", headline="h3", link="h3 > a", date="time", summary="time")
    assert [path for path, _, _ in found] == ["/news/101", "/news/102", "/news/103", "/news/104"]
    assert [i.summary for i in _listing.items(ARTICLE, HOME, {"items": ".related li", "summary": "a"})] == [
        "Ещё одна новость про дороги области"
    ]
    assert _listing.items(listing(1), HOME, {"items": "h3 a"})[0].url == "https://news.example/n/1"


def test_a_listing_of_thousands_of_links_is_read_in_one_go_and_cut() -> None:
    one = "<p><a href='/n/{0}'>Headline of article number {0}</a><time>2026-02-27</time></p>"
    started = perf_counter()
    found = _listing.items(f"<html><body><div>{''.join(map(one.format, range(9999)))}</div></body></html>", HOME, {})
    assert perf_counter() - started < 10
    assert [urlsplit(i.url or "").path for i in found] == [f"/n/{n}" for n in range(_listing.MOST)]
    assert all(i.published_at for i in found)


def test_a_base_that_is_no_address_is_no_base() -> None:
    broken = '<head><base href="http://["></head><body><a href="//[x">One two three four five</a>'
    text = listing(1, 2, 3).replace("<body>", broken)
    assert [urlsplit(i.url or "").path for i in _listing.items(text, HOME, {})] == ["/n/1", "/n/2", "/n/3"]


@pytest.mark.parametrize("text", ["", " ", "<p>x", "\x00", "<html><a href='http://['>one two three four five</a>"])
def test_what_lists_nothing_gives_nothing(text: str) -> None:
    assert _listing.items(text, HOME, {}) == []


PIECES = ["<a href='/n/1'>", "</a>", "one two three four five six", "<li>", "</li>", "<base href='", "'>",
          "<time datetime=", "<!--", "<script>", "<html>", "\x00", "<a href=http://[ >", "&#xD800;", "<h3>",
          "<table>", '"']  # fmt: skip


@hypothesis_settings(deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
def test_no_page_makes_us_raise_anything_but_our_errors(text: str) -> None:
    _listing.items(text, HOME, {})
    _listing.items(text, HOME, {"items": "a, li", "date": "time"})
    fetched = Fetched(url=HOME, body=text.encode("utf-8", "replace"), checkpoint={})
    try:
        list(page.parse(Source(name="desk", kind="page", location=HOME), fetched))
    except ParseError:
        return


BOMBS = {
    "attributes": "<p " + " ".join(f'a{n}=">"' for n in range(100_000)) + ">x",
    "paragraphs": "<p>a b c" * 100_000,
    "deep": "<div>" * 100_000,
    "open-tags": "<a " * 300_000,
    "open-quotes": "<a '\"" * 200_000,
    "open-comments": "<!--" * 200_000,
    "spans": '<td colspan="9007199254740991">x',
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_hostile_page_costs_seconds_at_most(name: str) -> None:
    started = perf_counter()
    main_text(f"<html><body>{BOMBS[name]}", HOME)
    assert _listing.items(f"<html><body>{BOMBS[name]}", HOME, {}) == []
    assert perf_counter() - started < 10


# --- visits ----------------------------------------------------------------------------------------------------------


def test_each_article_is_fetched_once() -> None:
    desk = Desk(world(1, 2, 3))
    assert desk.visit() == ["/n/1", "/n/2", "/n/3"]
    assert desk.world.asked == [ROBOTS, HOME, *(f"{HOME}n/{n}" for n in (1, 2, 3))]
    assert desk.bag.errors == []
    assert desk.visit() == []
    assert desk.world.asked == [HOME]
    desk.world.pages |= {HOME: listing(4, 1, 2), f"{HOME}n/4": article(4)}
    assert desk.visit() == ["/n/4"]
    assert desk.world.asked == [HOME, f"{HOME}n/4"]


def test_an_article_has_the_headline_of_the_list_and_the_text_of_its_page() -> None:
    desk = Desk(world(1, 2, 3))
    desk.visit()
    first = desk.bag.articles[0]
    assert first.title == "Headline of article number 1"
    assert first.content.startswith("<p>Мост соединил два берега")
    assert "Читайте также" not in first.content
    assert "Курс валют" not in first.content
    assert first.url == f"{HOME}n/1"  # its canonical link is the home page: a broken site
    assert f"{first.published_at:%Y-%m-%d %H:%M}" == "2026-02-28 04:31"
    assert first.publisher == "Вести степи"


def test_a_visit_fetches_so_many_and_the_next_ones_the_rest_even_if_the_list_has_moved_on() -> None:
    desk = Desk(world(*range(1, 8)), per_visit=3)
    assert desk.visit() == ["/n/1", "/n/2", "/n/3"]
    desk.world.pages |= {HOME: listing(8, 1, 2), f"{HOME}n/8": article(8)}
    assert desk.visit() == ["/n/8", "/n/4", "/n/5"]
    desk.world.pages[HOME] = Answer(HOME, None)
    assert desk.visit() == ["/n/6", "/n/7"]
    assert desk.visit() == []
    assert not [key for key in desk.bag.checkpoint if key.startswith("todo")]


def test_what_cannot_be_had_comes_as_it_was_announced_and_is_tried_three_times() -> None:
    desk = Desk(world(1, 2, 3))
    desk.world.pages[f"{HOME}n/2"] = 500
    assert desk.visit() == ["/n/1", "/n/2", "/n/3"]
    assert [bool(a.content) for a in desk.bag.articles] == [True, False, True]
    assert desk.bag.left_out == ["the text of an article could not be had: the server answers 500 Something"]
    assert (desk.visit(), len(desk.world.asked), len(desk.bag.left_out)) == ([], 2, 1)
    assert (desk.visit(), len(desk.world.asked), len(desk.bag.left_out)) == ([], 2, 1)
    assert (desk.visit(), desk.world.asked, desk.bag.left_out) == ([], [HOME], [])


def test_pages_that_are_missing_are_no_fault_of_the_source() -> None:
    desk = Desk(world(1, 2, 3, 4))
    for code in (404, 410):
        desk.world.pages |= {f"{HOME}n/{n}": code for n in range(1, 5)}
        desk.visit()
        assert desk.bag.left_out
        assert desk.bag.errors == []


def test_a_text_that_comes_later_takes_the_place_of_the_announcement() -> None:
    desk = Desk(world(1, 2, 3))
    desk.world.pages[f"{HOME}n/2"] = 500
    desk.visit()
    announced = desk.bag.articles[1]
    desk.world.pages[f"{HOME}n/2"] = article(2)
    assert desk.visit() == ["/n/2"]
    [later] = desk.bag.articles
    assert later.id == announced.id
    assert later.content


@pytest.mark.parametrize(("code", "asked"), [(429, 1), (503, 1), (500, 3)])
def test_a_site_in_trouble_is_left_alone_until_the_next_visit(code: int, asked: int) -> None:
    desk = Desk(world(1, 2, 3, 4, 5))
    desk.world.pages |= {f"{HOME}n/{n}": code for n in range(1, 6)}
    desk.visit()
    assert len(desk.world.asked) == 2 + asked
    assert len(desk.bag.errors) == 1
    assert desk.bag.left_out == []
    desk.world.pages |= {f"{HOME}n/{n}": article(n) for n in range(1, 6)}
    assert sorted(desk.visit()) == [f"/n/{n}" for n in range(1, 6)]


def test_what_is_no_page_is_not_read() -> None:
    desk = Desk(world(1, 2, 3))
    desk.world.pages[f"{HOME}n/1"] = Answer(f"{HOME}n/1", b"%PDF-1.7", media_type="application/pdf")
    assert desk.visit() == ["/n/1", "/n/2", "/n/3"]
    assert desk.bag.articles[0].content == ""
    assert desk.visit() == []


@pytest.mark.parametrize(
    ("text", "options", "complaint"),
    [
        (listing(), {}, "no list of articles is recognised in the page; 'items:' says where they are"),
        (listing(1, 2, 3), {"items": "div.card"}, "'items: div.card' finds no article with a link in the page"),
        ("<rss><channel></channel></rss>", {}, "this is a feed; it is read by 'feed:'"),
        ('<html><head><link rel=alternate type=application/rss+xml href=/rss>', {}, "names is https://news.example/rss"),
    ],
)  # fmt: skip
def test_a_page_without_a_list_is_an_error_and_asked_for_in_full_again(
    text: str, options: dict[str, Any], complaint: str
) -> None:
    desk = Desk(Pages({HOME: Answer(HOME, text.encode(), {"etag": '"1"'})}), **options)
    assert desk.visit() == []
    assert complaint in desk.bag.errors[0]
    assert "etag" not in desk.bag.checkpoint


def test_other_selectors_read_the_same_page_anew() -> None:
    desk = Desk(world(1, 2, 3), items="li:first-child")
    assert desk.visit() == ["/n/1"]
    desk.source = Source(name="desk", kind="page", location=HOME, options={"items": "li"})
    assert desk.visit() == ["/n/2", "/n/3"]
    place = desk.world.asked.index(HOME) - len(desk.world.asked)
    assert not desk.world.bookmarks[place]  # or the server might say that nothing has changed
    desk.visit()
    assert desk.world.bookmarks[-1]


@pytest.mark.parametrize(("key", "value"), [("items", "a["), ("items", 5), ("link", ""), ("date", "p:nonsense(1)"),
                                            ("per_visit", 0), ("per_visit", "many"), ("per_visit", True)])  # fmt: skip
def test_what_is_no_selector_or_number_is_refused(key: str, value: object) -> None:
    with pytest.raises(ValueError, match="is no"):
        page.OPTIONS[key](value)


def test_the_newest_of_a_list_come_first_wherever_they_stand_in_it() -> None:
    desk = Desk(world(1, 2, 3, 4, 5), per_visit=2)
    days = {1: "", 2: "2026-02-01", 3: "2026-02-03", 4: "2026-02-02", 5: "2026-02-04"}
    dated = {n: f"Headline of article number {n}</a></h3><time>{day}</time>" for n, day in days.items()}
    links = "".join(f'<li><h3><a href="/n/{n}">{text}</li>' for n, text in dated.items())
    desk.world.pages[HOME] = f"<!doctype html><html><body><ul>{links}</ul></body></html>"
    assert [desk.visit(), desk.visit(), desk.visit()] == [["/n/1", "/n/5"], ["/n/3", "/n/4"], ["/n/2"]]


def test_a_page_has_the_public_name_that_the_operator_gives_it() -> None:
    desk = Desk(world(1, 2, 3))
    desk.source = replace(desk.source, title="Museum")
    desk.visit()
    assert {a.publisher for a in desk.bag.articles} == {"Museum"}
    agency = ARTICLE.replace('"canonical" href="https://news.example/"', '"canonical" href="https://wire.example/9"')
    desk.world.pages[HOME], desk.world.pages[f"{HOME}n/4"] = listing(1, 2, 3, 4), agency
    desk.visit()
    assert [a.publisher for a in desk.bag.articles] == ["Вести степи"]


# --- robots.txt ------------------------------------------------------------------------------------------------------


def robots(text: str | int | bytes) -> Pages:
    return Pages(world(1, 2, 3).pages | {ROBOTS: text})


def test_a_page_that_robots_must_not_read_is_not_read() -> None:
    desk = Desk(robots("User-agent: *\nDisallow: /\n"))
    assert desk.visit() == []
    assert (desk.world.asked, desk.bag.errors) == ([ROBOTS], ["robots.txt does not let us read this page"])
    desk.visit()
    assert desk.world.asked == []


def test_articles_that_robots_must_not_read_come_as_they_were_announced() -> None:
    desk = Desk(robots("User-agent: other\nDisallow: /\n\nUser-agent: RIVER\nDisallow: /n/2\nAllow: /\n"))
    assert desk.visit() == ["/n/1", "/n/2", "/n/3"]
    assert f"{HOME}n/2" not in desk.world.asked
    assert [bool(a.content) for a in desk.bag.articles] == [True, False, True]
    assert desk.bag.errors == []
    assert desk.visit() == []


def test_nor_is_it_read_where_a_redirect_leads_to_it() -> None:
    desk = Desk(robots("User-agent: *\nDisallow: /members/\n"))
    desk.world.pages[f"{HOME}n/2"] = Answer(f"{HOME}members/2", article(2).encode())
    desk.world.pages[f"{HOME}n/3"] = Answer("https://other.example/3", article(3).encode())
    desk.world.pages["https://other.example/robots.txt"] = "User-agent: *\nDisallow: /\n"
    assert desk.visit() == ["/n/1", "/n/2", "/n/3"]
    assert [bool(a.content) for a in desk.bag.articles] == [True, False, False]


@pytest.mark.parametrize(("answer", "allowed"), [
    (404, True), (403, True), (410, True), (429, False), (500, False), (503, False), ("", True), (b"\xff\xfe", True),
    ("<html><body>Not found", True), ("\ufeffUser-agent: *\r\nDisallow: /", False), ("User-agent: *\nDisallow:", True),
    ("User-agent: *\nDisallow: /\n\nUser-agent: river\nDisallow:\n", True), ("User-agent: *\nDisallow: /*.x$", True),
])  # fmt: skip
def test_robots_txt_is_read_as_rfc_9309_says(answer: str | int | bytes, allowed: bool) -> None:
    assert Robots({}, robots(answer)).allow(HOME) is allowed


def test_robots_txt_holds_for_a_day_and_what_we_had_holds_while_the_site_is_in_trouble() -> None:
    desk = Desk(robots("User-agent: *\nDisallow: /n/2\n"))
    desk.visit(hours=11)
    desk.visit(hours=2)
    assert ROBOTS not in desk.world.asked
    desk.visit(hours=25)
    assert desk.world.asked == [HOME, ROBOTS]  # renewed behind the page, while the old one holds
    desk.world.pages |= {ROBOTS: 500, HOME: listing(1, 2, 5), f"{HOME}n/5": article(5)}
    assert desk.visit() == ["/n/5"]
    assert desk.world.asked == [ROBOTS, HOME, f"{HOME}n/5"]
    desk.world.pages[ROBOTS] = "User-agent: *\nDisallow: /\n"
    assert (desk.visit(), desk.bag.errors) == ([], ["robots.txt does not let us read this page"])


@pytest.mark.parametrize("broken", [404, 500, "<html><body><p>No list</p></body></html>"])
def test_robots_txt_is_kept_for_a_day_also_while_the_page_fails(broken: int | str) -> None:
    desk = Desk(Pages({ROBOTS: "User-agent: *\nAllow: /\n", HOME: broken}))
    asked = []
    for _ in range(8):
        desk.visit(hours=6)
        asked += desk.world.asked
        assert desk.bag.errors
    assert asked.count(HOME) == 8
    assert asked.count(ROBOTS) <= 3


def test_a_site_may_want_long_pauses() -> None:
    desk = Desk(Pages(world(*range(1, 9)).pages | {ROBOTS: "User-agent: *\nCrawl-delay: 15\n"}))
    assert len(desk.visit()) == 6  # in a minute
    assert set(desk.world.paces.values()) == {timedelta(seconds=10)}


@pytest.mark.parametrize(("wish", "pause"), [("99999999999999", 10), ("1e300", 10), ("nan", 0), ("-3", 0), ("2", 2)])
def test_no_pause_that_a_site_may_ask_for_stops_us(wish: str, pause: int) -> None:
    robots = Robots({}, Pages({ROBOTS: f"User-agent: *\nCrawl-delay: {wish}\n"}))
    assert robots.pause(HOME) == timedelta(seconds=pause)


def test_each_site_has_its_own_robots_txt() -> None:
    pages = robots("User-agent: *\nDisallow: /\n")
    rules = Robots({}, pages)
    assert not rules.allow(HOME)
    assert rules.allow("https://other.example:8443/x")
    assert pages.asked == [ROBOTS, "https://other.example:8443/robots.txt"]


def test_an_error_of_the_web_has_its_status() -> None:
    with Loopback({"/robots.txt": reply(503), "/gone": reply(410)}) as server:
        web = make_web()
        assert failure(web, server.url("/robots.txt")).status == 503
        assert failure(web, server.url("/gone")).status == 410
        assert failure(web, "http://127.0.0.1:1/").status is None
        assert not Robots({}, visit(web)).allow(server.url("/x"))
        web.close()


# --- the bookmark ----------------------------------------------------------------------------------------------------


def test_what_was_announced_is_remembered() -> None:
    item = Item(
        title="T", url="u", authors=("a", "b"), published_at=NOW, labels=("x",), is_html=False,
        enclosures=(Enclosure(url="e", length=5),),
    )  # fmt: skip
    assert _announced.load(json.loads(json.dumps(_announced.dump(item)))) == item


@pytest.mark.parametrize("line", ["", "{}", "[]", '{"tries": 0}', '{"tries": "x", "version": "", "item": {}}',
                                  '{"tries": 0, "version": "", "item": {"nonsense": 1}}',
                                  '{"tries": 0, "version": "", "item": {"published_at": "x"}}'])  # fmt: skip
def test_a_damaged_bookmark_costs_nothing_else(line: str) -> None:
    desk = Desk(world(1, 2, 3))
    desk.bag.checkpoint |= {f"todo {HOME}n/9": line, f"robots {HOME[:-1]}": "yesterday"}
    assert desk.visit() == ["/n/1", "/n/2", "/n/3"]


def test_the_bookmark_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_follow, "MOST_WAITING", 3)
    monkeypatch.setattr(_follow, "MOST_KNOWN", 3)
    desk = Desk(world(*range(1, 10)), per_visit=2)
    desk.visit()
    told = "of 9 articles to come 3 are remembered, the others when they are listed again"
    assert desk.bag.left_out == [f"{told}; 'per_visit' says how many come at a visit"]
    for _ in range(5):
        desk.visit(hours=24)
        lines = [key.partition(" ")[0] for key in desk.bag.checkpoint]
        assert lines.count("todo") <= 3
        assert lines.count("seen") <= 5
