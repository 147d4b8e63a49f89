"""What somebody said, made into what we stand behind."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.identity import article_id, tell_apart
from aggregator.model import Article, Dated, Enclosure, Item
from aggregator.normalise import normalise

from .make import DAY, HOUR, NOON, fetched, source

TEXT = "Жители посёлка собрали урожай яблок и отправили его на осеннюю ярмарку. Ярмарка продлится три дня."


def made(**said: Any) -> Article:
    return normalise(Item(**said), source(), fetched(), NOON)


def test_an_item_becomes_an_article() -> None:
    article = made(
        guid=" g-1 ", url="/news/1?utm_source=rss", title="Урожай &amp; ярмарка", content=f"<p>{TEXT}</p>",
        authors=("А. <b>Сериков</b>", "А. Сериков", " "), published_at=NOON - HOUR, labels=("Село", "Село", ""),
        publisher="Степная  газета", original_url="https://first.example/a", date_said="сегодня в 11",
    )  # fmt: skip
    assert article == Article(
        id=article.id, source="alpha", publisher="Степная газета", guid="g-1",
        url="https://alpha.example/news/1?utm_source=rss", canonical_url="https://alpha.example/news/1",
        original_url="https://first.example/a", title="Урожай & ярмарка", summary=TEXT, content=f"<p>{TEXT}</p>",
        authors=("А. Сериков",), published_at=NOON - HOUR, dated=Dated.SAID, date_said="сегодня в 11",
        updated_at=NOON - HOUR, seen_at=NOON, labels=("Село",), language="ru", digest=article.digest,
        sketch=article.sketch,
    )  # fmt: skip
    assert len(article.id) == 24
    assert len(article.digest) == len(article.sketch) == 32


def test_who_names_no_publisher_is_published_by_its_source() -> None:
    item, feed = Item(title="Урожай"), source(title="Степная газета")
    assert normalise(item, source(), fetched(), NOON).publisher == "alpha"
    assert normalise(item, feed, fetched(), NOON).publisher == "Степная газета"
    assert normalise(replace(item, publisher="Заря"), feed, fetched(), NOON).publisher == "Заря"


# --- identity --------------------------------------------------------------------------------------------------------


def test_identity_is_the_guid_then_the_url_then_the_words() -> None:
    by_guid = article_id(source(), Item(guid="g", url="https://a.example/1"))
    assert by_guid == article_id(source(), Item(guid=" g\n", url="https://a.example/2", title="x"))
    by_url = article_id(source(), Item(url="https://a.example/1?utm_source=x", title="x"))
    assert by_url == article_id(source(), Item(url="http://www.a.example/1/", title="y"))
    by_words = article_id(source(), Item(title="Ёлка в «городе»", content="<p>Текст</p>"))
    assert by_words == article_id(source(), Item(title="елка в городе", content="текст"))
    assert len({by_guid, by_url, by_words, article_id(source(), Item(title="Другое"))}) == 4


def test_a_guid_counts_within_its_source_only() -> None:
    assert article_id(source("alpha"), Item(guid="1")) != article_id(source("beta"), Item(guid="1"))


def test_an_id_is_the_same_on_every_machine() -> None:
    assert article_id(source("alpha"), Item(guid="1")) == "6d2cc645b035e518e38d794e"


def test_relative_urls_are_identified_by_where_they_lead() -> None:
    item = Item(url="1.html", base="https://a.example/news/")
    assert article_id(source(), item) == article_id(source(), Item(url="https://a.example/news/1.html"))
    assert made(url="1.html").id == article_id(source(), Item(url="https://alpha.example/1.html"))


def test_pages_that_share_a_guid_are_told_apart() -> None:
    one, two = made(guid="1", url="/a", title="А"), made(guid="1", url="/b", title="Б")
    told = tell_apart([one, two])
    assert [a.title for a in told] == ["А", "Б"]
    assert told[0].id != told[1].id
    assert tell_apart([two, one])[1] == told[0]


def test_headlines_that_share_a_url_are_told_apart_unless_a_guid_says_that_they_are_one() -> None:
    one, two = made(url="/", title="Первая новость"), made(url="/", title="Вторая новость")
    assert len({a.id for a in tell_apart([one, two])}) == 2
    assert len(tell_apart([replace(one, guid="g"), replace(two, guid="g")])) == 1


def test_an_article_that_stands_twice_in_a_document_is_one_in_its_last_version() -> None:
    old = made(guid="1", url="/a", title="А", published_at=NOON - DAY)
    new = made(guid="1", url="/a", title="А, дополнено", published_at=NOON - DAY, updated_at=NOON - HOUR)
    assert tell_apart([new, old]) == tell_apart([old, new]) == [new]
    assert tell_apart([old, old]) == [old]


def test_the_digest_changes_with_what_a_reader_sees_and_with_nothing_else() -> None:
    said: dict[str, Any] = {"guid": "1", "title": "А", "content": "<p>Текст</p>", "published_at": NOON - DAY}
    digest = made(**said).digest
    assert made(**said | {"published_at": NOON - HOUR, "updated_at": NOON}).digest == digest
    assert normalise(Item(**said), source(), fetched(), NOON + DAY).digest == digest
    changes: list[dict[str, Any]] = [
        {"title": "Б"}, {"content": "<p>Другой</p>"}, {"url": "/a"}, {"authors": ("А",)}, {"labels": ("А",)},
        {"language": "kk"}, {"original_url": "/b"}, {"enclosures": (Enclosure(url="/a.mp3"),)},
    ]  # fmt: skip
    assert len({made(**said | change).digest for change in changes} | {digest}) == len(changes) + 1


# --- text ------------------------------------------------------------------------------------------------------------


def test_a_title_is_never_empty() -> None:
    assert made(content=f"<p>{TEXT}</p>").title == TEXT.partition(".")[0] + "."
    assert made(title="<script>alert(1)</script>", summary="Только текст").title == "Только текст"
    assert made(url="/a").title == "https://alpha.example/a"
    assert made().title == "(untitled)"


def test_a_huge_title_is_cut_at_a_word() -> None:
    title = made(title="слово " * 50_000).title
    assert len(title) <= 300
    assert title.endswith("слово…")


def test_plain_text_is_escaped_and_keeps_its_paragraphs() -> None:
    article = made(content="<script>alert(1)</script>\n\nОдин\nдва", is_html=False)
    assert article.content == "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p><p>Один<br>два</p>"
    assert article.summary == "<script>alert(1)</script> Один два"


def test_a_summary_that_says_something_of_its_own_is_kept() -> None:
    own = "Редакция коротко пересказывает эту новость."
    assert made(summary=own, content=f"<p>{TEXT}</p>").summary == own
    assert made(summary="Читать далее", content=f"<p>{TEXT}</p>").summary == TEXT
    assert made(title=own, summary=own, content=f"<p>{TEXT}</p>").summary == TEXT
    assert made(summary=f"<p>{TEXT}</p>").content == f"<p>{TEXT}</p>"


def test_links_in_the_text_are_relative_to_the_item_before_the_document() -> None:
    link = '<a href="x.html">x</a>'
    assert 'href="https://alpha.example/x.html"' in made(content=link).content
    assert 'href="https://b.example/n/x.html"' in made(content=link, base="https://b.example/n/").content


def test_lists_are_bounded() -> None:
    article = made(
        authors=tuple(f"{n} {'я' * 400}" for n in range(100)),
        labels=tuple(f"{n} {'я' * 400}" for n in range(100)),
        enclosures=tuple(Enclosure(url=f"/{n}.mp3") for n in range(100)),
        publisher="я" * 400,
    )
    assert (len(article.authors), len(article.labels), len(article.enclosures)) == (20, 50, 20)
    assert max(map(len, article.authors)) <= 320
    assert max(map(len, article.labels)) <= 100
    assert len(article.publisher) <= 200


def test_the_labels_of_the_source_come_first() -> None:
    article = normalise(Item(labels=("economy", "agency")), source(labels=("agency",)), fetched(), NOON)
    assert article.labels == ("agency", "economy")


@pytest.mark.parametrize(
    ("enclosure", "wanted"),
    [
        (Enclosure(url="/a.MP3?x=1", length=-5), ("https://alpha.example/a.MP3?x=1", "audio/mpeg", None)),
        (Enclosure(url="/a", media_type="Image/JPEG; q=1", length=7), ("https://alpha.example/a", "image/jpeg", 7)),
        (Enclosure(url="/a.png", media_type="photo"), ("https://alpha.example/a.png", "image/png", None)),
        (Enclosure(url="/a", media_type="photo"), ("https://alpha.example/a", "", None)),
    ],
)
def test_an_enclosure_says_what_is_true_or_nothing(enclosure: Enclosure, wanted: tuple[str, str, int | None]) -> None:
    [found] = made(enclosures=(enclosure, enclosure, Enclosure(url="javascript:alert(1)"))).enclosures
    assert (found.url, found.media_type, found.length) == wanted


@pytest.mark.parametrize(
    ("said", "of_source", "text", "wanted"),
    [
        ("RU", None, TEXT, "ru"),
        ("pt_BR", None, "", "pt-br"),
        ("en-US", None, TEXT, "ru"),
        ("en", "kk", TEXT, "kk"),
        ("kz", None, "Елордада балаларға арналған жаңа кітапхана ашылды", "kk"),
        ("russian", None, TEXT, "ru"),
        ("und", None, TEXT, "ru"),
        (None, None, TEXT, "ru"),
        (None, None, "", ""),
    ],
)
def test_the_language_is_believed_if_the_letters_allow_it(
    said: str | None, of_source: str | None, text: str, wanted: str
) -> None:
    item = Item(language=said, title="1", content=text)
    assert normalise(item, source(language=of_source), fetched(), NOON).language == wanted


# --- dates -----------------------------------------------------------------------------------------------------------

ALMATY = timezone(timedelta(hours=5))


@pytest.mark.parametrize(
    ("said", "at", "dated"),
    [
        ({"published_at": NOON - DAY}, NOON - DAY, Dated.SAID),
        ({"published_at": datetime(2026, 11, 20, 16, 0, 0, 5, ALMATY)}, NOON - HOUR, Dated.SAID),
        ({"updated_at": NOON - DAY}, NOON - DAY, Dated.SAID),
        ({"published_at": NOON + HOUR}, NOON, Dated.SAID),
        ({"published_at": NOON + 2 * DAY}, NOON, Dated.FUTURE),
        ({"published_at": datetime.max.replace(tzinfo=timezone(-HOUR))}, NOON, Dated.FUTURE),
        ({"published_at": datetime(1970, 1, 1, tzinfo=UTC)}, NOON, Dated.IMPOSSIBLE),
        ({"published_at": datetime.min.replace(tzinfo=ALMATY)}, NOON, Dated.IMPOSSIBLE),
        ({"date_said": "32 мартобря"}, NOON, Dated.IMPOSSIBLE),
        ({"date_said": "32 мартобря", "file_at": NOON - DAY}, NOON, Dated.IMPOSSIBLE),
        ({"file_at": NOON - DAY}, NOON - DAY, Dated.FILE),
        ({"file_at": NOON + DAY}, NOON, Dated.FILE),
        ({"file_at": datetime(1970, 1, 1, tzinfo=UTC)}, NOON, Dated.MISSING),
        ({"date_said": " "}, NOON, Dated.MISSING),
        ({}, NOON, Dated.MISSING),
    ],
)
def test_a_date_is_judged_and_the_judgement_kept(said: dict[str, Any], at: datetime, dated: Dated) -> None:
    article = made(**said)
    assert (article.published_at, article.dated) == (at, dated)
    assert article.published_at.tzinfo is UTC
    assert article.updated_at >= article.published_at


def test_what_the_source_said_of_the_date_is_kept() -> None:
    assert made(date_said="вчера", published_at=NOON).date_said == "вчера"
    assert made(published_at=NOON + 9 * DAY).date_said == "2026-11-29T12:00:00+00:00"


def test_an_update_is_believed_between_the_first_date_and_now() -> None:
    assert made(published_at=NOON - DAY, updated_at=NOON - HOUR).updated_at == NOON - HOUR
    assert made(published_at=NOON - DAY, updated_at=NOON - 2 * DAY).updated_at == NOON - DAY
    assert made(published_at=NOON - DAY, updated_at=NOON + HOUR).updated_at == NOON
    assert made(published_at=NOON - DAY, updated_at=NOON + 9 * DAY).updated_at == NOON - DAY


def test_all_times_are_whole_seconds() -> None:
    article = normalise(Item(), source(), fetched(), NOON.replace(microsecond=7))
    assert article.published_at == article.updated_at == article.seen_at == NOON


# --- whatever comes --------------------------------------------------------------------------------------------------

strings = st.text(st.characters(exclude_categories=()))
words = st.none() | strings | st.text().map(lambda t: f"https://{t}/") | strings.map(lambda t: f"<p>{t}</p><a b=")
times = st.none() | st.datetimes(timezones=st.none() | st.just(UTC) | st.just(ALMATY) | st.just(timezone(-HOUR)))
items = st.builds(
    Item, guid=words, url=words, base=words, title=words, summary=words, content=words, is_html=st.booleans(),
    authors=st.lists(strings, max_size=2).map(tuple), published_at=times, updated_at=times, file_at=times,
    date_said=words, labels=st.lists(strings, max_size=2).map(tuple), language=words, publisher=words,
    original_url=words,
    enclosures=st.lists(st.builds(Enclosure, url=strings, media_type=strings, length=st.integers()), max_size=2)
    .map(tuple),
)  # fmt: skip


@given(items, st.sampled_from(["https://a.example/rss", "file:///inbox/a.txt", ""]))
@settings(deadline=None)
def test_whatever_comes_becomes_an_article(item: Item, url: str) -> None:
    article = normalise(item, source(), fetched(url=url), NOON)
    assert article == normalise(item, source(), fetched(url=url), NOON)
    assert article.title == " ".join(article.title.split()) != ""
    assert len(article.title) <= 300
    assert article.published_at <= article.updated_at <= article.seen_at
    for said in (article.guid, article.summary, article.content, article.date_said, *article.labels, *article.authors):
        assert said == said.encode("utf-8", "ignore").decode().replace("\x00", "")
