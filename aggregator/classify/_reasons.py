"""The why, in full: each term that is met, in which branch of the rule, in which sentence. Slow, for one story."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..model import Rule, Term
from ..text import located, sentence_bounds
from ._judge import Grounds, Judge
from ._reading import Mention, Reading

_MOST_HITS = 3
"""Places shown for each term; the count tells of the others."""
_LONGEST = 300
"""Characters of a sentence; of a longer one, what stands around the words."""


@dataclass(frozen=True)
class Hit:
    """A term, met."""

    term: Term
    branch: str
    """Where it stands in the rule, from 1: `all 1, any 2`."""
    decided: bool
    """It is one of those that the filing rests on."""
    place: str
    """`title`, `text`, or the field."""
    paragraph: int
    """0 is the title; -1: in a field."""
    word: int
    """From 1, in its paragraph; 0: in a field."""
    weight: int
    times: int
    """How often the term is met in all."""
    sentence: str
    """With the words **marked**; the value, if it is a field."""


@dataclass(frozen=True)
class Reason:
    """Why a story is for a topic, or why not although something of its rule is met."""

    topic: str
    filed: bool
    because: str
    strength: int
    """What speaks for it; see docs/topics.md."""
    needed: int
    hits: tuple[Hit, ...]


def hits_of(rule: Rule, grounds: Grounds, judge: Judge, numbers: Mapping[Term, int]) -> Iterator[Hit]:
    """In the order of the rule, the places of each term in the order of the text."""
    for path, term in placed(rule):
        mentions = judge.mentions.get(numbers[term], ())
        decided = (path, numbers[term]) in grounds
        for mention in mentions[:_MOST_HITS]:
            yield _hit(term, path, decided, mention, len(mentions), judge.reading)


def placed(part: Rule | Term, path: str = "") -> Iterator[tuple[str, Term]]:
    """Each term with its branch."""
    if isinstance(part, Term):
        yield path, part
        return
    before = f"{path}, " if path else ""
    for name, group in (("all", part.all), ("any", part.any), ("none", part.none)):
        for number, inner in enumerate(group, 1):
            yield from placed(inner, f"{before}{name} {number}")


def _hit(term: Term, branch: str, decided: bool, mention: Mention, times: int, reading: Reading) -> Hit:
    start, end = mention
    if start < 0:
        value = ", ".join(dict.fromkeys(reading.fields.get(term.place, ())))
        return Hit(term, branch, decided, term.place, -1, 0, reading.weight_at(-1), times, value)
    paragraph = reading.paragraph_at(start)
    first = start - reading.starts[paragraph]
    return Hit(
        term, branch, decided, "text" if paragraph else "title", paragraph, first + 1, reading.weight_at(start),
        times, quoted(reading.paragraphs[paragraph], first, first + end - start),
    )  # fmt: skip


def quoted(paragraph: str, first: int, end: int) -> str:
    """The sentence that these words of a paragraph stand in, with the words **marked**."""
    text, where = located(paragraph)
    if first >= len(where):
        return text[:_LONGEST]
    start, stop = where[first][0], where[min(end, len(where)) - 1][1]
    sentence_start, sentence_stop = next((s for s in sentence_bounds(text) if s[0] <= start < s[1]), (0, len(text)))
    before, after = text[sentence_start:start], text[stop : max(sentence_stop, stop)]
    room = max(_LONGEST - (stop - start), 0) // 2
    if len(before) + len(after) > 2 * room:
        before, after = _end_of(before, room), _beginning_of(after, room)
    return f"{before.lstrip()}**{text[start:stop]}**{after.rstrip()}"


def _end_of(text: str, room: int) -> str:
    return text if len(text) <= room else "…" + text[-room:].partition(" ")[2]


def _beginning_of(text: str, room: int) -> str:
    return text if len(text) <= room else text[:room].rpartition(" ")[0] + "…"
