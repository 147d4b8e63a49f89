"""
The nouns, in the order in which a piece of news meets them. No I/O, no clock, nothing of ours imported.

    Source -> Fetched -> Item -> Article -> Decision -> Story -> Filing -> Edition

The type tells the trust: an Item is what somebody said, an Article is what we stand behind, an Edition is what we say.
All are frozen; every datetime is aware and in UTC.
"""

from __future__ import annotations

from ._articles import Article, Dated, Echo, Health, State, Visit
from ._incoming import Checkpoint, Enclosure, Fetched, Item
from ._quarantine import MOST_WAITING, Usual, Waiting
from ._sameness import Arrival, Company, Decision, Fingerprint, Known, Move, Opening, Revision, Ruling, Trace, Verdict
from ._standing import HOST_PAUSE, Note, Reception, Relocation, Standing, Wishes
from ._stories import Copy, Edition, Filing, Front, Job, Listed, Ping, Printed, Related, Story, Withdrawal
from ._wanted import (
    ALL,
    DESK,
    ENOUGH_EXAMPLES,
    STRENGTH,
    Imprint,
    Like,
    Manners,
    Match,
    Rule,
    Source,
    Term,
    Topic,
    Trial,
    host_of,
)

__all__ = [
    "ALL",
    "DESK",
    "ENOUGH_EXAMPLES",
    "HOST_PAUSE",
    "MOST_WAITING",
    "STRENGTH",
    "Imprint",
    "Manners",
    "Match",
    "Rule",
    "Source",
    "Term",
    "Topic",
    "Trial",
    "host_of",
    "Checkpoint",
    "Enclosure",
    "Fetched",
    "Item",
    "Article",
    "Dated",
    "Echo",
    "Health",
    "State",
    "Visit",
    "Arrival",
    "Company",
    "Decision",
    "Fingerprint",
    "Known",
    "Move",
    "Note",
    "Relocation",
    "Like",
    "Opening",
    "Revision",
    "Ruling",
    "Trace",
    "Verdict",
    "Reception",
    "Standing",
    "Wishes",
    "Waiting",
    "Usual",
    "Copy",
    "Edition",
    "Filing",
    "Front",
    "Job",
    "Listed",
    "Ping",
    "Printed",
    "Related",
    "Story",
    "Withdrawal",
]
