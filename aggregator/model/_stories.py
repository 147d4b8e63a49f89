"""What we say: stories, editions and whom to tell of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from ._articles import Article
from ._wanted import Imprint, Topic


@dataclass(frozen=True, kw_only=True)
class Filing:
    """A story is for a topic, because."""

    topic: str
    because: str


@dataclass(frozen=True, kw_only=True)
class Copy:
    """An article that tells a story which another one leads."""

    article: Article
    relation: str
    """`copy`, `excerpt`, or `update` (with other figures)."""
    score: float
    """How alike, from 0 to 1."""
    because: str
    compared: str = ""
    """The id of the article that it was compared with; empty if it was not by comparing that it came here."""
    passage: str = ""
    """The longest run of words that the two have in common, as far as it is kept."""


@dataclass(frozen=True, kw_only=True)
class Related:
    """Another story about the same event, in other words: to be linked, never merged."""

    story: str
    """Its id."""
    title: str
    publisher: str
    url: str
    score: float
    """How alike, from 0 to 1."""
    found_at: datetime


@dataclass(frozen=True, kw_only=True)
class Withdrawal:
    """A story that we have taken back. Its guid never returns."""

    guid: str
    at: datetime
    because: str = ""
    listed_at: datetime
    articles: tuple[str, ...] = ()
    """The ids by which its articles are known when they are seen again."""


@dataclass(frozen=True, kw_only=True)
class Printed:
    """What a published document says of a story, for a database that has lost it."""

    topic: str
    archive: int | None
    """The archive that it stands in; None: the current document."""
    guid: str
    """Empty: nothing is known but that there is this archive."""
    listed_at: datetime | None = None
    articles: tuple[str, ...] = ()
    """The ids of those that are known, by which the story is recognised when they are seen again."""
    lead: str = ""
    """The id of the one that led it; empty: not known, as the dates."""
    published_at: datetime | None = None
    updated_at: datetime | None = None
    withdrawn_at: datetime | None = None
    because: str = ""
    """Why it was withdrawn."""


@dataclass(frozen=True, kw_only=True)
class Story:
    """One piece of news: the article that leads it, and the others that carry it."""

    id: str
    """The id of the article that opened it."""
    guid: str
    """A `tag:` URI, minted once; readers know the story by it for ever."""
    lead: Article
    lead_because: str = ""
    copies: tuple[Copy, ...] = ()
    """By date, oldest first; the lead is not among them."""
    related: tuple[Related, ...] = ()
    """The most alike first, and not withdrawn."""
    listed_at: datetime
    """Its place in an edition; never moves."""
    filings: tuple[Filing, ...] = ()
    revised_at: datetime | None = None
    """When an edit of its lead last changed it; None: as the lead says."""
    first_date: datetime | None = None
    """The date that it was published with before, by a database that was lost; None: that of the article."""
    withdrawal: Withdrawal | None = None
    """Set once we have taken it back: then it stands nowhere."""
    state: int = field(default=0, compare=False)
    """Of the row that it was read from: another number, if an edition might say something else of it."""

    @property
    def members(self) -> tuple[Article, ...]:
        """The lead, then the copies."""
        return (self.lead, *(copy.article for copy in self.copies))

    @cached_property
    def elsewhere(self) -> tuple[Article, ...]:
        """
        Of the copies those that a reader finds elsewhere: not what comes a second time from the same publisher with
        the same page, by another feed of its site or under another name of ours, nor again without a page.
        """
        places = {_page(self.lead), ("", self.lead.publisher)}
        found = []
        for copy in self.copies:
            if (place := _page(copy.article)) not in places:
                found.append(copy.article)
                places |= {place, ("", copy.article.publisher)}
        return tuple(found)

    @cached_property
    def published_at(self) -> datetime:
        """The date of the article that opened it: another one that takes the lead, or opens it again, moves nothing."""
        if self.first_date:
            return self.first_date
        return next((article for article in self.members if article.id == self.id), self.lead).published_at

    @cached_property
    def updated_at(self) -> datetime:
        """Moved by an edit of the lead alone: not by a copy, nor by one that takes the lead."""
        return max(self.revised_at or self.lead.updated_at, self.published_at)

    @cached_property
    def last_date(self) -> datetime:
        """The last one that it bears, or any of its articles."""
        return max(self.updated_at, *(date for a in self.members for date in (a.published_at, a.updated_at)))

    @cached_property
    def moved_at(self) -> datetime:
        """When the newest thing happened to it that readers are told of."""
        seen = [article.seen_at for article in self.elsewhere]
        return max(self.listed_at, self.updated_at, *seen, *(other.found_at for other in self.related))


def _page(article: Article) -> tuple[str, str]:
    """Where it is read, however the address is spelled, and whose it is."""
    return article.canonical_url or article.url, article.publisher


@dataclass(frozen=True, kw_only=True, slots=True)
class Listed:
    """A story that stands in an edition, without its words."""

    id: str
    state: int
    """As `Story.state`: the same id and state are the same words."""
    source: str
    """Of its lead."""
    listed_at: datetime


@dataclass(frozen=True, kw_only=True)
class Edition:
    """One topic at one moment, or one of its archives (RFC 5005). Equal editions are equal bytes."""

    imprint: Imprint
    topic: Topic
    stories: tuple[Story, ...]
    """Newest `listed_at` first."""
    updated_at: datetime
    """When the newest thing in it happened; never the moment of rendering."""
    archive: int | None = None
    """The number of this archive, from 1, oldest first; None: this is the document that readers subscribe to."""
    previous: int | None = None
    """The archive with the stories before these; None: there are none."""
    following: int | None = None
    """For an archive, the one after it, if that was there already when this one was sealed."""
    withdrawn: tuple[Withdrawal, ...] = ()
    """What readers must delete; newest withdrawal first."""

    @property
    def link(self) -> str:
        """The folder of this topic on the web; ends with a slash."""
        return f"{self.imprint.link}{self.topic.name}/"

    @property
    def address(self) -> str:
        """The folder of this document on the web; ends with a slash."""
        return self.link if self.archive is None else self.archive_address(self.archive)

    def archive_address(self, number: int) -> str:
        """The folder of this archive of the topic on the web; ends with a slash."""
        return f"{self.link}archive/{number}/"


@dataclass(frozen=True, kw_only=True)
class Ping:
    """A hub has to be told that a feed has changed."""

    hub: str
    url: str
    """The feed's own address, as it stands in the feed (`rel=self`)."""
    digest: str
    """Of the feed's bytes: another digest is another thing to tell."""
    asked_at: datetime
    """Since when there is something to tell."""


@dataclass(frozen=True, kw_only=True)
class Front:
    """All topics at one moment, for the front page and the subscription list."""

    imprint: Imprint
    editions: tuple[Edition, ...]
    """One a topic in the operator's order, each with its few newest stories only."""


@dataclass(frozen=True)
class Job:
    """A word and a name; nothing else crosses a queue."""

    task: str
    subject: str = ""

    def __str__(self) -> str:
        """As the log says it."""
        return f"{self.task} {self.subject}".rstrip()
