"""What a source says again is not read again; and that changes nothing, whatever sources and operators do."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import fields, replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from random import Random
from sqlite3 import connect
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.collect import Report, collect
from aggregator.echoes import wording
from aggregator.gather import Bag, gather
from aggregator.model import Article, Decision, Echo, Enclosure, Fetched, Item, Reception, Source, Verdict
from aggregator.normalise import REVISION, normalise
from aggregator.release import discard, release
from aggregator.sources._announced import load
from aggregator.stores import Store
from aggregator.stores.sqlite import SqliteStore, open_store

from .make import DAY, HOUR, NOON, fetched, source

DATA = Path(__file__).parent / "data"
AUTHORITY = "news.example,2026"

TEXTS = [
    "The dam above the old town was opened on Monday, and the river rose by two metres before the evening came.",
    "The dam above the old town was opened on Monday, and the river rose by three metres before the evening came.",
    "Farmers in the north have sown a third more wheat than last year, says the ministry, and hope for rain in May.",
    "A library in the harbour district lends out fishing rods; four hundred people have taken one home since spring.",
]


def said(number: int, **more: Any) -> dict[str, Any]:
    """An item as tests/replayed.py reads it."""
    made = {
        "guid": f"guid-{number}", "url": f"https://alpha.example/{number}", "title": f"Headline of the number {number}",
        "content": f"<p>{TEXTS[number % len(TEXTS)]}</p>", "published": (NOON - number * HOUR).isoformat(),
    }  # fmt: skip
    return made | more


class Forgetful:
    """A store that hears no echo."""

    def __init__(self, store: SqliteStore) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def echoes(self, source: str) -> Mapping[str, Echo]:
        return {}


class Desk:
    """One source and its visits, each with the next list of items; a day passes from one to the next."""

    def __init__(self, folder: Path, visits: list[list[dict[str, Any]]], *, forgetful: bool = False) -> None:
        self.path, self.now = folder / f"{forgetful}.db", NOON
        place = folder / "visits.json"
        place.write_text(json.dumps({"visits": visits}))
        if (template := folder.parent / "template.db").exists():
            shutil.copy(template, self.path)
        self.source = source("alpha", kind="tests.replayed", location=str(place), quarantine=2)
        self.store = open_store(self.path, writing=True)
        self.seen = cast(Store, Forgetful(self.store) if forgetful else self.store)
        self.chance = Random(1)

    def close(self) -> None:
        self.store.close()

    def configure(self, **changes: Any) -> None:
        self.source = replace(self.source, **changes)

    def visit(self) -> Report:
        self.store.register([self.source], {"all": "1"}, self.now)
        self.store.claim(["alpha"], self.now, HOUR)
        trip = SimpleNamespace(
            now=self.now, requests=1, bytes=0, reception=Reception(status=200), is_offline=False,
        )  # fmt: skip
        report = collect(
            self.source, self.seen, cast(Any, trip), self.store.standing("alpha"), self.chance,
            authority=AUTHORITY, priorities={},
        )  # fmt: skip
        self.now += DAY
        return replace(report, visit=replace(report.visit, echoes=None))

    def rows(self) -> dict[str, list[Any]]:
        """All that the database holds, but for the echoes themselves."""
        with closing(connect(self.path)) as conn:
            tables = [name for (name,) in conn.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            return {t: sorted(conn.execute(f"SELECT * FROM {t}"), key=repr) for t in tables if t not in OWN}


OWN = ("echoes", "_sqlite_migrations", "sorting")


Opening = Callable[[list[list[dict[str, Any]]]], Desk]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opening]:
    with ExitStack() as stack:
        yield lambda visits: stack.enter_context(closing(Desk(tmp_path, visits)))


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The titles of the items of which articles are made, from now on."""
    titles: list[str] = []

    def reading(item: Item, source: Source, fetched: Fetched, now: datetime) -> Article:
        titles.append(item.title or "")
        return normalise(item, source, fetched, now)

    monkeypatch.setattr("aggregator.unwrap.normalise", reading)
    return titles


