"""
What the specifications demand of a published feed, as far as it can go wrong here.

`faults(body, address)` reads RSS 2.0 (with the RSS Advisory Board's profile), Atom 1.0 (RFC 4287) or JSON Feed 1.1 and
returns one sentence for each fault; an empty list is a valid feed. It shares no code with what writes the feeds.
"""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator
from datetime import datetime
from email.utils import format_datetime, parsedate_to_datetime
from html import unescape
from typing import Any

ATOM = "{http://www.w3.org/2005/Atom}"
MEDIA = "{http://search.yahoo.com/mrss/}"
DC = "{http://purl.org/dc/elements/1.1/}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}"
FH = "{http://purl.org/syndication/history/1.0}"
AT = "{http://purl.org/atompub/tombstones/1.0}"
XML = "{http://www.w3.org/XML/1998/namespace}"

_URL = re.compile(r"https?://[A-Za-z0-9._-]+(:\d+)?([/?#][A-Za-z0-9;/?:@&=+$,._!~*'()%#-]*)?")
_TAG_URI = re.compile(r"tag:([a-z0-9._-]+@)?[a-z0-9.-]+,\d{4}(-\d\d(-\d\d)?)?:[A-Za-z0-9;/?:@&=+$,._!~*'()%-]*")
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_MEDIA_TYPE = re.compile(r"[A-Za-z0-9_.+-]+/[A-Za-z0-9_.+-]+")
_BAD = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffd-\uffff]")
_TAG = re.compile(r"<[/!?A-Za-z]")


def faults(body: bytes, address: str) -> list[str]:
    """Everything wrong with a feed that is served at `address`."""
    text = body.decode("utf-8", errors="surrogateescape")
    found = [f"bad character {c!r}" for c in sorted(set(_BAD.findall(text)))]
    try:
        check = _json(json.loads(body), address) if body.startswith(b"{") else _xml(ET.fromstring(body), address)
        return found + list(check)
    except (ValueError, ET.ParseError) as e:
        return [*found, f"unreadable: {e}"]


def _xml(root: ET.Element, address: str) -> Iterator[str]:
    if root.tag == "rss":
        yield from _rss(root, address)
    elif root.tag == f"{ATOM}feed":
        yield from _atom(root, address)
    else:
        yield f"no feed: {root.tag}"


# --- RSS -------------------------------------------------------------------------------------------------------------


def _rss(root: ET.Element, address: str) -> Iterator[str]:
    channel = root[0]
    yield from _said_once(channel, "title", "link", "description", "language", "lastBuildDate")
    yield from _said_once(channel, "generator", "docs", "ttl")
    yield from _matches(_URL, [channel.findtext("link"), channel.findtext("docs")])
    yield from _matches(_LANGUAGE, [channel.findtext("language")])
    yield from _rfc822(channel.findtext("lastBuildDate"))
    yield from _self_link(channel, address)
    yield from _history(channel, address)
    items = channel.findall("item")
    yield from _unique(item.findtext("guid") for item in items)
    for item in items:
        yield from _rss_item(item)
        if parsedate_to_datetime(item.findtext("pubDate") or "") > parsedate_to_datetime(
            channel.findtext("lastBuildDate") or ""
        ):
            yield "an item is younger than its channel"


def _rss_item(item: ET.Element) -> Iterator[str]:
    yield from _said_once(item, "title", "link", "guid", "pubDate", "source")
    yield from _matches(_URL, [item.findtext("link"), *(e.get("url") for e in item.findall("source"))])
    yield from _matches(_TAG_URI, [item.findtext("guid")])
    yield from (f"permanent guid {e.text}" for e in item.findall("guid") if e.get("isPermaLink") != "false")
    yield from (f"markup in {e.tag}: {e.text}" for e in item.findall("title") if _is_markup(e.text))
    yield from _rfc822(item.findtext("pubDate"))
    yield from _matches(_LANGUAGE, (e.text for e in item.findall(f"{DC}language")))
    yield from (f"empty {e.tag}" for e in item if e.tag in ("category", f"{DC}creator") and not (e.text or "").strip())
    for name in ("description", "enclosure", f"{CONTENT}encoded"):
        if len(item.findall(name)) > 1:
            yield f"more than one {name}"
    for media in item.findall("enclosure") + item.findall(f"{MEDIA}content"):
        yield from _matches(_URL, [media.get("url")])
        yield from _matches(_MEDIA_TYPE, [media.get("type")])
        yield from _matches(re.compile(r"\d+"), [media.get("length", media.get("fileSize", "0"))])


