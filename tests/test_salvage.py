"""What a database that is lost leaves behind in feeds/: nothing of it vanishes, whatever the sources say."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from shutil import rmtree
from typing import Any, cast

import pytest
from click.testing import CliRunner, Result

from aggregator import plugins
from aggregator.cli import main
from aggregator.formats import Archival, render
from aggregator.model import Article, Decision, Edition, Filing, Imprint, Story, Topic
from aggregator.press import sweep
from aggregator.publish import publish, read_back
from aggregator.stores import Store
from aggregator.stores.sqlite import open_store

from .conformance import faults
from .editions import HOSTILE, ORDINARY, article, edition, linked, related, story
from .test_stores import COAST, HOUR, NOON, STEPPE, changed, copy, new, visit

# --- an archive made of a document -----------------------------------------------------------------------------------


@pytest.fixture(params=["rss", "atom", "jsonfeed"])
def feed(request: pytest.FixtureRequest) -> Archival:
    return cast(Archival, plugins.load("formats", request.param))


def telling(lead: Article) -> Article:
    return replace(lead, content=lead.content or "<p>More of it.</p>")


TELLING = tuple(replace(one, lead=telling(one.lead)) for one in ORDINARY.stories)
SEE_ALSO = "<p>See this.</p><p lang='en'>See also: nothing</p>"
DOCUMENTS = {
    "ordinary": replace(ORDINARY, stories=TELLING, previous=2),
    "hostile": replace(HOSTILE, stories=tuple(replace(one, related=()) for one in HOSTILE.stories)),
    "linked": edition(
        linked(
            story(1, article(2, title="Открыт & мост", url="https://a.example/2?b&c"), content=SEE_ALSO),
            related('"A" & <b>; (C)', "https://a.example/1?b&c='"),
            related("Two", "https://a.example/2"),
        ),
        language="xx",
    ),
}


def alone(stories: Sequence[Story]) -> tuple[Story, ...]:
    return tuple(replace(one, related=()) for one in stories)


def archive_of(current: Edition, *stories: Story) -> Edition:
    return replace(current, stories=stories, archive=3, previous=2, following=None, withdrawn=())


def made_of(feed: Archival, current: Edition, guids: Collection[str]) -> bytes:
    archive = replace(archive_of(current), updated_at=current.updated_at + timedelta(seconds=1))
    made = feed.seal(render(feed, current), guids, archive)
    assert faults(made, archive.address + feed.FILENAME) == []
    return made


def undated(body: bytes) -> bytes:
    """A feed without its own date: an archive made of a document is younger than all that stands in it."""
    return re.sub(rb"<(updated|lastBuildDate)>[^<]+<", b"<", body, count=1) if body.startswith(b"<") else body


@pytest.mark.parametrize("case", DOCUMENTS)
def test_an_archive_made_of_a_document_is_what_it_would_have_been_made_of_the_stories(
    feed: Archival, case: str
) -> None:
    current = DOCUMENTS[case]
    guids = {one.guid for one in feed.read(render(feed, current), "bridges", None)}
    made = made_of(feed, current, guids)
    assert undated(made) == undated(render(feed, archive_of(current, *alone(current.stories))))
    assert feed.without(made, {"tag:desk.example,2026:unheard-of"}) == made


def test_an_archive_made_of_a_document_has_only_what_it_is_to_have(feed: Archival) -> None:
    current = DOCUMENTS["ordinary"]
    _, second, *_ = current.stories
    made = made_of(feed, current, {second.guid, "tag:unheard-of"})
    assert undated(made) == undated(render(feed, archive_of(current, *alone([second]))))
    assert undated(made_of(feed, current, set())) == undated(render(feed, archive_of(current)))


# --- as an operator meets it -----------------------------------------------------------------------------------------

Run = Callable[..., Result]
LONG_AGO = 1_700_000_000
FOUR = ("Wind", "Water", "Fire", "Earth")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)
    configure()
    Path("inbox").mkdir()
    write(*FOUR)
    return lambda *args: CliRunner().invoke(main, args)


def configure(topics: str = "") -> None:
    Path("config.yaml").write_text(f"title: Desk\nsources: [{{name: inbox, files: inbox/}}]\n{topics}")


def write(*names: str) -> None:
    for name in names:
        path = Path(f"inbox/{name}.txt")
        path.write_text(f"{name} over the steppe\n\nMore of {name} than in other years.\n")
        os.utime(path, (LONG_AGO, LONG_AGO))  # a new one is looked at a second time, in case it is still growing


def lose_the_database() -> None:
    rmtree("db")


def lose_the_sources() -> None:
    for path in Path("inbox").iterdir():
        path.unlink()


def guids(path: Path) -> list[str]:
    """What a document tells, newest first."""
    names = {"rss.xml": "rss", "atom.xml": "atom", "feed.json": "jsonfeed"}
    fmt = cast(Archival, plugins.load("formats", names[path.name]))
    return [one.guid for one in fmt.read(path.read_bytes(), "", None) if not one.withdrawn_at]


def standing(filename: str = "feed.json", topic: str = "all") -> list[str]:
    return guids(Path("feeds", topic, filename))


def archived(filename: str = "feed.json", topic: str = "all") -> list[str]:
    """What whoever follows the chain of RFC 5005 from the document finds, newest archive first."""
    body, there = Path("feeds", topic, filename).read_text(), []
    while found := re.search(r'prev-archive" href="[^"]*/(\d+)/|next_url": "[^"]*/(\d+)/', body):
        path = Path("feeds", topic, "archive", found[1] or found[2], filename)
        body = path.read_text()
        there += guids(path)
    return there


DOCUMENT_NAMES = ("rss.xml", "atom.xml", "feed.json")


@pytest.mark.parametrize("command", [("collect",), ("publish",), ("run", "--once")])
def test_what_readers_have_seen_outlives_the_database_and_the_sources(run: Run, command: tuple[str, ...]) -> None:
    run("run", "--once")
    before = {name: standing(name) for name in DOCUMENT_NAMES}
    lose_the_database()
    rmtree("inbox")
    run(*command)
    for name in DOCUMENT_NAMES:
        assert len(before[name]) == 4
        assert standing(name) == []
        assert archived(name) == before[name]
    [first, second] = (Path(f"feeds/all/archive/{n}") for n in (1, 2))  # neither without a neighbour
    assert len(guids(first / "rss.xml")) == 2
    assert 'rel="next-archive" href="http://127.0.0.1:8080/all/archive/2/' in (first / "rss.xml").read_text()
    assert {path.name for path in second.iterdir()} == {"feed.json", "atom.xml", "rss.xml"}


def test_the_log_tells_that_the_database_is_new_and_what_was_taken_over(
    run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    def lines() -> list[str]:
        return [record.getMessage() for record in caplog.records if "is new" in record.getMessage()]

    feeds = Path("feeds").resolve()
    run("run", "--once")
    assert lines() == []
    lose_the_database()
    lose_the_sources()
    for _ in range(2):
        run("collect")
        assert [line.partition(" is new")[2] for line in lines()] == [
            f": from {feeds} it knows of 4 stories; 4 of them stood in no archive, and stand in one now"
        ]


def test_what_a_source_tells_again_has_its_guid_and_stands_in_the_document_again(run: Run) -> None:
    run("run", "--once")
    before = standing()
    lose_the_database()
    lose_the_sources()
    write("Wind", "Metal")
    run("run", "--once")
    [wind] = set(before) & set(standing())
    assert len(standing()) == 2
    assert sorted(archived()) == sorted(before)
    assert wind in Path("feeds/all/rss.xml").read_text()


def test_archives_go_on_at_the_next_number_and_hold_nothing_twice(run: Run) -> None:
    configure("topics: [{name: air, title: Air, match: [over], limit: 2}]\n")
    for names in (FOUR[:2], FOUR, ("Metal", "Wood", "Salt")):
        write(*names)
        run("run", "--once")
        lose_the_database()
    seen = {*archived(topic="air"), *standing(topic="air")}
    assert len(seen) == 7
    write(*FOUR)
    for name in ("Sand", "Snow", "Sun"):
        write(name)
        run("run", "--once")
    there = archived(topic="air")
    assert len(there) == len(set(there))
    assert {*there, *standing(topic="air")} > seen


@pytest.mark.parametrize(
    "moment",
    [
        "aggregator.press.sync", "aggregator.press.put_all", "aggregator.stores.sqlite.remember_printed",
        "aggregator.stores.sqlite.register_topics",
    ],
)  # fmt: skip
@pytest.mark.parametrize("count", range(8))
def test_a_crash_in_between_neither_loses_anything_nor_seals_it_twice(
    run: Run, monkeypatch: pytest.MonkeyPatch, moment: str, count: int
) -> None:
    class PowerCutError(Exception):
        pass

    run("run", "--once")
    before = standing()
    lose_the_database()
    lose_the_sources()
    module, _, name = moment.rpartition(".")
    real, calls = getattr(import_module(module), name), iter(range(100))

    def fail(*args: Any, **more: Any) -> Any:
        if next(calls) == count:
            raise PowerCutError
        return real(*args, **more)

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(moment, fail)
        run("publish")
    write("Metal")
    run("run", "--once")
    for filename in DOCUMENT_NAMES:
        assert sorted(archived(filename)) == sorted(before)
        assert len(standing(filename)) == 1
    assert list(Path("feeds").rglob(".*.new*")) == []


def test_what_was_withdrawn_does_not_come_back_by_a_document_that_has_not_heard_of_it(run: Run) -> None:
    configure("topics: [{name: air, title: Air, match: {any: [Wind, Fire]}}]\n")
    run("run", "--once")
    late = {path: path.read_bytes() for path in Path("feeds/air").glob("*.*")}
    told = (json.loads(line) for line in run("stories", "--json").stdout.splitlines())
    wind = next(story["guid"] for story in told if story["title"].startswith("Wind"))
    run("withdraw", wind)
    for path, body in late.items():
        path.write_bytes(body)
    assert wind in standing(topic="air")
    lose_the_database()
    run("publish")
    for topic in ("air", "all"):
        for name in DOCUMENT_NAMES:
            assert wind not in [*standing(name, topic), *archived(name, topic)]
    assert f'ref="{wind}"' in Path("feeds/air/atom.xml").read_text()
    run("run", "--once")
    assert wind not in [*standing(), *archived()]


def test_a_topic_that_was_out_when_the_database_was_lost_loses_nothing_when_it_returns(run: Run) -> None:
    topics = "topics: [{name: air, title: Air, match: {any: [Wind, Fire]}}]\n"
    configure(topics)
    run("run", "--once")
    before = standing(topic="air")
    configure()
    run("run", "--once")
    lose_the_database()
    lose_the_sources()
    write("Water")
    run("run", "--once")
    assert standing(topic="air") == before
    configure(topics)
    run("run", "--once")
    assert len(before) == 2
    assert archived(topic="air") == before
    assert archived("rss.xml", "air") == before


@pytest.mark.parametrize(("fmt", "name"), [("rss", "rss.xml"), ("atom", "atom.xml"), ("jsonfeed", "feed.json")])
def test_one_format_is_enough(run: Run, fmt: str, name: str) -> None:
    configure(f"topics: [{{name: air, title: Air, match: [over], formats: [{fmt}, html], content: summary}}]\n")
    run("run", "--once")
    before = standing(name, "air")
    lose_the_database()
    lose_the_sources()
    run("publish")
    assert len(before) == 4
    assert archived(name, "air") == before
    assert {path.name for path in Path("feeds/air/archive/1").iterdir()} == {name}
    write("Wind", "Snow")
    run("run", "--once")
    assert len({*standing(name, "air"), *archived(name, "air")}) == 5


def test_damaged_documents_and_those_of_others_are_left_to_themselves(run: Run) -> None:
    run("run", "--once")
    before = standing()
    Path("feeds/all/rss.xml").write_bytes(b"<rss")
    Path("feeds/desk").mkdir()
    Path("feeds/desk/feed.json").write_bytes(Path("feeds/all/feed.json").read_bytes())
    lose_the_database()
    lose_the_sources()
    run("publish")
    assert archived() == archived("atom.xml") == before
    assert not Path("feeds/desk/archive").exists()


def test_a_single_story_gets_an_archive_of_its_own(run: Run) -> None:
    lose_the_sources()
    write("Wind")
    run("run", "--once")
    before = standing()
    lose_the_database()
    lose_the_sources()
    run("publish")
    assert archived() == before


def test_a_draft_of_a_whole_folder_is_swept_up(tmp_path: Path) -> None:
    draft = tmp_path / "all/archive/.1.new"
    draft.mkdir(parents=True)
    for name in (".rss.xml.new", "atom.xml"):
        (draft / name).touch()
    sweep(tmp_path)
    assert not draft.exists()


# --- its face ---------------------------------------------------------------------------------------------------------

IMPRINT = Imprint(title="Desk", link="https://desk.example/", authority="desk.example,2026")
TOPIC = Topic(name="all", title="All", formats=("rss", "atom", "jsonfeed"))
LED, CARRIED, LATE = 28, 90, 91


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[[str], Store]]:
    """Databases one after the other, each made of what those before have published."""
    stores: list[Store] = []

    def opener(name: str) -> Store:
        store = open_store(tmp_path / f"{name}.sqlite", writing=True)
        store.register([STEPPE, COAST], {"all": ""}, NOON)
        store.remember(read_back(tmp_path / "feeds"))
        stores.append(store)
        return store

    yield opener
    for store in stores:
        store.close()


def printed(store: Store, tmp_path: Path, *decisions: Decision) -> dict[str, Any]:
    """The one story's item, when these have come."""
    store.save(visit(), decisions)
    filings = {story.id: [Filing(topic="all", because="")] for story in store.unfiled("r1", 10)}
    store.file("r1", filings, NOON)
    publish(TOPIC, store, IMPRINT, tmp_path / "feeds")
    [item] = json.loads((tmp_path / "feeds/all/feed.json").read_bytes())["items"]
    return cast(dict[str, Any], item)


