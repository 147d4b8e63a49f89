"""The commands that write sources into the configuration, and out of it: add, import-opml, export-opml."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from . import main
from ._pieces import as_written, configuration, leave_alone, show

if TYPE_CHECKING:
    from ..config import Config
    from ..subscribe import Found

HEADLINES = 5


@main.command()
@click.argument("url")
@click.option("--name", help="What to call the source; by default its host.")
@click.pass_obj
def add(path: Path, url: str, name: str | None) -> None:
    """Find the feed behind a URL and add it to the configuration.

    URL is a feed, or a page that names one. The source is written behind the others; everything else in the file stays
    as it is, comments and all.
    """
    from ..config.additions import append
    from ..errors import NotFoundError
    from ..subscribe import free_name, host, is_ours, twin

    settings = as_written(path, may_be_empty=True)
    if name is not None:
        name = new_name(name, settings)
    if old := twin(url, settings.sources):
        click.echo(f"{url} is here already: source {old.name!r}")
        return
    leave_alone(settings, url)
    found = look_behind(url, settings)
    show(told(found))
    if is_ours(found.url, settings.imprint.link):
        raise NotFoundError(f"{found.url} is a feed of our own ('link:'); a desk that reads itself never ends")
    if old := twin(found.url, settings.sources):
        click.echo(f"{found.url} is here already: source {old.name!r}")
        return
    name = name or free_name(host(found.url), [source.name for source in settings.sources])
    append(path, [{"name": name, "feed": found.url}])
    click.echo(f"{path}: added as {name!r}; a running aggregator takes it up within seconds")


@main.command()
@click.argument("file", type=click.File("rb"))
@click.pass_obj
def import_opml(path: Path, file: BinaryIO) -> None:
    """Add the feeds of another reader's list of subscriptions (OPML); folders become labels.

    Feeds that are here already are passed over. FILE may be - for what is piped in.
    """
    from .. import opml
    from ..config.additions import append
    from ..subscribe import chosen

    settings = as_written(path, may_be_empty=True)
    entries, remarks = chosen(opml.read(file.read()), settings.sources, settings.imprint.link)
    show(f"passed over: {remark}" for remark in remarks)
    if entries:
        append(path, entries)
    show(f"added: {entry['name']}: {entry['feed']}" for entry in entries)
    click.echo(f"{path}: {len(entries)} added, {len(remarks)} passed over")


@main.command()
@click.argument("file", type=click.File("wb"), default="-")
@click.pass_obj
def export_opml(path: Path, file: BinaryIO) -> None:
    """Write the feeds among the sources as a list of subscriptions (OPML 2.0), for other readers."""
    from .. import opml

    settings = configuration(path)
    file.write(opml.write(settings.imprint.title, settings.sources))


def new_name(name: str, settings: Config) -> str:
    from ..values import source_name

    try:
        name = source_name(name)
    except ValueError as e:
        raise click.UsageError(f"--name: {e}") from e
    if name in [source.name for source in settings.sources]:
        raise click.UsageError(f"--name: a source is called {name!r} already")
    return name


def look_behind(url: str, settings: Config) -> Found:
    from ..jobs import now
    from ..model import Source
    from ..subscribe import look
    from ..web import Web

    web = Web(settings.manners)
    try:
        return look(url, web.visit(Source(name=url, kind="feed", location=url), now()))
    except ValueError as e:
        raise click.UsageError(str(e)) from e
    finally:
        web.close()


def told(found: Found) -> list[str]:
    """A feed and its newest headlines."""
    lines = [f"{found.title or 'a feed without a title'}: {found.url}"]
    for at, title in found.headlines[:HEADLINES]:
        lines.append(f"  {f'{at:%Y-%m-%d}' if at else '':10}  {title[:100]}")
    return lines if found.headlines else [*lines, "  (there is nothing in it at the moment)"]
