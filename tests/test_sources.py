"""One suite over every kind of source. A case is a file, and what has to come out of it: NAME.items.json beside it."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter
from types import ModuleType
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from aggregator.errors import FetchError, ParseError
from aggregator.model import Checkpoint, Fetched, Item, Source
from aggregator.plugins import load
from aggregator.sources import feed, files

DATA = Path(__file__).parent / "data/sources"
CASES = sorted(p for p in DATA.glob("*/*") if not p.name.endswith(".items.json"))
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=30)


@dataclass(frozen=True)
class FakeAnswer:
    body: bytes | None
    checkpoint: Checkpoint = field(default_factory=dict)
    url: str = "https://news.example/feed.xml"
    media_type: str = ""
    charset: str | None = None
    is_part: bool = False


@dataclass
class FakeWorld:
    answer: FakeAnswer | None = None
    now: datetime = NOW
    asked: list[tuple[str, Checkpoint | None]] = field(default_factory=list)

    wait: Callable[[timedelta], None] = lambda time: None

    def pace(self, url: str, apart: timedelta) -> None:
        raise NotImplementedError

    def get(self, url: str, since: Checkpoint | None = None, headers: Mapping[str, str] | None = None) -> FakeAnswer:
        self.asked.append((url, since))
        assert self.answer is not None
        return self.answer


def source(kind: str, location: str = "https://news.example/feed.xml", **options: object) -> Source:
    return Source(name="desk", kind=kind, location=location, options=options)


def said(item: Item) -> dict[str, Any]:
    """What the item says beyond the defaults, as JSON."""
    defaults = {f.name: () if f.default is MISSING else f.default for f in fields(Item)}
    return json.loads(  # type: ignore[no-any-return]
        json.dumps({k: v for k, v in asdict(item).items() if v != defaults[k]}, default=datetime.isoformat)
    )


def outcome(case: Path) -> Any:
    kind = case.parent.name
    where = f"file:///inbox/{case.name}" if kind == "files" else f"https://news.example/{case.name}"
    sidecar = case.with_suffix(".charset")
    fetched = Fetched(
        url=where,
        body=case.read_bytes(),
        checkpoint={},
        charset=sidecar.read_text().strip() if sidecar.exists() else None,
        changed_at=LONG_AGO if kind == "files" else None,
    )
    try:
        return [said(item) for item in load("sources", kind).parse(source(kind), fetched)]
    except ParseError as e:
        return {"error": e.reason}


@pytest.mark.parametrize(
    "case", [c for c in CASES if c.suffix != ".charset"], ids=lambda c: f"{c.parent.name}-{c.stem}"
)
def test_a_document_says_what_it_says(case: Path) -> None:
    assert outcome(case) == json.loads(case.with_name(f"{case.stem}.items.json").read_text())


RSS = (
    '<rss version="2.0"><channel><title>RSS 1</title><link>https://a.example/</link><description/>'
    "<item><title>Ours</title></item>"
    '<item><title>Theirs</title><source url="https://b.example/rss">Заря</source></item></channel></rss>'
)
JSON_FEED = '{"version": "https://jsonfeed.org/version/1.1", "title": "Feed", "items": [{"id": "1", "title": "Ours"}]}'


@pytest.mark.parametrize(
    ("kind", "name", "body", "title", "publishers"),
    [
        ("feed", "a.xml", RSS, "", ["RSS 1", "Заря"]),
        ("feed", "a.xml", RSS, "Степь", ["Степь", "Заря"]),
        ("feed", "a.json", JSON_FEED, "", ["Feed"]),
        ("feed", "a.json", JSON_FEED, "Степь", ["Степь"]),
        ("files", "a.xml", RSS, "Степь", ["RSS 1", "Заря"]),
    ],
)
def test_a_source_has_the_title_that_the_operator_gives_it(
    kind: str, name: str, body: str, title: str, publishers: list[str]
) -> None:
    fetched = Fetched(url=f"https://a.example/{name}", body=body.encode(), checkpoint={})
    items = load("sources", kind).parse(replace(source(kind), title=title), fetched)
    assert [item.publisher for item in items] == publishers


# --- no document is too bad ------------------------------------------------------------------------------------------

SUFFIXES = [".txt", ".md", ".html", ".xml", ".json", ".eml"]
PIECES = st.sampled_from(
    [b"<rss>", b"<item>", b"</item>", b"<title>", b"<![CDATA[", b"]]>", b"<!--", b"&#xD83D;", b"&", b"<a href='", b'"',
     b"{", b'"items":[', b"---\n", b"title: ", b"\n\n", b"\xff\xfe", b"\x00", b"From: ", b"=?utf-8?q?", b"<feed>",
     b"<entry>", b"<link href='http://['/>", b"<pubDate>99 \xd1\x8f 9999", b"<!DOCTYPE x [", b"<article>", b"# ", b"<?"]
)  # fmt: skip


@hypothesis_settings(deadline=None, max_examples=300)
@given(body=st.binary(max_size=300) | st.lists(PIECES, max_size=30).map(b"".join), suffix=st.sampled_from(SUFFIXES))
@example(body=b"<rss><channel><item><title>&#xDE00;</title></item></channel></rss>", suffix=".xml")
@example(body=b'{"version":"https://jsonfeed.org/version/1","items":[{"title":"\\ud83d"}]}', suffix=".json")
def test_no_bytes_make_parse_raise_anything_but_a_parse_error(body: bytes, suffix: str) -> None:
    fetched = Fetched(url=f"file:///inbox/a{suffix}", body=body, checkpoint={})
    try:
        items = list(files.parse(source("files", "inbox"), fetched))
    except ParseError:
        return
    json.dumps([said(item) for item in items], ensure_ascii=False).encode()  # fails on half a character


def rss(*items: str, before: str = "", attributes: str = "") -> bytes:
    return f'<?xml version="1.0"?>{before}<rss{attributes}><channel>{"".join(items)}</channel></rss>'.encode()


def news(number: int, more: str = "") -> str:
    day = NOW + timedelta(minutes=number)
    return f"<item><title>News {number}</title><pubDate>{day:%d %b %Y %H:%M} GMT</pubDate>{more}</item>"


BOMBS = {
    "attribute-list": rss(news(0), before=f"<!DOCTYPE rss [<!ATTLIST rss {'a CDATA ' * 100_000}>]>"),
    "attributes": rss(news(0), attributes="".join(f' a{n}=""' for n in range(30_000))),
    "author": rss(news(0, f"<author>a@{'a.' * 24_000}!</author>")),
    "author-in-cdata": rss(news(0, f"<author><![CDATA[a@{'a.' * 24_000}!]]></author>")),
    "entities": rss(news(0), before='<!DOCTYPE r [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]>'),
    "deep": rss(news(0, f"<description><![CDATA[{'<div>' * 50_000}]]></description>")),
    "open-tags": rss(news(0), "<a " * 100_000),
    "open-comments": rss(news(0), "<!--" * 100_000),
    "open-quotes": rss(news(0), "<a '\"" * 100_000),
    "doctypes": rss(news(0), "<!DOCTYPE a [" * 100_000),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_costs_seconds_at_most(name: str) -> None:
    started = perf_counter()
    items = list(feed.parse(source("feed"), Fetched(url="https://news.example/", body=BOMBS[name], checkpoint={})))
    assert [item.title for item in items] == ["News 0"]
    assert perf_counter() - started < 10


def test_json_nested_without_end_is_an_error() -> None:
    body = b'{"version":"https://jsonfeed.org/version/1.1","items":' + b"[" * 200_000
    with pytest.raises(ParseError, match="nested too deep"):
        list(feed.parse(source("feed"), Fetched(url="https://news.example/", body=body, checkpoint={})))


def test_of_very_many_items_the_newest_stay_in_the_order_of_the_document() -> None:
    body = rss(*(news(n) for n in range(5_000)))
    items = list(feed.parse(source("feed"), Fetched(url="https://news.example/", body=body, checkpoint={})))
    assert [item.title for item in items] == [f"News {n}" for n in range(4_500, 5_000)]


def test_so_they_do_in_json() -> None:
    days = [f"{2000 + n // 12}-{n % 12 + 1:02}-01T00:00:00Z" for n in range(600)]
    entries: list[object] = [{"id": day, "title": day, "date_published": day} for day in days]
    feed_of = {"version": "https://jsonfeed.org/version/1.1", "items": ["odd", {"id": "0", "title": "Old"}, *entries]}
    document = Fetched(url="https://news.example/", body=json.dumps(feed_of).encode(), checkpoint={})
    assert [item.title for item in feed.parse(source("feed"), document)] == days[-500:]
    assert list(feed.notes(document)) == ["more than 500 entries: the newest 500 are taken"]


# --- feeds -----------------------------------------------------------------------------------------------------------


def visit(answer: FakeAnswer, since: Checkpoint) -> list[Fetched]:
    return list(feed.fetch(source("feed"), since, FakeWorld(answer)))


def test_a_new_body_is_fetched_with_its_bookmark() -> None:
    [fetched] = visit(FakeAnswer(b"<rss/>", {"etag": '"1"'}), {"last-modified": "Mon"})
    assert fetched.body == b"<rss/>"
    assert fetched.checkpoint["etag"] == '"1"'
    assert fetched.checkpoint["last-modified"] == ""
    assert len(fetched.checkpoint["digest"]) == 64


def test_the_same_body_moves_the_validators_alone() -> None:
    [first] = visit(FakeAnswer(b"<rss/>", {"etag": '"1"'}), {})
    [second] = visit(FakeAnswer(b"<rss/>", {"etag": '"2"'}), first.checkpoint)
    assert (second.body, second.checkpoint["etag"]) == (None, '"2"')
    assert visit(FakeAnswer(b"<rss/>", {"etag": '"2"'}), second.checkpoint) == []


def test_not_modified_is_nothing_unless_the_validators_moved() -> None:
    assert visit(FakeAnswer(None, {"etag": '"1"'}), {"etag": '"1"'}) == []
    [moved] = visit(FakeAnswer(None, {"etag": '"2"'}), {"etag": '"1"'})
    assert (moved.body, moved.checkpoint) == (None, {"etag": '"2"'})


def test_not_modified_without_a_bookmark_is_an_error() -> None:
    with pytest.raises(FetchError, match="never saw"):
        visit(FakeAnswer(None), {})


def test_the_bookmark_goes_to_the_world() -> None:
    world = FakeWorld(FakeAnswer(b"<rss/>"))
    list(feed.fetch(source("feed"), {"etag": '"1"'}, world))
    assert world.asked == [("https://news.example/feed.xml", {"etag": '"1"'})]


@pytest.mark.parametrize(("kind", "location"), [("feed", "inbox/"), ("files", "https://news.example/"), ("files", " ")])
def test_a_location_of_the_wrong_sort_is_refused(kind: str, location: str) -> None:
    with pytest.raises(ValueError, match="right would be"):
        load("sources", kind).check(source(kind, location))


# --- files -----------------------------------------------------------------------------------------------------------


class Inbox:
    """A folder, the bookmark of its source, and visits to it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.bookmark: dict[str, str] = {}
        self.waits: list[timedelta] = []
        self.meanwhile: Callable[[], object] = lambda: None
        """What happens while a visit waits."""

    def wait(self, time: timedelta) -> None:
        self.waits.append(time)
        self.meanwhile()

    def put(self, name: str, text: str = "Headline\n\nSome text.", at: datetime = LONG_AGO) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        os.utime(path, (at.timestamp(), at.timestamp()))
        return path

    def visit(self, location: str = "", **options: object) -> list[str]:
        """The names of what is new, and the bookmark moves on."""
        return [item.guid or "" for item in self.items(location, **options)]

    def items(self, location: str = "", **options: object) -> Iterator[Item]:
        place = source("files", str(self.root / location), **options)
        for fetched in files.fetch(place, dict(self.bookmark), FakeWorld(wait=self.wait)):
            self.bookmark |= fetched.checkpoint
            self.bookmark = {k: v for k, v in self.bookmark.items() if v}
            if fetched.body is not None:
                yield from files.parse(place, fetched)


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    return Inbox(tmp_path)


