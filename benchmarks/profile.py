"""
Where the river's time goes: its jobs in one thread, looked at every few milliseconds of CPU.

    .venv/bin/python -m benchmarks.profile [PHASE] [--feeds 100] [--entries 35] [--least 2] [--deepest 12]

The desk is that of benchmarks/river.py, and so are the phases: first (if none is named), bare, publish, unchanged,
changed; each follows those before it. Prints the CPU milliseconds a job, and as a tree the share of the time that each
function took with all below it, down to `--least` per cent. What C does counts for the function that called it.
"""

from __future__ import annotations

import argparse
import multiprocessing
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from aggregator import config
from aggregator.jobs import LEASE, now
from aggregator.model import ALL, Job
from aggregator.newsroom import Newsroom
from benchmarks import river
from benchmarks.peers.ours import without_sameness

ORDER = ("first", "publish", "unchanged", "changed")
EVERY = 0.004
"""Seconds of CPU; most kernels look no more often."""
TOP = "jobs.run"
"""What is above it is the same for everything."""

Stack = tuple[str, ...]


def main() -> None:
    parser = argparse.ArgumentParser(description="Where the river's time goes.")
    parser.add_argument("phase", nargs="?", default="first", choices=(*ORDER, "bare"))
    parser.add_argument("--feeds", type=int, default=100)
    parser.add_argument("--entries", type=int, default=35, help="of a feed, about")
    parser.add_argument("--least", type=float, default=2.0, help="per cent")
    parser.add_argument("--deepest", type=int, default=12)
    options = parser.parse_args()
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(
        target=river.serve, args=(theirs, options.feeds, options.entries, ""), daemon=True
    )
    server.start()
    _, _, text = ours.recv()
    with tempfile.TemporaryDirectory() as name:
        settings = Path(name) / "config.yaml"
        settings.write_text(text)
        for phase in before(options.phase):
            perform(settings, phase)
        if options.phase == "changed":
            river.put(ours, 1)
        seconds, jobs, met = perform(settings, options.phase, is_watched=True)
    ours.send(None)
    print(f"{options.phase}: {jobs} jobs, {1000 * seconds / jobs:.2f} ms of CPU each, {sum(met.values())} looks")
    tree = Branch()
    for stack, looks in met.items():
        tree.add(stack[stack.index(TOP) + 1 :] if TOP in stack else stack[:1], looks)
    for depth, function, looks in tree.lines(tree.looks * options.least / 100, options.deepest):
        print(f"{100 * looks / tree.looks:6.1f} %  {'    ' * depth}{function}")


def before(phase: str) -> tuple[str, ...]:
    return ORDER[: ORDER.index(phase)] if phase in ORDER else ()


def perform(settings: Path, phase: str, *, is_watched: bool = False) -> tuple[float, int, Counter[Stack]]:
    """CPU seconds of the phase's jobs, how many they were, and the stacks that were met."""
    met: Counter[Stack] = Counter()
    with ExitStack() as until:
        if phase == "bare":
            without_sameness(until)
        room = until.enter_context(Newsroom(config.load(settings), "benchmark"))
        jobs = list(jobs_of(phase, room))
        began = time.process_time()
        with watched(met) if is_watched else nullcontext():
            for job in jobs:
                room.perform(job)
        return time.process_time() - began, len(jobs), met


def jobs_of(phase: str, room: Newsroom) -> Iterator[Job]:
    if phase == "publish":
        yield from (Job("publish", topic) for topic in room.store.stale_topics())
        yield Job("front")
        return
    yield from (Job("collect", name) for name in room.store.claim(list(room.desk.sources), now(), LEASE))
    if phase != "bare":
        yield Job("classify", ALL)


@contextmanager
def watched(met: Counter[Stack]) -> Iterator[None]:
    """Counts the stacks that are met."""

    def look(_: int, frame: FrameType | None) -> None:
        stack = []
        while frame:
            module = str(frame.f_globals.get("__name__", "?")).removeprefix("aggregator.")
            stack.append(f"{module}.{frame.f_code.co_qualname}")
            frame = frame.f_back
        met[tuple(reversed(stack))] += 1

    signal.signal(signal.SIGPROF, look)
    signal.setitimer(signal.ITIMER_PROF, EVERY, EVERY)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


@dataclass
class Branch:
    """A function where it stands in the tree, and what it calls."""

    looks: int = 0
    calls: dict[str, Branch] = field(default_factory=dict)

    def add(self, stack: Stack, looks: int) -> None:
        self.looks += looks
        if stack:
            self.calls.setdefault(stack[0], Branch()).add(stack[1:], looks)

    def lines(self, least: float, deepest: int, depth: int = 0) -> Iterator[tuple[int, str, int]]:
        """Depth, function, looks; the dearest first."""
        for function, branch in sorted(self.calls.items(), key=lambda call: -call[1].looks):
            if branch.looks >= least and depth < deepest:
                yield depth, function, branch.looks
                yield from branch.lines(least, deepest, depth + 1)


if __name__ == "__main__":
    main()
