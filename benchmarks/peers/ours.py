"""
River itself: the jobs of a desk, in one process that starts and ends.

    python -m benchmarks.peers.ours CONFIG collect|bare|publish

    collect   every source, and then filing: with sameness and topics
    bare      every source, without either: what the peers do
    publish   every edition that is stale, and the front page
"""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path

from aggregator import config
from aggregator.jobs import LEASE, now
from aggregator.model import ALL, Job
from aggregator.newsroom import Newsroom


def main(settings: str, what: str) -> None:
    with ExitStack() as open_until_the_end:
        if what == "bare":
            without_sameness(open_until_the_end)
        room = open_until_the_end.enter_context(Newsroom(config.load(Path(settings)), "benchmark"))
        if what == "publish":
            do(room, [*(Job("publish", topic) for topic in room.store.stale_topics()), Job("front")])
            return
        do(room, [Job("collect", name) for name in room.store.claim(list(room.desk.sources), now(), LEASE)])
        if what == "collect":
            do(room, [Job("classify", ALL)])


def do(room: Newsroom, jobs: list[Job]) -> None:
    runner = room.runner()
    for job in jobs:
        runner.submit(job)
    runner.wait()
    runner.close()


def without_sameness(until: ExitStack) -> None:
    """Texts are neither read nor compared; ids, links and equal texts are."""
    from unittest.mock import patch  # 40 ms, which are not ours

    from aggregator import sameness

    nothing = sameness.read([("", "")])[0]
    until.enter_context(patch("aggregator.memory.sameness.read", lambda texts: [nothing] * len(texts)))
    until.enter_context(patch("aggregator.dedupe.near", lambda *_: None))


if __name__ == "__main__":
    main(*sys.argv[1:])
