"""Related coverage: pairs that people called one event, found again by the window."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from pathlib import Path

from aggregator.sameness.related import ALIKE, Window, terms

from . import real

_THRESHOLDS = [n / 100 for n in range(5, 80)]
_WANTED = {"ru": ">= .83", "en": ">= .93"}

Scored = list[tuple[float, bool]]
"""Likeness of a pair, and whether it is one event."""


def report(corpora: Path) -> None:
    """Print F1 for each language: by 5-fold cross-validation, ten times, and with the threshold that is set."""
    pairs = list(real.pairs(corpora))
    window = Window()
    for pair in pairs:
        for text in (pair.a, pair.b):
            window.add(real.digest(text), terms(*text), datetime(2026, 1, 1, tzinfo=UTC))
    print("\nrelated coverage: F1 by cross-validation, and with the threshold that is set")
    for language, wanted in _WANTED.items():
        scored = [(window.likeness(terms(*p.a), terms(*p.b)), p.one_event) for p in pairs if p.language == language]
        measured = f"{_cross_validated(scored):.3f}, {_f1(scored, ALIKE):.3f} of {len(scored)}"
        print(f"  {language:42} {measured:>22}   {wanted}")


def _cross_validated(scored: Scored) -> float:
    """The threshold is chosen on four fifths and tried on the last; the mean of ten shuffles."""
    results = []
    for seed in range(10):
        mixed = scored[:]
        random.Random(seed).shuffle(mixed)
        decided: Scored = []
        for fold in range(5):
            rest = [s for i, s in enumerate(mixed) if i % 5 != fold]
            best = max(_THRESHOLDS, key=lambda t: (round(_f1(rest, t), 6), -t))
            decided += [(float(likeness >= best), one) for likeness, one in mixed[fold::5]]
        results.append(_f1(decided, 0.5))
    return sum(results) / len(results)


def _f1(scored: Scored, threshold: float) -> float:
    right = sum(one for likeness, one in scored if likeness >= threshold)
    said = sum(likeness >= threshold for likeness, _ in scored)
    return 2 * right / (said + sum(one for _, one in scored) or 1)
