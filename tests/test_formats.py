"""One suite over every format: the same bytes again, what went in comes out, and what the specifications demand."""

from __future__ import annotations

import json
import pickle
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from calendar import timegm
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any, cast

import feedparser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator import front, plugins
from aggregator.formats import Archival, Format, _proof, atom, html, jsonfeed, render, rss
from aggregator.formats._feedgen import styled
from aggregator.formats._proof import distinct, proofread, web_address
from aggregator.model import Article, Copy, Dated, Edition, Enclosure, Front, Printed, Story, Withdrawal

from .conformance import ATOM, CONTENT, DC, MEDIA, XML, faults
from .editions import EDITIONS, HOSTILE, NOON, ORDINARY, article, edition, story

FEEDS: list[Format] = [rss, atom, jsonfeed]
EXAMPLE = Path(__file__).parent.parent / "docs" / "add-an-output-format.md"


@pytest.fixture(params=[*plugins.names("formats"), "newsdesk.digest"])
def fmt(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Format:
    """Every format of ours, and the one that the documentation writes."""
    if "." in request.param:
        [code] = re.findall(r"```python\n(.*?)```", EXAMPLE.read_text(), re.DOTALL)
        (tmp_path / "newsdesk").mkdir()
        (tmp_path / "newsdesk" / "digest.py").write_text(code)
        monkeypatch.syspath_prepend(tmp_path)
        for name in ("newsdesk", "newsdesk.digest"):
            monkeypatch.delitem(sys.modules, name, raising=False)
    return cast(Format, plugins.load("formats", request.param))


@pytest.fixture(params=FEEDS, ids=lambda feed: feed.FILENAME)
def feed(request: pytest.FixtureRequest) -> Format:
    """Every format that readers subscribe to."""
    return cast(Format, request.param)


# --- every format ----------------------------------------------------------------------------------------------------


def test_a_format_says_its_file_and_its_media_type(fmt: Format) -> None:
    assert re.fullmatch(r"[a-z]+\.[a-z]+", fmt.FILENAME)
    assert re.fullmatch(r"[a-z]+/[a-z+]+; charset=utf-8", fmt.MEDIA_TYPE)


@pytest.mark.parametrize("case", EDITIONS)
def test_equal_editions_are_equal_bytes(fmt: Format, case: str) -> None:
    again = pickle.loads(pickle.dumps(EDITIONS[case]))
    assert render(fmt, EDITIONS[case]) == render(fmt, again)


@pytest.mark.parametrize("case", EDITIONS)
def test_an_edition_of_summaries_has_no_full_text(fmt: Format, case: str) -> None:
    topic = replace(EDITIONS[case].topic, content="summary")
    told = tuple(replace(s, lead=replace(s.lead, content="<p>The whole text</p>")) for s in EDITIONS[case].stories)
    body = render(fmt, replace(EDITIONS[case], topic=topic, stories=told))
    assert b"whole text" not in body
    assert fmt not in FEEDS or faults(body, f"{EDITIONS[case].link}{fmt.FILENAME}") == []


@pytest.mark.parametrize("case", EDITIONS)
def test_a_feed_with_hubs_names_them_and_is_valid(feed: Format, case: str) -> None:
    imprint = replace(EDITIONS[case].imprint, hubs=("https://hub.example/", "https://two.example/?for=news&more=1"))
    body = render(feed, replace(EDITIONS[case], imprint=imprint))
    assert body.decode().count("https://hub.example/") == 1
    assert faults(body, f"{EDITIONS[case].link}{feed.FILENAME}") == []


@pytest.mark.parametrize("case", EDITIONS)
def test_a_story_is_the_same_bytes_in_every_edition_that_agrees_on_its_setting(fmt: Format, case: str) -> None:
    """And where it is other bytes, the setting differs: what is kept of one edition is right in another."""
    kept: dict[object, bytes] = {}
    for other in [EDITIONS[case], *variants(EDITIONS[case])]:
        for told, setting, item in zip(other.stories, _proof.settings(other), fmt.items(other), strict=True):
            assert kept.setdefault((told.id, setting), item) == item


def variants(printed: Edition) -> list[Edition]:
    """The same stories in other surroundings."""
    imprint, topic = printed.imprint, printed.topic
    imprints: list[dict[str, Any]] = [
        {"title": "Another desk"}, {"link": "https://other.example/"}, {"contact": ""}, {"language": "de"},
        {"authority": "other.example,2025"}, {"hubs": ("https://hub.example/",)},
    ]  # fmt: skip
    topics: list[dict[str, Any]] = [
        {"name": "roads"}, {"title": "Roads"}, {"description": "Of roads."}, {"language": "kk"}, {"formats": ("rss",)},
        {"limit": 3}, {"content": "summary"}, {"per_source": 1},
    ]  # fmt: skip
    return [
        *(replace(printed, imprint=replace(imprint, **change)) for change in imprints),
        *(replace(printed, topic=replace(topic, **change)) for change in topics),
        *(replace(printed, updated_at=NOON + timedelta(hours=hours)) for hours in (-48, -1, 1, 10_000)),
        replace(printed, archive=3, previous=2, following=4),
        replace(printed, withdrawn=(GRAVE,)),
        replace(printed, stories=printed.stories[1:]),
    ]


def test_another_process_in_another_time_zone_makes_the_same_bytes(fmt: Format, tmp_path: Path) -> None:
    (tmp_path / "edition").write_bytes(pickle.dumps(ORDINARY))
    code = (
        f"import pickle, sys; sys.path.insert(0, {str(tmp_path)!r}); from aggregator.formats import render;"
        f"import {fmt.__name__} as fmt;"  # type: ignore[attr-defined]
        "sys.stdout.buffer.write(render(fmt, pickle.load(open('edition', 'rb'))))"
    )
    env = {"TZ": "Asia/Almaty", "PYTHONHASHSEED": "7", "PYTHONPATH": str(EXAMPLE.parent.parent)}
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=env, capture_output=True, check=True)
    assert done.stdout == render(fmt, ORDINARY)


