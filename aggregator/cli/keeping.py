"""The commands for what happens once in a while: a takedown, a backup, a new workspace."""

from __future__ import annotations

from pathlib import Path

import click

from . import main
from ._pieces import configuration, newsroom, publish_all, reading, the_story


@main.command()
@click.argument("key", metavar="URL|ID")
@click.option("--because", default="", metavar="TEXT", help="The reason, as readers of the feeds may know it.")
@click.option("--undo", is_flag=True, help="It was a mistake: publish the story again.")
@click.pass_obj
def withdraw(path: Path, key: str, because: str, undo: bool) -> None:
    """Take a story back: it leaves every edition and archive, and does not return.

    Atom feeds tell readers to delete it. What is published is rewritten at once.
    """
    from ..jobs import now

    with newsroom(configuration(path), "withdraw") as room:
        story = the_story(room.store, key)
        if undo:
            room.store.reinstate(story.guid)
        else:
            room.store.withdraw(story.guid, now(), because)
        publish_all(room)
    click.echo(f"{'published again' if undo else 'withdrawn'}: {story.lead.title}")


@main.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.pass_obj
def backup(path: Path, file: Path) -> None:
    """Copy the database to FILE, also while another process collects. An older copy there is replaced."""
    with reading(configuration(path)) as store:
        store.back_up(file)
    click.echo(f"{file}: {file.stat().st_size:,} bytes")


@main.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--force", is_flag=True, help="Replace the database that is there.")
@click.pass_obj
def restore(path: Path, file: Path, force: bool) -> None:
    """Put a backup in the place of the database. What feeds/ says of later stories is remembered."""
    from ..publish import read_back
    from ..stores import sqlite

    settings = configuration(path)
    sqlite.restore(file, settings.database, force=force, holder="aggregator restore")
    with newsroom(settings, "restore") as room:
        room.store.remember(read_back(settings.feeds))
    click.echo(f"{settings.database} is as it was in {file}; now 'aggregator run' goes on from there")


@main.command()
@click.argument("folder", type=click.Path(path_type=Path), default=".")
def init(folder: Path) -> None:
    """Make a workspace: an example config.yaml, and an inbox with a first article. Overwrites nothing."""
    from ..starter import init as make

    for made in make(folder):
        click.echo(f"made {made}")
    click.echo(f"Now: cd {folder} && aggregator run" if str(folder) != "." else "Now: aggregator run")
