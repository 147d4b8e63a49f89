"""
What we find in feeds, and what feedparser finds by itself: title, link, date and authors of each entry, and how many.

    .venv/bin/python -m benchmarks.feedparser_differences DIR ... [--all]

Every file under the folders that holds an XML feed is read by us, as it came, and by `feedparser.parse` alone. Each
difference belongs to a class; docs/sources.md says why each is as it is. Prints what belongs to none, or with `--all`
everything, and how many differences of each class in how many feeds. Exits with 1 if one belongs to none.
"""

from __future__ import annotations

import argparse
import re
import sys
import warnings
from calendar import timegm
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import feedparser

from aggregator.errors import ParseError
from aggregator.markup import plain_line
from aggregator.model import Fetched, Item
from aggregator.normalise import normalise
from aggregator.sources import feed

from .parse_differences import NOW, SOURCE, URL, documents

Difference = tuple[str, str]
"""Its class, and what it is."""
NONE = "UNEXPLAINED"


def main() -> int:
    parser = argparse.ArgumentParser(description="What we find in feeds, and what feedparser finds by itself.")
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--all", action="store_true", help="print also the differences that belong to a class")
    args = parser.parse_args()
    warnings.simplefilter("ignore")  # feedparser's, of the dates that it takes for others
    feeds, entries, lines, where = 0, 0, Counter[str](), Counter[str]()
    for path, _ in documents(args.folders):
        ours, found = compared(path.read_bytes())
        feeds, entries = feeds + 1, entries + ours
        lines.update(name for name, _ in found)
        where.update({name for name, _ in found})
        for name, line in found:
            if args.all or name == NONE:
                print(f"{path}: {name}: {line}")
    print(f"{feeds} feeds, {entries} entries")
    for name, number in lines.most_common():
        print(f"{number:6} in {where[name]:3} feeds: {name}")
    return 1 if lines[NONE] else 0


def compared(body: bytes) -> tuple[int, list[Difference]]:
    """How many entries we find, and what is different."""
    fetched = Fetched(url=URL, body=body, checkpoint={})
    try:
        ours = list(feed.parse(SOURCE, fetched))
    except ParseError as e:
        ours = []
        print(f"not read by us: {e.reason}")
    try:
        document = feedparser.parse(BytesIO(body))
    except Exception as e:  # it raises what it likes
        return len(ours), [("feedparser fails", type(e).__name__)]
    theirs = [entry for entry in document.entries if says_something(entry)]
    if len(theirs) != len(ours):
        return len(ours), [(of_numbers(len(ours), len(theirs), document), f"{len(ours)} instead of {len(theirs)}")]
    found = [d for item, entry in zip(ours, theirs, strict=True) for d in differences(item, entry, fetched)]
    if len(theirs) < len(document.entries):
        found.append(("an entry that says nothing", f"{len(document.entries) - len(theirs)} of them"))
    return len(ours), found


def says_something(entry: Any) -> bool:
    return any(entry.get(key) for key in ("title", "link", "summary", "content", "enclosures"))


def of_numbers(ours: int, theirs: int, document: Any) -> str:
    if ours == feed.NEWEST < theirs:
        return f"the newest {feed.NEWEST} are taken"
    return "broken: feedparser stops there" if document.bozo and ours > theirs else NONE


def differences(item: Item, entry: Any, fetched: Fetched) -> Iterator[Difference]:
    """Of one entry."""
    title, said = normalise(item, SOURCE, fetched, NOW).title, plain_line(entry.get("title", ""))
    if said and said != title:
        yield NONE, f"title {title!r} instead of {said!r}"
    if item.url != (entry.get("link") or None):
        yield of_link(item.url, entry), f"link {item.url!r} instead of {entry.get('link')!r}"
    if item.published_at != (at := date(entry)):
        yield of_date(item, at), f"date {item.published_at} instead of {at}: {item.date_said!r}"
    if item.authors != (names := authors(entry)):
        yield of_authors(item.authors, names), f"authors {item.authors} instead of {names}"


def of_link(ours: str | None, entry: Any) -> str:
    theirs = entry.get("link") or ""
    if ours and "://" not in theirs and ours.endswith(theirs.lstrip("./")):
        return "a relative link is made absolute"
    return "a name is no link" if not ours and theirs == entry.get("id") else NONE


def date(entry: Any) -> datetime | None:
    """When it was published, or the next best."""
    for key in ("published_parsed", "created_parsed", "updated_parsed"):
        if entry.get(key):
            return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=timegm(entry[key]))
    return None


def of_date(item: Item, theirs: datetime | None) -> str:
    ours, said = item.published_at, item.date_said or ""
    if ours and ours.replace(microsecond=0) == theirs:
        return "fractions of a second are kept"
    if re.match(r"\d{4}/\d{1,2}/\d{1,2} ", said) and ours:
        return "feedparser takes 2020/1/10 for the 1st of November"
    return "feedparser does not know such a date" if ours and not theirs else NONE


def authors(entry: Any) -> tuple[str, ...]:
    named = [author.get("name") or author.get("email") or "" for author in entry.get("authors", ()) if author]
    return tuple(dict.fromkeys(name.strip() for name in named if name.strip()))


def of_authors(ours: Sequence[str], theirs: Sequence[str]) -> str:
    if ours and not theirs:
        return "the feed's author is the entry's"
    return "a mail address is not told" if "@" in "".join(theirs) and len(ours) == len(theirs) else NONE


if __name__ == "__main__":
    sys.exit(main())
