"""
What a request costs us, and what it costs nginx: the same files, the same questions, one after the other.

    .venv/bin/python -m benchmarks.serve [--seconds 3] [--connections 16] [--runs 3]

Both answer in a process of their own, whose processor time is read from /proc; the questions come from wrk where it is
installed, else from a client in here (slower, but the servers do not notice). Without nginx there is no ratio. Prints
the medians of the runs.
"""

from __future__ import annotations

import argparse
import http.client
import os
import re
import shutil
import socket
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from aggregator.press import put
from aggregator.serve import listen, start
from benchmarks import workload

FILE = "all/rss.xml"
NGINX = """\
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log stderr;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    sendfile on;
    gzip_static on;
    keepalive_requests 100000000;
    types {{ application/rss+xml xml; }}
    server {{
        listen 127.0.0.1:{port};
        root {feeds};
        add_header Cache-Control "public, max-age=300, stale-while-revalidate=600, stale-if-error=86400";
        add_header Content-Security-Policy "default-src 'none'; style-src 'self'";
        add_header X-Content-Type-Options nosniff;
        add_header Vary Accept-Encoding;
    }}
}}
"""


def cpu_of(process: int) -> float:
    """Seconds of processor that a process has had, the system's work for it included (proc(5))."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Server:
    """Where it listens, and the process that answers."""

    name: str
    port: int
    process: int

    def cpu(self) -> float:
        """Seconds of processor so far."""
        return cpu_of(self.process)


@dataclass(frozen=True)
class Cost:
    """Of one kind of question."""

    rate: float
    """Answers a second; on a machine that also asks the questions."""
    cpu: float
    """Microseconds a request."""


@contextmanager
def ours(feeds: Path) -> Iterator[Server]:
    with listen("127.0.0.1", 0) as sock:
        process = start(feeds, sock)
        try:
            yield ready(Server("ours", sock.getsockname()[1], process._child.pid))
        finally:
            process.stop()


@contextmanager
def nginx(feeds: Path, folder: Path) -> Iterator[Server]:
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    settings = folder / "nginx.conf"
    settings.write_text(NGINX.format(folder=folder, port=port, feeds=feeds))
    command = ["nginx", "-p", str(folder), "-c", str(settings)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            ready(Server("nginx", port, process.pid))
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
            yield Server("nginx", port, int(children[0]))
        finally:
            process.terminate()


def ready(server: Server) -> Server:
    """Wait until it answers."""
    for _ in range(200):
        try:
            ask(server.port, {})
        except OSError:
            time.sleep(0.05)
        else:
            return server
    raise TimeoutError(f"{server.name} does not answer")


def ask(port: int, headers: Mapping[str, str]) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    with closing(connection):
        connection.request("GET", f"/{FILE}", headers=dict(headers))
        response = connection.getresponse()
        response.read()
        return response


def questions(server: Server) -> dict[str, dict[str, str]]:
    """Name -> headers; asked once to see that the answer is the one that the name says."""
    gzip = {"Accept-Encoding": "gzip"}
    known = {"If-None-Match": ask(server.port, {}).headers["ETag"]}
    expected = {"200": ({}, 200, None), "200 gzip": (gzip, 200, "gzip"), "304": (known, 304, None)}
    for name, (headers, status, coding) in expected.items():
        response = ask(server.port, headers)
        if (response.status, response.headers["Content-Encoding"]) != (status, coding):
            raise ValueError(f"{server.name} answers {response.status} where it should say {name}")
    return {name: headers for name, (headers, _, _) in expected.items()}


def measure(server: Server, headers: Mapping[str, str], seconds: float, connections: int) -> Cost:
    load = wrk if shutil.which("wrk") else clients
    before, begun = server.cpu(), time.perf_counter()
    count = load(server.port, headers, seconds, connections)
    return Cost(count / (time.perf_counter() - begun), (server.cpu() - before) / count * 1e6)


def wrk(port: int, headers: Mapping[str, str], seconds: float, connections: int) -> int:
    """How many answers there were."""
    options = [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]
    command = ["wrk", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", *options]
    said = subprocess.run([*command, f"http://127.0.0.1:{port}/{FILE}"], capture_output=True, text=True, check=True)
    found = re.search(r"(\d+) requests in", said.stdout)
    if not found or "Socket errors" in said.stdout or "Non-2xx" in said.stdout:
        raise ValueError(said.stdout)
    return int(found[1])


def clients(port: int, headers: Mapping[str, str], seconds: float, connections: int) -> int:
    """The same without wrk: threads that ask, each on one connection."""
    end = time.perf_counter() + seconds
    counts: list[int] = []

    def client() -> None:
        count = 0
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
            while time.perf_counter() < end:
                connection.request("GET", f"/{FILE}", headers=dict(headers))
                connection.getresponse().read()
                count += 1
        counts.append(count)

    threads = [threading.Thread(target=client) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts)


def run(servers: list[Server], seconds: float, connections: int) -> dict[tuple[str, str], Cost]:
    return {
        (name, server.name): measure(server, headers, seconds, connections)
        for name in ("200", "200 gzip", "304")
        for server in servers
        for headers in (questions(server)[name],)
    }


def report(runs: list[dict[tuple[str, str], Cost]], say: Callable[[str], None] = print) -> None:
    median = {
        key: Cost(statistics.median(r[key].rate for r in runs), statistics.median(r[key].cpu for r in runs))
        for key in runs[0]
    }
    say(f"{'':10}{'ours/s':>10}{'ours µs':>10}{'nginx/s':>10}{'nginx µs':>10}{'ratio':>8}")
    for name in ("200", "200 gzip", "304"):
        we, they = median[name, "ours"], median.get((name, "nginx"))
        theirs = f"{they.rate:>10,.0f}{they.cpu:>10.1f}{we.cpu / they.cpu:>8.1f}" if they else f"{'no nginx':>20}"
        say(f"{name:10}{we.rate:>10,.0f}{we.cpu:>10.1f}{theirs}")


def main() -> None:
    parser = argparse.ArgumentParser(description="What a request costs us, beside nginx.")
    parser.add_argument("--seconds", type=float, default=3, help="of each question in each run")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)  # nginx's worker may be another user
        body = workload.documents(1, 50)[0].body
        put(folder / "feeds" / FILE, body, datetime(2026, 3, 2, 10, tzinfo=UTC))
        print(f"{len(body):,} bytes, {options.connections} connections, {options.runs} runs of {options.seconds} s")
        with ours(folder / "feeds") as we:
            if not shutil.which("nginx"):
                report([run([we], options.seconds, options.connections) for _ in range(options.runs)])
                return
            with nginx(folder / "feeds", folder) as they:
                report([run([we, they], options.seconds, options.connections) for _ in range(options.runs)])


if __name__ == "__main__":
    main()
