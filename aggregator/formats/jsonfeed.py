"""JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape

from ..model import Article, Copy, Edition, Enclosure, Story
from ._proof import proofread
from ._words import full_text

FILENAME = "feed.json"
MEDIA_TYPE = "application/feed+json; charset=utf-8"


def render(edition: Edition) -> bytes:
    """One item a story; where it was found and who carries copies is in `_river`, for programs."""
    edition = proofread(edition)
    topic = edition.topic
    feed = _known(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": topic.title,
            "home_page_url": edition.link,
            "feed_url": edition.link + FILENAME,
            "description": topic.description,
            "language": topic.language,
            "authors": [{"name": edition.imprint.title}],
        }
    )
    items = [_item(story, edition) for story in edition.stories]
    return (json.dumps(feed | {"items": items}, ensure_ascii=False, indent=1) + "\n").encode()


def _item(story: Story, edition: Edition) -> dict[str, object]:
    lead, language = story.lead, edition.topic.language
    return _known(
        {
            "id": story.guid,
            "url": lead.url,
            "title": lead.title,
            "summary": lead.summary,
            "content_html": full_text(story, language) or f"<p>{escape(lead.summary, quote=False)}</p>",
            "date_published": lead.published_at.isoformat(),
            "date_modified": lead.updated_at.isoformat(),
            "authors": [{"name": name} for name in lead.authors or (lead.publisher,)],
            "tags": lead.labels,
            "language": lead.language if lead.language != language else "",
            "attachments": [_attachment(e) for e in lead.enclosures],
            "_river": _provenance(story),
        }
    )


def _attachment(enclosure: Enclosure) -> dict[str, object]:
    return _known(
        {
            "url": enclosure.url,
            "mime_type": enclosure.media_type,
            "title": enclosure.title,
            "size_in_bytes": enclosure.length,
        }
    )


def _provenance(story: Story) -> dict[str, object]:
    return _who(story.lead) | {"copies": [_copy(copy) for copy in story.copies]}


def _copy(copy: Copy) -> dict[str, object]:
    return _who(copy.article) | _known({"url": copy.article.url, "title": copy.article.title})


def _who(article: Article) -> dict[str, object]:
    return {"source": article.source, "publisher": article.publisher}


def _known(facts: Mapping[str, object]) -> dict[str, object]:
    """What is empty is left out."""
    return {name: value for name, value in facts.items() if value}
