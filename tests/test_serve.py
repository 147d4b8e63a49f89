from __future__ import annotations

import asyncio
import gzip
import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import brotli
import pytest

from aggregator.codings import accepted
from aggregator.press import put as press
from aggregator.serve import App, app
from aggregator.shelf import Shelf

ROOT = Path(__file__).parents[1]
RSS = b'<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0">' + b"<item/>" * 200 + b"</rss>\n"
MODIFIED = 1_772_445_600
"""2026-03-02 10:00:00 UTC."""
SAID = "Mon, 02 Mar 2026 10:00:00 GMT"
STUCK = 20


@pytest.fixture
def feeds(tmp_path: Path) -> Path:
    feeds = tmp_path / "feeds"
    (feeds / "all").mkdir(parents=True)
    (feeds / "bare").mkdir()
    put(feeds / "index.html", b"<!doctype html><title>Front</title>")
    put(feeds / "all/index.html", b"<!doctype html><title>All</title>")
    put(feeds / "all/rss.xml", RSS)
    return feeds


def put(path: Path, body: bytes) -> None:
    path.write_bytes(body)
    os.utime(path, (MODIFIED, MODIFIED))


class Said:
    """One answer of the application."""

    def __init__(
        self, application: App, path: str, method: str = "GET", date: str | None = None, **asked: str
    ) -> None:
        headers = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in asked.items()]
        scope: dict[str, Any] = {"type": "http", "method": method, "path": path, "headers": headers}
        if date:
            scope["date"] = date.encode()
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        async def receive() -> Any:
            raise AssertionError("nobody reads what a reader sends")

        asyncio.run(self._call(application, scope, receive, send))
        self.status: int = sent[0]["status"]
        self.headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        assert len(self.headers) == len(sent[0]["headers"]), "a header is there twice"
        self.body: bytes = sent[1]["body"]

    @staticmethod
    async def _call(application: App, *arguments: Any) -> None:
        await application(*arguments)


# --- which file ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "start"),
    [("/", b"<!doctype html><title>Front"), ("/all/", b"<!doctype html><title>All"), ("/all/rss.xml", RSS)],
)
def test_a_path_is_a_file_and_a_folder_is_its_index(feeds: Path, path: str, start: bytes) -> None:
    said = Said(app(feeds), path)
    assert said.status == 200
    assert said.body.startswith(start)
    assert said.headers["content-length"] == str(len(said.body))


def test_a_folder_without_its_slash_moves_for_good_to_the_one_with(feeds: Path) -> None:
    said = Said(app(feeds), "/all")
    assert (said.status, said.headers["location"], said.body) == (308, "./all/", b"")


