"""
How politely, and how fast, a thousand sources are visited; and what readers notice of it.

    .venv/bin/python -m benchmarks.politeness [--sources 1000] [--only crowded|wide]

    crowded   on 50 hosts that take 0.2 to 2 s for an answer: never two requests at once at one host, a second between
              two, and all of them in at most 1.3 times what that alone dictates
    wide      on as many hosts as there are sources, which take 0.2 to 1 s

Then all are visited a second time, when they have nothing new.

Runs `aggregator run` in a process of its own. The hosts are 127.0.x.y, all served by another process, which watches how
it is asked. Meanwhile somebody reads /all/rss.xml, and goes on when all is collected.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import multiprocessing
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from multiprocessing.connection import Connection
from pathlib import Path
from urllib.parse import urlsplit

from aggregator.errors import StoreError
from aggregator.stores.sqlite import open_store
from benchmarks.serve import cpu_of

PAUSE = 1.0
ITEMS = 3
LONGEST = 300
NEWEST = datetime(2026, 11, 20, 9, tzinfo=UTC)


@dataclass
class Host:
    """How one host was asked."""

    in_flight: int = 0
    most_in_flight: int = 0
    requests: int = 0
    ended: float = 0.0
    shortest_pause: float = LONGEST


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What the hosts have seen, all together."""

    requests: int
    most_in_flight: int
    shortest_pause: float
    first: float
    last: float
    """On the monotonic clock, which all processes share."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Whom to visit, and how long they take."""

    name: str
    sources: int
    hosts: int
    slowest: float

    def addresses(self) -> list[str]:
        return [f"127.0.{n // 200 + 1}.{n % 200 + 1}" for n in range(self.hosts)]

    def seconds(self) -> dict[str, float]:
        """For each path, how long the answer takes."""
        chance = random.Random(7)
        return {f"/{n}.xml": chance.uniform(0.2, self.slowest) for n in range(self.sources)}

    def dictated(self) -> float:
        """Seconds that the slowest host needs for its sources one after the other, with a pause between two."""
        spent: dict[int, float] = defaultdict(lambda: -PAUSE)
        for n, seconds in enumerate(self.seconds().values()):
            spent[n % self.hosts] += seconds + PAUSE
        return max(spent.values())


def feed(number: int) -> bytes:
    items = "".join(
        f"<item><title>Report {number}-{n}: word{number * 31 + n} word{number * 17 + n}</title>"
        f"<link>https://news{number}.example/{n}</link><guid>https://news{number}.example/{n}</guid>"
        f"<pubDate>{format_datetime(NEWEST - timedelta(minutes=number + n), usegmt=True)}</pubDate>"
        f"<description>What word{number * 7 + n} said of word{number * 13 + n}.</description></item>"
        for n in range(ITEMS)
    )
    return f'<rss version="2.0"><channel><title>News {number}</title>{items}</channel></rss>'.encode()


def answer(path: str, *, is_known: bool) -> bytes:
    if is_known:
        return b'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\n\r\n'
    body = feed(int(path[1:-4]))
    head = f'HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nETag: "1"\r\nContent-Length: {len(body)}\r\n\r\n'
    return head.encode() + body


# --- the hosts -------------------------------------------------------------------------------------------------------


@dataclass
class Hosts:
    """Serves every address, and watches."""

    seconds: dict[str, float]
    first: float = 0.0
    last: float = 0.0
    by_name: dict[str, Host] = field(default_factory=lambda: defaultdict(Host))

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host = self.by_name[writer.get_extra_info("sockname")[0]]
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                path = head.split()[1].decode()
                self.begin(host)
                await asyncio.sleep(self.seconds[path])
                self.end(host)
                writer.write(answer(path, is_known=b'If-None-Match: "1"' in head))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def begin(self, host: Host) -> None:
        now = time.monotonic()
        self.first = self.first or now
        if host.requests:
            host.shortest_pause = min(host.shortest_pause, now - host.ended)
        host.requests += 1
        host.in_flight += 1
        host.most_in_flight = max(host.most_in_flight, host.in_flight)

    def end(self, host: Host) -> None:
        host.in_flight -= 1
        self.last = host.ended = time.monotonic()

    def seen(self) -> Seen:
        """Since the last time that somebody asked."""
        hosts = self.by_name.values()
        seen = Seen(
            requests=sum(h.requests for h in hosts),
            most_in_flight=max((h.most_in_flight for h in hosts), default=0),
            shortest_pause=min((h.shortest_pause for h in hosts), default=0),
            first=self.first,
            last=self.last,
        )
        self.first = 0.0
        self.by_name.clear()
        return seen


def serve(plan: Plan, pipe: Connection) -> None:
    """A process: tells its port, and what it has seen when it is asked."""

    async def run() -> None:
        hosts = Hosts(plan.seconds())
        first, *rest = plan.addresses()
        server = await asyncio.start_server(hosts.talk, first, 0)
        port = server.sockets[0].getsockname()[1]
        others = await asyncio.start_server(hosts.talk, rest, port)
        pipe.send(port)
        while await asyncio.to_thread(pipe.recv):
            pipe.send(hosts.seen())
        others.close()
        server.close()

    asyncio.run(run())


