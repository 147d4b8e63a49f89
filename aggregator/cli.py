"""The commands. Each puts its pieces together, does one thing, and tells the operator what came of it."""

from __future__ import annotations

import json
import logging
import signal
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from . import __version__
from .errors import AggregatorError, NotFoundError

if TYPE_CHECKING:
    from socket import socket

    from .config import Config
    from .model import Job, Story
    from .newsroom import Newsroom
    from .stores import Store


class Commands(click.Group):
    """The commands in the order in which an operator meets them; errors of ours are one line, not a traceback."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(self.commands)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; what we raise on purpose becomes a message and an exit code."""
        try:
            return super().invoke(ctx)
        except AggregatorError as e:
            click.echo(str(e), err=True)
            ctx.exit(e.exit_code)
        except BrokenPipeError:
            sys.stderr.close()
            ctx.exit(0)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--config", "path", type=click.Path(path_type=Path), default="config.yaml", show_default=True,
              help="The configuration to use.")  # fmt: skip
@click.option("-v", "--verbose", is_flag=True, help="Also tell of visits that brought nothing.")
@click.version_option(__version__, prog_name="River")
@click.pass_context
def main(ctx: click.Context, path: Path, verbose: bool) -> None:
    """
    River collects articles from feeds and local files, tells which of them are the same story, files the stories by
    topic, and republishes every topic as RSS, Atom and JSON Feed.

    \b
    Begin with:
      aggregator init mydesk      make a folder with an example configuration
      aggregator check            is config.yaml right? do the topics find what they should?
      aggregator run              collect, publish and serve until Ctrl-C

    Exit codes: 0 done, 1 something went wrong, 2 the command line or the configuration is wrong.
    """
    ctx.obj = path
    logging.basicConfig(format="%(asctime)s  %(message)s", datefmt="%H:%M:%S", level=logging.WARNING)
    logging.getLogger("river").setLevel(logging.DEBUG if verbose else logging.INFO)


# --- running ---------------------------------------------------------------------------------------------------------


@main.command()
@click.option("--once", is_flag=True, help="Do everything that is due, then stop; no web server.")
@click.pass_obj
def run(path: Path, once: bool) -> None:
    """Collect, publish and serve, until Ctrl-C.

    Changes to the configuration are taken up within seconds. A source that fails is tried again later; nothing else
    waits for it.
    """
    settings = configuration(path)
    with newsroom(settings, "run") as room:
        if once:
            finish_what_is_due(room)
        else:
            keep_running(room)


@main.command()
@click.pass_obj
def serve(path: Path) -> None:
    """Serve feeds/ over HTTP, and nothing else, until Ctrl-C."""
    from .serve import listen
    from .serve import serve as serve_feeds

    settings = configuration(path)
    sock = listen(*settings.listen)
    click.echo(f"Serving {settings.feeds} at {address(sock)} (Ctrl-C stops)", err=True)
    serve_feeds(settings.feeds, sock)


@main.command()
@click.argument("names", nargs=-1, metavar="[SOURCE]...")
@click.pass_obj
def collect(path: Path, names: tuple[str, ...]) -> None:
    """Visit these sources (or all) now, due or not; then file and publish.

    A server that has asked us to stay away for a while is still left alone.
    """
    from .jobs import LEASE, now

    settings = configuration(path)
    known = [s.name for s in settings.sources]
    wanted = list(names) or known
    for name in wanted:
        must_be_one_of("source", name, known)
    with newsroom(settings, "collect") as room:
        claimed = room.store.claim(wanted, now(), LEASE)
        for name in wanted:
            if name not in claimed:
                click.echo(f"{name}: left alone for now, as its server asks ('aggregator status')", err=True)
        visit(room, claimed)


@main.command()
@click.pass_obj
def publish(path: Path) -> None:
    """Write every edition anew from the store. Files whose content is the same are not touched."""
    with newsroom(configuration(path), "publish") as room:
        publish_all(room)


# --- taking back, and keeping -----------------------------------------------------------------------------------------


