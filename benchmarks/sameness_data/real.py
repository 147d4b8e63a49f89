"""
Pairs of real texts of real outlets, labelled by reading (republications.tsv: digests of the texts, no texts).

    same     one text, however cut, retitled and touched up
    grey     one source rewritten, or long quotations in common: either answer is right, and none is counted
    -        everything that is not in the list

The list was made by reading all pairs with a fifth of their phrases in common or more. What was reworded more than that
counts as another text.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from .bases import Text, day, rows

_POOLS = ("ru_train_pool", "ru_exam_pool", "ru_honey_pool", "en_train_pool")


@dataclass(frozen=True)
class RealPair:
    """Two articles of the pools of tgcontest."""

    language: str
    a: Text
    b: Text
    one_event: bool
    """As the pool has it."""
    label: str
    """`same`, `grey` or empty."""


def digest(text: Text) -> str:
    return blake2b(text[1].encode(), digest_size=6).hexdigest()


def labels() -> dict[frozenset[str], str]:
    """Two digests -> what reading the two texts said."""
    return {
        frozenset((row["first"], row["second"])): row["label"]
        for row in rows(Path(__file__).parent / "republications.tsv")
    }


def pairs(corpora: Path) -> Iterator[RealPair]:
    """All pairs of the pools, in the order of the files."""
    known = labels()
    for pool in _POOLS:
        for row in rows(corpora / f"tgcontest/toloka/clustering_pairs/{pool}.tsv"):
            a, b = ((row[f"INPUT:{which}_title"], row[f"INPUT:{which}_text"]) for which in ("first", "second"))
            label = known.get(frozenset((digest(a), digest(b))), "")
            yield RealPair(pool[:2], a, b, row["GOLDEN:quality"] == "OK", label)


def days(corpora: Path) -> dict[str, list[Text]]:
    """All articles of some days, language by language; empty where the corpus is not there."""
    return {language: list(day(corpora, language)) for language in ("ru", "en")}
