"""Sameness told anew: what changes is planned, what is planned changes, and what the operator has said stays."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from click.testing import CliRunner, Result

from aggregator import sameness
from aggregator.cli import main
from aggregator.errors import StoreError
from aggregator.memory import fingerprint
from aggregator.model import Article, Decision, Filing, Move, Opening, Verdict, Visit
from aggregator.resort import Plan, carry_out, is_outdated, notice, plan
from aggregator.stores import Store
from aggregator.stores.sqlite import open_store

from .make import DAY, HOUR, NOON, article
from .make import source as make_source
from .test_rulings import EDITED, OTHER, RELEASE

AUTHORITY = "river.example,2026"
WEEK = 7 * DAY
SOURCES = ("alpha", "beta", "gamma", "delta")
EVER = NOON - 365 * DAY


@contextmanager
def database(path: Path) -> Iterator[Store]:
    store = open_store(path, writing=True)
    store.register([make_source(name) for name in SOURCES], {"all": ""}, NOON - WEEK)
    store.sort_under(sameness.VERSION, NOON - WEEK)
    yield store
    store.close()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with database(tmp_path / "river.sqlite") as store:
        yield store


def planned(store: Store, since: datetime = EVER) -> Plan:
    with TemporaryDirectory() as folder:
        empty = open_store(Path(folder) / "again.sqlite", writing=True)
        found = plan(store, empty, since, authority=AUTHORITY, priorities={})
        empty.close()
        return found


def sort_again(store: Store, since: datetime = EVER) -> list[Move]:
    return list(carry_out(planned(store, since), store, NOON + HOUR))


# --- texts, and how another version has told them apart --------------------------------------------------------------

SYLLABLES = ("ka", "lo", "mi", "ne", "ru", "ta", "ve", "shi", "do", "pa", "gen", "bor", "ul", "es", "ira")


def text(seed: int, part: slice = slice(None)) -> str:
    """Sixty words that no other seed has, or some of them."""
    rng = Random(seed)
    words = ["".join(rng.choices(SYLLABLES, k=3)) for _ in range(60)]
    return f"<p>{' '.join(words[part])}.</p>"


def told(n: int, seed: int, source: str = "alpha", part: slice = slice(None), **more: Any) -> Article:
    """The n-th article to arrive; what has the same seed is the same news."""
    at = more.pop("at", NOON + n * HOUR)
    content = text(seed, part)
    return article(
        n, source, id=f"{n:024x}", title=f"News {seed} in {source}", content=content, sketch=f"{seed} {part}",
        published_at=at, updated_at=at, seen_at=at, **more,
    )  # fmt: skip


def new(a: Article) -> Decision:
    opens = Opening(guid=f"tag:{AUTHORITY}:{a.id}", listed_at=a.seen_at)
    return Decision(
        article=a, verdict=Verdict.NEW, story=a.id, because="nothing", opens=opens, fingerprint=fingerprint(a)
    )


def copy(a: Article, of: Article, because: str = "another version") -> Decision:
    return Decision(
        article=a, verdict=Verdict.COPY, story=of.id, because=because, fingerprint=fingerprint(a), lead_because=""
    )


def save(store: Store, *decisions: Decision) -> None:
    for decision in decisions:
        a = decision.article
        store.save(Visit(source=a.source, at=a.seen_at, next_at=a.seen_at, checkpoint={}), [decision])


def file_all(store: Store, *topics: str) -> None:
    filings = [Filing(topic=topic, because="") for topic in topics or ("all",)]
    store.file("r1", {story.id: filings for story in store.unfiled("r1", 10_000)}, NOON)


def groups(store: Store) -> dict[int, list[int]]:
    """Story -> its articles, the lead first."""
    return {
        int(s.id, 16): [int(a.id, 16) for a in (s.lead, *(c.article for c in s.copies))] for s in store.stories()
    }


def shown(moves: list[Move]) -> list[tuple[str, int, int, int]]:
    """Kind, article, from, to."""
    return [(m.kind, int(m.decision.article.id, 16), int(m.leaves, 16), int(m.decision.story, 16)) for m in moves]


HEAD, TAIL = slice(0, 40), slice(20, 60)


# --- what is moved ---------------------------------------------------------------------------------------------------


def test_what_was_sorted_under_the_rules_of_today_stays(store: Store) -> None:
    one = told(1, seed=1)
    save(store, new(one), copy(told(2, 1, "beta", HEAD), one), new(told(3, 2, "beta")))
    assert planned(store).moves == []


def test_stories_that_an_older_version_told_apart_become_one(store: Store) -> None:
    save(store, new(told(1, 1)), new(told(2, 1, "beta", HEAD)), new(told(3, 1, "gamma", HEAD)))
    assert shown(sort_again(store)) == [("merge", 2, 2, 1), ("merge", 3, 3, 1)]
    assert groups(store) == {1: [1, 2, 3]}
    why = store.why(told(2, 1).id)
    assert "(compared with alpha); sorted again on 2026-11-20" in why
    assert "operator" not in why
    assert store.rulings() == []


def test_what_an_older_version_took_for_a_copy_gets_a_story_of_its_own(store: Store) -> None:
    one, other, third = told(1, 1), told(2, 2, "beta"), told(3, 2, "gamma", HEAD)
    save(store, new(one), copy(other, one), copy(third, one))
    assert shown(sort_again(store)) == [("split", 2, 1, 2), ("move", 3, 1, 2)]
    assert groups(store) == {2: [2, 3], 1: [1]}
    opened = store.find(other.id)
    assert opened
    assert (opened.guid, opened.listed_at) == (f"tag:{AUTHORITY}:{other.id}", other.seen_at)


def test_an_article_goes_from_one_story_to_another(store: Store) -> None:
    one, other = told(1, 1), told(2, 2, "beta")
    save(store, new(one), new(other), copy(told(3, 2, "gamma", HEAD), one))
    assert shown(sort_again(store)) == [("move", 3, 1, 2)]
    assert groups(store) == {2: [2, 3], 1: [1]}


def test_the_story_that_was_published_first_keeps_its_guid_and_the_other_one_is_withdrawn(store: Store) -> None:
    first, second = told(1, 1), told(2, 1, "beta", HEAD)
    save(store, new(first), new(second))
    file_all(store)
    before = store.find(first.id)
    sort_again(store)
    after = store.find(second.id)
    assert before
    assert after
    assert (after.guid, after.listed_at, after.lead) == (before.guid, before.listed_at, before.lead)
    assert [w.guid for w in store.latest("all", 9).withdrawn] == [f"tag:{AUTHORITY}:{second.id}"]


def test_the_earlier_arrival_gives_way_to_the_story_that_stands_in_a_topic(store: Store) -> None:
    nowhere, published = told(1, 1), told(2, 1, "beta", HEAD)
    save(store, new(nowhere), new(published))
    store.file("r1", {published.id: [Filing(topic="all", because="")], nowhere.id: []}, NOON)
    assert shown(sort_again(store)) == [("merge", 1, 1, 2)]
    assert planned(store).moves == []


def test_the_opener_of_a_story_leaves_last_and_the_guid_goes_with_it(store: Store) -> None:
    one, two = told(1, 1), told(2, 1, "beta", HEAD)
    save(store, new(one), new(two), copy(told(3, 3, "gamma"), two))
    assert shown(sort_again(store)) == [("split", 3, 2, 3), ("merge", 2, 2, 1)]
    assert groups(store) == {3: [3], 1: [1, 2]}


def test_topics_become_stale_and_a_lead_that_is_out_stays(store: Store) -> None:
    short, full = told(1, 1, part=HEAD), told(2, 1, "beta")
    save(store, new(short), new(full))
    file_all(store)
    store.published("all", store.latest("all", 1).revision)
    sort_again(store)
    assert groups(store) == {1: [1, 2]}
    assert store.stale_topics() == ["all"]
    assert [s.id for s in store.unfiled("r1", 9)] == [short.id]


# --- what is not moved -----------------------------------------------------------------------------------------------


def test_what_came_before_the_window_stays_where_it_is_and_is_compared_with(store: Store) -> None:
    one, two, three = told(1, 1), told(2, 1, "beta", HEAD), told(3, 1, "gamma", TAIL)
    save(store, new(one), new(two), new(three))
    assert shown(planned(store, three.seen_at).moves) == [("merge", 3, 3, 1)]
    assert planned(store, three.seen_at + HOUR).moves == []


def test_an_old_article_with_the_same_words_is_remembered_however_long_ago_it_came(store: Store) -> None:
    old = told(1, 1, at=NOON - 200 * DAY)
    late = replace(told(2, 1, "beta", at=NOON), published_at=old.published_at, sketch=old.sketch)
    save(store, new(old), copy(late, old))
    assert planned(store, NOON).moves == []
    assert shown(planned(store, NOON - HOUR).moves) == []


def test_what_was_merged_by_hand_stays_merged(store: Store) -> None:
    one, other = told(1, 1), told(2, 2, "beta")
    save(store, new(one), new(other), copy(told(3, 2, "gamma", HEAD), other))
    store.merge(one.id, other.id, NOON)
    assert planned(store).moves == []
    assert groups(store) == {1: [1, 2, 3]}


def test_what_was_merged_into_a_later_story_stays_too(store: Store) -> None:
    one, other, like_other = told(1, 1), told(2, 2, "beta"), told(3, 2, "gamma", HEAD)
    save(store, new(one), new(other), new(like_other))
    store.merge(other.id, one.id, NOON)
    assert shown(sort_again(store)) == [("merge", 3, 3, 2)]
    assert planned(store).moves == []


def test_what_was_split_by_hand_stays_split_and_no_detour_joins_it(store: Store) -> None:
    one, copied = told(1, 1), told(2, 1, "beta", HEAD)
    save(store, new(one), copy(copied, one))
    store.split(copied.id, AUTHORITY, fingerprint(copied), NOON)
    assert planned(store).moves == []
    save(store, new(told(3, 1, "gamma", HEAD)))  # it would join either of the two, and does not make one of them
    sort_again(store)
    assert {tuple(sorted(g)) for g in groups(store).values()} in ({(1, 3), (2,)}, {(1,), (2, 3)})


def test_a_word_against_a_story_holds_also_in_the_story_that_took_it_in(store: Store) -> None:
    one, two, three = told(1, 1), told(2, 1, "beta", HEAD), told(3, 1, "gamma", TAIL)
    save(store, new(one), new(two), new(three))
    store.forbid(three.id, two.id, NOON)
    sort_again(store)
    assert groups(store) == {3: [3], 1: [1, 2]}
    assert store.known([three]).apart[three.id] == {one.id, two.id}
    assert planned(store).moves == []


def test_the_opener_does_not_come_to_the_article_that_is_never_to_be_with_it(store: Store) -> None:
    one, two = told(1, 1), told(2, 1, "beta", HEAD)
    save(store, new(one), new(two))
    store.forbid(one.id, two.id, NOON)
    assert planned(store).moves == []


def test_what_was_taken_back_does_not_come_back(store: Store) -> None:
    one, other = told(1, 1, part=HEAD), told(2, 2, "beta")
    save(store, new(one), copy(other, one))
    file_all(store)
    store.withdraw(f"tag:{AUTHORITY}:{one.id}", NOON)
    assert planned(store).moves == []
    save(store, new(told(3, 2, "gamma", HEAD)))
    assert shown(sort_again(store)) == [("merge", 3, 3, 1)]
    [story] = store.stories()
    assert story.withdrawal


# --- plan, and do ----------------------------------------------------------------------------------------------------

Seen = dict[str, tuple[str, datetime, str, frozenset[str]]]


def seen(store: Store) -> Seen:
    """Story -> guid, place, lead and articles."""
    return {
        s.id: (s.guid, s.listed_at, s.lead.id, frozenset({s.lead.id, *(c.article.id for c in s.copies)}))
        for s in store.stories()
    }


def disorder(store: Store, rng: Random) -> None:
    """Thirty articles about eight things, sorted by chance; and an operator who says this and that of them."""
    articles: list[Article] = []
    parts = [slice(None), HEAD, TAIL, slice(10, 50)]
    for n in range(30):
        a = told(n + 1, rng.randrange(8), rng.choice(SOURCES), rng.choice(parts))
        openers = [b for b in articles if store.find(b.id) and b.id in seen(store)]
        save(store, copy(a, rng.choice(openers)) if openers and rng.random() < 0.5 else new(a))
        articles.append(a)
    for _ in range(8):
        operate(store, rng)
    store.file("r1", {s.id: [Filing(topic="all", because="")][: rng.randrange(2)] for s in store.stories()}, NOON)


def operate(store: Store, rng: Random) -> None:
    stories = list(store.stories())
    one, other = rng.sample(stories, 2)
    last = one.copies[-1].article if one.copies else one.lead
    word: Callable[[], None] = rng.choice([
        lambda: store.merge(one.id, other.id, NOON),
        lambda: store.forbid(last.id, other.id, NOON),
        lambda: store.withdraw(one.guid, NOON),
        lambda: store.split(last.id, AUTHORITY, fingerprint(last), NOON),
    ])  # fmt: skip
    with suppress(StoreError):  # he is told why not
        word()


@pytest.mark.parametrize("seed", range(6))
def test_what_is_planned_is_what_changes_and_nothing_is_done_twice(store: Store, seed: int) -> None:
    rng = Random(seed)
    disorder(store, rng)
    since = NOON + rng.choice([0, 8, 16]) * HOUR
    before, rulings = seen(store), store.rulings()
    moves = planned(store, since).moves
    assert seen(store) == before
    assert sort_again(store, since) == moves
    after = seen(store)
    changed = {s for s in before | after if before.get(s) != after.get(s)}
    assert changed == {s for m in moves for s in (m.leaves, m.decision.story)}
    assert len(moves) > 3
    assert planned(store, since).moves == []
    assert store.rulings() == rulings
    keeps_its_word(store, before, after, since)


def keeps_its_word(store: Store, before: Seen, after: Seen, since: datetime) -> None:
    where = {article: story for story, (*_, members) in after.items() for article in members}
    was = {article: story for story, (*_, members) in before.items() for article in members}
    assert where.keys() == was.keys()
    assert all(where[a.article] == was[a.article] for a in store.arrivals(EVER) if a.at < since)
    assert all(after[story][:2] == facts[:2] for story, facts in before.items() if story in after)
    for ruling in store.rulings():
        assert (where[ruling.article] == where[ruling.story]) is ruling.belongs or was[ruling.article] != ruling.story
    for story in store.stories():
        if story.withdrawal and story.id in before:
            assert before[story.id][3] <= after[story.id][3]


@pytest.mark.parametrize("seed", range(2))
def test_interrupted_after_any_move_it_goes_on_and_comes_to_the_same(tmp_path: Path, seed: int) -> None:
    with database(tmp_path / "whole.sqlite") as store:
        disorder(store, Random(seed))
        store.back_up(tmp_path / "copy.sqlite")
        count = len(sort_again(store))
        whole = seen(store)
    for n in range(0, count, 3):
        part = tmp_path / f"{n}.sqlite"
        part.write_bytes((tmp_path / "copy.sqlite").read_bytes())
        with database(part) as store:
            done = Breaking(store, after=n)
            with pytest.raises(StoreError, match="the plug was pulled"):
                list(carry_out(planned(store), done, NOON + HOUR))
            assert len(seen(store)) == len({s.guid for s in store.stories()})
            sort_again(store)
            assert seen(store) == whole
            assert planned(store).moves == []


class Breaking:
    """A store that breaks after so many moves."""

    def __init__(self, store: Store, after: int) -> None:
        self._store = store
        self._left = after

    def move(self, move: Move, now: datetime) -> None:
        if not self._left:
            raise StoreError("the plug was pulled")
        self._left -= 1
        self._store.move(move, now)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


# --- another version -------------------------------------------------------------------------------------------------


def test_a_new_version_is_noticed_until_everything_was_sorted_again(store: Store) -> None:
    assert notice(store) == ""
    store.sort_under(sameness.VERSION - 1, NOON - WEEK)
    assert notice(store) == (
        "the rules of sameness have changed since 2026-11-13: "
        "'aggregator resort --since 30d --plan' shows what they would change"
    )
    planned(store)
    assert is_outdated(store)
    sort_again(store)
    assert not is_outdated(store)


def test_the_index_is_made_anew_for_a_new_version(store: Store) -> None:
    one = told(1, 1)
    old_marks = replace(new(one), fingerprint=replace(fingerprint(one), marks=(1, 2, 3)))
    save(store, old_marks)
    marks = fingerprint(one).marks
    sort_again(store)
    assert store.known([]).postings(marks) == {}
    store.sort_under(sameness.VERSION - 1, NOON)
    sort_again(store)
    assert store.known([]).postings(marks) == {mark: [one.id] for mark in marks}


def test_the_index_is_complete_before_anything_is_moved_and_the_version_stays_old_until_the_end(store: Store) -> None:
    save(store, new(told(1, 1)), new(told(2, 1, "beta", HEAD)))
    store.sort_under(sameness.VERSION - 1, NOON)
    with pytest.raises(StoreError):
        list(carry_out(planned(store), Breaking(store, after=0), NOON))
    assert is_outdated(store)


# --- as an operator types it -----------------------------------------------------------------------------------------

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A published desk where an older version has told `alpha` and `beta` apart, and taken `birds` for `alpha`."""
    monkeypatch.chdir(tmp_path)
    sources = ""
    for name, words in {"alpha": RELEASE, "beta": EDITED, "birds": OTHER}.items():
        sources += f"  - {{name: {name}, files: {name}/, quiet: 0s}}\n"
        Path(name).mkdir()
        Path(f"{name}/release.txt").write_text(words)
    Path("config.yaml").write_text(f"title: Desk\nlink: https://news.example/\nsources:\n{sources}")
    CliRunner().invoke(main, ["run", "--once"])
    disarrange(Path("db/river.sqlite"))
    CliRunner().invoke(main, ["publish"])
    return lambda *args: CliRunner().invoke(main, args)


