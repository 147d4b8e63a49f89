"""
The nouns, in the order in which a piece of news meets them. No I/O, no clock, nothing of ours imported.

    Source -> Fetched -> Item -> Article -> Decision -> Story -> Filing -> Edition

The type tells the trust: an Item is what somebody said, an Article is what we stand behind, an Edition is what we say.
All are frozen; every datetime is aware and in UTC.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import Literal

ALL = "all"
"""The topic that every story is in."""

Checkpoint = Mapping[str, str]
"""A kind's own bookmark (etag, digest, path -> digest). The store keeps it and never reads it."""


# --- what the operator wrote -----------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Manners:
    """How we behave towards other people's servers."""

    contact: str = ""
    """An address or URL for the operator of the other server; goes into the User-Agent."""
    at_once: int = 1
    """Requests in flight, per host."""
    pause: timedelta = timedelta(seconds=1)
    """Time between the end of one request and the start of the next, per host."""
    private_hosts: frozenset[str] = frozenset()
    """Hosts inside the private network that may be contacted all the same."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where news comes from."""

    name: str
    kind: str
    """The plug-in: `feed`, `files`, or a dotted module name."""
    location: str
    every: timedelta = timedelta(minutes=30)
    priority: int = 0
    """Whose copy leads a story: the greatest wins."""
    language: str | None = None
    """BCP 47, lower case; None: found out from each article."""
    labels: tuple[str, ...] = ()
    options: Mapping[str, object] = field(default_factory=dict)
    """What else the kind takes, already read by it."""


class Match(Enum):
    """How a term is compared with the words of a story."""

    FORMS = "forms"  # the words in order, each in any inflected form
    EXACT = "exact"  # =NATO: this spelling and no other
    PREFIX = "prefix"  # эконом*: words that begin so
    PATTERN = "pattern"  # /regex/


@dataclass(frozen=True, kw_only=True)
class Term:
    """The smallest rule: what to look for, and where."""

    text: str
    match: Match = Match.FORMS
    place: str = "text"
    """`text` (title and body), `title`, `source`, `label`, `lang`, `author` or `url`."""

    def __str__(self) -> str:
        shown = {Match.EXACT: f"={self.text}", Match.PREFIX: f"{self.text}*", Match.PATTERN: f"/{self.text}/"}
        term = shown.get(self.match, self.text)
        return term if self.place == "text" else f"{self.place}:{term}"


