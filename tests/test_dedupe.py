"""The verdict on each article."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from aggregator.dedupe import WINDOW, dedupe
from aggregator.model import Article, Decision, Known, Trace, Verdict

from .make import DAY, HOUR, NOON, article, trace


def decide(
    *articles: Article, known: Known | None = None, since: datetime | None = None, **priorities: int
) -> list[Decision]:
    return list(
        dedupe(
            articles, known or Known(), now=NOON, since=since, authority="news.example,2026", priorities=priorities
        )
    )


def knowing(*traces: Trace) -> Known:
    return Known(
        by_id={t.id: t for t in traces},
        by_url={t.canonical_url: tuple(u for u in traces if u.canonical_url == t.canonical_url) for t in traces},
        by_sketch={t.sketch: tuple(u for u in traces if u.sketch == t.sketch) for t in traces},
    )


def verdicts(decisions: list[Decision]) -> list[Verdict]:
    return [d.verdict for d in decisions]


def test_an_article_never_seen_opens_a_story_of_its_own() -> None:
    [d] = decide(article())
    assert (d.verdict, d.story) == (Verdict.NEW, d.article.id)
    assert d.opens is not None
    assert d.opens.guid == f"tag:news.example,2026:{d.article.id}"


def test_the_same_article_again_is_nothing_to_do() -> None:
    [d] = decide(article(), known=knowing(trace(article())))
    assert d.verdict is Verdict.SAME


def test_an_edited_article_is_another_version_of_itself() -> None:
    [d] = decide(article(digest="edited", title="Corrected"), known=knowing(trace(article())))
    assert (d.verdict, d.article.id, d.story) == (Verdict.CHANGED, article().id, article().id)


def test_a_new_guid_with_the_same_link_and_headline_is_the_same_article() -> None:
    old = article()
    [d] = decide(replace(old, id="f" * 24, guid="another"), known=knowing(trace(old)))
    assert (d.verdict, d.article.id) == (Verdict.SAME, old.id)


def test_items_that_share_one_link_are_told_apart() -> None:
    link = {"canonical_url": "https://alpha.example/live"}
    assert verdicts(decide(article(1, **link), article(2, **link))) == [Verdict.NEW, Verdict.NEW]


def test_a_page_that_tells_other_news_under_a_new_guid_is_new() -> None:
    link = {"canonical_url": "https://alpha.example/live"}
    assert verdicts(decide(article(2, **link), known=knowing(trace(article(1, **link))))) == [Verdict.NEW]


def test_the_same_words_in_another_source_are_a_copy() -> None:
    [d] = decide(article(1, "beta", title="Retitled"), known=knowing(trace(article(1, "alpha"))))
    assert (d.verdict, d.story, d.leads) == (Verdict.COPY, article(1, "alpha").id, False)
    assert "alpha" in d.because


def test_a_copy_joins_the_story_that_its_original_is_in() -> None:
    copy = trace(article(1, "beta"), story="story-of-alpha")
    assert decide(article(1, "gamma"), known=knowing(copy))[0].story == "story-of-alpha"


def test_copies_within_one_visit_are_found_too() -> None:
    first, second = decide(article(1, "alpha"), article(1, "beta"))
    assert (second.verdict, second.story) == (Verdict.COPY, first.article.id)


def test_the_same_words_in_the_same_source_are_not_a_copy() -> None:
    weekly = article(2, sketch=article(1).sketch)
    assert verdicts(decide(weekly, known=knowing(trace(article(1))))) == [Verdict.NEW]


def test_the_same_words_a_season_later_are_other_news() -> None:
    late = article(1, "beta", published_at=NOON + WINDOW + DAY)
    assert verdicts(decide(late, known=knowing(trace(article(1, "alpha"))))) == [Verdict.NEW]


def test_texts_too_short_to_tell_are_never_copies() -> None:
    assert verdicts(decide(article(1, "alpha", sketch=""), article(1, "beta", sketch=""))) == [Verdict.NEW] * 2


def test_one_link_with_one_headline_in_two_sources_is_one_story() -> None:
    link = {"canonical_url": "https://agency.example/1"}
    [d] = decide(article(1, "beta", sketch="teaser", **link), known=knowing(trace(article(1, "alpha", **link))))
    assert d.verdict is Verdict.COPY


def test_the_copy_of_a_source_with_a_greater_priority_takes_the_lead() -> None:
    known = knowing(trace(article(1, "alpha")))
    assert decide(article(1, "beta"), known=known, beta=10)[0].leads
    assert not decide(article(1, "beta"), known=known, alpha=10, beta=10)[0].leads


def test_within_one_visit_the_greatest_priority_keeps_the_lead() -> None:
    _, b, c = decide(article(1, "alpha"), article(1, "beta"), article(1, "gamma"), beta=2, gamma=1)
    assert (b.leads, c.leads) == (True, False)


def test_on_the_first_visit_a_story_keeps_its_date() -> None:
    [d] = decide(article(published_at=NOON - 40 * DAY))
    assert d.opens is not None
    assert d.opens.listed_at == NOON - 40 * DAY


def test_later_a_story_is_not_inserted_where_nobody_looks_any_more() -> None:
    [d] = decide(article(published_at=NOON - 40 * DAY), since=NOON - HOUR)
    assert d.opens is not None
    assert d.opens.listed_at == NOON - HOUR


def test_no_story_is_listed_in_the_future() -> None:
    [d] = decide(article(published_at=NOON + HOUR))
    assert d.opens is not None
    assert d.opens.listed_at == NOON
