"""The feed behind a page."""

from __future__ import annotations

import pytest

from aggregator.errors import FetchError, ParseError
from aggregator.model import Fetched, Source
from aggregator.sources import feed
from aggregator.sources._home import declared

from .pages import Answer, Pages

HOME = "https://news.example/"
RSS = "<rss><channel><title>Steppe</title><item><title>News</title></item></channel></rss>"
PAGE = '<!DOCTYPE html><html><head><title>Steppe</title>{}</head><body><p>Hello</p></body></html>'
LINK = '<link rel="alternate" type="{}" href="{}" title="{}">'


def page(*links: tuple[str, ...], base: str = "") -> str:
    return PAGE.format((f'<base href="{base}">' if base else "") + "".join(LINK.format(*link) for link in links))


def source(location: str = HOME) -> Source:
    return Source(name="desk", kind="feed", location=location)


def titles(world: Pages, bookmark: dict[str, str]) -> list[str | None]:
    found = []
    for fetched in feed.fetch(source(), dict(bookmark), world):
        found += [item.title for item in feed.parse(source(), fetched)] if fetched.body is not None else []
        bookmark |= fetched.checkpoint
    return found


def test_a_busy_site_is_not_asked_for_the_next_of_its_feeds() -> None:
    world = Pages({HOME: page((RSS_TYPE, "/a", ""), (RSS_TYPE, "/b", "")), f"{HOME}a": 429, f"{HOME}b": RSS})
    with pytest.raises(FetchError, match="429"):
        titles(world, {})
    assert world.asked == [HOME, f"{HOME}a"]


RSS_TYPE, ATOM_TYPE, JSON_TYPE = "application/rss+xml", "application/atom+xml", "application/feed+json"


@pytest.mark.parametrize(
    ("text", "feeds"),
    [
        (page((RSS_TYPE, "/feed", "All")), ["https://news.example/feed"]),
        (page((RSS_TYPE, "feed", ""), base="https://cdn.example/ru/"), ["https://cdn.example/ru/feed"]),
        (page((RSS_TYPE, "feed", ""), base="/ru/"), ["https://news.example/ru/feed"]),
        (page((ATOM_TYPE, "//a.example/x", ""), (JSON_TYPE, "j", "")), ["https://a.example/x", "https://news.example/j"]),
        (page((RSS_TYPE, "/c", "Comments feed"), (RSS_TYPE, "/n", "")), ["https://news.example/n", "https://news.example/c"]),
        (page((RSS_TYPE, "/комментарии", "Комментарии"), (RSS_TYPE, "/n", ""))[:], ["https://news.example/n", "https://news.example/комментарии"]),
        (page((RSS_TYPE, "/feed", ""), (RSS_TYPE, "/feed", "twice")), ["https://news.example/feed"]),
        (page((f"{RSS_TYPE}; charset=utf-8", " /feed\n", "")), ["https://news.example/feed"]),
        (page(("application/json", "/wp-json/wp/v2/pages/2", ""), ("application/json", "/feed.json", "")), ["https://news.example/feed.json"]),
        (page(("text/html", "/de/", "Deutsch"), ("application/json+oembed", "/o", "")), []),
        (page((RSS_TYPE, "javascript:alert(1)", ""), (RSS_TYPE, "http://[", ""), (RSS_TYPE, "", "")), []),
        ('<html><head><link rel="stylesheet" type="application/rss+xml" href="/x"></head></html>', []),
        ("", []),
        ("<?xml version='1.0' encoding='utf-16'?>" + page((RSS_TYPE, "/x\x00y", "")), ["https://news.example/x y"]),
    ],
)  # fmt: skip
def test_a_page_names_its_feeds(text: str, feeds: list[str]) -> None:
    assert [feed.url for feed in declared(text, HOME)] == feeds


def test_the_feed_behind_a_home_page_is_the_source_from_then_on() -> None:
    world, bookmark = Pages({HOME: page((RSS_TYPE, "/rss", "")), "https://news.example/rss": RSS}), dict[str, str]()
    assert titles(world, bookmark) == ["News"]
    assert world.asked == [HOME, "https://news.example/rss"]
    assert titles(world, bookmark) == []
    assert world.asked[2:] == ["https://news.example/rss"]


