"""When to come back; each rule with its figures."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

import pytest

from aggregator.model import Reception, Source, Standing, Wishes
from aggregator.rhythm import (
    hosts_not_before,
    is_time_for_all,
    learn,
    next_visit,
    not_before,
    soon,
    usual_gap,
    why,
)

from .make import DAY, HOUR, NOON, source

MINUTE = timedelta(minutes=1)
FRIDAY = NOON
"""20 November 2026."""


class Never(Random):
    """No chance at all: the earliest moment."""

    def random(self) -> float:
        return 0.0


class Always(Random):
    """The latest one."""

    def random(self) -> float:
        return 0.999999


def wait(
    of: Source | None = None, standing: Standing | None = None, *, failed: bool = False, chance: Random | None = None,
    **heard: object,
) -> timedelta:  # fmt: skip
    """How long until the next visit, for a source that is visited every half hour."""
    reception = Reception(**{"status": 200} | heard)  # type: ignore[arg-type]
    calm = standing or Standing(news_at=NOON)
    return next_visit(of or source(), calm, reception, NOON, chance or Never(), failed=failed) - NOON


def wishing(**wishes: object) -> Standing:
    return Standing(news_at=NOON, wishes=Wishes(**wishes))  # type: ignore[arg-type]


# --- it went well ----------------------------------------------------------------------------------------------------


def test_a_source_is_visited_every_so_often_and_by_chance_a_little_later() -> None:
    assert wait() == 30 * MINUTE
    assert 32.9 * MINUTE < wait(chance=Always()) < 33 * MINUTE
    assert wait(source(every=DAY), chance=Always()) <= DAY + 10 * MINUTE


def test_the_longest_of_all_wishes_counts() -> None:
    assert wait(standing=wishing(every=2 * HOUR)) == 2 * HOUR
    assert wait(fresh_for=3 * HOUR) == 3 * HOUR
    assert wait(standing=wishing(every=2 * HOUR), fresh_for=HOUR) == 2 * HOUR
    assert wait(standing=wishing(every=MINUTE), fresh_for=MINUTE) == 30 * MINUTE


def test_but_no_wish_is_longer_than_the_operator_allows() -> None:
    assert wait(fresh_for=365 * DAY) == wait(standing=wishing(every=365 * DAY)) == DAY
    assert wait(source(at_least_every=2 * HOUR), fresh_for=DAY) == 2 * HOUR
    assert wait(source(every=7 * DAY), fresh_for=DAY) == 7 * DAY


def test_who_publishes_seldom_is_visited_seldom() -> None:
    assert wait(standing=Standing(news_at=NOON, gap=7 * DAY)) == 21 * HOUR
    assert wait(standing=Standing(news_at=NOON, gap=HOUR)) == 30 * MINUTE
    assert wait(standing=Standing(news_at=NOON - 2 * DAY)) == 2 * HOUR
    assert wait(standing=Standing(news_at=NOON - 99 * DAY)) == DAY


def test_unless_the_operator_has_said_how_often() -> None:
    steady = source(adapts=False)
    assert wait(steady, Standing(news_at=NOON - 99 * DAY, gap=7 * DAY)) == 30 * MINUTE
    assert wait(steady, fresh_for=HOUR) == HOUR


def test_hours_and_days_that_a_feed_wants_to_be_spared_are() -> None:
    assert wait(standing=wishing(skip_hours=frozenset({12, 13}))) == 2 * HOUR
    assert 2 * HOUR < wait(standing=wishing(skip_hours=frozenset({12, 13})), chance=Always()) <= 2 * HOUR + 10 * MINUTE
    late = next_visit(
        source(at_least_every=9 * DAY), wishing(skip_days=frozenset({5, 6})), Reception(status=200),
        FRIDAY + 11 * HOUR + 45 * MINUTE, Never(), failed=False,
    )  # fmt: skip
    assert late == FRIDAY + 2 * DAY + 12 * HOUR  # Monday, midnight


def test_nor_do_failures_and_pauses_end_in_hours_that_a_feed_wants_to_be_spared() -> None:
    lunch = wishing(skip_hours=frozenset({12, 13, 15}))
    for status in (500, 403):
        assert wait(standing=lunch, failed=True, status=status) == 2 * HOUR
    assert wait(standing=lunch, back_after=90 * MINUTE) == 2 * HOUR
    assert wait(standing=lunch, failed=True, status=429, back_after=3 * HOUR) == 4 * HOUR
    assert wait(source(every=DAY), lunch, failed=True, status=429, back_after=2 * DAY) == 2 * DAY


def test_but_not_for_longer_than_the_operator_allows_and_not_all_of_them() -> None:
    assert wait(source(every=12 * HOUR), wishing(skip_days=frozenset({5, 6}))) == DAY
    assert wait(standing=wishing(skip_hours=frozenset(range(24)))) == 30 * MINUTE
    assert wait(standing=wishing(skip_days=frozenset(range(7)))) == 30 * MINUTE


# --- it went wrong ---------------------------------------------------------------------------------------------------


def test_the_first_failure_changes_nothing_and_then_the_pauses_double_by_chance() -> None:
    assert wait(failed=True, status=500) == 30 * MINUTE
    for failures, most in ((1, HOUR), (2, 2 * HOUR), (5, 16 * HOUR), (6, DAY), (60, DAY)):
        longest = wait(standing=Standing(failures=failures), failed=True, status=500, chance=Always())
        assert wait(standing=Standing(failures=failures), failed=True, status=500) == 30 * MINUTE
        assert most - MINUTE < longest < most + 10 * MINUTE


@pytest.mark.parametrize("status", [401, 403, 429, 503])
def test_who_refuses_us_is_asked_half_as_often_at_least(status: int) -> None:
    waits = [wait(standing=Standing(failures=n), failed=True, status=status) for n in (0, 1, 2, 9)]
    assert waits == [HOUR, 2 * HOUR, 4 * HOUR, DAY]


def test_a_pause_that_the_server_asks_for_is_kept_also_beyond_the_longest_wait() -> None:
    assert wait(failed=True, status=429, back_after=6 * DAY) == 6 * DAY
    assert wait(failed=True, status=429, back_after=MINUTE) == HOUR
    assert wait(back_after=6 * HOUR) == 6 * HOUR


def test_a_seldom_source_that_fails_is_not_visited_more_often_than_when_it_works() -> None:
    assert wait(source(every=9 * DAY), Standing(failures=3), failed=True, status=500) == 9 * DAY
    assert wait(source(every=365 * DAY), Standing(failures=99), failed=True, status=403) == 365 * DAY


def test_a_fault_of_our_own_is_tried_again_in_a_minute_or_three() -> None:
    assert soon(NOON, Never()) == NOON + MINUTE
    assert soon(NOON, Always()) <= NOON + 3 * MINUTE


# --- what is kept ----------------------------------------------------------------------------------------------------


def test_the_servers_wish_is_kept_also_when_somebody_asks() -> None:
    assert not_before(source(), Reception(), NOON) is None
    assert not_before(source(), Reception(fresh_for=HOUR, back_after=2 * HOUR), NOON) == NOON + 2 * HOUR
    assert not_before(source(), Reception(fresh_for=99 * DAY), NOON) == NOON + DAY


def test_a_crowded_host_has_its_pause_but_its_other_sources_ten_minutes_at_most() -> None:
    assert hosts_not_before(Reception(back_after=HOUR), NOON) == {}
    crowded = {"a.example": timedelta(), "b.example": HOUR, "c.example": MINUTE}
    assert hosts_not_before(Reception(crowded=crowded, back_after=HOUR), NOON) == {
        "a.example": NOON + 10 * MINUTE, "b.example": NOON + 10 * MINUTE, "c.example": NOON + MINUTE,
    }  # fmt: skip


def test_who_is_refused_by_a_crowded_host_does_not_come_back_before_its_other_sources() -> None:
    often, crowded = source(every=MINUTE), {"a.example": timedelta()}
    assert wait(often, failed=True, status=429, crowded=crowded) == 10 * MINUTE
    assert not_before(often, Reception(status=429, crowded=crowded), NOON) == NOON + 10 * MINUTE
    assert wait(often, failed=True, status=429, crowded={"a.example": MINUTE}, back_after=MINUTE) == 2 * MINUTE


def test_what_a_server_wishes_is_kept_from_when_it_said_so() -> None:
    late = Reception(status=429, said_after=9 * MINUTE, back_after=2 * HOUR, crowded={"a.example": HOUR})
    assert wait(failed=True, status=429, back_after=2 * HOUR, said_after=9 * MINUTE) == 2 * HOUR + 9 * MINUTE
    assert wait(fresh_for=30 * MINUTE, said_after=9 * MINUTE) == 39 * MINUTE
    assert not_before(source(), late, NOON) == NOON + 2 * HOUR + 9 * MINUTE
    assert hosts_not_before(late, NOON) == {"a.example": NOON + 19 * MINUTE}
    assert not_before(source(), Reception(said_after=9 * MINUTE), NOON) is None


def dated(*hours: float) -> list[datetime]:
    return [NOON - hour * HOUR for hour in hours]


def test_a_visit_teaches_the_pace_and_the_wishes_of_a_source() -> None:
    wishes = Wishes(every=HOUR)
    knows = learn(Standing(), Reception(status=200), wishes, dated(0, 2, 6), NOON, has_news=True)
    assert knows == Standing(wishes=wishes, gap=3 * HOUR, news_at=NOON, whole_at=NOON)
    later = learn(knows, Reception(status=304), None, [], NOON + DAY, has_news=False)
    assert later == knows
    assert learn(knows, Reception(status=200), Wishes(), [], NOON + DAY, has_news=False) == replace(
        knows, wishes=Wishes(), whole_at=NOON + DAY
    )


def test_the_newest_ten_dates_tell_a_pace() -> None:
    assert usual_gap(dated(*range(10), 9999)) == HOUR
    assert usual_gap([NOON, NOON]) == usual_gap([]) == timedelta()


def test_who_says_304_for_a_week_is_asked_for_everything() -> None:
    assert not is_time_for_all(Standing(), NOON)
    assert not is_time_for_all(Standing(whole_at=NOON - 7 * DAY + MINUTE), NOON)
    assert is_time_for_all(Standing(whole_at=NOON - 7 * DAY), NOON)


@pytest.mark.parametrize(
    ("heard", "standing", "failed", "because"),
    [
        (Reception(status=200), Standing(), False, "every 30m, as configured"),
        (Reception(status=200, fresh_for=HOUR), Standing(), False, "its server calls the document fresh for 1h"),
        (Reception(status=200), Standing(wishes=Wishes(every=3 * HOUR)), False, "its document asks for 3h"),
        (Reception(status=200), Standing(gap=40 * HOUR), False, "it brings news seldom: visited every 5h"),
        (
            Reception(status=200), Standing(wishes=Wishes(every=96 * HOUR)), False,
            "its document asks for 4d; but at least every 1d, as configured",
        ),
        (Reception(status=429, back_after=HOUR), Standing(), True, "its server asks for a pause of 1h"),
        (
            Reception(status=403), Standing(), True,
            "its server refuses us (403): twice as long after each time, at most 1d",
        ),
        (Reception(), Standing(), True, "after a failure: 30m, as configured"),
        (Reception(), Standing(failures=3), True, "after 4 failures in a row: by chance between 30m and 4h"),
    ],
)  # fmt: skip
def test_the_operator_is_told_why_the_next_visit_is_when_it_is(
    heard: Reception, standing: Standing, failed: bool, because: str
) -> None:
    assert why(source(every=timedelta(minutes=30)), standing, heard, NOON, failed=failed) == because
