"""
Whether another version of an article says something else, or only looks different. docs/sameness.md, "Edits".

    another headline, another figure or name, three words or more    in substance: the story's `updated_at` moves
    a word or two, quotes, dashes, ё, markup, labels, links          only its look: the version is kept, no date moves
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .markup import plain
from .model import Article
from .passages import Passage, Words, compare, spoken
from .text import words

ENOUGH = 3
"""Words."""
_SAME_ROOT = 5
"""Letters: names that begin with so many of the same letters are forms of one name, as in sameness/."""
_SHOWN = 3

_NAME = re.compile(r"[^\W\d_]{3,}")


@dataclass(frozen=True)
class Edit:
    """What has become of a text."""

    substantive: bool
    because: str


def edit(old: Article, new: Article) -> Edit:
    """What `new` says in place of `old`."""
    if words(old.title) != words(new.title):
        return Edit(True, "the text has changed: another headline")
    changes = [p for row in compare(plain(old.content), plain(new.content)) for p in row if differs(p)]
    if figures := [shown for p in changes if (shown := other_figures(p))]:
        return Edit(True, f"the text has changed: other figures: {_listed(figures)}")
    count = sum(max(len(words(spoken(p.old))), len(words(spoken(p.new)))) for p in changes)
    if count >= ENOUGH:
        return Edit(True, f"the text has changed: {count} words")
    if names := [shown for p in changes if (shown := another_name(p))]:
        return Edit(True, f"the text has changed: other names: {_listed(names)}")
    if count:
        return Edit(False, f"only {count} {'word has' if count == 1 else 'words have'} changed")
    return Edit(False, "only its look has changed")


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
    return words(name)[0][:_SAME_ROOT]


def _listed(shown: list[str]) -> str:
    return ", ".join(shown[:_SHOWN]) + (", …" if len(shown) > _SHOWN else "")
