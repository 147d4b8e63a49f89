"""What a feed, folder or file would give, without storing anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from . import plugins
from .classify import Classifier
from .dedupe import dedupe
from .gather import Bag, gather
from .model import Decision, Filing, Known, Source, Story
from .stores import Store
from .web import Web


@dataclass(frozen=True, kw_only=True)
class Preview:
    """Each article with its verdict and topics, in the order of the documents; what went wrong; what else to know."""

    rows: Sequence[tuple[Decision, Sequence[Filing]]]
    errors: Sequence[str]
    remarks: Sequence[str] = ()


def source_at(location: str, sources: Sequence[Source], kind: str = "") -> Source:
    """The configured source of this name or location (`inbox/` is `inbox`), else one made up for it, of this kind."""
    if kind:
        return Source(name="preview", kind=kind, location=location)
    kind = "feed" if location.startswith(("http://", "https://")) else "files"
    path = str(Path(location).absolute()) if kind == "files" else location
    for source in sources:
        if location in (source.name, source.location) or (source.kind == kind == "files" and source.location == path):
            return source
    options = {"quiet": timedelta(0)} if kind == "files" else {}
    return Source(name="preview", kind=kind, location=location, options=options)


def preview(
    source: Source, web: Web, store: Store | None, classifier: Classifier, now: datetime, authority: str = "preview"
) -> Preview:
    """Everything that `collect` would do, up to the saving. With no store, nothing is known."""
    bag = gather(source, web.visit(source, now), Bag({}, authority))
    known = store.known(bag.articles) if store else Known()
    decisions = dedupe(bag.articles, known, now=now, since=None, authority=authority, priorities={})
    rows = [(d, classifier.file(story_of(d))) for d in decisions]
    remarks = getattr(plugins.load("sources", source.kind), "remarks", lambda _: ())
    return Preview(rows=rows, errors=[*bag.errors, *bag.left_out], remarks=(*(bag.notes or ()), *remarks(source)))


def story_of(decision: Decision) -> Story:
    """The story that the article would make on its own."""
    a = decision.article
    return Story(id=a.id, guid=f"tag:preview:{a.id}", lead=a, listed_at=a.published_at)
