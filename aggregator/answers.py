"""What HTTP says to a request for one of our files: 200, 226, 304, 308, 404, 405, 410 or 412."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from urllib.parse import quote

from .codings import accepted, weights
from .shelf import SECURITY, Form, Headers, Paper, Shelf

Answer = tuple[int, Headers, bytes]
"""Status, headers with names in lower case, body."""

PATH = re.compile(r"/(?:[^./\\\x00-\x1f][^/\\\x00-\x1f]*/)*(?:[^./\\\x00-\x1f][^/\\\x00-\x1f]*)?")
"""No empty part, none that begins with a dot (so neither `..` nor a file half written), no backslash."""
PART = (b"cache-control", b"no-store, im, max-age=300")
"""For a 226: who does not know RFC 3229 must not keep it, who does knows how (RFC 3229, 10.8.3)."""
VARY_PART = (b"vary", b"A-IM, If-None-Match")

_PAGE = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{0}</title>
<link rel="stylesheet" href="{1}style.css">
<div class="page">
<h1>{0}</h1>
<p class="about">{2} <a href="{1}">All topics</a></p>
</div>
"""
_SAYING = {
    404: ("Nothing is here", "It may have moved, or never been."),
    410: ("This topic is no longer published", "You may unsubscribe from it."),
}


def answer(
    shelf: Shelf, method: str, path: str, asked: Mapping[bytes, bytes], date: bytes | None = None
) -> Answer:
    """
    What HTTP says to this (RFC 9110, 9111, 3229). `path` is decoded; names in `asked` are in lower case. The body is
    there for HEAD too, and must not be sent. `date` is what the answer is going to say in Date, and Last-Modified is
    never later.
    """
    if method not in ("GET", "HEAD"):
        return _short(405, [(b"allow", b"GET, HEAD")])
    if not PATH.fullmatch(path):
        return _page(404, path)
    name = path[1:]
    if shelf.is_gone(name):
        return _page(410, path)
    paper = shelf.take(f"{name}index.html" if path.endswith("/") else name)
    if paper is None:
        if path.endswith("/") or not shelf.has_folder(name):
            return _page(404, path)
        # Relative, so that it is right behind a proxy that serves us below some path, too.
        return _short(308, [(b"location", f"./{quote(path.rpartition('/')[2])}/".encode())])
    status, headers, body = _of(shelf, paper, asked)
    if date and (now := _moment(date)) and paper.modified_at > now:
        headers = [(name, date if name == b"last-modified" else value) for name, value in headers]
    return status, headers, body


def _of(shelf: Shelf, paper: Paper, asked: Mapping[bytes, bytes]) -> Answer:
    form = paper.packed(accepted(asked.get(b"accept-encoding", b"").decode("latin-1")))
    is_opened = paper.is_xml_feed and asked.get(b"sec-fetch-mode") == b"navigate"
    if is_opened:
        form = _as_plain_xml(form)
    if not _is_as_wished(paper, form, asked):
        return _short(412, [])
    if held := _held(paper, form, asked):
        return 304, held.told, b""
    part = None if is_opened else _part(shelf, paper, form, asked)
    return part or (200, form.headers, form.body)


def _as_plain_xml(form: Form) -> Form:
    """
    For somebody who opens a feed in a browser. Chromium shows `application/rss+xml` as source text, whatever stylesheet
    the feed names; as `application/xml` it is laid out by feed.css: another representation, with an ETag of its own.
    Feed readers do not navigate, and never get this.
    """
    etag = form.etag.removesuffix(b'"') + b'-xml"'
    other = {b"etag": etag, b"content-type": b"application/xml; charset=utf-8"}
    told, headers = ([(n, other.get(n, v)) for n, v in lines] for lines in (form.told, form.headers))
    return Form(etag, told, headers, form.body)


def _is_as_wished(paper: Paper, form: Form, asked: Mapping[bytes, bytes]) -> bool:
    """If-Match, compared strongly, and only without it If-Unmodified-Since (RFC 9110, 13.1.1 and 13.1.4)."""
    if (tags := asked.get(b"if-match")) is not None:
        strong = re.findall(rb'(?<!W/)"[^"]*"', tags)
        return tags.strip() == b"*" or form.etag in strong or paper.plain.etag in strong
    before = _date(asked.get(b"if-unmodified-since"))
    return before is None or paper.modified_at.replace(microsecond=0) <= before


def _held(paper: Paper, form: Form, asked: Mapping[bytes, bytes]) -> Form | None:
    """
    What the client has of this version: If-None-Match, compared weakly, and only without it If-Modified-Since. A plain
    form will do for everybody, another one only for who would get the same again.
    """
    if (tags := asked.get(b"if-none-match")) is None:
        return form if _is_unchanged(paper, asked.get(b"if-modified-since")) else None
    if tags == form.etag or tags.strip() == b"*":
        return form
    known = _etags(tags)
    return next((f for f in (form, paper.plain) if f.etag in known), None)


def _is_unchanged(paper: Paper, since: bytes | None) -> bool:
    """
    Only for the very date that we gave. It is the time of the news, some seconds before the file is there: a client
    that sends the time of its download instead may have missed this version. (nginx compares likewise.) So may one
    that was told our Date in place of a time to come (RFC 9110, 8.8.2.1): it gets the whole.
    """
    if since is None or since == paper.last_modified:
        return since is not None
    return paper.modified_at.replace(microsecond=0) == _date(since)


@lru_cache(maxsize=1)
def _moment(date: bytes) -> datetime | None:
    """That of our own Date, which is the same for a second."""
    return _date(date)


def _date(value: bytes | None) -> datetime | None:
    """An HTTP date (RFC 9110, 5.6.7); None if it is none."""
    try:
        at = parsedate_to_datetime((value or b"").decode("latin-1"))
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at


def _part(shelf: Shelf, paper: Paper, form: Form, asked: Mapping[bytes, bytes]) -> Answer | None:
    """
    226 with the entries that are new to the client (RFC 3229), if it wants that, if we remember what it has, and if
    that is less than the whole. It is made of the plain form, and has its ETag.
    """
    if b"a-im" not in asked or weights(asked[b"a-im"].decode("latin-1")).get("feed", 0.0) <= 0:
        return None
    for etag in _etags(asked.get(b"if-none-match", b"")):
        part = shelf.since(paper, etag)
        if part is not None and len(part) < len(form.body):
            headers = [
                *((b"etag", paper.plain.etag), (b"last-modified", paper.last_modified), PART, VARY_PART, *SECURITY),
                *((b"im", b"feed"), (b"delta-base", etag)),
                *((b"content-type", paper.media_type.encode()), (b"content-length", b"%d" % len(part))),
            ]
            return 226, headers, part
    return None


def _etags(header: bytes) -> list[bytes]:
    return re.findall(rb'"[^"]*"', header)


def _page(status: int, path: str) -> Answer:
    """An answer that says why there is no paper, and leads to the front page, wherever that is served from."""
    title, saying = _SAYING[status]
    body = _PAGE.format(title, "../" * path.count("/", 1) or "./", saying).encode()
    return _short(status, [(b"content-type", b"text/html; charset=utf-8")], body)


def _short(status: int, more: Headers, body: bytes = b"") -> Answer:
    """An answer without a paper."""
    headers = [(b"content-length", b"%d" % len(body)), (b"cache-control", b"public, max-age=60"), *SECURITY, *more]
    return status, headers, body
