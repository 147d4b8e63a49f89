"""
A feed cut into its entries, so that those that stood there before, to the letter, are not read again.

    head | entry | entry | ... | tail

An entry is read with the head and the tail around it, and without the others. That comes to the same only where no
entry reaches into another: what is odd, broken or mended, and what has a comment, a namespace or a base of its own, is
not read in pieces.

Why a cut is where an entry begins or ends, and not in a text that shows markup: whoever looks for entries finds a
beginning and an end for each piece and no more, and the parser finds as many entries that say something. None would be
left for another beginning or end.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from ..model import Fetched, Source
from . import Told, _charset, _xml
from ._wishes import wishes_of

REVISION = 2
"""To be raised whenever the same entry would make another Item. tests/test_cuttings.py notices."""

_FIRST = re.compile(r"<(item|entry)[\s>]")
_BORDER = re.compile(r"</?(?:[\w.-]+:)?(?:item|entry)(?=[\s/>])", re.I)
_PASSING = re.compile(r"<(lastBuildDate|pubDate|updated|modified|dc:date)>[\w\s:+.,-]*</\1>|<!--[^<>]*-->")
_CDATA = re.compile(r"<!\[CDATA\[.*?\]\]>", re.DOTALL)
_BLANK = " \t\r\n"
_LONGEST = 500_000
"""Characters. A longer feed is read whole."""
_SPEAK_OF_ALL = ("<!DOCTYPE", "xmlns", "xml:base")


@dataclass(frozen=True)
class Cuttings:
    """A feed, and where it is cut."""

    source: Source
    fetched: Fetched
    text: str
    charset: str
    head: str
    entries: Sequence[str]
    """Each without its end."""
    end: str
    tail: str

    @cached_property
    def frame(self) -> str:
        """All beside its own letters that what an entry says may depend on: of the feed's dates, say, nothing does."""
        around = f"{REVISION}\0{self.head}\0{self.end}{self.tail}"
        return around if "<![CDATA[" in around else _PASSING.sub("", around)

    def read(self, places: Sequence[int]) -> Told | None:
        """The entries at these places, ascending, and what the feed says itself; None: it is not read in pieces."""
        entries = [self.entries[n] for n in places]
        if any(map(_reaches_out, entries)):
            return None
        rest = "".join([self.head, *(f"{entry}{self.end}\n" for entry in entries), self.tail])
        if len(_BORDER.findall(rest)) != 2 * len(entries):
            return None
        from . import _fastfeed  # and lxml with it

        items = _fastfeed.separate(rest, self.fetched.url, self.source.title)
        if items is None or len(items) != len(entries) or _xml.fault(rest):
            return None
        remarks = _charset.remarks(self.fetched.body or b"", self.fetched.charset, self.text, self.charset)
        return Told(items=items, wishes=wishes_of(rest), notes=list(remarks))


def cut(source: Source, fetched: Fetched, most: int) -> Cuttings | None:
    """None: it has no entries, or more than `most`, or something between them."""
    text, charset = _charset.read(fetched.body or b"", fetched.charset)
    first = _FIRST.search(text)
    if not first or len(text) > _LONGEST:
        return None
    end = f"</{first[1]}>"
    *entries, tail = text[first.start() :].split(end)
    entries = [entry.lstrip(_BLANK) for entry in entries]
    if not 0 < len(entries) <= most or not all(entry.startswith(f"<{first[1]}") for entry in entries):
        return None
    return Cuttings(source, fetched, text, charset, text[: first.start()], entries, end, tail)


def _reaches_out(entry: str) -> bool:
    """Whether it may say something of what is around it, or begin a comment that ends elsewhere."""
    return any(word in entry for word in _SPEAK_OF_ALL) or (_has_asides(entry) and _has_asides(_CDATA.sub("", entry)))


def _has_asides(text: str) -> bool:
    return "<!--" in text or "<?" in text