def _rfc822(date: str | None) -> Iterator[str]:
    if date is None or format_datetime(parsedate_to_datetime(date)) != date:
        yield f"no RFC 822 date, or the wrong day of the week: {date}"


# --- Atom ------------------------------------------------------------------------------------------------------------


def _atom(feed: ET.Element, address: str) -> Iterator[str]:
    yield from _said_once(feed, *(f"{ATOM}{name}" for name in ("id", "title", "updated", "generator")))
    yield from _matches(_LANGUAGE, [feed.get(f"{XML}lang")])
    yield from _matches(_TAG_URI, [feed.findtext(f"{ATOM}id")])
    yield from _rfc3339([feed.findtext(f"{ATOM}updated")])
    yield from _self_link(feed, address)
    yield from _history(feed, address)
    yield from _tombstones(feed)
    entries = feed.findall(f"{ATOM}entry")
    yield from _unique(entry.findtext(f"{ATOM}id") for entry in entries)
    yield from _unique(entry.findtext(f"{ATOM}updated") for entry in entries)  # the W3C validator's rule
    for entry in entries:
        yield from _atom_entry(entry)
        if (entry.findtext(f"{ATOM}updated") or "") > (feed.findtext(f"{ATOM}updated") or ""):
            yield "an entry is younger than its feed"


def _atom_entry(entry: ET.Element) -> Iterator[str]:
    yield from _said_once(entry, *(f"{ATOM}{name}" for name in ("id", "title", "updated", "published", "source")))
    yield from _matches(_TAG_URI, [entry.findtext(f"{ATOM}id")])
    yield from _rfc3339([entry.findtext(f"{ATOM}updated"), entry.findtext(f"{ATOM}published")])
    if not [name for name in entry.findall(f"{ATOM}author/{ATOM}name") if (name.text or "").strip()]:
        yield "nobody wrote it"
    if entry.get(f"{XML}lang") is not None:
        yield from _matches(_LANGUAGE, [entry.get(f"{XML}lang")])
    links = entry.findall(f"{ATOM}link")
    if [link.get("rel", "alternate") for link in links].count("alternate") != 1:
        yield "not one alternate link"
    yield from _matches(_URL, (link.get("href") for link in links))
    yield from _matches(_MEDIA_TYPE, (link.get("type") for link in links if link.get("rel") == "enclosure"))
    yield from (f"empty term in {entry.tag}" for e in entry.findall(f"{ATOM}category") if not e.get("term"))
    for name in ("title", "summary", "content"):
        yield from (fault for e in entry.findall(f"{ATOM}{name}") for fault in _typed(e))
    for source in entry.findall(f"{ATOM}source"):
        yield from _said_once(source, *(f"{ATOM}{name}" for name in ("id", "title", "updated", "link")))
        yield from _matches(_URL, [source.findtext(f"{ATOM}id")])
        yield from _matches(_URL, (e.get("href") for e in source.findall(f"{ATOM}link")))


def _tombstones(feed: ET.Element) -> Iterator[str]:
    """RFC 6721: with ref and when, above the entries, and never of an entry that is there."""
    graves = feed.findall(f"{AT}deleted-entry")
    yield from _matches(_TAG_URI, (grave.get("ref") for grave in graves))
    yield from _rfc3339([grave.get("when") for grave in graves])
    there = {entry.findtext(f"{ATOM}id") for entry in feed.findall(f"{ATOM}entry")}
    yield from (f"deleted and there: {grave.get('ref')}" for grave in graves if grave.get("ref") in there)


def _typed(e: ET.Element) -> Iterator[str]:
    if e.get("type", "text") not in ("text", "html") or len(e) or not (e.text or "").strip():
        yield f"{e.tag} is empty or of no known type"
    if e.get("type", "text") == "text" and _is_markup(e.text):
        yield f"{e.tag} says that it is plain, and looks like HTML: {e.text}"


def _rfc3339(dates: Iterable[str | None]) -> Iterator[str]:
    for date in dates:
        if not _RFC3339.fullmatch(date or "") or datetime.fromisoformat(date or "").tzinfo is None:
            yield f"no RFC 3339 date: {date}"


