"""
What an XML feed says of the past: where its archives are (RFC 5005), and which entries are no more (RFC 6721).

Its parents are feedgen's, who writes elements of Atom without their namespace below a root that declares it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from html import escape
from typing import Any

from lxml import etree

from ..model import Edition, Printed, Withdrawal
from ._words import without_see_also

_ATOM = "{http://www.w3.org/2005/Atom}"
_CONTENT = "{http://purl.org/rss/1.0/modules/content/}"
_HISTORY = "http://purl.org/syndication/history/1.0"
_TOMBSTONES = "http://purl.org/atompub/tombstones/1.0"


@dataclass
class History:
    """An extension of feedgen's for the feed as a whole."""

    is_archive: bool = False
    links: list[dict[str, str]] = field(default_factory=list)
    withdrawn: tuple[Withdrawal, ...] = ()

    def read(self, edition: Edition, filename: str, media_type: str) -> None:
        """Find out what there is to say of this edition."""
        self.is_archive = edition.archive is not None
        neighbours = {"prev-archive": edition.previous, "next-archive": edition.following}
        addresses = {rel: edition.archive_address(number) for rel, number in neighbours.items() if number}
        if self.is_archive:
            addresses["current"] = edition.link
        self.links = [{"rel": rel, "href": at + filename, "type": media_type} for rel, at in addresses.items()]

    def extend_ns(self) -> dict[str, str]:
        """Called by feedgen: the prefixes that are needed."""
        needed = {"fh": _HISTORY if self.is_archive else "", "at": _TOMBSTONES if self.withdrawn else ""}
        return {prefix: name for prefix, name in needed.items() if name}

    def extend_rss(self, rss: Any) -> None:
        """Called by feedgen before it adds the items. RSS has no word for what is withdrawn: it is not there."""
        self._say(rss[0], f"{_ATOM}link")

    def extend_atom(self, feed: Any) -> None:
        """Called by feedgen before it adds the entries."""
        self._say(feed, "link")
        for one in self.withdrawn:
            facts = {"ref": one.guid, "when": one.at.isoformat()}
            grave = etree.SubElement(feed, f"{{{_TOMBSTONES}}}deleted-entry", facts)
            if one.because:
                etree.SubElement(grave, f"{{{_TOMBSTONES}}}comment").text = one.because

    def _say(self, parent: Any, link: str) -> None:
        for facts in self.links:
            etree.SubElement(parent, link, facts)
        if self.is_archive:
            etree.SubElement(parent, f"{{{_HISTORY}}}archive")


def without(body: bytes, guids: Collection[str]) -> bytes:
    """An RSS or Atom feed without the items or entries that have one of these guids; otherwise as it is."""
    root = _root(body)
    for item in list(_items(root)):
        parent = item.getparent()
        if _guid(item) in guids and parent is not None:
            parent.remove(item)
    return _written(root)


def seal(body: bytes, guids: Collection[str], empty: bytes) -> bytes:
    """
    An archive that is `empty` yet, with those items or entries of a feed of ours that have one of these guids: as they
    stand there, but that related stories are not named.
    """
    root = _root(empty)
    parent = root if root.tag == f"{_ATOM}feed" else root[0]
    wanted = [item for item in _items(_root(body)) if _guid(item) in guids]
    for item in wanted:
        _name_no_other(item)
        item.tail = parent[-1].tail  # of the last one: what stands before the end tag
        parent[-1].tail = f"{item.tail}  "
        parent.append(item)
    return _written(root)


def _name_no_other(item: Any) -> None:
    for content in item.iterchildren(f"{_CONTENT}encoded", f"{_ATOM}content"):
        content.text, named = without_see_also(content.text or "")
        for link in list(item.iterchildren(f"{_ATOM}link")):
            if link.get("rel") == "related" and f'"{escape(link.attrib["href"])}"' in named:
                item.remove(link)


def read(body: bytes, topic: str, archive: int | None) -> Iterator[Printed]:
    """
    What such a feed of ours says for a database that was lost: under which guids stories stand in it, and which ones
    were withdrawn. It knows no articles. Raises ValueError if it is no XML.
    """
    try:
        root = _root(body)
    except etree.XMLSyntaxError as e:
        raise ValueError(str(e)) from e
    for item in _items(root):
        yield Printed(topic=topic, archive=archive, guid=_guid(item))
    for grave in root.iter(f"{{{_TOMBSTONES}}}deleted-entry"):
        at = datetime.fromisoformat(grave.attrib["when"])
        because = grave.findtext(f"{{{_TOMBSTONES}}}comment") or ""
        yield Printed(topic=topic, archive=None, guid=grave.attrib["ref"], withdrawn_at=at, because=because)


def _root(body: bytes) -> Any:
    return etree.fromstring(body, etree.XMLParser(strip_cdata=False, resolve_entities=False))


def _written(root: Any) -> bytes:
    out: bytes = etree.tostring(root.getroottree(), xml_declaration=True, encoding="UTF-8")
    return out + b"\n"


def _items(root: Any) -> Iterator[Any]:
    return root.iter("item", f"{_ATOM}entry")  # type: ignore[no-any-return]


def _guid(item: Any) -> str:
    return item.findtext("guid") or item.findtext(f"{_ATOM}id") or ""
