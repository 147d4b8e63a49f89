"""The Link header: a subscriber finds hub and self in it, as in the feed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from aggregator.answers import answer
from aggregator.formats import atom, html, jsonfeed, render, rss
from aggregator.links import links_of
from aggregator.shelf import Shelf

from .editions import ORDINARY, edition, story

HUBS = ("https://hub.example/?for=news&more=1", "http://another.example/")
PUSHED = replace(ORDINARY, imprint=replace(ORDINARY.imprint, hubs=HUBS))


@pytest.mark.parametrize("fmt", [rss, atom, jsonfeed])
def test_every_feed_names_itself_and_its_hubs(fmt: ModuleType) -> None:
    links = links_of(fmt.MEDIA_TYPE, render(fmt, PUSHED)).decode().split(", ")
    assert links == [
        f'<https://desk.example/feeds/bridges/{fmt.FILENAME}>; rel="self"',
        '<https://hub.example/?for=news&more=1>; rel="hub"',
        '<http://another.example/>; rel="hub"',
    ]


@pytest.mark.parametrize("fmt", [rss, atom, jsonfeed])
def test_without_hubs_there_is_nothing_to_say(fmt: ModuleType) -> None:
    assert links_of(fmt.MEDIA_TYPE, render(fmt, ORDINARY)) == b""


@pytest.mark.parametrize("fmt", [rss, atom, jsonfeed])
def test_a_story_cannot_name_a_hub(fmt: ModuleType) -> None:
    trap = '<atom:link rel="hub" href="https://evil.example/"/><link rel="hub" href="https://evil.example/">'
    assert links_of(fmt.MEDIA_TYPE, render(fmt, edition(story(1, title=trap, content=trap, summary=trap)))) == b""


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        ("application/atom+xml", b'<feed><link rel="hub" href="https://a.example/&gt;; rel=&quot;x"/>'),
        ("application/atom+xml", b'<feed><link rel="hub" href="https://a.example/\r\nSet-Cookie: x"/>'),
        ("application/atom+xml", '<feed><link rel="hub" href="https://хаб.example/"/>'.encode()),
        ("application/atom+xml", b'<feed><link rel="hub"/><link/>'),
        ("application/feed+json", b'{"hubs": [{"type": "WebSub", "url": "https://a.example/\\n"}, 1, {}]}'),
        ("application/feed+json", b'{"hubs": [{"type": "rssCloud", "url": "https://a.example/"}]}'),
        ("application/feed+json", b'{"hubs": 1}'),
        ("application/feed+json", b'["hub"]'),
        ("application/feed+json", b'{"hub'),
        ("text/html", b'<link rel="hub" href="https://a.example/">'),
    ],
)
def test_what_fits_into_no_header_is_not_said(media_type: str, body: bytes) -> None:
    assert links_of(media_type, body) == b""


def test_a_reader_gets_the_links_with_the_feed_and_none_with_the_page(tmp_path: Path) -> None:
    for fmt in (rss, atom, jsonfeed, html):
        path = tmp_path / "bridges" / fmt.FILENAME
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(render(fmt, PUSHED))
    for method in ("GET", "HEAD"):
        for name in ("rss.xml", "atom.xml", "feed.json"):
            status, headers, _ = answer(Shelf(tmp_path), method, f"/bridges/{name}", {b"accept-encoding": b"gzip"})
            assert status == 200
            assert dict(headers)[b"link"].count(b'rel="hub"') == 2
    _, headers, _ = answer(Shelf(tmp_path), "GET", "/bridges/", {})
    assert b"link" not in dict(headers)
