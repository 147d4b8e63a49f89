"""
config.yaml -> Config, or every complaint at once, each with file:line:column.

    KEYS says what may be written, and what holds when it is not.
    load -> _config -> _imprint; _sources -> _source; _topics.read_topics, read_trials, read_places
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from types import ModuleType
from urllib.parse import urlsplit

from .. import plugins, values
from ..errors import Complaint, ConfigError, OptionError, PluginError
from ..model import DESK, Imprint, Manners, Source, Term, Topic, Trial
from ..values import duration as duration
from . import _yaml
from ._access import read_headers, read_proxy
from ._places import can_be_followed
from ._section import Complaints, Section, plain, refuse_twins
from ._topics import read_places, read_topics, read_trials

REQUIRED = "required"
DERIVED = "derived"

KEYS: Mapping[str, str] = {
    "title": REQUIRED,
    "link": DERIVED,
    "contact": "",
    "language": "en",
    "identity": DERIVED,
    "hubs": "[]",
    "desk": "false",
    "listen": "127.0.0.1:8080",
    "database": "db/river.sqlite",
    "feeds": "feeds/",
    "workers": "256",
    "every": "30m",
    "settle": "0s",
    "at_least_every": "1d",
    "quarantine": "50",
    "polite": "",
    "polite.at_once": "1",
    "polite.pause": "1s",
    "private_hosts": "[]",
    "proxy": "",
    "sources": REQUIRED,
    "sources.name": REQUIRED,
    "sources.title": DERIVED,
    "sources.every": DERIVED,
    "sources.at_least_every": DERIVED,
    "sources.headers": "",
    "sources.auth": "",
    "sources.auth.user": "",
    "sources.auth.password": "",
    "sources.auth.token": "",
    "sources.proxy": DERIVED,
    "sources.priority": "0",
    "sources.language": "",
    "sources.labels": "[]",
    "sources.quarantine": DERIVED,
    "topics": "[]",
    "topics.name": REQUIRED,
    "topics.title": DERIVED,
    "topics.description": "",
    "topics.match": REQUIRED,
    "topics.strength": "2",
    "topics.like": "",
    "topics.tests": "",
    "topics.tests.match": "[]",
    "topics.tests.skip": "[]",
    "topics.language": "",
    "topics.formats": "[rss, atom, jsonfeed, html]",
    "topics.limit": "50",
    "topics.content": "full",
    "topics.per_source": "",
    "topics.at_least_sources": "1",
    "topics.languages": "[]",
}
"""Every key, and its default as the operator would write it. A source's kind and the kind's own keys come on top."""

LARGEST = 1_000_000
FILES_EVERY = timedelta(seconds=10)
A_SECOND, A_MINUTE, A_YEAR = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=365)


@dataclass(frozen=True, kw_only=True)
class Config:
    """All that the operator wants. Every path but `path` is absolute."""

    path: Path
    """As the user gave it."""
    text: str = field(repr=False, compare=False)
    """As it stands there."""
    imprint: Imprint
    manners: Manners
    listen: tuple[str, int]
    """Host and port; IPv6 without brackets."""
    database: Path
    feeds: Path
    workers: int
    settle: timedelta
    """How long a new story waits, unpublished, for a better copy."""
    desk: bool
    """Whether what needs the operator's attention is published, too."""
    sources: tuple[Source, ...]
    """In the order of the file, names unique; at least one, but for those who are about to add one."""
    topics: tuple[Topic, ...]
    """`all` first, then in the order of the file; names unique."""
    trials: tuple[Trial, ...]
    """The rules' own tests, in the order of the file."""
    places: Mapping[tuple[str, Term | None], tuple[int, int]] = field(default_factory=dict, compare=False)
    """Topic, and None or a term of its rule -> line and column, from 1."""
    source_places: Mapping[str, tuple[int, int]] = field(default_factory=dict, compare=False)
    """Source -> the same."""

    @cached_property
    def priorities(self) -> Mapping[str, int]:
        """Source -> how it stands among the others, for the choice of the lead."""
        return {s.name: s.priority for s in self.sources}


