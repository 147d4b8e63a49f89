"""The operator has the last word on what is one story: split, merge, never."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from aggregator import dedupe
from aggregator.cli import main
from aggregator.errors import StoreError
from aggregator.model import Article, Company, Fingerprint, Known, Verdict
from aggregator.publish import read_back
from aggregator.stores import Store
from aggregator.stores.sqlite import open_store, restore

from . import make
from .test_archives import archives, put_out
from .test_stores import COAST, HOUR, NOON, STEPPE, article, changed, copy, file_all, ids, new, publish_all, visit

AUTHORITY = "river.example,2026"
PRINT = Fingerprint(marks=(7, 8, 9), size=30)
RELEASE = (Path(__file__).parent / "data/stories/release.txt").read_text()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(tmp_path / "river.sqlite", writing=True)
    store.register([STEPPE, COAST], {"all": ""}, NOON)
    store.save(visit(), [])  # from now on, what comes is news
    yield store
    store.close()


def name(n: int) -> str:
    return article(n).id


def guid(n: int) -> str:
    return f"tag:{AUTHORITY}:{name(n)}"


def split(store: Store, n: int) -> None:
    store.split(name(n), AUTHORITY, PRINT, NOON + HOUR)


def members(store: Store) -> dict[int, list[int]]:
    """Story -> its articles, the lead first."""
    return {
        int(s.id, 16): [int(a.id, 16) for a in (s.lead, *(c.article for c in s.copies))] for s in store.stories()
    }


def known(store: Store, *articles: Article) -> Known:
    return store.known(articles)


# --- split -----------------------------------------------------------------------------------------------------------


def test_a_split_article_opens_a_story_where_it_was_first_seen(store: Store) -> None:
    store.save(visit(), [new(1), copy(2, of=1), copy(3, of=1)])
    split(store, 2)
    assert members(store) == {2: [2], 1: [1, 3]}
    story = store.find(name(2))
    assert story
    assert (story.guid, story.listed_at) == (guid(2), article(2).seen_at)
    assert store.why(name(2)).startswith("split off by the operator on 2026-03-02; never in the story 000000000000")


def test_both_stories_are_filed_again_and_what_had_the_old_one_is_stale(store: Store) -> None:
    store.save(visit(), [new(1), copy(2, of=1)])
    file_all(store)
    publish_all(store)
    split(store, 2)
    assert sorted(ids(store.unfiled("r1", 9))) == [1, 2]
    assert store.stale_topics() == ["all"]


def test_a_split_article_is_told_from_its_old_story_and_found_by_its_own_marks(store: Store) -> None:
    store.save(visit(), [new(1), copy(2, of=1)])
    split(store, 2)
    facts = known(store, article(2, "coast"))
    assert facts.apart == {name(2): frozenset({name(1)})}
    assert facts.by_id[name(2)].story == name(2)
    assert facts.postings({7}) == {7: [name(2)]}
    assert facts.company(name(2)).members[0].id == name(2)


def test_the_earliest_of_the_rest_leads_when_the_lead_is_split_off(store: Store) -> None:
    store.save(visit(), [new(1), copy(2, of=1), copy(3, of=1, leads=True)])
    split(store, 3)
    story = store.find(name(1))
    assert story
    assert (int(story.lead.id, 16), story.lead_because) == (1, "the earliest of those that remained")
    assert story.updated_at == NOON + HOUR  # readers have the words of another one


def test_the_opener_stays_and_the_others_are_named(store: Store) -> None:
    store.save(visit(), [new(1), copy(2, of=1, title="Elsewhere")])
    with pytest.raises(StoreError, match=rf"split off the others: {name(2)[:12]} \(coast: Elsewhere\)"):
        split(store, 1)
    assert members(store) == {1: [1, 2]}


def test_what_is_alone_or_not_here_is_not_split(store: Store) -> None:
    store.save(visit(), [new(1)])
    with pytest.raises(StoreError, match="alone in its story"):
        split(store, 1)
    with pytest.raises(StoreError, match="no article"):
        split(store, 2)
    assert known(store, article(1)).apart == {}


def test_an_edit_of_a_split_article_stays_with_it(store: Store) -> None:
    store.save(visit(), [new(1), copy(2, of=1)])
    split(store, 2)
    store.save(visit("coast", at=NOON + 2 * HOUR), [changed(2, source="coast")])
    assert members(store) == {2: [2], 1: [1]}


# --- merge -----------------------------------------------------------------------------------------------------------


def test_two_stories_become_one_that_stays_where_it_is(store: Store) -> None:
    store.save(visit(), [new(1), copy(2, of=1), new(5), copy(6, of=5, leads=True)])
    before = store.find(name(1))
    store.merge(name(1), name(5), NOON + HOUR)
    after = store.find(name(6))
    assert members(store) == {1: [1, 2, 5, 6]}
    assert before
    assert after
    assert (after.guid, after.listed_at, after.lead) == (before.guid, before.listed_at, before.lead)
    assert store.why(name(6)) == "merged by the operator on 2026-03-02"


def test_what_is_merged_is_found_by_the_marks_of_both(store: Store) -> None:
    store.save(visit(), [new(1), replace(new(5), fingerprint=PRINT)])
    assert known(store).postings({7, 8}) == {7: [name(5)], 8: [name(5)]}
    store.merge(name(1), name(5), NOON)
    assert known(store).postings({7, 8}) == {7: [name(1)], 8: [name(1)]}


def test_the_other_story_leaves_editions_and_archives_and_readers_are_told(store: Store, tmp_path: Path) -> None:
    store.save(visit(), [new(n) for n in range(30)])
    put_out(store, tmp_path)
    for other in (3, 28):
        store.merge(name(29), name(other), NOON + HOUR)
    assert store.stale_topics() == ["all"]
    assert 28 not in put_out(store, tmp_path)
    assert 3 not in {n for archive in archives(tmp_path) for n in archive}
    for n in (3, 28):
        assert f'ref="{guid(n)}"'.encode() in (tmp_path / "all/atom.xml").read_bytes()
    assert f"It is the same news as {guid(29)}".encode() in (tmp_path / "all/atom.xml").read_bytes()


def test_the_guid_of_a_merged_story_never_returns(store: Store) -> None:
    store.save(visit(), [new(1), new(5)])
    store.merge(name(1), name(5), NOON)
    split(store, 5)
    assert {s.id: s.guid for s in store.stories()} == {name(1): guid(1), name(5): f"{guid(5)}.2"}
    assert all(s.withdrawal is None for s in store.stories())
    facts = known(store, article(5))
    assert (facts.apart, facts.together) == ({name(5): frozenset({name(1)})}, {})  # the last word counts


def test_nor_does_it_in_a_database_that_was_lost(store: Store, tmp_path: Path) -> None:
    store.save(visit(), [new(1), new(5)])
    put_out(store, tmp_path / "feeds")
    store.merge(name(1), name(5), NOON)
    put_out(store, tmp_path / "feeds")
    other = open_store(tmp_path / "other.sqlite", writing=True)
    other.register([STEPPE], {"all": ""}, NOON)
    other.remember(read_back(tmp_path / "feeds"))
    other.save(visit(), [new(1), new(5)])
    assert {s.id: s.guid for s in other.stories()} == {name(1): guid(1), name(5): f"{guid(5)}.2"}
    assert all(s.withdrawal is None for s in other.stories())
    other.close()


def test_a_takedown_is_not_undone_by_merging(store: Store) -> None:
    store.save(visit(), [new(1), new(5)])
    store.withdraw(guid(5), NOON)
    with pytest.raises(StoreError, match="was withdrawn"):
        store.merge(name(1), name(5), NOON)


def test_what_is_published_does_not_vanish_in_a_story_that_was_withdrawn(store: Store) -> None:
    store.save(visit(), [new(1), new(5)])
    store.withdraw(guid(5), NOON)
    with pytest.raises(StoreError, match=f"{name(5)} was withdrawn: merging would withdraw {name(1)}, too"):
        store.merge(name(5), name(1), NOON)
    assert {s.id: bool(s.withdrawal) for s in store.stories()} == {name(1): False, name(5): True}
    store.withdraw(guid(1), NOON)
    store.merge(name(5), name(1), NOON)
    [story] = store.stories()
    assert story.withdrawal


def test_nothing_is_merged_with_itself_or_with_nothing(store: Store) -> None:
    store.save(visit(), [new(1)])
    with pytest.raises(StoreError, match="with itself"):
        store.merge(name(1), name(1), NOON)
    for story, other in ((1, 2), (2, 1)):
        with pytest.raises(StoreError, match="no story"):
            store.merge(name(story), name(other), NOON)


def test_what_was_ruled_of_a_story_holds_for_the_one_that_took_it_in(store: Store) -> None:
    store.save(visit(), [new(1), copy(2, of=1), new(5), copy(6, of=5), new(8)])
    store.forbid(name(8), name(5), NOON)
    store.forbid(name(2), name(5), NOON)
    store.merge(name(1), name(5), NOON)
    assert known(store, article(8)).apart[name(8)] == {name(5), name(1)}
    facts = known(store, article(2), article(6))
    assert facts.apart == {name(2): frozenset({name(5)})}  # it is in the one story: the merge is the later word
    assert facts.together == {name(6): name(1)}


# --- never -----------------------------------------------------------------------------------------------------------


def test_what_is_forbidden_is_remembered_and_told(store: Store) -> None:
    store.save(visit(), [new(1), new(5)])
    store.forbid(name(5), name(1), NOON)
    assert known(store, article(5)).apart == {name(5): frozenset({name(1)})}
    assert "never in the story 000000000000, the operator said on 2026-03-02" in store.why(name(5))
    assert members(store) == {5: [5], 1: [1]}


def test_what_is_in_a_story_or_not_here_is_not_forbidden(store: Store) -> None:
    store.save(visit(), [new(1), copy(2, of=1)])
    for of, story, complaint in ((2, 1, "split it off"), (9, 1, "no article"), (2, 9, "no story")):
        with pytest.raises(StoreError, match=complaint):
            store.forbid(name(of), name(story), NOON)


# --- an article that comes again into another database ---------------------------------------------------------------


def test_a_merged_article_joins_its_story_whatever_it_says() -> None:
    one, other = make.article(1), make.article(2, "beta")
    company = Company(story=one.id, lead=one, is_out=True, members=(one,))
    facts = Known(together={other.id: one.id}, company={one.id: company}.__getitem__)
    [d] = dedupe.dedupe([other], facts, now=NOON, since=None, authority=AUTHORITY, priorities={})
    assert (d.verdict, d.story, d.because) == (Verdict.COPY, one.id, "merged by the operator")


def test_rulings_come_back_with_a_backup(store: Store, tmp_path: Path) -> None:
    store.save(visit(), [new(1), copy(2, of=1), new(5)])
    split(store, 2)
    store.merge(name(1), name(5), NOON)
    store.back_up(tmp_path / "copy")
    restore(tmp_path / "copy", tmp_path / "new.sqlite", force=False)
    other = open_store(tmp_path / "new.sqlite", writing=True)
    facts = known(other, article(2), article(5))
    assert (facts.apart, facts.together) == ({name(2): frozenset({name(1)})}, {name(5): name(1)})
    other.close()


# --- as an operator types it -----------------------------------------------------------------------------------------

Run = Callable[..., Result]
EDITED = RELEASE.replace("разгрузили", "приняли").replace("ждали", "ожидали").replace("уточнили", "добавили")
OTHER = "Птицы вернулись на озеро\n\nОрнитологи насчитали на озере сорок лебедей, больше, чем год назад.\n"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A desk where `beta` was taken for a copy of `alpha`, and `birds` tells other news."""
    monkeypatch.chdir(tmp_path)
    sources = "".join(f"  - {{name: {s}, files: {s}/, quiet: 0s}}\n" for s in ("alpha", "beta", "birds", "late"))
    Path("config.yaml").write_text(f"title: Desk\nlink: https://news.example/\nsources:\n{sources}")
    for source, text in {"alpha": RELEASE, "beta": EDITED, "birds": OTHER, "late": ""}.items():
        Path(source).mkdir()
        if text:
            Path(f"{source}/release.txt").write_text(text)
    CliRunner().invoke(main, ["run", "--once"])
    return lambda *args: CliRunner().invoke(main, args)