@pytest.mark.parametrize(
    "path",
    [
        *("/../secret.txt", "/all/../../secret.txt", "/./all/rss.xml", "//all/rss.xml", "/all//rss.xml", "/all/.."),
        *("/.hidden", "/all/.rss.xml.new", "/.git/config", "/\\..\\secret.txt", "/all\\rss.xml", "/all/rss.xml\x00"),
        *("/link.txt", "/linked/secret.txt", "/bare/", "/all/rss.xml/", "/nothing", "/" + "x" * 5000, "", "all", "/.."),
        *("//example.org/", "/all/index.html/", "/bare//", "/\udcff"),
    ],
)
def test_nothing_else_can_be_reached(feeds: Path, path: str) -> None:
    put(feeds.parent / "secret.txt", b"secret")
    put(feeds / ".hidden", b"secret")
    put(feeds / "all/.rss.xml.new", b"secret")
    (feeds / ".git").mkdir()
    put(feeds / ".git/config", b"secret")
    (feeds / "link.txt").symlink_to(feeds.parent / "secret.txt")
    (feeds / "linked").symlink_to(feeds.parent)
    said = Said(app(feeds), path)
    assert said.status == 404
    assert b"secret" not in said.body
    assert said.headers["content-type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize(("path", "root"), [("/nothing", "./"), ("/all/nothing.xml", "../"), ("/a/b/", "../../")])
def test_who_has_lost_the_way_finds_the_front_page_below_any_path(feeds: Path, path: str, root: str) -> None:
    page = Said(app(feeds), path).body.decode()
    assert f'<a href="{root}">' in page
    assert f'href="{root}style.css"' in page


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("rss.xml", "application/rss+xml; charset=utf-8"),
        ("atom.xml", "application/atom+xml; charset=utf-8"),
        ("feed.json", "application/feed+json; charset=utf-8"),
        ("feeds.opml", "text/x-opml; charset=utf-8"),
        ("index.html", "text/html; charset=utf-8"),
        ("style.css", "text/css; charset=utf-8"),
        ("other.xml", "application/xml; charset=utf-8"),
        ("mark.svg", "image/svg+xml"),
        ("mark.png", "image/png"),
        ("favicon.ico", "image/vnd.microsoft.icon"),
        ("thing.riverbed", "application/octet-stream"),
        ("other.xml.gz", "application/gzip"),
    ],
)
def test_the_name_tells_the_media_type(feeds: Path, name: str, media_type: str) -> None:
    put(feeds / name, b"x")
    assert Said(app(feeds), f"/{name}").headers["content-type"] == media_type


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "BREW"])
def test_readers_can_only_read(feeds: Path, method: str) -> None:
    said = Said(app(feeds), "/all/rss.xml", method)
    assert (said.status, said.headers["allow"], said.body) == (405, "GET, HEAD", b"")


# --- which version ---------------------------------------------------------------------------------------------------


def test_every_answer_says_which_version_it_is_and_how_long_it_is_fresh(feeds: Path) -> None:
    said = Said(app(feeds), "/all/rss.xml")
    assert said.headers["last-modified"] == SAID
    assert said.headers["etag"].startswith('"')
    assert said.headers["cache-control"] == "public, max-age=300, stale-while-revalidate=600, stale-if-error=86400"
    assert said.headers["vary"].startswith("Accept-Encoding")


def test_head_is_get_without_the_body(feeds: Path) -> None:
    for path in ("/all/rss.xml", "/nothing"):
        get, head = (Said(app(feeds), path, method) for method in ("GET", "HEAD"))
        assert (head.status, head.headers) == (get.status, get.headers)
        assert head.body == b""


def test_equal_bytes_have_equal_tags_and_others_have_others(feeds: Path) -> None:
    put(feeds / "same.xml", RSS)
    put(feeds / "other.xml", RSS + b" ")
    tags = [Said(app(feeds), f"/{name}.xml").headers["etag"] for name in ("all/rss", "same", "other")]
    assert tags[0] == tags[1] != tags[2]


@pytest.mark.parametrize(
    ("template", "status"),
    [
        ("{}", 304),
        ("W/{}", 304),
        ('"a", {}', 304),
        ('"a,b",W/{} , "c"', 304),
        ("*", 304),
        ('"a"', 200),
        ("", 200),
        ("garbage", 200),
    ],
)
def test_who_has_this_version_gets_no_body(feeds: Path, template: str, status: int) -> None:
    application = app(feeds)
    etag = Said(application, "/all/rss.xml").headers["etag"]
    for method in ("GET", "HEAD"):
        said = Said(application, "/all/rss.xml", method, if_none_match=template.format(etag))
        assert said.status == status
        if status == 304:
            assert said.body == b""
            assert said.headers["etag"] == etag
            assert said.headers["last-modified"] == SAID
            assert {"cache-control", "vary"} <= set(said.headers)
            assert not {"content-length", "content-type", "content-encoding"} & set(said.headers)