def test_a_folder_gives_each_file_once(inbox: Inbox) -> None:
    for name in ("b.txt", "deep/a.md", ".hidden.txt", ".git/c.txt", "d.txt~", "e.part", "f.pdf"):
        inbox.put(name)
    assert inbox.visit() == ["b.txt", "deep/a.md"]
    assert inbox.visit() == []


def test_a_changed_file_comes_again_and_a_touched_one_does_not(inbox: Inbox) -> None:
    inbox.put("a.txt")
    inbox.put("b.txt")
    inbox.visit()
    inbox.put("a.txt", "Headline\n\nOther text.")
    inbox.put("b.txt", at=LONG_AGO + timedelta(days=1))
    before = inbox.bookmark["b.txt"]
    assert inbox.visit() == ["a.txt"]
    assert inbox.bookmark["b.txt"] != before


def test_a_renamed_file_stays_the_same_article(inbox: Inbox) -> None:
    path = inbox.put("a.txt")
    inbox.visit()
    path.rename(path.with_name("z.txt"))
    assert inbox.visit() == []
    inbox.put("z.txt", "Headline\n\nOther text.")
    assert inbox.visit() == ["a.txt"]
    inbox.put("a.txt", "Another\n\nAltogether.")
    assert len(set(inbox.visit()) - {"a.txt"}) == 1  # a newcomer does not take over the name of the one that moved


