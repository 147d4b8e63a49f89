"""What the page of a topic and the front page share: the frame of a page, and the small pieces in it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from html import escape

from ..model import Topic
from ._page_words import Words
from ._proof import printable

_RIGHT_TO_LEFT = {"ar", "arc", "ckb", "dv", "fa", "he", "ks", "nqo", "ps", "sd", "syr", "ug", "ur", "yi"}
_RIGHT_TO_LEFT_SCRIPTS = {"adlm", "arab", "hebr", "mand", "nkoo", "rohg", "syrc", "thaa"}


@dataclass(frozen=True)
class Feed:
    """What a page has to say of a subscription."""

    filename: str
    media_type: str
    label: str


FEEDS = {
    "rss": Feed("rss.xml", "application/rss+xml", "RSS"),
    "atom": Feed("atom.xml", "application/atom+xml", "Atom"),
    "jsonfeed": Feed("feed.json", "application/feed+json", "JSON Feed"),
}
"""Formats that a reader can subscribe to, the most widely read first. Those of others are published, not advertised."""


def feeds_of(topic: Topic) -> tuple[Feed, ...]:
    """Where a reader can subscribe to the topic, the most widely read format first."""
    return tuple(feed for name, feed in FEEDS.items() if name in topic.formats)


def text(value: str) -> str:
    """`value` as text, or as an attribute in quotes, of HTML or XML; what no XML may hold is left out."""
    return escape(printable(value))


def tongue(language: str | None) -> str:
    """The attributes for the language (BCP 47) of a text and its direction; unknown: its letters tell."""
    if not language:
        return 'lang="" dir="auto"'
    name, *rest = language.lower().split("-")
    script = next((part for part in rest if len(part) == 4 and part.isalpha()), "")
    is_rtl = script in _RIGHT_TO_LEFT_SCRIPTS if script else name in _RIGHT_TO_LEFT
    return f'lang="{text(language)}" dir="{"rtl" if is_rtl else "ltr"}"'


def time(at: datetime, words: Words, class_: str = "dt-published") -> str:
    """An absolute moment, since a page is read long after it is made."""
    stamp = at.isoformat(timespec="seconds").replace("+00:00", "Z")
    return f'<time class="{class_}" datetime="{stamp}">{words.date(at)}</time>'


def updated(at: datetime, words: Words) -> str:
    """When the newest thing on a page happened; says, for the whole page, that its times are UTC."""
    return words.updated.format(moment=time(at, words, "dt-updated"))


def nothing_yet(words: Words) -> str:
    """What stands where stories will be."""
    return f'<p class="nothing">{words.nothing_yet}</p>'


def subscribe(topic: Topic, folder: str, words: Words) -> str:
    """The topic's subscriptions; `folder` is where they are, seen from the page. Empty if there are none."""
    links = " ".join(
        f'<a href="{folder}{feed.filename}" type="{feed.media_type}">{feed.label}</a>' for feed in feeds_of(topic)
    )
    what = f"{words.subscribe}{words.colon}{topic.title}"
    return f'<nav class="subscribe" aria-label="{text(what)}">{words.subscribe} {links}</nav>' if links else ""


def alternate(topic: Topic, feed: Feed, folder: str) -> str:
    """What lets a reader find a subscription when it is given the page."""
    title = f"{text(topic.title)} ({feed.label})"
    return f'<link rel="alternate" type="{feed.media_type}" title="{title}" href="{folder}{feed.filename}">'


END_OF_PAGE = "</body>\n</html>\n"


def begin_page(
    *, words: Words, title: str, description: str, address: str, root: str, links: Iterable[str]
) -> str:
    """
    A page as far as its body. `address` is its one absolute address, `root` the way from it to feeds/ (empty, or
    `../`); `links` are markup. Nothing in it needs a script, an inline style or another host.
    """
    named = f'<meta name="description" content="{text(description)}">\n' if description else ""
    more = "".join(f"{link}\n" for link in links)
    return f"""\
<!doctype html>
<html lang="{words.language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{text(title)}</title>
{named}<link rel="canonical" href="{text(address)}">
<link rel="stylesheet" href="{root}style.css">
<link rel="icon" type="image/svg+xml" href="{root}icon.svg">
{more}</head>
<body>
<a class="skip" href="#stories">{words.skip}</a>
"""