def disarrange(path: Path) -> None:
    store = open_store(path, writing=True)
    one, birds = sorted(store.stories(), key=lambda s: s.lead.source == "birds")
    [parted] = [a for a in (one.lead, *(c.article for c in one.copies)) if a.id != one.id]
    store.move(Move(leaves=one.id, decision=new(parted)), NOON)
    store.move(Move(leaves=birds.id, decision=copy(birds.lead, one.lead), is_whole=True), NOON)
    moved = store.find(birds.lead.id)
    assert moved
    assert moved.id == one.id
    store.close()


def lines(result: Result) -> list[dict[str, Any]]:
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def held(run: Run) -> set[frozenset[str]]:
    return {frozenset({s["source"], *(c["source"] for c in s["copies"])}) for s in lines(run("stories", "--json"))}


def published() -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in Path("feeds").rglob("*") if path.is_file()}


def test_the_plan_tells_who_has_read_what_and_changes_nothing(run: Run) -> None:
    before, files = held(run), published()
    with closing(open_store(Path("db/river.sqlite"), writing=True)):  # also while another process collects
        result = run("resort", "--since", "7d", "--plan")
    assert result.exit_code == 0
    for words in (
        "split  Птицы вернулись на озеро\n",
        "nothing like it is known\n",
        "already published in all: its item stays, without this source; there will be a new item\n",
        "already published in all: its item will be withdrawn; the other story, published in all, will name its source",
        "2 moves to make, 2 of them in stories that are published already\n",
    ):
        assert words in result.output
    assert (held(run), published()) == (before, files)


