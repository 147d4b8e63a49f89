"""
An Item in, an Article out. Trust begins here: this is the only place that makes Articles of Items.

    identity    identity.py: whose it is, and the best name that the source gives it
    text        title, summary and content: safe, legible, within bounds
    links       valid, absolute, http or https
    dates       what the source said, judged
    digest      of everything a reader sees
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TypedDict

from . import language, markup, text, urls
from .identity import article_id, guid_of
from .model import Article, Dated, Enclosure, Fetched, Item, Source

REVISION = 1
"""
To be raised whenever the same Item would make another Article: also by a change in markup, text, urls or language, or
in the packages behind them. Then every item is read again (echoes.py). tests/test_echoes.py notices.
"""

_TITLE = 300
_NAME = 320
_PUBLISHER = 200
_LABEL = 100
_GUID = 2000
_TITLE_FROM_TEXT = 80
_AUTHORS = 20
_LABELS = 50
_ENCLOSURES = 20
_BEGINNING, _FEW = 120, 5
"""Characters of a summary, and words of it, that mostly tell whether it says more than the headline."""
_WEB_BEGINS = 1990
_NEAR_FUTURE = timedelta(hours=24)


def normalise(item: Item, source: Source, fetched: Fetched, now: datetime) -> Article:
    """What we stand behind of what the source said. Pure; takes any Item, and never raises."""
    base = item.base or fetched.url
    url = urls.usable(item.url or "", base)
    summary = _html(item.summary, item, base)
    content = summary if item.content == item.summary else _html(item.content, item, base)
    gist, body = markup.plain(summary), markup.plain(content or summary)
    title = _title(item, body, url)
    published_at, dated = published(item, now)
    seen = _Seen(
        url=url,
        original_url=urls.usable(item.original_url or "", base),
        title=title,
        summary=text.summary(gist if _tells_more(gist, title) else body),
        content=content or summary,
        authors=_lines(item.authors, _NAME, _AUTHORS),
        labels=_lines((*source.labels, *item.labels), _LABEL, _LABELS),
        enclosures=_enclosures(item.enclosures, base),
        language=_language(item, source, f"{title}\n{body[:300]}"),
    )
    return Article(
        **seen,
        id=article_id(source, item, base),
        source=source.name,
        publisher=_line(item.publisher, _PUBLISHER) or source.title or source.name,
        guid=guid_of(item)[:_GUID],
        canonical_url=urls.canonical(url),
        published_at=published_at,
        dated=dated,
        date_said=_date_said(item),
        updated_at=_updated(item, published_at, now),
        seen_at=now.replace(microsecond=0),
        digest=_digest(seen),
        sketch=text.sketch(title, body),
    )


class _Seen(TypedDict):
    """What a reader sees of an article."""

    url: str
    original_url: str
    title: str
    summary: str
    content: str
    authors: tuple[str, ...]
    labels: tuple[str, ...]
    enclosures: tuple[Enclosure, ...]
    language: str


def _digest(seen: _Seen) -> str:
    """Not of dates: a source that stamps everything with the present writes no new version."""
    enclosures = [f"{e.url} {e.media_type} {e.length} {e.title}" for e in seen["enclosures"]]
    words = (
        *(seen["url"], seen["title"], seen["summary"], seen["content"], seen["language"], seen["original_url"]),
        *("\0authors", *seen["authors"], "\0labels", *seen["labels"], "\0enclosures", *enclosures),
    )
    return sha256("\0".join(words).encode()).hexdigest()[:32]


# --- text ------------------------------------------------------------------------------------------------------------


def _html(said: str | None, item: Item, base: str) -> str:
    if not said:
        return ""
    return markup.clean(said, base) if item.is_html else markup.paragraphs(said)


def _title(item: Item, body: str, url: str) -> str:
    """Never empty: the headline, else how the text begins, else the url."""
    headline = _line(item.title, _TITLE) or text.summary(body, _TITLE_FROM_TEXT)
    return headline or text.shorten(url, _TITLE) or "(untitled)"


def _tells_more(gist: str, title: str) -> bool:
    """Whether a summary is one: not "Read more", and not the headline again."""
    headline, begins = text.words(title), text.words(gist[:_BEGINNING])
    if len(begins) > 2 * _FEW and begins[:_FEW] != headline[:_FEW]:  # a cut changes the last words at the most
        return True
    said = text.words(gist)
    return len(said) >= _FEW and said != headline


def _line(said: str | None, limit: int) -> str:
    return text.shorten(markup.plain_line(said), limit) if said else ""


def _lines(said: Iterable[str], limit: int, most: int) -> tuple[str, ...]:
    """Without empty and repeated ones, in their order."""
    lines = dict.fromkeys(_line(s, limit) for s in said)
    return tuple(line for line in lines if line)[:most]


_TAG = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{2,8})*")
_SAYS_NOTHING = frozenset({"und", "mul", "zxx", "mis"})
_MEANT = {"kz": "kk", "ua": "uk", "cn": "zh", "jp": "ja"}
"""Countries that site templates give for languages; none of them is the code of another language (ISO 639-1)."""


def _language(item: Item, source: Source, sample: str) -> str:
    """BCP 47, lower case: the item's word for it if the letters allow it, else the source's, else found out."""
    said = (item.language or "").strip().lower().replace("_", "-")
    primary, mark, rest = said.partition("-")
    said = _MEANT.get(primary, primary) + mark + rest
    if _TAG.fullmatch(said) and len(said) <= 35 and primary not in _SAYS_NOTHING and language.fits(said, sample):
        return said
    return source.language or language.language_of(sample)


# --- links -----------------------------------------------------------------------------------------------------------

_MEDIA_TYPE = re.compile(r"(?:application|audio|image|text|video)/[a-z0-9][a-z0-9.+-]{0,80}")
# Not the mimetypes module: it asks the machine, and the same item must become the same article everywhere.
_TYPES = {
    "aac": "audio/aac", "flac": "audio/flac", "m4a": "audio/mp4", "mp3": "audio/mpeg", "oga": "audio/ogg",
    "ogg": "audio/ogg", "opus": "audio/ogg", "wav": "audio/wav",
    "avif": "image/avif", "gif": "image/gif", "jpeg": "image/jpeg", "jpg": "image/jpeg", "png": "image/png",
    "svg": "image/svg+xml", "webp": "image/webp",
    "m4v": "video/mp4", "mov": "video/quicktime", "mp4": "video/mp4", "ogv": "video/ogg", "webm": "video/webm",
    "pdf": "application/pdf",
}  # fmt: skip


def _enclosures(said: Iterable[Enclosure], base: str) -> tuple[Enclosure, ...]:
    """Those with a usable url, each url once, in their order."""
    found: dict[str, Enclosure] = {}
    for enclosure in said:
        url = urls.usable(enclosure.url, base)
        if url and url not in found:
            length = enclosure.length if enclosure.length is not None and 0 <= enclosure.length < 1 << 53 else None
            title = _line(enclosure.title, _TITLE)
            found[url] = Enclosure(url=url, media_type=_media_type(enclosure, url), length=length, title=title)
    return tuple(found.values())[:_ENCLOSURES]


def _media_type(enclosure: Enclosure, url: str) -> str:
    """`type/subtype` in lower case: what the source says if that is one, else by the suffix; empty if unknown."""
    said = enclosure.media_type.partition(";")[0].strip().lower()
    path = url.partition("#")[0].partition("?")[0]
    return said if _MEDIA_TYPE.fullmatch(said) else _TYPES.get(path.rpartition(".")[2].lower(), "")


# --- dates -----------------------------------------------------------------------------------------------------------


def published(item: Item, now: datetime) -> tuple[datetime, Dated]:
    """The date we use, in whole seconds and never after `now`, and how we came by it."""
    now = now.replace(microsecond=0)
    said = item.published_at or item.updated_at
    if said is None:
        if item.date_said and item.date_said.strip():
            return now, Dated.IMPOSSIBLE
        if item.file_at is None or item.file_at.year < _WEB_BEGINS:  # mtime 0 is what archives without dates leave
            return now, Dated.MISSING
        return _at_most(now, item.file_at), Dated.FILE
    return judged(said, now)


def judged(said: datetime, now: datetime) -> tuple[datetime, Dated]:
    """What we make of a date that a source gives. `now` is in whole seconds."""
    if said.year < _WEB_BEGINS:
        return now, Dated.IMPOSSIBLE
    if _is_far_ahead(said, now):
        return now, Dated.FUTURE
    return _at_most(now, said), Dated.SAID


def _updated(item: Item, published_at: datetime, now: datetime) -> datetime:
    said = item.updated_at
    if said is None or said.year < _WEB_BEGINS or _is_far_ahead(said, now):
        return published_at
    return max(published_at, _at_most(now, said))


def _is_far_ahead(said: datetime, now: datetime) -> bool:
    return _aware(said) - now > _NEAR_FUTURE


def _at_most(now: datetime, said: datetime) -> datetime:
    """In UTC and in whole seconds, as every format can say it."""
    said = _aware(said)
    return now if said > now else said.astimezone(UTC).replace(microsecond=0)


def _aware(at: datetime) -> datetime:
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _date_said(item: Item) -> str:
    said = item.published_at or item.updated_at
    return _line(item.date_said, _LABEL) or (said.isoformat() if said else "")
