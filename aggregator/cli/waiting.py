"""The commands for what waits for the operator's word."""

from __future__ import annotations

from pathlib import Path

import click

from . import main
from ._pieces import configuration, json_line, newsroom, publish_all, reading, show


@main.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object an article.")
@click.pass_obj
def quarantine(path: Path, as_json: bool) -> None:
    """List what waits for your word, by source, and why: it is stored, and not published."""
    from ..reports import quarantine_lines, waiting_row

    with reading(configuration(path)) as store:
        waiting, sources = store.quarantined(texts=False), store.quarantines()
    show(map(json_line, map(waiting_row, waiting)) if as_json else quarantine_lines(waiting, sources))


@main.command()
@click.argument("key", metavar="SOURCE|ID")
@click.option("--as-news", is_flag=True, help="At the top of the feeds, as of now; else under its own dates.")
@click.pass_obj
def release(path: Path, key: str, as_news: bool) -> None:
    """Publish what waits in quarantine: all of a source, which is then trusted again, or one article.

    Without --as-news it comes as what a first visit brings: under its own dates, and nobody is told of it.
    """
    from ..jobs import now
    from ..release import find_waiting
    from ..release import release as let_out

    settings = configuration(path)
    authority = settings.imprint.authority
    with newsroom(settings, "release") as room:
        waiting, source = find_waiting(room.store, key, settings.priorities)
        counts = let_out(
            room.store, waiting, source, now(), as_news=as_news, authority=authority, priorities=settings.priorities
        )
        publish_all(room)
    click.echo(f"released: {', '.join(f'{n} {verdict.value}' for verdict, n in counts.items()) or 'nothing waited'}")


@main.command()
@click.argument("key", metavar="SOURCE|ID")
@click.pass_obj
def discard(path: Path, key: str) -> None:
    """Drop what waits in quarantine, for ever: all of a source, or one article. It is not new when it comes again."""
    from ..release import discard as drop
    from ..release import find_waiting

    settings = configuration(path)
    with newsroom(settings, "discard") as room:
        waiting, source = find_waiting(room.store, key, [s.name for s in settings.sources])
        drop(room.store, waiting, source)
        publish_all(room)
    click.echo(f"discarded: {len(waiting)}")