def test_only_what_is_new_or_changed_is_read(opened: Opening, read: list[str]) -> None:
    first, dated_anew = [said(1), said(2)], said(1, published=NOON.isoformat())
    desk = opened([first, [said(3), said(2), dated_anew], [said(3), said(2, title="Another headline")]])
    assert desk.visit().counts == {Verdict.NEW: 2}
    read.clear()
    assert desk.visit().counts == {Verdict.NEW: 1, Verdict.SAME: 2}
    assert read == ["Headline of the number 3"]
    read.clear()
    assert desk.visit().counts == {Verdict.CHANGED: 1, Verdict.SAME: 1}
    assert read == ["Another headline"]


def test_who_shares_a_guid_is_read(opened: Opening, read: list[str]) -> None:
    other = said(2, guid="guid-1")
    desk = opened([[said(1), said(3)], [said(1), other, said(3)], [said(1), other, said(3)]])
    desk.visit()
    for _ in range(2):
        read.clear()
        desk.visit()
        assert sorted(read) == ["Headline of the number 1", "Headline of the number 2"]


def test_what_another_source_setting_would_change_is_read(opened: Opening, read: list[str]) -> None:
    desk = opened([[said(1)]] * 4)
    desk.visit()
    for changes in ({"language": "kk"}, {"labels": ("desk",)}, {"title": "Alpha"}):
        read.clear()
        desk.configure(**changes)
        desk.visit()
        assert read == ["Headline of the number 1"]


def test_an_echo_of_what_the_store_no_longer_says_is_read(opened: Opening, read: list[str]) -> None:
    desk = opened([[said(1)], [said(1)]])
    desk.visit()
    read.clear()
    with closing(connect(desk.path)) as conn, conn:
        conn.execute("UPDATE articles SET digest = 'another'")
    assert desk.visit().counts == {Verdict.CHANGED: 1}
    assert read == ["Headline of the number 1"]


def test_what_waits_is_no_echo(opened: Opening, read: list[str]) -> None:
    many = [said(n, content=f"<p>{n} {TEXTS[n % 4]} {'x' * n}</p>") for n in range(9)]
    desk = opened([[said(20)], [said(20), *many], [said(20), *many]])
    desk.visit()
    assert desk.visit().counts[Verdict.WAITS]
    read.clear()
    desk.visit()
    assert "Headline of the number 0" in read
    assert "Headline of the number 20" not in read


@pytest.mark.parametrize(("echo", "verdict"), [([], Verdict.WAITS), ([said(0)], Verdict.NEW)])
def test_an_echo_speaks_for_its_source(opened: Opening, echo: list[dict[str, Any]], verdict: Verdict) -> None:
    parked = said(50, url="https://parked.example/50", title="Domains for sale", content=None)
    desk = opened([[said(n) for n in range(12)], [*echo, parked]])
    desk.visit()
    assert desk.visit().counts[verdict] == 1


def test_an_article_whose_echo_is_here_has_not_moved(opened: Opening) -> None:
    again = said(1, guid="another")
    desk = opened([[said(1)], [said(1), again], [again]])
    counts = [dict(desk.visit().counts) for _ in range(3)]
    assert counts == [{Verdict.NEW: 1}, {Verdict.SAME: 1, Verdict.COPY: 1}, {Verdict.SAME: 1}]


def test_a_visit_that_brings_nothing_forgets_nothing(opened: Opening, read: list[str]) -> None:
    desk = opened([[said(1)], [], [said(1)]])
    desk.visit()
    desk.visit()
    read.clear()
    assert desk.visit().counts == {Verdict.SAME: 1}
    assert read == []


def test_a_preview_reads_everything(opened: Opening, read: list[str]) -> None:
    desk = opened([[said(1)], [said(1)]])
    desk.visit()
    read.clear()
    world = cast(Any, SimpleNamespace(now=NOON))
    assert len(gather(desk.source, world, Bag({"number": "1"}, AUTHORITY)).articles) == len(read) == 1


