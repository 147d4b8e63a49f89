"""
What an operator may write at a source, read.

Apart from what reads feeds and pages: every command reads the configuration, and few have a feed to read.
"""

from __future__ import annotations


def yes_or_no(value: object) -> bool:
    """`true` or `false`."""
    if not isinstance(value, bool):
        raise ValueError(f"{value!r} is neither true nor false")
    return value


def per_visit(value: object) -> int:
    """How many articles are fetched in one visit."""
    if type(value) is not int or not 1 <= value <= 100:
        raise ValueError(f"{value!r} is no number of articles; right would be 10 (from 1 to 100)")
    return value