def test_a_vanished_file_leaves_the_bookmark(inbox: Inbox) -> None:
    inbox.put("a.txt").unlink()
    inbox.put("b.txt")
    inbox.visit()
    (inbox.root / "b.txt").unlink()
    assert inbox.visit() == []
    assert inbox.bookmark == {}


def test_a_file_touched_just_now_is_taken_after_a_moment(inbox: Inbox) -> None:
    inbox.put("a.txt", at=NOW - timedelta(seconds=2))
    assert inbox.visit() == ["a.txt"]
    assert inbox.waits == [timedelta(seconds=3)]


def test_a_file_still_being_written_is_left_for_the_next_visit(inbox: Inbox) -> None:
    inbox.put("a.txt", "Headline\n\nHalf of", at=NOW)
    inbox.put("b.txt")
    inbox.meanwhile = lambda: inbox.put("a.txt", "Headline\n\nHalf of the text.", at=NOW + timedelta(seconds=1))
    assert inbox.visit() == ["b.txt"]
    inbox.meanwhile = lambda: None
    assert inbox.visit() == ["a.txt"]


def test_nobody_waits_for_files_that_are_quiet_or_known(inbox: Inbox) -> None:
    inbox.put("a.txt", at=NOW - timedelta(seconds=2))
    inbox.put("from-the-future.txt", at=NOW + timedelta(days=1))
    assert inbox.visit(quiet=timedelta(seconds=1)) == ["a.txt", "from-the-future.txt"]
    assert inbox.visit() == []
    assert inbox.waits == []


