"""JSON Feed 1.0 and 1.1 -> Items. What has the wrong type was not said."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from typing import Any
from urllib.parse import urljoin

from ..errors import ParseError
from ..model import Enclosure, Item
from ._dates import moment

_LONGEST_TITLE, _LONGEST_TEXT, _LONGEST_NAME, _MOST = 1_000, 1_000_000, 320, 100


def items(text: str, url: str, source: str, title: str, limit: int) -> Iterator[Item]:
    """
    The items of a JSON Feed that lay at `url`, in its order, its `limit` newest at most. Raises ParseError. `title`, if
    there is one, stands in for the feed's own.
    """
    try:
        feed = json.loads(text)
    except RecursionError as e:
        raise ParseError(source, "the JSON is nested too deep") from e
    except ValueError as e:
        raise ParseError(source, f"the JSON is broken ({str(e)[:100]})") from e
    if not isinstance(feed, dict) or "jsonfeed.org/version/1" not in str(feed.get("version"))[:100]:
        raise ParseError(source, "this is JSON, but no JSON Feed: its version is missing")
    feed["title"] = title or feed.get("title")
    for entry in _newest(_list(feed, "items"), limit):
        item = _item(entry, feed, url) if isinstance(entry, dict) else None
        if item and (item.title or item.content or item.summary or item.url):
            yield item


def has_more(text: str, limit: int) -> bool:
    """Whether it has more items than so many. What is broken has none."""
    if text.count("{") <= limit:
        return False
    try:
        feed = json.loads(text)
    except (RecursionError, ValueError):
        return False
    return isinstance(feed, dict) and len(_list(feed, "items")) > limit


def _newest(entries: Sequence[Any], limit: int) -> Sequence[Any]:
    """Those without a date are the first to go."""
    if len(entries) <= limit:
        return entries
    ranked = sorted(range(len(entries)), key=lambda n: _date(entries[n]), reverse=True)
    return [entries[n] for n in sorted(ranked[:limit])]


def _date(entry: Any) -> datetime:
    said = _said(entry) if isinstance(entry, dict) else None
    return (moment(said) if said else None) or datetime.min.replace(tzinfo=UTC)


def _said(entry: Mapping[str, Any]) -> str | None:
    return _text(entry, "date_published") or _text(entry, "date_modified")


def _item(entry: Mapping[str, Any], feed: Mapping[str, Any], url: str) -> Item:
    html, plain, summary = (_text(entry, key) for key in ("content_html", "content_text", "summary"))
    link, elsewhere = _text(entry, "url"), _text(entry, "external_url")
    said = _said(entry)
    return Item(
        guid=_text(entry, "id") or (str(entry["id"]) if isinstance(entry.get("id"), int | float) else None),
        url=_join(url, link or elsewhere),
        base=_join(url, link or _text(feed, "home_page_url")) or url,
        title=(_text(entry, "title") or "")[:_LONGEST_TITLE] or None,
        summary=escape(summary, quote=False) if summary and html else summary,
        content=html or plain,
        is_html=bool(html),
        authors=_authors(entry) or _authors(feed),
        published_at=moment(said) if said else None,
        updated_at=moment(_text(entry, "date_modified") or ""),
        date_said=said,
        labels=tuple(dict.fromkeys(tag.strip() for tag in _list(entry, "tags") if isinstance(tag, str)))[:_MOST],
        enclosures=tuple(_enclosures(entry, url)),
        language=_text(entry, "language") or _text(feed, "language"),
        publisher=_text(feed, "title"),
        original_url=elsewhere,
    )


def _text(said: Mapping[str, Any], key: str) -> str | None:
    value = said.get(key)
    if not isinstance(value, str):
        return None
    # "\ud83d" alone is legal JSON and no character
    return value[:_LONGEST_TEXT].encode(errors="ignore").decode().strip() or None


def _list(said: Mapping[str, Any], key: str) -> list[Any]:
    value = said.get(key)
    return value if isinstance(value, list) else []


def _join(base: str, link: str | None) -> str | None:
    try:
        return urljoin(base, link) if link else None
    except ValueError:  # http://[broken
        return link


def _authors(said: Mapping[str, Any]) -> tuple[str, ...]:
    people = [*_list(said, "authors"), said.get("author")]  # one `author` is version 1.0
    names = (_text(person, "name") or _text(person, "url") for person in people if isinstance(person, dict))
    return tuple(dict.fromkeys(name[:_LONGEST_NAME] for name in names if name))[:_MOST]


def _enclosures(entry: Mapping[str, Any], url: str) -> Iterator[Enclosure]:
    pictures = [{"url": _text(entry, key), "mime_type": "image/*"} for key in ("image", "banner_image")]
    for part in [*_list(entry, "attachments"), *pictures][:_MOST]:
        address = _join(url, _text(part, "url")) if isinstance(part, dict) else None
        if address:
            length = part.get("size_in_bytes")
            yield Enclosure(
                url=address,
                media_type=_text(part, "mime_type") or "",
                length=int(length) if type(length) is int and length >= 0 else None,
                title=_text(part, "title") or "",
            )
