"""Sitemaps: which articles a site has, and when they changed."""

from __future__ import annotations

import gzip
from datetime import timedelta

import pytest

from aggregator.gather import Bag, gather
from aggregator.model import Source
from aggregator.sources import _sitemap, sitemap
from aggregator.sources._robots import TOKEN

from .loopback import Loopback, make_web, reply
from .pages import NOW, Answer, Pages
from .test_page import HOME, ROBOTS, Desk, article

MAP = f"{HOME}sitemap.xml"
NAMESPACES = (
    'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9" '
    'xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"'
)


def entry(number: int, hours: float = 1, *, more: str = "") -> str:
    at = (NOW - timedelta(hours=hours)).isoformat()
    return f"<url><loc>{HOME}n/{number}</loc><lastmod>{at}</lastmod>{more}</url>"


def undated(number: int) -> str:
    return f"<url><loc>{HOME}n/{number}</loc></url>"


def urlset(*entries: str) -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?><urlset {NAMESPACES}>{"".join(entries)}</urlset>'


def index(**sitemaps: str) -> str:
    maps = "".join(f"<sitemap><loc>{HOME}{name}.xml</loc>{_lastmod(at)}</sitemap>" for name, at in sitemaps.items())
    return f"<sitemapindex {NAMESPACES}>{maps}</sitemapindex>"


def _lastmod(at: str) -> str:
    return f"<lastmod>{at}</lastmod>" if at else ""


def desk(text: str | bytes, **more: str) -> Desk:
    pages = {MAP: text} | {f"{HOME}{name}.xml": body for name, body in more.items()}
    articles = {f"{HOME}n/{n}": article(n) for n in range(30)}
    return Desk(Pages(pages | articles), "sitemap", MAP)


def test_young_articles_are_fetched_once_the_newest_first() -> None:
    d = desk(urlset(entry(1, 5), entry(2, 1), entry(3, 100)))
    assert d.visit() == ["/n/2", "/n/1"]
    assert d.bag.errors == []
    d.world.pages[MAP] = urlset(entry(1, 5), entry(2, 1), entry(4, -0.5))
    assert d.visit() == ["/n/4"]
    assert d.visit() == []


def test_a_news_sitemap_tells_headline_date_and_language() -> None:
    news = (
        "<image:image><image:loc>https://x.example/p.jpg</image:loc><image:title>A picture</image:title></image:image>"
        "<news:news><news:publication><news:name>Steppe &amp; sky</news:name><news:language>kk</news:language>"
        "</news:publication><news:publication_date>2026-03-01T09:00:00+05:00</news:publication_date>"
        "<news:title><![CDATA[A headline & more]]></news:title><news:keywords>a, b</news:keywords></news:news>"
    )
    d = desk(urlset(entry(1, more=news)))
    assert d.visit() == ["/n/1"]
    [told] = d.bag.articles
    assert (told.title, told.publisher, told.labels) == ("A headline & more", "Steppe & sky", ("a", "b"))
    assert (f"{told.published_at:%m-%d %H:%M}", f"{told.updated_at:%m-%d %H:%M}") == ("03-01 04:00", "03-01 11:00")
    assert told.content.startswith("<p>Мост соединил")


def test_a_changed_article_is_fetched_again_but_not_twice_a_day() -> None:
    d = desk(urlset(entry(1, 2)))
    d.visit()
    for hours in (1.5, 1):
        d.world.pages[MAP] = urlset(entry(1, hours))
        assert d.visit() == []
    d.world.now += timedelta(days=1)
    assert d.visit() == ["/n/1"]
    assert d.visit() == []


def test_what_gives_no_date_is_new_when_it_was_not_there_before() -> None:
    d = desk(urlset(undated(1), undated(2)))
    assert d.visit() == []
    d.world.pages[MAP] = urlset(undated(3), undated(1), undated(2))
    assert d.visit() == ["/n/3"]
    d.world.pages[MAP] = f"{HOME}n/3\n{HOME}n/4\n"
    assert d.visit() == ["/n/4"]