def test_another_story_makes_other_bytes(fmt: Format) -> None:
    fewer = replace(ORDINARY, stories=ORDINARY.stories[1:])
    assert render(fmt, ORDINARY) != render(fmt, fewer)


def test_stories_stand_in_the_order_of_the_edition(fmt: Format) -> None:
    text = render(fmt, edition(*(story(n, title=f"Story-{n}") for n in (3, 1, 2)))).decode()
    places = [text.index(f"Story-{n}") for n in (3, 1, 2)]
    assert places == sorted(places)


# --- every feed ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", EDITIONS)
def test_a_feed_keeps_to_its_specification(feed: Format, case: str) -> None:
    assert faults(render(feed, EDITIONS[case]), EDITIONS[case].link + feed.FILENAME) == []


@pytest.mark.parametrize("case", [*EDITIONS, "current", "middle", "oldest"])
def test_a_document_is_to_the_byte_what_feedgen_writes_of_the_whole(case: str) -> None:
    """However much of it is kept from an edition before."""
    first = (EDITIONS | HISTORIES)[case]
    for printed in map(distinct, [first, *variants(first)]):
        proof = proofread(printed)
        channel, entries = rss.begin(printed), atom.begin(printed)
        for told in proof.stories:
            rss.add(channel, told, proof)
            atom.add(entries, told, proof)
        assert render(rss, printed) == styled(channel.rss_str(pretty=True), proof)
        assert render(atom, printed) == styled(entries.atom_str(pretty=True), proof)


@pytest.mark.parametrize("case", EDITIONS)
def test_a_json_feed_is_to_the_byte_what_python_writes_of_the_whole(case: str) -> None:
    body = render(jsonfeed, EDITIONS[case])
    assert body.decode() == json.dumps(json.loads(body), ensure_ascii=False, indent=1) + "\n"


@pytest.mark.parametrize(
    ("feed", "good", "bad"),
    [
        (rss, b"<ttl>", b"<tt1>"),
        (rss, b'isPermaLink="false"', b""),
        (rss, b"+0000", b"UTC-ish"),
        (rss, b"Sun,", b"Mon,"),
        (rss, b"https://steppe.example/news/2", b"/news/2"),
        (rss, b":000000000000000000000002<", b":000000000000000000000001<"),
        (rss, b'rel="self"', b'rel="next"'),
        (rss, b'length="4096"', b'length="many"'),
        (atom, b"<name>", b"<nom>"),
        (atom, b"+00:00", b""),
        (atom, b'type="audio/mpeg"', b""),
        (atom, b'type="html"', b'type="text"'),
        (atom, b"https://steppe.example/news/2", "https://steppe.example/весть".encode()),
        (jsonfeed, b'"content_html": "', b'"content_html": 0, "x": "'),
        (jsonfeed, b":000000000000000000000002", b":000000000000000000000001"),
        (jsonfeed, b"+00:00", b""),
        (jsonfeed, b"version/1.1", b"version/9"),
    ],
)
def test_the_specification_is_not_met_by_everything(feed: Format, good: bytes, bad: bytes) -> None:
    body = render(feed, ORDINARY)
    assert good in body
    assert faults(body.replace(good, bad), ORDINARY.link + feed.FILENAME)


