"""
Which stories tell of one event in other words: linked as "see also", never merged.

    story -> the terms of its lead -> sameness/related.py -> the stories of the last days that are like it

The window is a memory of its own, filled from the store when the process starts, and small: nothing is lost with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from .model import Story

if TYPE_CHECKING:
    from .sameness import related

AGE = timedelta(days=3)
"""What is related after three days is another chapter."""
MOST = 10_000
"""Stories in the window: they take 4 KB each."""
LINKS = 5
"""How many stories one is linked with."""

Links = Mapping[str, float]
"""Story id -> how alike, from 0 to 1."""


class Coverage:
    """The stories of the last days. Not for several threads at once."""

    def __init__(self) -> None:
        self._digests: dict[str, str] = {}
        self.is_filled = False

    @cached_property
    def _window(self) -> related.Window:
        from .sameness import related  # 0.1 s, with numpy: only when there is something to link

        return related.Window(most=MOST)

    def fill(self, stories: Iterable[Story]) -> None:
        """Take in what has been linked before; those still unfiled will be linked in their turn."""
        for story in stories:
            if story.filings:
                self._take_in(story)
        self.is_filled = True

    def relate(self, stories: Iterable[Story], now: datetime) -> dict[str, Links]:
        """
        The links of those stories that are young and whose lead says something new, among each other too. Once linked,
        a story stays linked until its lead is edited.
        """
        self._forget(now - AGE)
        young = [story for story in stories if story.listed_at >= now - AGE]
        told = [story for story in young if self._digests.get(story.id) != story.lead.digest]
        terms = {story.id: self._take_in(story) for story in told}
        return {story: self._links(story, about) for story, about in terms.items()}

    def _links(self, story: str, about: related.Terms) -> Links:
        return {r.story: round(r.score, 3) for r in self._window.related(about, story, limit=LINKS)}

    def _take_in(self, story: Story) -> related.Terms:
        from .markup import plain
        from .sameness import related

        about = related.terms(story.lead.title, plain(story.lead.content) or story.lead.summary)
        self._window.add(story.id, about, story.listed_at)
        self._digests[story.id] = story.lead.digest
        return about

    def _forget(self, before: datetime) -> None:
        if self._digests:
            for story in self._window.forget(before):
                del self._digests[story]
