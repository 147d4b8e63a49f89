"""
How fast stories are filed, with 50 topics and with 500.

    .venv/bin/python -m benchmarks.topics [--corpora DIR [--language ru]] [--articles 2000] [--runs 5]

A topic asks for 20 terms: 12 words, 5 beginnings, 3 phrases. Words come as often as in a newspaper (Zipf); terms are
drawn from the rarer ones, so that a story is for a few topics (a second table has commoner terms, and a story is for
dozens). An article is HTML of 3 KB, a paragraph every 40 words. What is measured is `Classifier.file`, in seconds of
this process's CPU: HTML to text, words, stems, rules and reasons. Both numbers of topics take turns; the best run of
each counts. Without a folder of corpora (benchmarks/sameness_data/bases.py lists them) the words are made up of
Russian letters: as many of them are new in each story, and it is for as many topics, as in the Russian corpora.
"""

from __future__ import annotations

import argparse
import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import accumulate, pairwise
from pathlib import Path

from aggregator.classify import Classifier
from aggregator.model import Article, Dated, Rule, Story, Topic
from aggregator.rules import parse_term
from benchmarks.sameness_data.bases import bases

_NOW = datetime(2026, 11, 20, tzinfo=UTC)
_SIZE = 3000
_WORDS_A_PARAGRAPH = 40
_TABLES = {"rarer terms": 20_000, "common terms": 300}
"""Terms are drawn from all words but so many of the commonest."""
_LEMMAS = 12_000
_LEMMAS_FALL, _ENDINGS_FALL = 1.2, 2.0
"""How fast words become rarer from one to the next (exponents of Zipf's law); found by trying, so that what is made up
has as many new words in a story, and stories are for as many topics, as in real ones."""
_LONG = 8
"""Letters of a word that an operator puts a star into: экономическ*, инвестиц*."""
_ENDINGS = "а ы у ой е ов ам ами ах ий ого ому им ая ую ые ых ть л ла ли ет ют".split()
_SYLLABLES = [f"{c}{v}{e}" for c in "бвгджзклмнпрстфхцчш" for v in "аеиоу" for e in ("", "", "н", "р", "с", "л")]
_SMALL = "в и на с по из за не что к о для как его это".split()


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description="How fast stories are filed.")
    options.add_argument("--corpora", type=Path)
    options.add_argument("--language", default="ru", choices=("ru", "en", "de"), help="of the corpora")
    options.add_argument("--articles", type=int, default=2000, help="measured; as many come before")
    options.add_argument("--runs", type=int, default=5)
    chosen = options.parse_args()
    draw = random.Random(1)
    language = chosen.language if chosen.corpora else "ru"
    made_up = not chosen.corpora
    words = made_up_words(draw, chosen.articles * _SIZE // 3) if made_up else real_words(chosen.corpora, language)
    print(f"{len(words):,} words, {len(set(words)):,} different")
    for table, commonest in _TABLES.items():
        topics = made_up_topics(words, 500, commonest, draw)
        for size, texts in (("3 KB", cut(words, bytes=True)), ("3,000 letters", cut(words, bytes=False))):
            stories = [story(i, text, language) for i, text in zip(range(2 * chosen.articles), texts, strict=False)]
            report(f"{table}, {size}", topics, stories, chosen.runs)


def report(name: str, topics: Sequence[Topic], stories: Sequence[Story], runs: int) -> None:
    counts = (50, 500)
    taken = [[seconds(Classifier(topics[:count], ""), stories) for count in counts] for _ in range(runs)]
    best = [min(times) for times in zip(*taken, strict=True)]
    classifier = Classifier(topics, "")
    filed = sum(len(classifier.file(told)) for told in stories) / len(stories)
    print(f"{name}: each article for {filed:.1f} of 500 topics")
    for count, time_each in zip(counts, best, strict=True):
        print(f"  {count:3} topics  {1 / time_each:7,.0f} articles/s  {time_each * 1e6:5.0f} µs")
    print(f"  500 topics cost {best[1] / best[0]:.2f} times as much as 50", flush=True)


def seconds(classifier: Classifier, stories: Sequence[Story]) -> float:
    """CPU for one of the later half of the stories; the first half only makes it as warm as it is at work."""
    half = len(stories) // 2
    for told in stories[:half]:
        classifier.file(told)
    before = time.process_time()
    for told in stories[half:]:
        classifier.file(told)
    return (time.process_time() - before) / (len(stories) - half)


def real_words(corpora: Path, language: str) -> list[str]:
    return [w for _, body in bases(corpora, 4000)[language] for w in body.split()]


def made_up_words(draw: random.Random, count: int) -> list[str]:
    lemmas = list(dict.fromkeys("".join(draw.choices(_SYLLABLES, k=draw.choice((2, 3, 3, 4)))) for _ in range(_LEMMAS)))
    stems = zipf([*_SMALL, *lemmas], _LEMMAS_FALL, count, draw)
    endings = zipf(_ENDINGS, _ENDINGS_FALL, count, draw)
    return [w if w in _SMALL else w + ending for w, ending in zip(stems, endings, strict=True)]


def zipf(words: Sequence[str], fall: float, count: int, draw: random.Random) -> list[str]:
    weights = accumulate((rank + 4) ** -fall for rank in range(len(words)))
    return draw.choices(words, cum_weights=list(weights), k=count)


def made_up_topics(words: Sequence[str], count: int, commonest: int, draw: random.Random) -> list[Topic]:
    seen = Counter(w.strip(".,:;!?«»\"()—-").lower() for w in words)
    common = {w for w, _ in seen.most_common(commonest)}
    choice = sorted(w for w in seen if w not in common and w.isalpha() and len(w) > 4)
    known = set(choice)
    phrases = [(a, b) for a, b in pairwise(words[:200_000]) if a in known and b.isalpha() and len(b) > 4]
    return [Topic(name=f"topic-{i}", title="T", rule=rule(choice, phrases, draw)) for i in range(count)]


def rule(choice: Sequence[str], phrases: Sequence[tuple[str, str]], draw: random.Random) -> Rule:
    long = [w for w in draw.sample(choice, 100) if len(w) >= _LONG]
    terms = [*draw.sample(choice, 12), *(f"{w[:-2]}*" for w in long[:5])]
    terms += [" ".join(phrase) for phrase in draw.sample(phrases, 3)]
    return Rule(any=tuple(map(parse_term, terms)))


def cut(words: Sequence[str], bytes: bool) -> Iterator[str]:
    """Texts of 3 KB of UTF-8, or of as many letters."""
    text: list[str] = []
    size = 0
    for word in words:
        text.append(word)
        size += len(word.encode() if bytes else word) + 1
        if size >= _SIZE:
            yield " ".join(text)
            text, size = [], 0


def story(number: int, text: str, language: str) -> Story:
    words = text.split()
    parts = [" ".join(words[i : i + _WORDS_A_PARAGRAPH]) for i in range(8, len(words), _WORDS_A_PARAGRAPH)]
    told = Article(
        id=f"{number:024x}", source="alpha", publisher="Alpha", guid="", url="", canonical_url="",
        title=" ".join(words[:8]), summary="", content="".join(f"<p>{part}.</p>" for part in parts), language=language,
        published_at=_NOW, dated=Dated.SAID, updated_at=_NOW, seen_at=_NOW, digest="", sketch="",
    )  # fmt: skip
    return Story(id=told.id, guid=told.id, lead=told, listed_at=_NOW)


if __name__ == "__main__":
    main()