@pytest.mark.parametrize("feed", [rss, atom])
def test_feedparser_reads_what_we_said(feed: Format) -> None:
    parsed = feedparser.parse(BytesIO(render(feed, ORDINARY)), sanitize_html=False, resolve_relative_uris=False)
    assert not parsed.bozo
    assert (parsed.feed["title"], parsed.feed["link"]) == ("Мосты & дороги", "https://desk.example/feeds/bridges/")
    assert (parsed.feed["subtitle"], parsed.feed["language"]) == ("Что строят.", "ru")
    assert len(parsed.entries) == len(ORDINARY.stories)
    for entry, told in zip(parsed.entries, ORDINARY.stories, strict=True):
        lead = told.lead
        assert entry["title"].replace("&lt;", "<") == lead.title
        assert entry["id"] == told.guid
        assert entry["link"] == lead.url or entry["link"] == f"{ORDINARY.link}#{told.id}"
        assert timegm(entry["published_parsed"]) == lead.published_at.timestamp()
        assert lead.content in _content(entry)
        assert entry["source"]["title"] == lead.publisher
        assert [tag["term"] for tag in entry.get("tags", [])] == list(lead.labels)


def _content(entry: Any) -> str:
    return cast(str, entry["content"][0]["value"] if "content" in entry else entry.get("summary", ""))


def test_rss_gives_back_what_went_in() -> None:
    channel = ET.fromstring(render(rss, ORDINARY))[0]
    assert channel.findtext("lastBuildDate") == "Sun, 05 Jul 2026 12:00:00 +0000"
    assert channel.findtext("managingEditor") == "desk@desk.example (Новости степи)"
    assert channel.findtext("generator") == "River"
    first, second, local, bare = channel.findall("item")
    assert [e.text for e in first.findall("category")] == ["транспорт", "R&D"]
    assert [e.text for e in first.findall(f"{DC}creator")] == ["Айгуль Сериккызы", "Ivan Petrov"]
    assert [e.attrib for e in first.findall("source")] == [{"url": "https://steppe.example/"}]
    assert [e.attrib for e in first.findall("enclosure")] == [
        {"url": "https://steppe.example/2.mp3", "length": "4096", "type": "audio/mpeg"}
    ]
    assert [e.attrib for e in first.findall(f"{MEDIA}content")] == [
        {"url": "https://steppe.example/%D0%BC%D0%BE%D1%81%D1%82.jpg", "type": "image/jpeg"}
    ]
    assert first.findtext("description") == "Движение началось утром."
    assert (first.findtext(f"{CONTENT}encoded") or "").startswith(article(1).content)
    assert [item.findtext(f"{DC}language") for item in (first, second, local, bare)] == [None, "kk", "en", None]
    assert local.findtext("link") == f"{ORDINARY.link}#{ORDINARY.stories[2].id}"
    assert bare.findtext("description") == bare.findtext("title")


def test_atom_gives_back_what_went_in() -> None:
    feed = ET.fromstring(render(atom, ORDINARY))
    assert feed.findtext(f"{ATOM}id") == "tag:desk.example,2026:bridges"
    assert feed.findtext(f"{ATOM}updated") == "2026-07-05T12:00:00+00:00"
    first, second, local, bare = feed.findall(f"{ATOM}entry")
    assert [e.text for e in first.findall(f"{ATOM}author/{ATOM}name")] == ["Айгуль Сериккызы", "Ivan Petrov"]
    assert [e.text for e in second.findall(f"{ATOM}author/{ATOM}name")] == ["Степной вестник"]
    assert [e.get(f"{XML}lang") for e in (first, second, local, bare)] == [None, "kk", "en", None]
    assert first.findtext(f"{ATOM}updated") == "2026-07-05T11:59:00.283209+00:00"
    assert first.findtext(f"{ATOM}source/{ATOM}title") == "Степной вестник"
    assert [e.attrib for e in first.findall(f"{ATOM}link")] == [
        {"href": "https://steppe.example/news/1"},
        {"rel": "related", "href": "https://zarya.example/a?x=1&y=2", "title": "Открыт мост"},
        {"rel": "enclosure", "href": "https://steppe.example/2.mp3", "type": "audio/mpeg", "length": "4096"},
        {
            "rel": "enclosure",
            "href": "https://steppe.example/%D0%BC%D0%BE%D1%81%D1%82.jpg",
            "type": "image/jpeg",
            "title": "Мост",
        },
    ]
    assert local.findtext(f"{ATOM}title") == "A text from the inbox: AT&T < IBM"


