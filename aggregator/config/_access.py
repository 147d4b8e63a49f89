"""
What a source's server has to be told before it lets us in: `headers:` and `auth:`; and the way there: `proxy:`. Secrets
are read, never shown.
"""

from __future__ import annotations

import os
import re
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path

from . import _yaml
from ._section import Section

LONGEST_SECRET = 8192
TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
"""RFC 9110, 5.1."""
DIRECT = "direct"
"""What a source says instead of a proxy if it wants none."""
PROXY = re.compile(r"https?://(?P<user>[!-~]+@)?(?:\[[0-9A-Fa-f:.]+\]|[\w.-]+)(?::(?P<port>[0-9]{1,5}))?/?")
VALUE = re.compile(r"[!-~](?:[ -~]*[!-~])?")
OURS = {
    "user-agent": "we say who we are; 'contact' at the top is part of it",
    "authorization": "write it as 'auth'",
    "if-none-match": "the source's own validators are sent",
    "if-modified-since": "the source's own validators are sent",
    **dict.fromkeys(("host", "connection", "upgrade", "te", "range", "a-im"), "it belongs to the connection"),
    **dict.fromkeys(("content-length", "transfer-encoding", "accept-encoding"), "it belongs to the connection"),
}


def read_headers(section: Section, folder: Path, kind: str) -> Mapping[str, str]:
    """What is sent with each request to the source's own host; what is wrong becomes a complaint."""
    given = [key for key in ("headers", "auth") if key in section.given]
    if kind == "files":
        for key in given:
            section.complaints.add(section.key_nodes[key], f"a folder is not asked for anything; take '{key}' out")
        return {}
    headers = {
        name.text: value
        for name, node in section.inner("headers").node.pairs
        if (value := _header(section, name, node, folder)) is not None
    }
    if "auth" in given:
        headers |= _authorization(section.inner("auth"), folder)
    return headers


def read_proxy(section: Section, folder: Path, kind: str = "") -> str | None:
    """The proxy's address; empty for no proxy at all, None if nothing is said, or if it is wrong."""
    if kind == "files" and "proxy" in section.given:
        section.complaints.add(section.key_nodes["proxy"], "a folder is not asked for anything; take 'proxy' out")
        return None
    return section.maybe("proxy", lambda text: proxy_address(text, folder))


def proxy_address(text: str, folder: Path) -> str:
    """An http(s) address of a machine, or where it is to be read, then also with `user:password@`; `direct`: empty."""
    if text == DIRECT:
        return ""
    address = secret(text, folder).strip()
    found = PROXY.fullmatch(address)
    if not found or int(found["port"] or 80) not in range(1, 65536):
        raise ValueError("this is no proxy; write http://proxy.example.org:3128, env:NAME, file:PATH or direct")
    if found["user"] and address == text.strip():
        raise ValueError("a secret does not belong into this file; write env:NAME or file:PATH for the whole address")
    return address


def _header(section: Section, name: _yaml.Scalar, node: _yaml.Node, folder: Path) -> str | None:
    if not TOKEN.fullmatch(name.text):
        section.complaints.add(name, f"{name.text!r} is no name for a header; write letters, digits and -")
    elif why := OURS.get(name.text.lower()):
        section.complaints.add(name, f"'{name.text}' cannot be set: {why}")
    else:
        return section.read(node, lambda text: line(secret(text, folder)))
    return None


def _authorization(auth: Section, folder: Path) -> Mapping[str, str]:
    """RFC 7617 and RFC 6750."""
    auth.refuse_unknown()
    if sorted(auth.given) not in (["password", "user"], ["token"]):
        if auth.given and not auth.unknown():
            auth.complaints.add(auth.node, "write 'user' and 'password', or 'token'")
        return {}
    token = auth.maybe("token", lambda text: line(hidden(text, folder)))
    user, password = auth.maybe("user", user_name), auth.maybe("password", lambda text: hidden(text, folder))
    if user and password:
        return {"Authorization": f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"}
    return {"Authorization": f"Bearer {token}"} if token else {}


def user_name(text: str) -> str:
    """The part before the colon (RFC 7617, 2)."""
    if ":" in text:
        raise ValueError(f"{text!r} has a colon; a user's name cannot have one")
    return text


def hidden(text: str, folder: Path) -> str:
    """A secret, which must not stand in the file itself."""
    if not text.startswith(("env:", "file:")):
        raise ValueError("a secret does not belong into this file; write env:NAME or file:PATH")
    return secret(text, folder)


def secret(text: str, folder: Path) -> str:
    """`env:NAME`, `file:PATH` (without the end of its line), or the text itself."""
    where, colon, name = text.partition(":")
    if not colon or where not in ("env", "file"):
        return text
    if where == "env":
        found = os.environ.get(name)
        if found is None:
            raise ValueError(f"the environment has no {name!r}")
    else:
        found = _content(folder, name)
    if not found.strip():
        raise ValueError(f"{text!r} is empty")
    return found


def _content(folder: Path, name: str) -> str:
    try:
        with (folder / name).open("rb") as file:
            return file.read(LONGEST_SECRET).decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise ValueError(f"{name!r} is no text in UTF-8") from None
    except OSError as e:
        raise ValueError(f"{name!r} cannot be read: {e.strerror}") from e


def line(text: str) -> str:
    """What can stand in a header. The complaint does not show it: it may be a secret."""
    if not VALUE.fullmatch(text):
        raise ValueError("only one line of ASCII can stand in a header")
    return text
