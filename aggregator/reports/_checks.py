"""What is wrong with a configuration, or strange; which words a rule finds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ..errors import Complaint
from ..model import Term, Topic
from ._plainly import Row

Forms = Sequence[tuple[Term, Sequence[tuple[str, int]]]]


def check_row(file: str, counts: Mapping[str, int], errors: Sequence[Complaint], warnings: Sequence[Complaint]) -> Row:
    """`check --json`."""
    told = {"errors": [complaint_row(c) for c in errors], "warnings": [complaint_row(c) for c in warnings]}
    return {"file": file} | {what.replace(" ", "_"): n for what, n in counts.items()} | told


def complaint_row(complaint: Complaint) -> Row:
    return {"line": complaint.line, "column": complaint.column, "text": complaint.text.removeprefix("warning: ")}


def forms_row(topic: Topic, forms: Forms) -> Row:
    """`check --words TOPIC --json`."""
    terms = [{"term": str(t), "met": sum(n for _, n in found), "words": dict(found)} for t, found in forms]
    return {"topic": topic.name, "terms": terms}


def forms_lines(forms: Forms) -> Iterator[str]:
    """A line for each term: `газ* -> газета 12, газ 3`."""
    for term, found in forms:
        yield f"{term} -> {', '.join(f'{words} {count}' for words, count in found) or 'nothing'}"