@contextmanager
def serving(plan: Plan) -> Iterator[tuple[int, Connection]]:
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.Process(target=serve, args=(plan, theirs), daemon=True)
    process.start()
    try:
        yield ours.recv(), ours
    finally:
        ours.send(False)
        process.join(5)
        process.kill()


# --- the river -------------------------------------------------------------------------------------------------------


def config(plan: Plan, port: int) -> str:
    hosts = plan.addresses()
    sources = "".join(
        f"  - {{name: s{n}, feed: 'http://{hosts[n % plan.hosts]}:{port}/{n}.xml'}}\n" for n in range(plan.sources)
    )
    return (
        "title: A desk of many hosts\nlink: https://news.example/\nidentity: news.example,2026\nlisten: 127.0.0.1:0\n"
        f"private_hosts: [{', '.join(hosts)}]\nsources:\n{sources}"
    )


def river(folder: Path, command: str) -> list[str]:
    return [sys.executable, "-m", "aggregator", "--config", str(folder / "config.yaml"), command]


@contextmanager
def running(folder: Path) -> Iterator[tuple[str, int]]:
    """`aggregator run` in this workspace; where it can be read, and the process."""
    with (folder / "log").open("w") as log, subprocess.Popen(river(folder, "run"), stderr=log) as process:
        try:
            while "Reading at" not in (text := (folder / "log").read_text()):
                time.sleep(0.02)
            yield text.partition("Reading at ")[2].split()[0], process.pid
        finally:
            process.send_signal(signal.SIGINT)


class Reader(threading.Thread):
    """Reads a feed again and again, and notes how long each answer took."""

    def __init__(self, address: str) -> None:
        super().__init__(daemon=True)
        self.place = urlsplit(address)
        self.times: list[float] = []
        self.done = threading.Event()

    def run(self) -> None:
        connection = http.client.HTTPConnection(self.place.hostname or "", self.place.port)
        while not self.done.wait(0.005):
            began = time.perf_counter()
            connection.request("GET", "/all/rss.xml")
            connection.getresponse().read()
            self.times.append(time.perf_counter() - began)

    def finish(self) -> list[float]:
        self.done.set()
        self.join()
        return self.times


def read(address: str, seconds: float) -> list[float]:
    reader = Reader(address)
    reader.start()
    time.sleep(seconds)
    return reader.finish()


def wait_for_all(folder: Path, sources: int) -> tuple[float, int]:
    """When the last one was in the store, and how many articles there are."""
    deadline = time.monotonic() + LONGEST
    while time.monotonic() < deadline:
        try:
            store = open_store(folder / "db/river.sqlite", writing=False)
        except StoreError:
            time.sleep(0.05)
            continue
        try:
            health = store.health()
        finally:
            store.close()
        if len(health) == sources and all(h.last_success for h in health):
            return time.monotonic(), sum(h.articles for h in health)
        time.sleep(0.1)
    raise SystemExit("it took too long")


def measure(plan: Plan) -> None:
    with tempfile.TemporaryDirectory() as name, serving(plan) as (port, pipe):
        folder = Path(name)
        (folder / "config.yaml").write_text(config(plan, port))
        with running(folder) as (address, process):
            reader = Reader(address)
            reader.start()
            ended, articles = wait_for_all(folder, plan.sources)
            cpu = cpu_of(process)
            busy = reader.finish()
            time.sleep(3)  # publishing what came last
            idle = read(address, 5)
        pipe.send(True)
        report(plan, pipe.recv(), ended, articles, busy, idle)
        print(f"  until then {cpu:.1f} s of CPU, the start and what was published meanwhile included")
        subprocess.run(river(folder, "collect"), check=True, stderr=subprocess.DEVNULL)
        pipe.send(True)
        again = pipe.recv()
        print(f"  visited again, nothing new: {again.requests} requests in {again.last - again.first:.2f} s")


def report(plan: Plan, seen: Seen, ended: float, articles: int, busy: list[float], idle: list[float]) -> None:
    took, dictated = ended - seen.first, plan.dictated()
    print(f"{plan.name}: {plan.sources} sources on {plan.hosts} hosts, {articles} articles")
    print(f"  requests {seen.requests}, most in flight at one host {seen.most_in_flight}", end="")
    print(f", shortest pause {seen.shortest_pause:.3f} s" if plan.hosts < plan.sources else "")
    print(f"  from the first request to the last answer {seen.last - seen.first:.2f} s,", end="")
    print(f" to the last article stored {took:.2f} s;", end="")
    print(f" pacing alone dictates {dictated:.2f} s ({took / dictated:.2f})")
    for label, times in (("collecting", busy), ("idle", idle)):
        middle, slow = statistics.median(times), statistics.quantiles(times, n=100)[98]
        print(f"  a reader ({label}): median {middle * 1000:.1f} ms, p99 {slow * 1000:.1f} ms of {len(times)}")


def main() -> None:
    parser = argparse.ArgumentParser(description="How politely, and how fast, many sources are visited.")
    parser.add_argument("--sources", type=int, default=1000)
    parser.add_argument("--only", choices=("crowded", "wide"))
    args = parser.parse_args()
    plans = (
        Plan(name="crowded", sources=args.sources, hosts=max(1, args.sources // 20), slowest=2.0),
        Plan(name="wide", sources=args.sources, hosts=args.sources, slowest=1.0),
    )
    for plan in plans:
        if args.only in (None, plan.name):
            measure(plan)


if __name__ == "__main__":
    main()
