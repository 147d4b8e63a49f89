"""
The commands. Each puts its pieces together, does one thing, and tells the operator what came of it.

    running   what does something: run, serve, collect, publish
    asking    what looks and tells: stories, check, preview, status, explain
    adding    what writes sources into the configuration, and out of it: add, import-opml, export-opml
    waiting   what waits for the operator's word: quarantine, release, discard
    keeping   what happens once in a while: split, merge, never, resort, withdraw, backup, restore, init
"""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Any

import click

from .. import __version__
from ..errors import AggregatorError


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


# Each adds its commands to `main`, in the order in which an operator meets them.
from . import running, asking, waiting, adding, keeping  # noqa: E402, F401, I001
