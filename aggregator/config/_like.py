"""`like:` of a topic -> Like: what it is to be learned from."""

from __future__ import annotations

import re
from pathlib import Path

from .. import values
from ..model import ENOUGH_EXAMPLES, Like
from ._section import Section
from ._yaml import Scalar, Sequence

MOST_EXAMPLES = 500
LEAST_WORDS = 20
"""Of a text. A headline alone says too little."""


def read_like(section: Section) -> Like | None:
    """None if it is not given, or wrong."""
    if "like" not in section.given:
        return None
    if "tests" in section.given and "match" not in section.given:
        section.complain("tests", "headlines try the rule of 'match', and there is none beside 'like'")
    node = section.given["like"]
    if isinstance(node, Scalar) and not node.is_empty:
        return _folders(section)
    if isinstance(node, Sequence):
        return _examples(section)
    section.complain("like", "a folder with texts is wanted, or a list of stories (link or id) and texts")
    return None


def _examples(section: Section) -> Like | None:
    given = tuple(section.texts("like", example))
    if len(given) != len(section.items("like")):
        return None
    if not ENOUGH_EXAMPLES <= len(given) <= MOST_EXAMPLES:
        wanted = f"{ENOUGH_EXAMPLES} to {MOST_EXAMPLES} examples are wanted"
        section.complain("like", f"{wanted}, and there are {len(given)}")
    return Like(
        stories=tuple(one for one in given if is_key(one)),
        texts=tuple(one for one in given if not is_key(one)),
    )


def example(text: str) -> str:
    """A story by its link, guid or id, or a text."""
    from ..text import words  # 20 ms: only for topics that have examples

    if is_key(text) or len(words(text)) >= LEAST_WORDS:
        return text
    raise ValueError(f"an example is a link or id of a story, or a text of {LEAST_WORDS} words at least")


def is_key(text: str) -> bool:
    """Texts have blanks in them, or are Chinese."""
    return not re.search(r"\s", text) and (text.isascii() or "://" in text)


def _folders(section: Section) -> Like | None:
    """`yes` and `no` below it, or itself."""
    given = section.maybe("like", values.path)
    if given is None:
        return None
    folder = Path(section.complaints.file).parent.absolute() / given
    try:
        return _texts_in(section, folder)
    except OSError as e:
        section.complain("like", f"this folder cannot be read: {e.strerror}")
        return None


def _texts_in(section: Section, folder: Path) -> Like:
    yes, no = folder / "yes", folder / "no"
    like = Like(folder=yes if yes.is_dir() else folder, unlike=no if no.is_dir() else None)
    there = sum(1 for _ in (like.folder or folder).glob("*.txt"))
    if there < ENOUGH_EXAMPLES:
        text = f"{ENOUGH_EXAMPLES} texts (*.txt) at least are wanted in {like.folder}, and there are {there}"
        section.complain("like", text if folder.is_dir() else f"there is no folder {folder}")
    return like