def test_json_feed_gives_back_what_went_in() -> None:
    feed = json.loads(render(jsonfeed, ORDINARY))
    assert feed["title"] == "Мосты & дороги"
    first, second, local, bare = feed["items"]
    assert first["tags"] == ["транспорт", "R&D"]
    assert first["authors"] == [{"name": "Айгуль Сериккызы"}, {"name": "Ivan Petrov"}]
    assert first["_river"] == {
        "article": article(1).id,
        "source": "steppe",
        "publisher": "Степной вестник",
        "listed_at": "2026-07-05T12:00:00+00:00",
        "copies": [
            {
                "article": article(11).id,
                "source": "zarya",
                "publisher": "Заря & Ко",
                "url": "https://zarya.example/a?x=1&y=2",
                "title": "Открыт мост",
            },
            {
                "article": article(12).id,
                "source": "inbox",
                "publisher": "Районная почта",
                "title": article(12).title,
            },
        ],
    }
    assert first["attachments"][0]["size_in_bytes"] == 4096
    assert [item.get("language") for item in (first, second, local, bare)] == [None, "kk", "en", None]
    assert bare["content_html"] == f"<p>{bare['title']}</p>"


# --- the promises ----------------------------------------------------------------------------------------------------


def items(feed: Format, *stories: Story, **topic: Any) -> list[dict[str, str]]:
    """Title, link, id and content of every item, whatever the format."""
    body = render(feed, edition(*stories, **topic))
    if feed is jsonfeed:
        return [{**i, "link": i["url"], "content": i["content_html"]} for i in json.loads(body)["items"]]
    parsed = feedparser.parse(BytesIO(body), sanitize_html=False, resolve_relative_uris=False)
    return [{**e, "content": _content(e)} for e in parsed.entries]


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("ru", "Об этом также сообщают: "),
        ("kk-KZ", "Бұл туралы сондай-ақ хабарлағандар: "),
        ("en", "Also reported by: "),
        ("de", "Darüber berichten auch: "),
        ("zh", "其他报道："),
        ("fi", "Also reported by: "),
    ],
)
def test_who_else_reports_it_stands_below_the_text_in_the_language_of_the_topic(
    feed: Format, language: str, words: str
) -> None:
    [item] = items(feed, ORDINARY.stories[0], language=language)
    text, also = item["content"].split("<p lang=")
    assert text == article(1).content
    assert f'>{words}<a href="https://zarya.example/a?x=1&amp;y=2">Заря &amp; Ко</a>, Районная почта</p>' in also


def test_a_page_that_two_feeds_of_its_site_name_is_not_reported_elsewhere(feed: Format) -> None:
    lead = article(1, url="https://outlet.example/a", canonical_url="https://outlet.example/a")
    again = replace(lead, id="2" * 24, source="outlet-economy")
    letter = replace(lead, id="3" * 24, source="letters", url="", canonical_url="")
    other = replace(again, id="4" * 24, publisher="Other", url="https://other.example/b", canonical_url="b")
    twice = replace(other, id="5" * 24, url="https://other.example/b?utm_source=x")
    pointer = replace(again, id="6" * 24, publisher="Digest of links")
    alone, same, carried = (
        replace(story(1), lead=lead, copies=tuple(Copy(article=a, relation="copy", score=1.0, because="") for a in its))
        for its in ((), (again, letter), (again, other, twice, letter, pointer))
    )
    [bare], [unmoved], [item] = items(feed, alone), items(feed, same), items(feed, carried)
    assert unmoved["content"] == bare["content"]
    assert item["content"].count("<a href=") == bare["content"].count("<a href=") + 2
    assert '<a href="https://other.example/b">Other</a>, ' in item["content"]
    assert '<a href="https://outlet.example/a">Digest of links</a>' in item["content"]