@main.command()
@click.argument("key", metavar="URL|ID")
@click.option("--because", default="", metavar="TEXT", help="The reason, as readers of the feeds may know it.")
@click.option("--undo", is_flag=True, help="It was a mistake: publish the story again.")
@click.pass_obj
def withdraw(path: Path, key: str, because: str, undo: bool) -> None:
    """Take a story back: it leaves every edition and archive, and does not return.

    Atom feeds tell readers to delete it. What is published is rewritten at once.
    """
    from .jobs import now

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
    from .publish import read_back
    from .stores import sqlite

    settings = configuration(path)
    sqlite.restore(file, settings.database, force=force, holder="aggregator restore")
    with newsroom(settings, "restore") as room:
        room.store.remember(read_back(settings.feeds))
    click.echo(f"{settings.database} is as it was in {file}; now 'aggregator run' goes on from there")


# --- asking ----------------------------------------------------------------------------------------------------------


@main.command()
@click.option("--topic", help="Only the stories of this topic.")
@click.option("--since", help="Only stories listed since: 2026-11-20, 36h or 7d.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.pass_obj
def stories(path: Path, topic: str | None, since: str | None, as_json: bool) -> None:
    """List the stories held, newest first: lead, copies, topics."""
    from .reports import story_lines, story_row

    settings = configuration(path)
    if topic:
        must_be_one_of("topic", topic, [t.name for t in settings.topics])
    with reading(settings) as store:
        for story in store.stories(topic, moment(since) if since else None):
            show([json_line(story_row(story))] if as_json else story_lines(story))


@main.command()
@click.pass_obj
def check(path: Path) -> None:
    """Read the configuration and run the rules' own tests.

    Every complaint says where it is: config.yaml:LINE:COLUMN. Exit code 2 if there is one.
    """
    from .check import failed_trials

    settings = configuration(path)
    failures = failed_trials(settings)
    show(str(f) for f in failures)
    if failures:
        raise click.exceptions.Exit(2)
    counts = f"{len(settings.sources)} sources, {len(settings.topics)} topics, {len(settings.trials)} rule tests"
    click.echo(f"{settings.path}: {counts}: all right")


@main.command()
@click.argument("location")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.pass_obj
def preview(path: Path, location: str, as_json: bool) -> None:
    """Show what a feed, folder or file would give, with verdicts and topics. Stores nothing.

    LOCATION is a URL, a path, or the name of a configured source.
    """
    from .reports import preview_lines, preview_row

    seen = look_at(path, location)
    for decision, filings in seen.rows:
        show([json_line(preview_row(decision, filings))] if as_json else preview_lines(decision, filings))
    for error in seen.errors:
        click.echo(f"{location}: {error}", err=True)
    if seen.errors:
        raise click.exceptions.Exit(1)


@main.command()
@click.argument("source", required=False)
@click.option("--json", "as_json", is_flag=True, help="A list, one object a source.")
@click.pass_obj
def status(path: Path, source: str | None, as_json: bool) -> None:
    """How each source fares: last visit, next visit, what is wrong since when."""
    from .reports import health_lines, health_row

    settings = configuration(path)
    with reading(settings) as store:
        rows = [h for h in store.health() if source in (None, h.name)]
    if source and not rows:
        raise click.UsageError(f"no source is called {source!r}")
    show([json.dumps([health_row(h) for h in rows], ensure_ascii=False, indent=2)] if as_json else health_lines(rows))


@main.command()
@click.argument("key", metavar="URL|ID")
@click.option("--json", "as_json", is_flag=True)
@click.pass_obj
def explain(path: Path, key: str, as_json: bool) -> None:
    """Why is this here? Why this story, these topics, this date.

    The key is a link, a guid, or an id as `stories` prints it (its first 6 digits are enough).
    """
    from .reports import explanation, explanation_lines

    with reading(configuration(path)) as store:
        story = the_story(store, key)
        show([json_line(explanation(story, store))] if as_json else explanation_lines(story, store))


@main.command()
@click.argument("folder", type=click.Path(path_type=Path), default=".")
def init(folder: Path) -> None:
    """Make a workspace: an example config.yaml, and an inbox with a first article. Overwrites nothing."""
    from .starter import init as make

    for made in make(folder):
        click.echo(f"made {made}")
    click.echo(f"Now: cd {folder} && aggregator run" if str(folder) != "." else "Now: aggregator run")


# --- putting together ------------------------------------------------------------------------------------------------


def configuration(path: Path) -> Config:
    from .config import load

    return load(path)


@contextmanager
def newsroom(settings: Config, command: str) -> Iterator[Newsroom]:
    from .newsroom import Newsroom
    from .press import sweep

    with Newsroom(settings, f"aggregator {command}, since {datetime.now():%H:%M}") as room:
        sweep(settings.feeds)
        yield room


@contextmanager
def reading(settings: Config) -> Iterator[Store]:
    """The store, for looking only; works beside a running process."""
    from .stores.sqlite import open_store

    store = open_store(settings.database, writing=False)
    try:
        yield store
    finally:
        store.close()


def the_story(store: Store, key: str) -> Story:
    story = store.find(key)
    if story is None:
        raise NotFoundError(f"nothing here has the link, guid or id {key!r}; see 'aggregator stories'")
    return story


def publish_all(room: Newsroom) -> None:
    from .model import Job

    for job in (Job("classify"), *(Job("publish", t.name) for t in room.config.topics), Job("front")):
        room.perform(job)


def finish_what_is_due(room: Newsroom) -> None:
    from .jobs import LEASE, now

    visit(room, room.store.claim_due(now(), LEASE, len(room.config.sources)))


def visit(room: Newsroom, names: list[str]) -> None:
    """Collect from these sources with a progress bar on a terminal, then file and publish."""
    from .runners.threads import ThreadRunner
    from .schedule import once

    hidden = len(names) < 2 or not sys.stderr.isatty()
    with click.progressbar(length=len(names), label="Collecting", file=sys.stderr, hidden=hidden) as bar:

        def done(job: Job) -> None:
            if job.task == "collect":
                bar.update(1)

        runner = ThreadRunner(room.perform, room.config.workers, done)
        try:
            once(room.desk, runner, names)
        finally:
            runner.close()


def keep_running(room: Newsroom) -> None:
    from . import serve as web_server
    from .runners.threads import ThreadRunner
    from .schedule import Clock, catch_up, tick

    settings = room.config
    sock = web_server.listen(*settings.listen)
    server = web_server.start(settings.feeds, sock)
    runner = ThreadRunner(room.perform, settings.workers)
    clock = Clock(room.look_at_the_configuration, lambda: tick(room.desk, runner), server.keep_alive)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: clock.stop())
    click.echo(f"Reading at {address(sock)} (Ctrl-C stops)", err=True)
    try:
        catch_up(room.desk, runner)
        clock.run()
    finally:
        server.stop()
        runner.close()