@pytest.mark.parametrize(
    ("since", "status"),
    [
        (SAID, 304),
        ("Mon, 02 Mar 2026 10:00:01 GMT", 200),  # of a download before this version
        ("Monday, 02-Mar-26 10:00:00 GMT", 304),
        ("Mon, 02 Mar 2026 09:59:59 GMT", 200),
        ("yesterday", 200),
        ("", 200),
    ],
)
def test_a_date_will_do_where_there_is_no_tag(feeds: Path, since: str, status: int) -> None:
    assert Said(app(feeds), "/all/rss.xml", if_modified_since=since).status == status


def test_no_answer_says_that_it_was_modified_after_it_was_sent_nor_keeps_a_change_from_who_was_told_so(
    feeds: Path,
) -> None:
    """RFC 9110, 8.8.2.1. So it is when the clock was ahead, or when a file has changed twice within a second."""

    def ask(date: str, **asked: str) -> tuple[int, str]:
        said = Said(application, "/all/rss.xml", date=date, **asked)
        return said.status, said.headers["last-modified"]

    application = app(feeds)
    before, later = "Sun, 01 Mar 2026 09:59:59 GMT", "Mon, 02 Mar 2026 11:00:00 GMT"
    assert ask(before) == ask(before, sec_fetch_mode="navigate") == ask(before, accept_encoding="gzip") == (200, before)
    etag = Said(application, "/all/rss.xml").headers["etag"]
    assert ask(before, if_none_match=etag) == (304, before)
    assert ask(before, if_modified_since=before) == (200, before)
    assert ask(later, if_modified_since=before) == (200, SAID)
    assert ask(SAID, if_modified_since=SAID) == (304, SAID)


def test_a_tag_counts_more_than_a_date(feeds: Path) -> None:
    assert Said(app(feeds), "/all/rss.xml", if_none_match='"old"', if_modified_since=SAID).status == 200


def test_a_new_edition_is_seen_at_once_even_of_the_same_size_and_time(feeds: Path) -> None:
    application = app(feeds)
    old = Said(application, "/all/rss.xml", accept_encoding="gzip")
    put(feeds / "all/.rss.xml.new", RSS.replace(b"item", b"lost"))
    (feeds / "all/.rss.xml.new").replace(feeds / "all/rss.xml")
    new = Said(application, "/all/rss.xml", accept_encoding="gzip")
    assert new.headers["etag"] != old.headers["etag"]
    assert b"<lost/>" in gzip.decompress(new.body)


def test_an_edition_that_is_gone_is_gone(feeds: Path) -> None:
    application = app(feeds)
    Said(application, "/all/rss.xml")
    (feeds / "all/rss.xml").unlink()
    assert Said(application, "/all/rss.xml").status == 404


# --- packed ----------------------------------------------------------------------------------------------------------


UNPACK = {"gzip": gzip.decompress, "br": brotli.decompress}


@pytest.mark.parametrize(("accept", "coding", "mark"), [("gzip", "gzip", "-gz"), ("gzip, deflate, br", "br", "-br")])
@pytest.mark.parametrize("prepared", [True, False])
def test_packed_is_another_representation_with_a_tag_of_its_own(
    feeds: Path, accept: str, coding: str, mark: str, prepared: bool
) -> None:
    if prepared:
        (feeds / "all/rss.xml").unlink()
        press(feeds / "all/rss.xml", RSS, datetime.fromtimestamp(MODIFIED, UTC))
    application = app(feeds)
    plain = Said(application, "/all/rss.xml")
    packed = Said(application, "/all/rss.xml", accept_encoding=accept)
    assert packed.headers["content-encoding"] == coding
    assert UNPACK[coding](packed.body) == plain.body == RSS
    assert int(packed.headers["content-length"]) == len(packed.body) < len(RSS)
    assert packed.headers["etag"] == plain.headers["etag"][:-1] + f'{mark}"'
    again = Said(application, "/all/rss.xml", accept_encoding=accept, if_none_match=packed.headers["etag"])
    assert (again.status, again.headers["etag"]) == (304, packed.headers["etag"])


