"""What is wrong with a configuration, or strange; which words a rule finds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from ..errors import Complaint
from ._plainly import Row

if TYPE_CHECKING:
    from ..check import Archive, Finds, Loose

_TOPICS_SHOWN = 12
_WORDS_SHOWN = 10


def check_row(file: str, counts: Mapping[str, int], errors: Sequence[Complaint], warnings: Sequence[Complaint]) -> Row:
    """`check --json`."""
    told = {"errors": [complaint_row(c) for c in errors], "warnings": [complaint_row(c) for c in warnings]}
    return {"file": file} | {what.replace(" ", "_"): n for what, n in counts.items()} | told


def archive_row(held: Archive) -> Row:
    """What `check --json` says of the stories held besides."""
    return {"stories": held.size, "in_no_topic": held.in_none, "filed": {t: len(ids) for t, ids in held.filed.items()}}


def archive_line(held: Archive) -> str:
    """How many of the stories held are in which topic, the largest first."""
    if not held.size:
        return "no story is held yet: 'aggregator collect' brings some to try the rules with"
    largest = sorted(held.filed.items(), key=lambda f: -len(f[1]))
    shown = [f"{topic} {len(ids)}" for topic, ids in largest[:_TOPICS_SHOWN]]
    more = [f"{len(largest) - _TOPICS_SHOWN} more topics"] if len(largest) > _TOPICS_SHOWN else []
    return f"of {held.size} stories: {', '.join([*shown, *more, f'in no topic {held.in_none}'])}"


def complaint_row(complaint: Complaint) -> Row:
    return {"line": complaint.line, "column": complaint.column, "text": complaint.text.removeprefix("warning: ")}


def finds_row(finds: Finds) -> Row:
    """`check --words TOPIC --json`."""
    terms = [{"term": str(t), "met": sum(n for _, n in found), "words": dict(found)} for t, found in finds.terms]
    return {
        "topic": finds.topic, "stories": finds.size, "filed": finds.filed, "terms": terms,
        "alike": [{"word": word, "term": str(term), "stories": count} for word, term, count in finds.alike],
        "telling": [{"word": word, "stories": count} for word, count in finds.telling],
    }  # fmt: skip


def finds_lines(finds: Finds) -> Iterator[str]:
    """A line for each term: `газ* -> газета 12, газ 3`; then what the rule may want."""
    yield f"{finds.topic} has {finds.filed} of {finds.size} stories"
    for term, found in finds.terms:
        yield f"  {term} -> {', '.join(f'{words} {count}' for words, count in found) or 'nothing'}"
    if finds.alike:
        alike = (f"{word} {count} ({term})" for word, term, count in finds.alike[:_WORDS_SHOWN])
        yield f"not found, though they begin like a term: {', '.join(alike)}"
    if finds.telling:
        telling = (f"{word} {count}" for word, count in finds.telling[:_WORDS_SHOWN])
        yield f"other words of these stories, seldom elsewhere: {', '.join(telling)}"


def loose_row(loose: Loose) -> Row:
    """`check --words all --json`."""
    words = [{"word": word, "stories": count} for word, count in loose.frequent]
    return {"topic": "all", "stories": loose.size, "in_no_topic": loose.count, "frequent": words}


def loose_lines(loose: Loose) -> Iterator[str]:
    """What is in no topic, and how to see it."""
    yield f"{loose.count} of {loose.size} stories are in no topic: 'aggregator stories --no-topic' shows them"
    if loose.frequent:
        words = (f"{word} {count}" for word, count in loose.frequent[: 3 * _WORDS_SHOWN])
        yield f"words of their headlines: {', '.join(words)}"
