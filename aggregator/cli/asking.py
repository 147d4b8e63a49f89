"""The commands that look and tell."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import ConfigError
from . import main
from ._pieces import configuration, json_line, must_be_one_of, reading, show, the_story

if TYPE_CHECKING:
    from ..config import Config
    from ..model import Story

SHOWN = 10
"""Stories of a plan that enter a topic, and as many that leave it."""


@main.command()
@click.option("--topic", help="Only the stories of this topic.")
@click.option("--since", help="Only stories listed since: 2026-11-20, 36h or 7d.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.pass_obj
def stories(path: Path, topic: str | None, since: str | None, as_json: bool) -> None:
    """List the stories held, newest first: lead, copies, topics."""
    from ..reports import story_lines, story_row

    settings = configuration(path)
    if topic:
        must_be_one_of("topic", topic, [t.name for t in settings.topics])
    with reading(settings) as store:
        for story in store.stories(topic, moment(since) if since else None):
            show([json_line(story_row(story))] if as_json else story_lines(story))


@main.command()
@click.option("--words", "topic", metavar="TOPIC", help="The words that each term of this topic has met, with counts.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_obj
def check(path: Path, topic: str | None, as_json: bool) -> None:
    """Read the configuration and run the rules' own tests.

    Every complaint says where it is: config.yaml:LINE:COLUMN. Exit code 2 if there is one. Warnings change nothing:
    sources and labels that nobody has; and, once stories are held, terms and topics that find nothing in the newest
    2,000, nearly everything, or only what another topic finds.
    """
    from ..check import archive, failed_trials, warnings
    from ..reports import check_row

    try:
        settings = configuration(path)
    except ConfigError as e:
        if as_json:
            click.echo(json_line(check_row(str(path), {}, e.complaints, ())))
            raise click.exceptions.Exit(2) from e
        raise
    if topic:
        tell_forms(settings, topic, as_json)
        return
    errors = failed_trials(settings)
    with newest(settings) as stories:
        told = warnings(settings, archive(settings, stories))
    counts = {"sources": len(settings.sources), "topics": len(settings.topics), "rule tests": len(settings.trials)}
    if as_json:
        show([json_line(check_row(str(settings.path), counts, errors, told))])
    else:
        show(map(str, (*told, *errors)))
    if errors:
        raise click.exceptions.Exit(2)
    if not as_json:
        click.echo(f"{settings.path}: {', '.join(f'{n} {what}' for what, n in counts.items())}: all right")


def tell_forms(settings: Config, name: str, as_json: bool) -> None:
    from ..check import forms
    from ..reports import forms_lines, forms_row

    must_be_one_of("topic", name, [t.name for t in settings.topics])
    topic = next(t for t in settings.topics if t.name == name)
    with newest(settings) as stories:
        found = forms(topic, stories)
    show([json_line(forms_row(topic, found))] if as_json else forms_lines(found))


@contextmanager
def newest(settings: Config) -> Iterator[Iterator[Story]]:
    """As many of the newest stories as a check looks at; none if nothing has been collected yet."""
    from ..check import MOST_STORIES

    if not settings.database.exists():
        yield iter(())
        return
    with reading(settings) as store:
        yield islice(store.stories(), MOST_STORIES)


@main.command()
@click.argument("edited", required=False, type=click.Path(path_type=Path), metavar="[FILE]")
@click.option("--all", "all_moves", is_flag=True, help="Every story, not only the newest of each topic.")
@click.option("--json", "as_json", is_flag=True)
@click.pass_obj
def plan(path: Path, edited: Path | None, all_moves: bool, as_json: bool) -> None:
    """What an edited configuration would change: which stories would enter and leave which topics, and what else.

    FILE is the edited copy of the configuration; without it, the configuration itself. Changes nothing.
    """
    from ..plan import plan as make
    from ..reports import plan_lines, plan_row
    from ..resort import notice

    settings = configuration(edited or path)
    with reading(configuration(path)) as store:
        made = make(settings, store)
        if told := notice(store):
            click.echo(told, err=True)
    show([json_line(plan_row(made))] if as_json else plan_lines(made, None if all_moves else SHOWN))


@main.command()
@click.argument("location")
@click.option("--as", "kind", type=click.Choice(["feed", "page", "sitemap", "files"]), help="What kind it is.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.pass_obj
def preview(path: Path, location: str, kind: str | None, as_json: bool) -> None:
    """Show what a feed, page, sitemap, folder or file would give, with verdicts and topics. Stores nothing.

    LOCATION is a URL, a path, or the name of a configured source.
    """
    from ..reports import preview_lines, preview_row

    if not location.strip():
        raise click.UsageError("an empty LOCATION; write a URL, a path, or . for this folder")
    seen = look_at(path, location, kind or "")
    for decision, filings in seen.rows:
        show([json_line(preview_row(decision, filings))] if as_json else preview_lines(decision, filings))
    for remark in seen.remarks:
        click.echo(remark, err=True)
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
    from ..reports import health_lines, health_row, record_lines

    settings = configuration(path)
    with reading(settings) as store:
        rows = [h for h in store.health() if source in (None, h.name)]
    if source and not rows:
        raise click.UsageError(f"no source is called {source!r}")
    if as_json:
        show([json.dumps([health_row(h) for h in rows], ensure_ascii=False, indent=2)])
    else:
        show(record_lines(rows[0]) if source else health_lines(rows))


@main.command()
@click.argument("key", metavar="URL|ID")
@click.option("--compare", is_flag=True, help="Every copy against the lead: what differs.")
@click.option("--versions", is_flag=True, help="Every edit of every article: what has changed.")
@click.option("--json", "as_json", is_flag=True)
@click.pass_obj
def explain(path: Path, key: str, compare: bool, versions: bool, as_json: bool) -> None:
    """Why is this here? Why this story, these topics, this date.

    The key is a link, a guid, or an id as `stories` prints it (its first 6 digits are enough).
    """
    import shutil

    from .. import rules
    from ..classify import Classifier
    from ..reports import compared, compared_lines, explanation, explanation_lines, revised, revised_lines

    settings = configuration(path)
    with reading(settings) as store:
        story = the_story(store, key)
        reasons = list(Classifier(settings.topics, rules.rules_digest(settings.topics)).reasons(story))
        if as_json:
            more = {"compared": compared(story)} if compare else {}
            more |= {"revisions": revised(story, store)} if versions else {}
            show([json_line(explanation(story, store, reasons) | more)])
            return
        width = shutil.get_terminal_size().columns
        show(explanation_lines(story, store, reasons, mark))
        show(compared_lines(story, width, paint) if compare else ())
        show(revised_lines(story, store, width, paint) if versions else ())


def mark(words: str) -> str:
    return click.style(words, bold=True)


def paint(fate: str, word: str) -> str:
    """In colour; where there is none to be had, `click.echo` takes it out again."""
    colour = {"removed": "red", "added": "green"}.get(fate)
    return click.style(word, fg=colour) if colour else word


def look_at(path: Path, location: str, kind: str) -> Any:
    from .. import rules
    from ..classify import Classifier
    from ..jobs import now
    from ..model import Manners
    from ..preview import preview as look
    from ..preview import source_at
    from ..stores.sqlite import open_store
    from ..teach import recall
    from ..web import Web

    settings = configuration(path) if path.exists() else None
    topics = settings.topics if settings else ()
    source = source_at(location, settings.sources if settings else (), kind)
    store = open_store(settings.database, writing=False) if settings and settings.database.exists() else None
    classifier = Classifier(topics, rules.rules_digest(topics))
    classifier.take(recall(topics, store) if store else {})
    web = Web(settings.manners if settings else Manners())
    try:
        authority = settings.imprint.authority if settings else "preview"
        return look(source, web, store, classifier, now(), authority)
    finally:
        web.close()
        if store:
            store.close()


def moment(text: str) -> datetime:
    """`2026-11-20`, `2026-11-20T08:00`, or a time ago such as `36h`."""
    from ..jobs import now
    from ..values import duration

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
