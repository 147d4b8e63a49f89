"""How a bad server answers. Each function is a behaviour of the manifest; `n` counts the requests from 0."""

from __future__ import annotations

import gzip
import itertools
import socket
import struct
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .server import Handler

RSS = "application/rss+xml; charset=utf-8"
PATIENCE = 60.0
"""Seconds for which an answer goes on at most."""
BEGAN = 1768201200  # 12 January 2026, 7:00 UTC

Params = Mapping[str, Any]


def feed(items: Iterable[str]) -> bytes:
    head = '<rss version="2.0"><channel><title>Лента</title><link>https://news.example/</link><description>Проба</description>'
    return f'<?xml version="1.0" encoding="utf-8"?>\n{head}\n{"".join(items)}</channel></rss>\n'.encode()


def entry(n: int, *, title: str = "", guid: str = "", link: str = "", date: str = "", text: str = "Текст") -> str:
    return (
        f"<item><title>{title or f'Новость номер {n}'}</title><link>{link or f'https://news.example/a/{n}'}</link>"
        f'<guid isPermaLink="false">{guid or f"tag:news.example,2026:{n}"}</guid>'
        f"<pubDate>{date or formatdate(BEGAN + n * 60, usegmt=True)}</pubDate>"
        f"<description>{text}</description></item>\n"
    )


THREE = feed(entry(n) for n in range(3))


# --- conditional requests --------------------------------------------------------------------------------------------


def validators(handler: Handler, params: Params, n: int) -> None:
    """200 with these validators, or 304 when the first of them comes back; `deaf`: always 200."""
    given = {name: str(value).replace("{n}", str(n)) for name, value in params["headers"].items()}
    handler.record["served"] = given
    asked = handler.headers.get("If-None-Match") or handler.headers.get("If-Modified-Since")
    if asked == next(iter(given.values())) and not params.get("deaf"):
        handler.reply(status=304, headers=given)
    else:
        handler.reply(THREE, headers=given)


def always_304(handler: Handler, params: Params, n: int) -> None:
    """To everybody who asks for less than everything, however much there is that is new."""
    asked = "If-None-Match" in handler.headers
    body = b"" if asked else feed(entry(i) for i in range(n, -1, -1))
    handler.reply(body, status=304 if asked else 200, headers={"ETag": '"fixed"'})


def moved_validators(handler: Handler, params: Params, n: int) -> None:
    handler.record["served"] = {"ETag": f'"a{n}"', "Last-Modified": f"Mon, 12 Jan 2026 10:0{n}:00 GMT"}
    handler.reply(THREE if n == 0 else b"", status=304 if n else 200, headers=handler.record["served"])


