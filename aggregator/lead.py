"""
Which article leads its story: whose words readers get.

    1  the source with the greatest priority
    2  the original before what names another place where it first appeared
    3  the more complete text, if it is more complete by half
    4  the earlier one

Once readers may have a story, its lead stays: nobody should see an item change its face.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from .model import Article, Company

MORE = 1.5


def takes_lead(new: Article, company: Company, priorities: Mapping[str, int]) -> str:
    """Why the article takes the lead of the story it joins; empty if it does not."""
    if company.is_out:
        return ""
    lead = company.lead
    ours, theirs = priorities.get(new.source, 0), priorities.get(lead.source, 0)
    if ours != theirs:
        return f"{new.source} has priority {ours}, {lead.source} {theirs}" if ours > theirs else ""
    if is_syndicated(new) != is_syndicated(lead):
        return f"{lead.source} names another place where it first appeared" if is_syndicated(lead) else ""
    if len(new.content) > MORE * len(lead.content):
        return f"its text is more complete than that of {lead.source}"
    if len(lead.content) > MORE * len(new.content):
        return ""
    if new.published_at < lead.published_at:
        return f"it is earlier than that of {lead.source}"
    return ""


def is_syndicated(article: Article) -> bool:
    """Whether the article itself says that it first appeared on another site."""
    there, here = (urlsplit(url).hostname for url in (article.original_url, article.url))
    return bool(there and there != here)
