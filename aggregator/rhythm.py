"""
When to come back. Pure: the time and the chance are given.

    went well    the longest of `every`, the document's wishes, its freshness and its own pace, but `at_least_every`
    refused      401, 403, 429, 503: twice `every`, and twice as long with each further time; at most a day
    went wrong   anywhere between `every` and that ("full jitter", so that a server which comes back is not met by all)
    cut off      our own fault: in a minute or three

And never before the end of a pause that a server asked for (Retry-After), or of its document's freshness; these count
from when they were heard, the rest from the beginning of the visit. Nor in the hours that a document wants to be
spared. Whatever comes out is a little later, by chance, and never earlier.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

from .model import HOST_PAUSE, Reception, Source, Standing, Wishes

REFUSALS = (401, 403, 429, 503)
DOUBLINGS = 16
LONGEST_BACKOFF = timedelta(days=1)

PACE = 8
"""Visits in the usual time between two articles."""
SILENCE = 24
"""After a time without news, a part of it may pass until the next visit."""
NEWEST = 10
"""Articles that tell a source's pace."""

LATER = 0.1
LATEST = timedelta(minutes=10)
"""By chance a visit is later by this share of the wait, and by so much at most."""
SOON = timedelta(minutes=1), timedelta(minutes=3)

TOO_LONG = timedelta(days=7)
"""A server that has called a document unmodified for so long is asked for the whole of it."""


def next_visit(
    source: Source, standing: Standing, heard: Reception, now: datetime, chance: Random, *, failed: bool
) -> datetime:
    """When the source is due again, after a visit over the web. `standing` has what this visit has taught already."""
    if failed:
        wait = max(backoff(source, standing.failures + 1, heard.status, chance), freshness(source, heard))
    else:
        asked = max(standing.wishes.every, heard.fresh_for, pace(source, standing, now))
        wait = max(source.every, min(asked, source.at_least_every))
    at = now + wait + min(wait * LATER, LATEST) * chance.random()
    at = max(at, not_before(source, heard, now) or at)
    return spare(at, standing.wishes, now + longest(source), chance)


def why(source: Source, standing: Standing, heard: Reception, now: datetime, *, failed: bool) -> str:
    """What decides on the next visit, for the operator. As for `next_visit`."""
    if heard.back_after:
        return f"its server asks for a pause of {spoken(heard.back_after)}"
    if failed:
        return _why_after_failure(source, standing.failures + 1, heard)
    asked = {
        "its document asks for {}": standing.wishes.every,
        "its server calls the document fresh for {}": heard.fresh_for,
        "it brings news seldom: visited every {}": pace(source, standing, now),
    }
    said, wait = max(asked.items(), key=lambda wish: wish[1])
    if wait <= source.every:
        return f"every {spoken(source.every)}, as configured"
    if wait > source.at_least_every:
        return f"{said.format(spoken(wait))}; but at least every {spoken(longest(source))}, as configured"
    return said.format(spoken(wait))


def _why_after_failure(source: Source, failures: int, heard: Reception) -> str:
    if heard.status in REFUSALS:
        at_most = spoken(LONGEST_BACKOFF)
        return f"its server refuses us ({heard.status}): twice as long after each time, at most {at_most}"
    least, most = spoken(source.every), spoken(_doubled(source, failures - 1))
    if least == most:
        return f"after a failure: {least}, as configured"
    return f"after {failures} failures in a row: by chance between {least} and {most}"


def spoken(wait: timedelta) -> str:
    """`90s`, `30m`, `2h`, `3d`: to the unit that tells enough."""
    seconds = round(wait.total_seconds())
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds >= 2 * size or (seconds >= size and not seconds % size):
            return f"{round(seconds / size)}{unit}"
    return f"{seconds}s"


def not_before(source: Source, heard: Reception, now: datetime) -> datetime | None:
    """The server's own wish, which is kept also when somebody asks for a visit now; None if it has none."""
    pauses = [pause or HOST_PAUSE for pause in heard.crowded.values()]  # who was refused is not back before the others
    wish = max(heard.back_after, freshness(source, heard), *pauses)
    return now + heard.said_after + wish if wish else None


