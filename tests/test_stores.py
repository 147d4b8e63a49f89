"""What every store promises: one suite over all of them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from aggregator.errors import StoreError
from aggregator.model import (
    Article,
    Dated,
    Decision,
    Echo,
    Enclosure,
    Filing,
    Fingerprint,
    Listed,
    Move,
    Note,
    Opening,
    Relocation,
    Source,
    Standing,
    State,
    Story,
    Verdict,
    Visit,
    Wishes,
)
from aggregator.sameness import Limits
from aggregator.stores import Store, Trained
from aggregator.stores.sqlite import open_store

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
LEASE = 5 * MINUTE
PLAIN = Fingerprint(marks=(), size=0)
STEPPE = Source(name="steppe", kind="feed", location="https://steppe.example/rss")
COAST = Source(name="coast", kind="feed", location="https://coast.example/rss")
TOPICS = {"all": "a1", "trade": "t1"}

Opener = Callable[[], Store]


@pytest.fixture(params=["sqlite"])
def opener(request: pytest.FixtureRequest, tmp_path: Path) -> Opener:
    """Opens the same database every time; PostgreSQL will be the second name."""
    return {"sqlite": lambda: open_store(tmp_path / "river.db", writing=True)}[request.param]


@pytest.fixture
def store(opener: Opener) -> Iterator[Store]:
    store = opener()
    store.register([STEPPE, COAST], TOPICS, NOON)
    yield store
    store.close()


def article(n: int, source: str = "steppe", **changes: Any) -> Article:
    facts: dict[str, Any] = {
        "id": f"{n:024x}",
        "source": source,
        "publisher": "Степной вестник",
        "guid": f"{source}-{n}",
        "url": f"https://{source}.example/{n}?from=rss",
        "canonical_url": f"https://{source}.example/{n}",
        "title": f"Урожай собран, выпуск {n}",
        "summary": "Хозяйства области завершили уборку.",
        "content": f"<p>Хозяйства области завершили уборку №{n}.</p>",
        "published_at": NOON + n * MINUTE,
        "dated": Dated.SAID,
        "updated_at": NOON + n * MINUTE,
        "seen_at": NOON + n * MINUTE,
        "digest": f"digest-{n}",
        "sketch": f"sketch-{n}",
    }
    return Article(**{**facts, **changes})


def new(n: int, source: str = "steppe", **changes: Any) -> Decision:
    one = article(n, source, **changes)
    opens = Opening(guid=f"tag:river.example,2026:{one.id}", listed_at=NOON + n * MINUTE)
    return Decision(article=one, verdict=Verdict.NEW, story=one.id, because="nothing like it was known", opens=opens)


def copy(n: int, of: int, source: str = "coast", leads: bool = False, **changes: Any) -> Decision:
    story = article(of).id
    because = f"the same words as {story}"
    return Decision(
        article=article(n, source, **changes), verdict=Verdict.COPY, story=story, because=because,
        lead_because="it is better" if leads else "",
    )


def changed(n: int, story: int | None = None, source: str = "steppe", **changes: Any) -> Decision:
    one = article(n, source, **{"digest": "another", "title": "Урожай: уточнение", **changes})
    of = article(n if story is None else story).id
    return Decision(article=one, verdict=Verdict.CHANGED, story=of, because="its text differs")


def visit(source: str = "steppe", at: datetime = NOON, **changes: Any) -> Visit:
    return Visit(**{"source": source, "at": at, "next_at": at + HOUR, "checkpoint": {}, **changes})


def ids(stories: Iterable[Story | Listed]) -> list[int]:
    return [int(story.id, 16) for story in stories]


def file_all(store: Store, rules: str = "r1", *topics: str) -> None:
    filings = [Filing(topic=topic, because=f"{topic} has its words") for topic in topics or ("all",)]
    store.file(rules, {story.id: filings for story in store.unfiled(rules, 10_000)}, NOON)


def publish_all(store: Store) -> None:
    for topic in store.stale_topics():
        store.published(topic, store.latest(topic, 1).revision)


def health_of(store: Store, name: str = "steppe") -> Any:
    return {health.name: health for health in store.health()}[name]


# --- sources ---------------------------------------------------------------------------------------------------------


def test_a_new_source_is_due_at_once(store: Store) -> None:
    assert store.claim_due(NOON, LEASE, 10) == ["steppe", "coast"]


def test_a_source_is_given_to_one_caller_until_its_lease_ends(store: Store) -> None:
    store.claim_due(NOON, HOUR, 10)
    assert store.claim_due(NOON + HOUR - MINUTE, HOUR, 10) == []
    assert store.claim_due(NOON + HOUR, HOUR, 10) == ["steppe", "coast"]


def test_a_visit_that_never_ended_is_made_again_when_the_source_would_have_been_due_anyway(store: Store) -> None:
    store.claim_due(NOON, LEASE, 10)
    assert store.claim_due(NOON + 30 * MINUTE - MINUTE, LEASE, 10) == []
    assert store.claim_due(NOON + 30 * MINUTE, LEASE, 10) == ["steppe", "coast"]


def neighbours(store: Store, hosts: list[str]) -> list[str]:
    """Sources of these hosts are registered, in this order; their names."""
    sources = [replace(STEPPE, name=f"{n}", location=f"https://{host}:{8000 + n}/{n}") for n, host in enumerate(hosts)]
    store.register(sources, {}, NOON)
    return [s.name for s in sources]


def test_two_sources_of_one_host_are_never_given_out_at_once(store: Store) -> None:
    neighbours(store, ["a.example", "A.example.", "b.example", "a.example", "b.example"])
    assert store.claim_due(NOON, LEASE, 10) == ["0", "2"]
    assert store.claim_due(NOON, LEASE, 10) == []
    store.save(visit("2"), [])
    assert store.claim_due(NOON, LEASE, 10) == ["4"]
    store.save(visit("0"), [])
    assert store.claim_due(NOON, LEASE, 10) == ["1"]


def test_unless_the_operator_allows_more_of_them(store: Store) -> None:
    neighbours(store, ["a.example"] * 5)
    assert store.claim_due(NOON, LEASE, 1, 2) == ["0"]
    assert store.claim_due(NOON, LEASE, 10, 2) == ["1"]


def test_what_has_no_host_waits_for_nobody(store: Store) -> None:
    store.register([replace(STEPPE, name=name, kind="files", location=f"/srv/{name}") for name in "ab"], {}, NOON)
    assert store.claim_due(NOON, LEASE, 10) == ["a", "b"]


def test_a_crowded_host_is_left_alone_with_all_its_sources_for_a_while(store: Store) -> None:
    neighbours(store, ["a.example", "a.example", "b.example"])
    rests = {"a.example": NOON + 9 * MINUTE}
    store.save(visit("0", not_before=NOON + HOUR, hosts_not_before=rests), [])
    assert store.claim_due(NOON + MINUTE, LEASE, 10) == ["2"]
    assert store.claim_due(NOON + 9 * MINUTE, LEASE, 10) == ["1"]


def test_a_host_that_is_crowded_where_a_visit_was_led_rests_and_not_the_one_where_it_began(store: Store) -> None:
    neighbours(store, ["a.example", "a.example", "b.example"])
    store.save(visit("0", not_before=NOON + HOUR, hosts_not_before={"b.example": NOON + 9 * MINUTE}), [])
    assert store.claim_due(NOON + MINUTE, LEASE, 10) == ["1"]
    assert store.claim_due(NOON + 9 * MINUTE, LEASE, 10) == ["2"]


def test_a_visit_under_way_does_not_end_the_rest_of_its_host_that_another_one_was_told(store: Store) -> None:
    neighbours(store, ["a.example"] * 3)
    assert store.claim_due(NOON, LEASE, 10, 3) == ["0", "1", "2"]
    rests = {"a.example": NOON + 9 * MINUTE}
    store.save(visit("0", at=NOON + MINUTE, not_before=NOON + HOUR, hosts_not_before=rests), [])
    store.save(visit("1", next_at=NOON), [])
    store.save(visit("2", next_at=NOON, not_before=NOON + MINUTE), [])
    assert store.claim(["1", "2"], NOON + 9 * MINUTE - MINUTE, LEASE) == []
    assert store.claim(["1", "2"], NOON + 9 * MINUTE, LEASE) == ["1", "2"]
    store.save(visit("1", at=NOON + 9 * MINUTE, next_at=NOON), [])
    assert store.claim(["1"], NOON + 9 * MINUTE, LEASE) == ["1"]


def test_what_servers_said_holds_also_when_nothing_else_of_a_visit_is_saved(store: Store) -> None:
    neighbours(store, ["a.example", "a.example", "b.example"])
    store.leave_alone("0", NOON, NOON + HOUR, {"a.example": NOON + 9 * MINUTE})
    store.leave_alone("0", NOON, NOON + MINUTE, {})
    store.leave_alone("2", NOON, None, {})
    assert store.claim(["0", "1", "2"], NOON + 9 * MINUTE - MINUTE, LEASE) == ["2"]
    assert store.claim(["0", "1"], NOON + HOUR - MINUTE, LEASE) == ["1"]
    assert store.claim(["0"], NOON + HOUR, LEASE) == ["0"]


def test_a_source_that_moved_for_good_has_its_turn_at_the_new_host(store: Store) -> None:
    neighbours(store, ["a.example", "b.example"])
    store.save(visit("0", next_at=NOON, standing=Standing(address="https://b.example/")), [])
    assert len(store.claim_due(NOON, LEASE, 10)) == 1
    assert health_of(store, "0").moved_to == "https://b.example/"
    store.save(visit("0", next_at=NOON, standing=Standing()), [])
    store.save(visit("1", next_at=NOON), [])
    assert sorted(store.claim_due(NOON, LEASE, 10)) == ["0", "1"]
    assert health_of(store, "0").moved_to is None


def test_a_source_that_is_gone_for_good_is_visited_only_when_somebody_asks(store: Store) -> None:
    store.save(visit(error="410 Gone", is_last=True), [])
    assert store.claim_due(NOON + 99 * HOUR, LEASE, 10) == ["coast"]
    assert (health_of(store).state, health_of(store).next_visit) == (State.STOPPED, None)
    assert store.claim(["steppe"], NOON + 99 * HOUR, LEASE) == ["steppe"]
    store.save(visit(at=NOON + 99 * HOUR), [])
    assert "steppe" in store.claim_due(NOON + 100 * HOUR, LEASE, 10)


def test_a_fault_of_ours_does_not_count_against_a_source(store: Store) -> None:
    store.save(visit(error="we are offline", is_excused=True), [])
    health = health_of(store)
    assert (health.failures, health.failing_since, health.error) == (0, None, "we are offline")
    assert health.state is State.OFFLINE
    for is_excused in (False, True):
        store.save(visit(error="no answer", is_excused=is_excused), [])
        assert health_of(store).state is State.FAILING


def test_a_part_that_could_not_be_had_is_told_and_the_source_is_well(store: Store) -> None:
    store.save(visit(left_out="cannot read a.txt"), [])
    health = health_of(store)
    assert (health.left_out, health.state, health.last_success) == ("cannot read a.txt", State.OK, NOON)
    store.save(visit(), [])
    assert health_of(store).left_out is None


def test_a_source_that_moves_leaves_its_failures_behind(store: Store) -> None:
    store.save(visit(error="no answer", left_out="cannot read a.txt"), [])
    store.register([replace(STEPPE, location="https://elsewhere.example/"), COAST], TOPICS, NOON)
    health = health_of(store)
    assert (health.error, health.failing_since, health.left_out, health.failures) == (None, None, None, 0)


def test_a_standing_comes_back_as_it_was_given(store: Store) -> None:
    assert store.standing("steppe") == store.standing("nowhere") == Standing()
    standing = Standing(
        wishes=Wishes(every=HOUR, skip_hours=frozenset({0, 23}), skip_days=frozenset({6})),
        gap=timedelta(seconds=1.5), news_at=NOON, whole_at=NOON + MINUTE, address="https://new.example/",
        relocation=Relocation(to="https://newest.example/", since=NOON, visits=2),
        notes=(Note(text="read loosely", since=NOON),),
    )  # fmt: skip
    store.save(visit(standing=standing), [])
    assert store.standing("steppe") == replace(standing, visited=NOON)
    store.save(visit(at=NOON + HOUR, error="no answer"), [])
    assert store.standing("steppe") == replace(standing, visited=NOON, failures=1)
    store.register([replace(STEPPE, location="https://elsewhere.example/"), COAST], TOPICS, NOON)
    assert store.standing("steppe") == Standing(visited=NOON)


def test_when_the_clock_is_set_back_waits_stay_as_long_as_they_were(store: Store) -> None:
    store.save(visit("steppe", at=NOON, next_at=NOON + HOUR, not_before=NOON + 2 * MINUTE), [])
    assert store.set_back(NOON - MINUTE) == 0
    early = NOON - 9 * HOUR
    assert store.set_back(early) == 2  # the other one was registered at noon
    assert store.claim_due(early, LEASE, 10) == ["coast"]
    assert store.claim(["steppe"], early + MINUTE, LEASE) == []
    assert "steppe" in store.claim_due(early + HOUR, LEASE, 10)


AHEAD = NOON + timedelta(days=365)
"""What a clock says whose battery is empty."""


def test_a_visit_that_never_ended_does_not_wait_for_the_time_of_a_clock_that_was_ahead(
    store: Store, opener: Opener
) -> None:
    for name in ("steppe", "coast"):
        store.save(visit(name), [])
    assert store.claim_due(AHEAD, LEASE, 10) == ["steppe", "coast"]
    store.close()
    again = opener()
    assert again.set_back(NOON + HOUR) == 2
    assert again.set_back(NOON + HOUR) == 0
    assert again.claim_due(NOON + HOUR + STEPPE.every, LEASE, 10) == ["steppe", "coast"]
    again.close()


def test_whoever_shares_a_host_that_was_crowded_does_not_wait_for_the_time_of_a_clock_that_was_ahead(
    store: Store,
) -> None:
    sibling = replace(COAST, location="https://steppe.example/coast")
    store.register([STEPPE, sibling], TOPICS, NOON)
    store.save(visit("coast", next_at=NOON + 3 * HOUR), [])
    rests = {"steppe.example": AHEAD + 10 * MINUTE}
    store.save(visit("steppe", at=AHEAD, error="429", not_before=AHEAD + HOUR, hosts_not_before=rests), [])
    now = NOON + HOUR
    assert store.set_back(now) == 2
    assert store.claim(["steppe", "coast"], now + 9 * MINUTE, LEASE) == []
    assert store.claim(["steppe", "coast"], now + 10 * MINUTE, LEASE) == ["coast"]
    assert store.claim(["steppe"], now + HOUR, LEASE) == ["steppe"]


def test_when_the_clock_is_set_back_no_visit_was_made_later_than_now(store: Store) -> None:
    store.save(visit(at=AHEAD), [])
    store.save(visit(at=AHEAD + HOUR, error="no answer"), [])
    store.set_back(NOON)
    health = health_of(store)
    assert (health.last_visit, health.failing_since, store.visited("steppe")) == (NOON, NOON, NOON)


def test_what_came_while_the_clock_was_ahead_settles_for_no_year(store: Store) -> None:
    store.save(visit(at=AHEAD), [new(1, seen_at=AHEAD)])
    assert store.unfiled("r1", 10, AHEAD - MINUTE) == []
    now = NOON + HOUR
    store.set_back(now)
    assert ids(store.unfiled("r1", 10, now - MINUTE)) == [1]
    store.save(visit(at=now), [new(2, seen_at=now)])
    assert ids(store.unfiled("r1", 10, now - MINUTE)) == [1]


def test_when_the_clock_is_set_back_leases_and_hubs_wait_no_longer_than_they_would_have(store: Store) -> None:
    store.save(visit("steppe", at=NOON, next_at=NOON + HOUR), [])
    store.announce(["https://hub.example/"], {"https://news.example/all/rss.xml": "1"}, NOON)
    store.put_off("https://hub.example/", NOON + 5 * MINUTE, NOON - HOUR)
    assert store.claim(["coast"], NOON, 10 * MINUTE) == ["coast"]
    early = NOON - 9 * HOUR
    store.set_back(early)
    assert store.hubs_to_ping(early + 4 * MINUTE) == []
    assert store.hubs_to_ping(early + 5 * MINUTE) == ["https://hub.example/"]
    assert store.claim(["coast"], early + 9 * MINUTE, LEASE) == []
    assert store.claim(["coast"], early + 10 * MINUTE, LEASE) == ["coast"]


def test_a_shorter_every_counts_from_now_on(store: Store) -> None:
    store.save(visit("steppe", next_at=NOON + 9 * HOUR), [])
    store.save(visit("coast", next_at=NOON + 9 * HOUR), [])
    store.register([replace(STEPPE, every=MINUTE), COAST], TOPICS, NOON)
    assert store.claim_due(NOON + MINUTE, LEASE, 10) == ["steppe"]


def test_a_saved_visit_ends_the_lease_and_says_when_the_next_is_due(store: Store) -> None:
    store.claim_due(NOON, LEASE, 10)
    store.save(visit("coast", next_at=NOON + MINUTE), [])
    assert store.claim_due(NOON, LEASE, 10) == []
    assert store.claim_due(NOON + MINUTE, LEASE, 10) == ["coast"]


def test_the_longest_overdue_come_first_and_no_more_than_asked_for(store: Store) -> None:
    store.save(visit("steppe", next_at=NOON + 9 * MINUTE), [])
    store.save(visit("coast", next_at=NOON + 3 * MINUTE), [])
    assert store.claim_due(NOON + HOUR, LEASE, 1) == ["coast"]
    assert store.claim_due(NOON + HOUR, LEASE, 1) == ["steppe"]


def test_two_threads_never_get_the_same_source(store: Store) -> None:
    names = [f"source-{n}" for n in range(60)]
    store.register([replace(STEPPE, name=name, location=f"https://{name}.example/") for name in names], {}, NOON)
    got: list[str] = []

    def take() -> None:
        while claimed := store.claim_due(NOON, LEASE, 3):
            got.extend(claimed)

    run_at_once(take, take, take, take)
    assert sorted(got) == sorted(names)


def run_at_once(*tasks: Callable[[], None]) -> None:
    threads = [threading.Thread(target=task) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_a_named_source_is_claimed_before_it_is_due(store: Store) -> None:
    store.save(visit("steppe", next_at=NOON + HOUR), [])
    assert store.claim(["coast", "steppe"], NOON, LEASE) == ["coast", "steppe"]
    assert store.claim(["coast", "steppe"], NOON, LEASE) == []


def test_a_server_that_asked_us_to_stay_away_is_left_alone(store: Store) -> None:
    store.save(visit("steppe", next_at=NOON + HOUR, not_before=NOON + HOUR), [])
    assert store.claim(["steppe", "coast", "unheard-of"], NOON, LEASE) == ["coast"]
    assert store.claim(["steppe"], NOON + HOUR, LEASE) == ["steppe"]


def test_more_names_than_a_statement_takes_are_claimed(store: Store) -> None:
    names = [f"source-{n}" for n in range(1300)]
    store.register([replace(STEPPE, name=name) for name in names], {}, NOON)
    assert store.claim(names, NOON, LEASE) == names


def test_a_bookmark_is_empty_at_first_and_replaced_by_each_visit(store: Store) -> None:
    assert store.standing("steppe").checkpoint == {}
    store.save(visit(checkpoint={"etag": '"ә1"', "last-modified": "Mon"}), [])
    store.save(visit(checkpoint={"etag": '"ә2"'}), [])
    assert store.standing("steppe").checkpoint == {"etag": '"ә2"'}


@pytest.mark.parametrize("move", [{"location": "https://steppe.example/atom"}, {"kind": "page"}])
def test_a_source_that_moved_is_due_now_with_an_empty_bookmark(store: Store, move: dict[str, str]) -> None:
    for name in ("steppe", "coast"):
        store.save(visit(name, checkpoint={"etag": "1"}, not_before=NOON + HOUR), [])
    store.register([replace(STEPPE, **move), COAST], TOPICS, NOON + MINUTE)  # type: ignore[arg-type]
    assert store.standing("steppe").checkpoint == {}
    assert store.standing("coast").checkpoint == {"etag": "1"}
    assert store.claim_due(NOON + MINUTE, LEASE, 10) == ["steppe"]


@pytest.mark.parametrize("move", [{"location": "https://steppe.example/atom"}, {"kind": "page"}])
def test_what_a_visit_learns_where_its_source_is_no_longer_means_nothing(store: Store, move: dict[str, str]) -> None:
    assert "steppe" in store.claim_due(NOON, LEASE, 10)
    store.register([replace(STEPPE, **move), COAST], TOPICS, NOON + MINUTE)  # type: ignore[arg-type]
    late = visit(of=STEPPE, checkpoint={"etag": "1"}, error="it is gone", requests=3, not_before=NOON + HOUR)
    store.save(replace(late, is_last=True, echoes={"x": Echo("1", "2")}), [new(1)])
    assert ids(store.stories()) == [1]
    assert (store.standing("steppe").checkpoint, store.echoes("steppe")) == ({}, {})
    [there] = [h for h in store.health() if h.name == "steppe"]
    assert (there.error, there.requests, there.state) == (None, 3, State.WAITING)
    assert store.claim_due(NOON + MINUTE, LEASE, 10) == ["steppe"]
    store.save(replace(visit(checkpoint={"etag": "2"}), of=replace(STEPPE, **move)), [])  # type: ignore[arg-type]
    assert store.standing("steppe").checkpoint == {"etag": "2"}


def test_a_source_that_left_the_configuration_is_gone_but_its_articles_stay(store: Store) -> None:
    store.save(visit("steppe"), [new(1)])
    store.register([COAST], TOPICS, NOON)
    assert store.claim_due(NOON + 9 * HOUR, LEASE, 10) == ["coast"]
    assert store.claim(["steppe"], NOON + 9 * HOUR, LEASE) == []
    assert ids(store.stories()) == [1]
    assert [(h.name, h.state) for h in store.health()] == [("coast", State.WAITING), ("steppe", State.GONE)]


def test_a_source_that_left_nothing_behind_is_forgotten_and_may_come_back(store: Store) -> None:
    store.register([COAST], TOPICS, NOON)
    assert [h.name for h in store.health()] == ["coast"]
    store.register([COAST, STEPPE], TOPICS, NOON)
    assert [h.name for h in store.health()] == ["coast", "steppe"]


def test_a_visit_to_an_unknown_source_is_an_error_and_leaves_nothing(store: Store) -> None:
    with pytest.raises(StoreError, match="nowhere"):
        store.save(visit("nowhere"), [new(1)])
    assert ids(store.stories()) == []


def test_health_tells_good_visits_from_bad_ones(store: Store) -> None:
    assert health_of(store).state is State.WAITING
    store.save(visit(at=NOON, requests=2, bytes=500), [new(1), copy(2, of=1, source="steppe")])
    good = health_of(store)
    assert (good.state, good.last_visit, good.last_success, good.next_visit) == (State.OK, NOON, NOON, NOON + HOUR)
    assert (good.articles, good.new, good.requests, good.bytes) == (2, 2, 2, 500)

    for hours in (1, 2):
        store.save(visit(at=NOON + hours * HOUR, error="503 from the server", requests=1, bytes=10), [])
    bad = health_of(store)
    assert (bad.state, bad.error, bad.failures) == (State.FAILING, "503 from the server", 2)
    assert (bad.failing_since, bad.last_success) == (NOON + HOUR, NOON)
    assert (bad.articles, bad.new, bad.requests, bad.bytes) == (2, 0, 4, 520)

    store.save(visit(at=NOON + 3 * HOUR), [])
    mended = health_of(store)
    assert (mended.state, mended.error, mended.failures, mended.failing_since) == (State.OK, None, 0, None)


def test_only_a_good_visit_counts_as_visited(store: Store) -> None:
    assert store.visited("steppe") is None
    store.save(visit(at=NOON, error="no answer"), [])
    assert store.visited("steppe") is None
    store.save(visit(at=NOON + HOUR), [])
    store.save(visit(at=NOON + 2 * HOUR, error="no answer"), [])
    assert store.visited("steppe") == NOON + HOUR


# --- articles --------------------------------------------------------------------------------------------------------

FULL = article(
    7,
    original_url="https://ministry.example/news/7",
    title="Экспорт «зерна» вырос — на 7 %, деді министр 🌾",
    content='<p dir="ltr">O\'Hara; "cited" \\ \x7f</p>\n<p>екінші абзац</p>',
    authors=("Әлия Н.", "J. Doe"),
    date_said="вчера",
    dated=Dated.IMPOSSIBLE,
    published_at=NOON + timedelta(microseconds=1),
    updated_at=NOON + timedelta(microseconds=999_999),
    labels=("экономика", "trade, export"),
    enclosures=(
        Enclosure(url="https://steppe.example/7.jpg", media_type="image/jpeg", length=1024, title="Поле"),
        Enclosure(url="https://steppe.example/7.mp3"),
    ),
    language="ru",
)


def test_an_article_comes_back_as_it_went_in(store: Store) -> None:
    store.save(visit(), [replace(new(7), article=FULL)])
    (story,) = store.stories()
    assert story.lead == FULL


def test_a_story_keeps_what_it_was_opened_with(store: Store) -> None:
    decision = new(1)
    store.save(visit(), [decision])
    (story,) = store.stories()
    assert decision.opens
    assert (story.id, story.guid, story.listed_at) == (decision.story, decision.opens.guid, decision.opens.listed_at)
    assert (story.copies, story.filings) == ((), ())


def test_a_copy_joins_its_story(store: Store) -> None:
    store.save(visit(), [new(1)])
    store.save(visit("coast"), [copy(3, of=1), copy(2, of=1)])
    (story,) = store.stories()
    assert story.lead == article(1)
    assert [c.article for c in story.copies] == [article(2, "coast"), article(3, "coast")]
    assert {(c.relation, c.score, c.because) for c in story.copies} == {("copy", 1.0, copy(2, of=1).because)}


def test_a_copy_may_join_a_story_opened_in_the_same_visit(store: Store) -> None:
    store.save(visit(), [new(1), copy(2, of=1, source="steppe"), new(3)])
    assert [(s.lead.id, len(s.copies)) for s in store.stories()] == [(article(3).id, 0), (article(1).id, 1)]


def test_a_copy_may_take_the_lead(store: Store) -> None:
    store.save(visit(), [new(1)])
    store.save(visit("coast"), [copy(2, of=1, leads=True)])
    (story,) = store.stories()
    assert (story.id, story.lead) == (article(1).id, article(2, "coast"))
    assert story.lead_because == "it is better"
    (former,) = story.copies
    assert former.article == article(1)
    assert "opened the story" in former.because


def test_a_copy_of_no_story_is_an_error_and_undoes_the_visit(store: Store) -> None:
    with pytest.raises(StoreError, match="no story"):
        store.save(visit(checkpoint={"etag": "1"}), [new(1), copy(2, of=99)])
    assert ids(store.stories()) == []
    assert store.standing("steppe").checkpoint == {}


def test_a_changed_article_keeps_its_old_version_and_its_dates(store: Store) -> None:
    store.save(visit(), [new(1)])
    later = NOON + HOUR
    edit = changed(1, guid="moved", url="https://steppe.example/moved", published_at=later, seen_at=later,
                   updated_at=later, dated=Dated.FUTURE, date_said="завтра")  # fmt: skip
    store.save(visit(at=later), [edit])
    old, current = store.versions(article(1).id)
    assert old == article(1)
    assert (current.title, current.guid, current.url) == ("Урожай: уточнение", "moved", "https://steppe.example/moved")
    assert (current.published_at, current.seen_at) == (old.published_at, old.seen_at)
    assert (current.dated, current.date_said) == (old.dated, old.date_said)
    assert current.updated_at == later
    assert [story.lead for story in store.stories()] == [current]


def test_a_change_that_does_not_say_when_happened_at_the_visit(store: Store) -> None:
    store.save(visit(), [new(1)])
    store.save(visit(at=NOON + HOUR), [changed(1)])
    assert store.versions(article(1).id)[-1].updated_at == NOON + HOUR


def test_a_small_change_is_kept_and_moves_no_date(store: Store) -> None:
    store.save(visit(), [new(1)])
    store.save(visit(at=NOON + HOUR), [replace(changed(1, updated_at=NOON + HOUR), substantive=False)])
    [story] = store.stories()
    assert story.lead.title == "Урожай: уточнение"
    assert story.updated_at == story.lead.updated_at == article(1).updated_at
    store.save(visit(at=NOON + 2 * HOUR), [changed(1, digest="again", updated_at=NOON + 2 * HOUR)])
    [story] = store.stories()
    assert story.updated_at == story.lead.updated_at == NOON + 2 * HOUR
    assert len(store.versions(article(1).id)) == 3


def test_of_a_change_of_looks_the_old_version_is_not_kept(store: Store) -> None:
    store.save(visit(), [new(1)])
    for n in range(3):
        look = changed(1, digest=f"look {n}", content=f"<p>Текст</p><img src='https://steppe.example/{n}.png'>")
        store.save(visit(at=NOON + HOUR), [replace(look, substantive=False, is_look=True)])
    [version] = store.versions(article(1).id)
    assert "2.png" in version.content
    [story] = store.stories()
    assert story.updated_at == article(1).updated_at


def test_every_edit_is_told_with_its_time_and_reason(store: Store) -> None:
    store.save(visit(), [new(1)])
    for n in (1, 2):
        edit = replace(changed(1, digest=f"version-{n}", title=f"Выпуск {n}"), because=f"reason {n}")
        store.save(visit(at=NOON + n * HOUR), [edit])
    first, second = store.revisions(article(1).id)
    assert (first.old, first.new.title) == (article(1), "Выпуск 1")
    assert (second.old, second.new.title) == (first.new, "Выпуск 2")
    assert [(r.at, r.because) for r in (first, second)] == [
        (NOON + HOUR, "reason 1"),
        (NOON + 2 * HOUR, "reason 2"),
    ]
    assert store.revisions("nobody") == []


def test_what_is_held_of_an_article_is_known_with_it(store: Store) -> None:
    store.save(visit(), [new(1)])
    known = store.known([article(1)])
    assert known.text(article(1).id) == article(1)
    assert known.text("nobody") is None


def test_versions_are_kept_in_order(store: Store) -> None:
    store.save(visit(), [new(1)])
    for n in (2, 3, 4):
        store.save(visit(at=NOON + n * HOUR), [changed(1, digest=f"version-{n}", title=f"Выпуск {n}")])
    digests = [version.digest for version in store.versions(article(1).id)]
    assert digests == ["digest-1", "version-2", "version-3", "version-4"]
    assert store.versions("nobody") == []


def test_of_an_article_that_is_edited_without_end_the_first_version_is_kept_and_the_last_ones(store: Store) -> None:
    store.save(visit(), [new(1)])
    for n in range(1, 31):
        edit = replace(changed(1, digest=f"version-{n}", title=f"Выпуск {n}"), because=f"reason {n}")
        store.save(visit(at=NOON + n * HOUR), [edit])
    titles = [version.title for version in store.versions(article(1).id)]
    assert titles == [article(1).title, *(f"Выпуск {n}" for n in range(10, 31))]
    first, second, *_ = store.revisions(article(1).id)
    assert (first.old, first.new.title, first.at) == (article(1), "Выпуск 10", NOON + 10 * HOUR)
    assert first.because == "edited often; of the versions in between only the last are kept"
    assert (second.new.title, second.because) == ("Выпуск 11", "reason 11")


def test_a_changed_copy_stays_a_copy(store: Store) -> None:
    store.save(visit(), [new(1), copy(2, of=1, source="steppe")])
    store.save(visit(at=NOON + HOUR), [changed(2, story=1)])
    (story,) = store.stories()
    (one,) = story.copies
    assert one.article.title == "Урожай: уточнение"
    assert one.because == copy(2, of=1).because


def test_a_change_of_an_unknown_article_is_an_error(store: Store) -> None:
    with pytest.raises(StoreError, match="not here"):
        store.save(visit(), [changed(1)])


def test_the_same_article_changes_nothing(store: Store) -> None:
    store.save(visit(), [new(1)])
    file_all(store)
    publish_all(store)
    same = replace(new(1, title="Не то"), verdict=Verdict.SAME, opens=None)
    store.save(visit(at=NOON + HOUR), [same])
    assert [story.lead for story in store.stories()] == [article(1)]
    assert store.stale_topics() == []
    assert store.unfiled("r1", 10) == []
    assert health_of(store).new == 0


def test_saving_twice_is_saving_once(store: Store) -> None:
    first = [new(1), copy(2, of=1, source="steppe")]
    second = [changed(1)]
    for decisions in (first, first, second, second):
        store.save(visit(at=NOON + HOUR), decisions)
    (story,) = store.stories()
    assert len(story.copies) == 1
    assert len(store.versions(article(1).id)) == 2
    assert health_of(store).articles == 2


def test_one_article_twice_in_a_visit_is_kept_once(store: Store) -> None:
    store.save(visit(), [new(1), new(1, title="Второй раз"), changed(1)])
    assert [v.title for v in store.versions(article(1).id)] == [article(1).title, "Урожай: уточнение"]


def test_the_reasons_are_kept(store: Store) -> None:
    store.save(visit(), [new(1), copy(2, of=1, source="steppe")])
    store.save(visit(), [changed(1)])
    assert store.why(article(2).id) == copy(2, of=1).because
    assert store.why(article(1).id) == "nothing like it was known; its text differs"
    assert store.why("nobody") == ""


def test_a_text_that_no_database_can_hold_is_an_error_of_the_store(store: Store) -> None:
    with pytest.raises(StoreError, match="cannot be stored"):
        store.save(visit(), [new(1, title="\ud83d")])


def test_what_is_saved_is_there_when_the_store_is_opened_again(store: Store, opener: Opener) -> None:
    store.save(visit(checkpoint={"etag": "1"}), [new(1), copy(2, of=1, source="steppe")])
    before = list(store.stories())
    store.close()
    again = opener()
    assert list(again.stories()) == before
    assert again.standing("steppe").checkpoint == {"etag": "1"}
    again.close()


# --- what is known ---------------------------------------------------------------------------------------------------


def test_articles_are_known_by_id_url_and_sketch(store: Store) -> None:
    store.save(visit(), [new(1)])
    store.save(visit("coast"), [copy(2, of=1, canonical_url=article(1).canonical_url, leads=True)])
    known = store.known([article(1), article(3, sketch="sketch-2"), article(4)])
    assert set(known.by_id) == {article(1).id}
    trace = known.by_id[article(1).id]
    assert (trace.story, trace.source) == (article(1).id, "steppe")
    assert store.known([article(1)]).company(article(1).id).lead.source == "coast"
    assert (trace.title, trace.digest, trace.sketch) == (article(1).title, "digest-1", "sketch-1")
    assert (trace.canonical_url, trace.published_at) == (article(1).canonical_url, article(1).published_at)
    assert {url: [t.id for t in traces] for url, traces in known.by_url.items()} == {
        article(1).canonical_url: [article(1).id, article(2).id]
    }
    assert {sketch: [t.id for t in traces] for sketch, traces in known.by_sketch.items()} == {
        "sketch-1": [article(1).id],
        "sketch-2": [article(2).id],
    }


def test_nothing_is_known_by_an_empty_url_or_sketch(store: Store) -> None:
    store.save(visit(), [new(1, canonical_url="", sketch="")])
    known = store.known([article(2, canonical_url="", sketch="")])
    assert (known.by_id, known.by_url, known.by_sketch) == ({}, {}, {})


def test_a_changed_article_is_known_by_its_new_words_only(store: Store) -> None:
    store.save(visit(), [new(1)])
    store.save(visit(), [changed(1, sketch="later", canonical_url="https://steppe.example/later")])
    assert not store.known([article(2, sketch="sketch-1", canonical_url=article(1).canonical_url)]).by_sketch
    assert store.known([article(2, sketch="later")]).by_sketch


def test_more_articles_than_a_statement_takes_are_looked_up(store: Store) -> None:
    store.save(visit(), [new(n) for n in range(1200)])
    known = store.known([article(n) for n in range(1500)])
    assert len(known.by_id) == len(known.by_url) == len(known.by_sketch) == 1200


# --- turns -----------------------------------------------------------------------------------------------------------


def test_an_exception_undoes_the_whole_turn(store: Store) -> None:
    def fail_after_saving() -> None:
        with store.turn():
            store.save(visit(checkpoint={"etag": "1"}), [new(1)])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_after_saving()
    assert ids(store.stories()) == []
    assert store.standing("steppe").checkpoint == {}
    store.save(visit(), [new(1)])  # and the store goes on
    assert ids(store.stories()) == [1]


def test_a_turn_sees_its_own_work_and_others_see_it_afterwards(store: Store) -> None:
    seen: list[int] = []
    with store.turn(), store.turn():
        store.save(visit(), [new(1)])
        assert store.known([article(1)]).by_id
        run_at_once(lambda: seen.append(len(store.known([article(1)]).by_id)))
    run_at_once(lambda: seen.append(len(store.known([article(1)]).by_id)))
    assert seen == [0, 1]


def test_a_save_that_fails_inside_a_turn_leaves_the_rest_of_it(store: Store) -> None:
    with store.turn():
        store.save(visit(), [new(1)])
        with pytest.raises(StoreError):
            store.save(visit(), [new(2), copy(3, of=99)])
    assert ids(store.stories()) == [1]


def test_two_threads_that_look_before_they_save_open_one_story(store: Store) -> None:
    def collect(n: int, source: str) -> None:
        with store.turn():
            known = store.known([article(n, source, sketch="shared")]).by_sketch.get("shared")
            twin = new(n, source, sketch="shared")
            if known:
                twin = replace(twin, verdict=Verdict.COPY, story=known[0].story, opens=None)
            store.save(visit(source), [twin])

    run_at_once(*(lambda n=n: collect(n, "steppe" if n % 2 else "coast") for n in range(12)))
    (story,) = store.stories()
    assert len(story.copies) == 11


# --- topics ----------------------------------------------------------------------------------------------------------


def test_a_new_topic_is_stale_until_it_is_published(store: Store) -> None:
    assert store.stale_topics() == ["all", "trade"]
    publish_all(store)
    assert store.stale_topics() == []


def test_a_topic_with_another_digest_is_stale(store: Store) -> None:
    publish_all(store)
    store.register([STEPPE, COAST], {"all": "a1", "trade": "t2"}, NOON + HOUR)
    assert store.stale_topics() == ["trade"]


def test_a_topic_that_left_the_configuration_is_never_stale(store: Store) -> None:
    store.save(visit(), [new(1)])
    store.register([STEPPE, COAST], {"all": "a1"}, NOON)
    file_all(store, "r1", "all", "trade")
    assert store.stale_topics() == ["all"]


def test_a_topic_that_comes_back_is_stale_and_as_old_as_it_was(store: Store) -> None:
    publish_all(store)
    store.register([STEPPE, COAST], {"all": "a1"}, NOON + HOUR)
    store.register([STEPPE, COAST], TOPICS, NOON + 2 * HOUR)
    assert store.stale_topics() == ["trade"]
    assert store.latest("trade", 1).opened_at == NOON


def test_a_story_is_unfiled_until_it_is_filed_under_these_rules(store: Store) -> None:
    store.save(visit(), [new(1), new(3), new(2)])
    assert ids(store.unfiled("r1", 2)) == [3, 2]
    file_all(store, "r1", "all")
    assert store.unfiled("r1", 10) == []
    assert ids(store.unfiled("r2", 10)) == [3, 2, 1]


def test_unfiled_stories_of_any_kind_come_newest_first(store: Store) -> None:
    for rules, n in (("r1", 1), ("r2", 2), ("r3", 3)):
        store.save(visit(), [new(n)])
        store.file(rules, {article(n).id: []}, NOON)
    store.save(visit(), [new(0), new(4)])
    assert ids(store.unfiled("r2", 3)) == [4, 3, 1]
    assert ids(store.unfiled("r2", 9)) == [4, 3, 1, 0]


def test_unfiled_stories_come_whole_but_without_their_old_filings(store: Store) -> None:
    store.save(visit(), [new(1), copy(2, of=1, source="steppe")])
    file_all(store, "r1", "trade")
    (story,) = store.unfiled("r2", 10)
    assert (story.lead, len(story.copies), story.filings) == (article(1), 1, ())


def test_filing_replaces_what_was_filed(store: Store) -> None:
    store.save(visit(), [new(1)])
    file_all(store, "r1", "trade", "all")
    (story,) = store.stories()
    assert story.filings == (
        Filing(topic="all", because="all has its words"),
        Filing(topic="trade", because="trade has its words"),
    )
    file_all(store, "r2", "all")
    (story,) = store.stories()
    assert [f.topic for f in story.filings] == ["all"]


def test_a_story_that_stays_in_a_topic_stays_for_the_last_reason(store: Store) -> None:
    store.save(visit(), [new(1)])
    file_all(store, "r1", "all")
    publish_all(store)
    store.file("r2", {article(1).id: [Filing(topic="all", because="another one")]}, NOON)
    (story,) = store.stories()
    assert story.filings == (Filing(topic="all", because="another one"),)
    assert store.stale_topics() == [], "its documents say what they said"


def test_topics_entered_or_left_become_stale(store: Store) -> None:
    store.register([STEPPE], {"entered": "", "kept": "", "left": "", "other": ""}, NOON)
    store.save(visit(), [new(1)])
    file_all(store, "r1", "left", "kept")
    publish_all(store)
    file_all(store, "r2", "kept", "entered")
    assert store.stale_topics() == ["entered", "left"]


def test_a_topic_is_held_back_until_everything_is_filed_under_its_rule(store: Store) -> None:
    publish_all(store)
    store.hold({"all": "every story", "trade": "rule 1"})
    assert (list(store.held()), store.stale_topics()) == (["all", "trade"], [])
    store.release({"all": "every story", "trade": "rule 1"})
    assert (list(store.held()), store.stale_topics()) == ([], ["all", "trade"])
    publish_all(store)
    store.hold({"all": "every story", "trade": "rule 2"})
    assert store.held() == {"trade": "rule 2"}
    store.release({"trade": "rule 1"})
    assert list(store.held()) == ["trade"], "it is not filed under its new rule"
    store.save(visit(), [new(1)])
    file_all(store, "r2", "all", "trade")
    assert store.stale_topics() == ["all"], "only the topic whose rule has changed waits"


def test_a_topic_is_held_back_across_a_restart(store: Store, opener: Opener) -> None:
    store.hold({"trade": "rule 1"})
    store.close()
    again = opener()
    assert list(again.held()) == ["trade"]
    again.close()


def test_the_topics_in_force_are_known_by_their_digests(store: Store) -> None:
    store.register([STEPPE], {"all": "a2"}, NOON)
    assert store.topics() == {"all": "a2"}


def test_a_story_that_nobody_has_is_not_filed(store: Store) -> None:
    store.file("r1", {article(9).id: [Filing(topic="all", because="")]}, NOON)
    assert store.latest("all", 10).stories == ()


@pytest.mark.parametrize(
    "decision", [copy(2, of=1, source="steppe"), changed(1)], ids=["a copy", "a change"]
)
def test_a_touched_story_is_unfiled_and_its_topics_are_stale(store: Store, decision: Decision) -> None:
    store.save(visit(), [new(1), new(5)])
    store.file("r1", {article(1).id: [Filing(topic="trade", because="x")], article(5).id: []}, NOON)
    publish_all(store)
    store.save(visit(), [decision])
    assert ids(store.unfiled("r1", 10)) == [1]
    assert store.stale_topics() == ["trade"]


def test_what_changes_after_the_reading_makes_the_topic_stale_again(store: Store) -> None:
    store.save(visit(), [new(1)])
    file_all(store, "r1", "all")
    read = store.latest("all", 10)
    store.save(visit(), [changed(1)])
    store.published("all", read.revision)
    assert "all" in store.stale_topics()


def test_an_edition_of_a_topic_that_is_configured_otherwise_by_now_is_not_published(store: Store) -> None:
    publish_all(store)
    store.register([STEPPE], {**TOPICS, "all": "a2"}, NOON)
    revision = store.latest("all", 1).revision
    store.published("all", revision, "a1")
    assert store.stale_topics() == ["all"]
    store.published("all", revision, "a2")
    assert store.stale_topics() == []


def test_the_latest_of_a_topic_come_newest_first_and_whole(store: Store) -> None:
    store.save(visit(), [new(n) for n in (2, 5, 1, 4, 3)])
    store.save(visit("coast"), [copy(10, of=5), copy(9, of=5)])
    file_all(store, "r1", "all", "trade")
    latest = store.latest("trade", 3)
    assert ids(latest.stories) == [5, 4, 3]
    assert latest.opened_at == NOON
    first, *_ = store.read([mention.id for mention in latest.stories])
    assert [int(c.article.id, 16) for c in first.copies] == [9, 10]


def test_stories_are_read_in_the_order_asked_for_but_for_those_that_are_gone(store: Store) -> None:
    store.save(visit(), [new(1), new(2), new(3), copy(4, of=3)])
    file_all(store)
    store.merge(article(1).id, article(2).id, NOON)
    found = store.read([article(n).id for n in (3, 2, 9, 1)])
    assert ids(found) == [3, 1]
    assert (found[0].lead, len(found[0].copies), found[0].filings) == (article(3), 1, ())


def test_a_mention_says_what_its_story_says(store: Store) -> None:
    store.save(visit(), [new(1), copy(2, of=1, leads=True)])
    file_all(store)
    [mention], [story] = store.latest("all", 9).stories, store.read([article(1).id])
    assert (mention.id, mention.state, mention.listed_at) == (story.id, story.state, story.listed_at)
    assert mention.source == story.lead.source == "coast"


def states(store: Store) -> dict[int, int]:
    return {int(story.id, 16): story.state for story in store.stories()}


CHANGES: dict[str, tuple[set[int], Callable[[Store], object]]] = {
    "a copy": ({1, 2}, lambda s: s.save(visit("coast"), [copy(6, of=1)])),
    "an edit": ({1, 2}, lambda s: s.save(visit(), [changed(1)])),
    "an edit of no substance": ({1, 2}, lambda s: s.save(visit(), [replace(changed(1), substantive=False)])),
    "other links": ({1, 2, 5}, lambda s: s.relate({article(1).id: {article(5).id: 0.5}}, NOON)),
    "a withdrawal": ({2}, lambda s: s.withdraw(f"tag:river.example,2026:{article(1).id}", NOON)),
    "a split": ({1, 2, 4}, lambda s: s.split(article(4).id, "river.example,2026", PLAIN, NOON)),
    "a merger": ({1, 2, 5}, lambda s: s.merge(article(5).id, article(1).id, NOON)),
    "other rules": (set(), lambda s: file_all(s, "r2", "trade")),
    "other news": ({7}, lambda s: s.save(visit(), [new(7)])),
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_state_of_a_story_is_another_whenever_an_edition_might_say_something_else_of_it(
    store: Store, change: str
) -> None:
    """2 names 1 as related, 4 is a copy of 1, and 5 has nothing to do with them."""
    store.save(visit(), [new(1), new(2), copy(4, of=1), new(5)])
    store.relate({article(2).id: {article(1).id: 0.4}}, NOON)
    file_all(store)
    before = states(store)
    touched, happen = CHANGES[change]
    happen(store)
    after = states(store)
    assert {n for n in after if after[n] != before.get(n)} == touched & set(after)


def test_a_story_that_was_taken_back_by_mistake_is_named_again(store: Store) -> None:
    store.save(visit(), [new(1), new(2)])
    store.relate({article(2).id: {article(1).id: 0.4}}, NOON)
    file_all(store)
    store.withdraw(new(1).opens.guid, NOON)  # type: ignore[union-attr]
    publish_all(store)
    before = states(store)
    store.reinstate(new(1).opens.guid)  # type: ignore[union-attr]
    assert states(store)[2] != before[2]
    assert store.stale_topics() == ["all"]


def test_a_story_that_is_opened_again_is_in_a_state_that_it_never_was_in(store: Store) -> None:
    store.save(visit(), [new(1), new(5)])
    before = states(store)[5]
    store.merge(article(1).id, article(5).id, NOON)
    store.split(article(5).id, "river.example,2026", PLAIN, NOON)
    assert states(store)[5] > before


def test_stories_listed_at_one_moment_are_ordered_by_id(store: Store) -> None:
    moment = Opening(guid="", listed_at=NOON)
    store.save(visit(), [replace(new(n), opens=replace(moment, guid=f"tag:{n}")) for n in (3, 1, 2)])
    file_all(store, "r1", "all")
    assert ids(store.latest("all", 2).stories) == ids(store.unfiled("r2", 2)) == [1, 2]
    assert ids(store.stories()) == ids(store.stories("all")) == [1, 2, 3]


def test_a_topic_that_was_never_registered_is_an_error(store: Store) -> None:
    with pytest.raises(StoreError, match="sport"):
        store.latest("sport", 10)


# --- stories ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("topic", [None, "all"])
@pytest.mark.parametrize("count", [0, 1, 99, 100, 101, 250])
def test_stories_come_all_of_them_once(store: Store, topic: str | None, count: int) -> None:
    decisions = [new(n) for n in range(count)]
    if count > 2:  # several pages of one moment
        decisions = [replace(d, opens=Opening(guid=d.story, listed_at=NOON)) for d in decisions]
    store.save(visit(), decisions)
    file_all(store, "r1", "all")
    assert sorted(ids(store.stories(topic))) == list(range(count))


def test_stories_of_one_topic_or_since_a_moment(store: Store) -> None:
    store.save(visit(), [new(n) for n in range(6)])
    trade = Filing(topic="trade", because="x")
    store.file("r1", {article(n).id: [trade] for n in (1, 3, 5)}, NOON)
    assert ids(store.stories(since=NOON + 3 * MINUTE)) == [5, 4, 3]
    assert ids(store.stories("trade")) == [5, 3, 1]
    assert ids(store.stories("trade", NOON + 3 * MINUTE)) == [5, 3]
    assert ids(store.stories("sport")) == []


def test_stories_may_be_walked_while_others_write(store: Store) -> None:
    store.save(visit(), [new(n) for n in range(150)])
    walk = store.stories()
    first = next(walk)
    store.save(visit(), [new(n) for n in range(200, 260)])
    assert ids([first, *walk]) == list(reversed(range(150)))


@pytest.mark.parametrize(
    "key",
    [
        "00000000000000000000abcd",
        "00000000000000000000ABC",
        "tag:river.example,2026:00000000000000000000abcd",
        "https://steppe.example/43981",
        "https://steppe.example/43981?from=rss",
        "0000000000000000000f",
        "https://coast.example/987654",
        "coast-987654",
    ],
)
def test_a_story_is_found_by_whatever_names_it(store: Store, key: str) -> None:
    store.save(visit(), [new(0xABCD), new(0x777777)])
    store.save(visit("coast"), [copy(0xF1206, of=0xABCD, url="https://coast.example/987654", guid="coast-987654")])
    found = store.find(key)
    assert found
    assert ids([found]) == [0xABCD]
    assert len(found.copies) == 1


@pytest.mark.parametrize("key", ["", "00000", "ffffff", "tag:nobody", "https://nobody.example/", "%", "' OR 1 --"])
def test_what_nobody_has_is_not_found(store: Store, key: str) -> None:
    store.save(visit(), [new(1, url="", canonical_url="", guid="")])
    assert store.find(key) is None


def test_a_beginning_that_several_ids_share_is_an_error(store: Store) -> None:
    store.save(visit(), [new(1), new(2)])
    with pytest.raises(StoreError, match="more than one"):
        store.find("000000")


def test_a_closed_store_says_so(store: Store) -> None:
    store.close()
    with pytest.raises(StoreError, match="closed"):
        store.health()
    with pytest.raises(StoreError, match="closed"):
        store.save(visit(), [])


# --- the index of sameness -------------------------------------------------------------------------------------------


def marked(decision: Decision, *marks: int) -> Decision:
    return replace(decision, fingerprint=Fingerprint(marks=marks, size=40))


MONTH = timedelta(days=30)


def a_thousand_more(store: Store, at: datetime) -> int:
    """Of which the index knows nothing; how many they are."""
    store.save(visit(at=at), [new(n, seen_at=at) for n in range(10_000, 11_001)])
    return 1001


def postings(store: Store, *marks: int) -> dict[int, set[str]]:
    return {mark: set(stories) for mark, stories in store.known([]).postings(marks).items()}


def test_a_story_has_each_of_its_marks_once_however_many_copies_it_has(store: Store) -> None:
    store.save(visit(), [marked(new(1), 5, 7)])
    store.save(visit("coast"), [marked(copy(2, of=1), 7, 9), marked(copy(3, of=1), 7)])
    assert postings(store, 5, 7, 9, 11) == {mark: {article(1).id} for mark in (5, 7, 9)}
    company = store.known([]).company(article(1).id)
    assert (company.lead.id, company.is_out) == (article(1).id, False)
    assert article(1).id in {member.id for member in company.members}


def test_a_mark_that_everybody_has_is_nobody_s_and_the_others_are_found_however_many_come(store: Store) -> None:
    for start in range(1, 1201, 100):
        store.save(visit(), [marked(new(n), n * 3_000_000, 7) for n in range(start, start + 100)])
    found = postings(store, 7, 3_000_000, 600 * 3_000_000, 1200 * 3_000_000)
    assert {mark: stories for mark, stories in found.items() if mark != 7} == {
        n * 3_000_000: {article(n).id} for n in (1, 600, 1200)
    }
    crowd = store.known([]).postings([7])[7]
    assert len(crowd) == Limits().crowd
    assert not any(crowd)
    later = NOON + 2 * MONTH
    a_thousand_more(store, later)
    assert store.forget(later, MONTH) == 1201
    assert postings(store, 7, 3_000_000) == {}


def test_the_index_forgets_stories_that_nobody_has_joined_for_long(store: Store) -> None:
    old, recent = NOON - timedelta(days=40), NOON - timedelta(days=1)
    store.save(visit(at=old), [marked(new(n, seen_at=old), n, 100) for n in (1, 2)])
    joined, opened = copy(3, of=2, seen_at=recent), new(4, "coast", seen_at=recent)
    store.save(visit("coast", at=recent), [marked(joined, 3), marked(opened, 4)])
    others = a_thousand_more(store, NOON)
    assert store.forget(NOON, MONTH) == 2
    assert postings(store, 1, 2, 3, 4, 100) == {
        2: {article(2).id}, 3: {article(2).id}, 4: {article(4, "coast").id}, 100: {article(2).id},
    }  # fmt: skip
    assert len(list(store.stories())) == 3 + others


def test_a_clock_that_is_ahead_makes_the_index_forget_nothing_also_if_something_comes_meanwhile(store: Store) -> None:
    store.save(visit(), [marked(new(1), 1)])
    assert store.forget(AHEAD, MONTH) == 0
    a_thousand_more(store, NOON + HOUR)
    store.save(visit(at=AHEAD), [marked(new(n, seen_at=AHEAD), n) for n in range(2, 500)])
    assert store.forget(AHEAD, MONTH) == 0
    assert postings(store, 1) == {1: {article(1).id}}


def test_what_came_while_the_clock_was_wrong_is_forgotten_in_its_turn(store: Store) -> None:
    for n, at in ((1, NOON), (2, AHEAD), (3, NOON - 9999 * HOUR)):
        store.save(visit(at=at), [marked(new(n, seen_at=at), n)])
    later = NOON + MONTH + HOUR
    a_thousand_more(store, later)
    assert store.forget(NOON - 9999 * HOUR, MONTH) == 0, "a clock that is behind"
    assert store.forget(later, MONTH) == 3


# --- sorted again ----------------------------------------------------------------------------------------------------


def places(store: Store) -> dict[int, list[int]]:
    """Story -> its articles, the lead first."""
    return {int(s.id, 16): [int(a.id, 16) for a in (s.lead, *(c.article for c in s.copies))] for s in store.stories()}


def test_arrivals_are_told_in_their_order_with_the_stories_that_they_are_in(store: Store) -> None:
    store.save(visit(), [new(1), new(5)])
    store.save(visit("coast"), [copy(3, of=1)])
    file_all(store)
    store.withdraw(f"tag:river.example,2026:{article(5).id}", NOON)
    told = [(int(a.article, 16), int(a.story, 16), a.source, a.is_out, a.is_withdrawn) for a in store.arrivals(NOON)]
    assert told == [(1, 1, "steppe", True, False), (5, 5, "steppe", False, True), (3, 1, "coast", True, False)]
    assert [a.at for a in store.arrivals(NOON + 5 * MINUTE)] == [NOON + 5 * MINUTE, NOON + 3 * MINUTE]
    assert store.arrivals(NOON + HOUR) == []


def test_an_article_is_moved_into_another_story_and_found_there(store: Store) -> None:
    store.save(visit(), [new(1), new(5), copy(3, of=1, leads=True)])
    file_all(store)
    publish_all(store)
    because = replace(marked(copy(3, of=5), 70), because="half of it is there", relation="excerpt", score=0.5)
    store.move(Move(leaves=article(1).id, decision=because), NOON)
    assert places(store) == {5: [5, 3], 1: [1]}
    assert sorted(ids(store.unfiled("r1", 9))) == [1, 5]
    assert store.stale_topics() == ["all"]
    assert postings(store, 70) == {70: {article(5).id}}
    assert store.why(article(3).id) == "half of it is there"
    story = store.find(article(5).id)
    assert story
    assert [(c.relation, c.score) for c in story.copies] == [("excerpt", 0.5)]
    assert store.rulings() == []


def test_an_article_is_moved_into_a_story_of_its_own(store: Store) -> None:
    store.save(visit(), [new(1), copy(3, of=1)])
    store.move(Move(leaves=article(1).id, decision=new(3)), NOON)
    assert places(store) == {3: [3], 1: [1]}
    assert store.known([article(3)]).apart == {}


def test_a_whole_story_is_moved_into_another_and_its_guid_is_withdrawn(store: Store) -> None:
    store.save(visit(), [marked(new(1), 7), marked(new(5), 8), copy(6, of=5)])
    file_all(store)
    store.move(Move(leaves=article(5).id, decision=replace(copy(5, of=1), because="once more"), is_whole=True), NOON)
    assert places(store) == {1: [1, 5, 6]}
    assert postings(store, 7, 8) == {7: {article(1).id}, 8: {article(1).id}}
    assert [store.why(article(n).id) for n in (5, 6)] == ["once more", copy(6, of=5).because]
    assert [w.guid for w in store.latest("all", 9).withdrawn] == [f"tag:river.example,2026:{article(5).id}"]
    assert store.known([article(5), article(6)]).together == {}


@pytest.mark.parametrize(
    ("leaves", "decision", "is_whole", "complaint"),
    [
        (5, copy(3, of=5), False, "no longer in the story"),
        (1, copy(3, of=9), False, "no story"),
        (1, copy(9, of=1), False, "no article"),
        (1, copy(1, of=5), False, "opened its story"),
        (5, new(5), False, "alone in its story"),
        (5, copy(5, of=5), True, "with itself"),
        (5, copy(5, of=1), True, "was withdrawn"),
    ],
)
def test_a_move_that_cannot_be_made_changes_nothing(
    store: Store, leaves: int, decision: Decision, is_whole: bool, complaint: str
) -> None:
    store.save(visit(), [new(1), new(5), copy(3, of=1)])
    store.withdraw(f"tag:river.example,2026:{article(5).id}", NOON)
    with pytest.raises(StoreError, match=complaint):
        store.move(Move(leaves=article(leaves).id, decision=decision, is_whole=is_whole), NOON)
    assert places(store) == {5: [5], 1: [1, 3]}


def test_rulings_are_told_but_for_those_that_a_later_word_has_overruled(store: Store) -> None:
    store.save(visit(), [new(1), copy(2, of=1), new(5), new(6)])
    store.forbid(article(2).id, article(5).id, NOON)
    store.forbid(article(6).id, article(5).id, NOON)
    apart = [(2, 5, False), (6, 5, False)]
    assert [(int(r.article, 16), int(r.story, 16), r.belongs) for r in store.rulings()] == apart
    store.merge(article(1).id, article(5).id, NOON)
    told = [(int(r.article, 16), int(r.story, 16), r.belongs) for r in store.rulings()]
    assert told == [(5, 1, True), (6, 1, False), (6, 5, False)]


def test_the_index_takes_marks_of_articles_that_are_held(store: Store) -> None:
    store.save(visit(), [marked(new(1), 7), marked(copy(2, of=1), 8)])
    store.mark([marked(new(1), 70), marked(copy(2, of=1), 80)])
    assert postings(store, 7, 8, 70, 80) == {mark: {article(1).id} for mark in (7, 8, 70, 80)}


def test_the_version_of_the_rules_is_remembered_with_its_day(opener: Opener) -> None:
    store = opener()
    assert store.sorted_under() is None
    store.sort_under(1, NOON)
    store.sort_under(2, NOON + HOUR)
    store.close()
    store = opener()
    assert store.sorted_under() == (2, NOON + HOUR)
    store.close()


# --- related stories -------------------------------------------------------------------------------------------------


def related(store: Store, n: int) -> dict[int, float]:
    story = store.find(article(n).id)
    assert story
    return {int(r.story, 16): r.score for r in story.related}


def test_related_stories_name_each_other(store: Store) -> None:
    store.save(visit(), [new(1), new(2), new(3)])
    store.relate({article(2).id: {article(1).id: 0.4, "f" * 24: 0.9}}, NOON)
    assert (related(store, 1), related(store, 2), related(store, 3)) == ({2: 0.4}, {1: 0.4}, {})
    (link,) = store.find(article(1).id).related  # type: ignore[union-attr]
    two = article(2)
    assert (link.title, link.publisher, link.url, link.found_at) == (two.title, two.publisher, two.url, NOON)


def test_links_are_replaced_and_the_topics_of_both_ends_become_stale(store: Store) -> None:
    store.save(visit(), [new(1), new(2), new(3)])
    file_all(store)
    publish_all(store)
    store.relate({article(2).id: {article(1).id: 0.4}}, NOON)
    assert store.stale_topics() == ["all"]
    publish_all(store)
    store.relate({article(2).id: {article(1).id: 0.4}}, NOON + HOUR)
    assert store.stale_topics() == [], "nothing has changed"
    store.relate({article(2).id: {article(3).id: 0.5}}, NOON)
    assert (related(store, 1), related(store, 2), related(store, 3)) == ({}, {3: 0.5}, {2: 0.5})


def test_a_withdrawn_story_is_named_by_no_other(store: Store) -> None:
    store.save(visit(), [new(1), new(2)])
    store.file("r1", {article(1).id: [Filing(topic="trade", because="")], article(2).id: []}, NOON)
    store.relate({article(2).id: {article(1).id: 0.4}}, NOON)
    publish_all(store)
    store.withdraw(new(2).opens.guid, NOON)  # type: ignore[union-attr]
    assert related(store, 1) == {}
    assert store.stale_topics() == ["trade"]


def test_another_lead_is_told_by_the_stories_that_name_it(store: Store) -> None:
    store.save(visit(), [new(1), new(2)])
    store.file("r1", {article(1).id: [Filing(topic="trade", because="")], article(2).id: []}, NOON)
    store.relate({article(2).id: {article(1).id: 0.4}}, NOON)
    publish_all(store)
    store.save(visit(), [changed(2)])
    assert store.stale_topics() == ["trade"]
    assert store.find(article(1).id).related[0].title == "Урожай: уточнение"  # type: ignore[union-attr]


def test_stories_that_are_merged_lose_their_links(store: Store) -> None:
    store.save(visit(), [new(1), new(2), new(3)])
    store.relate({article(2).id: {article(1).id: 0.4}, article(3).id: {article(2).id: 0.6}}, NOON)
    store.merge(article(1).id, article(2).id, NOON)
    assert (related(store, 1), related(store, 3)) == ({}, {})


def test_a_new_story_waits_until_it_has_settled_and_one_that_was_out_does_not(store: Store) -> None:
    store.save(visit(at=NOON + 5 * MINUTE), [new(1), new(5)])
    assert ids(store.unfiled("r1", 9, NOON + 2 * MINUTE)) == [1]
    assert ids(store.unfiled("r1", 9, NOON + 5 * MINUTE)) == [5, 1]
    file_all(store)
    store.save(visit(), [changed(5)])
    assert ids(store.unfiled("r1", 9, NOON)) == [5]


def test_a_copy_keeps_what_it_was_compared_with(store: Store) -> None:
    store.save(visit(), [new(1)])
    compared = replace(copy(2, of=1), compared=article(1).id, passage="завершили уборку")
    store.save(visit("coast"), [compared])
    (kept,) = store.find(article(1).id).copies  # type: ignore[union-attr]
    assert (kept.compared, kept.passage) == (article(1).id, "завершили уборку")


# --- other names -----------------------------------------------------------------------------------------------------


def test_an_article_is_known_by_every_id_that_it_came_with(store: Store) -> None:
    store.save(visit(), [new(1)])
    again = Decision(article=article(1), verdict=Verdict.SAME, story=article(1).id, because="moved", alias="f" * 24)
    store.save(visit(), [again])
    known = store.known([article(1), replace(article(1), id="f" * 24)])
    assert {id: t.id for id, t in known.by_id.items()} == dict.fromkeys((article(1).id, "f" * 24), article(1).id)
    assert known.earlier == {}


def test_an_id_means_the_last_article_that_had_it_and_the_others_are_remembered(store: Store) -> None:
    store.save(visit(), [new(1)])
    store.save(visit(), [replace(new(2), alias=article(1).id)])
    known = store.known([article(1)])
    assert known.by_id[article(1).id].id == article(2).id
    assert [t.id for t in known.earlier[article(1).id]] == [article(1).id]
    back = Decision(article=article(1), verdict=Verdict.SAME, story=article(1).id, because="b", alias=article(1).id)
    store.save(visit(), [back])
    known = store.known([article(1)])
    assert known.by_id[article(1).id].id == article(1).id
    assert [t.id for t in known.earlier[article(1).id]] == [article(2).id]


def test_the_last_articles_of_a_source_are_told_by_their_dates(store: Store) -> None:
    store.save(visit(), [new(1), new(2), new(4)])
    store.save(visit("coast"), [new(3, "coast")])
    dates = {article(n).published_at for n in (1, 2, 3)}
    assert {t.id for t in store.known([]).former("steppe", dates)} == {article(1).id, article(2).id}
    assert not store.known([]).former("steppe", ())


def test_what_the_index_has_let_go_of_is_not_new(store: Store) -> None:
    store.save(visit(), [marked(new(1), 1)])
    a_thousand_more(store, NOON + 1000 * HOUR)
    assert store.forget(NOON + 1000 * HOUR, MONTH) == 1
    assert article(1).id in store.known([article(1)]).by_id


# --- quarantine ------------------------------------------------------------------------------------------------------


def held(n: int, source: str = "steppe", **changes: Any) -> Decision:
    one = article(n, source, **changes)
    return Decision(article=one, verdict=Verdict.WAITS, story=one.id, because="too much at once")


def test_what_is_held_is_stored_whole_and_is_no_story(store: Store) -> None:
    store.save(visit(), [new(1)])
    store.save(visit(at=NOON + HOUR), [held(2), held(3)])
    assert [(h.article, h.at, h.because) for h in store.quarantined()] == [
        (article(n), NOON + HOUR, "too much at once") for n in (2, 3)
    ]
    assert ids(list(store.stories())) == [1]
    assert ids(store.unfiled("r1", 10)) == [1]
    assert store.find(article(2).id) is None
    assert health_of(store).articles == 1
    assert store.quarantine("steppe") == "too much at once"
    assert store.quarantine("coast") == ""
    assert store.quarantines() == {"steppe": (NOON + HOUR, "too much at once")}


def test_what_is_held_is_counted_and_listed_without_its_texts(store: Store) -> None:
    store.save(visit(), [held(1), held(2), held(3)])
    store.discard([article(1).id])
    assert [store.waiting(name) for name in ("steppe", "coast")] == [2, 0]
    assert [h.article for h in store.quarantined(texts=False)] == [
        article(n, summary="", content="") for n in (2, 3)
    ]


def test_what_is_held_is_known_as_waiting_and_nothing_else(store: Store) -> None:
    store.save(visit(), [held(1)])
    known = store.known([article(1), article(2)])
    assert known.waiting == {article(1).id: "digest-1"}
    assert {**known.by_id, **known.by_url, **known.by_sketch} == {}


def test_what_is_held_under_the_guid_of_something_else_is_known_by_both(store: Store) -> None:
    store.save(visit(), [new(1)])
    store.save(visit(), [replace(held(2), alias=article(1).id)])
    known = store.known([article(1)])
    assert known.waiting == {article(2).id: "digest-2"}
    assert known.by_id[article(1).id].id == article(1).id


def test_another_version_takes_the_place_of_the_one_that_waits(store: Store) -> None:
    store.save(visit(), [held(1), held(2)])
    store.save(visit(at=NOON + HOUR), [held(1, title="Урожай: уточнение", digest="other")])
    first, _ = store.quarantined()
    assert (first.article.title, first.at) == ("Урожай: уточнение", NOON)


def test_what_is_admitted_becomes_a_story_as_news_or_as_old(store: Store) -> None:
    store.save(visit(), [new(9)])
    store.save(visit(), [held(1), held(2)])
    store.admit([article(1).id], [new(1)], NOON + HOUR, old=True)
    assert [h.article.id for h in store.quarantined()] == [article(2).id]
    assert sorted(ids(list(store.stories()))) == [1, 9]
    assert store.quarantine("steppe")
    store.lift("steppe")
    assert store.quarantines() == {}


def test_what_is_discarded_is_remembered_and_waits_no_more(store: Store) -> None:
    store.save(visit(), [held(1)])
    store.discard([article(1).id])
    assert store.quarantined() == []
    assert store.known([article(1)]).waiting == {article(1).id: ""}
    store.save(visit(), [held(1, digest="other")])
    assert store.quarantined() == []


def test_quarantine_outlives_the_process(store: Store, opener: Opener) -> None:
    store.save(visit(), [held(1)])
    store.close()
    again = opener()
    assert [h.article.id for h in again.quarantined()] == [article(1).id]
    assert again.quarantine("steppe")
    again.close()


def test_the_usual_is_told_by_the_articles_of_a_source_and_not_by_its_first_visit(store: Store) -> None:
    store.save(visit(), [new(n, seen_at=NOON) for n in range(1, 31)])
    later = [new(n, seen_at=NOON + HOUR, published_at=NOON + 72 * HOUR, language="ru-kz") for n in range(31, 36)]
    store.save(visit(at=NOON + HOUR), [*later, held(99)])
    usual = store.usual("steppe")
    assert (usual.articles, usual.most, usual.last_at) == (35, 5, NOON + HOUR)
    assert usual.per_day == pytest.approx(35 / 3, rel=0.01)
    assert [*usual.languages, *usual.publishers] == ["ru", "Степной вестник"]
    assert len(usual.urls) == 35
    assert store.usual("coast").articles == 0
# --- what topics learn -----------------------------------------------------------------------------------------------


def test_what_a_topic_has_learned_is_kept_until_it_learns_anew(opener: Opener, store: Store) -> None:
    assert store.model("trade") is None
    store.keep_model("trade", Trained(digest="1", body=b"one"))
    store.keep_model("trade", Trained(digest="2", body=b"\x00two"))
    store.close()
    again = opener()
    assert again.model("trade") == Trained(digest="2", body=b"\x00two")
    assert again.model("all") is None
    again.close()


def test_a_sample_is_the_same_whatever_came_first(store: Store) -> None:
    store.save(visit(), [new(n) for n in (3, 1, 5, 2, 4)])
    assert ids(store.sample(3)) == [1, 2, 3]
    assert (store.count(3), store.count(10)) == (3, 5)
