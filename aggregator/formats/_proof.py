"""
Reads an edition once more before it is printed, so that no format has to mistrust what it prints.

Afterwards no text holds what XML forbids, every link is an ASCII http address, every guid a `tag:` URI, no date is
later than the edition's own, nothing that a format must say is empty, and no name holds markup.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from html import unescape
from unicodedata import normalize
from urllib.parse import SplitResult, quote, urlsplit

from ..model import ALL, Article, Edition, Enclosure, Imprint, Related, Story, Topic, Withdrawal

# Besides what XML 1.0 forbids: C1 controls, non-characters and U+FFFD, which the W3C validator calls bad characters.
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\xa0-\ud7ff\ue000-\ufdcf\ufdf0-\ufffc\U00010000-\U0010ffff]")
_TAG_URI = re.compile(r"tag:([a-z0-9._-]+@)?[a-z0-9.-]+,\d{4}(-\d\d(-\d\d)?)?:[\w;/?:@&=+$.!~*'()%,-]*", re.ASCII)
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*", re.ASCII | re.IGNORECASE)
_MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+", re.ASCII)
_HOST = re.compile(r"[\w.-]+|\[[0-9a-f:.]+\]", re.ASCII)
_HOST_WITH_A_DOT = re.compile(r"https?://[^/.]+\.[^/]", re.ASCII)
_TAG = re.compile("</?[a-z][^<>]*>", re.IGNORECASE)
_TAG_BEGINS = re.compile("<(?=[/!?a-z])", re.IGNORECASE)
_REFERENCE = re.compile(r"&#?\w+;")  # also what stands for no character: &#xZZ;
_LONE_PERCENT = re.compile("%(?![0-9A-Fa-f]{2})")
_IN_A_URL = ";/?:@&=+$,-_.!~*'()%"
_MANY_BYTES = 2**63


def proofread(edition: Edition) -> Edition:
    """
    The same edition, fit to print: with the stories that it has, in their order. The topic has the title, description
    and language that a feed needs; each story links to its lead's page or, having none, to its place on ours.
    """
    imprint = _imprint(edition.imprint)
    ours = replace(
        edition, imprint=imprint, topic=_topic(edition.topic, imprint), updated_at=second(edition)
    )
    stories = tuple(_story(abridged(story, ours.topic), ours) for story in edition.stories)
    return replace(ours, stories=stories, withdrawn=tuple(_withdrawal(w, ours) for w in edition.withdrawn))


def distinct(edition: Edition) -> Edition:
    """The same edition, no guid twice: of stories that are printed with equal ones, the first stays."""
    stories: dict[str, Story] = {}
    for story in edition.stories:
        stories.setdefault(tag_uri(story.guid, edition), story)
    return edition if len(stories) == len(edition.stories) else replace(edition, stories=tuple(stories.values()))


def settings(edition: Edition) -> Iterator[tuple[object, ...]]:
    """
    For each story, all of the edition that its print depends on, in any format: where two editions agree on it, the
    story is the same bytes in both.
    """
    imprint, topic = edition.imprint, edition.topic
    ours = (imprint.title, imprint.link, imprint.authority, imprint.language, topic.language, topic.content)
    for story in edition.stories:
        place = "" if web_address(story.lead.url) else topic.name
        late = edition.updated_at if story.last_date > edition.updated_at else None
        yield ours, place, late, bool(story.related)  # an archive says nothing of related ones


def printable(text: str) -> str:
    """The text without the characters that no feed can carry."""
    return _UNPRINTABLE.sub("", text)


def one_line(text: str) -> str:
    """The same, each run of white space one space."""
    return " ".join(printable(text).split())


@lru_cache(maxsize=2000)
def bare(text: str) -> str:
    """One line of plain text that stays the same when somebody takes it for HTML; empty if nothing is left."""
    text = one_line(unescape(text))
    text = _TAG_BEGINS.sub("< ", one_line(_TAG.sub("", text)) or text)
    is_plain = unescape(text) == text and not _REFERENCE.search(text)
    return text if is_plain else one_line(text.replace("&", "& "))


@lru_cache(maxsize=5000)
def web_address(url: str) -> str:
    """The URL in ASCII (RFC 3986): host in Punycode, the rest percent-encoded, no password. Empty if not http(s)."""
    try:
        parts = urlsplit(printable(url).strip())
        host, port = _ascii_host(parts), f":{parts.port}" if parts.port else ""
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not _HOST.fullmatch(host):
        return ""
    query = f"?{_ascii(parts.query)}" if parts.query else ""
    fragment = f"#{_ascii(parts.fragment)}" if parts.fragment else ""
    return f"{parts.scheme}://{host}{port}{_ascii(parts.path)}{query}{fragment}"


def second(edition: Edition) -> datetime:
    """Its date, as all formats print it."""
    return _second(edition.updated_at)


def home(article: Article) -> str:
    """The front page of the site where the article first appeared, as far as we know."""
    parts = urlsplit(article.original_url or article.url)
    return f"{parts.scheme}://{parts.netloc}/"


def _ascii_host(parts: SplitResult) -> str:
    """Punycode label by label: the `idna` codec of Python follows the old standard, which turns ß into ss."""
    host = parts.hostname or ""
    if ":" in host:
        return f"[{host}]"
    labels = normalize("NFKC", host).lower().split(".")
    return ".".join(x if x.isascii() else f"xn--{x.encode('punycode').decode()}" for x in labels)


def _ascii(part: str) -> str:
    return quote(_LONE_PERCENT.sub("%25", part), safe=_IN_A_URL)


def _second(moment: datetime) -> datetime:
    """In UTC, to the second: RSS can say no more, and all formats say the same."""
    return moment.astimezone(UTC).replace(microsecond=0)


# --- noun by noun ----------------------------------------------------------------------------------------------------


def _imprint(imprint: Imprint) -> Imprint:
    link = web_address(imprint.link)
    return replace(imprint, title=bare(imprint.title) or link, link=link, contact=one_line(imprint.contact))


def _topic(topic: Topic, imprint: Imprint) -> Topic:
    title = imprint.title if topic.name == ALL else bare(topic.title) or topic.name
    return replace(
        topic,
        title=title,
        description=bare(topic.description) or title,
        language=_language(topic.language or imprint.language) or None,
    )


def _story(story: Story, edition: Edition) -> Story:
    place = f"{edition.link}#{quote(printable(story.id), safe='')}"
    lead = _article(story.lead, edition)
    printed = replace(
        story,
        guid=tag_uri(story.guid, edition),
        lead=replace(lead, url=lead.url or place),
        copies=tuple(replace(copy, article=_article(copy.article, edition)) for copy in story.copies),
        related=tuple(r for r in map(_related, story.related) if r.url),
    )
    revised_at = max(_second(story.updated_at), printed.published_at)
    return replace(printed, revised_at=min(revised_at, edition.updated_at))


@lru_cache(maxsize=5000)  # the same in each format, and below each story that it is related with
def _related(related: Related) -> Related:
    publisher = bare(related.publisher)
    return replace(
        related, url=web_address(related.url), title=bare(related.title) or publisher, publisher=publisher
    )


def _withdrawal(withdrawal: Withdrawal, edition: Edition) -> Withdrawal:
    return replace(
        withdrawal,
        guid=tag_uri(withdrawal.guid, edition),
        at=min(_second(withdrawal.at), edition.updated_at),
        because=one_line(withdrawal.because),
    )


def _article(article: Article, edition: Edition) -> Article:
    published_at = min(_second(article.published_at), edition.updated_at)
    publisher = bare(article.publisher) or bare(article.source) or edition.imprint.title
    summary, content = printable(article.summary).strip(), printable(article.content).strip()
    title = one_line(article.title) or one_line(summary) or publisher
    return replace(
        article,
        source=one_line(article.source),
        publisher=publisher,
        url=web_address(article.url),
        original_url=web_address(article.original_url),
        title=title,
        summary=summary if summary or content else title,
        content=content,
        authors=_lines(article.authors),
        published_at=published_at,
        updated_at=min(max(_second(article.updated_at), published_at), edition.updated_at),
        labels=_lines(article.labels),
        enclosures=_enclosures(article.enclosures),
        language=_language(article.language),
    )


def abridged(story: Story, topic: Topic) -> Story:
    """The story without its text, in a topic that gives summaries only."""
    return replace(story, lead=replace(story.lead, content="")) if topic.content == "summary" else story


def tag_uri(guid: str, edition: Edition) -> str:
    """What is printed of a guid: as it is, if it is a `tag:` URI (RFC 4151); else one of ours, made of its digest."""
    if _TAG_URI.fullmatch(guid):
        return guid
    digest = sha256(guid.encode("utf-8", "surrogatepass")).hexdigest()[:24]
    return f"tag:{edition.imprint.authority}:{digest}"


def _lines(texts: Iterable[str]) -> tuple[str, ...]:
    """In their order, each once, the empty ones left out."""
    return tuple(dict.fromkeys(line for line in map(bare, texts) if line))


def _language(language: str) -> str:
    return language if _LANGUAGE.fullmatch(language) else ""


def _enclosures(enclosures: Iterable[Enclosure]) -> tuple[Enclosure, ...]:
    """
    Those that have a media type and an address that everybody can reach, each address once; a length that is none
    becomes unknown.
    """
    found: dict[str, Enclosure] = {}
    for e in enclosures:
        url = web_address(e.url)
        if _HOST_WITH_A_DOT.match(url) and _MEDIA_TYPE.fullmatch(e.media_type):
            length = e.length if e.length is not None and 0 <= e.length < _MANY_BYTES else None
            found.setdefault(url, replace(e, url=url, length=length, title=bare(e.title)))
    return tuple(found.values())
