"""
What the operator writes -> a value. Each takes the text and raises ValueError with what would be right.

Also for the OPTIONS of a source kind.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import lru_cache
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

Word = TypeVar("Word", bound=str)

UNITS = {"s": "seconds", "m": "minutes", "min": "minutes", "h": "hours", "d": "days"}
DURATION = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,3})?)\s*(s|min|m|h|d)")
LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*")
SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
NAME = re.compile(r"\w[\w .-]{0,63}")
MAIL = re.compile(r"[!-?A-~]+@[!-?A-~]+\.[!-?A-~]+")
DOTTED = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+", re.ASCII)
"""A module that is not ours."""
UNNAMEABLE = re.compile("[\0\ud800-\udfff]")
"""What escapes in YAML can say, and no name of a file: Path raises ValueError for it."""
HOST = re.compile(r"[\w-]+(\.[\w-]+)*\.?")

DNS_NAME = r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*"
HUB = re.compile(r"https?://(?:[!$%&'()*+,/:;=?\[\]A-Za-z0-9._~-])+")
"""What a URI may hold (RFC 3986), but neither a user's name nor a fragment."""

AUTHORITY = re.compile(rf"([A-Za-z0-9._-]+@)?{DNS_NAME},\d{{4}}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?")
"""RFC 4151, section 2.1."""


def phrase(text: str) -> str:
    """Text in one line, not empty."""
    line = " ".join(text.split())
    if not line:
        raise ValueError("there is no text")
    return line


def path(text: str) -> Path:
    """Where something lies."""
    if not text.strip():
        raise ValueError("there is no path")
    if UNNAMEABLE.search(text):
        raise ValueError("no file can have such a name")
    return Path(text)


def duration(text: str) -> timedelta:
    """`30s`, `5m` or `5min`, `2h`, `1d`, `1h30m`; and `0`."""
    written = text.strip().lower()
    if written == "0":
        return timedelta()
    if re.fullmatch(r"[0-9]+", written):
        raise ValueError(f"{text!r} has no unit; write {written}s, {written}m, {written}h or {written}d")
    parts = DURATION.findall(written)
    if not parts or DURATION.sub("", written).strip():
        raise ValueError(f"{text!r} is no duration; write 30s, 5m, 2h, 1d or 1h30m")
    return sum((timedelta(**{UNITS[unit]: float(count)}) for count, unit in parts), timedelta())


def between(least: timedelta, most: timedelta) -> Callable[[str], timedelta]:
    """A duration with bounds, both allowed."""

    def read(text: str) -> timedelta:
        value = duration(text)
        if not least <= value <= most:
            raise ValueError(f"{text!r} is out of bounds: from {shown(least)} to {shown(most)}")
        return value

    return read


def shown(value: timedelta) -> str:
    """The shortest way to write a duration of whole seconds in one unit: `90s`, `2h`."""
    seconds = int(value.total_seconds())
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def number(least: int, most: int) -> Callable[[str], int]:
    """A whole number with bounds, both allowed."""

    def read(text: str) -> int:
        if not re.fullmatch(r"[+-]?[0-9]{1,12}", text.strip()):
            raise ValueError(f"a whole number is wanted, this is text: {text!r}")
        if not least <= int(text) <= most:
            raise ValueError(f"{text} is out of bounds: from {least} to {most}")
        return int(text)

    return read


def one_of(*choices: Word) -> Callable[[str], Word]:
    """One of these words."""

    def read(text: str) -> Word:
        for choice in choices:
            if text.strip() == choice:
                return choice
        raise ValueError(f"{text!r} is neither {' nor '.join(choices)}")

    return read


def language(text: str) -> str:
    """A language tag (BCP 47) in lower case."""
    tag = text.strip().lower()
    if not LANGUAGE.fullmatch(tag):
        raise ValueError(f"{text!r} is no language; write its short code: ru, kk, en, de, or en-gb")
    return tag


def address(text: str) -> str:
    """An http(s) URL with a host."""
    url = text.strip()
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or re.search(r"[\s\x00-\x1f]", url):
        raise ValueError(f"{text!r} is no web address; write https://example.org/path")
    if parts.port == 0:
        raise ValueError(f"{text!r} has port 0; leave the port out, or write the right one")
    return url


def folder_address(text: str) -> str:
    """An http(s) URL that other addresses can begin with; ends with a slash."""
    url = address(text)
    if "?" in url or "#" in url or "@" in urlsplit(url).netloc:
        raise ValueError(f"{text!r} has to be a plain address, without ?, # and a user's name")
    return url if url.endswith("/") else f"{url}/"


