"""The model of languages is unpacked once, and mapped ever after."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from aggregator import tongues

LANGUAGES = ("de", "en", "kk", "ru", "uk", "zh")
TEXTS = [
    ("ru", "В столице открыли новую библиотеку для детей"),
    ("kk", "Елордада балаларға арналған жаңа кітапхана ашылды"),
    ("de", "In der Hauptstadt wurde eine neue Bücherei für Kinder eröffnet"),
    ("zh", "首都为儿童开设了新的图书馆"),
]


def told() -> list[tuple[str, float]]:
    identifier = tongues.identifier(LANGUAGES)
    return [identifier.classify(text) for _, text in TEXTS]


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sys, "pycache_prefix", str(tmp_path))
    return tmp_path


def test_what_is_mapped_says_the_same_as_what_was_unpacked(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unpacked = told()
    assert [language for language, _ in unpacked] == [language for language, _ in TEXTS]
    monkeypatch.delattr(tongues, "_unpacked")
    assert told() == unpacked


def test_a_damaged_part_is_made_anew(cache: Path) -> None:
    unpacked = told()
    [part] = cache.rglob("moves.npy")
    whole = part.stat().st_size
    part.write_bytes(part.read_bytes()[:1000])
    assert told() == unpacked
    [part] = cache.rglob("moves.npy")
    assert part.stat().st_size == whole


def test_what_others_made_of_goes_and_no_draft_stays(cache: Path) -> None:
    told()
    [made] = [path.parent for path in cache.rglob("moves.npy")]
    older = made.parent / "tongues-older"
    made.rename(older)
    told()
    assert list(made.parent.iterdir()) == [made]


def test_where_nothing_may_be_written_it_is_unpacked_each_time(cache: Path) -> None:
    (cache / Path(tongues.__file__).parts[1]).write_text("a file where the folder should be")
    assert [language for language, _ in told()] == [language for language, _ in TEXTS]
    assert not list(cache.rglob("moves.npy"))
