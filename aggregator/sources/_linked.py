"""The page of an article that something links to -> one Item: what was said of it, and what it says itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, time
from html import escape
from urllib.parse import urlsplit

from ..errors import ParseError
from ..model import Fetched, Item, Source
from . import _extractor, _page
from ._charset import decode
from ._html import join

_CUT = ("...", "…")


def parse(source: Source, fetched: Fetched) -> Iterator[Item]:
    """
    Yield the article. What was said of it beats what its page says, where both speak; the text is the page's. With an
    empty body, what was said is all. The operator's name for the source beats the one that its pages give the site,
    but for what first appeared elsewhere. Raises ParseError when there is nothing to read at all.
    """
    said = fetched.announced or Item()
    text = decode(fetched.body or b"", fetched.charset)
    try:
        page = _page.item(text, fetched.url, source.name)
    except ParseError:
        if not (said.title or said.content or said.summary):
            raise
        yield said
        return
    if source.title and not _elsewhere(page, said.url or fetched.url):
        page = replace(page, publisher=source.title)
    found = _extractor.main_text(text, fetched.url)
    is_more = _size(found) > _size(said.content or said.summary or "")  # "please enable JavaScript" is not
    yield _both(said, page, found if is_more else "", fetched.url)


def _size(html: str) -> int:
    """Letters, without markup and spaces."""
    return len(re.sub(r"<[^<>]*>|\s+", "", html))


def _both(said: Item, page: Item, text: str, url: str) -> Item:
    """`text` is what the extractor has found. A page as a whole is better than nothing, but not than a teaser."""
    link = said.url or url
    content = text or said.content or (None if said.summary else page.content)
    published_at = _the_better(said.published_at, page.published_at)
    return replace(
        page,
        guid=said.guid,
        url=link,
        base=url if text or content == page.content else said.base,
        title=page.title if not said.title or said.title.endswith(_CUT) else said.title,
        summary=_summary(said, page, is_html=bool(text)),
        content=content,
        is_html=True if text or said.content is None else said.is_html,
        authors=said.authors or page.authors,
        published_at=published_at,
        updated_at=said.updated_at or page.updated_at,
        date_said=said.date_said if published_at == said.published_at and said.date_said else page.date_said,
        labels=said.labels or page.labels,
        enclosures=said.enclosures or page.enclosures,
        language=said.language or page.language,
        publisher=said.publisher or page.publisher,
        original_url=said.original_url or _elsewhere(page, link),
    )


def _summary(said: Item, page: Item, *, is_html: bool) -> str | None:
    """As the text beside it is: HTML or plain."""
    if not said.summary:
        return page.summary
    return escape(said.summary, quote=False) if is_html and not said.is_html else said.summary


def _the_better(said: datetime | None, found: datetime | None) -> datetime | None:
    """A list often gives the day alone; the page has the time of that day."""
    if said and found and said.time() == time() and abs(found - said).days < 2:
        return found
    return said or found


def _elsewhere(page: Item, link: str) -> str | None:
    """The canonical address, if it is another site's: that is where the article first appeared."""
    canonical = join(link, page.url or "")
    return canonical if page.url and urlsplit(canonical).hostname != urlsplit(link).hostname else None
