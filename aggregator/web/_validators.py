"""Validators: whose they are, and whether they can be sent. In a bookmark they are as the server gave them."""

from __future__ import annotations

import re

from ..model import Checkpoint
from ..urls import without_user

VALIDATORS = ("etag", "last-modified")
GIVEN_AT = "validators-of"
"""The bookmark's word for whose validators they are, if not those of the address that is asked for."""


def conditions_for(url: str, since: Checkpoint, asked: str) -> dict[str, str]:
    """
    The validators as the server gave them, for the very address that gave them; not one that cannot stand in a header
    line. With an ETag we can also be told what is new alone (RFC 3229). `asked`: where the redirects to `url` began.
    """
    if url != (since.get(GIVEN_AT) or asked):
        return {}
    conditions: dict[str, str] = {}
    if re.fullmatch(r"[!-~\x80-\xff](?:[ -~\x80-\xff]{0,1022}[!-~\x80-\xff])?", since.get("etag", "")):
        conditions |= {"If-None-Match": since["etag"], "A-IM": "feed"}
    if re.fullmatch(r"[!-~](?:[ -~]{0,126}[!-~])?", since.get("last-modified", "")):
        conditions["If-Modified-Since"] = since["last-modified"]
    return conditions


def given_at(url: str, given: Checkpoint, asked: str, since: Checkpoint) -> dict[str, str]:
    """What a bookmark has to say of whose validators are `given` at `url`, where that has to be said."""
    if any(given.values()) and url != without_user(asked):
        return {GIVEN_AT: url}
    return {GIVEN_AT: ""} if since.get(GIVEN_AT) else {}
