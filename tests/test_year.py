"""A year of publishing, and two who read along: one every day, one every week when he is not on holiday."""

from __future__ import annotations

import json
import os
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from random import Random
from urllib.parse import urlsplit

import pytest

from aggregator.dedupe import dedupe
from aggregator.galley import Galley
from aggregator.model import Article, Dated, Filing, Imprint, Source, Story, Topic, Visit
from aggregator.publish import publish
from aggregator.stores import Store
from aggregator.stores.sqlite import open_store

from .conformance import ATOM, faults

BEGIN = datetime(2026, 1, 1, 6, 0, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
IMPRINT = Imprint(title="The Steppe", link="https://desk.example/", authority="desk.example,2026")
TOPICS = (
    Topic(name="harvest", title="Harvest", limit=20, formats=("jsonfeed",)),
    Topic(name="water", title="Water", limit=20, formats=("atom",)),
)
FEED = {"harvest": "harvest/feed.json", "water": "water/atom.xml"}
SOURCES = [Source(name=name, kind="feed", location=f"https://{name}.example/") for name in ("steppe", "coast")]
RULE_CHANGES_ON, STORIES_A_DAY = 200, 7


def article(n: int, source: str, at: datetime, now: datetime, text: str = "") -> Article:
    """The n-th story as this source tells it; `text` is what an edit adds."""
    told = f"Story {n} of the year{text}"
    return Article(
        id=sha256(f"{source}/{n}".encode()).hexdigest()[:24], source=source, publisher=source.title(), guid=str(n),
        url=f"https://{source}.example/{n}", canonical_url=f"https://{source}.example/{n}", title=told, summary=told,
        content=f"<p>{told}</p>", published_at=at, dated=Dated.SAID, updated_at=max(at, now) if text else at,
        seen_at=now, language="en", digest=told, sketch=f"sketch {n}",
    )  # fmt: skip


def number(title: str) -> int:
    return int(title.split()[1])


@dataclass
class Desk:
    """One visit a day to each source, then everything is filed and published."""

    store: Store
    feeds: Path
    rng: Random = field(default_factory=lambda: Random(2026))
    galley: Galley = field(default_factory=Galley)
    told: int = 0
    withdrawn: set[str] = field(default_factory=set)
    archives: dict[Path, bytes] = field(default_factory=dict)
    """Every archive document, as it was last seen on disk."""
    stamps: dict[Path, tuple[int, int]] = field(default_factory=dict)
    """Which file that was, and when the system last saw it change."""

    def live(self, day: int) -> None:
        now = BEGIN + day * DAY
        fresh = [self.news(now) for _ in range(self.rng.randrange(STORIES_A_DAY // 2, STORIES_A_DAY * 3 // 2))]
        self.visit("steppe", now, [*fresh, *self.edits(now)])
        self.visit("coast", now + HOUR, [article(number(a.title), "coast", a.published_at + HOUR, now + HOUR)
                                         for a in fresh if self.rng.random() < 0.2])  # fmt: skip
        taken_back = [self.take_back(now)] if day % 40 == 39 else []
        self.file("r1" if day < RULE_CHANGES_ON else "r2")
        self.publish(taken_back)

    def news(self, now: datetime) -> Article:
        """Mostly of today; some the source gives days after their date."""
        self.told += 1
        late = timedelta(days=self.rng.choice([3, 9, 30])) if self.rng.random() < 0.1 else timedelta()
        return article(self.told, "steppe", now - late - timedelta(minutes=self.rng.randrange(600)), now)

    def edits(self, now: datetime) -> Iterator[Article]:
        for _ in range(self.rng.randrange(3) if self.told > 350 else 0):
            n = self.told - self.rng.randrange(20, 210)
            held = self.store.find(f"https://steppe.example/{n}")
            assert held
            at = next(a for a in (held.lead, *(c.article for c in held.copies)) if a.source == "steppe").published_at
            yield article(n, "steppe", at, now, f", corrected on {now:%d %B}")

    def visit(self, source: str, now: datetime, articles: list[Article]) -> None:
        with self.store.turn():
            since = self.store.visited(source)
            decisions = dedupe(articles, self.store.known(articles), now=now, since=since,
                               authority=IMPRINT.authority, priorities={"coast": 5})  # fmt: skip
            self.store.save(Visit(source=source, at=now, next_at=now + DAY, checkpoint={}), decisions)

    def take_back(self, now: datetime) -> str:
        """A story of the last months: in the current document, or in an archive."""
        n = self.told - self.rng.choice([1, 20, 140])
        story = self.store.find(f"https://steppe.example/{n}")
        assert story
        self.store.withdraw(story.guid, now, "The source asked us to")
        self.withdrawn.add(story.guid)
        return story.guid

    def file(self, rules: str) -> None:
        while batch := self.store.unfiled(rules, 500):
            filings = {s.id: [Filing(topic=t, because="") for t in topics_of(s, rules)] for s in batch}
            self.store.file(rules, filings, BEGIN)

    def publish(self, taken_back: list[str]) -> None:
        for topic in TOPICS:
            publish(topic, self.store, IMPRINT, self.feeds, self.galley)
        for path in self.feeds.glob("*/archive/*/*[nl]"):
            stamp = (at := path.stat()).st_ino, at.st_ctime_ns
            if self.stamps.get(path) == stamp:
                continue  # neither replaced nor written since; to read all of them every day takes long
            self.stamps[path] = stamp
            body = path.read_bytes()
            before = self.archives.setdefault(path, body)
            if before != body:
                [gone] = [guid for guid in taken_back if guid.encode() in before]
                assert guids_of(body) == [guid for guid in guids_of(before) if guid != gone]
                self.archives[path] = body

    def stories(self, topic: str) -> set[str]:
        """The guids of everything that a reader of the topic has to know."""
        return {story.guid for story in self.store.stories(topic)}


def topics_of(story: Story, rules: str) -> Iterator[str]:
    """Every third story is for both. The other rules let old stories of one topic into the other, and some out."""
    n = number(story.lead.title)
    if n % 3 != 1:
        yield "harvest"
    if n % 3 != 2 if rules == "r1" else n % 4 != 2:
        yield "water"


@dataclass
class Reader:
    """Knows a feed's address and nothing else; follows it back to the first archive that he has read before."""

    address: str
    get: Callable[[str], bytes]
    seen: dict[str, int] = field(default_factory=dict)
    """Guid -> which story it was."""
    gone: set[str] = field(default_factory=set)
    archives: set[str] = field(default_factory=set)
    shown: list[int] = field(default_factory=list)
    """The stories in the order in which he was shown them."""

    def poll(self) -> None:
        address = self.address
        while address and address not in self.archives:
            body = self.get(address)
            for guid, title in items_of(body):
                if guid not in self.seen:
                    self.shown.append(number(title))
                self.seen[guid] = number(title)
            self.gone |= set(tombstones_of(body))
            if address != self.address:
                self.archives.add(address)
            address = previous_of(body)


def items_of(body: bytes) -> list[tuple[str, str]]:
    if body.startswith(b"{"):
        return [(item["id"], item["title"]) for item in json.loads(body)["items"]]
    entries = ET.fromstring(body).iter(f"{ATOM}entry")
    return [(e.findtext(f"{ATOM}id") or "", e.findtext(f"{ATOM}title") or "") for e in entries]


def guids_of(body: bytes) -> list[str]:
    return [guid for guid, _ in items_of(body)]


def tombstones_of(body: bytes) -> list[str]:
    if body.startswith(b"{"):
        return [one["id"] for one in json.loads(body).get("_river", {}).get("withdrawn", [])]
    graves = ET.fromstring(body).iter("{http://purl.org/atompub/tombstones/1.0}deleted-entry")
    return [grave.attrib["ref"] for grave in graves]


def previous_of(body: bytes) -> str:
    if body.startswith(b"{"):
        return str(json.loads(body).get("next_url", ""))
    links = ET.fromstring(body).findall(f"{ATOM}link")
    return next((link.attrib["href"] for link in links if link.get("rel") == "prev-archive"), "")


@pytest.fixture(scope="module")
def no_sync() -> Iterator[None]:
    """Nobody pulls the plug here, and a year has thousands of fsyncs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: None)
        yield


@pytest.fixture(scope="module")
def year(
    tmp_path_factory: pytest.TempPathFactory, no_sync: None
) -> Iterator[tuple[Desk, dict[str, list[Reader]]]]:
    root = tmp_path_factory.mktemp("year")
    store = open_store(root / "river.sqlite", writing=True)
    store.register(SOURCES, {topic.name: "" for topic in TOPICS}, BEGIN)
    desk = Desk(store, root / "feeds")

    def get(address: str) -> bytes:
        return (desk.feeds / urlsplit(address).path.lstrip("/")).read_bytes()

    readers = {name: [Reader(IMPRINT.link + feed, get) for _ in range(2)] for name, feed in FEED.items()}
    for day in range(365):
        desk.live(day)
        for daily, weekly in readers.values():
            daily.poll()
            if (day % 7 == 6 and day % 90 > 20) or day == 364:
                weekly.poll()
    yield desk, readers
    store.close()


@pytest.mark.parametrize("topic", FEED)
@pytest.mark.parametrize("who", ["daily", "weekly"])
def test_every_reader_sees_every_story_exactly_once(
    year: tuple[Desk, dict[str, list[Reader]]], topic: str, who: str
) -> None:
    desk, readers = year
    reader = readers[topic][who == "weekly"]
    must = desk.stories(topic)
    assert len(must) > 1400
    assert must <= set(reader.seen)
    assert len(reader.shown) == len(set(reader.shown)) == len(set(reader.seen.values()))
    left = {guid for guid, n in reader.seen.items() if guid not in must} - desk.withdrawn
    assert all(n % 4 == 2 for guid, n in reader.seen.items() if guid in left)  # only the rule change took some out


@pytest.mark.parametrize("topic", FEED)
def test_who_reads_every_day_hears_of_every_story_taken_back_that_he_has_seen(
    year: tuple[Desk, dict[str, list[Reader]]], topic: str
) -> None:
    desk, readers = year
    daily, _ = readers[topic]
    assert len(desk.withdrawn) == 9
    assert desk.withdrawn & set(daily.seen) == daily.gone & set(daily.seen) != set()


@pytest.mark.parametrize("topic", FEED)
def test_what_is_on_disk_at_the_end_is_all_of_it_and_nothing_taken_back(
    year: tuple[Desk, dict[str, list[Reader]]], topic: str
) -> None:
    desk, _ = year
    current = guids_of((desk.feeds / FEED[topic]).read_bytes())
    archived = [guid for path, body in desk.archives.items() if topic in path.parts for guid in guids_of(body)]
    assert len(archived) == len(set(archived)) > 1350
    assert desk.stories(topic) <= {*current, *archived}
    assert not desk.withdrawn & {*current, *archived}


def test_a_document_stays_within_reason(year: tuple[Desk, dict[str, list[Reader]]]) -> None:
    desk, _ = year
    for topic in TOPICS:
        limit, current = topic.limit, guids_of((desk.feeds / FEED[topic.name]).read_bytes())
        assert limit <= len(current) <= 2 * limit
        sizes = {len(guids_of(body)) for path, body in desk.archives.items() if topic.name in path.parts}
        assert max(sizes) == limit // 2


def test_every_archive_is_a_valid_feed(year: tuple[Desk, dict[str, list[Reader]]]) -> None:
    desk, _ = year
    for path, body in desk.archives.items():
        assert faults(body, IMPRINT.link + path.relative_to(desk.feeds).as_posix()) == []


def test_another_publication_changes_nothing(year: tuple[Desk, dict[str, list[Reader]]]) -> None:
    """By another process, which has nothing at hand that was printed before."""
    desk, _ = year
    assert [publish(topic, desk.store, IMPRINT, desk.feeds) for topic in TOPICS] == [[], []]


def test_archives_that_were_lost_are_written_again(year: tuple[Desk, dict[str, list[Reader]]], tmp_path: Path) -> None:
    desk, _ = year
    topic = TOPICS[0]
    publish(topic, desk.store, IMPRINT, tmp_path)
    for path, body in desk.archives.items():
        if topic.name in path.parts:
            again = (tmp_path / path.relative_to(desk.feeds)).read_bytes()
            assert guids_of(again) == guids_of(body)