def in_a_feed(*entries: int, day: int = 20) -> bytes:
    said = "".join(
        f"<item><title>Headline of the number {n}</title><link>https://alpha.example/{n}</link><guid>{n}</guid>"
        f"<pubDate>{n} Nov 2026 09:00:00 GMT</pubDate><description>{TEXTS[n % 4]}</description></item>\n"
        for n in entries
    )
    built = f"<lastBuildDate>{day} Nov 2026 09:00:00 GMT</lastBuildDate>"
    return f'<rss version="2.0"><channel><title>Alpha</title>{built}{said}</channel></rss>'.encode()


def bag_of(body: bytes, echoes: Mapping[str, Echo], **more: Any) -> Bag:
    """What a visit to a feed with this body brings."""
    answer = SimpleNamespace(
        url="https://alpha.example/rss", body=body, media_type="", charset=None, is_part=False, checkpoint={}
    )
    world = cast(Any, SimpleNamespace(now=NOON, get=lambda *_: answer))
    return gather(source(**more), world, Bag({}, AUTHORITY, lambda: echoes))


def heard(bag: Bag) -> Mapping[str, Echo]:
    """What is kept of it, if all of it is new."""
    decisions = [Decision(article=a, verdict=Verdict.NEW, story=a.id, because="") for a in bag.articles]
    return bag.heard(decisions) or {}


