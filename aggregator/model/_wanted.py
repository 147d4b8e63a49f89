"""What the operator wrote: sources, topics and rules, and who publishes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

ALL = "all"
"""The topic that every story is in."""
DESK = "desk"
"""The folder in feeds/ with what needs the operator's attention, if he wants one."""

STRENGTH = 2
"""What has to speak for a topic, if it does not say: more than one mention in passing."""


PLAIN_HOST = re.compile(r"https?://([a-z0-9.-]+)(?::[0-9]+)?/")
"""As nearly all addresses begin; the others take six times as long."""


def host_of(url: str) -> str:
    """
    Lower case, without a port; empty if there is none. What is not ASCII is in punycode, so that a host has one turn,
    one pause and one rest, also when a link to it is written so: by the codec of Python, which is near enough for that.
    """
    if plain := PLAIN_HOST.match(url):
        return plain[1].rstrip(".")
    try:
        host = (urlsplit(url).hostname or "").rstrip(".")
        return host if host.isascii() else host.encode("idna").decode()
    except UnicodeError:  # no name that anybody can look up
        return host
    except ValueError:
        return ""


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
    """Hosts inside the private network that may be contacted all the same, and networks with all that is in them."""
    proxy: str = field(default="", repr=False)
    """Through which all requests go, perhaps with a user and password; empty: none."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where news comes from."""

    name: str
    kind: str
    """The plug-in: `feed`, `page`, `sitemap`, `files`, or a dotted module name."""
    location: str
    title: str = ""
    """Its public name, for articles that name no publisher of their own; empty: its feed's title, else `name`."""
    every: timedelta = timedelta(minutes=30)
    """Visited at most so often."""
    at_least_every: timedelta = timedelta(days=1)
    """However seldom it publishes, and however long its server calls an answer fresh. `every` is the stronger."""
    adapts: bool = True
    """Whether one that publishes seldom is visited seldom; False: the operator has said `every` of this very source."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Sent with each request to the host of `location` and nobody else; secrets may be in it."""
    proxy: str | None = field(default=None, repr=False)
    """Its own instead of that of the Manners; empty: none at all."""
    priority: int = 0
    """Whose copy leads a story: the greatest wins."""
    language: str | None = None
    """BCP 47, lower case; None: found out from each article."""
    labels: tuple[str, ...] = ()
    quarantine: int = 0
    """So many new articles at once, beyond what is usual for it, wait for the operator's word; 0: none ever waits."""
    options: Mapping[str, object] = field(default_factory=dict)
    """What else the kind takes, already read by it."""

    @property
    def host(self) -> str:
        """Whose server it is; empty for what is no web address."""
        return host_of(self.location)


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
    """Holds if every one of `all`, `at_least` of `any` (when there are some) and none of `none` hold."""

    any: tuple[Rule | Term, ...] = ()
    all: tuple[Rule | Term, ...] = ()
    none: tuple[Rule | Term, ...] = ()
    at_least: int = 1
    """How many of `any`."""
    strength: int | None = None
    """How much has to speak for it; None: as the rule around it, or the topic, says."""


ENOUGH_EXAMPLES = 5
"""With fewer, nobody can say how well they were understood."""


@dataclass(frozen=True, kw_only=True)
class Like:
    """Examples of what a topic is about."""

    stories: tuple[str, ...] = ()
    """Links, guids or ids of stories that are held."""
    texts: tuple[str, ...] = ()
    """The first line of several is the title."""
    folder: Path | None = None
    """More of these, one a file: *.txt."""
    unlike: Path | None = None
    """The same, of what the topic must not have."""


@dataclass(frozen=True, kw_only=True)
class Topic:
    """What readers subscribe to."""

    name: str
    """The folder in feeds/, and so part of every address: `^[a-z0-9][a-z0-9-]{0,63}$`."""
    title: str
    description: str = ""
    rule: Rule | None = None
    """None: every story."""
    strength: int = STRENGTH
    """How much has to speak for the rule, in a story that has more than a headline."""
    like: Like | None = None
    """Only stories like these examples; None: there are none."""
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
