"""The front page of feeds/, the list of all subscriptions (OPML 2.0), and the files that every page needs."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files

from .formats._page import (
    END_OF_PAGE,
    alternate,
    begin_page,
    feeds_of,
    nothing_yet,
    subscribe,
    text,
    time,
    tongue,
    updated,
)
from .formats._page_words import Words, words_for
from .formats._proof import web_address
from .model import Edition, Front, Story

_STATIC = ("style.css", "feed.css", "icon.svg")


def render(front: Front) -> Mapping[str, bytes]:
    """File name in feeds/ -> its bytes. Pure: equal fronts give equal bytes."""
    static = {name: files("aggregator.formats").joinpath(name).read_bytes() for name in _STATIC}
    return {"index.html": _page(front), "feeds.opml": _opml(front), **static}


# --- the page --------------------------------------------------------------------------------------------------------


def _page(front: Front) -> bytes:
    imprint = front.imprint
    words = words_for(imprint.language)
    topics = "\n".join(_topic(edition, words) for edition in front.editions)
    top = begin_page(
        words=words,
        title=imprint.title,
        description=words.about,
        address=imprint.link,
        root="",
        links=[
            f'<link rel="outline" type="text/x-opml" title="{text(imprint.title)}" href="feeds.opml">',
            *(alternate(e.topic, feed, _folder(e)) for e in front.editions for feed in feeds_of(e.topic)[:1]),
        ],
    )
    return f"""\
{top}<div class="page front">
<header>
<h1 {tongue(imprint.language)}>{text(imprint.title)}</h1>
<p class="about">{words.about}</p>
{_last_change(front, words)}<p class="subscribe"><a href="feeds.opml" type="text/x-opml">{words.opml}</a></p>
</header>
<main id="stories" tabindex="-1">
{topics}
</main>
</div>
{END_OF_PAGE}""".encode()


def _last_change(front: Front, words: Words) -> str:
    newest = max((edition.updated_at for edition in front.editions), default=None)
    return f'<p class="meta">{updated(newest, words)}</p>\n' if newest else ""


def _topic(edition: Edition, words: Words) -> str:
    topic = edition.topic
    language = tongue(topic.language or edition.imprint.language)
    about = f'\n<p class="about p-summary" {language}>{text(topic.description)}</p>' if topic.description else ""
    headlines = "\n".join(_headline(story, edition, words) for story in edition.stories)
    stories = f"<ol>\n{headlines}\n</ol>" if headlines else nothing_yet(words)
    return f"""\
<section class="topic h-feed">
<h2 {language}>{_link(_home(edition), topic.title)}</h2>{about}
{stories}
{subscribe(topic, _folder(edition), words)}
</section>"""


def _headline(story: Story, edition: Edition, words: Words) -> str:
    lead, home = story.lead, _home(edition)
    address = web_address(lead.url) or (home and f"{home}#{story.id}")
    return f"""\
<li class="h-entry">
<h3 {tongue(lead.language)}>{_link(address, lead.title)}</h3>
<p class="meta">{time(story.published_at, words)} <bdi class="p-author h-card">{text(lead.publisher)}</bdi></p>
</li>"""


def _link(address: str, name: str) -> str:
    """Without an address, the name alone."""
    if not address:
        return f'<span class="p-name">{text(name)}</span>'
    return f'<a class="p-name u-url" href="{text(address)}">{text(name)}</a>'


def _folder(edition: Edition) -> str:
    return f"{edition.topic.name}/"


def _home(edition: Edition) -> str:
    """The topic's own page; empty if the topic publishes none. With its file name, for those who read from a disk."""
    return f"{_folder(edition)}index.html" if "html" in edition.topic.formats else ""


# --- the list of subscriptions ---------------------------------------------------------------------------------------


def _opml(front: Front) -> bytes:
    title = text(front.imprint.title)
    outlines = "".join(_outline(edition) for edition in front.editions if feeds_of(edition.topic))
    return f"""\
<?xml version="1.0" encoding="utf-8"?>
<opml version="2.0">
<head>
<title>{title}</title>
</head>
<body>
<outline text="{title}" title="{title}">
{outlines}</outline>
</body>
</opml>
""".encode()


def _outline(edition: Edition) -> str:
    """One subscription a topic, in the format that most readers take."""
    topic = edition.topic
    facts = {
        "type": "rss",
        "text": topic.title,
        "title": topic.title,
        "xmlUrl": edition.link + feeds_of(topic)[0].filename,
        "htmlUrl": edition.link if "html" in topic.formats else "",
        "description": topic.description,
        "language": topic.language or edition.imprint.language,
    }
    attributes = " ".join(f'{name}="{text(value)}"' for name, value in facts.items() if value)
    return f"<outline {attributes}/>\n"