def test_who_has_the_plain_version_needs_no_packed_one_but_not_the_other_way_round(feeds: Path) -> None:
    application = app(feeds)
    plain, packed = (Said(application, "/all/rss.xml", accept_encoding=a).headers["etag"] for a in ("", "gzip"))
    said = Said(application, "/all/rss.xml", accept_encoding="gzip", if_none_match=plain)
    assert (said.status, said.headers["etag"]) == (304, plain)
    assert Said(application, "/all/rss.xml", if_none_match=packed).status == 200
    assert Said(application, "/all/rss.xml", accept_encoding="br", if_none_match=packed).status == 200
    both = Said(application, "/all/rss.xml", accept_encoding="gzip", if_none_match=f"{plain}, {packed}")
    assert (both.status, both.headers["etag"]) == (304, packed)


def test_the_file_that_lies_packed_beside_is_what_is_sent(feeds: Path) -> None:
    beside = gzip.compress(RSS, compresslevel=1, mtime=0)
    put(feeds / "all/rss.xml.gz", beside)
    assert Said(app(feeds), "/all/rss.xml", accept_encoding="gzip").body == beside


@pytest.mark.parametrize("beside", [gzip.compress(b"another version" * 100), b"no gzip", b"", gzip.compress(RSS)[:-5]])
def test_a_packed_file_of_another_version_is_never_sent(feeds: Path, beside: bytes) -> None:
    put(feeds / "all/rss.xml.gz", beside)
    assert gzip.decompress(Said(app(feeds), "/all/rss.xml", accept_encoding="gzip").body) == RSS


def test_what_does_not_get_smaller_is_not_packed(feeds: Path) -> None:
    put(feeds / "noise.png", os.urandom(4000))
    for path in ("/noise.png", "/index.html"):
        said = Said(app(feeds), path, accept_encoding="br, gzip")
        assert "content-encoding" not in said.headers
        assert not said.headers["etag"].endswith(('-gz"', '-br"'))


@pytest.mark.parametrize(
    ("value", "codings"),
    [
        ("gzip", "gzip"),
        ("gzip, deflate, br", "br gzip"),
        ("br;q=0.5, gzip", "gzip br"),
        ("br;q=0.5, gzip;q=0.4", "br gzip"),
        ("deflate, GZIP;q=0.5", "gzip"),
        ("x-gzip", "gzip"),
        ("*", "br gzip"),
        ("gzip;q=0", ""),
        ("gzip; q=0.000", ""),
        ("gzip;q=0, *", "br"),
        ("*;q=0, gzip", "gzip"),
        ("*;q=0", ""),
        ("identity", ""),
        ("identity;q=0.5, gzip", "gzip"),
        ("identity, gzip;q=0.5", ""),
        ("identity, gzip", "gzip"),
        ("", ""),
        ("gzip;q=.", "gzip"),
        ("gzip;q=1.0.0", "gzip"),
        ("gzip;x=1", "gzip"),
    ],
)
def test_packed_only_for_those_who_take_it_and_as_they_like_it_best(value: str, codings: str) -> None:
    assert " ".join(coding.name for coding in accepted(value)) == codings


# --- only what is new ------------------------------------------------------------------------------------------------


def feed(*entries: str) -> bytes:
    items = "\n".join(f"<item><guid>{e}</guid><description>{e * 300}</description></item>" for e in entries)
    return f'<rss version="2.0"><channel><title>All</title>\n{items}\n</channel></rss>'.encode()