def test_what_comes_again_under_another_name_of_ours_changes_no_feed() -> None:
    lead = article(1)
    again = Copy(article=replace(lead, id="2" * 24, source="renamed"), relation="copy", score=1.0, because="")
    for feed in (rss, atom, html):
        assert render(feed, edition(story(1))) == render(feed, edition(replace(story(1), copies=(again,))))


def test_a_story_with_copies_and_no_text_still_shows_its_summary(feed: Format) -> None:
    [item] = items(feed, story(1, article(2), content=""))
    assert item["content"].startswith("<p>Движение началось утром.</p><p lang=")


def test_a_copy_does_not_move_the_date_of_its_story(feed: Format) -> None:
    alone, carried = (render(feed, edition(s)) for s in (story(1), story(1, article(2, updated_at=NOON))))
    dates = re.compile(rb"2026-07-05T[\d:]+|05 Jul 2026 [\d:]+")
    assert dates.findall(alone) == dates.findall(carried)


def test_no_item_is_dated_after_its_edition(feed: Format) -> None:
    body = render(feed, edition(story(1, published_at=NOON + timedelta(days=1), updated_at=NOON + timedelta(days=2))))
    assert b"06 Jul" not in body
    assert b"2026-07-06" not in body
    assert b"2026-07-07" not in body


def test_of_two_stories_with_one_guid_the_first_stays(feed: Format) -> None:
    first, second = story(1, title="First"), replace(story(2, title="Second"), guid=story(1).guid)
    assert [item["title"] for item in items(feed, first, second)] == ["First"]


def test_a_story_that_is_all_rubbish_costs_only_itself(feed: Format) -> None:
    rubbish = story(2, title="\x00", summary="\ud800", content="\x01", url="\x02", publisher="\x03", source="\x04")
    assert [item["title"] for item in items(feed, story(1), rubbish, story(3))][::2] == [
        article(1).title,
        article(3).title,
    ]


def test_the_edition_of_everything_bears_the_name_of_the_imprint(feed: Format) -> None:
    assert "Новости степи" in render(feed, EDITIONS["all"]).decode().split("<generator>")[0]


def test_tags_in_an_rss_title_go_and_what_only_looks_like_one_stays() -> None:
    titles = [item["title"] for item in items(rss, *(story(n, title=t) for n, t in enumerate(TITLES)))]
    assert titles == list(TITLES.values())


TITLES = {
    "<b>Bold</b> news": "Bold news",
    "Fish &amp; chips": "Fish & chips",
    "AT&T, 2 < 3": "AT&T, 2 < 3",
    "if a <b then": "if a < b then",
    "<everything/>": "< everything/>",
    "Q&amp;amp;A": "Q& amp;A",
}


def test_tags_in_an_atom_title_are_shown_as_they_are() -> None:
    entry = ET.fromstring(render(atom, edition(story(1, title="What <b> does & why")))).find(f"{ATOM}entry")
    assert entry is not None
    title = entry.find(f"{ATOM}title")
    assert title is not None
    assert (title.get("type"), title.text) == ("html", "What &lt;b&gt; does &amp; why")


def test_the_process_keeps_its_locale(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("feedgen switches the locale of every thread")

    monkeypatch.setattr("locale.setlocale", refuse)
    render(rss, ORDINARY)


@pytest.mark.parametrize("contact", ["https://desk.example/", "not mail", "a@b", ""])
def test_a_contact_that_is_no_mail_address_is_not_sent_as_one(contact: str) -> None:
    other = replace(ORDINARY, imprint=replace(ORDINARY.imprint, contact=contact))
    assert b"managingEditor" not in render(rss, other)


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://a.example/x?y=%20#z", "https://a.example/x?y=%20#z"),
        ("HTTPS://A.Example:8443/100%", "https://a.example:8443/100%25"),
        ("https://қазақ.example/жол", "https://xn--80aau21bd.example/%D0%B6%D0%BE%D0%BB"),
        ("https://straße.example/", "https://xn--strae-oqa.example/"),
        ("https://a.example/a b\\c|d", "https://a.example/a%20b%5Cc%7Cd"),
        ("https://user:secret@a.example/", "https://a.example/"),
        ("http://[2001:db8::1]:80/x", "http://[2001:db8::1]:80/x"),
        *((url, "") for url in ("", "a.example", "//a.example", "javascript:alert(1)", "http://[", "http://a:b/", "http:///x")),
    ],
)
def test_a_link_is_ascii_or_is_none(url: str, address: str) -> None:
    assert web_address(url) == address


