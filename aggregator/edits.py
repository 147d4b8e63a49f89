"""
Whether another version of an article says something else, or only looks different. docs/sameness.md, "Edits".

    another headline, another figure or name, three words or more    in substance: the story's `updated_at` moves
    a word or two, another link of its own                           the version is kept, no date moves
    quotes, dashes, ё, markup, labels, links in it                   only its look: nor is the old version kept
    headline and text share next to nothing with what was there      no edit: other news under the same guid
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from .markup import plain
from .model import Article
from .passages import Passage, Words, compare, spoken
from .text import ROOT, words

ENOUGH = 3
"""Words."""
STEPS = 300_000
"""Of comparing two versions, 30 ms: nobody can save anything meanwhile, and a feed may have 500 of them."""
_SHOWN = 3
_SHORTEST = 4
"""Letters: shorter words are mostly prepositions, and every text has them."""
_A_TEXT = 8
"""Roots: a body of fewer ("Read on our site") tells nothing."""
HEADLINE_KEPT = 0.2
"""More of the shorter headline's roots in the other headline, or in the other text, and it is an edit."""
TEXT_KEPT = 0.3
"""The same, of the shorter text's roots in the other version."""

_NAME = re.compile(r"[^\W\d_]{3,}")


@dataclass(frozen=True)
class Edit:
    """What has become of a text."""

    substantive: bool
    because: str
    is_look: bool = False
    """No word is another, and it lives where it did."""


def edit(old: Article, new: Article) -> Edit:
    """What `new` says in place of `old`."""
    if words(old.title) != words(new.title):
        return Edit(True, "the text has changed: another headline")
    changes = [p for row in compare(plain(old.content), plain(new.content), steps=STEPS) for p in row if differs(p)]
    if figures := [shown for p in changes if (shown := other_figures(p))]:
        return Edit(True, f"the text has changed: other figures: {_listed(figures)}")
    count = sum(max(len(words(spoken(p.old))), len(words(spoken(p.new)))) for p in changes)
    if count >= ENOUGH:
        return Edit(True, f"the text has changed: {count} words")
    if names := [shown for p in changes if (shown := another_name(p))]:
        return Edit(True, f"the text has changed: other names: {_listed(names)}")
    if count:
        return Edit(False, f"only {count} {'word has' if count == 1 else 'words have'} changed")
    return Edit(False, "only its look has changed", is_look=old.canonical_url == new.canonical_url)


def is_other_news(old: Article, new: Article) -> bool:
    """
    Whether what came under one guid is no version of the same article, but another article: neither its headline nor
    its text has anything to do with what was there. Where one of the two has no text, its link has to be another too:
    a headline alone may be rewritten altogether.
    """
    if roots(old.title) & roots(new.title) and _kept(old.title, new.title) > HEADLINE_KEPT:
        return False
    before, now = (roots(plain(a.content)) for a in (old, new))
    if min(len(before), len(now)) < _A_TEXT:
        return bool(old.canonical_url and new.canonical_url and old.canonical_url != new.canonical_url)
    return _share(before, now) <= TEXT_KEPT


def _kept(old: str, new: str) -> float:
    return _share(roots(old), roots(new))


def _share(one: set[str], other: set[str]) -> float:
    """How much of the smaller set is in the other one; 0 if it is empty."""
    return len(one & other) / min(len(one), len(other)) if one and other else 0.0


def roots(text: str) -> set[str]:
    """What a text says, whatever the endings: how its longer words begin, its figures, and pairs of ideographs."""
    said = words(text)
    pairs = {one + other for one, other in pairwise(said) if len(one) == len(other) == 1}
    return pairs | {word[:ROOT] for word in said if len(word) >= _SHORTEST or word[0].isdigit()}


def differs(passage: Passage) -> bool:
    """Also where a hyphen makes one word of two they say the same."""
    return not passage.same and words(spoken(passage.old)) != words(spoken(passage.new))


def other_figures(change: Passage) -> str:
    """`5/7`; empty if no figure came, went or changed."""
    before, now = _figures(change.old), _figures(change.new)
    gone, come = ([f for f in mine if f not in others][:_SHOWN] for mine, others in ((before, now), (now, before)))
    return f"{' '.join(gone) or '-'}/{' '.join(come) or '-'}" if gone or come else ""


def _figures(run: Words) -> list[str]:
    return [word for word in words(spoken(run)) if word[0].isdigit()]


def another_name(change: Passage) -> str:
    """
    `Ivanov/Petrov`: one name in place of another. Where words only came or went a capital may be that of a sentence;
    such words are counted.
    """
    before, now = _NAME.findall(spoken(change.old)), _NAME.findall(spoken(change.new))
    for one, other in zip(before, now, strict=False):
        if one[0].isupper() and other[0].isupper() and _root(one) != _root(other):
            return f"{one}/{other}"
    return ""


def _root(name: str) -> str:
    return words(name)[0][:ROOT]


def _listed(shown: list[str]) -> str:
    return ", ".join(shown[:_SHOWN]) + (", …" if len(shown) > _SHOWN else "")
