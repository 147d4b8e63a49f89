"""
Which article leads its story: whose words readers get.

    1  the source with the greatest priority
    2  the original before a copy: first the article of an outlet that the others credit, then what credits nobody,
       then what says of itself that it comes from elsewhere (credit.py, or a link to where it first appeared)
    3  the more complete text, if it is more complete by half
    4  the earlier one

Once readers may have a story, its lead stays: nobody should see an item change its face.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from .credit import credit
from .markup import plain
from .model import Article, Company
from .outlets import is_same

MORE = 1.5
SHORTEST_HOST = 4
"""Letters of a part of a host that may be the name of an outlet: not "www", "kz", "com" and the like."""


def takes_lead(new: Article, company: Company, priorities: Mapping[str, int]) -> str:
    """Why the article takes the lead of the story it joins; empty if it does not."""
    if company.is_out:
        return ""
    lead = company.lead
    ours, theirs = priorities.get(new.source, 0), priorities.get(lead.source, 0)
    if ours != theirs:
        return f"{new.source} has priority {ours}, {lead.source} {theirs}" if ours > theirs else ""
    origins = Origins((*company.members, lead, new))
    if why := origins.why(new, lead):
        return why
    if origins.why(lead, new):
        return ""
    if len(new.content) > MORE * len(lead.content):
        return f"its text is more complete than that of {lead.source}"
    if len(lead.content) > MORE * len(new.content):
        return ""
    if new.published_at < lead.published_at:
        return f"it is earlier than that of {lead.source}"
    return ""


def is_elsewhere(article: Article) -> bool:
    """Whether the article itself links to another site as the place where it first appeared."""
    if not article.original_url:
        return False
    there, here = (urlsplit(url).hostname for url in (article.original_url, article.url))
    return bool(there and there != here)


class Origins:
    """Which articles of a story say that they come from elsewhere, and whom they name."""

    def __init__(self, articles: Iterable[Article]) -> None:
        self.articles = {a.id: a for a in articles}
        self.names = {a.id: names_of(a) for a in self.articles.values()}
        outlets = [name for names in self.names.values() for name in names]
        self.credits = {a.id: credit(text_of(a), self.names[a.id], outlets) for a in self.articles.values()}

    def why(self, new: Article, lead: Article) -> str:
        """Why `new` is more of an original than `lead`; empty if it is not."""
        ours, theirs = self._standing(new), self._standing(lead)
        if ours <= theirs:
            return ""
        return self._copied(lead) if ours[0] > theirs[0] else self._named(new)

    def _standing(self, article: Article) -> tuple[bool, bool]:
        """Whether it is no copy by its own words, and whether another one credits it; the greater is the original."""
        return not self._copied(article), bool(self._named(article))

    def _copied(self, article: Article) -> str:
        """The sentence that tells that an article is a copy; empty if it credits nobody."""
        if said := self.credits[article.id]:
            return f"{article.source} credits {said.name}: «{said.words}»"
        return f"{article.source} names another place where it first appeared" if is_elsewhere(article) else ""

    def _named(self, article: Article) -> str:
        """The sentence that tells that another article credits the outlet of this one; empty if none does."""
        for other, said in self.credits.items():
            if said and other != article.id and any(is_same(said.name, name) for name in self.names[article.id]):
                return self._copied(self.articles[other])
        return ""


def names_of(article: Article) -> tuple[str, ...]:
    """All that the outlet of an article may be called by: its publisher, its source, its host and the parts of that."""
    host = urlsplit(article.url).hostname or ""
    parts = (part for part in host.split(".")[:-1] if len(part) >= SHORTEST_HOST and part != "news")
    return tuple(filter(None, (article.publisher, article.source, host, *parts)))


def text_of(article: Article) -> str:
    return plain(article.content) or article.summary
