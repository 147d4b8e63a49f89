"""Labelled documents and pairs: bases and their copies, serial news, and what looks alike and is not."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .bases import LANGUAGES, Text, bases
from .edits import EDITS, Desk, copy, footer, lead, other_figures, typography
from .templates import TEMPLATES, instance, one_name_apart

INSTANCES = 14
"""Of each template."""
_COPIES = 4
"""Of each base."""
_LIGHT = ("typography", "wrapper", "headline glued", "5 % reworded")


@dataclass(frozen=True)
class Document:
    """One text of a stream."""

    language: str
    group: str
    """Documents of one group are one piece of news."""
    kind: str
    """The edit; `original`, `template` for what is no copy."""
    text: Text


@dataclass(frozen=True)
class Pair:
    """Two texts, and what makes them alike."""

    language: str
    kind: str
    a: Text
    b: Text


class Half:
    """Bases and templates that the other half has not."""

    def __init__(self, name: str, corpora: Path | None, limit: int) -> None:
        odd = name == "B"
        self.name = name
        self.texts = {language: texts[odd::2] for language, texts in bases(corpora, 2 * limit).items()}
        self.templates = {language: range(odd, len(TEMPLATES[language]), 2) for language in LANGUAGES}

    def stream(self) -> list[Document]:
        """Everything mixed up: each base with some copies, each template with its instances and a copy of each."""
        draw = random.Random(f"stream {self.name}")
        documents = [*self._copies(draw), *self._serials(draw)]
        draw.shuffle(documents)
        return documents

    def _copies(self, draw: random.Random) -> Iterator[Document]:
        for language, texts in self.texts.items():
            for i, text in enumerate(texts):
                group = f"{language} {i}"
                yield Document(language, group, "original", text)
                for kind in draw.sample(list(EDITS), _COPIES):
                    yield Document(language, group, kind, copy(kind, text, Desk(language, _others(texts, i), draw)))

    def _serials(self, draw: random.Random) -> Iterator[Document]:
        for language, numbers in self.templates.items():
            for number in numbers:
                for i in range(INSTANCES):
                    text, group = instance(language, number, draw), f"{language} template {number}, {i}"
                    yield Document(language, group, "template", text)
                    if i % 3 == 0:
                        edited = copy(draw.choice(_LIGHT), text, Desk(language, self.texts[language], draw))
                        yield Document(language, group, "copy of a template", edited)

    def alike(self) -> Iterator[Pair]:
        """Pairs that are not the same, by what makes them look alike."""
        draw = random.Random(f"alike {self.name}")
        for language in LANGUAGES:
            yield from self._alike(language, draw)
            for number in self.templates[language]:
                made = [instance(language, number, draw) for _ in range(INSTANCES)]
                yield from (Pair(language, "template", a, b) for i, a in enumerate(made) for b in made[:i])
                yield from self._one_name_apart(language, number, draw)

    def _one_name_apart(self, language: str, number: int, draw: random.Random) -> Iterator[Pair]:
        """Alone, and with so much that both say besides that next to nothing differs."""
        for past in ("", *(text[1] for text in draw.sample(self.texts[language], 3))):
            if pair := one_name_apart(language, number, draw):
                a, b = ((title, f"{body} {past}") for title, body in pair)
                yield Pair(language, "one name apart", a, b)

    def _alike(self, language: str, draw: random.Random) -> Iterator[Pair]:
        texts = self.texts[language]
        for i, a in enumerate(texts):
            b, c, *more = draw.sample(_others(texts, i), 6)
            past = c[1][: min(len(a[1]), len(b[1])) // 2]
            yield Pair(language, "unrelated", a, b)
            yield Pair(language, "shared background", (a[0], f"{a[1]} {past}"), (b[0], f"{b[1]} {past}"))
            end = footer(Desk(language, [c, *more], draw))
            yield Pair(language, "same footer", (a[0], f"{a[1]}\n{end}"), (b[0], f"{b[1]}\n{end}"))
            desk = Desk(language, [], draw)
            items = [lead(t, desk)[1] for t in (*more, b)]
            items.insert(draw.randint(1, len(items)), a[1] if len(a[1]) < 1000 else lead(a, desk)[1])
            yield Pair(language, "digest", a, (more[0][0], "\n\n".join(items)))

    def updates(self) -> Iterator[Pair]:
        """A text, and the same with one or two other figures."""
        draw = random.Random(f"updates {self.name}")
        for language, texts in self.texts.items():
            for text in texts:
                if changed := other_figures(text, draw):
                    yield Pair(language, "update", text, changed)

    def plain_copies(self) -> Iterator[Pair]:
        """A text, and a copy with all its figures."""
        draw = random.Random(f"copies {self.name}")
        for language, texts in self.texts.items():
            yield from (Pair(language, "copy", t, typography(t, Desk(language, [], draw))) for t in texts)


def _others(texts: list[Text], i: int) -> list[Text]:
    return texts[:i] + texts[i + 1 :]
