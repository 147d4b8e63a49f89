"""
The whole product, as an operator runs it, sent to every case: `aggregator run --once`, then `aggregator collect`.

Every case is a source of its own at an address of its own (127.0.1.1, 127.0.1.2, ...), so that nobody waits for another
one's turn, and none of them may be called but for its own case. What can be seen from outside is kept in `Happened`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from .corpus import Case

GUARD = Path(__file__).parent / "guard"
SLOW = frozenset({"slow_headers", "slow_drip", "hang", "hang_after_body"})
"""Behaviours that are over only when our patience is: they are met once."""
VISITS = 3
HEAD = """\
title: A desk among wolves
link: https://desk.example/
polite: {at_once: 4, pause: 0s}
"""


class CaseServer(Protocol):
    """What server.py of a corpus has to offer."""

    canary_base: str

    def url(self, name: str) -> str: ...

    def log(self, name: str) -> list[dict[str, Any]]: ...


@dataclass
class Happened:
    """To one source."""

    status: list[Mapping[str, Any]] = field(default_factory=list)
    """Its line of `aggregator status`, after each run."""
    requests: list[dict[str, Any]] = field(default_factory=list)
    seconds: float = 0.0
    """From the first request to the line that tells of the visit; 0 if no line did."""
    titles: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    published: str = ""
    """Its own topic in all formats, one after the other."""
    page: str = ""
    html: list[str] = field(default_factory=list)
    """Of its own topic: the page, and the bodies of its items."""

    def next_in(self, run: int = 0) -> float:
        """Seconds between a visit and the next one; infinite if there is none."""
        row = self.status[run]
        if not row["next_visit"]:
            return float("inf")
        return (datetime.fromisoformat(row["next_visit"]) - datetime.fromisoformat(row["last_visit"])).total_seconds()


@dataclass
class Replay:
    """What came of it all."""

    cases: dict[str, Happened]
    seconds: list[float]
    """Of each run."""
    codes: list[int]
    """Exit codes, likewise."""
    memory: float
    """MB, the most that any run ever held."""
    called: set[str]
    """Addresses that were connected to."""
    opened: set[str]
    """Files that no source may make us open."""
    said: str
    """All that was written to the terminal."""


class Desk:
    """A workspace, and a watch on everything that runs in it."""

    def __init__(self, folder: Path, bait: Sequence[str]) -> None:
        self.folder = folder
        self.said: list[tuple[float, str]] = []
        self.seconds: list[float] = []
        self.codes: list[int] = []
        self.notes: list[tuple[str, str]] = []
        self._log = folder / "guard.log"
        path = os.pathsep.join([str(GUARD), *filter(None, sys.path)])
        watch = {"HOSTILE_LOG": str(self._log), "HOSTILE_BAIT": os.pathsep.join(bait)}
        self._env = {**os.environ, "PYTHONPATH": path, **watch}

    def run(self, *args: str) -> None:
        """A command under guard; the time of each line that it writes is kept."""
        began = time.monotonic()
        command = [sys.executable, "-m", "aggregator", *args]
        with subprocess.Popen(command, cwd=self.folder, env=self._env, stderr=subprocess.PIPE, text=True) as child:
            for line in child.stderr or ():
                self.said.append((time.monotonic(), line))
        self.seconds.append(time.monotonic() - began)
        self.codes.append(child.returncode)
        rows = (line.split("\t") for line in self._log.read_text().splitlines())
        self.notes += [(kind, what) for kind, what in rows]

    def ask(self, *args: str) -> str:
        """What a command answers."""
        command = [sys.executable, "-m", "aggregator", *args]
        return subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=True).stdout

    def noted(self, kind: str) -> set[str]:
        return {what for noted, what in self.notes if noted == kind}


def replay(folder: Path, cases: Mapping[str, Case], servers: Mapping[str, CaseServer], bait: Sequence[str]) -> Replay:
    """Send the product to all cases, three times. `folder` is an empty one."""
    desk = Desk(folder, bait)
    (folder / "config.yaml").write_text(settings(cases, servers))
    happened = {name: Happened() for name in cases}
    desk.run("run", "--once")
    look(desk, happened)
    again = [name for name, case in cases.items() if case.behaviour not in SLOW]
    desk.run("collect", *again)
    look(desk, happened)
    more = [name for name in again if cases[name].expect.get("polls", 0) >= VISITS]
    if more:
        desk.run("collect", *more)
        look(desk, happened)
    read_stories(desk, happened)
    for name, one in happened.items():
        one.requests = servers[name].log(name)
        one.seconds = seconds(name, one, desk.said)
        read_topic(folder / "feeds" / name, one)
    memory = max(int(kilobytes) for kilobytes in desk.noted("memory")) / 1024
    said = "".join(line for _, line in desk.said)
    return Replay(happened, desk.seconds, desk.codes, memory, desk.noted("connect"), desk.noted("open"), said)


def settings(cases: Mapping[str, Case], servers: Mapping[str, CaseServer]) -> str:
    """A config.yaml that reads every case, and gives a topic to those whose published words matter."""
    urls = {name: servers[name].url(name) for name in cases}
    hosts = sorted({url.split("/")[2].partition(":")[0] for url in urls.values()})
    sources = "".join(f"  - {{name: {name}, feed: {json.dumps(url)}}}\n" for name, url in urls.items())
    shown = [case.name for case in cases.values() if {"html_policy", "forbid_text"} & set(case.expect)]
    topics = "".join(f"  - {{name: {name}, match: [{json.dumps('source:=' + name)}], limit: 500}}\n" for name in shown)
    topics = f"topics:\n{topics}" if shown else ""
    return f"{HEAD}private_hosts: {json.dumps(hosts)}\nsources:\n{sources}{topics}"


def look(desk: Desk, happened: Mapping[str, Happened]) -> None:
    for row in json.loads(desk.ask("status", "--json")):
        happened[row["name"]].status.append(row)


def read_stories(desk: Desk, happened: Mapping[str, Happened]) -> None:
    for line in desk.ask("stories", "--json").splitlines():
        story = json.loads(line)
        for article in (story, *story["copies"]):
            happened[article["source"]].titles.append(article["title"])
            happened[article["source"]].links.append(article["url"])


def read_topic(folder: Path, one: Happened) -> None:
    texts = {name: folder / name for name in ("rss.xml", "atom.xml", "feed.json", "index.html")}
    if folder.is_dir():
        one.published = "\n".join(path.read_text() for path in texts.values())
        one.page = texts["index.html"].read_text()
        one.html = [item.get("content_html", "") for item in json.loads(texts["feed.json"].read_text())["items"]]


def seconds(name: str, one: Happened, said: Iterable[tuple[float, str]]) -> float:
    """How long the first visit took."""
    if not one.requests:
        return 0.0
    first: float = one.requests[0]["mono"]
    return next((at - first for at, line in said if f"  {name}: " in line and at > first), 0.0)
