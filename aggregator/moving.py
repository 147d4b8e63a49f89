"""
Where a source lives. A permanent redirect (301, 308) is followed at once and believed late: a parked domain, a hotel's
portal and a slip of the administrator all say 301 too. Pure.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from .model import Reception, Relocation, Source, Standing

AGREEING = 3
"""Visits in a row that have to be sent to the same place, and to find the source's news there,"""
OVER = timedelta(days=1)
"""over so much time."""
NOT_THERE = (404, 410)
LOST = 5
"""Failures in a row after which a new address is given up, whatever they were: it may be parked, or nobody's."""


def settle(source: Source, standing: Standing, heard: Reception, now: datetime, *, failed: bool) -> Standing:
    """
    The standing with what this visit says of the address. A visit that failed is no evidence; but when the new address
    has nothing any more, the configured one is asked again.
    """
    if failed:
        is_lost = heard.status in NOT_THERE or standing.failures + 1 >= LOST
        return replace(standing, address="", relocation=None) if is_lost else standing
    if not heard.moved_to or not may_follow(source, standing, heard.moved_to):
        return replace(standing, relocation=None) if standing.relocation else standing
    told = standing.relocation
    if told is None or told.to != heard.moved_to:
        told = Relocation(to=heard.moved_to, since=now, visits=0)
    told = replace(told, visits=told.visits + 1)
    if told.visits >= AGREEING and now - told.since >= OVER:
        return replace(standing, address=told.to, relocation=None)
    return replace(standing, relocation=told)


def may_follow(source: Source, standing: Standing, to: str) -> bool:
    """Never from https to http, and with a password or a header of the operator's to no other host."""
    here, there, home = (urlsplit(url) for url in (standing.address or source.location, to, source.location))
    has_secrets = bool(source.headers) or "@" in home.netloc
    return not (here.scheme == "https" and there.scheme == "http") and not (
        has_secrets and (there.scheme, there.hostname, there.port) != (home.scheme, home.hostname, home.port)
    )