def stories(run: Run) -> dict[str, dict[str, Any]]:
    """Source of the lead -> story."""
    rows = [json.loads(line) for line in run("stories", "--json").stdout.splitlines()]
    return {row["source"]: row for row in rows}


def groups(run: Run) -> set[frozenset[str]]:
    return {frozenset({lead, *(c["source"] for c in row["copies"])}) for lead, row in stories(run).items()}


def entries() -> set[int]:
    """How many entries each edition has: one number, if they agree."""
    found = {len(json.loads(Path("feeds/all/feed.json").read_bytes())["items"])}
    for path in ("rss.xml", "atom.xml", "index.html"):
        found.add(len(re.findall(r"<item>|<entry |<entry>|<article", Path(f"feeds/all/{path}").read_text())))
    return found


def grouped(*stories: str) -> set[frozenset[str]]:
    return {frozenset(story.split("+")) for story in stories}


def copy_in(run: Run) -> tuple[str, str]:
    """The ids of the copy, and of the story that it is in."""
    [story] = [row for row in stories(run).values() if row["copies"]]
    return next((c["id"], story["id"]) for c in [*story["copies"], story] if c["id"] != story["id"])


def test_a_split_changes_every_edition_and_lasts(run: Run) -> None:
    assert (groups(run), entries()) == (grouped("alpha+beta", "birds"), {2})
    article, _ = copy_in(run)
    done = run("split", article[:10])
    assert (done.exit_code, done.output.startswith("a story of its own: ")) == (0, True)
    assert (groups(run), entries()) == (grouped("alpha", "beta", "birds"), {3})
    assert "split off by the operator on" in run("explain", article).output
    for again in ("collect", "publish"):
        run(again)
        assert (groups(run), entries()) == (grouped("alpha", "beta", "birds"), {3})


