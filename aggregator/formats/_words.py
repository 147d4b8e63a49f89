"""The few words of our own that a feed adds to a story, in the edition's language."""

from __future__ import annotations

import re
from html import escape

from ..model import Article, Related, Story

_ALSO_REPORTED_BY = {
    "de": "Darüber berichten auch: ",
    "en": "Also reported by: ",
    "kk": "Бұл туралы сондай-ақ хабарлағандар: ",
    "ru": "Об этом также сообщают: ",
    "zh": "其他报道：",
}
_SEE_ALSO = {
    "de": "Siehe auch: ",
    "en": "See also: ",
    "kk": "Тағы қараңыз: ",
    "ru": "Смотрите также: ",
    "zh": "相关报道：",
}
_LAST_SEE_ALSO = re.compile(
    f'<p lang="[a-z]+">(?:{"|".join(_SEE_ALSO.values())})'
    r'((?:<a href="[^"<>]*">[^<>]*</a> \([^<>]*\)(?:; )?)+)</p>\Z'
)


def full_text(story: Story, language: str | None) -> str:
    """
    The lead's HTML, then who else carries the story and what else is told of the event, in `language`. Empty if the
    summary is all there is.
    """
    lead = story.lead
    if not story.elsewhere and not story.related:
        return lead.content
    code = (language or "").lower().split("-")[0]
    code = code if code in _ALSO_REPORTED_BY else "en"
    more = also_reported_by(story.elsewhere, code) + see_also(story.related, code)
    return (lead.content or _paragraph(lead.summary)) + more


def also_reported_by(articles: tuple[Article, ...], code: str) -> str:
    """A paragraph of HTML: the other publishers, each a link to its copy."""
    carriers = ", ".join(map(_carrier, articles))
    return f'<p lang="{code}">{_ALSO_REPORTED_BY[code]}{carriers}</p>' if carriers else ""


def see_also(related: tuple[Related, ...], code: str) -> str:
    """A paragraph of HTML: the headlines of the related stories that have a page, each a link to it."""
    links = "; ".join(f'<a href="{escape(r.url)}">{escape(r.title)}</a> ({escape(r.publisher)})' for r in related)
    return f'<p lang="{code}">{_SEE_ALSO[code]}{links}</p>' if links else ""


def without_see_also(html: str) -> tuple[str, str]:
    """A text that `full_text` has made, without that paragraph; and what stood in it, empty if there is none."""
    found = _LAST_SEE_ALSO.search(html)
    return (html[: found.start()], found[1]) if found else (html, "")


def _carrier(article: Article) -> str:
    name = escape(article.publisher)
    return f'<a href="{escape(article.url)}">{name}</a>' if article.url else name


def _paragraph(text: str) -> str:
    return f"<p>{escape(text, quote=False)}</p>" if text else ""