def lies_under(url: str, folder: str) -> bool:
    """Whether an address is a folder's, or one in it; http and https, `www.` and none, are one."""
    place = _comparable(folder)
    return place.partition("/")[0] in url.lower() and _comparable(url).startswith(place)


@lru_cache(maxsize=16)
def _comparable(url: str) -> str:
    parts = urlsplit(url)
    host = parts.netloc.lower().rpartition("@")[2].removeprefix("www.")
    return host.removesuffix(":80" if parts.scheme == "http" else ":443") + (parts.path or "/")


def hub(text: str) -> str:
    """An http(s) URL that is told to everybody, in feeds and in HTTP headers."""
    url = address(text)
    if not HUB.fullmatch(url):
        raise ValueError(f"{text!r} has to be a plain address in ASCII, without # and a user's name")
    return url


def contact(text: str) -> str:
    """A mail address or http(s) URL that can stand in an HTTP header."""
    written = text.strip()
    if not MAIL.fullmatch(written):
        try:
            address(written)
        except ValueError:
            raise ValueError(f"{text!r} is no contact; write a mail address or https://example.org/about") from None
    if not written.isascii():
        raise ValueError(f"{text!r}: only ASCII can stand in a header; write the address in its xn-- form")
    return written


def authority(text: str) -> str:
    """Who mints our `tag:` URIs: a host or mail address that was ours on that day (RFC 4151, section 2.1)."""
    written = text.strip()
    if not AUTHORITY.fullmatch(written):
        raise ValueError(f"{text!r} is no identity; write a host or mail address of yours and a year: example.org,2026")
    return written


def listen(text: str) -> tuple[str, int]:
    """`127.0.0.1:8080`, `[::1]:8080`, or only a port, on this machine. Port 0 is any free one."""
    host, colon, port = text.strip().rpartition(":")
    bare = host.removeprefix("[").removesuffix("]") if colon else "127.0.0.1"
    if not re.fullmatch(r"[0-9]{1,5}", port) or int(port) > 65535 or not bare or (":" in bare) != host.startswith("["):
        raise ValueError(f"{text!r} is no place to listen at; write 127.0.0.1:8080, [::1]:8080 or 8080")
    return host_name(bare), int(port)


def host_name(text: str) -> str:
    """The name or address of a machine, in lower case; IPv6 with or without brackets."""
    bare = text.strip().lower().removeprefix("[").removesuffix("]")
    try:
        return str(ip_address(bare))
    except ValueError:
        if HOST.fullmatch(bare):
            return bare
    raise ValueError(f"{text!r} is no host; write a name or address alone: 127.0.0.1 or news.example.org")


def host_or_network(text: str) -> str:
    """A machine, or a network of ours: `10.0.0.0/8`, `fd00::/8`."""
    if "/" not in text:
        return host_name(text)
    if "://" in text:
        raise ValueError(f"{text!r} is no host; write its name alone: {urlsplit(text).hostname or 'news.example.org'}")
    try:
        network = ip_network(text.strip(), strict=False)
    except ValueError:
        raise ValueError(f"{text!r} is no network; write 10.0.0.0/8 or fd00::/8, or a host alone") from None
    if str(network.network_address) != str(ip_address(text.strip().partition("/")[0])):
        raise ValueError(f"{text!r} names a host and a network; write the network: {network}, or the host alone")
    if network.is_global:
        raise ValueError(f"{text!r} is no private network: hosts of the public internet need not be listed")
    return str(network)


def slug(text: str) -> str:
    """The name of a folder and a part of an address."""
    if not SLUG.fullmatch(text):
        raise ValueError(f"{text!r} is no name for a topic; a to z, 0 to 9 and - may stand in it, at most 64 of them")
    return text


def source_name(text: str) -> str:
    """What the operator calls a source."""
    if not NAME.fullmatch(text.strip()):
        raise ValueError(f"{text!r} is no name for a source; at most 64 letters, digits, spaces and . _ -")
    return text.strip()


def closest(word: str, choices: Iterable[str]) -> str | None:
    """What was probably meant."""
    import difflib  # only where something is wrong

    by_form = {choice.casefold(): choice for choice in choices}
    found = difflib.get_close_matches(word.casefold(), by_form, n=1)
    return by_form[found[0]] if found else None