# --- JSON Feed -------------------------------------------------------------------------------------------------------


def _json(feed: dict[str, Any], address: str) -> Iterator[str]:
    if feed["version"] != "https://jsonfeed.org/version/1.1" or not feed["title"]:
        yield "version or title"
    if feed["feed_url"] != address:
        yield f"feed_url {feed['feed_url']}"
    yield from _matches(_URL, [feed[key] for key in ("home_page_url", "feed_url", "next_url") if key in feed])
    if feed.get("next_url") == feed["feed_url"]:
        yield "next_url is feed_url"
    yield from _matches(_LANGUAGE, [feed["language"]])
    yield from _people(feed)
    yield from _unique(item["id"] for item in feed["items"])
    for item in feed["items"]:
        yield from _json_item(item)


def _json_item(item: dict[str, Any]) -> Iterator[str]:
    yield from _matches(_TAG_URI, [item["id"]])
    yield from _matches(_URL, [item["url"], *(a["url"] for a in item.get("attachments", []))])
    yield from _rfc3339([item["date_published"], item["date_modified"]])
    yield from _matches(_MEDIA_TYPE, (a["mime_type"] for a in item.get("attachments", [])))
    yield from _matches(_LANGUAGE, [item["language"]] if "language" in item else [])
    yield from _people(item)
    texts = [item["title"], item["content_html"], item.get("summary", "none"), *item.get("tags", [])]
    yield from (f"empty or no text: {t!r}" for t in texts if not isinstance(t, str) or not t.strip())
    sizes = [a["size_in_bytes"] for a in item.get("attachments", []) if "size_in_bytes" in a]
    yield from (f"no size: {size!r}" for size in sizes if not isinstance(size, int) or size < 0)


def _people(thing: dict[str, Any]) -> Iterator[str]:
    yield from ("somebody without a name" for who in thing["authors"] if not who["name"].strip())


# --- archives --------------------------------------------------------------------------------------------------------


def _history(parent: ET.Element, address: str) -> Iterator[str]:
    """RFC 5005, section 4: an archive says so, leads to the current document, and has a neighbour."""
    links = {link.get("rel"): link.get("href") for link in parent.findall(f"{ATOM}link")}
    neighbours = {rel: links[rel] for rel in ("prev-archive", "next-archive") if rel in links}
    yield from _matches(_URL, neighbours.values())
    place = re.fullmatch(r"(.*/)archive/(\d+)/([a-z.]+)", address)
    if not place:
        if "current" in links or "next-archive" in links or parent.find(f"{FH}archive") is not None:
            yield "a current document that says it is an archive"
        return
    folder, number, filename = place[1], int(place[2]), place[3]
    if parent.find(f"{FH}archive") is None or links.get("current") != folder + filename:
        yield "an archive that does not say so, or not of what"
    known = {"prev-archive": number - 1, "next-archive": number + 1}
    yield from (f"{rel} is {at}" for rel, at in neighbours.items() if at != f"{folder}archive/{known[rel]}/{filename}")
    if not neighbours or (number == 1) == ("prev-archive" in neighbours):
        yield f"archive {number} has the neighbours {neighbours}"


# --- all -------------------------------------------------------------------------------------------------------------


def _is_markup(text: str | None) -> bool:
    return text is not None and (bool(_TAG.search(text)) or unescape(text) != text)


def _said_once(parent: ET.Element, *names: str) -> Iterator[str]:
    for name in names:
        found = parent.findall(name)
        if len(found) != 1:
            yield f"{len(found)} times {name} in {parent.tag}"
        elif not (found[0].text or "").strip() and not len(found[0]) and not found[0].get("href"):
            yield f"empty {name} in {parent.tag}"


def _self_link(parent: ET.Element, address: str) -> Iterator[str]:
    links = [link.get("href") for link in parent.findall(f"{ATOM}link") if link.get("rel") == "self"]
    if links != [address]:
        yield f"says that it is at {links}"


def _unique(ids: Iterable[str | None]) -> Iterator[str]:
    ids = list(ids)
    if len(set(ids)) != len(ids):
        yield "an id twice"


def _matches(form: re.Pattern[str], values: Iterable[str | None]) -> Iterator[str]:
    yield from (f"{value!r} does not match {form.pattern}" for value in values if not form.fullmatch(value or ""))
