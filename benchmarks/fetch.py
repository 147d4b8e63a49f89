"""
What one answer costs: CPU of the way out (aggregator/web/), beside requests alone; and what a whole visit does.

    .venv/bin/python -m benchmarks.fetch [--rounds 5] [--answers 200]

    ours      one polite GET with its bookmark: gates, deadline, addresses, validators; the body unpacked
    session   requests.Session().get, one session for all
    get       requests.get: a session, and for HTTPS a bundle of certificates, for each
    visit     the job of a source that answers 304, with everything that the store remembers of it; in one thread

Feeds (benchmarks/workload.py) come from a process of its own, which ends each connection after one answer, as if every
feed had a host of its own. CPU milliseconds an answer, user and system, the least of the rounds, which take turns.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import requests

from aggregator import config
from aggregator.jobs import LEASE, now
from aggregator.model import Job, Manners, Source
from aggregator.newsroom import Newsroom
from aggregator.web import Web
from benchmarks.river import certified, serve

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
FEEDS, ENTRIES = 20, 35
Ask = Callable[[str, str], object]
"""An address and an ETag, which may be empty."""


def ways() -> Iterator[tuple[str, Ask]]:
    web = Web(Manners(at_once=1, pause=timedelta(), private_hosts=frozenset({"127.0.0.1"})))
    session = requests.Session()
    yield "ours", lambda url, etag: web.visit(source(url), NOW).get(url, {"etag": etag})
    yield "session", lambda url, etag: session.get(url, headers=condition(etag), timeout=30).content
    yield "get", lambda url, etag: requests.get(url, headers=condition(etag), timeout=30).content


def source(url: str) -> Source:
    return Source(name="feed", kind="feed", location=url)


def condition(etag: str) -> dict[str, str]:
    return {"If-None-Match": etag} if etag else {}


@contextmanager
def feeds(certificate: str) -> Iterator[tuple[list[tuple[str, str]], str]]:
    """Their addresses and ETags, and a configuration with them."""
    ours, theirs = multiprocessing.Pipe()
    arguments = (theirs, FEEDS, ENTRIES, certificate)
    server = multiprocessing.get_context("spawn").Process(target=serve, args=arguments, daemon=True)
    server.start()
    _, urls, text = ours.recv()
    yield [(url, requests.get(url, timeout=30).headers["ETag"]) for url in urls], text
    ours.send(None)


def cost(ask: Ask, asked: list[tuple[str, str]]) -> float:
    """CPU milliseconds an answer."""
    began = time.process_time()
    for url, etag in asked:
        ask(url, etag)
    return 1000 * (time.process_time() - began) / len(asked)


def measure(known: list[tuple[str, str]], rounds: int, answers: int, how: str) -> None:
    named = dict(ways())
    for status, etags in (("304", known), ("200", [(url, "") for url, _ in known])):
        asked = (etags * (answers // len(etags) + 1))[:answers]
        taken = [[cost(ask, asked) for ask in named.values()] for _ in range(rounds)]
        least = [min(costs) for costs in zip(*taken, strict=True)]
        told = "".join(f"{ms:10.2f}{ms / least[0]:7.1f} x" for ms in least)
        print(f"{how:7}{status:5}{told}", flush=True)


def visit(text: str, folder: Path, rounds: int, how: str) -> None:
    (folder / "config.yaml").write_text(text)
    with Newsroom(config.load(folder / "config.yaml"), "benchmark") as room:
        taken = [round_of(room) for _ in range(rounds * 10 + 1)]
    print(f"{how:7}visit{min(taken):9.2f}", flush=True)


def round_of(room: Newsroom) -> float:
    """CPU milliseconds a visit; the first round, in which all is new, is the dearest."""
    jobs = [Job("collect", name) for name in room.store.claim(list(room.desk.sources), now(), LEASE)]
    began = time.process_time()
    for job in jobs:
        room.perform(job)
    return 1000 * (time.process_time() - began) / len(jobs)


def main() -> None:
    parser = argparse.ArgumentParser(description="What one answer costs.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--answers", type=int, default=200)
    options = parser.parse_args()
    print(f"{'':12}{'ours':>10}{'':9}{'session':>10}{'':9}{'get':>10}")
    for how in ("HTTP", "HTTPS"):
        with tempfile.TemporaryDirectory() as folder, certified(Path(folder), how == "HTTPS") as (certificate, trusted):
            os.environ.update(trusted)
            with feeds(certificate) as (known, text):
                measure(known, options.rounds, options.answers, how)
                visit(text, Path(folder), options.rounds, how)


if __name__ == "__main__":
    main()