def load(path: Path, text: str | None = None, *, may_be_empty: bool = False) -> Config:
    """
    What the file says, or `text` in its place; `may_be_empty`: also without a source. Raises ConfigError with all
    complaints at once, in order.
    """
    said = _text(path) if text is None else text
    root, found = _yaml.read(str(path), said)
    complaints = Complaints(str(path), found)
    database = path.parent.absolute() / KEYS["database"]
    if isinstance(root, _yaml.Mapping):
        top = Section(root, "", KEYS, complaints)
        config = _config(path, said, top)
        if not may_be_empty:
            _refuse_nothing(top)
        if not complaints.found:
            return config
        database = config.database
    elif not found:
        wanted = "'key: value' lines are wanted" if root else "the file is empty; it begins with 'title: ...'"
        complaints.add(root or _yaml.Mapping(1, 1, ()), f"{wanted} ('aggregator init' makes an example)")
    raise ConfigError(complaints.in_order(), database)


def _text(path: Path) -> str:
    def refuse(text: str, line: int = 1, column: int = 1) -> ConfigError:
        return ConfigError([Complaint(str(path), line, column, text)])

    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except FileNotFoundError as e:
        raise refuse("there is no such file; 'aggregator init' makes one") from e
    except OSError as e:
        raise refuse(f"the file cannot be read: {e.strerror}") from e
    if len(data) > LARGEST:
        raise refuse(f"the file is too large; {LARGEST} bytes are allowed")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as e:
        before = data[: e.start].decode("utf-8-sig", "replace")
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        raise refuse("this is no UTF-8; save the file as UTF-8", line, column) from e


def _config(path: Path, text: str, top: Section) -> Config:
    folder = path.parent.absolute()
    polite = top.inner("polite")
    listen = top.take("listen", values.listen)
    imprint = _imprint(top, listen)
    feeds, database = (_place(top, key, folder) for key in ("feeds", "database"))
    desk = top.take("desk", values.one_of("true", "false")) == "true"
    config = Config(
        path=path,
        text=text,
        imprint=imprint,
        manners=Manners(
            contact=imprint.contact,
            at_once=polite.take("at_once", values.number(1, 16)),
            pause=polite.take("pause", values.between(timedelta(), timedelta(hours=1))),
            private_hosts=frozenset(top.texts("private_hosts", values.host_or_network)),
            proxy=read_proxy(top, folder) or "",
        ),
        listen=listen,
        database=database,
        feeds=feeds,
        workers=top.take("workers", values.number(1, 256)),
        settle=top.take("settle", values.between(timedelta(), timedelta(hours=6))),
        desk=desk,
        sources=_sources(top, folder, imprint.link, feeds),
        topics=read_topics(top, imprint.language, DESK if desk else ""),
        trials=read_trials(top),
        places=read_places(top),
        source_places=_places(top),
    )
    polite.refuse_unknown()
    top.refuse_unknown()
    return config


def _place(top: Section, key: str, folder: Path) -> Path:
    place = folder / top.take(key, values.path)
    can_be_followed(top, key, place)
    return place


def _imprint(top: Section, listen: tuple[str, int]) -> Imprint:
    link = top.maybe("link", values.folder_address) or _own_address(*listen)
    return Imprint(
        title=top.need("title", values.phrase),
        link=link,
        contact=top.maybe("contact", values.contact) or "",
        language=top.take("language", values.language),
        authority=top.maybe("identity", values.authority) or _own_authority(link),
        hubs=_hubs(top),
    )


def _hubs(top: Section) -> tuple[str, ...]:
    """In the order of the file, each once."""
    hubs = top.texts("hubs", values.hub)
    if hubs and "link" not in top.given:
        top.complain("hubs", "a hub has to fetch our feeds: say at 'link' where it finds them")
    return tuple(dict.fromkeys(hubs))


def _own_address(host: str, port: int) -> str:
    """Where a browser on this machine finds us; nobody can go to 0.0.0.0."""
    named = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    return f"http://{f'[{named}]' if ':' in named else named}:{port}/"


def _own_authority(link: str) -> str:
    """RFC 4151 knows host names in ASCII only, and no IPv6 addresses."""
    try:
        return values.authority(f"{(urlsplit(link).hostname or '').encode('idna').decode()},2026")
    except ValueError:
        return "localhost,2026"


# --- sources ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class _Usual:
    """What holds for a source that says nothing else."""

    every: timedelta
    at_least_every: timedelta
    quarantine: int


def _sources(top: Section, folder: Path, link: str, feeds: Path) -> tuple[Source, ...]:
    usual = _Usual(
        every=top.take("every", values.between(A_MINUTE, A_YEAR)),
        at_least_every=top.take("at_least_every", values.between(A_MINUTE, A_YEAR)),
        quarantine=top.take("quarantine", values.number(0, 1_000_000)),
    )
    kinds = plugins.names("sources")
    sections = top.sections("sources")
    sources = tuple(_source(section, kinds, folder, usual) for section in sections)
    for section, source in zip(sections, sources, strict=True):
        if _is_ours(source, link, feeds):
            section.complain(source.kind, "this is what we publish ourselves: it would come back as news")
    refuse_twins(sections)
    return sources


