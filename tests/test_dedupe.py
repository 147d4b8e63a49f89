"""The verdict on each article."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from aggregator import sameness
from aggregator.dedupe import OWN_WINDOW, WINDOW, dedupe
from aggregator.markup import plain
from aggregator.model import Article, Company, Dated, Decision, Known, Verdict

from .make import DAY, HOUR, NOON, article, trace


def decide(
    *articles: Article, known: Known | None = None, since: datetime | None = None, **priorities: int
) -> list[Decision]:
    return list(
        dedupe(
            articles, known or Known(), now=NOON, since=since, authority="news.example,2026", priorities=priorities
        )
    )


def knowing(*articles: Article, story: str = "", is_out: bool = False, **more: Any) -> Known:
    """A memory of these articles, each in a story of its own or all in one, with the index of sameness."""
    traces = [trace(a, story or a.id) for a in articles]
    companies: dict[str, Company] = {}
    postings: dict[int, list[str]] = {}
    for a, t in zip(articles, traces, strict=True):
        old = companies.get(t.story)
        members = (*old.members, a) if old else (a,)
        companies[t.story] = Company(story=t.story, lead=old.lead if old else a, is_out=is_out, members=members)
        for mark in sameness.read([(a.title, plain(a.content))])[0].marks:
            postings.setdefault(mark, []).append(t.story)
    return Known(
        by_id={t.id: t for t in traces},
        by_url={t.canonical_url: tuple(u for u in traces if u.canonical_url == t.canonical_url) for t in traces},
        by_sketch={t.sketch: tuple(u for u in traces if u.sketch == t.sketch) for t in traces},
        postings=lambda marks: {m: postings[m] for m in marks if m in postings},
        company=companies.__getitem__,
        text={a.id: a for a in articles}.get,
        **more,
    )


def verdicts(decisions: list[Decision]) -> list[Verdict]:
    return [d.verdict for d in decisions]


def test_an_article_never_seen_opens_a_story_of_its_own() -> None:
    [d] = decide(article())
    assert (d.verdict, d.story) == (Verdict.NEW, d.article.id)
    assert d.opens is not None
    assert d.opens.guid == f"tag:news.example,2026:{d.article.id}"


def test_the_same_article_again_is_nothing_to_do() -> None:
    [d] = decide(article(), known=knowing(article()))
    assert d.verdict is Verdict.SAME


def test_an_edited_article_is_another_version_of_itself() -> None:
    [d] = decide(article(digest="edited", title="Corrected"), known=knowing(article()))
    assert (d.verdict, d.article.id, d.story) == (Verdict.CHANGED, article().id, article().id)


HARVEST = (
    "<p>The steppe brought in 5 million tonnes of wheat, said Minister Alina Berik. More rain fell than in any year "
    "since the ministry began to count, and the elevators are full.</p>"
)


def edited(old: str = "", new: str = "", **more: Any) -> Decision:
    """The verdict on the harvest with this in place of that."""
    before = article(content=HARVEST)
    assert old in HARVEST
    after = replace(before, **{"content": HARVEST.replace(old, new), "digest": "edited"} | more)
    [d] = decide(after, known=knowing(before))
    assert d.verdict is Verdict.CHANGED
    return d


@pytest.mark.parametrize(
    ("old", "new", "because"),
    [
        ("5 million", "7 million", "other figures: 5/7"),
        ("5 million tonnes", "millions of tonnes", "other figures: 5/-"),
        ("Alina Berik", "Alina Sadyk", "other names: Berik/Sadyk"),
        ("the elevators are full", "every elevator has room", "the text has changed: 4 words"),
        ("full.", "full. Correction: wheat and barley.", "the text has changed: 4 words"),
    ],
)
def test_another_figure_or_name_or_three_words_change_the_substance(old: str, new: str, because: str) -> None:
    d = edited(old, new)
    assert d.substantive
    assert d.because.startswith("the id is known; the text has changed: ")
    assert because in d.because


@pytest.mark.parametrize(
    ("old", "new", "because"),
    [
        ("<p>The", "<div><b>The</b>", "only its look has changed"),
        ("wheat,", "“wheat” —", "only its look has changed"),
        ("any year", "any-year", "only its look has changed"),
        ("Minister Alina", "minister Alina", "only its look has changed"),
        ("elevators", "silos", "only 1 word has changed"),
        ("Berik", "Beriks", "only 1 word has changed"),
        ("More rain fell", "Also more rain came", "only 2 words have changed"),
    ],
)
def test_a_word_or_two_and_typography_do_not(old: str, new: str, because: str) -> None:
    d = edited(old, new)
    assert not d.substantive
    assert d.because == f"the id is known; {because}"


def test_labels_enclosures_links_and_the_summary_are_no_substance() -> None:
    d = edited(labels=("Farming",), url="https://alpha.example/moved", summary="Rain, and wheat.", enclosures=())
    assert (d.substantive, d.because) == (False, "the id is known; only its look has changed")


def test_another_headline_is() -> None:
    assert edited(title="Elevators full").because == "the id is known; the text has changed: another headline"
    assert not edited(title="«HEADLINE», number 1").substantive


def test_in_a_long_text_one_word_is_still_one_word() -> None:
    lines = [f"<p>Line {n} of the protocol says nothing at all.</p>" for n in range(2_000)]
    before = article(content="".join(lines))
    after = replace(before, content="".join(lines).replace("says nothing", "tells nothing", 1), digest="edited")
    [d] = decide(after, known=knowing(before))
    assert (d.substantive, d.because) == (False, "the id is known; only 1 word has changed")


def test_what_is_no_longer_held_has_changed_in_substance() -> None:
    [d] = decide(article(digest="edited"), known=replace(knowing(article()), text=lambda _: None))
    assert (d.substantive, d.because) == (True, "the id is known; the text has changed")


def test_a_new_guid_with_the_same_link_and_headline_is_the_same_article() -> None:
    old = article()
    [d] = decide(replace(old, id="f" * 24, guid="another"), known=knowing(old))
    assert (d.verdict, d.article.id) == (Verdict.SAME, old.id)


def test_a_headline_at_the_link_of_all_days_is_other_news_on_another_day() -> None:
    yesterday = article(published_at=NOON - DAY)
    rates: dict[str, Any] = {"id": "f" * 24, "guid": "another", "sketch": "other words", "published_at": NOON}
    assert verdicts(decide(replace(yesterday, **rates), known=knowing(yesterday))) == [Verdict.NEW]
    moved = replace(yesterday, **rates | {"published_at": NOON - DAY + HOUR})
    assert decide(moved, known=knowing(yesterday))[0].article.id == yesterday.id


def test_who_is_not_in_a_visit_that_brings_a_part_has_not_moved() -> None:
    warning = article(content=HARVEST)
    another = replace(
        warning, id="f" * 24, guid="another", sketch="other words", content="<p>Both passes are closed by snow.</p>",
        published_at=NOON + HOUR,
    )  # fmt: skip
    in_part = dedupe(
        [another], knowing(warning), now=NOON, since=None, authority="a", priorities={}, is_whole=False
    )  # fmt: skip
    assert [d.verdict for d in in_part] == [Verdict.NEW]
    assert decide(another, known=knowing(warning))[0].article.id == warning.id


def test_an_article_that_a_visit_tells_under_two_guids_stays_as_it_is_held() -> None:
    held = article(digest="home", url="https://alpha.example/home/1")
    city = replace(held, digest="city", url="https://alpha.example/city/1")
    home = replace(held, id="f" * 24, guid="another")
    known = replace(knowing(held), by_id={held.id: trace(held), home.id: trace(held)})
    for visit in ((city, home), (home, city)):
        assert [(d.verdict, d.article.id) for d in decide(*visit, known=known)] == [(Verdict.SAME, held.id)] * 2
    edited_twice = decide(city, replace(home, digest="edited"), known=known)
    assert verdicts(edited_twice) == [Verdict.CHANGED, Verdict.SAME]
    said_as_before = dedupe(
        [city], known, now=NOON, since=None, authority="a", priorities={}, repeated=[held.id]
    )  # fmt: skip
    assert verdicts(list(said_as_before)) == [Verdict.SAME]


def test_items_that_share_one_link_are_told_apart() -> None:
    link = {"canonical_url": "https://alpha.example/live"}
    assert verdicts(decide(article(1, **link), article(2, **link))) == [Verdict.NEW, Verdict.NEW]


def test_a_page_that_tells_other_news_under_a_new_guid_is_new() -> None:
    link = {"canonical_url": "https://alpha.example/live"}
    assert verdicts(decide(article(2, **link), known=knowing(article(1, **link)))) == [Verdict.NEW]


def test_the_same_words_in_another_source_are_a_copy() -> None:
    [d] = decide(
        article(1, "beta", title="Wheat fills the elevators", content=HARVEST),
        known=knowing(article(1, "alpha", content=HARVEST)),
    )
    assert (d.verdict, d.story, d.leads) == (Verdict.COPY, article(1, "alpha").id, False)
    assert "alpha" in d.because


def test_what_a_site_says_under_all_its_headlines_makes_them_not_one_story() -> None:
    stock = {"sketch": "stock", "content": "<p>Please read on at our site, and follow us there for more every day.</p>"}
    for source in ("alpha", "beta"):
        [d] = decide(
            article(2, source, title="Skaters win in Almaty", **stock),
            known=knowing(article(1, "alpha", title="Bread becomes cheaper", **stock)),
        )
        assert d.verdict is Verdict.NEW


def test_a_copy_joins_the_story_that_its_original_is_in() -> None:
    known = knowing(article(1, "beta"), story="story-of-alpha")
    assert decide(article(1, "gamma"), known=known)[0].story == "story-of-alpha"


def test_copies_within_one_visit_are_found_too() -> None:
    first, second = decide(article(1, "alpha"), article(1, "beta"))
    assert (second.verdict, second.story) == (Verdict.COPY, first.article.id)


def test_the_same_words_in_the_same_source_are_not_a_copy() -> None:
    weekly = article(2, sketch=article(1).sketch)
    assert verdicts(decide(weekly, known=knowing(article(1)))) == [Verdict.NEW]


def test_the_same_words_a_season_later_are_other_news() -> None:
    late = article(1, "beta", published_at=NOON + WINDOW + DAY)
    assert verdicts(decide(late, known=knowing(article(1, "alpha")))) == [Verdict.NEW]


def test_texts_too_short_to_tell_are_never_copies() -> None:
    assert verdicts(decide(article(1, "alpha", sketch=""), article(1, "beta", sketch=""))) == [Verdict.NEW] * 2


def test_one_link_with_one_headline_in_two_sources_is_one_story() -> None:
    link = {"canonical_url": "https://agency.example/1"}
    [d] = decide(article(1, "beta", sketch="teaser", **link), known=knowing(article(1, "alpha", **link)))
    assert d.verdict is Verdict.COPY


def test_one_link_with_one_headline_on_another_day_is_other_news_in_two_sources_too() -> None:
    link = {"canonical_url": "https://bank.example/rates"}
    tomorrow = article(1, "beta", sketch="other rates", published_at=NOON + DAY, **link)
    assert verdicts(decide(tomorrow, known=knowing(article(1, "alpha", **link)))) == [Verdict.NEW]


@pytest.mark.parametrize(
    ("sketch", "days", "verdict"),
    [("other rates", 3, Verdict.NEW), ("", 3, Verdict.COPY), ("", 31, Verdict.NEW)],
    ids=["other words", "no words", "no words, a season later"],
)
def test_of_a_link_and_headline_without_a_date_the_words_tell_the_day(
    sketch: str, days: int, verdict: Verdict
) -> None:
    link = {"canonical_url": "https://bank.example/rates"}
    late = article(1, "beta", sketch=sketch, published_at=NOON + days * DAY, dated=Dated.MISSING, **link)
    assert verdicts(decide(late, known=knowing(article(1, "alpha", **link)))) == [verdict]


def test_the_copy_of_a_source_with_a_greater_priority_takes_the_lead() -> None:
    known = knowing(article(1, "alpha"))
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


def test_undated_articles_of_a_visit_stand_as_in_their_document() -> None:
    undated = [article(n, published_at=NOON, dated=Dated.MISSING) for n in (7, 3, 9)]
    dated = article(5, published_at=NOON - HOUR)
    saved = [article(n, published_at=NOON - 2 * HOUR, dated=Dated.FILE) for n in (8, 4)]
    decisions = decide(undated[0], dated, *saved, *undated[1:], since=NOON - DAY)
    places = {d.article.id: d.opens.listed_at for d in decisions if d.opens}
    order = sorted(places, key=lambda id: (NOON - places[id], id))  # as in an edition
    assert order == [one.id for one in (*undated, dated, *saved)]
    assert places[undated[0].id] == NOON
    assert places[dated.id] == NOON - HOUR


# --- not to the word -------------------------------------------------------------------------------------------------

RELEASE = (
    "<p>В Павлодаре завершили ремонт старого моста через Иртыш, сообщает пресс-служба акимата области. Работы шли два "
    "года, рабочие заменили сорок две балки и уложили новое покрытие на длине девятьсот метров.</p>"
    "<p>Движение по мосту открыли в понедельник утром. Первыми по нему прошли автобусы трёх городских маршрутов, "
    "которые раньше ходили в объезд через новую дамбу и тратили на дорогу лишние двадцать минут.</p>"
    "<p>В следующем году область возьмётся за набережную: там поставят скамьи, посадят тополя и проведут освещение до "
    "самого речного вокзала. Проект обсудили с жителями на двух открытых встречах.</p>"
)
HEADLINE = "В Павлодаре открыли мост через Иртыш после ремонта"


def release(source: str = "alpha", content: str = RELEASE, title: str = HEADLINE, **more: Any) -> Article:
    told = {"content": content, "title": title, "language": "ru", "sketch": f"sketch of {source}"} | more
    return article(len(source), source, **told)


EDITS = {
    "cut": RELEASE[: RELEASE.index("<p>В следующем")],
    "wrapped": f"<p>Агентство «Волна». Фото: акимат</p>{RELEASE}<p>Читайте также: Погода на неделю</p>",
    "quoted otherwise": RELEASE.replace("сорок две", "42").replace("трёх", "трех").replace("новую", "недавнюю"),
    "without its middle": RELEASE.replace(RELEASE[RELEASE.index("<p>Движение") : RELEASE.index("<p>В следующем")], ""),
}


@pytest.mark.parametrize("content", EDITS.values(), ids=EDITS.keys())
def test_an_edited_copy_of_another_source_joins_the_story_and_says_how_alike(content: str) -> None:
    [d] = decide(release("beta", content, title="Старый мост снова открыт"), known=knowing(release()))
    assert (d.verdict, d.story) == (Verdict.COPY, release().id)
    assert 0.3 < d.score <= 1
    assert "(compared with alpha)" in d.because


def test_the_same_form_with_other_figures_is_other_news() -> None:
    def weather(city: str, day: int, night: int, wind: int) -> str:
        return (
            f"<p>В городе {city} завтра ожидается переменная облачность без осадков. Температура воздуха днём {day} "
            f"градусов, ночью {night} градусов, ветер северный {wind} метров в секунду. Гололедицы не будет, "
            f"видимость хорошая. Синоптики советуют одеваться теплее и беречь детей от сквозняка.</p>"
        )

    known = knowing(release(content=weather("Астана", 12, 3, 5), title="Погода в Астане"))
    [d] = decide(release("beta", weather("Алматы", 21, 14, 2), title="Погода в Алматы"), known=known)
    assert d.verdict is Verdict.NEW


def test_a_source_that_says_the_same_again_next_week_tells_other_news() -> None:
    again = release(canonical_url="https://alpha.example/again", id="a" * 24, published_at=NOON + OWN_WINDOW + DAY)
    assert verdicts(decide(again, known=knowing(release()))) == [Verdict.NEW]
    soon = release(canonical_url="https://alpha.example/again", id="a" * 24, published_at=NOON + HOUR)
    assert verdicts(decide(release(), soon, known=knowing(release()))) == [Verdict.SAME, Verdict.COPY]


def test_what_the_operator_has_put_asunder_is_not_joined_again() -> None:
    copy = release("beta", EDITS["cut"])
    known = knowing(release(), apart={copy.id: frozenset({release().id})})
    assert verdicts(decide(copy, known=known)) == [Verdict.NEW]


def test_edited_copies_within_one_visit_find_each_other() -> None:
    first, second = decide(release(), release("beta", EDITS["cut"]))
    assert (second.verdict, second.story) == (Verdict.COPY, first.article.id)


def test_what_is_new_or_changed_leaves_its_marks_and_what_is_the_same_does_not() -> None:
    [new] = decide(release())
    [changed] = decide(release(digest="edited"), known=knowing(release()))
    [same] = decide(release(), known=knowing(release()))
    assert new.fingerprint is not None
    assert new.fingerprint == changed.fingerprint
    assert len(new.fingerprint.marks) > 5
    assert same.fingerprint is None


# --- who leads -------------------------------------------------------------------------------------------------------


def test_once_readers_may_have_a_story_its_lead_stays() -> None:
    known = knowing(release(), is_out=True)
    assert not decide(release("beta", EDITS["wrapped"]), known=known, beta=10)[0].leads


def test_the_original_leads_before_what_says_that_it_is_a_copy() -> None:
    known = knowing(release(original_url="https://agency.example/feed"))
    assert "first appeared" in decide(release("beta"), known=known)[0].lead_because


def said_by(agency: str) -> str:
    return RELEASE.replace("пресс-служба акимата области", agency)


def test_who_credits_nobody_leads_before_who_credits_an_outlet() -> None:
    copy = release("beta", said_by("Казинформ"), published_at=NOON - HOUR)
    because = decide(release("gamma"), known=knowing(copy))[0].lead_because
    assert because == "beta credits Казинформ: «сообщает Казинформ»"
    assert not decide(copy, known=knowing(release()))[0].leads


def test_a_press_office_that_everybody_quotes_decides_nothing() -> None:
    quoting, silent = release("beta", published_at=NOON - HOUR), release(content=said_by("никто"))
    assert "earlier" in decide(quoting, known=knowing(silent))[0].lead_because


def test_the_outlet_that_a_copy_credits_leads_also_before_who_credits_nobody() -> None:
    silent, copy = release(published_at=NOON - HOUR), release("beta", said_by("Казинформ"))
    agency = release("kazinform", said_by("Казинформ"))
    assert not decide(agency, known=knowing(silent))[0].leads
    [d] = decide(agency, known=knowing(silent, copy, story=silent.id))
    assert d.lead_because == "beta credits Казинформ: «сообщает Казинформ»"
    assert not decide(silent, known=knowing(agency, copy, story=agency.id))[0].leads


def test_two_that_credit_the_same_outlet_are_equals() -> None:
    known = knowing(release(content=said_by("Reuters")))
    assert "earlier" in decide(release("beta", said_by("AFP"), published_at=NOON - HOUR), known=known)[0].lead_because
    assert not decide(release("beta", said_by("Reuters"), published_at=NOON + HOUR), known=known)[0].leads


def test_two_that_credit_each_other_are_equals() -> None:
    sunkar = release("sunkar", said_by("«Волна»"), published_at=NOON - HOUR)
    assert "earlier" in decide(sunkar, known=knowing(release("volna", said_by("«Сункар»"))))[0].lead_because


def test_priority_counts_more_than_who_was_first() -> None:
    known = knowing(release("kazinform", said_by("Казинформ")))
    assert "priority" in decide(release("beta", said_by("Казинформ")), known=known, beta=1)[0].lead_because


def test_a_teaser_without_a_text_is_judged_by_its_summary() -> None:
    told = {"content": "", "canonical_url": "https://bridge.example/1"}
    copy = release(summary="Мост через Иртыш открыли, сообщает Reuters.", **told)
    ours = release("beta", summary="Мост через Иртыш открыли.", **told)
    assert "credits Reuters" in decide(ours, known=knowing(copy))[0].lead_because


def test_the_more_complete_text_leads() -> None:
    known = knowing(release(content=EDITS["cut"][:300] + "</p>"))
    assert "more complete" in decide(release("beta"), known=known)[0].lead_because
    assert not decide(release("beta", EDITS["cut"][:300] + "</p>"), known=knowing(release()))[0].leads


def test_of_equals_the_earlier_one_leads() -> None:
    assert "earlier" in decide(release("beta", published_at=NOON - HOUR), known=knowing(release()))[0].lead_because
    assert not decide(release("beta", published_at=NOON + HOUR), known=knowing(release()))[0].leads
