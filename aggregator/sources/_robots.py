"""
What a site lets robots read: robots.txt, RFC 9309. The only door to protego.

    2xx   its rules        4xx   everything is allowed
    else  the rules that we had, or nothing is allowed: the site is in trouble

What was read holds for a day. It lies in the source's bookmark: "robots https://host" -> when, and the text.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ..errors import FetchError
from ..model import Checkpoint, Fetched, Source
from . import World
from ._charset import decode

if TYPE_CHECKING:
    from protego import Protego

TOKEN = "River"  # noqa: S105
"""Our name in robots.txt; the User-Agent begins with it."""
HOLDS = timedelta(days=1)
LONGEST = 500 * 1024
"""Bytes that have to be understood (RFC 9309, 2.5)."""
LONGEST_PAUSE = timedelta(seconds=10)
_NOTHING = "User-agent: *\nDisallow: /\n"
BUSY = (429, 503)
"""Who answers so is left alone until the next visit."""


class Robots:
    """The rules of all sites that one visit comes to."""

    def __init__(self, since: Checkpoint, world: World) -> None:
        self.moved: dict[str, str] = {}
        """What the bookmark has to learn."""
        self._since = since
        self._world = world
        self._asked: set[str] = set()
        self._busy: set[str] = set()
        self._rules: dict[str, Protego] = {}

    def allow(self, url: str) -> bool:
        """Whether we may read this address."""
        return self._of(url).can_fetch(url, TOKEN)

    def is_busy(self, url: str) -> bool:
        """Whether we may not, as the rules of this site could not be had for now, and we had none."""
        return not self.allow(url) and self._key(url) in self._busy

    def pause(self, url: str) -> timedelta:
        """The time that the site wants between two requests, as far as a visit can wait."""
        wish = self._of(url).crawl_delay(TOKEN) or 0.0  # any number, or none: 1e300, -1, nan
        return timedelta(seconds=min(max(0.0, wish), LONGEST_PAUSE.total_seconds()))

    def renew(self, url: str) -> None:
        """
        Ask again before the day is over. To be called behind another request: the answer to a visit's first one tells
        when to come back, and that should be the source.
        """
        at, _ = self._known(url)
        if at and self._world.now - at > HOLDS / 2 and self._key(url) not in self._asked:
            self._ask(url)

    def keep(self, source: Source, documents: Iterator[Fetched]) -> Iterator[Fetched]:
        """These documents of the source; when they fail, what was learned here is yielded all the same."""
        try:
            yield from documents
        except FetchError:
            yield Fetched(url=source.location, body=None, checkpoint=self.moved)
            raise

    def _of(self, url: str) -> Protego:
        from protego import Protego

        key = self._key(url)
        if key not in self._rules:
            at, text = self._known(url)
            if at is None or not timedelta() <= self._world.now - at < HOLDS:
                text = self._ask(url)
            self._rules[key] = Protego.parse(text)
            self._world.pace(url, self.pause(url))
        return self._rules[key]

    def _ask(self, url: str) -> str:
        """The text that holds from now on. A site in trouble is asked again at the next visit."""
        self._asked.add(self._key(url))
        try:
            answer = self._world.get(f"{_origin(url)}/robots.txt")
        except FetchError as e:
            if e.status is None or not 400 <= e.status < 500 or e.status in BUSY:
                text = self._known(url)[1]
                self._busy |= {self._key(url)} if e.status in BUSY and not text else set()
                return text or _NOTHING
            text = ""
        else:
            text = decode((answer.body or b"")[:LONGEST], answer.charset)
        self.moved[self._key(url)] = f"{self._world.now.isoformat()} {text}"
        return text

    def _known(self, url: str) -> tuple[datetime | None, str]:
        at, _, text = self._since.get(self._key(url), "").partition(" ")
        try:
            return datetime.fromisoformat(at), text
        except ValueError:
            return None, ""

    def _key(self, url: str) -> str:
        return f"robots {_origin(url)}"


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}".lower()