def _places(top: Section) -> dict[str, tuple[int, int]]:
    """Line and column of each source."""
    sections = top.sections("sources")
    return {s.maybe("name", values.source_name) or "": (s.node.line, s.node.column) for s in sections}


def _refuse_nothing(top: Section) -> None:
    if "sources" not in top.given or not top.items("sources"):
        kinds = ", ".join(plugins.names("sources"))
        top.complain("sources", f"there is nothing to collect; 'sources' has no source ({kinds})")


def _is_ours(source: Source, link: str, feeds: Path) -> bool:
    if source.kind == "files":
        # Not Path.resolve, which raises RuntimeError for a circle of links; that is a complaint already.
        return Path(os.path.realpath(source.location)).is_relative_to(os.path.realpath(feeds))
    return values.lies_under(source.location, link)


def _source(section: Section, kinds: tuple[str, ...], folder: Path, default: _Usual) -> Source:
    named = _named(section, kinds)
    kind = named[0] if named else ""
    module = _module(section, kind, kinds) if kind else None
    readers: Mapping[str, Callable[[object], object]] = getattr(module, "OPTIONS", {})
    least, usual = (A_SECOND, FILES_EVERY) if kind == "files" else (A_MINUTE, default.every)
    source = Source(
        name=section.need("name", values.source_name),
        kind=kind,
        location=_location(section, kind, folder),
        title=section.maybe("title", values.phrase) or "",
        every=section.maybe("every", values.between(least, A_YEAR)) or usual,
        at_least_every=section.maybe("at_least_every", values.between(A_MINUTE, A_YEAR)) or default.at_least_every,
        adapts="every" not in section.given and kind != "files",
        headers=read_headers(section, folder, kind),
        proxy=read_proxy(section, folder, kind),
        priority=section.take("priority", values.number(-1_000_000, 1_000_000)),
        language=section.maybe("language", values.language),
        labels=section.texts("labels", values.phrase),
        quarantine=_quarantine(section, 0 if kind == "files" else default.quarantine),
        options=_options(section, readers),
    )
    section.refuse_unknown((*kinds, *named, *readers), f"; the kinds of source are {', '.join(kinds)}")
    if source.location and (check := getattr(module, "check", None)):
        try:
            check(source)
        except OptionError as e:
            section.complain(e.key, str(e))
        except ValueError as e:
            section.complain(kind, str(e))
    return source


def _quarantine(section: Section, usual: int) -> int:
    """What lies in a folder was put there by the operator: it need not wait for him, unless he says so."""
    own = section.maybe("quarantine", values.number(0, 1_000_000))
    return usual if own is None else own


def _named(section: Section, kinds: tuple[str, ...]) -> list[str]:
    """The keys that name a kind; there should be one."""
    named = [key for key in section.given if key in kinds or values.DOTTED.fullmatch(key)]
    if len(named) > 1:
        text = f"a source has one kind, and this one has {len(named)}: {', '.join(named)}"
        section.complaints.add(section.key_nodes[named[1]], text)
    if not named and all(section.places(key) for key in section.unknown()):  # none of them is a kind misspelt
        section.complaints.add(section.node, f"the source does not say where it is; add one of {', '.join(kinds)}")
    return named


def _module(section: Section, kind: str, kinds: tuple[str, ...]) -> ModuleType | None:
    try:
        return plugins.load("sources", kind)
    except PluginError:
        text = f"no module is called '{kind}'; the kinds of source are {', '.join(kinds)}"
    except ImportError as e:
        text = f"the module '{kind}' cannot be loaded: {e}"
    section.complaints.add(section.key_nodes[kind], text)
    return None


def _location(section: Section, kind: str, folder: Path) -> str:
    """Empty if it is not given, or wrong."""
    if kind == "files":
        path = section.maybe(kind, values.path)
        return str(folder / path) if path and can_be_followed(section, kind, folder / path) else ""
    return section.maybe(kind, values.phrase) or ""


def _options(section: Section, readers: Mapping[str, Callable[[object], object]]) -> Mapping[str, object]:
    """What else the kind takes, read by itself; what is not given is not there."""
    options: dict[str, object] = {}
    for key in [key for key in readers if key in section.given]:
        try:
            options[key] = readers[key](plain(section.given[key]))
        except ValueError as e:
            section.complain(key, str(e))
    return options
