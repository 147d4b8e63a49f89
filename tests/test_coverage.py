"""Which stories are linked as telling of one event, and for how long."""

from __future__ import annotations

from datetime import timedelta

from aggregator.coverage import AGE, LINKS, Coverage
from aggregator.model import Filing, Story

from .make import NOON, article, story

HOUR = timedelta(hours=1)
BARGE = (
    "Первая баржа из Омска разгружена в Семее",
    "В речном порту Семея разгрузили первую баржу с контейнерами из Омска. Она шла по Иртышу шесть суток.",
)
BARGE_AGAIN = (
    "Семей принял баржу из Омска",
    "Контейнеры по Иртышу: баржа из Омска пришла в порт Семея. Разгрузка заняла ночь, рассказали докеры.",
)
THEATRE = ("Театр открывает сезон", "В Уральске показали премьеру по роману Мухтара Ауэзова, зал был полон.")


def telling(number: int, told: tuple[str, str], hours_ago: int = 0, **more: object) -> Story:
    title, body = told
    at = NOON - hours_ago * HOUR
    lead = article(number, title=title, content=f"<p>{body}</p>", digest=f"{number} {title}", published_at=at)
    return story(lead, **more)


def weather(count: int) -> list[Story]:
    """News of other things, so that there is something to be rare among."""
    texts = [(f"Новость номер {n}", f"Событие {n} прошло в городе {n}, пишет газета {n}.") for n in range(count)]
    return [telling(100 + n, told) for n, told in enumerate(texts)]


def test_two_texts_about_one_event_are_linked_and_a_third_is_not() -> None:
    coverage = Coverage()
    barge, theatre, again = telling(1, BARGE), telling(2, THEATRE), telling(3, BARGE_AGAIN)
    found = coverage.relate([*weather(30), barge, theatre, again], NOON)
    assert set(found[again.id]) == {barge.id}
    assert set(found[barge.id]) == {again.id}
    assert 0 < found[again.id][barge.id] < 1
    assert found[theatre.id] == {}


def test_a_story_stays_linked_until_its_lead_is_edited() -> None:
    coverage = Coverage()
    coverage.relate([*weather(30), telling(1, BARGE), telling(3, BARGE_AGAIN)], NOON)
    assert coverage.relate([telling(3, BARGE_AGAIN)], NOON) == {}
    assert coverage.relate([telling(3, THEATRE)], NOON) == {telling(3, THEATRE).id: {}}


def test_what_is_older_than_three_days_is_neither_linked_nor_found() -> None:
    coverage = Coverage()
    old, barge = telling(1, BARGE, hours_ago=71), telling(3, BARGE_AGAIN)
    assert old.id in coverage.relate([*weather(30), old, barge], NOON)[barge.id]
    found = coverage.relate([telling(4, BARGE_AGAIN), telling(5, BARGE, hours_ago=80)], NOON + 2 * HOUR)
    assert found == {telling(4, BARGE_AGAIN).id: {barge.id: 1.0}}
    assert AGE == 72 * HOUR


def test_after_a_restart_new_stories_are_linked_with_those_of_before() -> None:
    filed = telling(1, BARGE, filings=(Filing(topic="all", because="every story"),))
    coverage = Coverage()
    coverage.fill([*weather(30), filed, telling(6, BARGE_AGAIN)])
    found = coverage.relate([telling(3, BARGE_AGAIN)], NOON)
    assert found[telling(3, BARGE_AGAIN).id].keys() == {filed.id}, "6 was never filed: its own turn will come"
    assert coverage.relate([filed], NOON) == {}


def test_a_story_is_linked_with_the_few_that_are_most_like_it() -> None:
    coverage = Coverage()
    alike = [telling(n, BARGE) for n in range(10)]
    found = coverage.relate([*weather(30), *alike], NOON)
    assert [len(found[s.id]) for s in alike] == [LINKS] * 10
