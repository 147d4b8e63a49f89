"""What an edited configuration would change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from ._plainly import Row, iso, when

if TYPE_CHECKING:
    from ..plan import Plan, Transfer


def plan_row(plan: Plan) -> Row:
    """`plan --json`."""
    return {
        "sources_added": plan.sources_added, "sources_gone": plan.sources_gone, "topics_added": plan.topics_added,
        "topics_gone": plan.topics_gone, "rewritten": plan.rewritten,
        "transfers": [transfer_row(t) for t in plan.transfers],
    }  # fmt: skip


def transfer_row(transfer: Transfer) -> Row:
    t = transfer
    return {
        "topic": t.topic, "story": t.story, "title": t.title, "source": t.source, "listed_at": iso(t.listed_at),
        "enters": t.enters, "because": t.because,
    }  # fmt: skip


def plan_lines(plan: Plan, most: int | None) -> Iterator[str]:
    """For a person; of each topic no more than so many stories that enter, and that leave."""
    named = {
        "sources that are new": plan.sources_added, "sources that go; what they brought stays": plan.sources_gone,
        "topics that are new": plan.topics_added, "topics that go; their feeds answer 410": plan.topics_gone,
        "topics whose feeds would be written anew": plan.rewritten,
    }  # fmt: skip
    yield from (f"{what}: {', '.join(names)}" for what, names in named.items() if names)
    for topic, group in groupby(plan.transfers, key=lambda t: t.topic):
        transfers = list(group)
        entering, leaving = [t for t in transfers if t.enters], [t for t in transfers if not t.enters]
        yield f"{topic}: {len(entering)} would enter, {len(leaving)} would leave"
        yield from transfer_lines("+", "because", entering, most)
        yield from transfer_lines("-", "is there because", leaving, most)
    if not plan.transfers and not any(named.values()):
        yield "nothing would change"


def transfer_lines(mark: str, why: str, transfers: Sequence[Transfer], most: int | None) -> Iterator[str]:
    for t in transfers[:most]:
        yield f"  {mark} {when(t.listed_at)}  {t.title} ({t.source}, {t.story[:12]})"
        yield f"      {why}: {t.because}"
    if most and len(transfers) > most:
        yield f"  {mark} and {len(transfers) - most} more: --all shows them"
