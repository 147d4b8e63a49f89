"""A world of a few pages for tests: what lies at each address, and who asked for what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from aggregator.errors import FetchError
from aggregator.model import Checkpoint

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Answer:
    url: str
    body: bytes | None
    checkpoint: Checkpoint = field(default_factory=dict)
    media_type: str = ""
    charset: str | None = None
    is_part: bool = False


@dataclass
class Pages:
    """A page is text, bytes, an Answer of its own, or the number of an HTTP error. What is not here is a 404."""

    pages: dict[str, Any]
    now: datetime = NOW
    asked: list[str] = field(default_factory=list)
    bookmarks: list[Checkpoint] = field(default_factory=list)
    waited: timedelta = timedelta()
    paces: dict[str, timedelta] = field(default_factory=dict)

    def wait(self, time: timedelta) -> None:
        self.waited += time

    def pace(self, url: str, apart: timedelta) -> None:
        self.paces[url] = apart

    def get(self, url: str, since: Checkpoint | None = None, headers: Mapping[str, str] | None = None) -> Answer:
        self.asked.append(url)
        self.bookmarks.append(dict(since or {}))
        page = self.pages.get(url, 404)
        if isinstance(page, int):
            raise FetchError(
                "desk", f"the server answers {page} {'Not Found' if page == 404 else 'Something'}", status=page
            )
        if isinstance(page, Answer):
            return page
        return Answer(url, page.encode() if isinstance(page, str) else page)
