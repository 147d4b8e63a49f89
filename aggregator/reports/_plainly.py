"""Times and rows, as every report writes them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

Row = dict[str, Any]


HALF_A_SECOND = timedelta(milliseconds=500)
"""Places of undated stories lie a little before their second (`dedupe.APART`); all else has whole ones."""


def iso(at: datetime | None) -> str | None:
    """RFC 3339 in UTC, to the nearest second."""
    return (at + HALF_A_SECOND).strftime("%Y-%m-%dT%H:%M:%SZ") if at else None


def when(at: datetime | None) -> str:
    """To the minute of that."""
    return f"{at + HALF_A_SECOND:%Y-%m-%d %H:%M}" if at else "never"
