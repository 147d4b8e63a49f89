"""What was mended in a feed, or read by guess, is said; and nothing is said of what came well."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from random import Random
from time import perf_counter

import pytest

from aggregator.collect import Report, collect
from aggregator.logbook import Logbook
from aggregator.model import Health, Note, Source, State
from aggregator.preview import preview
from aggregator.reports import health_row, record_lines
from aggregator.sources import _charset, feed, files
from aggregator.stores import Store
from aggregator.stores.sqlite import open_store
from aggregator.web import Web

from .loopback import NOW, Loopback, make_web, reply
from .make import DAY, fetched

GOOD = "<rss><channel><title>Steppe</title><item><guid>1</guid><title>Rain {}</title></item></channel></rss>"
LOOSE = GOOD.replace("</title></item>", "</titel></item>")
NOTE = "not well-formed (mismatched tag): read loosely"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (LOOSE, "mismatched tag"),
        (GOOD.removesuffix("</channel></rss>"), "it ends early"),
        (GOOD + "<!-- behind --> it", "junk after document element"),
        ("Warning: no such file\n<?xml version='1.0'?>" + GOOD, "syntax error"),
        (GOOD.replace("Rain", "Rain & snow"), "not well-formed (invalid token)"),
        (GOOD.replace("Rain", "Rain&nbsp;"), "undefined entity"),
        (GOOD.replace("Rain", "Rain\x08"), "not well-formed (invalid token)"),
        (GOOD.replace("<guid>", "<dc:creator>Ann</dc:creator><guid>"), "unbound prefix"),
    ],
)
def test_what_is_not_well_formed_is_said_to_be_so(text: str, fault: str) -> None:
    assert list(feed.notes(fetched(text.encode()))) == [f"not well-formed ({fault}): read loosely"]


def test_declarations_are_not_read_and_that_is_said() -> None:
    text = '<!DOCTYPE rss [<!ENTITY rain "snow">]>' + GOOD
    assert list(feed.notes(fetched(text.encode()))) == ["declarations of its own (DOCTYPE): not read"]


def test_a_bomb_of_declarations_costs_nothing() -> None:
    attributes = " ".join(f'a{n} CDATA ""' for n in range(150_000))
    began = perf_counter()
    assert list(feed.notes(fetched(f"<!DOCTYPE rss [<!ATTLIST rss {attributes}>]>{GOOD}".encode())))
    assert perf_counter() - began < 5


ITEM = "<item><title>Rain</title></item>"
JSON_ITEM = '{"id": "1"}'
JSON = '{"version": "https://jsonfeed.org/version/1.1", "items": [%s]}'
MANY = {
    "rss": lambda n: GOOD.replace("<item>", ITEM * (n - 1) + "<item>"),
    "json": lambda n: JSON % ", ".join([JSON_ITEM] * n),
}


@pytest.mark.parametrize("kind", MANY)
def test_entries_that_are_left_out_are_counted_aloud(kind: str) -> None:
    assert list(feed.notes(fetched(MANY[kind](500).encode()))) == []
    assert list(feed.notes(fetched(MANY[kind](501).encode()))) == ["more than 500 entries: the newest 500 are taken"]


@pytest.mark.parametrize("broken", ["{" * 600, "[" + "{" * 200_000, JSON % ("{" * 600)])
def test_of_broken_json_nothing_is_counted(broken: str) -> None:
    assert list(feed.notes(fetched(broken.encode()))) == []


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (GOOD.encode(), None),
        (f'<?xml version="1.0" encoding="us-ascii"?>{GOOD}'.encode(), "iso-8859-1"),
        (f'<?xml version="1.0" encoding="x-nonsense-9"?>{GOOD}'.encode(), "utf-8"),
        (f'<?xml version="1.0" encoding="windows-1251"?>{GOOD.format("Дождь")}'.encode("cp1251"), None),
        (GOOD.format("Дождь").encode("koi8-r"), "koi8-r"),
        (GOOD.format("Дождь").encode("utf-16"), "utf-16"),
        (f'<!DOCTYPE rss PUBLIC "" "http://n.example/dtd">{GOOD.replace("Rain", "Rain&nbsp;")}'.encode(), None),
        (b'{"version": "https://jsonfeed.org/version/1.1", "items": []}', None),
    ],
)  # fmt: skip
def test_of_what_came_well_nothing_is_said(body: bytes, said: str | None) -> None:
    assert list(feed.notes(fetched(body, charset=said))) == []


@pytest.mark.parametrize(
    ("body", "said", "remark"),
    [
        ("Дождь".encode(), "windows-1251", "said to be windows-1251, and read as utf-8"),
        (b'<?xml version="1.0" encoding="utf-16"?><rss/>', None, "said to be utf-16, and read as utf-8"),
        ("Дождь в степи над водой".encode("cp1251"), "utf-8", "said to be utf-8, and read as cp1251"),
        ("Дождь над водой".encode("cp1251"), None, "in no character set that is said: read as cp1251, by its letters"),
        ("Дождь в степи".encode() + b"\xff", None, "not all of it is utf-8: what could not be read was replaced"),
    ],
)
def test_a_character_set_that_was_guessed_is_said(body: bytes, said: str | None, remark: str) -> None:
    assert list(_charset.remarks(body, said, *_charset.read(body, said))) == [remark]


# --- kept with the source --------------------------------------------------------------------------------------------


@pytest.fixture
def web() -> Iterator[Web]:
    web = make_web(sleep=lambda _: None, private_hosts=frozenset({"127.0.0.1"}))
    yield web
    web.close()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(tmp_path / "river.sqlite", writing=True)
    yield store
    store.close()


def visited(web: Web, store: Store, source: Source, now: datetime) -> Report:
    standing, trip = store.standing(source.name), web.visit(source, now)
    return collect(source, store, trip, standing, Random(1), authority="news.example,2026", priorities={})


def visit(web: Web, store: Store, source: Source, now: datetime) -> Health:
    visited(web, store, source, now)
    return store.health()[0]


def test_a_feed_that_was_read_loosely_says_so_for_as_long_as_it_is(web: Web, store: Store) -> None:
    with Loopback() as server:
        source = Source(name="steppe", kind="feed", location=server.url("/rss"))
        store.register([source], {}, NOW)
        server.answers["/rss"] = reply(body=LOOSE.format(1).encode(), ETag='"1"')
        health = visit(web, store, source, NOW)
        assert (health.notes, health.state, health.error) == ((Note(text=NOTE, since=NOW),), State.OK, None)
        server.answers["/rss"] = reply(304)
        assert visit(web, store, source, NOW + DAY).notes == health.notes
        server.answers["/rss"] = reply(body=LOOSE.format(2).encode())
        assert visit(web, store, source, NOW + 2 * DAY).notes == health.notes
        server.answers["/rss"] = reply(500)
        assert visit(web, store, source, NOW + 3 * DAY).notes == health.notes
        server.answers["/rss"] = reply(body=GOOD.format(3).encode())
        assert visit(web, store, source, NOW + 4 * DAY).notes == ()


def test_a_file_that_cannot_be_read_is_told_once_and_its_folder_is_well(
    web: Web, store: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source = Source(name="inbox", kind="files", location=str(tmp_path / "in"), options={"quiet": 0 * DAY})
    store.register([source], {}, NOW)
    (tmp_path / "in").mkdir()
    (tmp_path / "in/a.txt").write_text("Rain in the steppe\n\nIt rains.")
    (tmp_path / "in/b.xml").write_text("no feed at all")
    (tmp_path / "in/c.txt").symlink_to("/etc/hostname")
    logbook = Logbook()
    for day in range(3):
        logbook.visit(visited(web, store, source, NOW + day * DAY))
    health = store.health()[0]
    assert (health.state, health.error, health.failures, health.articles) == (State.OK, None, 0, 1)
    assert health.last_success == NOW + 2 * DAY
    assert str(health.left_out).startswith("b.xml: this is no feed")
    assert "cannot read c.txt" in str(health.left_out)
    assert [r.message for r in caplog.records if "b.xml" in r.message] == [f"inbox: {health.left_out}"]


def test_a_source_that_is_one_file_fails_with_it(web: Web, store: Store, tmp_path: Path) -> None:
    source = Source(name="inbox", kind="files", location=str(tmp_path / "b.xml"), options={"quiet": 0 * DAY})
    store.register([source], {}, NOW)
    (tmp_path / "b.xml").write_text("no feed at all")
    assert visit(web, store, source, NOW).state is State.FAILING


def test_the_operator_sees_it_in_the_status_of_the_source() -> None:
    health = Health(name="steppe", kind="feed", state=State.OK, notes=(Note(text=NOTE, since=NOW),))
    assert f"  note          {NOTE} (since 2026-03-02 10:00)" in list(record_lines(health, {}))
    assert health_row(health, {})["notes"] == [{"text": NOTE, "since": "2026-03-02T10:00:00Z"}]


def test_a_preview_says_it_too(web: Web, tmp_path: Path) -> None:
    class Nothing:
        def file(self, _: object) -> list[object]:
            return []

    (tmp_path / "loose.xml").write_text(LOOSE)
    source = Source(name="preview", kind="files", location=str(tmp_path), options={"quiet": 0 * DAY})
    seen = preview(source, web, None, Nothing(), NOW)  # type: ignore[arg-type]
    assert (list(seen.remarks), list(seen.errors)) == ([f"loose.xml: {NOTE}"], [])


def test_a_text_in_a_guessed_character_set_is_noted_and_a_letter_is_not() -> None:
    broken = "Дождь в степи".encode() + b"\xff"
    assert len(list(files.notes(fetched(broken, url="file:///inbox/a.txt")))) == 1
    assert list(files.notes(fetched(broken, url="file:///inbox/a.eml"))) == []