def hosts_not_before(heard: Reception, now: datetime) -> dict[str, datetime]:
    """The same for the other sources of each host that is crowded."""
    said_at = now + heard.said_after
    return {host: said_at + min(pause or HOST_PAUSE, HOST_PAUSE) for host, pause in heard.crowded.items()}


def soon(now: datetime, chance: Random) -> datetime:
    """When to try again, if no source is to blame."""
    least, most = SOON
    return now + least + (most - least) * chance.random()


def when_offline(source: Source, heard: Reception, now: datetime, chance: Random) -> datetime:
    """The same, when it is we who are offline. A server that had answered before is not asked again so soon."""
    at = now + source.every if heard.status else soon(now, chance)
    return max(at, not_before(source, heard, now) or at)


def is_time_for_all(standing: Standing, now: datetime) -> bool:
    """Whether to send no validators: some servers say 304 for ever."""
    return standing.whole_at is not None and now - standing.whole_at >= TOO_LONG


def learn(
    standing: Standing, heard: Reception, wishes: Wishes | None, dates: Collection[datetime], now: datetime,
    *, has_news: bool,
) -> Standing:  # fmt: skip
    """
    What a visit has taught. `wishes` is None when the document was not read, as nothing in it has changed; `dates` are
    those that its articles bear, by the source's own believable word.
    """
    if wishes is None and not dates and not has_news and heard.status != 200 and standing.news_at:
        return standing  # as after most visits
    return replace(
        standing,
        wishes=standing.wishes if wishes is None else wishes,
        gap=usual_gap(dates) or standing.gap,
        news_at=now if has_news else standing.news_at or now,
        whole_at=now if heard.status == 200 else standing.whole_at,
    )


def usual_gap(dates: Collection[datetime]) -> timedelta:
    """The mean time between the newest articles; zero if there are not two."""
    newest = sorted(set(dates))[-NEWEST:]
    return (newest[-1] - newest[0]) / (len(newest) - 1) if len(newest) > 1 else timedelta()


def pace(source: Source, standing: Standing, now: datetime) -> timedelta:
    """What the source's own rhythm suggests: who writes once a week need not be asked every half hour."""
    if not source.adapts:
        return timedelta()
    silence = now - standing.news_at if standing.news_at else timedelta()
    return max(standing.gap / PACE, silence / SILENCE)


def backoff(source: Source, failures: int, status: int | None, chance: Random) -> timedelta:
    """After so many failures in a row, this one counted."""
    if status in REFUSALS:
        return _doubled(source, failures)
    return source.every + (_doubled(source, failures - 1) - source.every) * chance.random()


def _doubled(source: Source, times: int) -> timedelta:
    return max(source.every, min(source.every * (1 << min(times, DOUBLINGS)), LONGEST_BACKOFF))


def longest(source: Source) -> timedelta:
    """The operator's maximum."""
    return max(source.every, source.at_least_every)


def freshness(source: Source, heard: Reception) -> timedelta:
    """As far as the operator allows: a slip in somebody's configuration must not silence a source for a year."""
    return min(heard.fresh_for, longest(source))


def spare(at: datetime, wishes: Wishes, latest: datetime, chance: Random) -> datetime:
    """Not in `skipHours` and `skipDays`, but not after `latest` for their sake; then not on the stroke of the hour."""
    if not _is_spared(at, wishes) or len(wishes.skip_hours) > 23 or len(wishes.skip_days) > 6:
        return at
    hour = at.replace(minute=0, second=0, microsecond=0)
    while _is_spared(hour, wishes):
        hour += timedelta(hours=1)
    return max(at, min(hour + LATEST * chance.random(), latest))


def _is_spared(at: datetime, wishes: Wishes) -> bool:
    return at.hour in wishes.skip_hours or at.weekday() in wishes.skip_days