@pytest.mark.parametrize(("source", "text"), [("alpha", RELEASE), ("beta", EDITED)])
def test_what_comes_later_joins_the_story_that_it_resembles(run: Run, source: str, text: str) -> None:
    run("split", copy_in(run)[0])
    Path("late/release.txt").write_text(text)
    run("collect")
    assert frozenset({source, "late"}) in groups(run)
    assert len(groups(run)) == 3


def test_an_edit_does_not_bring_a_split_article_back(run: Run) -> None:
    run("split", copy_in(run)[0])
    for source in ("alpha", "beta"):
        Path(f"{source}/release.txt").write_text(RELEASE + "\n\nОбновлено в полдень.\n")
    run("collect")
    assert groups(run) == grouped("alpha", "beta", "birds")


def test_a_merge_changes_every_edition_and_lasts(run: Run) -> None:
    before = stories(run)
    lead = next(s for s in before if s != "birds")
    done = run("merge", before[lead]["guid"], before["birds"]["id"])
    assert (done.exit_code, done.output.split(":")[0]) == (0, "3 articles are one story")
    run("collect")
    assert (groups(run), entries()) == (grouped("alpha+beta+birds"), {1})
    assert stories(run)[lead]["guid"] == before[lead]["guid"]
    assert f'ref="{before["birds"]["guid"]}"' in Path("feeds/all/atom.xml").read_text()
    assert "merged by the operator on" in run("explain", before["birds"]["id"]).output


def test_never_splits_what_is_there_and_remembers_what_is_not(run: Run) -> None:
    article, story = copy_in(run)
    birds = stories(run)["birds"]["id"]
    assert run("never", birds, story).output == f"never in {story[:12]}: {stories(run)['birds']['title']}\n"
    assert groups(run) == grouped("alpha+beta", "birds")
    assert f"never in the story {story[:12]}" in run("explain", birds).output
    assert run("never", article, story).exit_code == 0
    assert (groups(run), entries()) == (grouped("alpha", "beta", "birds"), {3})


def test_what_cannot_be_done_is_told_in_a_sentence(run: Run) -> None:
    article, story = copy_in(run)
    birds = stories(run)["birds"]
    for args, told in (
        (("split", story), f"split off the others: {article[:12]}"),
        (("split", birds["id"]), "alone in its story"),
        (("split", birds["guid"]), "names no single article"),
        (("split", "https://nowhere.example/"), "nothing here has"),
        (("merge", birds["id"], birds["guid"]), "with itself"),
        (("never", birds["id"], birds["id"]), "alone in its story"),
    ):
        result = run(*args)
        assert result.exit_code == 1
        assert told in result.output
    assert groups(run) == grouped("alpha+beta", "birds")
