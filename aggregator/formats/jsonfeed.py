"""JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/)."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from html import escape
from typing import Any

from ..model import Article, Copy, Edition, Enclosure, Printed, Story, Withdrawal
from ._proof import one_line, proofread
from ._words import full_text, without_see_also

FILENAME = "feed.json"
MEDIA_TYPE = "application/feed+json; charset=utf-8"


BETWEEN = b","


def head(edition: Edition) -> bytes:
    """The feed's own facts, up to the list of items."""
    edition = proofread(replace(edition, stories=()))
    topic = edition.topic
    feed = _known(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": topic.title,
            "home_page_url": edition.link,
            "feed_url": edition.address + FILENAME,
            "next_url": edition.archive_address(edition.previous) + FILENAME if edition.previous else "",
            "description": topic.description,
            "language": topic.language,
            "authors": [{"name": edition.imprint.title}],
            "hubs": [{"type": "WebSub", "url": hub} for hub in edition.imprint.hubs],
            "_river": _known({"archive": edition.archive, "withdrawn": [_tombstone(w) for w in edition.withdrawn]}),
        }
    )
    return _written(feed | {"items": []}).removesuffix(_EMPTY_END)


def items(edition: Edition) -> list[bytes]:
    """One object a story; where it was found and who carries copies is in `_river`, for programs."""
    edition = proofread(edition)
    return [_in_a_list(_item(story, edition)) for story in edition.stories]


def foot(edition: Edition) -> bytes:
    """The end of the list, and of the feed."""
    return _END if edition.stories else _EMPTY_END


def without(body: bytes, guids: Collection[str]) -> bytes:
    """The feed without these items."""
    feed = json.loads(body)
    return _written(feed | {"items": [item for item in feed["items"] if item["id"] not in guids]})


def seal(body: bytes, guids: Collection[str], archive: Edition) -> bytes:
    """The archive, of a feed's items."""
    wanted = [_naming_no_other(item) for item in json.loads(body)["items"] if item["id"] in guids]
    return _written(json.loads(head(archive) + _EMPTY_END) | {"items": wanted})


def _naming_no_other(item: Mapping[str, Any]) -> dict[str, Any]:
    text, _ = without_see_also(item["content_html"])
    told = {name: value for name, value in item["_river"].items() if name != "related"}
    return {**item, "content_html": text, "_river": told}


def read(body: bytes, topic: str, archive: int | None) -> Iterator[Printed]:
    """What a document of ours says of its stories, and of those that were withdrawn: all that a store has to know."""
    feed = json.loads(body)
    for item in feed["items"]:
        told = item["_river"]
        yield Printed(
            topic=topic,
            archive=archive,
            guid=item["id"],
            listed_at=datetime.fromisoformat(told["listed_at"]),
            articles=(told["article"], *(copy["article"] for copy in told["copies"])),
            lead=told["article"],
            published_at=datetime.fromisoformat(item["date_published"]),
            updated_at=datetime.fromisoformat(item["date_modified"]),
        )
    for one in feed.get("_river", {}).get("withdrawn", ()):
        yield Printed(
            topic=topic,
            archive=None,
            guid=one["id"],
            listed_at=datetime.fromisoformat(one["listed_at"]),
            articles=tuple(one["articles"]),
            withdrawn_at=datetime.fromisoformat(one["at"]),
            because=one.get("because", ""),
        )


_END, _EMPTY_END = b"\n ]\n}\n", b"]\n}\n"


def _in_a_list(item: Mapping[str, Any]) -> bytes:
    """As `_written` writes it there. (No text holds a line break: JSON says \\n.)"""
    return ("\n" + json.dumps(item, ensure_ascii=False, indent=1)).replace("\n", "\n  ").encode()


def _written(feed: Mapping[str, Any]) -> bytes:
    return (json.dumps(feed, ensure_ascii=False, indent=1) + "\n").encode()


def _item(story: Story, edition: Edition) -> dict[str, object]:
    lead, language = story.lead, edition.topic.language
    return _known(
        {
            "id": story.guid,
            "url": lead.url,
            "title": lead.title,
            "summary": lead.summary,
            "content_html": full_text(story, language) or f"<p>{escape(lead.summary, quote=False)}</p>",
            "date_published": story.published_at.isoformat(),
            "date_modified": story.updated_at.isoformat(),
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
    place = {"listed_at": story.listed_at.isoformat()}
    copies = [_copy(copy) for copy in story.copies]
    related = [{"url": r.url, "title": r.title, "publisher": r.publisher} for r in story.related]
    return _who(story.lead) | place | {"copies": copies} | _known({"related": related})


def _copy(copy: Copy) -> dict[str, object]:
    return _who(copy.article) | _known({"url": copy.article.url, "title": copy.article.title})


def _who(article: Article) -> dict[str, object]:
    return {"article": one_line(article.id), "source": article.source, "publisher": article.publisher}


def _tombstone(withdrawal: Withdrawal) -> dict[str, object]:
    told = _known({"because": withdrawal.because})
    return {
        "id": withdrawal.guid,
        "at": withdrawal.at.isoformat(),
        "listed_at": withdrawal.listed_at.isoformat(),
        "articles": list(withdrawal.articles),
    } | told


def _known(facts: Mapping[str, object]) -> dict[str, object]:
    """What is empty is left out."""
    return {name: value for name, value in facts.items() if value}