# --- archives and what is withdrawn ----------------------------------------------------------------------------------

GRAVE = Withdrawal(
    guid="tag:desk.example,2026:gone", at=NOON, because="<b>They</b> asked", listed_at=NOON, articles=("a1", "a2")
)
HISTORIES = {
    "current": replace(ORDINARY, previous=7, withdrawn=(GRAVE,)),
    "hostile": replace(HOSTILE, previous=7, withdrawn=(replace(GRAVE, guid="\x00 no URI"),)),
    "oldest": replace(ORDINARY, archive=1, following=2),
    "middle": replace(HOSTILE, archive=2, previous=1, following=3),
    "newest": replace(ORDINARY, archive=3, previous=2),
}


@pytest.mark.parametrize("case", HISTORIES)
def test_archives_keep_to_their_specification(feed: Format, case: str) -> None:
    printed = HISTORIES[case]
    assert faults(render(feed, printed), printed.address + feed.FILENAME) == []


@pytest.mark.parametrize(
    ("feed", "case", "good", "bad"),
    [
        (rss, "newest", b"<fh:archive/>", b""),
        (atom, "newest", b"<fh:archive/>", b""),
        (rss, "oldest", b'rel="next-archive"', b'rel="related"'),
        (atom, "middle", b"archive/1/atom.xml", b"archive/2/atom.xml"),
        (atom, "newest", b'rel="current"', b'rel="related"'),
        (atom, "current", b'when="2026', b'when="26'),
        (atom, "current", b"2026:gone", b"2026:000000000000000000000001"),
        (jsonfeed, "newest", b"archive/2/feed.json", b"archive/3/feed.json"),
    ],
)
def test_the_specification_of_archives_is_not_met_by_everything(
    feed: Format, case: str, good: bytes, bad: bytes
) -> None:
    printed = HISTORIES[case]
    body = render(feed, printed)
    assert good in body
    assert faults(body.replace(good, bad), printed.address + feed.FILENAME)


def test_a_story_is_taken_out_of_an_archive_and_the_others_stay_to_the_byte(feed: Format) -> None:
    printed = HISTORIES["newest"]
    first, *others = printed.stories
    body = render(feed, printed)
    assert isinstance(feed, Archival)
    assert feed.without(body, {"tag:desk.example,2026:unheard-of"}) == body
    cut = feed.without(body, {first.guid})
    assert faults(cut, printed.address + feed.FILENAME) == []
    assert first.guid.encode() not in cut
    assert all(other.guid.encode() in cut for other in others)
    assert set(cut.splitlines()) <= set(body.splitlines()) | {b"</channel>", b"</feed>"}


def test_a_tombstone_stands_for_a_month_or_as_long_as_the_story_would_have() -> None:
    last = replace(ORDINARY, stories=ORDINARY.stories[:1], updated_at=NOON + timedelta(days=30))
    early = replace(GRAVE, listed_at=NOON - timedelta(days=1))
    for grave, days, stands in ((early, 30, True), (early, 31, False), (GRAVE, 400, True)):
        printed = replace(last, withdrawn=(grave,), updated_at=NOON + timedelta(days=days))
        assert (b"deleted-entry" in render(atom, printed)) is stands
    assert b"deleted-entry" not in render(rss, HISTORIES["current"])


def test_a_json_document_gives_back_what_a_new_database_has_to_know() -> None:
    first, *others, gone = jsonfeed.read(render(jsonfeed, HISTORIES["current"]), "bridges", None)
    told = ORDINARY.stories[0]
    assert first == Printed(
        topic="bridges", archive=None, guid=told.guid, listed_at=NOON,
        articles=(told.lead.id, *(c.article.id for c in told.copies)), lead=told.lead.id,
        published_at=told.published_at, updated_at=told.updated_at,
    )  # fmt: skip
    assert len(others) == len(ORDINARY.stories) - 1
    assert (gone.guid, gone.withdrawn_at, gone.because, gone.articles) == (
        GRAVE.guid, GRAVE.at, GRAVE.because, GRAVE.articles,
    )  # fmt: skip


