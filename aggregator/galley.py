"""
Type that is kept standing: stories that were read, and what was printed of them, in memory, for the next edition.

A story that an edition had before is neither read nor rendered again, until something changes that an edition says of
it (its state), or something of the edition that its print depends on (its setting).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import replace
from sys import getsizeof
from typing import TYPE_CHECKING, Generic, TypeVar

from .model import Edition, Listed, Story
from .stores import Store

if TYPE_CHECKING:
    from .formats import Format

STORIES = 8_000_000
"""Bytes of stories that are kept at least, the last used ones; and twice as many at most."""
ITEMS = 24_000_000
"""The same of what was printed of them, which is read at every change of an edition."""

V = TypeVar("V")


class Galley:
    """Of one store and one process. May be used from any thread."""

    def __init__(self) -> None:
        self._stories: _Tray[Story] = _Tray(STORIES, _size)
        self._items: _Tray[bytes] = _Tray(ITEMS, len)
        self.archived: set[Hashable] = set()
        """The archives that were seen on disk, as they have to be."""

    def stories(self, listed: Sequence[Listed], store: Store) -> tuple[Story, ...]:
        """These stories, whole, in this order; only those that are not at hand are read."""
        found = {one.id: self._stories.get((one.id, one.state)) for one in listed}
        missing = [story for story, held in found.items() if held is None]
        for story in store.read(missing) if missing else ():
            found[story.id] = story
            self._stories.keep((story.id, story.state), story)
        return tuple(story for story in found.values() if story)

    def render(self, formats: Iterable[Format], edition: Edition) -> Iterator[tuple[Format, bytes]]:
        """
        What `formats.render` gives, for each of them. The stories of the edition came from `stories`; only those are
        rendered that are not at hand.
        """
        from .formats import assemble  # 20 ms, for those who print
        from .formats._proof import distinct, settings

        edition = distinct(edition)
        told = zip(edition.stories, settings(edition), strict=True)
        facts = [(story.id, story.state, setting) for story, setting in told]
        for fmt in formats:
            yield fmt, assemble(fmt, edition, self._items_of(fmt, edition, facts))

    def _items_of(self, fmt: Format, edition: Edition, facts: Sequence[Hashable]) -> Iterable[bytes]:
        items = [self._items.get((fmt, key)) for key in facts]
        missing = [place for place, item in enumerate(items) if item is None]
        new = fmt.items(replace(edition, stories=tuple(edition.stories[n] for n in missing))) if missing else ()
        for place, item in zip(missing, new, strict=True):
            items[place] = item
            self._items.keep((fmt, facts[place]), item)
        return filter(None, items)


_BESIDES = 1700
"""Bytes that an article takes beside its texts."""


def _size(story: Story) -> int:
    return sum(_BESIDES + sum(map(getsizeof, (a.title, a.summary, a.content))) for a in story.members)


class _Tray(Generic[V]):
    """What was used last, as much as there is room for, and as much that was used before. Sizes are in bytes."""

    def __init__(self, room: int, size: Callable[[V], int]) -> None:
        self._room = room
        self._size = size
        self._taken = 0
        """By what is new."""
        self._new: dict[Hashable, V] = {}
        self._old: dict[Hashable, V] = {}

    def get(self, key: Hashable) -> V | None:
        if (found := self._new.get(key)) is None and (found := self._old.get(key)) is not None:
            self.keep(key, found)
        return found

    def keep(self, key: Hashable, value: V) -> None:
        size = self._size(value)
        if self._new and self._taken + size > self._room:
            self._old, self._new, self._taken = self._new, {}, 0
        self._new[key] = value
        self._taken += size
