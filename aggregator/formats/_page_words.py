"""Our own words on the pages, in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class Words:
    """What a page says of itself, in one language."""

    language: str
    """BCP 47, of these words; a page in a language that we do not speak says so."""
    about: str
    all_topics: str
    also: str
    """Before the names of others who carry a story; the colon is ours."""
    colon: str = ": "
    nothing_yet: str
    opml: str
    read: str
    see_also: str
    """Before the headlines of other stories about the event; the colon is ours."""
    skip: str
    subscribe: str
    updated: str
    """With room for a moment: `Updated {moment}`. The only place that says that all times are UTC."""
    moment: str
    """With room for `day`, `month`, `year` and `time`."""
    months: tuple[str, ...]
    """As they stand in a date, January first."""

    def date(self, at: datetime) -> str:
        """`5 July 2026, 09:30`, in UTC."""
        return self.moment.format(day=at.day, month=self.months[at.month - 1], year=at.year, time=f"{at:%H:%M}")


ENGLISH = Words(
    language="en",
    about=(
        "News from many sources: every story once, sorted by topic. "
        "Read it here, or subscribe to a topic in any feed reader."
    ),
    all_topics="All topics",
    also="Also",
    nothing_yet="No stories yet.",
    opml="Every subscription in one file (OPML)",
    read="Read in full",
    see_also="See also",
    skip="Skip to the stories",
    subscribe="Subscribe",
    updated="Updated {moment} UTC",
    moment="{day} {month} {year}, {time}",
    months=(
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
)

RUSSIAN = Words(
    language="ru",
    about=(
        "Новости из многих источников: каждое событие один раз и в своей теме. "
        "Читайте здесь или подпишитесь на тему в любой программе для чтения лент."
    ),
    all_topics="Все темы",
    also="Также",
    nothing_yet="Новостей пока нет.",
    opml="Все подписки одним файлом (OPML)",
    read="Читать полностью",
    see_also="По теме",
    skip="Перейти к новостям",
    subscribe="Подписаться",
    updated="Обновлено {moment} UTC",
    moment="{day} {month} {year}, {time}",
    months=(
        *("января", "февраля", "марта", "апреля", "мая", "июня"),
        *("июля", "августа", "сентября", "октября", "ноября", "декабря"),
    ),
)

KAZAKH = Words(
    language="kk",
    about=(
        "Көптеген дереккөздің жаңалықтары: әр оқиға бір рет, өз тақырыбында. "
        "Осы жерде оқыңыз немесе тақырыпқа кез келген таспа оқу бағдарламасында жазылыңыз."
    ),
    all_topics="Барлық тақырыптар",
    also="Сондай-ақ",
    nothing_yet="Әзірге жаңалық жоқ.",
    opml="Барлық жазылымдар бір файлда (OPML)",
    read="Толық оқу",
    see_also="Тақырып бойынша",
    skip="Жаңалықтарға өту",
    subscribe="Жазылу",
    updated="Жаңартылды: {moment} UTC",
    moment="{year} ж. {day} {month}, {time}",
    months=(
        *("қаңтар", "ақпан", "наурыз", "сәуір", "мамыр", "маусым"),
        *("шілде", "тамыз", "қыркүйек", "қазан", "қараша", "желтоқсан"),
    ),
)

GERMAN = Words(
    language="de",
    about=(
        "Nachrichten aus vielen Quellen: jede Meldung einmal, nach Themen geordnet. "
        "Lesen Sie hier, oder abonnieren Sie ein Thema in einem beliebigen Feedreader."
    ),
    all_topics="Alle Themen",
    also="Auch bei",
    nothing_yet="Noch keine Meldungen.",
    opml="Alle Abonnements in einer Datei (OPML)",
    read="Ganz lesen",
    see_also="Zum Thema",
    skip="Zu den Meldungen",
    subscribe="Abonnieren",
    updated="Stand: {moment} UTC",
    moment="{day}. {month} {year}, {time}",
    months=(
        *("Januar", "Februar", "März", "April", "Mai", "Juni"),
        *("Juli", "August", "September", "Oktober", "November", "Dezember"),
    ),
)

CHINESE = Words(
    language="zh",
    about="汇集众多来源的新闻：每件事只报道一次，按主题归类。可在此阅读，也可用任意阅读器订阅某个主题。",
    all_topics="全部主题",
    also="另见",
    colon="：",
    nothing_yet="暂无新闻。",
    opml="全部订阅合为一个文件（OPML）",
    read="阅读全文",
    see_also="相关报道",
    skip="跳到新闻",
    subscribe="订阅",
    updated="更新于 {moment} UTC",
    moment="{year}年{month}月{day}日 {time}",
    months=tuple(map(str, range(1, 13))),
)

_ALL = {words.language: words for words in (ENGLISH, RUSSIAN, KAZAKH, GERMAN, CHINESE)}


def words_for(language: str) -> Words:
    """The words of a BCP 47 language, whatever its region; English where we do not speak it."""
    return _ALL.get(language.lower().split("-")[0], ENGLISH)