def test_too_many_without_a_date_are_left_out_and_the_operator_is_told() -> None:
    d = desk(urlset(*map(undated, range(sitemap.UNDATED + 1)), entry(5)))
    assert d.visit() == ["/n/5"]
    assert d.bag.left_out == ["1001 entries give no date; so many cannot be told apart, and are left out"]


def test_of_an_index_the_sitemaps_that_have_changed_are_read() -> None:
    maps = index(old="2020-01-01", a="2026-02-28", b="2026-03-01")
    d = desk(maps, a=urlset(entry(1, 3)), b=urlset(entry(2)), old=urlset(entry(9, 50_000)))
    assert d.visit() == ["/n/2", "/n/1"]
    d.world.pages |= {
        MAP: index(old="2020-01-01", a="2026-02-28", b="2026-03-01T13:00:00Z"),
        f"{HOME}b.xml": urlset(entry(2), entry(3, -1)),
    }
    assert d.visit() == ["/n/3"]
    assert d.world.asked == [MAP, f"{HOME}b.xml", f"{HOME}n/3"]


def test_a_sitemap_of_an_index_that_gives_no_date_is_asked_for_with_its_own_validators() -> None:
    d = desk(index(a="", b="2026-03-01"), b=urlset(entry(2)))
    a = f"{HOME}a.xml"
    d.world.pages[a] = Answer(a, urlset(entry(1, 3)).encode(), {"etag": '"1"', "last-modified": "Monday"})
    assert d.visit() == ["/n/2", "/n/1"]
    d.world.pages[a] = Answer(a, None, {"etag": '"1"', "last-modified": "Monday"})
    assert (d.visit(), d.bag.errors, d.bag.left_out) == ([], [], [])
    assert d.world.asked == [MAP, a]
    assert d.world.bookmarks[-1] == {"etag": '"1"', "last-modified": "Monday"}
    d.world.pages[a] = Answer(a, urlset(entry(1, 3), entry(3, -1)).encode(), {"etag": "", "last-modified": ""})
    assert d.visit() == ["/n/3"]
    d.visit()
    assert d.world.bookmarks[-1] == {}


def test_an_index_is_read_a_few_sitemaps_at_a_time_and_nothing_is_lost() -> None:
    maps = {f"m{n}": f"2026-02-{n:02}" for n in range(1, 9)}
    d = desk(index(**maps), **{name: urlset(entry(int(name[1:]), 2)) for name in maps})
    d.world.pages[MAP] = Answer(MAP, index(**maps).encode(), {"etag": '"1"'})
    assert len(d.visit()) == sitemap.SITEMAPS
    assert d.bag.checkpoint["etag"] == '"1"'  # the oldest three are a past that was never news
    changed = dict.fromkeys(maps, "2026-03-01")
    d.world.pages[MAP] = Answer(MAP, index(**changed).encode(), {"etag": '"2"'})
    assert sum(f"{HOME}m" in url for url in (d.visit(), d.world.asked)[1]) == sitemap.SITEMAPS
    assert d.bag.checkpoint["etag"] == '"1"'
    d.visit()
    assert sum(f"{HOME}m" in url for url in d.world.asked) == 3
    assert d.bag.checkpoint["etag"] == '"2"'


def test_a_sitemap_of_an_index_that_cannot_be_had_costs_itself() -> None:
    d = desk(index(a="2026-02-28", b="2026-03-01"), a=urlset(entry(1)))
    assert d.visit() == ["/n/1"]
    assert d.bag.left_out == [f"{HOME}b.xml: the server answers 404 Not Found"]
    d.world.pages[f"{HOME}b.xml"] = urlset(entry(2))
    assert d.visit() == ["/n/2"]


