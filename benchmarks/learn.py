"""
How well a topic is learned from examples, and how fast: aggregator/learn.py on labelled news.

    .venv/bin/python -m benchmarks.learn --corpora DIR [--half A]

DIR holds tgcontest/ (github.com/IlyaGusev/tgcontest, toloka/categories: news of 2019-20 in up to eight categories) and,
for news that nobody has labelled, tgnews/ (github.com/dzhiblavi/tgnews, its news/). Whatever is set is set by what
`--half A` prints; the rest of what is printed is for looking at.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from pathlib import Path
from statistics import mean

from aggregator.errors import LearningError
from aggregator.learn import Model, Text, fit, train
from benchmarks.sameness_data.bases import day, rows

_FOLDS = 5
_EXAMPLES = 20
_UNLABELLED = 400
_NO_CATEGORIES = ("other", "not_news")
"""What is left over: no operator would make a topic of it."""

Labelled = tuple[Text, str]
"""A text and its category."""


def main() -> None:
    """Print the tables."""
    options = argparse.ArgumentParser(description="How well a topic is learned from examples.")
    options.add_argument("--corpora", type=Path, required=True)
    options.add_argument("--half", choices=("A", "all"), default="all")
    chosen = options.parse_args()
    for language in ("ru", "en"):
        for without in ((), _NO_CATEGORIES):
            texts = [(t, c) for t, c in labelled(chosen.corpora, language) if c not in without]
            sorting(language, texts, only_a=chosen.half == "A")
    if chosen.half == "all":
        for language in ("ru", "en"):
            one_topic(language, list(labelled(chosen.corpora, language)), chosen.corpora)


# --- the texts -------------------------------------------------------------------------------------------------------


def labelled(corpora: Path, language: str) -> Iterator[Labelled]:
    """Each text once, in an order that says nothing."""
    found: dict[str, Labelled] = {}
    for path in sorted((corpora / "tgcontest/toloka/categories").glob(f"{language}_cat_*.tsv")):
        for row in rows(path):
            if row["GOLDEN:res"]:
                text = (row["INPUT:title"], row["INPUT:text"])
                found[blake2b(text[1].encode(), digest_size=8).hexdigest()] = (text, row["GOLDEN:res"])
    yield from (found[key] for key in sorted(found))


def parts(texts: Sequence[Labelled], number: int) -> list[list[Labelled]]:
    """So many parts, with the same share of every category."""
    in_order = sorted(texts, key=lambda one: one[1])
    return [in_order[n::number] for n in range(number)]


def halves(texts: Sequence[Labelled]) -> tuple[list[Labelled], list[Labelled]]:
    """A, by which things are set, and B."""
    a, b = parts(texts, 2)
    return a, b


# --- every category against the others -------------------------------------------------------------------------------


def sorting(language: str, texts: Sequence[Labelled], *, only_a: bool) -> None:
    """Each text gets the category whose model gives it the highest score."""
    a, b = halves(texts)
    print(f"\n{language}, {len({c for _, c in texts})} categories, {len(texts)} texts: macro-F1")
    print(f"  half A, {_FOLDS} folds            {f1(crossed(a)):.3f}", flush=True)
    if not only_a:
        print(f"  all, {_FOLDS} folds               {f1(crossed(texts)):.3f}", flush=True)
        print(f"  learned from A, tried on B  {f1(sorted_by(a, b)):.3f}", flush=True)
        print(f"  learned from B, tried on A  {f1(sorted_by(b, a)):.3f}", flush=True)


Answers = list[tuple[str, str]]
"""The right category and the one given."""


def crossed(texts: Sequence[Labelled]) -> Answers:
    folds = parts(texts, _FOLDS)
    answers: Answers = []
    for n, held in enumerate(folds):
        answers += sorted_by([one for m, fold in enumerate(folds) if m != n for one in fold], held)
    return answers


def sorted_by(known: Sequence[Labelled], unknown: Sequence[Labelled]) -> Answers:
    models = {c: against_all(known, c) for c in sorted({c for _, c in known})}
    return [(right, max(models, key=lambda c: models[c].score(text))) for text, right in unknown]


def against_all(known: Sequence[Labelled], category: str) -> Model:
    return fit([t for t, c in known if c == category], [t for t, c in known if c != category], [])


def f1(answers: Answers) -> float:
    """The mean over the categories."""
    return mean(_f1(answers, c) for c in {right for right, _ in answers})


def _f1(answers: Answers, category: str) -> float:
    hits = sum(right == given == category for right, given in answers)
    return 2 * hits / (sum(right == category for right, _ in answers) + sum(given == category for _, given in answers))


# --- one topic -------------------------------------------------------------------------------------------------------


def one_topic(language: str, texts: Sequence[Labelled], corpora: Path) -> None:
    """An operator's lot: some examples of one category out of half A, unlabelled news, and all of half B to come."""
    a, b = halves(texts)
    news = list(day(corpora, language))[:_UNLABELLED]
    print(f"\n{language}, one topic from up to {_EXAMPLES} examples, {len(a)} of A, {len(news)} others; B to come")
    print("  category        examples  needed  known   precision          recall             seconds  bytes")
    together = [0, 0, 0]
    for category in sorted({c for _, c in texts}):
        yes = [t for t, c in a if c == category][:_EXAMPLES]
        others = [t for t, _ in a if t not in yes] + news
        start = time.perf_counter()
        try:
            model = train(yes, [], others)
        except LearningError as e:
            print(f"  {category:14} {len(yes):9}  {e}")
            continue
        seconds = time.perf_counter() - start
        found = [c for t, c in b if model.score(t) >= model.needed]
        counts = found.count(category), len(found), sum(c == category for _, c in b)
        together = [one + more for one, more in zip(together, counts, strict=True)]
        print(f"  {category:14} {len(yes):9} {model.needed:7.2f} {model.known:6.2f}   ", end="")
        print(f"{_both(*counts)} {seconds:7.1f}  {len(model.to_bytes()):,}", flush=True)
    print(f"  {'together':34}   {_both(*together)}")


def _both(hits: int, found: int, wanted: int) -> str:
    return f"{_share(hits, found):18} {_share(hits, wanted):18}"


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.2f} ({part} of {whole})" if whole else "- (0 of 0)"


if __name__ == "__main__":
    main()