@pytest.mark.parametrize("feed", [atom, rss])
def test_an_xml_document_gives_back_its_guids_and_what_was_withdrawn(feed: Archival) -> None:
    guids = [story.guid for story in HISTORIES["newest"].stories]
    held = [Printed(topic="bridges", archive=3, guid=guid) for guid in guids]
    assert list(feed.read(render(feed, HISTORIES["newest"]), "bridges", 3)) == held
    told = [one for one in feed.read(render(feed, HISTORIES["current"]), "bridges", None) if one.withdrawn_at]
    grave = Printed(topic="bridges", archive=None, guid=GRAVE.guid, withdrawn_at=GRAVE.at, because=GRAVE.because)
    assert told == ([grave] if feed is atom else [])


def test_another_lead_moves_neither_date_of_a_story(feed: Format) -> None:
    opener = article(1)
    other = article(2, published_at=NOON, updated_at=NOON, seen_at=NOON)
    taken_over = replace(story(1, opener), lead=other, revised_at=opener.updated_at)
    dates = re.compile(rb"2026-07-05T[\d:.]+|05 Jul 2026 [\d:]+")
    places = [dates.findall(render(feed, edition(s)).split(opener.id.encode(), 1)[1]) for s in (story(1), taken_over)]
    if feed is not jsonfeed:  # there the article's own facts do not come first
        assert places[0][:1] == places[1][:1]
    assert taken_over.published_at == opener.published_at
    assert taken_over.updated_at == opener.updated_at


def test_pages_give_a_story_the_date_that_feeds_give_it() -> None:
    opener, other = article(1), article(2, published_at=NOON - timedelta(days=9))
    copy = Copy(article=opener, relation="copy", score=1.0, because="the same words")
    taken_over = edition(replace(story(1), lead=other, copies=(copy,)))
    for page in (
        render(html, taken_over), front.render(Front(imprint=taken_over.imprint, editions=(taken_over,)))["index.html"]
    ):  # fmt: skip
        assert f'datetime="{opener.published_at:%Y-%m-%dT%H:%M}'.encode() in page
        assert f"{other.published_at:%Y-%m-%d}".encode() not in page


def test_two_stories_of_one_second_have_their_own_atom_dates() -> None:
    entries = ET.fromstring(render(atom, edition(story(1), story(2, updated_at=story(1).lead.updated_at))))
    first, second = (e.findtext(f"{ATOM}updated") or "" for e in entries.iter(f"{ATOM}entry"))
    assert first != second
    assert first[:19] == second[:19]


# --- whatever comes --------------------------------------------------------------------------------------------------

NASTY = ("]]>", "<![CDATA[", "</title>", "&#0;", "&amp;lt;b>", "<!--", "\x00", "\ud83d", "\u202e", "\ufffe", "\x85")
WORDS = st.text(max_size=12) | st.sampled_from(NASTY)
TEXT = st.lists(WORDS, max_size=4).map("".join)
URLS = TEXT | TEXT.map("https://a.example/{}".format) | TEXT.map("http://{}/".format)
ENCLOSURES = st.builds(
    Enclosure, url=URLS, media_type=TEXT | st.just("image/png"), length=st.none() | st.integers(), title=TEXT
)
TIMES = st.datetimes(datetime(1995, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC))
ARTICLES = st.builds(
    Article,
    **dict.fromkeys(("id", "source", "publisher", "guid", "canonical_url", "digest", "sketch"), TEXT),
    **dict.fromkeys(("title", "summary", "content"), TEXT),
    **dict.fromkeys(("published_at", "updated_at", "seen_at"), TIMES),
    **dict.fromkeys(("authors", "labels"), st.lists(TEXT, max_size=3).map(tuple)),
    url=URLS,
    original_url=URLS,
    dated=st.just(Dated.SAID),
    enclosures=st.lists(ENCLOSURES, max_size=3).map(tuple),
    language=TEXT | st.sampled_from(["ru", "kk-Latn-KZ", "en_US"]),
)
COPIES = st.builds(Copy, article=ARTICLES, relation=st.just("copy"), score=st.just(1.0), because=TEXT)
STORIES = st.builds(
    Story, id=TEXT, guid=TEXT, lead=ARTICLES, copies=st.lists(COPIES, max_size=2).map(tuple), listed_at=TIMES
)


@given(stories=st.lists(STORIES, max_size=3), title=TEXT)
@settings(max_examples=60, deadline=None)
def test_whatever_the_stories_hold_the_feeds_stay_valid(stories: list[Story], title: str) -> None:
    printed = edition(*stories, title=title)
    for feed in FEEDS:
        assert faults(render(feed, printed), printed.link + feed.FILENAME) == []
