"""The page of a topic, for people: its newest stories, and where to subscribe (microformats: h-feed, h-entry)."""

from __future__ import annotations

from ..model import Article, Edition, Related, Story
from ._page import END_OF_PAGE, alternate, begin_page, feeds_of, nothing_yet, subscribe, text, time, tongue, updated
from ._page_words import Words, words_for
from ._proof import abridged, bare, printable, web_address

FILENAME = "index.html"
MEDIA_TYPE = "text/html; charset=utf-8"


BETWEEN = b"\n"


def head(edition: Edition) -> bytes:
    """A page that needs no script, and no server either: its links to its neighbours are relative."""
    topic, imprint = edition.topic, edition.imprint
    words = _words(edition)
    top = begin_page(
        words=words,
        title=f"{topic.title} — {imprint.title}",
        description=topic.description,
        address=edition.link,
        root="../",
        links=[alternate(topic, feed, "") for feed in feeds_of(topic)],
    )
    return f"""\
{top}<div class="page h-feed">
{_masthead(edition, words)}
<main id="stories" tabindex="-1">
""".encode()


def items(edition: Edition) -> list[bytes]:
    """One <article> a story."""
    words = _words(edition)
    return [_story(abridged(story, edition.topic), words).encode() for story in edition.stories]


def foot(edition: Edition) -> bytes:
    """The way to the other topics; and a word, where there are no stories."""
    words = _words(edition)
    return f"""\
{"" if edition.stories else nothing_yet(words)}
</main>
<footer>
<a href="../index.html">{words.all_topics}</a>
</footer>
</div>
{END_OF_PAGE}""".encode()


def _words(edition: Edition) -> Words:
    return words_for(edition.topic.language or edition.imprint.language)


def _masthead(edition: Edition, words: Words) -> str:
    topic, imprint = edition.topic, edition.imprint
    language = tongue(topic.language or imprint.language)
    about = f'\n<p class="about p-summary" {language}>{text(topic.description)}</p>' if topic.description else ""
    return f"""\
<header>
<a class="up" href="../index.html" rel="up" {tongue(imprint.language)}>{text(imprint.title)}</a>
<h1 class="p-name" {language}>{text(topic.title)}</h1>{about}
<p class="meta">{updated(edition.updated_at, words)}</p>
{subscribe(topic, "", words)}
</header>"""


def _story(story: Story, words: Words) -> str:
    lead = story.lead
    address = web_address(lead.url) or f"#{story.id}"
    summary = f'\n<p class="p-summary">{text(lead.summary)}</p>' if lead.summary else ""
    return f"""\
<article class="h-entry" id="{text(story.id)}">
<p class="meta">{time(story.published_at, words)} <bdi class="p-author h-card">{text(lead.publisher)}</bdi></p>
<div class="text" {tongue(lead.language)}>
<h2><a class="p-name u-url" href="{text(address)}">{text(lead.title)}</a></h2>{summary}
</div>{_full_text(story, words)}{_also(story.elsewhere, words)}{_see_also(story.related, words)}
</article>"""


def _full_text(story: Story, words: Words) -> str:
    """Of a text that can be read nowhere else."""
    lead = story.lead
    if web_address(lead.url) or not lead.content:
        return ""
    return f"""
<details>
<summary>{words.read}</summary>
<div class="e-content" {tongue(lead.language)}>
{printable(lead.content)}
</div>
</details>"""


def _also(articles: tuple[Article, ...], words: Words) -> str:
    """Who else carries the story."""
    names = ", ".join(map(_carrier, articles))
    return f'\n<p class="also">{words.also}{words.colon}{names}</p>' if names else ""


def _see_also(related: tuple[Related, ...], words: Words) -> str:
    """Other stories about the event."""
    links = [(web_address(r.url), bare(r.title) or r.publisher, r.publisher) for r in related]
    items = "".join(
        f'\n<li><a href="{text(url)}">{text(title)}</a> <bdi>{text(publisher)}</bdi></li>'
        for url, title, publisher in links
        if url
    )
    return f'\n<div class="related">{words.see_also}{words.colon}<ul>{items}\n</ul></div>' if items else ""


def _carrier(article: Article) -> str:
    name = f"<bdi>{text(article.publisher)}</bdi>"
    address = web_address(article.url)
    return f'<a href="{text(address)}" title="{text(article.title)}">{name}</a>' if address else name