def test_who_asks_for_the_difference_gets_the_new_entries_alone(feeds: Path) -> None:
    application = app(feeds)
    put(feeds / "all/rss.xml", feed("a", "b"))
    old = Said(application, "/all/rss.xml", accept_encoding="gzip").headers["etag"]
    put(feeds / "all/rss.xml", feed("new", "a", "b") + b"\n" * 3)
    asked = {"a_im": "feed", "if_none_match": old}
    said, whole = Said(application, "/all/rss.xml", **asked), Said(application, "/all/rss.xml", if_none_match=old)
    assert (said.status, whole.status) == (226, 200)
    assert re.findall(rb"<guid>(.*?)</guid>", said.body) == [b"new"]
    assert said.headers["im"] == "feed"
    assert said.headers["delta-base"] == old
    assert said.headers["etag"] == whole.headers["etag"] != old
    assert said.headers["cache-control"] == "no-store, im, max-age=300"
    assert said.headers["vary"] == "A-IM, If-None-Match"
    assert said.headers["content-type"] == "application/rss+xml; charset=utf-8"
    assert int(said.headers["content-length"]) == len(said.body)
    assert "content-security-policy" in said.headers
    head = Said(application, "/all/rss.xml", "HEAD", **asked)
    assert (head.status, head.headers, head.body) == (226, said.headers, b"")
    for coding in ("", "gzip", "br"):
        again = {"a_im": "feed", "if_none_match": said.headers["etag"], "accept_encoding": coding}
        assert Said(application, "/all/rss.xml", **again).status == 304


@pytest.mark.parametrize(
    "asked",
    [
        {"a_im": "feed"},
        {"a_im": "feed", "if_none_match": '"never-ours"'},
        {"a_im": "vcdiff", "if_none_match": "{}"},
        {"a_im": "feed;q=0", "if_none_match": "{}"},
        {"if_none_match": "{}"},
    ],
)
def test_everybody_else_gets_the_whole(feeds: Path, asked: dict[str, str]) -> None:
    application = app(feeds)
    put(feeds / "all/rss.xml", feed("a", "b"))
    old = Said(application, "/all/rss.xml").headers["etag"]
    put(feeds / "all/rss.xml", feed("new", "a", "b"))
    said = Said(application, "/all/rss.xml", **{name: value.format(old) for name, value in asked.items()})
    assert (said.status, said.body) == (200, feed("new", "a", "b"))


def test_a_difference_that_is_larger_than_the_whole_packed_is_not_sent(feeds: Path) -> None:
    application = app(feeds)
    put(feeds / "all/rss.xml", feed("a"))
    old = Said(application, "/all/rss.xml").headers["etag"]
    put(feeds / "all/rss.xml", feed(*"hgfedcba"))
    said = Said(application, "/all/rss.xml", a_im="feed", if_none_match=old, accept_encoding="gzip")
    assert (said.status, said.headers["content-encoding"]) == (200, "gzip")


def test_a_server_that_has_just_started_sends_the_whole(feeds: Path) -> None:
    put(feeds / "all/rss.xml", feed("a"))
    old = Said(app(feeds), "/all/rss.xml").headers["etag"]
    put(feeds / "all/rss.xml", feed("b", "a"))
    assert Said(app(feeds), "/all/rss.xml", a_im="feed", if_none_match=old).status == 200


# --- gone and kept ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/all/rss.xml", "/all/", "/all", "/all/archive/1/rss.xml", "/all/never.xml"])
def test_a_topic_that_is_no_longer_published_is_gone_and_not_only_missing(feeds: Path, path: str) -> None:
    application = app(feeds)
    etag = Said(application, "/all/rss.xml").headers["etag"]
    (feeds / "all/.gone").touch()
    said = Said(application, path, if_none_match=etag)
    assert said.status == 410
    assert b"no longer published" in said.body
    assert Said(application, "/never/rss.xml").status == 404
    assert Said(application, "/").status == 200
    (feeds / "all/.gone").unlink()
    assert Said(application, "/all/rss.xml").status == 200


def test_an_archive_keeps_for_a_day_but_not_for_ever(feeds: Path) -> None:
    (feeds / "all/archive").mkdir()
    put(feeds / "all/archive/1.xml", RSS)
    cached = Said(app(feeds), "/all/archive/1.xml").headers["cache-control"]
    assert cached == "public, max-age=86400, stale-while-revalidate=86400, stale-if-error=604800"