def look_at(path: Path, location: str) -> Any:
    from . import rules
    from .classify import Classifier
    from .jobs import now
    from .model import Manners
    from .preview import preview as look
    from .preview import source_at
    from .stores.sqlite import open_store
    from .web import Web

    settings = configuration(path) if path.exists() else None
    topics = settings.topics if settings else ()
    source = source_at(location, settings.sources if settings else ())
    store = open_store(settings.database, writing=False) if settings and settings.database.exists() else None
    web = Web(settings.manners if settings else Manners())
    try:
        return look(source, web, store, Classifier(topics, rules.rules_digest(topics)), now())
    finally:
        web.close()
        if store:
            store.close()


def must_be_one_of(what: str, name: str, known: list[str]) -> None:
    if name not in known:
        raise click.UsageError(f"no {what} is called {name!r}; there are {', '.join(known)}")


# --- telling ---------------------------------------------------------------------------------------------------------


def show(lines: Iterable[str]) -> None:
    for line in lines:
        click.echo(line)


def json_line(row: object) -> str:
    return json.dumps(row, ensure_ascii=False)


def address(sock: socket) -> str:
    host, port = sock.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"


def moment(text: str) -> datetime:
    """`2026-11-20`, `2026-11-20T08:00`, or a time ago such as `36h`."""
    from .jobs import now
    from .values import duration

    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        try:
            ago: timedelta = duration(text)
        except ValueError:
            wanted = "a date such as 2026-11-20, or a time such as 36h, is wanted"
            raise click.UsageError(f"--since {text!r}: {wanted}") from None
        return now() - ago
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
