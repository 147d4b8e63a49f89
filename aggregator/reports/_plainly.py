"""Times and rows, as every report writes them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

Row = dict[str, Any]


def iso(at: datetime | None) -> str | None:
    """RFC 3339 in UTC."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ") if at else None


def when(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M}" if at else "never"