# --- safe and small --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/all", "/all/rss.xml", "/nothing", "/bare/x"])
def test_no_page_of_ours_can_run_a_script(feeds: Path, path: str) -> None:
    (feeds / "bare/.gone").touch()
    headers = Said(app(feeds), path).headers
    policy = headers["content-security-policy"].split("; ")
    assert {"default-src 'none'", "style-src 'self'", "frame-ancestors 'none'"} <= set(policy)
    assert not any("script" in rule or "unsafe" in rule for rule in policy)
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


def test_a_hit_costs_no_reading(feeds: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf = Shelf(feeds)
    paper = shelf.take("all/rss.xml")

    def read(*_: Any) -> None:
        raise AssertionError("read again")

    monkeypatch.setattr(Path, "open", read)
    assert shelf.take("all/rss.xml") is paper


def test_memory_is_bounded_and_the_least_used_leave_first(feeds: Path) -> None:
    shelf = Shelf(feeds, room=60_000)
    for n in range(10):
        put(feeds / f"{n}.xml", b"x" * 5000)
        assert shelf.take(f"{n}.xml") is not None
        assert shelf.take("0.xml") is not None
    assert shelf._held <= 60_000
    assert list(shelf._papers) == ["8.xml", "9.xml", "0.xml"]


def test_what_is_larger_than_the_memory_is_served_all_the_same(feeds: Path) -> None:
    put(feeds / "large.xml", b"x" * 5000)
    shelf = Shelf(feeds, room=1000)
    paper = shelf.take("large.xml")
    assert paper is not None
    assert len(paper.body) == 5000
    assert shelf._held == 0


def test_importing_the_module_does_not_import_uvicorn() -> None:
    code = "import sys, aggregator.serve; sys.exit('uvicorn' in sys.modules or 'asyncio' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_a_feed_opened_in_a_browser_comes_as_xml_so_that_its_stylesheet_applies(feeds: Path) -> None:
    reader = Said(app(feeds), "/all/rss.xml")
    browser = Said(app(feeds), "/all/rss.xml", sec_fetch_mode="navigate")
    assert reader.headers["content-type"] == "application/rss+xml; charset=utf-8"
    assert browser.headers["content-type"] == "application/xml; charset=utf-8"
    assert reader.body == browser.body
    assert reader.headers["vary"] == browser.headers["vary"] == "Accept-Encoding, Sec-Fetch-Mode"
    assert Said(app(feeds), "/", sec_fetch_mode="navigate").headers["content-type"] == "text/html; charset=utf-8"
    assert len({reader.headers["etag"], browser.headers["etag"]}) == 2
    for kept, mode, status in ((browser, "navigate", 304), (browser, "cors", 200), (reader, "cors", 304)):
        again = Said(app(feeds), "/all/rss.xml", sec_fetch_mode=mode, if_none_match=kept.headers["etag"])
        assert again.status == status


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"if_match": "*"}, 200),
        ({"if_match": "{etag}"}, 200),
        ({"if_match": '"another", {etag}'}, 200),
        ({"if_match": "W/{etag}"}, 412),
        ({"if_match": '"another"'}, 412),
        ({"if_match": '"another"', "if_none_match": "{etag}"}, 412),
        ({"if_match": "{etag}", "if_none_match": "{etag}"}, 304),
        ({"if_unmodified_since": SAID}, 200),
        ({"if_unmodified_since": "Mon, 02 Mar 2026 09:59:59 GMT"}, 412),
        ({"if_unmodified_since": "yesterday"}, 200),
        ({"if_match": "{etag}", "if_unmodified_since": "Mon, 02 Mar 2026 09:59:59 GMT"}, 200),
    ],
)
def test_who_wants_a_version_and_no_other_is_told_when_it_is_gone(
    feeds: Path, asked: dict[str, str], status: int
) -> None:
    etag = Said(app(feeds), "/all/rss.xml").headers["etag"]
    told = Said(app(feeds), "/all/rss.xml", **{name: value.format(etag=etag) for name, value in asked.items()})
    assert told.status == status
    assert bool(told.body) == (status == 200)