@dataclass(frozen=True, kw_only=True)
class Rule:
    """Holds if every one of `all`, at least one of `any` (when there are some) and none of `none` hold."""

    any: tuple[Rule | Term, ...] = ()
    all: tuple[Rule | Term, ...] = ()
    none: tuple[Rule | Term, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Topic:
    """What readers subscribe to."""

    name: str
    """The folder in feeds/, and so part of every address: `^[a-z0-9][a-z0-9-]{0,63}$`."""
    title: str
    description: str = ""
    rule: Rule | None = None
    """None: every story."""
    language: str | None = None
    formats: tuple[str, ...] = ("rss", "atom", "jsonfeed", "html")
    limit: int = 50
    content: Literal["full", "summary"] = "full"
    """`summary`: readers get a few sentences, and the text itself where it comes from."""
    per_source: int | None = None
    """Stories that one source may lead in an edition; None: any number."""
    at_least_sources: int = 1
    """Only stories that so many different sources carry."""
    languages: tuple[str, ...] = ()
    """Only stories whose lead is in one of these; none: in any."""


@dataclass(frozen=True, kw_only=True)
class Trial:
    """The operator's own test of a rule: a headline that a topic has to find, or to leave alone."""

    topic: str
    headline: str
    wanted: bool
    line: int
    column: int
    """Where it stands in the configuration, from 1."""


@dataclass(frozen=True, kw_only=True)
class Imprint:
    """Who publishes, and where: what every edition says of us."""

    title: str
    link: str
    """Where feeds/ is reachable; ends with a slash."""
    contact: str = ""
    language: str = "en"
    authority: str
    """The authority of every `tag:` URI that we mint (RFC 4151): `example.org,2026`."""
    hubs: tuple[str, ...] = ()
    """Who tells subscribers at once that a feed has changed (WebSub); we tell the hubs."""


# --- what comes in ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """One document, as it came."""

    url: str
    """Where the bytes were found, after redirects; `file:` for local ones."""
    body: bytes | None
    """None: as it was; only the bookmark has moved."""
    checkpoint: Checkpoint
    """Merged into the source's bookmark once the document is stored; an empty value takes its key out."""
    media_type: str = ""
    charset: str | None = None
    """What the transport said; None if it said nothing."""
    changed_at: datetime | None = None
    """For a file, its modification time; None for what came over the web."""


@dataclass(frozen=True, kw_only=True)
class Enclosure:
    """A picture, recording or film that belongs to an article."""

    url: str
    media_type: str = ""
    length: int | None = None
    """Bytes; None if the source does not say."""
    title: str = ""


@dataclass(frozen=True, kw_only=True)
class Item:
    """What the source said. Everything optional, nothing believed."""

    guid: str | None = None
    url: str | None = None
    base: str | None = None
    """What relative links in `content` and `summary` are relative to; None: the document's own url."""
    title: str | None = None
    """HTML or plain, as `title_is_html` tells."""
    title_is_html: bool = False
    summary: str | None = None
    content: str | None = None
    is_html: bool = True
    """Whether summary and content are HTML; else plain text, with paragraphs at blank lines."""
    authors: tuple[str, ...] = ()
    published_at: datetime | None = None
    updated_at: datetime | None = None
    date_said: str | None = None
    """The date in the source's own words; together with `published_at` None, a date that makes no sense."""
    file_at: datetime | None = None
    """The modification time of the file the item lay in; None for what came over the web."""
    labels: tuple[str, ...] = ()
    enclosures: tuple[Enclosure, ...] = ()
    language: str | None = None
    publisher: str | None = None
    original_url: str | None = None
    """Where the item says that it first appeared (`<source>`, a canonical link)."""


# --- what we stand behind --------------------------------------------------------------------------------------------


class Dated(Enum):
    """How an article came by its date."""

    SAID = "said"  # the source gave it, and it is believable
    FILE = "file"  # the file's modification time
    FUTURE = "future"  # the source gave a time to come; we use when we first saw it
    MISSING = "missing"  # the source gave none
    IMPOSSIBLE = "impossible"  # the source gave something that is no date, or one from before the web


@dataclass(frozen=True, kw_only=True)
class Article:
    """What we stand behind: nothing optional but the language, markup safe, dates judged."""

    id: str
    """24 hexadecimal digits, the same on any machine and at any retry; scoped to the source."""
    source: str
    publisher: str
    """The document's own word for who published it, else the source's name."""
    guid: str
    """The source's own identifier; empty if it gave none."""
    url: str
    """The link that readers get; empty for a local text that gives none."""
    canonical_url: str
    """The same page's one spelling, for comparing only."""
    original_url: str = ""
    title: str
    """Plain text, one line, never empty."""
    summary: str
    """Plain text that ends at a sentence where it can; at most 400 characters."""
    content: str
    """Safe HTML with absolute links; may be empty."""
    authors: tuple[str, ...] = ()
    published_at: datetime
    dated: Dated
    date_said: str = ""
    updated_at: datetime
    """When the text last changed in substance, as far as we believe; never before `published_at`."""
    seen_at: datetime
    labels: tuple[str, ...] = ()
    enclosures: tuple[Enclosure, ...] = ()
    language: str = ""
    """BCP 47; empty if nobody can tell."""
    digest: str
    """Of everything a reader sees; another digest is another version."""
    sketch: str
    """Of the words alone, deaf to case, quotes, dashes, white space and markup; empty if there are too few to tell."""


@dataclass(frozen=True, kw_only=True)
class Trace:
    """What we remember of an article for ever, also when its text is no longer held."""

    id: str
    story: str
    source: str
    canonical_url: str
    title: str
    digest: str
    sketch: str
    published_at: datetime


@dataclass(frozen=True, kw_only=True)
class Company:
    """A story as a new text meets it: who leads it, and whom to compare with."""

    story: str
    lead: Article
    is_out: bool
    """Whether readers may have it already: then its lead stays."""
    members: tuple[Article, ...]
    """The first, the longest and the shortest of its articles; more where they are at hand."""


def _nobody(story: str) -> Company:
    raise KeyError(story)


@dataclass(frozen=True, kw_only=True)
class Known:
    """What the store remembers that the articles at hand might repeat."""

    by_id: Mapping[str, Trace] = field(default_factory=dict)
    by_url: Mapping[str, tuple[Trace, ...]] = field(default_factory=dict)
    """Canonical url -> who has had it, in any source, oldest first."""
    by_sketch: Mapping[str, tuple[Trace, ...]] = field(default_factory=dict)
    apart: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Article id -> stories that it must not join, as the operator has said."""
    together: Mapping[str, str] = field(default_factory=dict)
    """Article id -> the story that it must join, as the operator has said."""
    postings: Callable[[Collection[int]], Mapping[int, Sequence[str]]] = field(default=lambda _: {})
    """Marks (sameness/) -> the stories that have them."""
    company: Callable[[str], Company] = field(default=lambda story: _nobody(story))
    """Story id -> its company; read when it is asked for."""
    text: Callable[[str], Article | None] = field(default=lambda _: None)
    """Article id -> the article as it is held; read when it is asked for."""


@dataclass(frozen=True, kw_only=True)
class Fingerprint:
    """A text as the index of sameness knows it."""

    marks: tuple[int, ...]
    """A few sampled hashes of its phrases, 32 bits each."""
    size: int
    """How many phrases it has."""


class Verdict(Enum):
    """What an article is to us."""

    NEW = "new"  # opens a story
    CHANGED = "changed"  # another version of an article that we have
    SAME = "same"  # nothing to do
    COPY = "copy"  # another article of a story that we have


@dataclass(frozen=True, kw_only=True)
class Opening:
    """What a new story gets once and keeps for ever."""

    guid: str
    """A `tag:` URI (RFC 4151)."""
    listed_at: datetime
    """Its place in an edition: the article's date, not before our last visit and not after this one."""


@dataclass(frozen=True, kw_only=True)
class Decision:
    """The verdict on one article, and why. `article.id` is the id it is kept under."""

    article: Article
    verdict: Verdict
    story: str
    """The story it belongs to; its own id when it opens one."""
    because: str
    opens: Opening | None = None
    """For NEW only."""
    relation: str = "copy"
    """For COPY only, as score: `copy`, `excerpt`, or `update` (with other figures)."""
    score: float = 1.0
    """How alike, from 0 to 1."""
    lead_because: str = ""
    """For COPY only: why it takes the lead of the story; empty if it does not."""
    fingerprint: Fingerprint | None = None
    """What the index of sameness keeps of it; None for SAME."""
    substantive: bool = True
    """For CHANGED only: whether it says something else; if it only looks different, no date moves."""

    @property
    def leads(self) -> bool:
        return bool(self.lead_because)


@dataclass(frozen=True, kw_only=True)
class Revision:
    """One version of an article in place of another."""

    old: Article
    new: Article
    at: datetime
    """When we saw the new one."""
    because: str


class State(Enum):
    """How a source fares."""

    WAITING = "waiting"  # never visited
    OK = "ok"
    FAILING = "failing"
    GONE = "gone"  # no longer in the configuration; what it brought stays


@dataclass(frozen=True, kw_only=True)
class Visit:
    """One call at one source, good or bad."""

    source: str
    at: datetime
    next_at: datetime
    """When the source is due again."""
    not_before: datetime | None = None
    """The server's own wish (Retry-After, max-age), kept also when somebody asks for a visit now."""
    checkpoint: Checkpoint
    error: str | None = None
    requests: int = 0
    bytes: int = 0


@dataclass(frozen=True, kw_only=True)
class Health:
    """A source's record, for the operator. Counts are since the beginning, but for `failures`."""

    name: str
    kind: str
    state: State
    last_visit: datetime | None = None
    last_success: datetime | None = None
    next_visit: datetime | None = None
    failing_since: datetime | None = None
    failures: int = 0
    """Failed visits in a row."""
    error: str | None = None
    articles: int = 0
    """How many of its articles are held."""
    new: int = 0
    """How many the last visit brought."""
    requests: int = 0
    bytes: int = 0


# --- what we say -----------------------------------------------------------------------------------------------------


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
    listed_at: datetime
    articles: tuple[str, ...]
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
    listed_at: datetime
    """Its place in an edition; never moves."""
    filings: tuple[Filing, ...] = ()
    revised_at: datetime | None = None
    """When an edit of its lead last changed it; None: as the lead says."""
    withdrawal: Withdrawal | None = None
    """Set once we have taken it back: then it stands nowhere."""

    @property
    def published_at(self) -> datetime:
        """The date of the article that opened it: another one that takes the lead does not move it."""
        members = (self.lead, *(copy.article for copy in self.copies))
        return next((article for article in members if article.id == self.id), self.lead).published_at

    @property
    def updated_at(self) -> datetime:
        """Moved by an edit of the lead alone: not by a copy, nor by one that takes the lead."""
        return max(self.revised_at or self.lead.updated_at, self.published_at)


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
