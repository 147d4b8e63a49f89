"""
One answer as it comes in: http.client reads it, but a plain head, which nearly all are, is read at a glance.

A head is plain if it has come whole, and holds nothing on which readers of HTTP could differ. It is looked at where it
lies in the buffer: one that is not plain is still all there for http.client.
"""

from __future__ import annotations

import http.client
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ._faults import too_long

HINTS = 20
"""So many answers may come before the answer."""
HEADERS = 100
"""More than http.client allows in one head."""
WITH_BODY = (200, 203, 226)
"""Of other answers nobody wants the body: it is not read."""
NO_BODY = (204, 304)
"""They never have one (RFC 9112, 6.3)."""
PIECE = 65536

_HEAD = re.compile(
    rb"HTTP/1\.1 ([2-5][0-9][0-9])(?: [ -~]*)?\r\n"
    rb"((?:[!#$%&'*+.^_`|~0-9A-Za-z-]+:[ ]?(?:[!-~][ -~]*)?\r\n)+)\r\n"
)
_LINE = re.compile(r"([^:]+):[ ]?(.*)\r\n")


class Headers(Mapping[str, str]):
    """Names compare without case; what is said several times is one list (RFC 9110, 5.3)."""

    def __init__(self, said: Iterable[tuple[str, str]]) -> None:
        self._values: dict[str, str] = {}
        for name, line in said:
            key, value = name.lower(), line.rstrip(" \t")  # RFC 9110, 5.5
            self._values[key] = f"{self._values[key]}, {value}" if key in self._values else value

    def __getitem__(self, name: str) -> str:
        return self._values[name.lower()]

    def get(self, name: str, default: Any = None) -> Any:
        """As of every mapping; the most are asked for in vain, and one that raises KeyError takes its time."""
        return self._values.get(name.lower(), default)

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


@dataclass(frozen=True)
class Reply:
    """One answer of one server. Header names compare without case; the body is as it came on the wire."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""


class Hinted(http.client.HTTPResponse):
    """Without the hints that may come before it (1xx; RFC 9110, 15.2), of which the library knows the first alone."""

    def _read_status(self) -> tuple[str, int, str]:
        for _ in range(HINTS):
            version, status, reason = super()._read_status()  # type: ignore[misc]
            if not 100 <= status < 200:
                return version, status, reason
            http.client.parse_headers(self.fp)
        raise http.client.HTTPException


class Answer(Hinted):
    """The answer to a GET, without its body at first."""

    said: Headers
    """Its headers."""

    def begin(self) -> None:
        """Read the head. Raises OSError and HTTPException."""
        head = _HEAD.match(self.fp.peek())
        said = Headers(_LINE.findall(head[2].decode("ascii"))) if head else Headers(())
        length = said.get("Content-Length", "0")
        if not head or head[2].count(b"\n") >= HEADERS or "Transfer-Encoding" in said or not _is_number(length):
            super().begin()
            self.said = Headers(self.headers.items())
            return
        self.fp.read(head.end())
        self.status, self.said, self.chunked = int(head[1]), said, False
        self.length = 0 if self.status in NO_BODY else int(length) if "Content-Length" in said else None
        self.will_close = "close" in said.get("Connection", "").lower() or self.length is None

    def is_done(self) -> bool:
        """Whether the connection may be asked once more: all has been read, and it does not close."""
        if self.will_close:
            return False
        if self.status in NO_BODY:
            return "Transfer-Encoding" not in self.said  # it might send chunks all the same
        return self.isclosed()

    def whole(self, limit: int) -> Reply:
        """The answer with its body, if somebody wants that. Raises NoAnswer for one beyond the limit."""
        return Reply(self.status, self.said, self._body(limit) if self.status in WITH_BODY else b"")

    def _body(self, limit: int) -> bytes:
        lengths = {int(length) for length in (self.said.get("Content-Length") or "0").split(",")}
        if max(lengths) > limit:
            raise too_long(limit)
        if len(lengths) > 1 and not self.chunked:  # the same twice is once (RFC 9110, 8.6)
            raise ValueError("the answer has two lengths")
        body = bytearray()
        while piece := self.read(PIECE):
            body += piece
            if len(body) > limit:
                raise too_long(limit)
        if self.length:
            raise http.client.IncompleteRead(bytes(body), self.length)
        return bytes(body)


def _is_number(text: str) -> bool:
    return text.isdecimal() and len(text) < 19
