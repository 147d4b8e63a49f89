"""
What one new article costs the right half: from filing it to every edition rewritten on disk, beside feedgen.

    .venv/bin/python -m benchmarks.publish [--topics 20] [--stories 50] [--into 1,5,20] [--rounds 5]

A desk of so many topics, each with an edition of so many stories, has been published; one article comes that so many of
the topics take. CPU milliseconds, the medians of the rounds:

    feedgen   fills a feed with the same stories and writes it as RSS and as Atom, for each of these topics
    print     we come to the same bytes: what the store says of the editions, what is at hand, and what is new
    disk      all that we do: filing the article, printing, replacing the files, and telling the store
    packed    the same, with the packed files beside them: that is at most once a minute, however often a topic changes

"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from unittest.mock import patch

from feedgen.feed import FeedGenerator

from aggregator import jobs
from aggregator.codings import CODINGS
from aggregator.coverage import Coverage
from aggregator.dedupe import dedupe
from aggregator.jobs import Desk
from aggregator.model import Article, Fetched, Imprint, Item, Job, Manners, Rule, Source, Story, Term, Topic, Visit
from aggregator.normalise import normalise
from aggregator.publish import formats_of, make_edition
from aggregator.rules import rules_digest
from aggregator.stores.sqlite import open_store
from aggregator.web import Web
from benchmarks import workload

NOW = workload.NEWEST
IMPRINT = Imprint(title="The Steppe", link="https://desk.example/", authority="desk.example,2026")
SOURCE = Source(name="steppe", kind="feed", location="https://steppe.example/rss")


def articles(numbers: Iterable[int], label: str, at: datetime) -> list[Article]:
    """One a number; no two are alike."""
    document = Fetched(url=SOURCE.location, body=b"", checkpoint={})
    return [normalise(item(n, label, at), SOURCE, document, at) for n in numbers]


def item(number: int, label: str, at: datetime) -> Item:
    told = workload.entry(number, 0, "ru" if number % 5 < 3 else "en", seed=7)
    return Item(
        guid=f"{number}", url=f"https://steppe.example/{number}", title=f"{told.title} {number}", summary=told.summary,
        content=f"<p>{number}</p>{told.content}", published_at=at, authors=(told.author,), labels=(label,),
    )  # fmt: skip


def desk(folder: Path, topics: int, stories: int) -> Desk:
    """Everything published, and nothing else to do. Topic n takes what is labelled `tn`, or `first m` for m above n."""
    labels = {n: [f"t{n}", *(f"first {m}" for m in range(n + 1, topics + 1))] for n in range(topics)}
    rules = {n: Rule(any=tuple(Term(text=label, place="label") for label in labels[n])) for n in range(topics)}
    named = [
        Topic(name=f"t{n}", title=f"Topic {n}", rule=rule, formats=("rss", "atom"), limit=stories)
        for n, rule in rules.items()
    ]
    store = open_store(folder / "river.sqlite", writing=True)
    store.register([SOURCE], {topic.name: "" for topic in named}, NOW)
    made = Desk(
        sources={}, topics={topic.name: topic for topic in named}, imprint=IMPRINT, store=store, web=Web(Manners()),
        rules=rules_digest(named), coverage=Coverage(), feeds=folder / "feeds",
        clock=lambda: NOW,
    )  # fmt: skip
    for n, topic in enumerate(made.topics):
        for batch in range(3):  # later ones push the first ones into archives, as in any desk that is not new
            first = (n * 3 + batch) * stories
            bring(made, articles(range(first, first + stories), topic, NOW - (3 - batch) * timedelta(hours=1)))
            put_out(made)
    return made


def bring(made: Desk, told: list[Article]) -> None:
    store = made.store
    visit = Visit(source=SOURCE.name, at=NOW, next_at=NOW, checkpoint={})
    with store.turn():
        known = store.known(told)
        since = NOW - timedelta(hours=4)
        store.save(visit, dedupe(told, known, now=NOW, since=since, authority=IMPRINT.authority, priorities={}))


def put_out(made: Desk) -> list[str]:
    """File what came, and publish what is stale; the topics."""
    jobs.run(Job("classify"), made)
    stale = made.store.stale_topics()
    for topic in stale:
        jobs.run(Job("publish", topic), made)
    return stale


def by_feedgen(topic: Topic, stories: Iterable[Story]) -> None:
    """The same documents, filled and written."""
    feed = FeedGenerator()
    feed.id(f"{IMPRINT.link}{topic.name}")
    feed.title(topic.title)
    feed.description(topic.title)
    feed.link(href=IMPRINT.link, rel="alternate")
    feed.updated(NOW)
    for story in stories:
        lead = story.lead
        entry = feed.add_entry(order="append")
        entry.id(story.guid)
        entry.title(lead.title)
        entry.link(href=lead.url)
        entry.published(story.published_at)
        entry.updated(story.updated_at)
        entry.author([{"name": name} for name in lead.authors])
        entry.category([{"term": label} for label in lead.labels])
        entry.source(url=lead.url, title=lead.publisher)
        entry.summary(lead.summary)
        entry.content(lead.content, type="html")
    feed.rss_str(pretty=True)
    feed.atom_str(pretty=True)


def cpu_of(work: Callable[[], object]) -> float:
    begin = time.process_time()
    work()
    return 1000 * (time.process_time() - begin)


def measure(made: Desk, number: int, into: int, what: str) -> tuple[float, float]:
    """feedgen's milliseconds, and ours."""
    named = list(made.topics)[:into]
    bring(made, articles([number], f"first {into}", NOW))
    if what == "print":
        jobs.run(Job("classify"), made)
        ours = cpu_of(lambda: [print_one(made, name) for name in made.store.stale_topics()])
        put_out(made)
    else:
        with patch("aggregator.press.CODINGS", CODINGS if what == "packed" else ()):
            ours = cpu_of(lambda: put_out(made)) + cpu_of(lambda: jobs.run(Job("pack"), made))
    ids = {name: [told.id for told in made.store.latest(name, made.topics[name].limit).stories] for name in named}
    editions = {name: made.store.read(stories) for name, stories in ids.items()}
    theirs = sum(cpu_of(partial(by_feedgen, made.topics[name], stories)) for name, stories in editions.items())
    return theirs, ours


