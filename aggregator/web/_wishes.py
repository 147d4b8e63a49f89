"""When a server wants us back, read from the headers of its answer. Pure: the time is given."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

LONGEST_BAN = timedelta(days=7)
LONGEST_FRESH = timedelta(days=365)
"""Caps: a slip in somebody's configuration must not silence a source for ever, and has to be a time at all."""
EPOCHS = 1_000_000_000
"""A reset that is at least so great is a moment since 1970, not a number of seconds."""
BUDGETS = tuple((f"{name}-Remaining", f"{name}-Reset") for name in ("X-RateLimit", "RateLimit", "X-Rate-Limit"))


def back_after(headers: Mapping[str, str], now: datetime) -> timedelta:
    """
    Retry-After, in seconds or as a date (RFC 9110, 10.2.3); zero if there is none, or one that makes no sense. Of
    several numbers, as a server and the proxy before it may each have given one, the greatest.
    """
    value = headers.get("Retry-After", "").strip()
    numbers = [number.strip() for number in value.split(",")]
    if all(map(_is_number, numbers)):
        return max(_seconds(number, LONGEST_BAN) for number in numbers)
    return _until(value, headers, now, LONGEST_BAN)


def budget_after(headers: Mapping[str, str], now: datetime, *, is_refused: bool = False) -> timedelta:
    """
    The time until we may ask again, where a server counts our requests (`X-RateLimit-Remaining`, `-Reset`) and none is
    left, or where it has refused this one; else zero.
    """
    for remaining, until in BUDGETS:
        reset = _amount(headers.get(until, ""))
        if reset is None:
            continue
        left = _amount(headers.get(remaining, ""))
        if is_refused if left is None else left < 1:
            if reset >= EPOCHS:
                reset -= (_date(headers.get("Date", "")) or now).timestamp()
            return min(timedelta(seconds=max(reset, 0)), LONGEST_BAN)
    return timedelta()


def fresh_for(headers: Mapping[str, str], now: datetime) -> timedelta:
    """
    How long it stays fresh: Cache-Control max-age, else Expires (RFC 9111, 4.2.1); zero if none is said. An Age is not
    taken off: who wrote the max-age meant it from one visit to the next.
    """
    orders = headers.get("Cache-Control", "").lower()
    if re.search(r"(?:^|[,\s])no-(?:cache|store)(?![\w=-])", orders):
        return timedelta()
    if age := re.search(r'(?:^|[,\s])max-age\s*=\s*"?([0-9]+)', orders):
        return _seconds(age[1], LONGEST_FRESH)
    return _until(headers.get("Expires", ""), headers, now, LONGEST_FRESH)


def _is_number(value: str) -> bool:
    return value.isascii() and value.isdecimal()


def _amount(value: str) -> float | None:
    """A number of requests or seconds, which some write as `12.0`; None if it is none."""
    value = value.strip()
    return float(value) if value and re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,6})?", value) else None


def _seconds(digits: str, most: timedelta) -> timedelta:
    return most if len(digits) > 9 else min(timedelta(seconds=int(digits)), most)


def _until(value: str, headers: Mapping[str, str], now: datetime, most: timedelta) -> timedelta:
    """From the server's own Date, so that a wrong clock on its side does no harm; without one, from now."""
    until = _date(value) if value else None
    if until is None:
        return timedelta()
    since = _date(headers.get("Date", "")) or now
    return min(max(until - since, timedelta()), most)


def _date(value: str) -> datetime | None:
    """An HTTP date (RFC 9110, 5.6.7); None if it is none."""
    try:
        at = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at