def test_what_was_planned_is_done_and_published(run: Run) -> None:
    plans = lines(run("resort", "--since", "7d", "--plan", "--json"))
    gone = next(s["guid"] for s in lines(run("stories", "--json")) if s["id"] == plans[1]["story"])
    assert [(p["move"], p["published"]) for p in plans] == [("split", ["all"]), ("merge", ["all"])]
    assert lines(run("resort", "--since", "7d", "--json")) == plans
    assert held(run) == {frozenset({"alpha", "beta"}), frozenset({"birds"})}
    assert len(json.loads(Path("feeds/all/feed.json").read_bytes())["items"]) == 2
    assert f'ref="{gone}"' in Path("feeds/all/atom.xml").read_text()
    assert "sorted again on" in run("explain", plans[0]["id"]).output
    files = published()
    assert run("resort", "--since", "7d").output == "nothing is to be sorted otherwise\n"
    assert published() == files


def test_a_window_before_which_all_came_has_nothing_to_sort(run: Run) -> None:
    assert run("resort", "--since", "2200-01-01", "--plan").output == "nothing would be sorted otherwise\n"
    assert run("resort", "--plan").exit_code == 2


def test_run_says_that_the_rules_have_changed_until_everything_was_sorted_again(run: Run) -> None:
    said = "the rules of sameness have changed since"
    assert said not in run("run", "--once").output
    store = open_store(Path("db/river.sqlite"), writing=True)
    store.sort_under(sameness.VERSION - 1, NOON)
    store.close()
    for command in (["run", "--once"], ["resort", "--since", "30d", "--plan"]):
        assert said in run(*command).output
    for command in (["status"], ["check"]):
        assert said not in run(*command).output
    run("resort", "--since", "30d")
    assert said not in run("run", "--once").output