@pytest.mark.parametrize(("value", "seconds"), [("5s", 5), (2, 2), ("0.5", 0.5), ("2m", 120), ("100ms", 0.1)])
def test_quiet_is_a_duration(value: object, seconds: float) -> None:
    assert files.OPTIONS["quiet"](value) == timedelta(seconds=seconds)


@pytest.mark.parametrize("value", ["soon", -1, True, None, "5 days"])
def test_what_is_no_duration_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="right would be"):
        files.OPTIONS["quiet"](value)


def spoil_with_a_pipe(root: Path) -> None:
    os.mkfifo(root / "bad.txt")
    os.utime(root / "bad.txt", (0, 0))


def spoil_with_a_link_outside(root: Path) -> None:
    (root / "bad.txt").symlink_to("/etc/hostname")


def spoil_with_a_circle(root: Path) -> None:
    (root / "bad.txt").symlink_to(root / "bad.txt")


def spoil_with_size(root: Path) -> None:
    with (root / "bad.txt").open("wb") as file:
        file.truncate(files.LARGEST + 1)
    os.utime(root / "bad.txt", (0, 0))


@pytest.mark.parametrize(
    "spoil", [spoil_with_a_pipe, spoil_with_a_link_outside, spoil_with_a_circle, spoil_with_size]
)
def test_a_file_that_cannot_be_read_costs_itself(inbox: Inbox, spoil: Callable[[Path], None]) -> None:
    inbox.put("a.txt")
    inbox.put("z.txt")
    spoil(inbox.root)
    seen: list[str | None] = []
    with pytest.raises(FetchError, match=r"cannot read bad\.txt \("):
        seen.extend(item.guid for item in inbox.items())
    assert seen == ["a.txt", "z.txt"]