@pytest.fixture
def worded_ones(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The titles of the items that were parsed, from now on."""
    titles: list[str] = []

    def wording_of(item: Item, *more: Any) -> str:
        titles.append(item.title or "")
        return wording(item, *more)

    monkeypatch.setattr("aggregator.unwrap.wording", wording_of)
    return titles


def test_an_entry_that_stood_there_to_the_letter_is_not_even_parsed(worded_ones: list[str]) -> None:
    echoes = heard(bag_of(in_a_feed(3, 2, 1), {}))
    worded_ones.clear()
    bag = bag_of(in_a_feed(4, 3, 2, 1, day=21), echoes)
    assert worded_ones == ["Headline of the number 4"]
    whole = bag_of(in_a_feed(4, 3, 2, 1, day=21), {})
    assert [one.id for one in bag.brought] == [article.id for article in whole.articles]
    assert sorted(bag.dates()) == sorted(whole.dates())
    assert heard(bag) == heard(whole)
    for one in bag.brought:
        one.read()
    assert [one.article for one in bag.brought] == whole.articles


def test_an_entry_is_parsed_where_more_than_its_letters_has_changed(worded_ones: list[str]) -> None:
    body = in_a_feed(3, 2, 1)
    echoes = heard(bag_of(body, {}))
    longer = body.replace(b"</channel>", b"<ttl>60</ttl></channel>")
    for other, more in ((body.replace(b"Alpha", b"Beta"), {}), (longer, {}), (body, {"title": "A"})):
        worded_ones.clear()
        bag_of(other, echoes, **more)
        assert len(worded_ones) == 3


def test_entries_that_stand_there_twice_are_read() -> None:
    echoes = heard(bag_of(in_a_feed(2, 1), {}))
    assert [a.title for a in bag_of(in_a_feed(1, 2, 1), echoes).articles] == ["Headline of the number 1"]


# --- it changes nothing ----------------------------------------------------------------------------------------------

numbers = st.integers(0, 3)
items = st.builds(
    lambda number, more: said(number) | {key: value for key, value in more.items() if value != "as ever"},
    numbers,
    st.fixed_dictionaries(
        {},
        optional={
            "guid": st.sampled_from([None, "1", "guid-0", "guid-1", f"tag:{AUTHORITY}:1"]),
            "url": st.sampled_from([None, "https://alpha.example/", "https://alpha.example/1?utm_source=rss"]),
            "title": st.sampled_from([None, "Weather", "Headline of the number 1", "The harbour lends fishing rods"]),
            "content": st.sampled_from([None, *TEXTS, f"<p>{TEXTS[2]}</p><p>Corrected on Tuesday.</p>"]),
            "published": st.sampled_from([None, NOON + HOUR, NOON + 2 * DAY, NOON - DAY]).map(
                lambda at: at and at.isoformat()
            ),
            "feed": st.sampled_from(["Alpha", "Beta"]),
        },
    ),
)
a_visit = st.lists(st.one_of(numbers.map(said), items), max_size=6)


def withdraw(desk: Desk) -> None:
    for story in [*desk.store.stories()][:1]:
        desk.store.withdraw(story.guid, desk.now)


def let_in(desk: Desk) -> None:
    waiting = desk.store.quarantined()[:2]
    release(desk.store, waiting, "alpha", desk.now, as_news=True, authority=AUTHORITY, priorities={})


def drop(desk: Desk) -> None:
    discard(desk.store, desk.store.quarantined()[:2], "")


def label(desk: Desk) -> None:
    desk.configure(labels=("desk",))


deeds: list[Callable[[Desk], None]] = [withdraw, let_in, drop, label]


@pytest.fixture(scope="module")
def workshop() -> Iterator[Path]:
    with TemporaryDirectory() as folder:
        open_store(Path(folder) / "template.db", writing=True).close()
        yield Path(folder)


@settings(deadline=None, max_examples=60)
@given(visits=st.lists(st.tuples(a_visit, st.sampled_from([None, *deeds])), min_size=2, max_size=6))
def test_the_database_is_the_same_with_and_without_echoes(
    workshop: Path, visits: list[tuple[list[dict[str, Any]], Callable[[Desk], None] | None]]
) -> None:
    with TemporaryDirectory(dir=workshop) as folder, ExitStack() as stack:
        brought = [items for items, _ in visits]
        attentive, forgetful = (
            stack.enter_context(closing(Desk(Path(folder), brought, forgetful=f))) for f in (False, True)
        )
        for _, deed in visits:
            assert attentive.visit() == forgetful.visit()
            for desk in (attentive, forgetful):
                if deed:
                    deed(desk)
            assert attentive.rows() == forgetful.rows()


# --- the wording -----------------------------------------------------------------------------------------------------

ITEM = Item(
    guid="1", title="A headline", content="<p>A text.</p>", labels=("a", "b"), enclosures=(Enclosure(url="/x"),)
)  # fmt: skip


def worded(item: Item = ITEM, at: str = "https://alpha.example/rss", authority: str = AUTHORITY, **more: Any) -> str:
    return wording(item, source(**more), fetched(url=at), authority)


def test_a_wording_is_of_everything_but_dates() -> None:
    dates = {"published_at", "updated_at", "date_said", "file_at"}
    changed: dict[str, Any] = {
        "is_html": False, "authors": ("Ann",), "labels": ("a, b",),
        "enclosures": (Enclosure(url="/x", length=3),),
    }  # fmt: skip
    others = {
        worded(replace(ITEM, **{f.name: changed.get(f.name, "x")})) for f in fields(Item) if f.name not in dates
    }
    others |= {worded(at="https://beta.example/"), worded(authority="x,2026"), worded(title="Alpha")}
    others |= {worded(language="ru"), worded(labels=("a",)), worded(replace(ITEM, enclosures=()))}
    assert len(others - {worded()}) == len(fields(Item)) - len(dates) + 6
    assert worded(replace(ITEM, published_at=NOON, updated_at=NOON, date_said="today", file_at=NOON)) == worded()


def test_half_a_character_has_a_wording() -> None:
    assert worded(replace(ITEM, title="\ud83d")) != worded(replace(ITEM, title="\ud83c"))


def test_whoever_changes_what_an_item_makes_raises_the_revision() -> None:
    """If this fails, the same items make other articles than before: raise normalise.REVISION, and pin the digest."""
    documents = [json.loads(path.read_text()) for path in sorted((DATA / "sources").glob("*/*.items.json"))]
    found = [load(item) for document in documents if isinstance(document, list) for item in document]
    found += [Item(guid="1", content=line) for line in (DATA / "markup/hostile.txt").read_text().splitlines()]
    articles = [normalise(item, source(), fetched(), NOON) for item in found]
    said = [(a.id, a.digest, a.publisher, a.canonical_url, a.sketch) for a in articles]
    assert len(said) > 150
    assert (REVISION, sha256(repr(said).encode()).hexdigest()[:16]) == (1, "7336ddd417e87699")
