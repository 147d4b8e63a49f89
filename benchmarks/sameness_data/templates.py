"""
Serial news: the same form week after week with other figures, places and names. Each instance is news of its own.

    {5..30} {0.1..9.9}   a number between, each time another
    {city} {city2} ...   a word of the list of that name; the same word wherever it stands in one instance
"""

from __future__ import annotations

import random
import re
from pathlib import Path

_NUMBER = re.compile(r"\{([\d.]+?)\.\.([\d.]+)\}")
_WORD = re.compile(r"\{(([a-z]+)\d*)\}")


def _read(page: str) -> tuple[dict[str, dict[str, list[str]]], dict[str, list[tuple[str, str]]]]:
    """Of each language its lists, name -> words, and its templates, headline and text."""
    lists: dict[str, dict[str, list[str]]] = {}
    templates: dict[str, list[tuple[str, str]]] = {}
    language = ""
    for block in page.split("\n\n")[1:]:
        first, _, rest = block.strip().partition("\n")
        if first.startswith("["):
            language = first.strip("[]")
            entries = [line.partition(": ") for line in re.sub(r"\n +", " ", rest).splitlines()]
            lists[language] = {name: words.split() for name, _, words in entries}
        else:
            joint = "" if language == "zh" else " "
            templates.setdefault(language, []).append((first.removeprefix("# "), joint.join(rest.splitlines())))
    return lists, templates


_LISTS, TEMPLATES = _read((Path(__file__).parent / "templates.txt").read_text(encoding="utf-8"))
# Those at even places make half A, the others half B.


def instance(language: str, number: int, draw: random.Random) -> tuple[str, str]:
    """One piece of news of template `number`: its headline and its text."""
    title, body = TEMPLATES[language][number]
    chosen: dict[str, str] = {}

    def word(found: re.Match[str]) -> str:
        if found[1] not in chosen:
            words = [w for w in _LISTS[language][found[2]] if w not in chosen.values()]
            chosen[found[1]] = draw.choice(words)
        return chosen[found[1]]

    return _NUMBER.sub(lambda m: _number(m, draw), _WORD.sub(word, title)), _NUMBER.sub(
        lambda m: _number(m, draw), _WORD.sub(word, body)
    )


def one_name_apart(language: str, number: int, draw: random.Random) -> tuple[tuple[str, str], tuple[str, str]] | None:
    """Two pieces of news of template `number` that differ in one name alone; None: no name of its headline is in it."""
    title, body = instance(language, number, draw)
    slots = {slot for _, slot in _WORD.findall(TEMPLATES[language][number][0])} - {"month"}
    told = [(word, slot) for slot in sorted(slots) for word in _LISTS[language][slot] if word in title and word in body]
    if not told:
        return None
    said, slot = told[0]
    other = draw.choice([word for word in _LISTS[language][slot] if word not in f"{title} {body}"])
    return (title, body), (title.replace(said, other), body.replace(said, other))


def _number(between: re.Match[str], draw: random.Random) -> str:
    low, high = between.groups()
    if "." in low:
        return f"{draw.uniform(float(low), float(high)):.{len(low.partition('.')[2])}f}"
    return str(draw.randint(int(low), int(high)))
