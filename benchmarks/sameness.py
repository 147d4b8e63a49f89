"""
How well near-duplicates are told, and how fast.

    .venv/bin/python -m benchmarks.sameness [--corpora DIR] [--quick] [--half A|B]

Without a folder of corpora (benchmarks/sameness_data/bases.py lists them) all texts are made up; with it, the real
pairs are measured too. Thresholds may be looked at with `--half A` only; what is reported is half B.
`--quick` takes a minute: fewer texts, and speed with 10,000 articles stored; otherwise also with 200,000, and with the
marks of 800,000 more, which takes some ten minutes and 1 GB in the temporary folder.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from aggregator.sameness import Likeness, compare, read
from benchmarks.sameness_data import real, related, speed
from benchmarks.sameness_data.bases import LANGUAGES, Text
from benchmarks.sameness_data.documents import Document, Half, Pair
from benchmarks.sameness_data.edits import EDITS
from benchmarks.sameness_data.index import Index

_VISIT = 30
_WANTED = {
    "typography": 0.99, "headline glued": 0.98, "wrapper": 0.96, "lead only": 0.95, "lead + wrapper": 0.88,
    "sentences dropped": 0.96, "5 % reworded": 0.96, "12 % reworded": 0.92, "background appended": 0.96,
    "copy of a template": 0.88,
}  # fmt: skip


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description="How well near-duplicates are told, and how fast.")
    options.add_argument("--corpora", type=Path)
    options.add_argument("--half", choices=("A", "B"), default="B")
    options.add_argument("--quick", action="store_true")
    options.add_argument("--no-speed", action="store_true")
    chosen = options.parse_args()
    found = sorted(p.name for p in chosen.corpora.iterdir()) if chosen.corpora else []
    print("corpora:", ", ".join(found) or "none, all texts are made up")
    half = Half(chosen.half, chosen.corpora, 60 if chosen.quick else 200)
    stream(half.stream(), chosen.half)
    lookalikes(half)
    updates(half)
    if chosen.corpora:
        republications(chosen.corpora)
        one_day(chosen.corpora)
        related.report(chosen.corpora)
    if not chosen.no_speed:
        speed.report([10_000] if chosen.quick else [10_000, 20_000, 200_000, 1_000_000])


def line(what: str, measured: str, wanted: str = "") -> None:
    print(f"  {what:42} {measured:>22}   {wanted}", flush=True)


# --- a stream of documents -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Outcome:
    """One document of the stream, and where it went."""

    document: Document
    expected: bool
    """Whether its news was there before."""
    right: bool
    """It joined a story that was opened by its own news."""
    wrong: bool
    """It joined another one."""


def stream(documents: list[Document], half: str) -> None:
    outcomes = list(_outcomes(documents))
    print(f"\nmixed stream, half {half}: {len(documents):,} documents")
    print("  (of an edit: recall in the stream, where any copy may come first; and against the original)")
    line("all: precision, recall", _both(outcomes), "P >= .985, R >= .92")
    for language in LANGUAGES:
        line(language, _both([o for o in outcomes if o.document.language == language]), "P >= .98, R >= .85")
    for kind in (*EDITS, "copy of a template"):
        of_kind = [o for o in outcomes if o.document.kind == kind and o.expected]
        wanted = f"R >= {_WANTED[kind]:.2f}" if kind in _WANTED else ""
        found = f"{_share(sum(o.right for o in of_kind), len(of_kind))} of {len(of_kind)}"
        line(kind, f"{found}; {_against_originals(kind, documents)}", wanted)


def _against_originals(kind: str, documents: list[Document]) -> str:
    """The share of the copies that are the same as their original, whatever came between."""
    originals = {d.group: d.text for d in documents if d.kind in ("original", "template")}
    same = [likeness(d.text, originals[d.group]).same for d in documents if d.kind == kind]
    return _share(sum(same), len(same))


def _outcomes(documents: list[Document]) -> Iterator[Outcome]:
    index, seen, opened = Index(), set[str](), dict[int, str]()
    for start in range(0, len(documents), _VISIT):
        visit = documents[start : start + _VISIT]
        for document, taken in zip(visit, index.take([d.text for d in visit]), strict=True):
            joined = taken.story != taken.article
            right = joined and opened[taken.story] == document.group
            yield Outcome(document, document.group in seen, right, joined and not right)
            opened.setdefault(taken.story, document.group)
            seen.add(document.group)


def _both(outcomes: Iterable[Outcome]) -> str:
    right = expected = wrong = 0
    for o in outcomes:
        right, expected, wrong = right + o.right, expected + o.expected, wrong + o.wrong
    return f"{_share(right, right + wrong)}, {_share(right, expected)} ({wrong} false)"


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.3f}" if whole else "-"


# --- pairs -----------------------------------------------------------------------------------------------------------


def likeness(one: Text, other: Text) -> Likeness:
    a, b = read([one, other])
    return compare(a, b)


def _compared(pairs: Iterable[Pair]) -> Iterator[tuple[Pair, Likeness]]:
    for pair in pairs:
        yield pair, likeness(pair.a, pair.b)


def lookalikes(half: Half) -> None:
    all_of, merged, languages = Counter[str](), Counter[str](), Counter[str]()
    for pair, verdict in _compared(half.alike()):
        all_of[pair.kind] += 1
        merged[pair.kind] += verdict.same
        languages[f"{pair.kind}, {pair.language}"] += verdict.same
    print("\npairs that only look alike: share merged")
    for kind, n in all_of.items():
        where = ", ".join(f"{k.split(', ')[1]} {v}" for k, v in languages.items() if v and k.startswith(kind))
        wanted = "<= 2 %" if kind in ("template", "one name apart") else "<= 0.2 %"
        line(kind, f"{merged[kind] / n:.2%} of {n}", f"{wanted}  {where}")


def updates(half: Half) -> None:
    changed = [verdict for _, verdict in _compared(half.updates())]
    plain = [verdict for _, verdict in _compared(half.plain_copies())]
    print("\none or two figures changed")
    line("merged", _share(sum(k.same for k in changed), len(changed)))
    line("merged and labelled `update`", _share(sum(k.relation == "update" for k in changed), len(changed)), ">= .75")
    line("plain copies labelled `update`", _share(sum(k.relation == "update" for k in plain), len(plain)))


# --- real texts ------------------------------------------------------------------------------------------------------


def republications(corpora: Path) -> None:
    merged, all_of = Counter[str](), Counter[str]()
    for pair in real.pairs(corpora):
        all_of[pair.label] += 1
        merged[pair.label] += likeness(pair.a, pair.b).same
    print(f"\n{sum(all_of.values())} real pairs of tgcontest (thresholds were chosen with these in view)")
    line("republications", f"{merged['same']} of {all_of['same']}", ">= 22 of 25")
    line("others merged", f"{merged['']} of {all_of['']}", "<= 7 of 217")
    line("rewritten (not counted)", f"{merged['grey']} of {all_of['grey']}")


def one_day(corpora: Path) -> None:
    """Every article of some days against every other one: what is merged has to be in the list."""
    known = real.labels()
    print("\nreal days of many outlets: articles, merged pairs")
    for language, texts in real.days(corpora).items():
        digests: dict[int, str] = {}
        merged = Counter[str]()
        index = Index()
        for text, taken in zip(texts, index.take(texts), strict=True):
            if taken.story != taken.article:
                merged[known.get(frozenset((digests[taken.story], real.digest(text))), "not in the list")] += 1
            digests[taken.article] = real.digest(text)
        wanted = sum(v == "same" for k, v in known.items() if k <= set(digests.values()))
        line(language, f"{len(texts)}, {dict(merged) or 'none'}", f"same: {wanted}")


if __name__ == "__main__":
    main()
