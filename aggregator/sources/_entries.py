"""
An entry in the words of feedparser -> an Item. Its speaker is feedparser, who reads all, or _fastfeed, who is quick.
"""

from __future__ import annotations

import re
from calendar import timegm
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from html import escape
from typing import Any
from urllib.parse import urljoin, urlsplit

from ..model import Enclosure, Item
from ._dates import moment

_HTML = ("text/html", "application/xhtml+xml")
_LONGEST_TITLE, _LONGEST_TEXT, _MOST = 1_000, 1_000_000, 100
_WHOLE = re.compile(r"https?://[a-z0-9.-]+/[\w./%~-]*(?:\?[\w./%=&+-]+)?(?:#[\w-]+)?", re.ASCII)
"""A link that urljoin, for 8 µs, would give back as it is."""
_ADDRESS = re.compile(r"[^\s@]+@[^\s@]+")

Entry = Mapping[str, Any]


def items(entries: Iterable[Entry], feed: Entry, url: str, title: str, *, is_atom: bool) -> Iterator[Item]:
    """
    The items of a feed that lay at `url`, in its order; without those that say nothing. `title`, if there is one,
    stands in for the feed's own.
    """
    # RFC 4287 section 2 makes Atom relative to the document; RSS has no rule, and writers mean their site
    place = url if is_atom else _join(url, feed.get("link"))
    for entry in entries:
        item = _item(entry, feed, place, title)
        if item.title or item.content or item.summary or item.url or item.enclosures:
            yield item


def _item(entry: Entry, feed: Entry, place: str, feed_title: str) -> Item:
    title, origin = entry.get("title_detail") or {}, entry.get("source") or {}
    content, summary, is_html, base = _texts(entry)
    published = _moment(entry, "published") or _moment(entry, "created") or _moment(entry, "updated")
    return Item(
        guid=_text(entry, "id"),
        url=_link(entry, _join(place, title.get("base"))),
        base=_join(place, base or title.get("base")),
        title=(entry.get("title") or "")[:_LONGEST_TITLE] or None,
        summary=summary,
        content=content,
        is_html=is_html,
        authors=_authors(entry) or _authors(feed),
        published_at=published,
        updated_at=_moment(entry, "updated"),
        date_said=next((said for key in ("published", "created", "updated") if (said := _text(entry, key))), None),
        labels=_distinct(tag.get("label") or tag.get("term") for tag in entry.get("tags", ())),
        enclosures=tuple(_enclosures(entry, _join(place, base))),
        language=_language(entry, feed),
        publisher=_text(origin, "title") or feed_title or _text(feed, "title"),
        original_url=_text(entry, "feedburner_origlink") or _text(origin, "link") or _text(origin, "href"),
    )


def _text(entry: Entry, key: str) -> str | None:
    # feedparser answers "updated" with "published", and warns, when only the latter is there: ask with `in` first
    said = entry[key] if key in entry else None  # noqa: SIM401
    return said.strip() or None if isinstance(said, str) else None


def _moment(entry: Entry, key: str) -> datetime | None:
    said = _text(entry, key)
    parsed = entry[f"{key}_parsed"] if said and f"{key}_parsed" in entry else None
    if isinstance(parsed, datetime):  # _fastfeed has read it already
        return parsed
    try:
        return moment(said or "") or (datetime.fromtimestamp(timegm(parsed), UTC) if parsed else None)
    except (ValueError, OverflowError, OSError):
        return None


def _link(entry: Entry, base: str) -> str | None:
    """The entry's own page, absolute; a link of another kind (enclosure, replies) is not it."""
    link = _text(entry, "link")
    named = [a.get("href") for a in entry.get("links", ()) if a.get("rel", "alternate") == "alternate"]
    link = link or next(iter(named), None)
    is_guid = link not in named and link == entry.get("id")
    if not link or (is_guid and "://" not in link):  # a guid that is a permalink by default only
        return None
    return _join(base, link)


def _join(base: str, link: str | None) -> str:
    if not link or _WHOLE.fullmatch(link):
        return link or base
    try:
        host = (urlsplit(base).hostname or "/").removeprefix("www.")
        return urljoin(base, f"//{link}" if link.removeprefix("www.").startswith(f"{host}/") else link)
    except ValueError:  # http://[broken
        return link


def _texts(entry: Entry) -> tuple[str | None, str | None, bool, str | None]:
    """Content and summary, both HTML or both plain, and what their links are relative to."""
    content = max(entry.get("content", ()), key=lambda c: len(c.get("value") or ""), default=None) or {}
    summary = entry.get("summary_detail") or {}
    whole, short = content.get("value"), entry.get("summary") if summary else None  # else a copy of the content
    is_html = any(text and detail.get("type") in _HTML for text, detail in ((whole, content), (short, summary)))
    texts = (_as_html(text, detail) if is_html else text for text, detail in ((whole, content), (short, summary)))
    whole, short = ((text or "")[:_LONGEST_TEXT].strip() or None for text in texts)
    return whole or short, short if whole else None, is_html, content.get("base") or summary.get("base")


def _as_html(text: str | None, detail: Entry) -> str | None:
    return escape(text, quote=False) if text and detail.get("type") not in _HTML else text


def _authors(entry: Entry) -> tuple[str, ...]:
    details = entry.get("authors") or ()
    named = _distinct(_person(detail.get("name") or detail.get("email") or "") for detail in details)
    return named or _distinct([_person(entry.get("author") or "")])


def _person(said: str) -> str:
    """A name; what stands before the @ of somebody who has only a mail address, which is nobody else's business."""
    name = said.partition(" (mailto:")[0].strip()
    return name.partition("@")[0] if _ADDRESS.fullmatch(name) else name


def _enclosures(entry: Entry, base: str) -> Iterator[Enclosure]:
    """Attachments, media and pictures, each address once; without an address there is none."""
    links = [link for link in entry.get("links", ()) if link.get("rel") == "enclosure"]
    seen = set()
    for part in [*links, *entry.get("media_content", ()), *entry.get("media_thumbnail", ())][:_MOST]:
        address = part.get("href") or part.get("url")
        if not address or address in seen:
            continue
        seen.add(address)
        length = str(part.get("length") or part.get("filesize") or "")
        yield Enclosure(
            url=_join(base, address),
            media_type=_media_type(part),
            length=int(length) if length.isascii() and length.isdigit() and len(length) < 16 else None,
            title=part.get("title") or "",
        )


def _media_type(part: Entry) -> str:
    """Empty where feedparser has made it up: it takes every link without a type (RFC 4287 4.2.7.3) for a page."""
    said: str = part.get("type") or ""
    if part.get("rel") == "enclosure" and said == "text/html":
        said = ""
    return said or (f"{part['medium']}/*" if part.get("medium") else "")


def _language(entry: Entry, feed: Entry) -> str | None:
    details = [entry.get("title_detail"), entry.get("summary_detail"), *entry.get("content", ())]
    said = next((d["language"] for d in details if d and d.get("language")), None)
    return said or _text(entry, "language") or _text(feed, "language")


def _distinct(words: Iterable[str | None]) -> tuple[str, ...]:
    return tuple({stripped: None for word in words if word and (stripped := word.strip())})[:_MOST]
