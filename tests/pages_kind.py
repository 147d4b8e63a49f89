"""A kind of source from outside the program, for the tests of the configuration."""

from __future__ import annotations

from aggregator.model import Source


def depth(value: object) -> int:
    if not isinstance(value, int):
        raise ValueError(f"a depth is a number of clicks, not {value!r}")
    return value


OPTIONS = {"depth": depth}


def check(source: Source) -> None:
    if not source.location.startswith("https://"):
        raise ValueError("pages are read over https")
