"""The editions that every format is tried with: an ordinary one, a hostile one, and their makers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from aggregator.model import ALL, Article, Copy, Dated, Edition, Enclosure, Imprint, Related, Story, Topic

NOON = datetime(2026, 7, 5, 12, 0, tzinfo=UTC)


def article(number: int, **said: Any) -> Article:
    facts: dict[str, Any] = {
        "id": f"{number:024x}",
        "source": "steppe",
        "publisher": "Степной вестник",
        "guid": f"steppe-{number}",
        "url": f"https://steppe.example/news/{number}",
        "canonical_url": f"steppe.example/news/{number}",
        "title": f"Мост через реку открыт, часть {number}",
        "summary": "Движение началось утром.",
        "content": "<p>Движение началось утром. <b>Пробок нет.</b></p>",
        "published_at": NOON - timedelta(hours=number),
        "dated": Dated.SAID,
        "updated_at": NOON - timedelta(minutes=number),
        "seen_at": NOON,
        "language": "ru",
        "digest": "",
        "sketch": "",
    }
    return Article(**facts | said)


def story(number: int, *copies: Article, **said: Any) -> Story:
    lead = article(number, **said)
    carried = tuple(Copy(article=a, relation="copy", score=0.9, because="the same words") for a in copies)
    return Story(id=lead.id, guid=f"tag:desk.example,2026:{lead.id}", lead=lead, copies=carried, listed_at=NOON)


def edition(*stories: Story, **topic: Any) -> Edition:
    imprint = Imprint(
        title="Новости степи",
        link="https://desk.example/feeds/",
        contact="desk@desk.example",
        language="ru",
        authority="desk.example,2026",
    )
    named = Topic(**{"name": "bridges", "title": "Мосты & дороги", "description": "Что строят."} | topic)
    return Edition(imprint=imprint, topic=named, stories=stories, updated_at=NOON)


def related(title: str, url: str) -> Related:
    return Related(story=f"{99:024x}", title=title, publisher="Заря & Ко", url=url, score=0.5, found_at=NOON)


def linked(story: Story, *others: Related) -> Story:
    return replace(story, related=others)


PICTURE = Enclosure(url="https://steppe.example/мост.jpg", media_type="image/jpeg", title="Мост")
RECORDING = Enclosure(url="https://steppe.example/2.mp3", media_type="audio/mpeg", length=4096)

ORDINARY = edition(
    story(
        1,
        article(11, publisher="Заря & Ко", url="https://zarya.example/a?x=1&y=2", title="Открыт мост", source="zarya"),
        article(12, publisher="Районная почта", url="", source="inbox"),
        authors=("Айгуль Сериккызы", "Ivan Petrov"),
        labels=("транспорт", "R&D"),
        enclosures=(RECORDING, PICTURE),
    ),
    linked(
        story(2, language="kk", title="Көпір ашылды", content=""),
        related("Мост & <b>берег</b>", "https://zarya.example/b?x=1&y=2"),
        related("Без страницы", ""),
    ),
    story(3, url="", title="A text from the inbox: AT&T < IBM", language="en", summary="", content="<p>Local.</p>"),
    story(4, summary="", content="", language=""),
)
HOSTILE = edition(
    story(1, title="<b>Bold</b> &amp; <script>alert(1)</script>", summary="</p> &copy; <i>", content="<p>]]></p>"),
    linked(
        story(2, title="\x00\ud800\ufffe", summary="\x01", content="\x0b", publisher="\x07", source="", language="!"),
        related("\x00", "https://zarya.example/a|b"),
        related("a", "javascript:alert(1)"),
    ),
    story(3, url="javascript:alert(1)", guid="", title="a <b", labels=("<b>x</b>", "", "\x00", "x", "x")),
    story(4, url="https://қазақстан.example/жол?сұрақ=«иә»#[1]", authors=("", "A\nB", "</author>")),
    story(5, url="http://user:secret@host.example:99999/", published_at=NOON + timedelta(days=900)),
    story(6, article(7, url="http://[", title="", publisher="<i>"), article(8, title="\x00", url="http://x.example/|^{}")),
    story(
        7,
        enclosures=(
            Enclosure(url="https://a.example/a", media_type=""),
            Enclosure(url="https://a.example/b", media_type="image/png", length=-1),
            Enclosure(url="https://a.example/b", media_type="image/png"),
            Enclosure(url="ftp://a.example/c", media_type="image/png"),
            Enclosure(url="https://a.example/ d", media_type="image/png", length=10**5000),
        ),
    ),
    replace(story(8), guid="no URI, but a sentence"),
    replace(story(9), guid=story(1).guid),
    replace(story(10), guid="no URI, but a sentence"),
)
EDITIONS = {
    "ordinary": ORDINARY,
    "hostile": HOSTILE,
    "empty": edition(),
    "all": edition(*ORDINARY.stories, name=ALL, title="All", description="", language="kk"),
}
