"""The few words of our own that a feed adds to a story, in the edition's language."""

from __future__ import annotations

from html import escape

from ..model import Article, Copy, Story

_ALSO_REPORTED_BY = {
    "de": "Darüber berichten auch: ",
    "en": "Also reported by: ",
    "kk": "Бұл туралы сондай-ақ хабарлағандар: ",
    "ru": "Об этом также сообщают: ",
    "zh": "其他报道：",
}


def full_text(story: Story, language: str | None) -> str:
    """The lead's HTML, then who else carries the story, in `language`. Empty if the summary is all there is."""
    lead = story.lead
    if not story.copies:
        return lead.content
    return (lead.content or _paragraph(lead.summary)) + also_reported_by(story.copies, language)


def also_reported_by(copies: tuple[Copy, ...], language: str | None) -> str:
    """A paragraph of HTML: the other publishers, each a link to its copy. English where we do not speak `language`."""
    code = (language or "").lower().split("-")[0]
    code = code if code in _ALSO_REPORTED_BY else "en"
    carriers = ", ".join(_carrier(copy.article) for copy in copies)
    return f'<p lang="{code}">{_ALSO_REPORTED_BY[code]}{carriers}</p>'


def _carrier(article: Article) -> str:
    name = escape(article.publisher)
    return f'<a href="{escape(article.url)}">{name}</a>' if article.url else name


def _paragraph(text: str) -> str:
    return f"<p>{escape(text, quote=False)}</p>" if text else ""
