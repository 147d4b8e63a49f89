"""
The only door to feedparser: a tidy feed -> Items.

feedparser opens what it is given as a file or a URL before it reads it as text, so it gets a stream and nothing else.
It is not told where the feed lay either: it would write that into guids, and a feed that moves would be all new. Its
sanitiser and its link resolver are off: both are done once, later, and eight times faster.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO

import feedparser

from ..errors import ParseError
from ..model import Item
from . import _entries


def items(text: str, url: str, source: str, title: str) -> Iterator[Item]:
    """
    The items of an XML feed that lay at `url`, in its order. `text` has to be tidy. Raises ParseError. `title`, if
    there is one, stands in for the feed's own, but not for that of another feed, from which an item was taken.
    """
    try:
        document = feedparser.parse(
            BytesIO(text.encode()),
            response_headers={"content-type": "application/xml; charset=utf-8"},
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except Exception as e:  # it raises ValueError, OverflowError, KeyError, RecursionError and more, by no rule
        raise ParseError(source, f"the feed is too broken to be read ({type(e).__name__})") from e
    is_atom = str(document.version).startswith("atom")
    yield from _entries.items(document.entries, document.feed, url, title, is_atom=is_atom)
