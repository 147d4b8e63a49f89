"""The commands that look and tell."""

from __future__ import annotations

import json
from collections.abc import Container, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import ConfigError
from . import main
from ._pieces import as_written, configuration, json_line, leave_alone, must_be_one_of, reading, show, the_story

if TYPE_CHECKING:
    from ..classify import Classifier, Reason
    from ..config import Config
    from ..model import Story, Term
    from ..stores import Store
    from ..teach import Lesson

SHOWN = 10
"""Stories of a plan that enter a topic, and as many that leave it."""


@main.command()
@click.option("--topic", help="Only the stories of this topic.")
@click.option("--no-topic", is_flag=True, help="Only stories that are in no topic but 'all'.")
@click.option("--since", help="Only stories listed since: 2026-11-20, 36h or 7d.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.pass_obj
def stories(path: Path, topic: str | None, no_topic: bool, since: str | None, as_json: bool) -> None:
    """List the stories held, newest first: lead, copies, topics."""
    from ..model import ALL
    from ..reports import story_lines, story_row

    settings = configuration(path)
    if topic:
        must_be_one_of("topic", topic, [t.name for t in settings.topics])
    with reading(settings) as store:
        for story in store.stories(topic, moment(since) if since else None):
            if no_topic and (story.withdrawal or any(f.topic != ALL for f in story.filings)):
                continue
            show([json_line(story_row(story))] if as_json else story_lines(story))


@main.command()
@click.argument("edited", required=False, type=click.Path(path_type=Path), metavar="[FILE]")
@click.option("--words", "topic", metavar="TOPIC", help="The words that this topic finds, and others that it may want.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_obj
def check(path: Path, edited: Path | None, topic: str | None, as_json: bool) -> None:
    """Read the configuration, or FILE, an edited copy of it, and run the rules' own tests.

    Every complaint says where it is: config.yaml:LINE:COLUMN. Exit code 2 if there is one. Warnings change nothing:
    sources that are not there, or there twice; sources and labels that nobody has; and, once stories are held, terms
    and topics that find nothing in the newest 2,000, nearly everything, or only what another topic finds. `--words
    all` tells of the stories in no topic.
    """
    from ..check import archive, failed_trials, warnings
    from ..model import ALL
    from ..reports import archive_line, archive_row, check_row

    try:
        settings = as_written(edited or path)
    except ConfigError as e:
        if as_json:
            click.echo(json_line(check_row(str(edited or path), {}, e.complaints, ())))
            raise click.exceptions.Exit(2) from e
        raise
    if topic:
        tell_words(settings, topic, as_json)
        return
    errors = failed_trials(settings)
    with newest(settings) as (stories, lessons):
        held = archive(settings, stories, lessons)
    told = warnings(settings, held, lessons)
    topics = [t for t in settings.topics if t.name != ALL]
    counts = {"sources": len(settings.sources), "topics": len(topics), "rule tests": len(settings.trials)}
    if as_json:
        show([json_line(check_row(str(settings.path), counts, errors, told) | archive_row(held))])
    else:
        show(map(str, (*told, *errors)))
    if errors:
        raise click.exceptions.Exit(2)
    if not as_json:
        click.echo(f"{settings.path}: {', '.join(several(n, what) for what, n in counts.items())}: all right")
        click.echo(archive_line(held))


def several(count: int, what: str) -> str:
    """`2 sources`, `1 source`."""
    return f"{count} {what.removesuffix('s') if count == 1 else what}"


def tell_words(settings: Config, name: str, as_json: bool) -> None:
    from ..check import finds, loose
    from ..model import ALL
    from ..reports import finds_lines, finds_row, loose_lines, loose_row

    must_be_one_of("topic", name, [t.name for t in settings.topics])
    topic = next(t for t in settings.topics if t.name == name)
    with newest(settings) as (stories, lessons):
        if name == ALL:
            rest = loose(settings, stories, lessons)
            show([json_line(loose_row(rest))] if as_json else loose_lines(rest))
        else:
            found = finds(topic, stories, lessons)
            show([json_line(finds_row(found))] if as_json else finds_lines(found))


@contextmanager
def newest(settings: Config) -> Iterator[tuple[Iterator[Story], Sequence[Lesson]]]:
    """
    As many of the newest stories as a check looks at, without those that were withdrawn, and what topics would learn
    from their examples; neither if nothing has been collected yet.
    """
    from ..check import MOST_STORIES
    from ..teach import rehearse

    if not settings.database.exists():
        yield iter(()), ()
        return
    with reading(settings) as store:
        in_force = (story for story in store.stories() if not story.withdrawal)
        yield islice(in_force, MOST_STORIES), rehearse(settings.topics, store)


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

    settings = as_written(edited or path)
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
    if not (seen.rows or seen.errors):
        click.echo(f"{location}: there is no article in it", err=True)
    for remark in seen.remarks:
        click.echo(remark, err=True)
    for error in seen.errors:
        click.echo(f"{location}: {error}", err=True)
    if seen.errors:
        raise click.exceptions.Exit(1)


@main.command()
@click.argument("source", required=False)
@click.option("--trouble", is_flag=True, help="Only sources that fail, are silent, have moved or wait for your word.")
@click.option("--json", "as_json", is_flag=True, help="A list, one object a source.")
@click.pass_obj
def status(path: Path, source: str | None, trouble: bool, as_json: bool) -> None:
    """How each source fares: last visit, next visit, what is wrong since when."""
    from ..incidents import silent
    from ..reports import health_lines, health_row, record_lines, summary_line, troubled

    if source and trouble:
        raise click.UsageError("a SOURCE or --trouble, not both")
    settings = configuration(path)
    with reading(settings) as store:
        every = store.health()
        rows = [h for h in every if source in (None, h.name)]
        silences = {s.source: s for s in silent(rows, store.usual)}
    if source and not rows:
        raise click.UsageError(f"no source is called {source!r}")
    if trouble:
        rows = troubled(rows, silences)
    if as_json:
        show([json.dumps([health_row(h, silences) for h in rows], ensure_ascii=False, indent=2)])
    elif source:
        show(record_lines(rows[0], silences))
    else:
        show([*health_lines(rows, silences), summary_line(every, silences)])


@main.command()
@click.argument("key", metavar="URL|ID")
@click.option("--compare", is_flag=True, help="Every copy against the lead: what differs.")
@click.option("--versions", is_flag=True, help="Every edit of every article: what has changed.")
@click.option("--html", "as_html", is_flag=True, help="A page for your browser: explain KEY --html > why.html")
@click.option("--json", "as_json", is_flag=True)
@click.pass_obj
def explain(path: Path, key: str, compare: bool, versions: bool, as_html: bool, as_json: bool) -> None:
    """Why is this here? Why this story, these topics, this date.

    The key is a link, a guid, or an id as `stories` prints it (its first 6 digits are enough).
    """
    import shutil

    from ..reports import (
        compared,
        compared_lines,
        explanation,
        explanation_lines,
        explanation_page,
        revised,
        revised_lines,
    )

    settings = configuration(path)
    with reading(settings) as store:
        story = the_story(store, key)
        reasons = list(reasons_of(story, settings, store))
        alike = alike_in(story, settings, {r.topic for r in reasons})
        if as_html:
            show(explanation_page(explanation(story, store, reasons, alike)))
            return
        if as_json:
            more = {"compared": compared(story)} if compare else {}
            more |= {"revisions": revised(story, store)} if versions else {}
            show([json_line(explanation(story, store, reasons, alike) | more)])
            return
        width = shutil.get_terminal_size().columns
        show(explanation_lines(story, store, reasons, alike, mark))
        show(compared_lines(story, width, paint) if compare else ())
        show(revised_lines(story, store, width, paint) if versions else ())


def reasons_of(story: Story, settings: Config, store: Store) -> Iterator[Reason]:
    """Under the rules in force; where one does not hold with what is missing, or that there is nothing learned yet."""
    from ..rules import missing
    from ..teach import recall

    topics, learned = {t.name: t for t in settings.topics}, recall(settings.topics, store)
    for reason in classifier_of(settings, store).reasons(story):
        topic = topics[reason.topic]
        parts = missing(replace(topic.rule, none=()), {hit.term for hit in reason.hits}) if topic.rule else []
        if not reason.filed and topic.like and topic.name not in learned:
            yield replace(reason, because="it has learned nothing from its examples yet: 'aggregator check' says why")
        else:
            yield replace(reason, because="; ".join(parts)) if parts and not reason.filed else reason


def alike_in(story: Story, settings: Config, known: Container[str]) -> list[tuple[str, Term, str]]:
    """Of topics that have no term in the story: which of its words begin like one."""
    from ..classify import wanted_of
    from ..teach import text_of_story
    from ..wording import alike

    rules = {t.name: wanted_of(t.rule) for t in settings.topics if t.rule and t.name not in known}
    return list(alike(rules, "\n".join(text_of_story(story))))


def mark(words: str) -> str:
    return click.style(words, bold=True)


def paint(fate: str, word: str) -> str:
    """In colour; where there is none to be had, `click.echo` takes it out again."""
    colour = {"removed": "red", "added": "green"}.get(fate)
    return click.style(word, fg=colour) if colour else word


def look_at(path: Path, location: str, kind: str) -> Any:
    from ..classify import Classifier
    from ..jobs import now
    from ..model import Manners
    from ..preview import preview as look
    from ..preview import source_at
    from ..stores.sqlite import open_store
    from ..web import Web

    settings = configuration(path) if path.exists() else None
    source = source_at(location, settings.sources if settings else (), kind)
    if settings:
        leave_alone(settings, source.location)
    store = open_store(settings.database, writing=False) if settings and settings.database.exists() else None
    classifier = classifier_of(settings, store) if settings else Classifier((), "")
    web = Web(settings.manners if settings else Manners())
    try:
        authority = settings.imprint.authority if settings else "preview"
        return look(source, web, store, classifier, now(), authority)
    finally:
        web.close()
        if store:
            store.close()


def classifier_of(settings: Config, store: Store | None) -> Classifier:
    """The rules in force, and what topics have learned so far."""
    from ..classify import Classifier
    from ..rules import rules_digest
    from ..teach import recall

    classifier = Classifier(settings.topics, rules_digest(settings.topics))
    classifier.take(recall(settings.topics, store) if store else {})
    return classifier


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
