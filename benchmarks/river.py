"""
River beside others: the same feeds, the same core, one after the other.

    .venv/bin/python -m benchmarks.river [--feeds 1000] [--entries 35] [--runs 3] [--tls] [--peers VENV] [--day ROUNDS]

Feeds (benchmarks/workload.py) come from a server of our own, which ends each connection after one answer, as if every
feed had a host of its own. Every program is a process of its own from start to end, on core `--core`; CPU seconds (user
and system), peak memory and the size of the database are its own, as the system counts them. Prints the medians of the
runs, and each CPU divided by ours.

    first       an empty database
    unchanged   the same again: every answer is 304
    changed     every tenth feed has one new entry
    day         so many more rounds of the latter, added up
    publish     what `changed` left to publish (ours only)

    ours, bare  without sameness and topics, which the others do not have
    naive       benchmarks/peers/naive.py
    reader      lemon24/reader: --peers names a virtual environment that has `reader` and `sgmllib3k`
    newsboat    where it is installed; not with --tls

With --tls the feeds come over HTTPS: a certificate made by `openssl`, in a bundle of authorities of the usual size.
"""

from __future__ import annotations

import argparse
import compileall
import multiprocessing
import os
import shutil
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass, field
from itertools import islice
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random

from benchmarks import workload

PEERS = Path(__file__).parent / "peers"
TOPICS = 50
PHRASES = 5
TIMEOUT = 1800.0


@dataclass(frozen=True)
class Cost:
    """Of one run of one program."""

    cpu: float
    wall: float
    memory: float
    """MiB."""
    database: float
    """MB."""


@dataclass
class Peer:
    """One program, with a folder of its own."""

    name: str
    folder: Path
    command: list[str]
    database: str
    environment: dict[str, str] = field(default_factory=dict)

    def run(self, core: int, *more: str) -> Cost:
        """From its start to its end."""
        pinned = [*(["taskset", "-c", str(core)] if shutil.which("taskset") else []), *self.command, *more]
        with (self.folder / "log").open("ab") as log:
            begin = time.monotonic()
            child = subprocess.Popen(pinned, env=os.environ | self.environment, stdout=log, stderr=log, cwd=self.folder)
            _, status, used = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            raise SystemExit(f"{self.name} failed: {(self.folder / 'log').read_text()[-2000:]}")
        size = sum(path.stat().st_size for path in self.folder.glob(f"{self.database}*"))
        cpu = used.ru_utime + used.ru_stime
        return Cost(cpu, time.monotonic() - begin, used.ru_maxrss / 1024, size / 1e6)


def peers(
    names: list[str], root: Path, text: str, urls: list[str], venv: Path | None, tls: dict[str, str]
) -> list[Peer]:
    """Those of these names, each in an empty folder."""
    listed = root / "urls"
    listed.write_text("".join(f"{url}\n" for url in urls))
    python = str(venv / "bin/python") if venv else sys.executable
    environment = tls | {"PYTHONPATH": str(PEERS.parents[1]), "NO_PROXY": "*", "no_proxy": "*"}
    ours = [sys.executable, "-m", "benchmarks.peers.ours", "config.yaml"]
    commands = {
        "ours": (ours, "db/*.sqlite"),
        "ours, bare": (ours, "db/*.sqlite"),
        "naive": ([sys.executable, str(PEERS / "naive.py"), "naive.db", str(listed)], "naive.db"),
        "reader": ([python, str(PEERS / "lemon.py"), "reader.db", str(listed)], "reader.db"),
        "newsboat": (f"newsboat -u {listed} -c newsboat.db -C config -x reload".split(), "newsboat.db"),
    }
    made = []
    for name in names:
        folder = root / name
        folder.mkdir()
        command, database = commands[name]
        (folder / "config.yaml").write_text(text)
        (folder / "config").write_text("reload-threads 20\nauto-reload no\ndownload-retries 1\nmax-items 0\n")
        made.append(Peer(name, folder, command, database, environment | {"HOME": str(folder)}))
    return made


def round_of(peer: Peer, core: int) -> Cost:
    what = {"ours": ["collect"], "ours, bare": ["bare"]}
    return peer.run(core, *what.get(peer.name, []))


def one_run(made: list[Peer], server: Connection, core: int, days: int, extra: int) -> dict[tuple[str, str], Cost]:
    """(Phase, peer) -> cost. `extra`: the new entries of earlier runs."""
    costs = {("first", peer.name): round_of(peer, core) for peer in made}
    ours = next(peer for peer in made if peer.name == "ours")
    ours.run(core, "publish")
    costs |= {("unchanged", peer.name): round_of(peer, core) for peer in made}
    put(server, extra + 1)
    costs |= {("changed", peer.name): round_of(peer, core) for peer in made}
    costs["publish", "ours"] = ours.run(core, "publish")
    rounds = []
    for n in range(days):
        put(server, extra + 2 + n)
        rounds.append({peer.name: round_of(peer, core) for peer in made})
        published = ours.run(core, "publish")
        rounds[-1]["ours"] = added([rounds[-1]["ours"], published])
    costs |= {("day", peer.name): added([costs[peer.name] for costs in rounds]) for peer in made if rounds}
    return costs


