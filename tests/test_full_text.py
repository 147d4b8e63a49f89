"""Feeds that give a teaser only, read together with their pages."""

from __future__ import annotations

from datetime import timedelta

import pytest

from aggregator.model import Wishes
from aggregator.sources import feed

from .pages import Pages
from .test_page import HOME, ROBOTS, Desk, article

FEED = f"{HOME}rss"


def rss(*items: str) -> str:
    return f"<rss><channel><title>Steppe</title><link>{HOME}</link>{''.join(items)}</channel></rss>"


def teaser(number: int, text: str = "A few words.", link: str = "n/{}") -> str:
    address = f"<link>{link.format(number)}</link>" if link else ""
    return f"<item><title>News {number}</title>{address}<guid>g{number}</guid><description>{text}</description></item>"


def desk(*items: str, **options: object) -> Desk:
    pages = {FEED: rss(*items)} | {f"{HOME}n/{n}": article(n) for n in range(30)}
    return Desk(Pages(pages), "feed", FEED, **({"full_text": True} | options))


def test_the_text_of_the_page_takes_the_place_of_the_teaser() -> None:
    d = desk(teaser(1), teaser(2))
    assert d.visit() == ["/n/1", "/n/2"]
    first = d.bag.articles[0]
    assert (first.title, first.guid, first.publisher) == ("News 1", "g1", "Steppe")
    assert first.content.startswith("<p>Мост соединил")
    assert "A few words" not in first.content
    assert d.world.asked == [FEED, ROBOTS, f"{HOME}n/1", f"{HOME}n/2"]


def test_an_item_keeps_its_identity_when_its_page_is_fetched() -> None:
    plain, full = desk(teaser(1), full_text=False), desk(teaser(1))
    plain.visit()
    full.visit()
    assert [a.id for a in plain.bag.articles] == [a.id for a in full.bag.articles]


def test_a_page_is_not_fetched_again_while_the_feed_says_the_same_of_it() -> None:
    d = desk(teaser(1), teaser(2))
    d.visit(hours=24)
    d.world.pages[FEED] = rss(teaser(3), teaser(1), teaser(2, "Other words."))
    assert d.visit() == ["/n/3", "/n/2"]
    assert [url for url in d.world.asked if url != ROBOTS] == [FEED, f"{HOME}n/3", f"{HOME}n/2"]


def test_what_the_feed_says_anew_on_the_same_day_is_fetched_the_next_day_whatever_the_feed_says_then() -> None:
    d = desk(teaser(1), teaser(2))
    d.visit()
    d.world.pages[FEED] = rss(teaser(1, "A correction."), teaser(2))
    assert d.visit() == []
    assert d.visit(hours=24) == []
    d.world.pages[FEED] = rss(teaser(2))
    assert d.visit() == ["/n/1"]
    assert [d.visit(), d.visit(hours=24), d.visit()] == [[], [], []]


def test_what_a_visit_does_not_fetch_comes_next_time() -> None:
    d = desk(*map(teaser, range(5)), per_visit=2)
    assert [d.visit() for _ in range(4)] == [["/n/0", "/n/1"], ["/n/2", "/n/3"], ["/n/4"], []]


def test_a_failure_keeps_the_teaser_and_says_so() -> None:
    d = desk(teaser(1), teaser(2))
    d.world.pages[f"{HOME}n/1"] = 500
    assert d.visit() == ["/n/1", "/n/2"]
    assert "A few words." in d.bag.articles[0].content
    assert d.bag.left_out == ["the text of an article could not be had: the server answers 500 Something"]
    d.world.pages[f"{HOME}n/1"] = article(1)
    assert d.visit() == ["/n/1"]
    assert "Мост" in d.bag.articles[0].content


@pytest.mark.parametrize("body", ["<form>Log in, please</form>", "<p>Stop!</p>", "<h1>403</h1><p>Go away.</p>"])
def test_a_page_in_which_there_is_less_leaves_the_teaser(body: str) -> None:
    d = desk(teaser(1))
    d.world.pages[f"{HOME}n/1"] = f"<html><body>{body}</body></html>"
    d.visit()
    assert "A few words." in d.bag.articles[0].content


@pytest.mark.parametrize("status", [429, 503])
def test_a_page_is_tried_again_where_its_robots_txt_could_not_be_had_for_now(status: int) -> None:
    d = desk(teaser(1), teaser(2))
    d.world.pages[ROBOTS] = status
    assert d.visit() == ["/n/1"]
    assert "A few words." in d.bag.articles[0].content
    assert d.world.asked == [FEED, ROBOTS]
    d.world.pages[ROBOTS] = 404
    assert sorted(d.visit()) == ["/n/1", "/n/2"]
    assert not any("A few words." in a.content for a in d.bag.articles)


def test_what_is_whole_or_has_no_page_is_taken_as_it_is() -> None:
    d = desk(teaser(1, "Long words. " * 400), teaser(2, link=""), teaser(3, link="mailto:x@y.example"))
    d.visit()
    assert [a.title for a in d.bag.articles] == ["News 1", "News 2", "News 3"]
    assert d.world.asked == [FEED]


def test_what_the_feed_says_of_coming_back_counts() -> None:
    d = desk(teaser(1, "Long words. " * 400), teaser(2))
    d.world.pages[FEED] = str(d.world.pages[FEED]).replace("<link>", "<ttl>120</ttl><link>", 1)
    d.visit()
    assert d.bag.wishes == Wishes(every=timedelta(hours=2))
    assert d.bag.notes == []


def test_what_is_noted_of_the_feed_is_not_said_of_its_pages() -> None:
    d = desk(teaser(2))
    d.world.pages |= {FEED: rss(teaser(2)).replace("</rss>", ""), f"{HOME}n/2": 500}
    d.visit()
    assert d.bag.notes == ["not well-formed (it ends early): read loosely"]
    d.world.pages[f"{HOME}n/2"] = article(2)
    assert d.visit() == ["/n/2"]
    assert d.bag.notes is None  # the feed itself was not read


def test_a_broken_feed_is_an_error_and_moves_no_bookmark() -> None:
    d = desk()
    d.world.pages[FEED] = "hello"
    assert d.visit() == []
    assert "this is no feed" in d.bag.errors[0]
    assert d.bag.checkpoint == {}


@pytest.mark.parametrize("value", ["yes", 1, None])
def test_full_text_is_true_or_false(value: object) -> None:
    with pytest.raises(ValueError, match="neither true nor false"):
        feed.OPTIONS["full_text"](value)
