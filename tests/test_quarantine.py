"""What may not be published before the operator has seen it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from aggregator.model import MOST_WAITING, Article, Decision, Usual, Verdict
from aggregator.quarantine import watch

from .make import DAY, HOUR, NOON, article, source
from .test_identity import command, desk, stories

KNOWN = Usual(
    articles=100, most=10, per_day=20.0, last_at=NOON - HOUR, languages=frozenset({"en"}),
    publishers=frozenset({"Steppe Herald"}), urls=("https://alpha.example/1", "https://feeds.example/alpha/2"),
)  # fmt: skip


def new(number: int, **more: Any) -> Decision:
    one = article(number, **{"publisher": "Steppe Herald"} | more)
    return Decision(article=one, verdict=Verdict.NEW, story=one.id, because="nothing like it is known")


def copy_of(number: int, of: Decision) -> Decision:
    return Decision(article=article(number), verdict=Verdict.COPY, story=of.story, because="the same words")


def same(one: Article) -> Decision:
    return Decision(article=one, verdict=Verdict.SAME, story=one.id, because="the id is known")


def many(count: int, **more: Any) -> list[Decision]:
    return [new(n, **more) for n in range(1, count + 1)]


def watched(decisions: list[Decision], usual: Usual = KNOWN, because: str = "", **more: Any) -> list[Decision]:
    settings: dict[str, Any] = {"limit": 50, "away": HOUR, "places": ["https://alpha.example/rss"], "is_first": False,
                                "waiting": 0}  # fmt: skip
    settings |= more
    since = None if settings["is_first"] else NOON - settings["away"]
    of = source("alpha", quarantine=settings["limit"], title=settings.get("title", ""))
    return watch(
        decisions, of, lambda: usual, because, settings["places"], now=NOON, since=since,
        waiting=lambda: settings["waiting"],
    )  # fmt: skip


def reason(decisions: list[Decision], usual: Usual = KNOWN, **more: Any) -> str:
    """Why all of it is held; empty if none is."""
    held = [d for d in watched(decisions, usual, **more) if d.verdict is Verdict.WAITS]
    assert len(held) in (0, len(decisions))
    return held[0].because if held else ""


def test_a_flood_is_held_and_says_why() -> None:
    assert reason(many(51)) == "51 new articles at once; up to 50 would be usual"
    assert reason(many(50)) == ""


def test_what_finds_no_room_in_quarantine_is_not_kept_and_comes_again_another_time() -> None:
    told = watched(many(60), because="too much", waiting=MOST_WAITING - 50)
    assert [d.verdict for d in told] == [Verdict.WAITS] * 50 + [Verdict.PASSED] * 10
    assert {d.because for d in told} == {
        "too much", "1000 articles of this source wait in quarantine already, and no more are kept"
    }  # fmt: skip
    assert {d.verdict for d in watched(many(60), because="too much", waiting=MOST_WAITING + 1)} == {Verdict.PASSED}


def test_a_source_that_brings_much_may_bring_much() -> None:
    assert reason(many(90), replace(KNOWN, most=30)) == ""
    assert reason(many(91), replace(KNOWN, most=30)) != ""


def test_after_a_long_absence_more_is_usual() -> None:
    assert reason(many(100)) != ""
    assert reason(many(100), away=2 * DAY) == ""


def test_a_first_visit_is_never_held_nor_is_a_source_that_may_bring_what_it_likes() -> None:
    assert reason(many(500), Usual(), is_first=True) == ""
    assert reason(many(500), limit=0) == ""


def test_what_is_known_or_a_copy_of_it_explains_itself() -> None:
    story = new(1000)
    copies = [copy_of(n, story) for n in range(1, 200)]
    assert watched(copies) == copies
    known = [same(article(n)) for n in range(1, 200)]
    assert watched(known) == known


def test_a_copy_within_a_flood_waits_with_its_story_and_other_copies_do_not() -> None:
    flood = many(60)
    inside, outside = copy_of(100, flood[0]), copy_of(101, new(1000))
    *_, one, other = watched([*flood, inside, outside])
    assert one.verdict is Verdict.WAITS
    assert other == outside


def test_once_in_quarantine_all_that_is_new_is_held() -> None:
    [known, held] = watched([same(article(1)), new(2)], because="51 new articles at once")
    assert (known.verdict, held.verdict, held.because) == (Verdict.SAME, Verdict.WAITS, "51 new articles at once")


CASINO = {"canonical_url": "https://slots.casino.example/win"}


def test_a_source_whose_every_link_leads_elsewhere_is_held_from_the_first_article_on() -> None:
    why = "nothing in it is known, and every link leads where none of its articles ever led: casino.example"
    assert reason([new(1, **CASINO)]) == why


def test_while_something_known_stands_beside_it_a_source_is_the_one_that_it_was() -> None:
    decisions = [same(article(1)), *many(5, language="fi", publisher="Slots", **CASINO)]
    assert watched(decisions) == decisions


def test_what_the_operator_has_discarded_does_not_make_it_known() -> None:
    passed = Decision(article=article(9), verdict=Verdict.PASSED, story="", because="the operator has discarded it")
    assert [d.verdict for d in watched([passed, new(1, **CASINO)])] == [Verdict.PASSED, Verdict.WAITS]


def test_a_source_that_links_to_everybody_may_link_to_somebody_else() -> None:
    planet = replace(KNOWN, urls=tuple(f"https://blog{n}.example{n}.org/" for n in range(40)))
    assert reason([new(1, **CASINO)], planet) == ""


def test_a_source_that_speaks_another_language_than_ever_is_held() -> None:
    assert reason(many(3, language="fi")) == (
        "nothing in it is known, and all of it is in fi, where its articles were in en"
    )
    assert reason(many(2, language="fi")) == ""
    assert reason([*many(3, language="fi"), new(4, language="en-gb")]) == ""
    assert reason(many(3, language="")) == ""


def test_a_source_with_another_name_is_held_unless_the_operator_has_named_it() -> None:
    assert reason([new(1, publisher="Best Slots")]) == (
        "nothing in it is known, and it calls itself «Best Slots», where it was «Steppe Herald»"
    )
    assert reason([new(1, publisher="Herald of the Steppe")]) == ""
    assert reason([new(1, publisher="Best Slots")], title="Best Slots") == ""


def test_who_is_hardly_known_is_believed_unless_he_is_redirected_elsewhere() -> None:
    unknown = replace(KNOWN, articles=3)
    assert reason([new(1, **CASINO)], unknown) == ""
    assert reason([new(1, **CASINO)], unknown, places=["https://parking.example/?d=alpha"]).endswith(
        "; redirected to parking.example"
    )
    assert reason([new(1)], unknown, places=["https://parking.example/?d=alpha"]) == ""


# --- the whole way ---------------------------------------------------------------------------------------------------


def items(first: int, count: int, site: str = "old.example", title: str = "Herd {} reaches the winter pasture") -> Any:
    """Each says something else."""
    return [
        {
            "guid": f"{site}-{n}", "url": f"https://{site}/{n}", "title": title.format(n), "feed": "The Old Gazette",
            "content": f"<p>{' '.join(f'word{n}x{w}' for w in range(30))}</p>",
            "published": f"2026-10-{1 + n % 28:02}T06:00:00Z",
        }
        for n in range(first, first + count)
    ]  # fmt: skip


@pytest.fixture
def flooded(tmp_path: Path) -> Path:
    """Three articles, then eight at once where five are allowed, then the same again with one more."""
    visits = [items(1, 3), items(4, 8), items(4, 9)]
    folder = desk(tmp_path, {"visits": visits}, source="quarantine: 5")
    command(folder, "collect")
    command(folder, "collect")
    return folder


def waiting(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in command(folder, "quarantine", "--json").splitlines()]


def published(folder: Path) -> list[str]:
    return [item["title"] for item in json.loads((folder / "feeds/all/feed.json").read_text())["items"]]


def test_a_flood_waits_unpublished_and_so_does_what_comes_after_it(flooded: Path) -> None:
    assert len(stories(flooded)) == len(published(flooded)) == 3
    assert len(waiting(flooded)) == 8
    assert {w["because"] for w in waiting(flooded)} == {"8 new articles at once; up to 5 would be usual"}
    command(flooded, "collect")
    assert len(waiting(flooded)) == 9
    command(flooded, "publish")
    assert len(published(flooded)) == 3
    told = command(flooded, "quarantine")
    assert "old: 9 since " in told
    assert "Herd 12 reaches the winter pasture" in told


def test_a_source_that_never_ends_fills_no_disk_and_the_operator_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    visits = [items(1, 3), items(1000, 600), items(2000, 600), items(1590, 10) + items(2990, 10), items(2000, 600)]
    folder = desk(tmp_path, {"visits": visits}, source="quarantine: 5")
    config = folder / "config.yaml"
    config.write_text("desk: true\n" + config.read_text())
    for _ in visits[:4]:
        command(folder, "collect")
    assert len(waiting(folder)) == 1000
    assert "old: 400 quarantined, 200 not kept: 600 new articles at once" in caplog.text
    assert "old: 10 not kept: 1000 articles of this source wait in quarantine already" in caplog.text
    dropped = "what else comes is dropped"
    assert dropped in command(folder, "quarantine")
    assert dropped in (folder / "feeds/desk/atom.xml").read_text()
    command(folder, "release", "old")
    command(folder, "collect")
    assert len(waiting(folder)) == 200
    assert dropped not in command(folder, "quarantine")


def test_released_it_is_published_under_its_own_dates(flooded: Path) -> None:
    assert "released: 8 new" in command(flooded, "release", "old")
    assert len(published(flooded)) == len(stories(flooded)) == 11
    assert {s["listed_at"] == s["published_at"] for s in stories(flooded).values()} == {True}
    assert command(flooded, "quarantine") == "nothing waits\n"
    command(flooded, "collect")
    assert len(stories(flooded)) == 12


def test_released_as_news_it_stands_at_the_top(flooded: Path) -> None:
    command(flooded, "release", "old", "--as-news")
    newest = sorted(stories(flooded).values(), key=lambda s: str(s["listed_at"]))[-8:]
    assert {int(s["title"].split()[1]) for s in newest} == set(range(4, 12))


def test_one_article_may_be_released_while_the_others_wait(flooded: Path) -> None:
    one = waiting(flooded)[0]
    command(flooded, "release", one["id"][:12])
    assert one["title"] in published(flooded)
    command(flooded, "collect")
    assert len(waiting(flooded)) == 8
    assert len(stories(flooded)) == 4


def test_discarded_it_is_gone_for_ever_and_the_source_goes_on(flooded: Path) -> None:
    assert command(flooded, "discard", "old") == "discarded: 8\n"
    assert waiting(flooded) == []
    command(flooded, "collect")
    assert waiting(flooded) == []
    assert sorted(published(flooded))[:1] == ["Herd 1 reaches the winter pasture"]
    assert [t for t in published(flooded) if t.startswith("Herd 12")]
    assert len(published(flooded)) == 4


def test_what_nobody_knows_cannot_be_released(flooded: Path) -> None:
    command(flooded, "release", "0123456789", exit_code=1)
    command(flooded, "discard", "nobody", exit_code=1)


def test_what_has_come_from_elsewhere_meanwhile_is_joined_when_it_is_released(flooded: Path) -> None:
    held = waiting(flooded)[0]
    told = {**items(4, 1)[0], "guid": "n", "url": "https://neighbour.example/n"}
    (flooded / "neighbour.json").write_text(json.dumps({"visits": [[told]]}))
    with (flooded / "config.yaml").open("a") as file:
        file.write(f"  - {{name: neighbour, tests.replayed: {flooded}/neighbour.json}}\n")
    command(flooded, "collect", "neighbour")
    assert len(stories(flooded)) == 4  # it does not wait for what waits
    assert "1 copy" in command(flooded, "release", held["id"])
    assert len(stories(flooded)) == 4


def test_a_parked_domain_is_held_and_its_new_pages_too(tmp_path: Path) -> None:
    casino = items(1, 4, "casino.example", "Free spins, part {}")
    visits = [items(1, 12), casino[:1], casino]
    folder = desk(tmp_path, {"visits": visits})
    for _ in visits:
        command(folder, "collect")
    assert len(stories(folder)) == 12
    assert [w["title"] for w in waiting(folder)] == [f"Free spins, part {n}" for n in range(1, 5)]
    assert "casino.example" in waiting(folder)[0]["because"]


def test_an_edit_of_what_waits_takes_its_place(tmp_path: Path) -> None:
    visits = [items(1, 3), items(4, 8), [{**i, "title": i["title"].upper() + " at last"} for i in items(4, 8)]]
    folder = desk(tmp_path, {"visits": visits}, source="quarantine: 5")
    for _ in visits:
        command(folder, "collect")
    assert {w["title"][-7:] for w in waiting(folder)} == {"at last"}


def test_our_own_stories_are_passed_over_and_our_own_feed_is_refused(tmp_path: Path) -> None:
    ours = [{**i, "guid": f"tag:news.example,2026:{n}"} for n, i in enumerate(items(1, 2))]
    folder = desk(tmp_path, {"visits": [[*ours, *items(3, 1)], ours]})
    command(folder, "collect")
    assert [s["title"] for s in stories(folder).values()] == ["Herd 3 reaches the winter pasture"]
    command(folder, "collect", "old", exit_code=1)
    [health] = json.loads(command(folder, "status", "--json"))
    assert health["error"] == "rss: this is our own feed: all its guids are ours (tag:news.example,2026:...)"


def test_the_time_away_is_told_in_days() -> None:
    assert reason(many(61), away=DAY) == "61 new articles at once; up to 60 would be usual"
    assert reason(many(60), away=timedelta(hours=24)) == ""


def test_what_waits_under_the_guid_of_something_else_is_known_by_it_once_it_is_released(tmp_path: Path) -> None:
    name = {"guid": "top", "url": "https://old.example/"}
    bridge = "<p>After three years lorries crossed the river at Atyrau again; the old ferry was sold downstream.</p>"
    lynx = "<p>Rangers counted eleven animals in the reserve, where nobody had seen tracks since childhood.</p>"
    other = {**items(1, 1, title="Lynxes return to Altai")[0], **name, "content": lynx}
    top = {**items(50, 1, title="Bridge over the Ural opens")[0], **name, "content": bridge}
    visits = [[other, *items(2, 2)], [top, *items(10, 8)], [top, *items(11, 8)]]
    folder = desk(tmp_path, {"visits": visits}, source="quarantine: 5")
    command(folder, "collect")
    command(folder, "collect")
    command(folder, "release", "old")
    before = stories(folder)
    assert len(before) == 12
    command(folder, "collect")
    after = stories(folder)
    assert set(before) < set(after)
    assert sum(s["title"] == "Bridge over the Ural opens" for s in after.values()) == 1