def test_an_empty_folder_is_no_error_and_a_missing_one_is(inbox: Inbox) -> None:
    assert inbox.visit() == []
    with pytest.raises(FetchError, match="there is no file or folder"):
        inbox.visit("nowhere")
    with pytest.raises(FetchError, match="there is no file or folder"):
        inbox.visit("nowhere/*.txt")


def test_odd_names_and_times_are_no_obstacle(inbox: Inbox) -> None:
    inbox.put("про мост %20 #1?.txt")
    inbox.put(os.fsdecode(b"\xff.txt"))
    os.utime(inbox.put("late.txt"), (2**33, 2**33))
    assert inbox.visit() == [r"\xff.txt", "late.txt", "про мост %20 #1?.txt"]
    "".join(inbox.bookmark).encode()


def test_a_location_may_be_one_file_or_a_glob(inbox: Inbox) -> None:
    inbox.put("a.txt")
    inbox.put("deep/b.txt")
    inbox.put("deep/c.md")
    assert inbox.visit("a.txt") == ["a.txt"]
    assert Inbox(inbox.root).visit("**/*.txt") == ["a.txt", "deep/b.txt"]
    assert Inbox(inbox.root).visit("d*/*") == ["deep/b.txt", "deep/c.md"]


def test_a_file_lends_its_time_to_what_has_no_date(inbox: Inbox) -> None:
    inbox.put("a.txt")
    inbox.put("b.txt", "Date: 2026-01-12\nTitle: Dated\n\nText.")
    assert [(item.file_at, item.published_at) for item in inbox.items()] == [
        (LONG_AGO, None),
        (None, datetime(2026, 1, 12, tzinfo=UTC)),
    ]


# --- the page that says how to write one -----------------------------------------------------------------------------


@pytest.fixture
def third_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    page = (Path(__file__).parents[1] / "docs/add-a-source-kind.md").read_text()
    [code] = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    (tmp_path / "newsroom").mkdir()
    (tmp_path / "newsroom/headlines.py").write_text(code)
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("newsroom", "newsroom.headlines"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return load("sources", "newsroom.headlines")


def test_the_kind_in_the_documentation_works(third_kind: ModuleType) -> None:
    place = source("newsroom.headlines", most=third_kind.OPTIONS["most"](1))
    third_kind.check(place)
    answer = FakeAnswer(b"One\thttps://news.example/1\nTwo\thttps://news.example/2\n", {"etag": '"1"'})
    [fetched] = third_kind.fetch(place, {}, FakeWorld(answer))
    assert [item.title for item in third_kind.parse(place, fetched)] == ["One"]
    assert list(third_kind.fetch(place, fetched.checkpoint, FakeWorld(answer))) == []
    with pytest.raises(ParseError):
        list(third_kind.parse(place, Fetched(url="", body=b"nothing", checkpoint={})))
    with pytest.raises(ValueError, match="right would be"):
        third_kind.OPTIONS["most"]("many")
