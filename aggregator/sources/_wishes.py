"""When a feed wants to be visited, as far as it says: `ttl`, `skipHours`, `skipDays`, `sy:updatePeriod`."""

from __future__ import annotations

import re
from datetime import timedelta

from ..model import Wishes

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
PERIODS = {"hourly": 1, "daily": 24, "weekly": 7 * 24, "monthly": 30 * 24, "yearly": 365 * 24}
LONGEST = timedelta(days=365)

_OPENS = re.compile(r"<(?:[\w.-]+:)?(?:item|entry)[\s>/]", re.I)
_CLOSES = re.compile(r"</(?:[\w.-]+:)?(?:item|entry)[\s>]", re.I)
_ENOUGH = 16_384


def wishes_of(text: str) -> Wishes:
    """Of an RSS or RDF feed; what makes no sense was not said. Looks before the items and behind them."""
    first, last = _OPENS.search(text), text.rfind("</")
    while last >= 0 and not _CLOSES.match(text, last):
        last = text.rfind("</", 0, last)
    before, behind = text[: first.start()] if first else text, text[last:] if last >= 0 else ""
    head = before[:_ENOUGH] + behind[:_ENOUGH]
    hours = [int(hour) for hour in _inside(head, "skipHours", "hour") if re.fullmatch("[0-9]{1,2}", hour)]
    days = [day.lower() for day in _inside(head, "skipDays", "day")]
    return Wishes(
        every=max(_ttl(head), _syndication(head)),
        skip_hours=frozenset(hour % 24 for hour in hours if hour <= 24),  # RSS 0.91 counted from 1 to 24
        skip_days=frozenset(DAYS.index(day) for day in days if day in DAYS),
    )


def _ttl(head: str) -> timedelta:
    """In minutes."""
    said = _first(head, "ttl")
    return min(timedelta(minutes=int(said)), LONGEST) if re.fullmatch("[0-9]{1,6}", said) else timedelta()


def _syndication(head: str) -> timedelta:
    """The syndication module of RSS 1.0: so many times in a period; once, unless it says how often."""
    period, times = _first(head, "updatePeriod").lower(), _first(head, "updateFrequency")
    times = times if re.fullmatch("0*[1-9][0-9]{0,4}", times) else "1"
    return timedelta(hours=PERIODS.get(period, 0)) / int(times)


def _first(head: str, name: str) -> str:
    found = re.search(rf"<(?:[\w.-]+:)?{name}(?:\s[^<>]*)?>([^<>]*)<", head, re.I)
    return found[1].strip() if found else ""


def _inside(head: str, name: str, inner: str) -> list[str]:
    found = re.search(rf"<{name}(?:\s[^<>]*)?>(.*?)</{name}\s*>", head, re.DOTALL | re.I)
    said = re.findall(rf"<{inner}(?:\s[^<>]*)?>([^<>]*)<", found[1], re.I) if found else []
    return [one.strip() for one in said[:100]]
