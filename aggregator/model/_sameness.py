"""What we remember of articles, and what each new one is to us."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from ._articles import Article


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
    """An id that articles have come under -> the last of them."""
    earlier: Mapping[str, tuple[Trace, ...]] = field(default_factory=dict)
    """The same id -> those before it, oldest first, where its guid was given to one after the other."""
    echoed: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Id of an echo -> id and digest of the article that it means now."""
    waiting: Mapping[str, str] = field(default_factory=dict)
    """Article id -> digest of what waits in quarantine; empty if the operator has discarded it."""
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
    trace: Callable[[str], Trace | None] = field(default=lambda _: None)
    """Article id -> what is remembered of that article; read when it is asked for."""
    text: Callable[[str], Article | None] = field(default=lambda _: None)
    """Article id -> the article as it is held; read when it is asked for."""
    former: Callable[[str, Collection[datetime]], Sequence[Trace]] = field(default=lambda *_: ())
    """Source and dates -> those of its last few hundred articles that have one of these; read when it is asked for."""


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
    WAITS = "quarantined"  # waits for the operator's word
    PASSED = "passed over"  # what we have published ourselves, and what the operator knows of already


@dataclass(frozen=True, kw_only=True)
class Opening:
    """What a new story gets once and keeps for ever."""

    guid: str
    """A `tag:` URI (RFC 4151)."""
    listed_at: datetime
    """Its place in an edition: the article's date, not before our last visit and not after this one."""
    published_at: datetime | None = None
    """Its dates, if it was published before, by a database that was lost."""
    updated_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Decision:
    """The verdict on one article, and why. `article.id` is the id it is kept under."""

    article: Article
    verdict: Verdict
    story: str
    """The story it belongs to; its own id when it opens one, or has none."""
    because: str
    alias: str = ""
    """Another id that from now on means this article, because its guid has changed; empty if there is none."""
    opens: Opening | None = None
    """For NEW only."""
    relation: str = "copy"
    """For COPY only, as score: `copy`, `excerpt`, or `update` (with other figures)."""
    score: float = 1.0
    """How alike, from 0 to 1."""
    compared: str = ""
    """For COPY only: the id of the article that it was compared with."""
    passage: str = ""
    """For COPY only: the longest run of words that both have; empty if something else decided."""
    lead_because: str = ""
    """For COPY only: why it takes the lead of the story; empty if it does not."""
    fingerprint: Fingerprint | None = None
    """What the index of sameness keeps of it; None for SAME."""
    substantive: bool = True
    """For CHANGED only: whether it says something else; if not, no date moves."""
    is_look: bool = False
    """For CHANGED only: whether neither a word nor its own link is another; then the version before is not kept."""

    @property
    def leads(self) -> bool:
        return bool(self.lead_because)


@dataclass(frozen=True, kw_only=True)
class Ruling:
    """What the operator has said of an article and a story."""

    article: str
    story: str
    belongs: bool
    """False: never."""


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """An article that is held, and where: without its text."""

    article: str
    story: str
    source: str
    at: datetime
    """When it was first seen: what one visit brought has one source and one time."""
    is_out: bool
    """Whether its story stands in a topic."""
    is_withdrawn: bool
    """Whether its story was taken back."""


@dataclass(frozen=True, kw_only=True)
class Move:
    """An article that would be in another story, as sameness is told today."""

    leaves: str
    """The story that it is in."""
    decision: Decision
    """Where it goes, and why: NEW opens a story, COPY joins one."""
    is_whole: bool = False
    """It opened the story that it leaves, and all articles that are in that then come along: two stories become one."""

    @property
    def kind(self) -> str:
        """`merge`, `split` or `move`."""
        if self.is_whole:
            return "merge"
        return "split" if self.decision.verdict is Verdict.NEW else "move"


@dataclass(frozen=True, kw_only=True)
class Revision:
    """One version of an article in place of another."""

    old: Article
    new: Article
    at: datetime
    """When we saw the new one."""
    because: str
