"""
A rule changes, and the whole archive is filed anew: how long that takes, and what readers notice meanwhile.

    .venv/bin/python -m benchmarks.refile [--stories 100000] [--topics 20] [--seconds 10]

The stories are made up, the topics have 20 terms each, and a quarter of the topics changes. A client in its own process
asks the web server, as it runs beside the collecting, for one feed a hundred times a second: first while nothing else
happens, then while the archive is filed anew and published.
"""

from __future__ import annotations

import argparse
import http.client
import multiprocessing
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path

from aggregator.config import load
from aggregator.jobs import now
from aggregator.model import Decision, Fetched, Item, Job, Opening, Source, Verdict, Visit
from aggregator.newsroom import Newsroom
from aggregator.normalise import normalise
from aggregator.serve import listen, start
from benchmarks import workload

PACE = 0.01
"""Seconds from one question to the next."""
VISIT = 500
"""Stories saved at once."""
SOURCE = Source(name="inbox", kind="feed", location="https://wire.example/rss")


@dataclass(frozen=True)
class Waits:
    """How long readers waited, in milliseconds."""

    asked: int
    median: float
    p99: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[1])
    parser.add_argument("--stories", type=int, default=100_000)
    parser.add_argument("--topics", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=10)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        measure(Path(name), chosen.stories, chosen.topics, chosen.seconds)


def measure(folder: Path, stories: int, topics: int, seconds: float) -> None:
    (folder / "inbox").mkdir()
    write_config(folder, topics, seed="before")
    with Newsroom(load(folder / "config.yaml"), "benchmarks.refile") as room:
        fill(room, stories)
        finish(room)
        with reader(room.config.feeds) as asked:
            time.sleep(seconds)
            idle = asked()
            write_config(folder, topics, seed="after")
            if not room.look_at_the_configuration():
                raise RuntimeError("the changed configuration was not taken up")
            asked()
            wall, cpu = time.perf_counter(), time.process_time()
            finish(room)
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            busy = asked()
    print(f"{stories} stories, {topics} topics of 20 terms, a quarter of them changed")
    each = f"{cpu:.0f} s of CPU, {cpu / stories * 1000:.2f} ms a story"
    print(f"filed anew and published in {wall:.0f} s ({each}); wanted: 300 s for 100,000")
    for what, waits in (("idle", idle), ("meanwhile", busy)):
        print(f"readers, {what:9}: median {waits.median:.1f} ms, p99 {waits.p99:.1f} ms of {waits.asked}")
    print(f"p99 meanwhile / idle: {busy.p99 / idle.p99:.1f}; wanted: 2")


def write_config(folder: Path, topics: int, seed: str) -> None:
    """A quarter of the topics depends on the seed."""
    rules = ""
    for n in range(topics):
        chance = random.Random(f"{seed}/{n}" if n % 4 == 0 else n)
        terms = chance.sample(workload.RU + workload.EN, 20)
        needed = chance.sample(workload.RU + workload.EN, 2)
        rules += f"  - {{name: topic-{n}, match: {{any: {terms}, all: {needed}}}}}\n".replace("'", "")
    (folder / "config.yaml").write_text(
        "title: A desk with an archive\nlink: https://news.example/\nsources:\n  - {name: inbox, files: inbox}\n"
        f"topics:\n{rules}"
    )


def fill(room: Newsroom, stories: int) -> None:
    """Straight into the store: the archive of a year, each text different."""
    at = now()
    for first in range(0, stories, VISIT):
        numbers = range(first, min(first + VISIT, stories))
        decisions = [opening(n, at - timedelta(minutes=5 * (stories - n))) for n in numbers]
        visit = Visit(source=SOURCE.name, at=at, next_at=at + timedelta(hours=1), checkpoint={})
        room.store.save(visit, decisions)


def opening(n: int, at: datetime) -> Decision:
    language = "ru" if n % 5 < 3 else "en"
    chance = random.Random(n)
    title, content = workload.sentence(chance, language), workload.html(chance, language)
    item = Item(guid=f"{n}", url=f"https://wire.example/{n}", title=f"{title} {n}", content=content, published_at=at)
    fetched = Fetched(url=SOURCE.location, body=b"", checkpoint={})
    article = normalise(item, SOURCE, fetched, now())
    opens = Opening(guid=f"tag:news.example,2026:{article.id}", listed_at=article.published_at)
    return Decision(article=article, verdict=Verdict.NEW, story=article.id, because="made up", opens=opens)


def finish(room: Newsroom) -> None:
    """As the clock would."""
    room.perform(Job("classify"))
    for topic in room.store.stale_topics():
        room.perform(Job("publish", topic))
    room.perform(Job("front"))


# --- readers ---------------------------------------------------------------------------------------------------------


@contextmanager
def reader(feeds: Path) -> Iterator[Callable[[], Waits]]:
    """A server and a client, each in its own process; yields how the client fared since it was last asked."""
    with listen("127.0.0.1", 0) as sock:
        server = start(feeds, sock)
        ours, theirs = multiprocessing.Pipe()
        client = multiprocessing.get_context("spawn").Process(target=ask, args=(sock.getsockname()[1], theirs))
        client.start()
        ours.recv()  # it has begun

        def asked() -> Waits:
            ours.send("how was it?")
            waits: list[float] = ours.recv()
            waits.sort()
            return Waits(len(waits), waits[len(waits) // 2] * 1000, waits[len(waits) * 99 // 100] * 1000)

        try:
            yield asked
        finally:
            client.kill()
            client.join()
            server.stop()


def ask(port: int, desk: Connection) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        waits: list[float] = []
        for n in range(10**9):
            begun = time.perf_counter()
            connection.request("GET", "/all/rss.xml")
            connection.getresponse().read()
            waits.append(time.perf_counter() - begun)
            if n == 0:
                desk.send("begun")
            if desk.poll():
                desk.recv()
                desk.send(waits)
                waits = []
            time.sleep(max(0.0, PACE - (time.perf_counter() - begun)))


if __name__ == "__main__":
    main()
