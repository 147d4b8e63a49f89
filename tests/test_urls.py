"""One spelling for comparing, a valid one for readers."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.urls import _ORDINARY, canonical, site, usable

URI = re.compile(r"https?://[a-z0-9_.\[\]:-]+(?:[/?#][A-Za-z0-9/?#:@!$&'()*+,;=._~%-]*)?")
ADDRESSES = st.one_of(
    st.text(st.characters(exclude_categories=())),
    st.text().map(lambda t: f"https://news.example/{t}"),
    st.text().map(lambda t: f"http://{t}/a"),
    st.from_regex(r"https?://[a-zа-я.:@\[\]0-9]{0,20}[/?#\\][ -~а-я%]{0,30}", fullmatch=True),
)


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("https://news.example/a?utm_source=x#top", "https://news.example/a?utm_source=x#top"),
        ("  HTTPS://News.Example/A \n", "https://news.example/A"),
        ("/a.html", "https://site.example/a.html"),
        ("b.html", "https://site.example/feed/b.html"),
        ("//cdn.example/x.jpg", "https://cdn.example/x.jpg"),
        ("https://новости.қаз/статья 1", "https://xn--b1amnebsh.xn--80ao21a/%D1%81%D1%82%D0%B0%D1%82%D1%8C%D1%8F%201"),
        ("https://news.example/100%/a%20b|c", "https://news.example/100%25/a%20b%7Cc"),
        ("https://me:secret@news.example:8443/", "https://news.example:8443/"),
        ("http://news.example:80/a", "http://news.example/a"),
        ("https://news.example/a\nb\tc", "https://news.example/abc"),
        ("https://[::1]:8080/a", "https://[::1]:8080/a"),
        (r"http:\\good.example\@evil.example/", "http://good.example/@evil.example/"),
        ("javascript:alert(1)", ""),
        ("java\nscript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("file:///etc/passwd", ""),
        ("mailto:desk@example.org", ""),
        ("https://", ""),
        ("https:///a", ""),
        ("http://[::1/", ""),
        ("http://news.example:99999/", ""),
        ("http://news.example:abc/", ""),
        ("http://bad host.example/", ""),
        ("http://" + "a" * 300 + ".example/", ""),
        ("https://news.example/" + "я" * 5000, ""),
        ("https://news.example/\ud800a", "https://news.example/a"),
        ("", ""),
        ("   ", ""),
    ],
)
def test_readers_get_a_valid_link_or_none(url: str, wanted: str) -> None:
    assert usable(url, "https://site.example/feed/rss.xml") == wanted


def test_without_a_base_a_relative_link_leads_nowhere() -> None:
    assert usable("/a.html") == ""
    assert usable("a.jpg", "file:///inbox/a.html") == ""
    assert usable("https://news.example/a", "file:///inbox/a.html") == "https://news.example/a"
    assert usable("a", "http://[bad") == ""


@pytest.mark.parametrize(
    "other",
    [
        "http://news.example/a/b?id=5&x=1",
        "https://www.news.example/a/b?id=5&x=1",
        "HTTPS://NEWS.EXAMPLE:443/a/b/?x=1&id=5",
        "https://news.example/a/./c/../b?id=5&x=1#comments",
        "https://news.example/%61/b?id=5&x=1&utm_source=rss&utm_medium=feed&UTM_Campaign=z",
        "https://news.example/a/b?fbclid=abc&id=5&gclid=d&x=1&yclid=3&_openstat=e&mc_cid=f",
        "https://news.example/a/b;jsessionid=0A1B2C?id=5&x=1",
        "https://news.example/a/b?id=5&x=1&PHPSESSID=0123456789abcdef&sid=0123456789abcdef0123456789abcdef",
        "https://reader:pw@news.example/a/b?&id=5&&x=1",
    ],
)
def test_one_page_has_one_canonical_url(other: str) -> None:
    assert canonical(other) == canonical("https://news.example/a/b?id=5&x=1") == "https://news.example/a/b?id=5&x=1"


@pytest.mark.parametrize(
    "other",
    [
        "https://m.news.example/a?id=5",
        "https://news.example/A?id=5",
        "https://news.example/a?id=6",
        "https://news.example/a",
        "https://news.example:8443/a?id=5",
        "https://news.example/amp/a?id=5",
        "https://news.example/a?id=5#!/page/2",
        "https://news.example/a%2Fb?id=5",
        "https://news.example/a?id=5&sid=7",
        "https://news.example/a?id=5&from=rss",
    ],
)
def test_other_pages_have_other_canonical_urls(other: str) -> None:
    assert canonical(other) not in ("", canonical("https://news.example/a?id=5"))


def test_parameters_of_one_name_keep_their_order() -> None:
    assert canonical("https://a.example/?b=2&a=9&a=1") == "https://a.example/?a=9&a=1&b=2"


@pytest.mark.parametrize("url", ["", "a/b", "ftp://a.example/", "tag:a.example,2026:1", "https://", "http://[x]/"])
def test_what_is_no_web_address_has_no_canonical_url(url: str) -> None:
    assert canonical(url) == ""


@settings(deadline=None)
@given(ADDRESSES, st.sampled_from(["", "https://site.example/feed/", "http://[", "file:///x"]))
def test_whatever_comes_a_link_is_valid_ascii_and_stays_as_it_is(url: str, base: str) -> None:
    link = usable(url, base)
    assert not link or URI.fullmatch(link)
    assert usable(link) == link


@settings(deadline=None)
@given(ADDRESSES)
def test_a_canonical_url_is_its_own(url: str) -> None:
    once = canonical(url)
    assert not once or URI.fullmatch(once)
    assert canonical(once) == once
    assert canonical(usable(url)) == once


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://www.news.example/a?b", "news.example"),
        ("http://feeds.news.example:8080/", "news.example"),
        ("https://a.b.inform.com.kz/x", "inform.com.kz"),
        ("https://com.kz/", "com.kz"),
        ("https://localhost/", "localhost"),
        ("http://192.0.2.7/a", "192.0.2.7"),
        ("http://[2001:db8::1]/a", "2001:db8::1"),
        ("file:///etc/passwd", ""),
        ("", ""),
    ],
)
def test_pages_of_one_owner_are_one_site(url: str, expected: str) -> None:
    assert site(url) == expected


@given(st.from_regex(_ORDINARY, fullmatch=True))
def test_an_ordinary_link_has_the_parts_that_it_seems_to_have(url: str) -> None:
    ordinary = _ORDINARY.fullmatch(url)
    assert ordinary
    assert SplitResult(*ordinary.groups("")) == urlsplit(url)
