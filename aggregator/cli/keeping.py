"""The commands for what happens once in a while: a correction, a takedown, a backup, a new workspace."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import NotFoundError
from . import main
from ._pieces import configuration, json_line, newsroom, publish_all, reading, show, the_article, the_story
from .asking import moment

if TYPE_CHECKING:
    from ..config import Config
    from ..model import Article
    from ..newsroom import Newsroom
    from ..resort import Plan
    from ..stores import Store


@main.command()
@click.argument("key", metavar="ARTICLE")
@click.pass_obj
def split(path: Path, key: str) -> None:
    """An article is none of the story it is in: it gets one of its own, for ever.

    ARTICLE is its link, its id or the beginning of that; 'aggregator explain' tells the ids.
    """
    with newsroom(configuration(path), "split") as room:
        article, _ = the_article(room.store, key)
        split_off(room, article)
        publish_all(room)
    click.echo(f"a story of its own: {article.title}")


@main.command()
@click.argument("key", metavar="STORY")
@click.argument("other_key", metavar="OTHER")
@click.pass_obj
def merge(path: Path, key: str, other_key: str) -> None:
    """Two stories are one: all articles of OTHER join STORY, for ever.

    STORY keeps its place, OTHER leaves every edition. Both are told by id, guid or the link of an article.
    """
    from ..jobs import now

    with newsroom(configuration(path), "merge") as room:
        story, other = the_story(room.store, key), the_story(room.store, other_key)
        room.store.merge(story.id, other.id, now())
        publish_all(room)
    click.echo(f"{len(story.copies) + len(other.copies) + 2} articles are one story: {story.lead.title}")


@main.command()
@click.argument("key", metavar="ARTICLE")
@click.argument("story_key", metavar="STORY")
@click.pass_obj
def never(path: Path, key: str, story_key: str) -> None:
    """An article shall never be in this story; if it is, it is split off."""
    from ..jobs import now

    with newsroom(configuration(path), "never") as room:
        article, its = the_article(room.store, key)
        story = the_story(room.store, story_key)
        if its.id == story.id:
            split_off(room, article)
            publish_all(room)
        else:
            room.store.forbid(article.id, story.id, now())
    click.echo(f"never in {story.id[:12]}: {article.title}")


@main.command()
@click.option("--since", required=True, help="What has come since: 2026-11-20, 36h or 7d.")
@click.option("--plan", "only_plan", is_flag=True, help="Tell what it would do, and do nothing.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.pass_obj
def resort(path: Path, since: str, only_plan: bool, as_json: bool) -> None:
    """Tell anew which articles are one story, after an upgrade: moves what would be sorted otherwise today.

    Look at --plan first: it says which stories are published already, and what their readers will see. What was split,
    merged or withdrawn by hand stays so. Nothing is ruled: another version may decide otherwise again.
    """
    from ..jobs import now
    from ..reports import move_lines, move_row, moves_line
    from ..resort import carry_out, notice

    settings, at = configuration(path), moment(since)
    lines = (lambda row: [json_line(row)]) if as_json else move_lines
    if only_plan:
        with reading(settings) as store:
            if told := notice(store):
                click.echo(told, err=True)
            rows = [move_row(move, store) for move in planned(settings, store, at).moves]
            show(line for row in rows for line in lines(row))
    else:
        with newsroom(settings, "resort") as room:
            plan = planned(settings, room.store, at)
            rows = [move_row(move, room.store) for move in plan.moves]  # as it is before
            by_article = {row["id"]: row for row in rows}
            for move in carry_out(plan, room.store, now()):
                show(lines(by_article[move.decision.article.id]))
            publish_all(room)
    if not as_json:
        click.echo(moves_line(rows, done=not only_plan))


def planned(settings: Config, store: Store, since: datetime) -> Plan:
    """What would be moved; the articles are told apart once more in a database that is thrown away."""
    from tempfile import TemporaryDirectory

    from ..resort import plan
    from ..stores.sqlite import open_store

    with TemporaryDirectory() as folder:
        empty = open_store(Path(folder) / "again.sqlite", writing=True)
        try:
            return plan(store, empty, since, authority=settings.imprint.authority, priorities=settings.priorities)
        finally:
            empty.close()


def split_off(room: Newsroom, article: Article) -> None:
    from ..jobs import now
    from ..memory import fingerprint

    room.store.split(article.id, room.config.imprint.authority, fingerprint(article), now())


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
        if undo and not story.withdrawal:
            raise NotFoundError(f"it was not withdrawn: {story.lead.title}")
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
    printed = read_back(settings.feeds)
    sqlite.restore(file, settings.database, force=force, holder="aggregator restore", printed=printed)
    click.echo(f"{settings.database} is as it was in {file}; now 'aggregator run' goes on from there")


@main.command()
@click.argument("folder", type=click.Path(path_type=Path), default=".")
def init(folder: Path) -> None:
    """Make a workspace: an example config.yaml, and an inbox with a first article. Overwrites nothing."""
    import shlex

    from ..starter import init as make

    for made in make(folder):
        click.echo(f"made {made}")
    click.echo(f"Now: cd {shlex.quote(str(folder))} && aggregator run" if str(folder) != "." else "Now: aggregator run")
