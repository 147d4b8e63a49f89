"""The quick way through a feed and feedparser's say the same, or the quick way says nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import pytest
from feedparser.api import StrictFeedParser
from feedparser.mixin import _FeedParserMixin
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.model import Item
from aggregator.sources import _dates, _fastentry, _fastfeed, _fastnames, _feedparser, _xml
from aggregator.sources._charset import decode

CASES = sorted(Path(__file__).parent.glob("data/sources/feed/*.xml"))
URL = "https://news.example/desk/feed.xml"
NAMESPACES = (
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/"'
    ' xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:media="http://search.yahoo.com/mrss/"'
    ' xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" xmlns:slash="http://purl.org/rss/1.0/modules/slash/"'
    ' xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0" xmlns:desk="https://desk.example/ns"'
)
ATOM, RDF = "http://www.w3.org/2005/Atom", "http://www.w3.org/1999/02/22-rdf-syntax-ns#"


def by_the_judge(text: str, limit: int = 500) -> list[Item]:
    return list(_feedparser.items(_xml.tidy(text, limit), URL, "desk", ""))


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_a_case_gives_the_same_items_either_way(case: Path) -> None:
    text = decode(case.read_bytes())
    found = _fastfeed.items(text, URL, "", 500)
    if found is not None:
        assert found == by_the_judge(text)


def test_most_cases_go_the_quick_way() -> None:
    """Two thirds of them, although they were collected for being odd."""
    quick = [case for case in CASES if _fastfeed.items(decode(case.read_bytes()), URL, "", 500) is not None]
    assert len(quick) * 3 > len(CASES) * 2


# --- feeds made up ---------------------------------------------------------------------------------------------------

TEXTS = st.sampled_from(
    ["", " ", "A ship has come in", "Корабль пришёл", "Ann <ann@paper.example>", "ann@paper.example (Ann)", "Müller",
     "MÃ¼ller", "5 < 6 & 7", "<p>One</p><p>Two <b>three</b></p>", "&lt;b&gt;", "AT&amp;T", "&nbsp;", "<em>so</em>",
     "it\x92s", "https://news.example/1", "/news/2?a=1&b=2", "?a=1&b;=2", "tag:news.example,2026:3", "news/4", "]]&gt;",
     "one, two,, three", "x" * 330, "&bogus;", "<blink>now</blink>", "2026"]
)  # fmt: skip
DATES = st.sampled_from(
    ["Fri, 20 Nov 2026 09:00:00 +0300", "20 Nov 2026 09:00:00 GMT", "2026-11-20T09:00:00Z", "2026-11-20T09:00:00+05:00",
     "2026-11-20", "20.11.2026 09:00", "Sat, 31 Feb 2026 09:00:00 GMT", "Пт, 20 ноя 2026 09:00:00 +0300", "soon", ""]
)  # fmt: skip
TYPES = st.sampled_from(
    ["", "", ' type="html"', ' type="text"', ' type="HTML"', ' type="text/plain"', ' xml:lang="kk_KZ"']
)
NONE = st.just("")
SPELLINGS: list[Callable[[str], str]] = [
    escape,
    lambda text: "<![CDATA[" + text.replace("]]>", "") + "]]>",
    lambda text: "".join(f"&#{ord(c)};" for c in text),
    lambda text: f"<!-- {'note'} -->{escape(text)}\n",
]
SPELT = st.builds(lambda spell, text: spell(text), st.sampled_from(SPELLINGS), TEXTS)


def element(
    names: str, inside: st.SearchStrategy[str], attributes: st.SearchStrategy[str] = NONE
) -> st.SearchStrategy[str]:
    return st.builds(
        lambda name, said, more: f"<{name}{more}>{said}</{name}>", st.sampled_from(names.split()), inside, attributes
    )


LINKS = st.builds(
    lambda name, rel, kind, href: f"<{name}{rel}{kind} href={quoteattr(href)} length='12' title='t'/>",
    st.sampled_from(["link", "atom:link"]),
    st.sampled_from(["", ' rel="alternate"', ' rel="self"', ' rel="enclosure"', ' rel="Alternate"', ' rel="replies"']),
    st.sampled_from(["", ' type="text/html"', ' type="audio/mpeg"', ' type="application/json"']),
    TEXTS,
)
MEDIA = st.builds(
    lambda name, at, inside: f"<media:{name} {at} medium='image' fileSize='9'>{inside}</media:{name}>",
    st.sampled_from(["content", "thumbnail", "group"]),
    st.sampled_from(['url="https://news.example/a.jpg"', 'url="b.png" type="image/png"', ""]),
    st.lists(
        element("media:title media:description media:credit media:keywords media:thumbnail", SPELT, TYPES), max_size=2
    ).map("".join),
)
PEOPLE = element(
    "author contributor itunes:owner",
    st.lists(element("name email uri itunes:name itunes:email", SPELT), max_size=3).map(" ".join) | SPELT,
)
XHTML = st.sampled_from(
    ["<div xmlns='http://www.w3.org/1999/xhtml'><p class='a&amp;b'>One <br/>two &lt; three</p></div>",
     "<div xmlns='http://www.w3.org/1999/xhtml'>a</div><div xmlns='http://www.w3.org/1999/xhtml'>b</div>", "bare",
     "<p>x</p>",
     " <x:div xmlns:x='http://www.w3.org/1999/xhtml'><x:a HREF='/n' rel='Tag'>n</x:a></x:div> "]
)  # fmt: skip
PARTS = (
    element("title link description summary content", SPELT, TYPES)
    | element("dc:title dc:description itunes:summary content:encoded", SPELT, TYPES)
    | element("title link description", SPELT)
    | element("title summary content", XHTML, st.just(' type="xhtml"'))
    | element("guid id", SPELT,
              st.sampled_from(["", ' isPermaLink="false"', ' isPermaLink="true"', ' ispermalink="false"']))
    | element("pubDate published updated dc:date dcterms:issued created modified lastBuildDate date", DATES)
    | element("dc:creator author itunes:author managingEditor webMaster dc:contributor", SPELT)
    | element("category dc:subject media:category itunes:keywords media:keywords keywords tags", SPELT,
              st.sampled_from(["", ' domain="d"', ' scheme="s" term="t"', ' label="l"', ' term="t" label="l"']))
    | element("source", SPELT, st.sampled_from(["", ' url="https://other.example/feed"']))
    | element("source", st.just("<id>tag:x</id><title>Other</title><link href='https://other.example/'/>"))
    | element("language dc:language feedburner:origLink slash:comments desk:note note generator rights image", SPELT)
    | element("enclosure", st.just(""), st.sampled_from([' url="a.mp3" length="3" type="audio/mpeg"', ' href="b"', ""]))
    | element("content summary", SPELT,
              st.sampled_from([' xml:base="https://base.example/x/"', ' xml:base="/rel/"', ' src="a"']))
    | LINKS | MEDIA | PEOPLE | st.just("<image><url>https://news.example/i.png</url><title>Logo</title></image>")
)  # fmt: skip
ITEMS = st.lists(st.lists(PARTS, max_size=8).map("".join), max_size=3)


@st.composite
def feeds(draw: st.DrawFn) -> str:
    head, items = "".join(draw(st.lists(PARTS, max_size=4))), draw(ITEMS)
    more = draw(st.sampled_from(["", "", ' xml:lang="ru"', ' xml:base="https://base.example/"', ' base="x"']))
    kind = draw(st.sampled_from(["rss", "atom", "rdf"]))
    if kind == "rss":
        entries = "".join(f"<item>{item}</item>" for item in items)
        return f'<rss version="2.0" xmlns:atom="{ATOM}" {NAMESPACES}{more}><channel>{head}{entries}</channel></rss>'
    if kind == "atom":
        entries = "".join(f"<entry>{item}</entry>" for item in items)
        names = f'xmlns="{ATOM}" xmlns:atom="{ATOM}" {NAMESPACES}'
        return f'<?xml version="1.0"?><feed {names}{more}>{head}{entries}</feed>'
    entries = "".join(f'<item rdf:about="https://news.example/{n}">{item}</item>' for n, item in enumerate(items))
    return (
        f'<rdf:RDF xmlns="http://purl.org/rss/1.0/" xmlns:rdf="{RDF}" xmlns:atom="{ATOM}" {NAMESPACES}{more}>'
        f"<channel>{head}</channel>{entries}</rdf:RDF>"
    )


@settings(deadline=None, max_examples=400)
@given(text=feeds())
def test_a_made_up_feed_gives_the_same_items_either_way(text: str) -> None:
    found = _fastfeed.items(text, URL, "", 500)
    if found is not None:
        assert found == by_the_judge(text)


def test_the_newest_stay_where_there_are_too_many() -> None:
    items = "".join(
        f"<item><title>{n}</title><pubDate>{n:02} Nov 2026 09:00:00 GMT</pubDate></item><!-- <item> -->"
        for n in range(1, 20)
    )
    text = f"<rss><channel>{items}</channel></rss>"
    found = _fastfeed.items(text, URL, "", 5)
    assert found == by_the_judge(text, 5)
    assert found is not None
    assert [item.title for item in found] == ["15", "16", "17", "18", "19"]


# --- what is not for the quick way -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<rss><channel><item><title>open",
        "<html><body/></html>",
        '<!DOCTYPE rss [<!ENTITY a "b">]><rss><channel><item><title>&a;</title></item></channel></rss>',
        "<rss><channel><item><title>&nbsp;</title></item></channel></rss>",
        "<rss><channel><item><title><b>naked</b> markup</title></item></channel></rss>",
        '<rss xmlns:dc="https://elsewhere.example/"><channel><item><dc:creator>A</dc:creator></item></channel></rss>',
        "<rss><channel><item><pubDate>2026년 11월 20일 오전 9:00</pubDate></item></channel></rss>",
        f"<rss>{'<a>' * 300}{'</a>' * 300}<channel/></rss>",
    ],
)
def test_what_is_broken_or_odd_goes_to_the_judge(text: str) -> None:
    assert _fastfeed.items(text, URL, "", 500) is None


def test_every_word_of_feedparser_has_been_thought_of() -> None:
    """A new version that learns a word would read more out of an item than the quick way does."""
    names = dir(StrictFeedParser)
    methods = {name.split("_", 2)[2] for name in names if name.startswith(("_start_", "_end_"))}
    known = {name.replace(":", "_") for name in _fastentry.FEED} | set("rss channel feed item entry".split())
    harmless = set(
        "rights copyright dc_rights subtitle tagline itunes_subtitle info generator cloud webmaster dc_publisher"
        " contributor dc_contributor name email uri url homepage width height expirationdate itunes_image itunes_block"
        " itunes_explicit media_rating media_credit media_restriction media_license media_player dcterms_valid"
        " cc_license creativecommons_license creativeCommons_license itunes_name itunes_email textInput".split()
    )
    odd = {name for name in methods if name.startswith(("georss_", "gml_", "psc_"))}
    assert methods - known - harmless - odd == set()


def test_every_namespace_of_feedparser_that_means_something_is_known() -> None:
    meaning = {"", "dc", "dcterms", "content", "media", "itunes", "feedburner", "georss", "gml", "psc", "cc", "admin",
               "creativeCommons", "rdf", "xhtml", "xml"}  # fmt: skip
    theirs = {uri.lower() for uri, prefix in _FeedParserMixin.namespaces.items() if prefix in meaning}
    assert theirs <= _fastnames._SPELLINGS


# --- what both ways had wrong ----------------------------------------------------------------------------------------


def both_ways(text: str) -> Item:
    found = _fastfeed.items(text, URL, "", 500)
    assert found is not None
    assert found == by_the_judge(text)
    return found[0]


def test_an_author_with_a_portrait_keeps_the_name() -> None:
    portrait = f'<desk:image src="https://news.example/{"a" * 300}.png"/>'
    parts = f"<name>Ann</name><uri>https://ann.example/</uri><email>noreply@paper.example</email>{portrait}"
    entry = f'<entry><author>{parts}</author><link href="/1"/></entry>'
    item = both_ways(f'<feed xmlns="{ATOM}" {NAMESPACES}>{entry}</feed>')
    assert item.authors == ("Ann",)


def test_a_recording_without_a_type_is_no_page() -> None:
    item = both_ways(f'<feed xmlns="{ATOM}"><entry><link rel="enclosure" href="/a.mp3"/></entry></feed>')
    assert [(e.url, e.media_type) for e in item.enclosures] == [("https://news.example/a.mp3", "")]


@pytest.mark.parametrize(
    "said",
    ["Fri, 20 Nov 2026 09:00:00 +0300", "1 Jan 2026 23:59:59 GMT", "20 Nov 2026 09:00:00 -0930",
     "5 Dec 2026 07:08:09 Z", "20 Nov 0001 00:00:00 +0300", "31 Feb 2026 00:00:00 GMT", "20 Nov 2026 00:00:00 +9900",
     "05 Mai 2026 07:08:09 Z",
     "31 Dec 9999 23:00:00 -0300", "20 Nov 1969 24:00:00 GMT"],
)  # fmt: skip
def test_the_quick_reading_of_a_date_is_the_slow_one(said: str) -> None:
    assert _dates.moment(said) == _dates.moment(f"{said} ,")
