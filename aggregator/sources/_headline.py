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
_OPENS_SENTENCE = "«“„‟\"'‘‹「『（(["


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
    rest = _after(title, " ".join(first.lstrip("# ").split()))
    return text if rest is None else f"{rest}\n{others}".strip()


def _repeated(text: str, lines: list[str]) -> Layout | None:
    """The longest line near the top that one of the next lines begins with."""
    filled = [number for number, line in enumerate(lines) if line]
    found: tuple[int, int] | None = None
    for place, top in enumerate(filled[:_HIGHEST]):
        for below in filled[place + 1 : place + 1 + _NEAREST]:
            if _after(lines[top], lines[below]) is not None and (not found or len(lines[top]) > len(lines[found[0]])):
                found = top, below
    if not found or any(len(line) > _LONGEST_MASTHEAD for line in lines[: found[0]]):
        return None
    top, below = found
    raw = text.split("\n")
    body = [*raw[top + 1 : below], _after(lines[top], lines[below]) or "", *raw[below + 1 :]]
    return Layout(tuple(filter(None, lines[:top])), lines[top], "\n".join(body).strip())


def _after(title: str, line: str) -> str | None:
    """What follows the title in this line; None if the line only happens to begin with the same words."""
    rest = line[len(title) :]
    if not title or len(title) > _LONGEST_HEADLINE + 100 or not line.startswith(title):
        return None
    if not rest:
        return ""
    if not _is_telling(title):
        return None
    if rest[0] in ".!?…:。！？":
        rest = rest.lstrip(".!?…:。！？")
        if not rest:
            return ""
    follows = rest.strip()[:1]
    if follows.islower() or (rest[0].isdigit() and title[-1].isdigit()):
        return None
    return rest.strip() if follows.isalnum() or follows in _OPENS_SENTENCE else None


def _is_telling(title: str) -> bool:
    """Long enough not to be repeated by chance: a name may well open the first sentence again."""
    wide = sum(east_asian_width(c) in "WF" for c in title)
    return len(title) >= 20 or len(title.split()) >= 4 or wide >= 6


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
