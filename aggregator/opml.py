"""
Lists of subscriptions, OPML 2.0 (http://opml.org/spec2.opml): those of other readers in, ours out.

    <outline text="Folder">                                            -> a label
      <outline type="rss" text="Title" xmlUrl="https://..."/>          -> a source

Taken as other readers write them: `title` instead of `text`, no `type`, bare ampersands, any encoding, any depth.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from xml.sax.saxutils import escape, quoteattr

from .errors import AggregatorError
from .model import Source
from .sources._charset import decode
from .sources._xml import TooMuch, tidy
from .urls import without_user

MOST = 5_000
"""Subscriptions of one list."""
_DEEPEST = 40


class OpmlError(AggregatorError):
    """This is no list of subscriptions."""


@dataclass(frozen=True)
class Subscription:
    """One feed, as another reader has it."""

    url: str
    """Empty if the outline is not that of a feed."""
    title: str
    labels: tuple[str, ...]
    """The folders that it lies in, and its categories."""


def read(body: bytes) -> list[Subscription]:
    """
    The feeds in a list, in its order; what is no feed has an empty url. Raises OpmlError. A DOCTYPE is refused: there
    is none in OPML, and entities are what XML bombs are made of.
    """
    text = decode(body)
    if re.search(r"<!DOCTYPE|<!ENTITY", text, re.I):
        raise OpmlError("a list of subscriptions with a DOCTYPE is not read: no reader writes one")
    try:
        root = ET.fromstring(tidy(text, MOST))  # noqa: S314 - without a DOCTYPE, and made harmless
    except (ET.ParseError, TooMuch) as e:
        raise OpmlError(f"this is no OPML, or a broken one ({e})") from e
    if root.tag.lower() != "opml":
        raise OpmlError(f"this is no OPML: its first element is <{root.tag[:40]}>")
    found = list(islice(_below(root, (), 0), MOST + 1))
    if len(found) > MOST:
        raise OpmlError(f"more than {MOST} subscriptions; take the list in parts")
    return found


def write(title: str, sources: Iterable[Source]) -> bytes:
    """The feeds among the sources, in folders by their first label. Equal sources give equal bytes."""
    folders: dict[str, list[str]] = {}
    for source in sources:
        if source.kind == "feed":
            folders.setdefault(source.labels[0] if source.labels else "", []).append(_outline(source))
    lines = folders.pop("", [])
    for label, outlines in folders.items():
        lines += [f"<outline text={quoteattr(label)}>", *(f"  {outline}" for outline in outlines), "</outline>"]
    body = "".join(f"    {line}\n" for line in lines)
    head = f"  <head>\n    <title>{escape(title)}</title>\n  </head>\n"
    xml = f'<?xml version="1.0" encoding="UTF-8"?>\n<opml version="2.0">\n{head}  <body>\n{body}  </body>\n</opml>\n'
    return xml.encode()


def _below(parent: ET.Element, folders: tuple[str, ...], depth: int) -> Iterator[Subscription]:
    if depth > _DEEPEST:
        raise OpmlError(f"nested too deeply; {_DEEPEST} levels are allowed")
    for element in parent:
        said = {name.lower(): " ".join(value.split()) for name, value in element.attrib.items()}
        title = said.get("title") or said.get("text") or ""
        is_outline = element.tag.lower() == "outline"
        if is_outline and (said.get("xmlurl") or not len(element)):
            categories = [part for path in said.get("category", "").split(",") for part in path.split("/")]
            labels = dict.fromkeys(label.strip() for label in (*folders, *categories) if label.strip())
            yield Subscription(said.get("xmlurl", ""), title, tuple(labels))
        is_folder = is_outline and not said.get("xmlurl")
        yield from _below(element, (*folders, title) if is_folder else folders, depth + 1)


def _outline(source: Source) -> str:
    name, url = quoteattr(source.name), quoteattr(without_user(source.location))  # others will read it
    category = f" category={quoteattr(','.join(source.labels))}" if source.labels else ""
    return f'<outline type="rss" text={name} title={name} xmlUrl={url}{category}/>'
