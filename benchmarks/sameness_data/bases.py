"""
Texts to make copies of: from public corpora, where a folder with them is given, else made up.

    DIR/tgcontest/                  ru, en  news of 2019-20 (github.com/IlyaGusev/tgcontest, toloka/)
    DIR/factRuEval-2016/            ru      news (github.com/dialogue-evaluation/factRuEval-2016)
    DIR/KazNERD/                    kk      sentences of news in their order (github.com/IS2AI/KazNERD)
    DIR/UD_*/                       all     sentences in their order (github.com/UniversalDependencies)
    DIR/tgnews/                     ru, en  days of news of many outlets (github.com/dzhiblavi/tgnews, its news/)

Sentences without article boundaries are cut into pseudo-articles of 8 to 20 in a row.
"""

from __future__ import annotations

import csv
import random
import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path

LANGUAGES = ("ru", "kk", "en", "de", "zh")
_TREEBANKS = {"Russian": "ru", "Kazakh": "kk", "English": "en", "German": "de", "Chinese": "zh"}
_SHORTEST = 400
"""Characters; a third of that in Chinese."""

_DATE = re.compile(r"\s*\d\d \w+ \d{4}, \d\d:\d\d\s*(?:by .{0,80}?  )?")
_LONGEST_TITLE = 110

Text = tuple[str, str]
"""Title and body."""


def bases(corpora: Path | None, limit: int) -> dict[str, list[Text]]:
    """For each language up to `limit` different texts: those of the corpora first, made-up ones for what is missing."""
    found: dict[str, list[Text]] = {language: [] for language in LANGUAGES}
    if corpora:
        for language, text in _of_corpora(corpora):
            found[language].append(text)
    return {language: _enough(language, texts, limit) for language, texts in found.items()}


def _enough(language: str, texts: list[Text], limit: int) -> list[Text]:
    draw = random.Random(language)
    long = [(title[:_LONGEST_TITLE], body) for title, body in texts if _is_long(body, language)]
    chosen = list({re.sub(r"\W", "", body)[:60]: (title, body) for title, body in long}.values())
    draw.shuffle(chosen)
    while len(chosen) < limit:
        chosen.append(made_up(language, draw))
    return chosen[:limit]


def _is_long(body: str, language: str) -> bool:
    return len(body) >= (_SHORTEST // 3 if language == "zh" else _SHORTEST)


# --- made up ---------------------------------------------------------------------------------------------------------

_SYLLABLES = {
    "ru": "на по ка ре то ни ва ли ста про ме ру ден со ги пра ло му зе ши чер бу фо",
    "kk": "қа ма ды ба лар сы ты ке не гі жа бо ұлы мен өз да рі ша тұр ғы үй аң",
    "en": "ta re con lo men der si ver pro al is ma ti on fer bel gar do ness ing ur",
    "de": "ge ver schaf ten lich ung be stel kei ter an ein gra bun dor lei ke zu wer",
}
_CHARACTERS = "".join(map(chr, range(0x4E00, 0x5200)))
"""A thousand of them, whatever they mean."""


def made_up(language: str, draw: random.Random) -> Text:
    """A text of words that nobody ever wrote, as often as words come in real ones: few often, most hardly ever."""
    words = vocabulary(language)
    sentences = [_sentence(language, words, draw) for _ in range(draw.randint(7, 20))]
    title = _sentence(language, words, draw)[:80].rstrip(".。 ")
    return title, ("" if language == "zh" else " ").join(sentences)


_vocabularies: dict[str, list[str]] = {}


def vocabulary(language: str) -> list[str]:
    """Words of a language that is none, the common ones first."""
    if language not in _vocabularies:
        draw = random.Random(f"words of {language}")
        if language == "zh":
            made = ["".join(draw.choices(_CHARACTERS, k=draw.randint(1, 3))) for _ in range(9000)]
        else:
            syllables = _SYLLABLES[language].split()
            made = ["".join(draw.choices(syllables, k=draw.randint(1, 4))) for _ in range(6000)]
        _vocabularies[language] = list(dict.fromkeys(made))
    return _vocabularies[language]


def _sentence(language: str, words: list[str], draw: random.Random) -> str:
    chosen = [words[int(len(words) * draw.random() ** 2)] for _ in range(draw.randint(7, 20))]
    if language == "zh":
        return "".join(chosen) + "。"
    if draw.random() < 0.6:
        chosen[draw.randrange(1, len(chosen))] = draw.choice(words).capitalize() + draw.choice(words)
    if draw.random() < 0.4:
        chosen[draw.randrange(1, len(chosen))] = str(draw.randint(2, 3000))
    return " ".join(chosen).capitalize() + "."


# --- public corpora --------------------------------------------------------------------------------------------------


def _of_corpora(corpora: Path) -> Iterator[tuple[str, Text]]:
    for path in sorted((corpora / "tgcontest/toloka/categories").glob("*_cat_*.tsv")):
        for row in rows(path):
            yield path.name[:2], (row["INPUT:title"], row["INPUT:text"])
    for path in sorted((corpora / "factRuEval-2016").glob("*set/book_*.txt")):
        first, _, rest = path.read_text(encoding="utf-8").strip().partition("\n")
        yield "ru", (first, rest)
    for language in ("ru", "en"):
        yield from ((language, text) for text in day(corpora, language))
    for path in sorted((corpora / "KazNERD/KazNERD").glob("IOB2_*.txt")):
        yield from (("kk", text) for text in _pseudo(_kaznerd(path), random.Random(path.name)))
    for folder in sorted(corpora.glob("UD_*-*")):
        if language := _TREEBANKS.get(folder.name[3:].partition("-")[0], ""):
            for path in sorted(folder.glob("*.conllu")):
                yield from ((language, text) for text in _pseudo(_treebank(path), random.Random(path.name)))


def rows(path: Path) -> Iterator[dict[str, str]]:
    """The rows of a table with tabs; none if there is no such file."""
    csv.field_size_limit(1 << 30)
    if path.exists():
        with path.open(encoding="utf-8", newline="") as file:
            yield from csv.DictReader(file, delimiter="\t")


def day(corpora: Path, language: str) -> Iterator[Text]:
    """The news of tgnews, in the order of the file; the headline is parted from the text by the date."""
    for row in rows(corpora / f"tgnews/{language}/test.csv"):
        title, *body = _DATE.split(row["text"], maxsplit=1)
        yield (title.strip(), body[0].strip()) if body else ("", title)


def _kaznerd(path: Path) -> Iterator[str]:
    for block in path.read_text(encoding="utf-8").split("\n\n"):
        line = " ".join(row.split()[0] for row in block.splitlines() if row.split())
        yield re.sub(r"\s+([.,:;!?»)])", r"\1", line).replace("« ", "«")


def _treebank(path: Path) -> Iterator[str]:
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("# text = "):
            yield line.removeprefix("# text = ")


def _pseudo(sentences: Iterable[str], draw: random.Random) -> Iterator[Text]:
    lines = [s for s in sentences if s]
    cuts = [0]
    while cuts[-1] < len(lines):
        cuts.append(cuts[-1] + draw.randint(8, 20))
    for start, end in pairwise(cuts):
        part = lines[start:end]
        joint = "" if re.match(r"[\u4e00-\u9fff]", part[0]) else " "
        yield part[0][:90], joint.join(part[1:])