def test_the_next_feed_is_tried_when_the_first_is_none() -> None:
    links = page((RSS_TYPE, "/gone", ""), (RSS_TYPE, "/page", ""), (ATOM_TYPE, "/atom", ""), (RSS_TYPE, "/rss", ""))
    world = Pages({HOME: links, "https://news.example/page": links, "https://news.example/rss": RSS})
    with pytest.raises(ParseError, match=r"names is https://news\.example/gone or "):
        titles(world, {})
    assert len(world.asked) == 4
    world.pages["https://news.example/atom"] = '<feed xmlns="http://www.w3.org/2005/Atom"><title>x</title></feed>'
    assert titles(world, {}) == []


def test_usual_places_are_asked_only_where_nothing_is_declared_and_three_times_at_most() -> None:
    world = Pages({HOME: page(), "https://news.example/rss.xml": RSS})
    assert titles(world, {}) == ["News"]
    world = Pages({HOME: page()})
    with pytest.raises(ParseError, match=r"it is a web page \(«Steppe»\), and names no feed"):
        titles(world, {})
    assert world.asked == [HOME, *(f"https://news.example/{name}" for name in ("feed/", "rss.xml", "atom.xml"))]


def test_a_feed_that_has_become_a_page_is_not_replaced_but_the_error_says_what_the_page_names() -> None:
    world, bookmark = Pages({HOME: RSS}), dict[str, str]()
    assert titles(world, bookmark) == ["News"]
    world.pages |= {HOME: page((RSS_TYPE, "/new.xml", "")), "https://news.example/new.xml": RSS}
    with pytest.raises(ParseError, match=r"it is a web page; the feed that it names is https://news\.example/new\.xml"):
        titles(world, bookmark)
    assert world.asked == [HOME, HOME]


def test_a_found_feed_is_forgotten_when_the_operator_names_another_place() -> None:
    bookmark = {"feed": "https://old.example/ https://old.example/rss", "digest": "1"}
    assert feed.place(source(), bookmark) == HOME
    assert feed.place(source("https://old.example/"), bookmark) == "https://old.example/rss"


@pytest.mark.parametrize("status", [404, 410])
def test_where_a_found_feed_is_gone_its_page_is_asked_again(status: int) -> None:
    old, new = f"{HOME}old", f"{HOME}new"
    world, bookmark = Pages({HOME: page((RSS_TYPE, "/old", "")), old: RSS}), dict[str, str]()
    titles(world, bookmark)
    world.pages |= {old: status, new: RSS.replace("News", "More news")}
    with pytest.raises(FetchError, match=str(status)):  # the page knows no better yet
        titles(world, bookmark)
    assert world.asked[2:] == [old, HOME]
    world.pages[HOME] = page((RSS_TYPE, "/old", ""), (RSS_TYPE, "/new", ""))
    assert titles(world, bookmark) == ["More news"]
    assert titles(world, bookmark) == []
    assert world.asked[4:] == [old, HOME, new, new]


def test_a_feed_that_the_operator_has_named_is_gone_when_it_is_gone() -> None:
    world, bookmark = Pages({HOME: RSS}), dict[str, str]()
    titles(world, bookmark)
    world.pages[HOME] = 410
    with pytest.raises(FetchError, match="410"):
        titles(world, bookmark)
    assert world.asked == [HOME, HOME]


def test_markup_inside_a_feed_makes_it_no_page() -> None:
    text = RSS.replace("News", "<![CDATA[<!DOCTYPE html><html><head>]]>")
    world = Pages({HOME: Answer(HOME, text.encode(), media_type="text/html")})
    [fetched] = feed.fetch(source(), {}, world)
    assert fetched == Fetched(url=HOME, body=text.encode(), checkpoint=fetched.checkpoint, media_type="text/html")
    assert world.asked == [HOME]
