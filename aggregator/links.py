"""
What a feed says of itself and of its hubs -> the Link header that lets a subscriber find both (WebSub, section 4).

Read from the feed, so that header and feed never contradict each other, whoever has put the file there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from html import unescape

ENTRY = re.compile(rb"<(?:item|entry)[\s>]")
LINK = re.compile(rb"<(?:atom:)?link\s([^<>]*)>")
ATTRIBUTE = re.compile(rb'(rel|href)="([^"]*)"')
FIT = re.compile(r"[!#-;=?-~]+")
"""What can stand between < and > in a header line."""


def links_of(media_type: str, body: bytes) -> bytes:
    """The value of the header (RFC 8288, 3); empty for what is no feed, or one that names no hub."""
    if b"hub" not in body:
        return b""
    found: list[tuple[str, str]] = []
    if media_type.startswith(("application/rss+xml", "application/atom+xml")):
        found = list(_in_xml(ENTRY.split(body, 1)[0]))
    elif media_type.startswith("application/feed+json"):
        found = list(_in_json(body))
    links = [(rel, url) for rel, url in found if rel in ("hub", "self") and FIT.fullmatch(url)]
    if "hub" not in dict(links):
        return b""
    return ", ".join(f'<{url}>; rel="{rel}"' for rel, url in links).encode()


def _in_xml(head: bytes) -> Iterable[tuple[str, str]]:
    for tag in LINK.findall(head):
        said = {name.decode(): unescape(value.decode("utf-8", "replace")) for name, value in ATTRIBUTE.findall(tag)}
        yield said.get("rel", ""), said.get("href", "")


def _in_json(body: bytes) -> Iterable[tuple[str, str]]:
    try:
        feed = json.loads(body)
    except (ValueError, RecursionError):
        return
    if isinstance(feed, dict):
        yield "self", str(feed.get("feed_url", ""))
        hubs = feed.get("hubs")
        for hub in hubs if isinstance(hubs, list) else ():
            if isinstance(hub, dict) and hub.get("type") == "WebSub":
                yield "hub", str(hub.get("url"))
