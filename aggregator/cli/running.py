"""The commands that do something: collect, publish, serve."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from . import main
from ._pieces import address, configuration, must_be_one_of, newsroom, publish_all

if TYPE_CHECKING:
    from ..model import Job
    from ..newsroom import Newsroom
    from ..runners import Runner


A_MINUTE = timedelta(minutes=1)


@main.command()
@click.option("--once", is_flag=True, help="Do everything that is due, then stop; no web server.")
@click.pass_obj
def run(path: Path, once: bool) -> None:
    """Collect, publish and serve, until Ctrl-C.

    Changes to the configuration are taken up within seconds. A source that fails is tried again later; nothing else
    waits for it.
    """
    from ..resort import notice

    settings = configuration(path)
    with newsroom(settings, "run") as room:
        if told := notice(room.store):
            click.echo(told, err=True)
        if once:
            finish_what_is_due(room)
        else:
            keep_running(room)


@main.command()
@click.pass_obj
def serve(path: Path) -> None:
    """Serve feeds/ over HTTP, and nothing else, until Ctrl-C."""
    from ..serve import listen
    from ..serve import serve as serve_feeds

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
    from ..model import Job, State
    from ..schedule import once

    settings = configuration(path)
    known = [s.name for s in settings.sources]
    wanted = list(dict.fromkeys(names)) or known
    for name in wanted:
        must_be_one_of("source", name, known)
    with newsroom(settings, "collect") as room:
        if not names:
            stopped = {h.name for h in room.store.health() if h.state is State.STOPPED}
            wanted = [name for name in known if name not in stopped]
        with visitors(room, len(wanted)) as runner:
            once(room.desk, runner, [Job("ask", name) for name in wanted])
        if any(h.error or h.left_out for h in room.store.health() if h.name in names):
            raise click.exceptions.Exit(1)


@main.command()
@click.pass_obj
def publish(path: Path) -> None:
    """Write every edition anew from the store. Files whose content is the same are not touched."""
    with newsroom(configuration(path), "publish") as room:
        publish_all(room)


def finish_what_is_due(room: Newsroom) -> None:
    """
    And what is looked at all the time, such as a folder: somebody may have put something there just now. The first time
    of a day also the tidying, which the clock does where it ticks.
    """
    from ..jobs import LEASE
    from ..model import Job
    from ..schedule import hand_out, once

    began = room.desk.clock()  # what becomes due meanwhile is for the next time
    always = [s.name for s in room.config.sources if s.every < A_MINUTE]
    health = room.store.health()
    due = {h.name for h in health if h.next_visit and h.next_visit <= began}
    is_first = began.date() not in {h.last_visit.date() for h in health if h.last_visit}
    with visitors(room, len({*due, *always}), lambda runner: hand_out(room.desk, runner, began)) as runner:
        names = room.store.claim(always, began, LEASE)
        hand_out(room.desk, runner, began)
        once(room.desk, runner, [Job("collect", name) for name in names])
        if is_first:
            runner.submit(Job("tidy"))
            runner.wait()


@contextmanager
def visitors(room: Newsroom, visits: int, more: Callable[[Runner], None] | None = None) -> Iterator[Runner]:
    """Hands for so many visits, with a progress bar on a terminal. `more` is called when a hand has come free."""
    from ..jobs import VISITS

    hidden = visits < 2 or not sys.stderr.isatty()
    with click.progressbar(length=visits, label="Collecting", file=sys.stderr, hidden=hidden) as bar:

        def done(job: Job) -> None:
            if job.task in VISITS:
                bar.update(1)
                if more:
                    more(runner)

        runner = room.runner(done)
        try:
            yield runner
        finally:
            room.stop()
            runner.close()
    if runner.failures:
        raise click.exceptions.Exit(1)


def keep_running(room: Newsroom) -> None:
    from .. import serve as web_server
    from ..schedule import Clock, catch_up, daily, hand_out, packing, regularly, tick

    settings = room.config
    sock = web_server.listen(*settings.listen)
    server = web_server.start(settings.feeds, sock)

    def done(job: Job) -> None:
        if job.task == "collect":  # not at the next tick: a second is long for a hand
            hand_out(room.desk, runner, room.desk.clock())

    runner = room.runner(done)

    def look() -> None:
        if room.look_at_the_configuration():
            catch_up(room.desk, runner)

    chores = [begin(lambda: room.desk, runner) for begin in (daily, regularly, packing)]
    clock = Clock(look, lambda: tick(room.desk, runner), server.keep_alive, *chores)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: clock.stop())
    click.echo(f"Reading at {address(sock)} (Ctrl-C stops)", err=True)
    try:
        catch_up(room.desk, runner)
        clock.run()
    finally:
        room.stop()
        server.stop()
        runner.close()
