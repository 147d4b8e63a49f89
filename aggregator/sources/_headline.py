"""
A plain text -> masthead, headline, body. By its structure alone: no word of any language is known here.

    site name          <- masthead: short lines above a headline that is repeated below
    tagline

    Headline           <- a short line without a full stop, or one that the text below repeats,
                          on a line of its own or glued to its first sentence
    HeadlineThe text   <- body, without the repetition
"""

from __future__ import annotations

from dataclasses import dataclass
from unicodedata import east_asian_width

_LONGEST_HEADLINE, _LONGEST_MASTHEAD, _LONG_LINE = 200, 100, 120
_HIGHEST, _NEAREST = 6, 3
_ENDS_SENTENCE = tuple(".。．｡;；,，、:：")
_STOPS = ".!?…。！？"
_OPENS_SENTENCE = "«“„‟\"'‘‹「『（(["
_OPENS_SPEECH = "«“„‟\""  # ' and ‘ stand within words: the mayor's, O‘zbekiston


@dataclass(frozen=True)
class Layout:
    """What stands where. `body` keeps its lines as they were."""

    masthead: tuple[str, ...]
    title: str | None
    body: str


def layout(text: str) -> Layout:
    """Find the headline of a text; title None if it has none, and then the whole text is the body."""
    lines = [" ".join(line.split()) for line in text.split("\n")]
    return _repeated(text, lines) or _on_top(text, lines)


def without(title: str, text: str) -> str:
    """The text without the title that it begins with."""
    text = text.lstrip()
    first, _, others = text.partition("\n")
    line = " ".join(first.lstrip("# ").split())
    rest = _told_once(title, line, is_page=False)
    return text if rest == line else f"{rest}\n{others}".strip()


def _repeated(text: str, lines: list[str]) -> Layout | None:
    """The longest line near the top that one of the next lines begins with."""
    filled = [number for number, line in enumerate(lines) if line]
    found: tuple[int, int] | None = None
    for place, top in enumerate(filled[:_HIGHEST]):
        for below in filled[place + 1 : place + 1 + _NEAREST]:
            if _is_repeated(lines[top], lines[below]) and (not found or len(lines[top]) > len(lines[found[0]])):
                found = top, below
    if not found or any(len(line) > _LONGEST_MASTHEAD for line in lines[: found[0]]):
        return None
    top, below = found
    raw = text.split("\n")
    masthead = tuple(filter(None, lines[:top]))
    body = [*raw[top + 1 : below], _told_once(lines[top], lines[below], is_page=bool(masthead)), *raw[below + 1 :]]
    return Layout(masthead, lines[top], "\n".join(body).strip())


def _is_repeated(title: str, line: str) -> bool:
    """Whether the line begins with the title, and what follows may be another sentence."""
    if not title or len(title) > _LONGEST_HEADLINE + 100 or not line.startswith(title):
        return False
    rest = line[len(title) :]
    if not rest:
        return True
    follows = rest.lstrip(f"{_STOPS}: ")[:1]
    if not _is_telling(title) or (follows.isdigit() and title[-1].isdigit()):
        return False
    return not follows or (follows.isalnum() and not follows.islower()) or follows in _OPENS_SENTENCE


def _told_once(title: str, line: str, *, is_page: bool) -> str:
    """The line without the title; the whole line where its first sentence may have the title's words and go on."""
    rest = line[len(title) :]
    if not _is_repeated(title, line) or (rest and not _is_another_sentence(title, rest, is_page=is_page)):
        return line
    return rest.lstrip(f"{_STOPS} ")


def _is_another_sentence(title: str, rest: str, *, is_page: bool) -> bool:
    """
    Whether what stands behind the title begins a sentence, for sure: a title too many is seen and passed over, half a
    sentence too few is news that nobody can read. What is glued to it does ("открытВчера"); behind a space "of Almaty"
    may go on with "Ivan Petrov". Where letters have no case, all is glued: there a masthead has to speak for a page
    that was saved as text, which tells its headline twice.
    """
    first, second = rest[0], rest[1:2]
    if first in _STOPS:
        return True
    if first == " ":
        return title[-1] in _STOPS
    if _is_wide(title[-1]) or _is_wide(first) or (first.isalpha() and not first.isupper()):
        return is_page and first.isalnum()
    if first.isupper() and title[-1].isupper():  # "LOCAL BANK" may become a "LOCAL BANKER"
        return second.islower()
    return first.isalnum() or first in _OPENS_SPEECH


def _is_telling(title: str) -> bool:
    """Long enough not to be repeated by chance: a name may well open the first sentence again."""
    return len(title) >= 20 or len(title.split()) >= 4 or sum(map(_is_wide, title)) >= 6


def _is_wide(character: str) -> bool:
    return east_asian_width(character) in "WF"


def _on_top(text: str, lines: list[str]) -> Layout:
    """No repetition: a short line without a full stop on top of something longer, or all alone."""
    filled = [number for number, line in enumerate(lines) if line]
    if not filled or not _is_short(lines[filled[0]]):
        return Layout((), None, text.strip())
    first, others = filled[0], filled[1:]
    if _is_masthead(lines, filled):
        return Layout(tuple(lines[n] for n in filled[:2]), lines[filled[2]], _from(text, filled[3]))
    if not others:
        return Layout((), lines[first], "")
    if not lines[first + 1] or len(lines[first + 1]) > _LONG_LINE:
        return Layout((), lines[first], _from(text, others[0]))
    return Layout((), None, text.strip())


def _is_short(line: str) -> bool:
    return len(line) <= _LONGEST_HEADLINE and not line.endswith(_ENDS_SENTENCE)


def _is_masthead(lines: list[str], filled: list[int]) -> bool:
    """Two short lines together, then a longer one alone, then a text."""
    if len(filled) < 4:
        return False
    name, tagline, headline, body = filled[:4]
    alone = tagline == name + 1 and headline > tagline + 1 and body > headline + 1
    longest = max(len(lines[name]), len(lines[tagline]))
    return alone and _is_short(lines[headline]) and longest < len(lines[headline]) < len(lines[body])


def _from(text: str, line: int) -> str:
    return "\n".join(text.split("\n")[line:]).strip()