def not_modified_with_body(handler: Handler, params: Params, n: int) -> None:
    if n == 0:
        return handler.reply(THREE, headers={"ETag": '"once"'})
    body = feed([entry(77, title="Не должно появиться")])
    return handler.raw(b"HTTP/1.1 304 Not Modified\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))


def hostile_validators(handler: Handler, params: Params, n: int) -> None:
    etag = b'"a\tb\xff\xd1\x8f' + b"x" * 6000 + b'"'
    head = b"HTTP/1.1 200 OK\r\nETag: %s\r\nLast-Modified: \x01 no date\r\nContent-Length: %d\r\n\r\n"
    handler.raw(head % (etag, len(THREE)) + THREE)


def only_what_is_new(handler: Handler, params: Params, n: int) -> None:
    """226 IM Used, RFC 3229."""
    if n and "feed" in handler.headers.get("A-IM", "") and handler.headers.get("If-None-Match"):
        return handler.reply(feed([entry(100 + n)]), status=226, headers={"IM": "feed", "ETag": f'"im{n}"'})
    return handler.reply(THREE, headers={"ETag": f'"im{n}"', "Vary": "A-IM, If-None-Match"})


# --- status codes and redirects --------------------------------------------------------------------------------------


def status(handler: Handler, params: Params, n: int) -> None:
    handler.reply(b"<html><body>status</body></html>", "text/html", params["status"], params.get("headers"))


def flaky(handler: Handler, params: Params, n: int) -> None:
    if n < params["fail"]:
        return handler.reply(b"oops", "text/plain", 500)
    return handler.reply(THREE)


def retry_at_a_date(handler: Handler, params: Params, n: int) -> None:
    later = formatdate(time.time() + params["seconds"], usegmt=True)
    handler.reply(b"", "text/plain", params["status"], {"Retry-After": later})


def with_headers(handler: Handler, params: Params, n: int) -> None:
    handler.reply(THREE, headers=params["headers"])


def expires(handler: Handler, params: Params, n: int) -> None:
    """In so many seconds of the server's own time, which is `off` by so many."""
    here = time.time() + params.get("off", 0)
    times = {"Date": formatdate(here, usegmt=True), "Expires": formatdate(here + params["seconds"], usegmt=True)}
    handler.reply(THREE, headers=times)


def redirect(handler: Handler, params: Params, n: int) -> None:
    """To an address; `chain`: so many times."""
    hop = int(handler.path.partition("?i=")[2] or 0)
    to = handler.server.fill(str(params.get("to", "")).encode(), "redirect").decode()
    if hop < params.get("chain", 0):
        to = f"{handler.path.partition('?')[0]}?i={hop + 1}"
    headers = {"Location": to.encode().decode("latin-1")} if to else {}
    handler.reply(b"moved", "text/plain", params["status"], headers)


def redirect_bomb(handler: Handler, params: Params, n: int) -> None:
    handler.head(302, {"Location": "/case/good-rss", "Content-Encoding": "gzip"})
    pour(handler, spaces(params["mb"]))


def meta_refresh(handler: Handler, params: Params, n: int) -> None:
    page = b'<html><head><meta http-equiv="refresh" content="0;url={{CANARY}}"></head></html>'
    handler.reply(handler.server.fill(page, "html-redirect"), "text/html")


# --- transport -------------------------------------------------------------------------------------------------------


def pour(handler: Handler, pieces: Iterable[bytes], every: float = 0) -> None:
    """One after the other until the client goes away, there is no more, or a minute is over."""
    end = time.monotonic() + PATIENCE
    for piece in pieces:
        if time.monotonic() > end:
            break
        handler.raw(piece)
        if every:
            time.sleep(every)


def endless() -> Iterator[bytes]:
    yield feed([]).partition(b"</channel>")[0]
    for start in itertools.count(0, 200):
        yield "".join(entry(n) for n in range(start, start + 200)).encode()


def spaces(megabytes: int) -> Iterator[bytes]:
    """So many megabytes of spaces in a comment, packed: a kilobyte each."""
    yield b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03" + _block(b'<?xml version="1.0"?><rss><channel><!--')
    yield from itertools.repeat(_block(b" " * (1 << 20)), megabytes)


def _block(text: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(text) + packer.flush(zlib.Z_FULL_FLUSH)


def slow_drip(handler: Handler, params: Params, n: int) -> None:
    handler.head(200, {"Content-Type": RSS})
    pour(handler, (bytes([byte]) for byte in feed(entry(i) for i in range(200))), params["interval"])


def slow_headers(handler: Handler, params: Params, n: int) -> None:
    handler.raw(b"HTTP/1.1 200 OK\r\n")
    pour(handler, (b"X-%d: a\r\n" % i for i in itertools.count()), params["interval"])


def hang(handler: Handler, params: Params, n: int) -> None:
    handler.linger()


def hang_after_body(handler: Handler, params: Params, n: int) -> None:
    handler.head(200, {"Content-Type": RSS})
    handler.raw(THREE)
    handler.linger()


def infinite(handler: Handler, params: Params, n: int) -> None:
    chunked = params.get("chunked", False)
    handler.head(200, {"Content-Type": RSS} | ({"Transfer-Encoding": "chunked"} if chunked else {}))
    pour(handler, (b"%x\r\n%s\r\n" % (len(c), c) if chunked else c for c in endless()))


def huge_length(handler: Handler, params: Params, n: int) -> None:
    handler.head(200, {"Content-Type": RSS, "Content-Length": str(10**13)})
    handler.raw(THREE)
    handler.linger()


def short_body(handler: Handler, params: Params, n: int) -> None:
    handler.head(200, {"Content-Type": RSS, "ETag": '"short"', "Content-Length": str(len(THREE) + 5000)})
    handler.raw(THREE)


def reset(handler: Handler, params: Params, n: int) -> None:
    handler.head(200, {"Content-Type": RSS, "Content-Length": "100000"})
    handler.raw(THREE[:300])
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()


def raw(handler: Handler, params: Params, n: int) -> None:
    """These bytes, whatever they are."""
    handler.raw(params["bytes"].encode("latin-1"))


def http_09(handler: Handler, params: Params, n: int) -> None:
    handler.raw(THREE)


def huge_header(handler: Handler, params: Params, n: int) -> None:
    handler.raw(b"HTTP/1.1 200 OK\r\nX-Big: %s\r\nContent-Length: %d\r\n\r\n" % (b"a" * (1 << 20), len(THREE)) + THREE)


def many_headers(handler: Handler, params: Params, n: int) -> None:
    lines = b"".join(b"X-%d: a\r\n" % i for i in range(params["count"]))
    handler.raw(b"HTTP/1.1 200 OK\r\n%sContent-Length: %d\r\n\r\n" % (lines, len(THREE)) + THREE)


def packed(handler: Handler, params: Params, n: int) -> None:
    """A feed, gzipped so many `times` (0: not at all), as `says`; `half` of it; `raw`: deflate without a frame."""
    body = feed(entry(i) for i in range(30)) if params.get("half") else THREE
    for _ in range(params.get("times", 1)):
        body = gzip.compress(body, mtime=0)
    if params.get("raw"):
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        body = packer.compress(THREE) + packer.flush()
    body = body[: len(body) // 2] if params.get("half") else body
    handler.reply(body, headers={"Content-Encoding": params["says"]} if params.get("says") else None)


def packed_parts(handler: Handler, params: Params, n: int) -> None:
    """So many gzip members, each of nothing (RFC 1952, 2.2), and then a feed."""
    body = gzip.compress(b"", mtime=0) * params["count"] + gzip.compress(THREE, mtime=0)
    handler.reply(body, headers={"Content-Encoding": "gzip"})


def gzip_bomb(handler: Handler, params: Params, n: int) -> None:
    handler.head(200, {"Content-Type": RSS, "Content-Encoding": "gzip"})
    pour(handler, spaces(params["mb"]))


# --- bodies too big to keep ------------------------------------------------------------------------------------------


def huge_title(handler: Handler, params: Params, n: int) -> None:
    handler.reply(feed([entry(0, title="Ы" * params["chars"]), entry(1)]))


def repeated(handler: Handler, params: Params, n: int) -> None:
    """
    `head`, then `piece` so many times, then `tail`; `in_item`: in place of an item's text, `in_feed`: before the items.
    `{i}` in a piece counts. Sent packed, so that only the unpacked size is big.
    """
    said = params.get("piece", "")
    middle = "".join(said.replace("{i}", str(i)) for i in range(params["count"]))
    text = params.get("head", "") + middle + params.get("tail", "")
    if params.get("in_item"):
        text = feed([entry(0, text="@@"), entry(1)]).decode().replace("@@", text)
    elif params.get("in_feed"):
        text = THREE.decode().replace("<item>", f"{text}<item>", 1)
    elif params.get("before"):
        text = THREE.decode().replace("<rss ", f"{text}<rss ", 1)
    body = gzip.compress(text.encode(), 1, mtime=0)
    handler.reply(body, params.get("content_type", RSS), headers={"Content-Encoding": "gzip"})


def many_items(handler: Handler, params: Params, n: int) -> None:
    handler.reply(feed(entry(i) for i in range(params["count"], 0, -1)))


# --- histories -------------------------------------------------------------------------------------------------------


def history(handler: Handler, params: Params, n: int) -> None:
    """One phase a visit; the last one stays."""
    phase = params["phases"][min(n, len(params["phases"]) - 1)]
    if phase == "html":
        return handler.reply("<!DOCTYPE html><html><title>Вход</title></html>".encode(), "text/html; charset=utf-8")
    return handler.reply(feed(_phase(phase, n)))


def _phase(phase: str, n: int) -> Iterable[str]:
    if phase == "flood":
        return [entry(i) for i in range(3)] + [entry(1000 + i, date=formatdate(1580550000 + i)) for i in range(490)]
    if phase == "empty":
        return []
    if phase == "edited":
        return [entry(0, title="Новость номер 0 (исправлено)"), entry(1), entry(2)]
    if phase == "window":
        return [entry(n + 2 - i) for i in range(3)]
    if phase == "dates":
        return [entry(i, date=formatdate(time.time(), usegmt=True)) for i in range(3)]
    tracking = "https://news.example/a/{}?utm_source=rss&amp;utm_campaign=c{}&amp;sid={}"
    guids = {"new_guids": "tag:news.example,2026:new-{}-{}", "utm": tracking}
    links = {"utm": tracking}
    return [
        entry(i, guid=guids.get(phase, "").format(i, n, n), link=links.get(phase, "").format(i, n, n)) for i in range(3)
    ]
