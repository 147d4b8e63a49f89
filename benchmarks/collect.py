"""
How fast the river flows: first collection, unchanged collection, one of a new entry in each feed, publishing.

    .venv/bin/python -m benchmarks.collect [--feeds 200] [--entries 30] [--runs 3]

The feeds (benchmarks/workload.py) come from a server in a child process, so the CPU seconds are the river's own. Prints
the median of the runs; every run begins with an empty database.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from aggregator import config, schedule
from aggregator.jobs import LEASE, now
from aggregator.model import Job
from aggregator.newsroom import Newsroom
from benchmarks import workload


@dataclass(frozen=True)
class Cost:
    """What a stage took."""

    cpu: float
    wall: float


def measure(work: Callable[[], None]) -> Cost:
    cpu, wall = time.process_time(), time.perf_counter()
    work()
    return Cost(time.process_time() - cpu, time.perf_counter() - wall)


def serve(pipe: Connection, feeds: int, entries: int) -> None:
    documents = workload.documents(feeds, entries)
    with workload.serving(documents) as server:
        pipe.send(workload.config(server.url, documents, "topics: [{name: grain, match: [зерно, grain]}]\n"))
        newer = [workload.document(n, entries, 1, seed=1) for n in range(feeds)]
        while (wanted := pipe.recv()) != "nothing":
            server.put(newer if wanted == "newer" else documents)
            pipe.send("served")


def ask(pipe: Connection, wanted: str) -> None:
    """From now on the server has the documents as they were, or newer ones."""
    pipe.send(wanted)
    pipe.recv()


def run(settings: Path, pipe: Connection) -> tuple[dict[str, Cost], int]:
    """One round in a new workspace: what each stage cost, and how many articles there are."""
    with Newsroom(config.load(settings), "benchmark") as room:
        names = list(room.desk.sources)
        ask(pipe, "older")
        costs = {
            "first collection": measure(lambda: collect(room, names)),
            "classify and publish": measure(lambda: publish(room)),
            "unchanged collection": measure(lambda: collect(room, names)),
            "nothing to publish": measure(lambda: publish(room)),
        }
        ask(pipe, "newer")
        costs["one new entry each"] = measure(lambda: collect(room, names))
        return costs, sum(h.articles for h in room.store.health())


def collect(room: Newsroom, names: list[str]) -> None:
    runner = room.runner()
    for name in room.store.claim(names, now(), LEASE):
        runner.submit(Job("collect", name))
    runner.wait()
    runner.close()


def publish(room: Newsroom) -> None:
    runner = room.runner()
    schedule.once(room.desk, runner, [])
    runner.close()


def main() -> None:
    parser = argparse.ArgumentParser(description="How fast the river flows.")
    parser.add_argument("--feeds", type=int, default=200)
    parser.add_argument("--entries", type=int, default=30)
    parser.add_argument("--runs", type=int, default=3)
    args = parser.parse_args()
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.Process(target=serve, args=(theirs, args.feeds, args.entries), daemon=True)
    server.start()
    text = ours.recv()
    rounds = []
    for _ in range(args.runs):
        with tempfile.TemporaryDirectory() as folder:
            settings = Path(folder) / "config.yaml"
            settings.write_text(text)
            rounds.append(run(settings, ours))
    ours.send("nothing")
    report(args.feeds, rounds)


def report(feeds: int, rounds: list[tuple[dict[str, Cost], int]]) -> None:
    articles = rounds[0][1]
    print(f"{feeds} feeds, {articles} articles, median of {len(rounds)} runs")
    print(f"{'':22}{'CPU s':>8}{'wall s':>8}{'ms CPU/feed':>13}{'articles/s CPU':>16}")
    for stage in rounds[0][0]:
        cpu = statistics.median(costs[stage].cpu for costs, _ in rounds)
        wall = statistics.median(costs[stage].wall for costs, _ in rounds)
        print(f"{stage:22}{cpu:8.2f}{wall:8.2f}{1000 * cpu / feeds:13.2f}{articles / cpu:16.0f}")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