def told(item: dict[str, Any]) -> tuple[str, ...]:
    """What a reader sees."""
    return tuple(item[key] for key in ("id", "title", "content_html", "date_published", "date_modified"))


@pytest.fixture
def before(opened: Callable[[str], Store], tmp_path: Path) -> dict[str, Any]:
    """A story whose lead is not the article that opened it, and is edited since."""
    first = opened("first")
    printed(first, tmp_path, new(CARRIED, "coast", title="Another headline"), copy(LED, of=CARRIED, leads=True))
    return printed(first, tmp_path, changed(LED, story=CARRIED, updated_at=NOON + 30 * HOUR))


def test_a_story_keeps_its_face_when_its_copies_come_in_another_order(
    opened: Callable[[str], Store], tmp_path: Path, before: dict[str, Any]
) -> None:
    last = {"title": before["title"], "digest": "another"}
    again = printed(opened("other"), tmp_path, new(LED, **last), copy(CARRIED, of=LED, leads=True))
    assert told(again)[2].startswith(told(before)[2].partition("</p>")[0])
    assert (*told(again)[:2], *told(again)[3:]) == (*told(before)[:2], *told(before)[3:])


def test_a_date_stays_and_the_lead_returns_when_another_article_comes_first(
    opened: Callable[[str], Store], tmp_path: Path, before: dict[str, Any]
) -> None:
    other = opened("other")
    without = printed(other, tmp_path, new(CARRIED, "coast", title="Another headline"))
    assert told(without)[3:] == told(before)[3:]
    assert without["title"] == "Another headline"
    late = copy(LATE, of=CARRIED, title="A third one", leads=True)
    assert printed(other, tmp_path, late)["title"] == "A third one"
    back = copy(LED, of=CARRIED, title=before["title"], digest="another")
    text = {key: before[key] for key in ("id", "title", "date_published", "date_modified")}
    assert text.items() <= printed(other, tmp_path, back).items()
    [story] = other.stories()
    assert story.lead_because == "it led the story in an earlier database"


def test_nobody_takes_the_lead_from_the_article_that_had_it(
    opened: Callable[[str], Store], tmp_path: Path, before: dict[str, Any]
) -> None:
    other = opened("other")
    printed(other, tmp_path, new(LED, title=before["title"]))
    after = printed(other, tmp_path, copy(CARRIED, of=LED, leads=True), copy(LATE, of=LED, leads=True))
    assert after["title"] == before["title"]


def test_a_later_edit_moves_the_date_as_ever(
    opened: Callable[[str], Store], tmp_path: Path, before: dict[str, Any]
) -> None:
    other = opened("other")
    printed(other, tmp_path, new(LED))
    after = printed(other, tmp_path, changed(LED, title="Once more", updated_at=NOON + 50 * HOUR))
    assert (after["date_published"], after["date_modified"]) == (
        before["date_published"], (NOON + 50 * HOUR).isoformat(),
    )  # fmt: skip
