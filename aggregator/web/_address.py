"""Plain addresses, which nearly all are: nothing has to be mended, and nobody has to take them apart twice."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

PORTS = {"http": 80, "https": 443}
_PLAIN = re.compile(
    r"(https?)://((?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)"
    r"(?::([1-9][0-9]{0,4}))?"
    r"((?:/(?![./])(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[89A-F][0-9A-F])*)+"
    r"(?:\?(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[89A-F][0-9A-F])+)?)"
)
"""What requests would send as it stands: a host in lower case, no dots to resolve, nothing to quote or to unquote."""


class Address(NamedTuple):
    """The parts of a plain one."""

    scheme: str
    host: str
    port: int
    target: str
    """Path and query."""


@lru_cache(maxsize=256)
def plain(url: str) -> Address | None:
    """Its parts; None if anything about it is not plain. A visit asks several times."""
    match = _PLAIN.fullmatch(url)
    if not match:
        return None
    scheme, host, said, target = match.groups()
    port = int(said or PORTS[scheme])
    return Address(scheme, host, port, target) if port <= 65535 else None
