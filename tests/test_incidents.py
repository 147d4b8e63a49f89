"""What needs the operator's attention, as a feed of his own."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

from aggregator import incidents
from aggregator.formats import atom, html, render
from aggregator.incidents import Incident, edition
from aggregator.model import Health, State, Usual, Waiting

from .conformance import faults
from .make import DAY, HOUR, IMPRINT, NOON, article
from .test_identity import command, desk
from .test_quarantine import items

FAILING = Health(
    name="steppe", kind="feed", state=State.FAILING, failing_since=NOON - 3 * DAY, failures=9, last_visit=NOON,
    error="the server answers 503 (Service Unavailable)",
)  # fmt: skip
FINE = Health(name="coast", kind="feed", state=State.OK, last_visit=NOON, last_success=NOON)
DAILY = Usual(articles=100, per_day=1.0, last_at=NOON - 11 * DAY)


def all_of_it() -> list[Incident]:
    held = [Waiting(article=article(n, title=f"Herd {n}"), at=NOON - n * HOUR, because="a flood") for n in range(1, 31)]
    return [
        *incidents.failing([FAILING, FINE], NOON),
        *incidents.waiting({"alpha": (NOON - 2 * DAY, "30 new articles at once")}, held),
        *incidents.silent([FAILING, FINE], {"coast": DAILY}.__getitem__),
    ]


def test_a_source_that_fails_for_a_day_is_told_with_its_cause_and_what_will_happen() -> None:
    [told] = incidents.failing([FAILING, FINE], NOON)
    assert told.title == "steppe has not come since 2026-11-17 12:00 UTC"
    assert "503 (Service Unavailable)" in told.lines[0]
    assert "visited again and again by itself" in told.lines[1]
    assert not list(incidents.failing([replace(FAILING, failing_since=NOON - 23 * HOUR)], NOON))


def test_a_source_in_quarantine_is_told_with_the_titles_that_wait() -> None:
    [told] = incidents.waiting({"beta": (NOON, "a flood")}, [])
    assert told.title == "beta is in quarantine: 0 articles wait"
    [told] = [i for i in all_of_it() if i.kind == "quarantine"]
    assert told.lines[0] == "Why: 30 new articles at once"
    assert told.lines[2:4] == ("Herd 1", "Herd 2")
    assert told.lines[-1] == "and 10 more"
    assert told.updated_at == NOON - HOUR


def test_a_source_that_answers_and_brings_nothing_is_told_after_ten_times_the_usual_time() -> None:
    def is_told(usual: Usual) -> bool:
        return bool(list(incidents.silent([FINE], lambda _: usual)))

    assert is_told(DAILY)
    assert not is_told(replace(DAILY, last_at=NOON - 9 * DAY))
    assert is_told(replace(DAILY, per_day=50.0, last_at=NOON - 8 * DAY))
    assert not is_told(replace(DAILY, per_day=50.0, last_at=NOON - 6 * DAY))
    assert not is_told(replace(DAILY, articles=9))
    assert not is_told(replace(DAILY, per_day=0.1))


def test_who_has_not_been_asked_is_not_silent() -> None:
    asleep = replace(FINE, last_visit=NOON - 8 * DAY)  # nobody was at this desk since
    assert not list(incidents.silent([asleep, replace(FINE, last_visit=None)], lambda _: DAILY))


def test_who_brought_something_these_days_is_not_even_asked_about() -> None:
    news_at = {"young": NOON - 6 * DAY, "old": NOON - 8 * DAY}
    rows = [replace(FINE, name=name, news_at=at) for name, at in news_at.items()]
    asked: list[str] = []

    def usual(source: str) -> Usual:
        asked.append(source)
        return DAILY

    assert [told.source for told in incidents.silent(rows, usual)] == ["old"]
    assert asked == ["old"]


def test_where_a_word_is_wanted_it_is_told_when_it_can_be_said() -> None:
    [quarantine] = [told for told in all_of_it() if told.kind == "quarantine"]
    told = " ".join(quarantine.lines)
    assert "'aggregator run' has to be stopped before, and started again" in told


def test_the_feed_is_valid_and_the_page_too() -> None:
    made = edition(all_of_it(), replace(IMPRINT, hubs=("https://hub.example/",)))
    body = render(atom, made)
    assert faults(body, "https://news.example/desk/atom.xml") == []
    assert b"hub.example" not in body
    assert b"steppe has not come since" in render(html, made)
    assert faults(render(atom, edition([], IMPRINT)), "https://news.example/desk/atom.xml") == []


def test_an_incident_is_the_same_bytes_for_as_long_as_nothing_is_added() -> None:
    first = render(atom, edition(all_of_it(), IMPRINT))
    still = replace(FAILING, failures=30, last_visit=NOON + DAY, next_visit=NOON + 2 * DAY)
    later = [
        *incidents.failing([still], NOON + DAY),
        *[i for i in all_of_it() if i.kind == "quarantine"],
        *incidents.silent([replace(FINE, last_visit=NOON + 5 * DAY)], lambda _: DAILY),
    ]
    assert render(atom, edition(later, IMPRINT)) == first
    [again] = incidents.failing([replace(FAILING, failing_since=NOON)], NOON + DAY)
    assert again.id not in {i.id for i in all_of_it()}


# --- the whole way ---------------------------------------------------------------------------------------------------

ENTRY = "{http://www.w3.org/2005/Atom}entry"


def titles(folder: Path) -> list[str | None]:
    root = ET.fromstring((folder / "feeds/desk/atom.xml").read_bytes())
    return [e.findtext("{http://www.w3.org/2005/Atom}title") for e in root.iter(ENTRY)]


def test_it_is_published_when_the_operator_asks_for_it_and_taken_away_when_he_asks_no_more(tmp_path: Path) -> None:
    folder = desk(tmp_path, {"visits": [items(1, 3), items(4, 8)]}, source="quarantine: 5")
    config = folder / "config.yaml"
    wanted = "desk: true\n" + config.read_text()
    command(folder, "collect")
    assert not (folder / "feeds/desk").exists()
    config.write_text(wanted)
    command(folder, "publish")
    assert titles(folder) == []
    command(folder, "collect")
    assert titles(folder) == ["old is in quarantine: 8 articles wait"]
    before = (folder / "feeds/desk/atom.xml").stat()
    command(folder, "publish")
    assert (folder / "feeds/desk/atom.xml").stat().st_mtime_ns == before.st_mtime_ns
    for page in ("index.html", "feeds.opml"):
        assert "desk/" not in (folder / "feeds" / page).read_text()
    command(folder, "release", "old")
    assert titles(folder) == []
    config.write_text(wanted.replace("desk: true\n", ""))
    command(folder, "publish")
    assert not (folder / "feeds/desk").exists()


def test_a_topic_of_that_name_is_left_alone(tmp_path: Path) -> None:
    folder = desk(tmp_path, {"visits": [items(1, 1)]})
    with (folder / "config.yaml").open("a") as file:
        file.write("topics:\n  - {name: desk, match: [herd]}\n")
    command(folder, "collect")
    command(folder, "publish")
    assert json.loads((folder / "feeds/desk/feed.json").read_text())["items"]