def test_a_sitemap_of_an_index_that_robots_must_not_read_is_not_read() -> None:
    d = desk(index(a="2026-02-28", b="2026-03-01"), a=urlset(entry(1)), b=urlset(entry(2)))
    d.world.pages[ROBOTS] = "User-agent: *\nDisallow: /b.xml\nCrawl-delay: 4\n"
    assert d.visit() == ["/n/1"]
    assert d.bag.left_out == [f"{HOME}b.xml: robots.txt does not let us read it"]
    assert d.world.asked == [ROBOTS, MAP, f"{HOME}a.xml", f"{HOME}n/1"]
    assert set(d.world.paces.values()) == {timedelta(seconds=4)}


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_site_is_left_alone_in_the_middle_of_an_index(status: int) -> None:
    d = desk(index(a="2026-02-27", b="2026-02-28", c="2026-03-01"), b=urlset(entry(1)), c=urlset(entry(2)))
    d.world.pages[f"{HOME}b.xml"] = status
    assert d.visit() == []
    assert d.bag.errors == [f"the server answers {status} Something"]
    assert d.world.asked == [ROBOTS, MAP, f"{HOME}c.xml", f"{HOME}b.xml"]
    d.world.pages |= {f"{HOME}a.xml": urlset(entry(3)), f"{HOME}b.xml": urlset(entry(1))}
    assert sorted(d.visit()) == ["/n/1", "/n/2", "/n/3"]


@pytest.mark.parametrize("broken", [404, "<html>", index(a="")])
def test_robots_txt_is_kept_for_a_day_also_while_the_sitemap_fails(broken: int | str) -> None:
    d = desk("", a="busy")
    d.world.pages |= {ROBOTS: "User-agent: *\nAllow: /\n", MAP: broken, f"{HOME}a.xml": 503}
    d.visit()
    assert d.world.asked[:2] == [ROBOTS, MAP]
    d.visit()
    assert d.bag.errors
    assert ROBOTS not in d.world.asked


@pytest.mark.parametrize("text", ["", "hello", "<html><body>x", "<rss/>", "<urlset><url>", "<urlset><a:b/></urlset>"])
def test_what_is_no_sitemap_is_an_error(text: str) -> None:
    d = desk(text)
    assert d.visit() == []
    assert len(d.bag.errors) == 1


def test_a_bomb_in_a_sitemap_does_not_go_off() -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;"><!ENTITY f SYSTEM "file:///etc/hostname">]>'
    found = _sitemap.read(bomb + urlset("<url><loc>https://x.example/&b;&f;?a=1&b=2</loc></url>"))
    assert [e.url for e in found.entries] == ["https://x.example/&b;&f;?a=1&b=2"]


def test_a_sitemap_of_the_largest_size_is_read() -> None:
    assert len(_sitemap.read(urlset(*map(undated, range(60_000)))).entries) == _sitemap.MOST


@pytest.mark.parametrize("value", [0, "three", 366, True])
def test_what_is_no_number_of_days_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="right would be 3"):
        sitemap.OPTIONS["days"](value)


def test_a_packed_sitemap_and_its_articles_come_over_a_real_connection() -> None:
    with Loopback() as server:
        address = server.url("/n/1")
        packed = gzip.compress(urlset(f"<url><loc>{address}</loc><lastmod>{NOW:%Y-%m-%d}</lastmod></url>").encode())
        server.answers |= {
            "/robots.txt": reply(404),
            "/sitemap.xml.gz": reply(body=packed, Content_Type="application/gzip"),
            "/n/1": reply(body=article(1).encode(), Content_Type="text/html; charset=utf-8"),
        }
        web = make_web()
        source = Source(name="desk", kind="sitemap", location=server.url("/sitemap.xml.gz"))
        bag = gather(source, web.visit(source, NOW), Bag({}))
        web.close()
        assert bag.errors == []
        assert [a.url for a in bag.articles] == [address]
        assert [seen.path for seen in server.requests] == ["/robots.txt", "/sitemap.xml.gz", "/n/1"]
        assert {str(seen.headers["User-Agent"]).partition("/")[0] for seen in server.requests} == {TOKEN}