def added(costs: list[Cost]) -> Cost:
    return Cost(
        cpu=sum(cost.cpu for cost in costs),
        wall=sum(cost.wall for cost in costs),
        memory=max(cost.memory for cost in costs),
        database=costs[-1].database,
    )


# --- the feeds -------------------------------------------------------------------------------------------------------


def serve(pipe: Connection, feeds: int, entries: int, certificate: str) -> None:
    """Answers with the feeds, and takes orders: how many new entries stand on every tenth of them."""
    documents = workload.documents(feeds, entries)
    tls = None
    if certificate:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate)
    with workload.serving(documents, tls, closes=True) as server:
        pipe.send((server.url, [f"{server.url}{document.path}" for document in documents],
                   workload.config(server.url, documents, topics())))  # fmt: skip
        while (extra := pipe.recv()) is not None:
            server.put([workload.document(n, entries, extra, 1) if n % 10 == 0 else d for n, d in enumerate(documents)])
            pipe.send("done")


def put(server: Connection, extra: int) -> None:
    server.send(extra)
    server.recv()


def topics() -> str:
    """Fifty, each of a few phrases: a story is for some of them."""
    draw = Random(50)
    lines = []
    for n in range(TOPICS):
        languages = islice((workload.RU, workload.EN) * PHRASES, PHRASES)
        phrases = [" ".join(draw.choices(words, k=2)) for words in languages]
        lines.append(f"  - {{name: t{n}, match: {{any: [{', '.join(phrases)}]}}}}\n")
    return "topics:\n" + "".join(lines)


@contextmanager
def certified(folder: Path, wanted: bool) -> Iterator[tuple[str, dict[str, str]]]:
    """A key with its certificate for 127.0.0.1, and the environment in which everybody trusts it; or neither."""
    if not wanted:
        yield "", {}
        return
    import certifi

    pair, bundle = folder / "server.pem", folder / "bundle.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
         "-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")], check=True, capture_output=True,
    )  # fmt: skip
    certificate = (folder / "cert.pem").read_text()
    pair.write_text((folder / "key.pem").read_text() + certificate)
    bundle.write_text(Path(certifi.where()).read_text() + certificate)
    yield str(pair), {name: str(bundle) for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")}


# --- the report ------------------------------------------------------------------------------------------------------


def report(runs: list[dict[tuple[str, str], Cost]]) -> None:
    median = {key: middle([run[key] for run in runs]) for key in runs[0]}
    print(f"{'':11}{'':12}{'CPU s':>9}{'÷ ours':>8}{'÷ bare':>8}{'wall s':>9}{'MiB':>7}{'DB MB':>8}")
    for (phase, name), cost in sorted(median.items(), key=lambda item: PHASES.index(item[0][0])):
        shares = [f"{cost.cpu / base.cpu:8.1f}" if base and base is not cost else f"{'':8}"
                  for base in (median.get((phase, "ours")), median.get((phase, "ours, bare")))]  # fmt: skip
        told = f"{cost.wall:9.2f}{cost.memory:7.0f}{cost.database:8.1f}"
        print(f"{phase:11}{name:12}{cost.cpu:9.2f}{''.join(shares)}{told}")


PHASES = ("first", "unchanged", "changed", "publish", "day")


def middle(costs: list[Cost]) -> Cost:
    return Cost(*map(statistics.median, zip(*map(astuple, costs), strict=True)))


def main() -> None:
    parser = argparse.ArgumentParser(description="River beside others.")
    parser.add_argument("--feeds", type=int, default=1000)
    parser.add_argument("--entries", type=int, default=35, help="of a feed, about")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--day", type=int, default=0, help="so many rounds more, of one new entry in every tenth feed")
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("--peers", type=Path, help="a virtual environment that has `reader`")
    parser.add_argument("--core", type=int, default=0)
    options = parser.parse_args()
    names = ["ours", "ours, bare", "naive", *(["reader"] if options.peers else [])]
    names += ["newsboat"] if shutil.which("newsboat") and not options.tls else []
    compileall.compile_dir(PEERS.parents[1] / "aggregator", quiet=2)  # as pip has done with the others
    runs = []
    with tempfile.TemporaryDirectory() as name, certified(Path(name), options.tls) as (certificate, tls):
        ours, theirs = multiprocessing.Pipe()
        arguments = (theirs, options.feeds, options.entries, certificate)
        server = multiprocessing.get_context("spawn").Process(target=serve, args=arguments, daemon=True)
        server.start()
        _, urls, text = ours.recv()
        for n in range(options.runs):
            root = Path(name) / f"run{n}"
            root.mkdir()
            put(ours, n * (options.day + 1))
            made = peers(names, root, text, urls, options.peers, tls)
            runs.append(one_run(made, ours, options.core, options.day, n * (options.day + 1)))
            shutil.rmtree(root)
        ours.send(None)
    how = "HTTPS" if options.tls else "HTTP"
    print(f"{options.feeds} feeds of {options.entries} entries over {how}, {options.runs} runs")
    report(runs)


if __name__ == "__main__":
    main()
