"""Which of a topic's stories stand in an edition, when no source may have more than its share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

from aggregator.model import Decision, Filing, Listed, Opening, Story, Verdict, Visit
from aggregator.publish import publish, publish_front
from aggregator.selection import DEPTH, select
from aggregator.stores.sqlite import open_store

from .make import HOUR, IMPRINT, NOON, article, source, story, topic


def led_by(sources: str) -> list[Listed]:
    """One story a letter, an hour between them, newest first, each led by the source of that letter."""
    return [led(source, n) for n, source in enumerate(sources)]


def led(source: str, age: int) -> Listed:
    return Listed(id=article(age, source).id, state=1, source=source, listed_at=NOON - timedelta(hours=age))


def leads(stories: Sequence[Listed]) -> str:
    return "".join(s.source for s in stories)


def test_no_source_leads_more_than_its_share() -> None:
    newest = led_by("aaabacab")
    assert select(newest, (), 10, 2) == tuple(newest[n] for n in (0, 1, 3, 5, 7))


def test_older_stories_of_others_make_up_for_it() -> None:
    history = led_by("aaaaaabcabcd")
    assert leads(select(history[:4], history, 4, 1)) == "abcd"


def test_what_stands_in_no_archive_yet_is_not_cut_off() -> None:
    newest = led_by("abcabcd")
    assert select(newest, newest, 3, 5) == tuple(newest)


def test_a_story_that_came_late_has_its_old_place() -> None:
    late = led("d", 50)
    history = led_by("abc" + "a" * 40 + "e")
    assert leads(select([*history[:2], late], history, 5, 1)) == "abced"


def test_no_more_is_read_than_is_needed() -> None:
    read = 0

    def history() -> Iterator[Listed]:
        nonlocal read
        for read, told in enumerate(led_by("aaab" + "c" * 1000), 1):  # noqa: B007
            yield told

    assert leads(select([], history(), 2, 1)) == "ab"
    assert read == 5


def test_a_source_that_never_stops_does_not_make_us_read_for_ever() -> None:
    def flood() -> Iterator[Listed]:
        for n in range(DEPTH * 3 + 1):
            assert n < DEPTH * 3, "read too much"
            yield led("a", n)

    assert len(select([], flood(), 3, 1)) == 1


def opening(told: Story) -> Decision:
    opens = Opening(guid=told.guid, listed_at=told.listed_at)
    return Decision(article=told.lead, verdict=Verdict.NEW, story=told.id, because="new", opens=opens)


def test_a_source_that_publishes_without_end_does_not_drown_the_others(tmp_path: Path) -> None:
    stories = [
        story(article(n, source), listed_at=NOON - n * HOUR) for n, source in enumerate("b" + "a" * 30 + "cbcb")
    ]
    steppe = topic(formats=("atom",), limit=4, per_source=2)
    store = open_store(tmp_path / "river.sqlite", writing=True)
    store.register([source()], {"steppe": "1"}, NOON)
    store.save(Visit(source="alpha", at=NOON, next_at=NOON + HOUR, checkpoint={}), map(opening, reversed(stories)))
    store.file("1", {told.id: [Filing(topic="steppe", because="every story")] for told in stories}, NOON)
    publish(steppe, store, IMPRINT, tmp_path)
    publish_front([steppe], store, IMPRINT, tmp_path)
    text = (tmp_path / "steppe" / "atom.xml").read_text()
    assert [told.lead.source for told in stories if told.guid in text] == ["b", "a", "a", "c"]
    assert (tmp_path / "index.html").read_text().count("https://a.example/") == 2
    assert len(list(store.stories("steppe"))) == len(stories)
    store.close()
