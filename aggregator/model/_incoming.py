"""What comes in: documents and items, of which nothing is believed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

Checkpoint = Mapping[str, str]
"""A kind's own bookmark (etag, digest, path -> digest). The store keeps it and never reads it."""


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """One document, as it came."""

    url: str
    """Where the bytes were found, after redirects; `file:` for local ones."""
    body: bytes | None
    """None: as it was; only the bookmark has moved."""
    checkpoint: Checkpoint
    """Merged into the source's bookmark once the document is stored; an empty value takes its key out."""
    media_type: str = ""
    charset: str | None = None
    """What the transport said; None if it said nothing."""
    changed_at: datetime | None = None
    """For a file, its modification time; None for what came over the web."""
    is_part: bool = False
    """Only what is new in it came (RFC 3229): what is missing may be there as before."""
    announced: Item | None = None
    """What the page, sitemap or feed that links here says of it; None if nothing does."""


@dataclass(frozen=True, kw_only=True)
class Enclosure:
    """A picture, recording or film that belongs to an article."""

    url: str
    media_type: str = ""
    length: int | None = None
    """Bytes; None if the source does not say."""
    title: str = ""


@dataclass(frozen=True, kw_only=True)
class Item:
    """What the source said. Everything optional, nothing believed."""

    guid: str | None = None
    url: str | None = None
    base: str | None = None
    """What relative links in `content` and `summary` are relative to; None: the document's own url."""
    title: str | None = None
    """HTML or plain: nobody can tell, and what looks like a tag goes."""
    summary: str | None = None
    content: str | None = None
    is_html: bool = True
    """Whether summary and content are HTML; else plain text, with paragraphs at blank lines."""
    authors: tuple[str, ...] = ()
    published_at: datetime | None = None
    updated_at: datetime | None = None
    date_said: str | None = None
    """The date in the source's own words; together with `published_at` None, a date that makes no sense."""
    file_at: datetime | None = None
    """The modification time of the file the item lay in; None for what came over the web."""
    labels: tuple[str, ...] = ()
    enclosures: tuple[Enclosure, ...] = ()
    language: str | None = None
    publisher: str | None = None
    original_url: str | None = None
    """Where the item says that it first appeared (`<source>`, a canonical link)."""