def print_one(made: Desk, name: str) -> int:
    """How many bytes the edition has, in all formats."""
    topic = made.topics[name]
    latest = made.store.current(name, topic.limit)
    edition = make_edition(IMPRINT, topic, latest, made.galley.stories(latest.stories, made.store))
    return sum(len(body) for _, body in made.galley.render(formats_of(topic), edition))


def main() -> None:
    parser = argparse.ArgumentParser(description="What one new article costs the right half.")
    parser.add_argument("--topics", type=int, default=20)
    parser.add_argument("--stories", type=int, default=50)
    parser.add_argument("--into", default="1,5,20")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    numbers = count(1_000_000)
    with tempfile.TemporaryDirectory() as folder:
        made = desk(Path(folder), options.topics, options.stories)
        print(f"{options.topics} topics of {options.stories} stories; one article into so many of them:")
        print(f"{'':6}{'':8}{'feedgen ms':>12}{'ours ms':>10}{'ratio':>8}")
        for into in map(int, options.into.split(",")):
            for what in ("print", "disk", "packed"):
                rounds = [measure(made, next(numbers), into, what) for _ in range(options.rounds)]
                theirs, ours = (statistics.median(side) for side in zip(*rounds, strict=True))
                print(f"{into:>6}{what:>8}{theirs:12.1f}{ours:10.1f}{theirs / ours:8.1f}", flush=True)
        made.store.close()


if __name__ == "__main__":
    main()
