"""Mailboxes on disk: Maildir folders and mbox files."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from aggregator.errors import FetchError
from aggregator.model import Source
from aggregator.sources import _mbox, files

from .test_sources import LONG_AGO, FakeWorld

POSTMARK = b"From ann@paper.example Mon Mar  2 10:00:00 2026\n"


def letter(number: int, *, more: bytes = b"", with_id: bool = True) -> bytes:
    name = b"Message-ID: <%d@paper.example>\n" % number if with_id else b""
    subject = "=?utf-8?b?0JzQvtGB0YI=?=" if number == 1 else f"Letter {number}"
    return (
        b"From: Ann <ann@paper.example>\nSubject: %s\n%sDate: Mon, 02 Mar 2026 10:00:00 +0000\n\nText of %d.\n%s\n"
        % (subject.encode(), name, number, more)
    )


def mailbox(*letters: bytes) -> bytes:
    return b"".join(POSTMARK + one for one in letters)


class Box:
    """A place on disk, its source's bookmark, and visits to it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.bookmark: dict[str, str] = {}
        self.error = ""

    def put(self, name: str, body: bytes, at: float = LONG_AGO.timestamp()) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
        os.utime(path, (at, at))
        return path

    def visit(self, location: str = "") -> list[str | None]:
        """The names of what came."""
        self.error = ""
        return list(self._visit(Source(name="desk", kind="files", location=str(self.root / location))))

    def _visit(self, source: Source) -> Iterator[str | None]:
        try:
            for fetched in files.fetch(source, dict(self.bookmark), FakeWorld()):
                if fetched.body is not None:
                    yield from [item.guid for item in files.parse(source, fetched)]
                self.bookmark |= fetched.checkpoint
                self.bookmark = {key: line for key, line in self.bookmark.items() if line}
        except FetchError as e:
            self.error = e.reason


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return Box(tmp_path)


def test_a_maildir_gives_the_letters_in_cur_and_new(box: Box) -> None:
    for folder in ("cur", "new", "tmp"):
        box.put(f"Mail/{folder}/1700.M{len(folder)}{folder[0]}.host", letter(ord(folder[0])))
    box.put("Mail/cur/1701.P2.server.txt:2,S", letter(7))
    box.put("Mail/.Sent/cur/1702.host", letter(8))
    assert box.visit() == ["99@paper.example", "7@paper.example", "110@paper.example"]
    assert box.visit() == []
    assert len(Box(box.root).visit("Mail")) == 3


def test_a_letter_that_is_read_and_moved_is_no_new_one(box: Box) -> None:
    for folder in ("cur", "new", "tmp"):
        (box.root / folder).mkdir()
    path = box.put("new/1700.host", letter(1))
    assert box.visit() == ["1@paper.example"]
    path.rename(box.root / "cur/1700.host:2,S")
    assert box.visit() == []
    assert list(box.bookmark) == ["cur/1700.host:2,S"]


def test_folders_that_are_called_so_are_no_maildir_without_all_three(box: Box) -> None:
    box.put("new/a", letter(1))
    box.put("new/b.eml", letter(2))
    assert box.visit() == ["2@paper.example"]


def test_a_mailbox_gives_every_letter_and_later_only_what_is_added(box: Box) -> None:
    box.put("a.mbox", mailbox(letter(1), letter(2)))
    assert box.visit() == ["1@paper.example", "2@paper.example"]
    assert box.visit() == []
    box.put("a.mbox", mailbox(letter(1), letter(2), letter(3)), at=LONG_AGO.timestamp() + 9)
    assert box.visit() == ["3@paper.example"]
    assert box.error == ""


def test_a_mailbox_that_was_tidied_is_read_from_the_beginning(box: Box) -> None:
    box.put("a.mbox", mailbox(letter(1), letter(2), letter(3)))
    box.visit()
    box.put("a.mbox", mailbox(letter(2), letter(3), letter(4), letter(5)), at=LONG_AGO.timestamp() + 9)
    assert box.visit() == [f"{n}@paper.example" for n in (2, 3, 4, 5)]


def test_a_large_mailbox_is_read_over_several_visits(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "LETTERS", 2)
    box.put("a.mbox", mailbox(*map(letter, range(1, 6))))
    assert [len(box.visit()) for _ in range(4)] == [2, 2, 1, 0]


def test_letters_without_an_id_are_told_apart_by_their_text(box: Box) -> None:
    box.put("a.mbox", mailbox(*(letter(n, with_id=False) for n in (1, 2, 2))))
    first, second, third = box.visit()
    assert len({first, second}) == 2
    assert second == third


def test_one_bad_letter_costs_itself(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "LARGEST", 1_000)
    box.put("a.mbox", mailbox(letter(1), letter(2, more=b"x\n" * 1_000), letter(3)))
    assert box.visit() == ["1@paper.example", "3@paper.example"]
    assert box.error == "cannot read a letter in a.mbox (it is larger than 0 MB); everything else was taken"
    assert (box.visit(), box.error) == ([], "")


def test_what_is_no_mailbox_is_told(box: Box) -> None:
    box.put("a.mbox", b"hello\n")
    box.put("b.mbox", b"")
    assert box.visit() == []
    assert "cannot read a.mbox (this is no mailbox: no letter begins with a 'From ' line)" in box.error


@pytest.mark.parametrize(
    ("text", "letters"),
    [
        (b"", []),
        (POSTMARK, [b""]),
        (POSTMARK + b"A: 1\n\nFrom here on it is text\n", [b"A: 1\n\nFrom here on it is text\n"]),
        (POSTMARK + b"A: 1\n\n>From x at 10:00\n>>From y\n", [b"A: 1\n\nFrom x at 10:00\n>From y\n"]),
        (POSTMARK + b"A: 1\n" + POSTMARK + b"\n", [b"A: 1\n" + POSTMARK + b"\n"]),
        (POSTMARK.replace(b"\n", b"\r\n") + b"A: 1\r\n\r\n" + POSTMARK + b"B: 2", [b"A: 1\r\n\r\n", b"B: 2"]),
    ],
)
def test_where_a_letter_begins(text: bytes, letters: list[bytes]) -> None:
    found = list(_mbox.letters(io.BytesIO(text), 0, 1_000))
    assert [body for body, _ in found] == letters
    assert [end for _, end in found][-1:] == ([len(text)] if letters else [])


def test_a_line_without_end_is_no_burden() -> None:
    text = POSTMARK + b"A: 1\n\n" + b"x" * 5_000_000 + b"\n\n" + POSTMARK + b"B: 2\n"
    assert [body for body, _ in _mbox.letters(io.BytesIO(text), 0, 1_000)] == [None, b"B: 2\n"]
