"""The commands, as an operator types them."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from aggregator import incidents, rules
from aggregator.cli import main
from aggregator.config import load
from aggregator.stores.sqlite import open_store

from .loopback import Loopback, reply

ARTICLE = "Ветропарк дал первый ток\n\n" + "Ветропарк у станции Достык дал первый ток в сеть, сообщила станция. " * 4
COPY = ARTICLE.replace("\n\n", "\n\n\n").replace(" в сеть,", "  в сеть,")
CONFIG = """\
title: Desk
link: https://news.example/
sources:
  - {name: inbox, files: inbox/, priority: 1}
  - {name: wire, files: wire/}
topics:
  - name: wind
    title: Wind power
    match: {any: [ветропарк], none: [=АЭС]}
    tests: {match: [В степи строят ветропарки], skip: ["Ветропарк или АЭС?"]}
"""

ROOT = Path(__file__).parents[1]
Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command in a workspace with two sources that tell one story."""
    monkeypatch.chdir(tmp_path)
    Path("config.yaml").write_text(CONFIG)
    for name, text in (("inbox/a.txt", ARTICLE), ("wire/b.txt", COPY)):
        Path(name).parent.mkdir()
        Path(name).write_text(text)
        os.utime(name, (1_790_000_000, 1_790_000_000))
    return lambda *args: CliRunner().invoke(main, [str(a) for a in args])


def rows(result: Result) -> list[dict[str, Any]]:
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_every_command_has_a_help_text(run: Run) -> None:
    assert run("--help").exit_code == 0
    for name in main.commands:
        result = run(name, "--help")
        assert result.exit_code == 0
        assert len(result.output.splitlines()) > 4


@pytest.mark.parametrize("page", [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))], ids=lambda p: p.name)
def test_the_commands_that_the_docs_name_are_there(page: Path) -> None:
    in_the_text, on_its_own = r"`aggregator ([a-z][^`]*)`", r"^ {4}[^`\n]*\baggregator ([a-z][^`\n]*)$"
    for line in re.findall(f"{in_the_text}|{on_its_own}", page.read_text(), re.M):
        name, _, rest = "".join(line).partition(" ")
        assert name in main.commands, f"{page.name}: aggregator {name}"
        known = {option for parameter in main.commands[name].params for option in parameter.opts}
        assert set(re.findall(r"(?<!\S)\[?(--[a-z-]+)", rest)) <= known | {"--help"}, f"{page.name}: {rest}"


def test_stories_tells_lead_copies_and_topics(run: Run) -> None:
    run("run", "--once")
    [told] = rows(run("stories", "--json"))
    assert set(told) == {
        "id", "guid", "title", "url", "source", "publisher", "language", "published_at", "listed_at", "topics",
        "withdrawn_at", "copies",
    }  # fmt: skip
    assert (told["title"], told["source"], told["topics"]) == ("Ветропарк дал первый ток", "inbox", ["all", "wind"])
    [copy] = told["copies"]
    assert set(copy) == {"id", "source", "url", "title", "relation", "score", "because"}
    assert (copy["source"], copy["relation"]) == ("wire", "copy")
    assert "also" in run("stories").output


def test_stories_are_chosen_by_topic_and_time(run: Run) -> None:
    run("run", "--once")
    assert len(rows(run("stories", "--json", "--topic", "wind"))) == 1
    assert len(rows(run("stories", "--json", "--since", "2026-01-01"))) == 1
    assert rows(run("stories", "--json", "--since", "2999-01-01")) == []
    assert run("stories", "--topic", "sun").exit_code == 2
    assert "a date such as" in run("stories", "--since", "yesterday").output


def test_status_tells_how_each_source_fares(run: Run) -> None:
    Path("wire/b.txt").unlink()
    Path("wire").rmdir()
    run("run", "--once")
    result = run("status", "--json")
    inbox, wire = json.loads(result.stdout)
    assert set(inbox) == {
        "name", "kind", "state", "last_visit", "last_success", "next_visit", "next_because", "not_before",
        "failing_since", "failures", "error", "left_out", "articles", "new", "waiting", "news_at", "gap_seconds",
        "visits", "unchanged", "requests", "bytes", "moved_to", "notes", "silent_since",
    }  # fmt: skip
    assert (inbox["state"], inbox["articles"], inbox["new"], inbox["error"]) == ("ok", 1, 1, None)
    assert (wire["state"], wire["failures"], wire["last_success"]) == ("failing", 1, None)
    assert "no file or folder" in wire["error"]
    assert "no file or folder" in run("status").output
    assert json.loads(run("status", "wire", "--json").stdout) == [wire]
    assert run("status", "nowhere").exit_code == 2
    assert run("status").stdout.splitlines()[-1] == "2 sources: 1 ok, 1 failing"
    assert [one["name"] for one in json.loads(run("status", "--trouble", "--json").stdout)] == ["wire"]
    assert "inbox" not in run("status", "--trouble").stdout
    assert "not both" in run("status", "wire", "--trouble").output


def test_status_tells_who_answers_and_brings_nothing(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    day = "<item><title>News of {0}</title><pubDate>{0} Nov 2026 08:00:00 GMT</pubDate></item>"
    feed = f"<rss><channel>{''.join(map(day.format, range(2, 12)))}</channel></rss>"
    with Loopback() as server:
        server.answers["/"] = reply(body=feed.encode())
        source = f"sources:\n  - {{name: daily, feed: {server.url('/')}}}\n"
        Path("config.yaml").write_text(f"private_hosts: [127.0.0.1]\n{CONFIG}".replace("sources:\n", source))
        run("collect")
    assert "daily" not in run("status", "--trouble").stdout
    monkeypatch.setattr(incidents, "QUIET", timedelta())
    monkeypatch.setattr(incidents, "GAPS", 0)
    told = run("status", "--trouble").stdout
    assert "It answers, but the last article that it brought came on 20" in told
    assert "before, there was one every 22 hours on the average" in told
    assert told.splitlines()[-1] == "3 sources: 3 ok, 1 silent"
    [daily] = json.loads(run("status", "daily", "--json").stdout)
    assert daily["silent_since"] == daily["last_success"]


def test_status_of_one_source_tells_its_whole_record(run: Run) -> None:
    day = "<item><title>News of {0}</title><pubDate>{0} Nov 2026 08:00:00 GMT</pubDate></item>"
    feed = f"<rss><channel><ttl>120</ttl>{''.join(map(day.format, range(2, 12)))}</channel></rss>"
    with Loopback() as server:
        server.answers["/"] = reply(body=feed.encode())
        source = f"sources:\n  - {{name: daily, feed: {server.url('/')}, at_least_every: 1h}}\n"
        Path("config.yaml").write_text(f"private_hosts: [127.0.0.1]\n{CONFIG}".replace("sources:\n", source))
        run("collect", "daily")
        told = run("status", "daily").stdout
    assert "rhythm        an article every 1d; the last news came 20" in told
    assert ": it brings news seldom: visited every 3h; but at least every 1h, as configured" in told
    assert "cost          1 visits (0 unchanged), 1 requests, " in told


def test_a_source_that_is_gone_for_good_is_left_alone_until_somebody_names_it(run: Run) -> None:
    with Loopback() as server:
        server.answers["/"] = reply(410)
        lost = f"sources:\n  - {{name: lost, feed: {server.url('/')}}}\n"
        Path("config.yaml").write_text(f"private_hosts: [127.0.0.1]\n{CONFIG}".replace("sources:\n", lost))
        for _ in range(3):
            run("collect")
        assert len(server.requests) == 1
        assert "'aggregator collect lost' tries once again" in run("status").output
        [told] = json.loads(run("status", "lost", "--json").stdout)
        assert (told["state"], told["next_visit"]) == ("stopped", None)
        server.answers["/"] = reply(body=b"<rss><channel><item><title>Back again</title></item></channel></rss>")
        assert run("collect", "lost").exit_code == 0
        assert json.loads(run("status", "lost", "--json").stdout)[0]["state"] == "ok"


def test_all_that_is_due_of_one_host_is_visited_one_after_the_other(run: Run) -> None:
    with Loopback() as server:
        sources = ""
        for n in range(5):
            feed = f"<rss><channel><item><title>News {n}</title></item></channel></rss>"
            server.answers[f"/{n}"] = reply(body=feed.encode())
            sources += f"  - {{name: s{n}, feed: {server.url(f'/{n}')}}}\n"
        text = f"private_hosts: [127.0.0.1]\npolite: {{pause: 0s}}\n{CONFIG}"
        Path("config.yaml").write_text(text.replace("sources:\n", f"sources:\n{sources}"))
        assert run("run", "--once").exit_code == 0
        assert [seen.path for seen in server.requests] == [f"/{n}" for n in range(5)]
        run("run", "--once")
        assert len(server.requests) == 5


@pytest.mark.parametrize("pause", [{}, {"Retry_After": "3600"}])
def test_collect_asks_a_host_no_more_once_it_wants_to_be_left_alone(
    run: Run, pause: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    with Loopback() as server:
        feeds = {f"s{n}": server.url(f"/{n}") for n in range(5)}
        server.answers.update({f"/{n}": reply(429, body=b"", **pause) for n in range(5)})
        sources = "".join(f"  - {{name: {name}, feed: {url}, every: 1d}}\n" for name, url in feeds.items())
        text = f"private_hosts: [127.0.0.1]\npolite: {{pause: 0s}}\n{CONFIG}"
        Path("config.yaml").write_text(text.replace("sources:\n", f"sources:\n{sources}"))
        run("collect", *feeds)
        assert [seen.path for seen in server.requests] == ["/0"]
        assert caplog.text.count("left alone for now, as its server asks") == 4
        asked, *others = json.loads(run("status", "--json").stdout)[:5]
        assert (asked["state"], {one["last_visit"] for one in others}) == ("failing", {None})
        assert all(one["next_visit"] < asked["next_visit"] for one in others)  # not asked, and so still due


def test_nobody_asks_a_host_by_hand_that_wants_to_be_left_alone(run: Run) -> None:
    with Loopback() as server:
        server.answers["/rss"] = reply(429, body=b"", Retry_After="3600")
        source = f"sources:\n  - {{name: busy, feed: {server.url('/rss')}}}\n"
        Path("config.yaml").write_text(f"private_hosts: [127.0.0.1]\n{CONFIG}".replace("sources:\n", source))
        run("collect", "busy")
        for command in (("preview", "busy"), ("preview", server.url("/other")), ("add", server.url("/new"))):
            result = run(*command)
            assert result.exit_code == 1
            assert "its server wants to be left alone until" in result.output
            assert "busy: the server answers 429 Too Many Requests" in result.output
        assert [seen.path for seen in server.requests] == ["/rss"]


def test_preview_looks_at_a_folder_by_its_name_or_its_place(run: Run) -> None:
    run("run", "--once")
    Path("inbox/report.pdf").write_bytes(b"%PDF")
    Path("inbox/.hidden.pdf").write_bytes(b"%PDF")
    for location in ("inbox", "inbox/", "./inbox"):
        result = run("preview", location)
        assert result.exit_code == 0
        assert "passed over, since 'files:' reads no such files: 1 .pdf" in result.stderr
        assert "same" in result.stdout.lower()
    assert "an empty LOCATION" in run("preview", "").output
    assert run("preview", " ").exit_code == 2


def test_preview_says_so_where_there_is_nothing(run: Run) -> None:
    Path("empty").mkdir()
    Path("none.rss").write_text("<rss version='2.0'><channel><title>T</title></channel></rss>")
    for place in ("empty", "none.rss"):
        result = run("preview", place)
        assert (result.exit_code, result.stdout, result.stderr) == (0, "", f"{place}: there is no article in it\n")


def test_preview_reads_a_location_as_the_kind_that_it_is_told(run: Run) -> None:
    Path("config.yaml").write_text(CONFIG.replace("sources:", "private_hosts: [127.0.0.1]\nsources:"))
    links = b"".join(b'<li><a href="/n/%d">Headline of article number %d</a></li>' % (n, n) for n in range(3))
    answers = {"/": reply(body=b"<html><body><ul>" + links), "/robots.txt": reply(404)}
    answers |= {f"/n/{n}": reply(body=b"<html><body><p>Some words of the text.</p>") for n in range(3)}
    with Loopback(answers) as server:
        told = rows(run("preview", server.url("/"), "--as", "page", "--json"))
        assert [row["title"] for row in told] == [f"Headline of article number {n}" for n in range(3)]
        assert "names no feed" in run("preview", server.url("/")).output
    assert run("preview", "x", "--as", "fax").exit_code == 2


def test_explain_says_why_a_story_is_here(run: Run) -> None:
    run("run", "--once")
    [told] = rows(run("stories", "--json"))
    text = run("explain", told["id"][:8]).output
    assert "wind: ветропарк: «ветропарк» in the title" in text
    assert "the same words as in" in text
    assert "the file's own time" in text
    [full] = rows(run("explain", told["guid"], "--json"))
    assert {f["topic"] for f in full["filings"]} == {"all", "wind"}
    page = run("explain", told["id"], "--html").stdout
    assert page.startswith("<!DOCTYPE html>")
    assert "<mark>ветропарк</mark>" in page.lower()
    assert "the same words as in" in page
    assert run("explain", "https://nowhere.example/").exit_code == 1


def test_explain_does_not_lay_our_date_on_the_source(run: Run) -> None:
    at = datetime.now(UTC).replace(microsecond=0)
    dates = {"inbox/a.txt": at - timedelta(hours=6), "wire/b.txt": at + timedelta(hours=6)}
    for name, date in dates.items():
        Path(name).write_text(f"---\ndate: {date.isoformat()}\n---\n{Path(name).read_text()}")
    run("run", "--once")
    [told] = rows(run("stories", "--json"))
    [full] = rows(run("explain", told["id"], "--json"))
    because = {article["source"]: article["dated_because"] for article in full["articles"]}
    assert because["inbox"] == "as the source says"
    assert because["wire"] == f"no later than when we first saw it; the source says {dates['wire/b.txt'].isoformat()}"
    for told_so in (run("explain", told["id"]).stdout, run("explain", told["id"], "--html").stdout):
        assert all(reason in told_so for reason in because.values())


def test_a_page_of_reasons_is_no_markup_of_others(run: Run) -> None:
    Path("inbox/a.txt").write_text("Ветропарк: 5 < 6 & 7\n\nВетропарк дал ток & свет.")
    run("run", "--once")
    told = next(row for row in rows(run("stories", "--json")) if "5 < 6" in row["title"])
    assert "<mark>Ветропарк</mark>: 5 &lt; 6 &amp; 7</span>" in run("explain", told["id"], "--html").stdout


WIND = ARTICLE.partition("\n\n")[0] + """

Ветропарк у станции Достык дал первый ток в сеть, сообщила станция. Его строили два года на перевале, где зимой дует
сильнее всего в области. Каждая лопасть приехала по железной дороге отдельным вагоном, и собирали их прямо на месте.
Жители посёлка надеются, что свет больше не будет гаснуть в метель. """


@pytest.fixture
def told_twice(run: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A story whose copy has a sentence of its own, and whose lead was edited."""
    monkeypatch.setenv("COLUMNS", "80")
    Path("inbox/a.txt").write_text(WIND)
    Path("wire/b.txt").write_text(WIND + "Читайте нас.")
    run("run", "--once")
    Path("inbox/a.txt").write_text(WIND.replace("первый ток в сеть", "второй ток в сеть") + "Строят ещё 3.")
    run("collect")
    return run


def test_explain_compares_every_copy_with_the_lead(told_twice: Run) -> None:
    run = told_twice
    [told] = rows(run("stories", "--json"))
    text = run("explain", told["id"], "--compare").stdout
    assert "[-inbox (inbox)-] {+wire (wire)+}" in text
    assert "[-второй-]{+первый+}" in text
    assert "[-Строят ещё 3.-]{+Читайте нас.+}" in text
    assert "\x1b" not in text
    assert max(map(len, text.splitlines()[-4:])) <= 80
    [full] = rows(run("explain", told["id"], "--compare", "--json"))
    [compared] = full["compared"]
    assert (compared["source"], compared["relation"]) == ("wire", "copy")
    assert {"removed": "второй", "added": "первый"} in compared["passages"]
    assert {tuple(p) for p in compared["passages"]} == {("equal",), ("removed", "added")}
    assert "compared" not in rows(run("explain", told["id"], "--json"))[0]
    assert "[-" not in run("explain", told["id"]).stdout


def test_explain_shows_what_each_edit_has_changed(told_twice: Run) -> None:
    run = told_twice
    [told] = rows(run("stories", "--json"))
    text = run("explain", told["id"], "--versions").stdout
    assert "UTC: the id is known; the text has changed: other figures: -/3" in text
    assert "[-первый-]{+второй+}" in text
    assert "{+Строят ещё 3.+}" in text
    [full] = rows(run("explain", told["id"], "--versions", "--json"))
    [revision] = full["revisions"]
    assert set(revision) == {"id", "source", "at", "because", "passages"}
    assert revision["source"] == "inbox"
    assert {"removed": "", "added": "Строят ещё 3."} in revision["passages"]


def test_texts_stand_beside_each_other_where_there_is_room(told_twice: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    [told] = rows(told_twice("stories", "--json"))
    text = told_twice("explain", told["id"], "--compare").stdout
    assert any("[-второй-]" in line and "{+первый+}" in line and "   " in line for line in text.splitlines())


def test_in_a_terminal_differences_have_colours(told_twice: Run) -> None:
    [told] = rows(told_twice("stories", "--json"))
    coloured = CliRunner().invoke(main, ["explain", told["id"], "--compare"], color=True).stdout
    assert "\x1b[31m[-второй-]\x1b[0m\x1b[32m{+первый+}" in coloured


def test_check_runs_the_tests_of_the_rules(run: Run) -> None:
    assert run("check").output == (
        "config.yaml: 2 sources, 1 topic, 2 rule tests: all right\n"
        "no story is held yet: 'aggregator collect' brings some to try the rules with\n"
    )
    Path("config.yaml").write_text(CONFIG.replace("match: [В степи", "match: [Солнце, В степи"))
    result = run("check")
    assert result.exit_code == 2
    assert result.output == "config.yaml:10:21: 'wind' should find «Солнце», and does not: no term fits it\n"


@pytest.mark.parametrize(
    ("headline", "why"),
    [
        ("Ветропарковый налог", "no term fits it; «ветропарковый» begins like 'ветропарк', and is no form of it"),
        ("Ветропарк или =АЭС", "ruled out by =АЭС"),
    ],
)
def test_a_headline_that_is_not_found_says_what_is_missing(run: Run, headline: str, why: str) -> None:
    Path("config.yaml").write_text(CONFIG.replace("match: [В степи", f"match: [{headline}, В степи"))
    assert run("check").output == f"config.yaml:10:21: 'wind' should find «{headline}», and does not: {why}\n"


RULES = """\
  - {name: gas, title: Gas, match: [газ*, нефть]}
  - {name: wires, title: Wires, match: ["source:wires", "label:winds", ветропарк]}
  - {name: sport, title: Sport, match: {all: [ветропарк, футбол]}}
"""


def test_check_warns_of_what_nobody_has_before_anything_is_collected(run: Run) -> None:
    Path("config.yaml").write_text(CONFIG.replace("priority: 1}", "labels: [wind]}") + RULES)
    result = run("check")
    assert result.exit_code == 0
    assert result.output.splitlines()[:-2] == [
        "config.yaml:12:41: warning: 'wires' asks for 'source:wires': no source is called so, did you mean "
        "'source:wire'?",
        "config.yaml:12:57: warning: 'wires' asks for 'label:winds': no source here has the label so, did you mean "
        "'label:wind'?",
    ]


def test_check_warns_of_rules_that_find_nothing_too_much_or_what_another_finds(run: Run) -> None:
    for number in range(8):
        told = f"{'Газеты' if number < 6 else 'Дороги'} {number}\n\nНовость {number}: {'газ' if number < 6 else 'лёд'}."
        Path(f"inbox/n{number}.txt").write_text(told)
    more = "  - {name: news, match: [новость, ветропарк]}\n  - {name: papers, match: [газета]}\n"
    Path("config.yaml").write_text(CONFIG + RULES + more)
    run("run", "--once")
    result = run("check", "--json")
    told = json.loads(result.stdout)
    assert (result.exit_code, told["errors"], told["topics"]) == (0, [], 6)
    texts = [w["text"] for w in told["warnings"]]
    assert not any("нефть" in text for text in texts), "nine stories are too few to miss a word in"
    assert "'sport' has none of the 9 stories held" in texts
    assert "'news' has 9 of the 9 stories held: nearly all" in texts
    assert "'papers': each of its 6 stories is in 'gas' too" in texts
    assert not any(t.startswith("'wind'") for t in texts if "never met" not in t)
    assert (told["stories"], told["in_no_topic"], told["filed"]["gas"]) == (9, 0, 6)


def test_check_warns_of_sources_that_are_not_there_or_there_twice(run: Run) -> None:
    Path("config.yaml").write_text(
        "title: Desk\nlink: https://news.example/\nsources:\n"
        "  - {name: inbox, files: inbox/}\n"
        "  - {name: away, files: nofolder}\n"
        "  - {name: some, files: nofolder/*.txt}\n"
        "  - {name: Steppe, feed: https://steppe.example/rss}\n"
        "  - {name: steppe, feed: https://coast.example/rss}\n"
        "  - {name: again, feed: http://www.steppe.example/rss/}\n"
        "  - {name: paid, feed: https://steppe.example/rss, headers: {X-Reader: paid}}\n"
        "  - {name: news, page: https://office.example/, items: .news}\n"
        "  - {name: talks, page: https://office.example/, items: .talks}\n"
        "  - {name: box, files: inbox}\n"
    )
    result = run("check")
    assert result.exit_code == 0
    assert result.output.splitlines()[:-2] == [
        f"config.yaml:5:5: warning: 'away' is not there: no file or folder is called {Path.cwd() / 'nofolder'}",
        "config.yaml:8:5: warning: 'steppe' is another source than 'Steppe' (line 7), by small letters and capitals "
        "alone",
        "config.yaml:9:5: warning: 'again' lies where 'Steppe' (line 7) does: all of it is fetched twice",
        "config.yaml:13:5: warning: 'box' lies where 'inbox' (line 4) does: all of it is fetched twice",
    ]


def test_check_warns_of_a_letter_that_only_looks_right(run: Run) -> None:
    Path("config.yaml").write_text(CONFIG.replace("any: [ветропарк]", "any: [ветропа\x70к]"))
    warning = "'wind': 'ветропа\x70к' is written in two alphabets; the Latin p is another letter than it seems"
    assert f"config.yaml:9:19: warning: {warning}" in run("check").output.splitlines()


def test_check_warns_of_a_term_that_is_nearly_a_word_and_in_a_large_archive_of_any(run: Run) -> None:
    rules = "  - {name: sea, title: Sea, match: [гавань, кораьль, айсберг]}\n"
    Path("config.yaml").write_text(CONFIG + rules)
    for number in range(9):
        Path(f"inbox/n{number}.txt").write_text(f"Гавань {number}\n\nКорабли {number} стоят.")
    run("run", "--once")
    warning = "config.yaml:11:45: warning: 'sea': never met in the 10 stories held: кораьль (there is «корабли»)"
    assert warning in run("check").output.splitlines()
    for number in range(9, 100):
        Path(f"inbox/n{number}.txt").write_text(f"Гавань {number}\n\nКорабли {number} стоят.")
    run("run", "--once")
    warning = "never met in the 101 stories held: кораьль (there is «корабли»), айсберг"
    assert warning in run("check").output


NEWS = {
    "bank": "Экономика растёт\n\nНациональный регулятор ждёт роста.",
    "rate": "Экономика и ставка\n\nРегулятор оставил ставку.",
    "tax": "Экономический форум\n\nГости говорили о налогах.",
    "snow": "Метель в степи\n\nСнег идёт третий день.",
    "ice": "Метель и гололёд\n\nДороги закрыты.",
}


@pytest.fixture
def newsdesk(run: Run) -> Run:
    """A desk with five stories, two of them in the topic `economy`, and another topic that nothing is in."""
    Path("config.yaml").write_text(
        "title: Desk\nlink: https://news.example/\nlanguage: ru\nsources: [{name: news, files: news/, language: ru}]\n"
        "topics:\n  - {name: economy, match: [экономика, инфляция]}\n  - {name: sport, match: {all: [матч, ставка]}}\n"
    )
    Path("news").mkdir()
    for name, text in NEWS.items():
        Path(f"news/{name}.txt").write_text(text)
    run("run", "--once")
    return run


def test_check_tells_how_many_stories_each_topic_has(newsdesk: Run) -> None:
    assert newsdesk("check").output.splitlines()[-1] == "of 5 stories: economy 2, sport 0, in no topic 3"


def test_check_tells_which_words_a_topic_finds_and_which_it_may_want(newsdesk: Run) -> None:
    assert newsdesk("check", "--words", "economy").output == (
        "economy has 2 of 5 stories\n"
        "  экономика -> экономика 2\n"
        "  инфляция -> nothing\n"
        "not found, though they begin like a term: экономический 1 (экономика)\n"
        "other words of these stories, seldom elsewhere: регулятор 2\n"
    )
    told = json.loads(newsdesk("check", "--words", "economy", "--json").stdout)
    assert (told["topic"], told["stories"], told["filed"]) == ("economy", 5, 2)
    assert told["terms"][0] == {"term": "экономика", "met": 2, "words": {"экономика": 2}}
    assert told["alike"] == [{"word": "экономический", "term": "экономика", "stories": 1}]
    assert told["telling"] == [{"word": "регулятор", "stories": 2}]
    assert newsdesk("check", "--words", "ecomony").exit_code == 2


def test_what_is_in_no_topic_can_be_seen(newsdesk: Run) -> None:
    told = newsdesk("check", "--words", "all").output.splitlines()
    assert told == [
        "3 of 5 stories are in no topic: 'aggregator stories --no-topic' shows them",
        "words of their headlines: метель 2",
    ]
    row = json.loads(newsdesk("check", "--words", "all", "--json").stdout)
    assert row == {"topic": "all", "stories": 5, "in_no_topic": 3, "frequent": [{"word": "метель", "stories": 2}]}
    titles = {story["title"] for story in rows(newsdesk("stories", "--no-topic", "--json"))}
    assert titles == {"Экономический форум", "Метель в степи", "Метель и гололёд"}


def test_explain_says_what_is_missing_and_which_words_are_nearly_a_term(newsdesk: Run) -> None:
    ids = {story["title"]: story["id"] for story in rows(newsdesk("stories", "--json"))}
    forum = newsdesk("explain", ids["Экономический форум"])
    assert "  no other topic asks for a word of it\n" in forum.output
    assert "    economy: «экономический» is not found by экономика\n" in forum.output
    [row] = rows(newsdesk("explain", ids["Экономический форум"], "--json"))
    assert row["alike"] == [{"topic": "economy", "term": "экономика", "word": "экономический"}]
    assert "    sport: all 1 is not met: матч\n" in newsdesk("explain", ids["Экономика и ставка"]).output


def test_what_was_withdrawn_is_told_so_wherever_stories_are_told(newsdesk: Run) -> None:
    ids = {story["title"]: story["id"] for story in rows(newsdesk("stories", "--json"))}
    newsdesk("withdraw", ids["Экономика растёт"], "--because", "They asked")
    newsdesk("withdraw", ids["Метель в степи"])
    assert re.search(r"withdrawn 20\d\d-\S+ \d\d:\d\d UTC: They asked\n", newsdesk("stories").output)
    told = {story["title"]: story["withdrawn_at"] for story in rows(newsdesk("stories", "--json"))}
    assert {title for title, at in told.items() if at} == {"Экономика растёт", "Метель в степи"}
    titles = {story["title"] for story in rows(newsdesk("stories", "--no-topic", "--json"))}
    assert titles == {"Экономический форум", "Метель и гололёд"}
    assert newsdesk("check").output.splitlines()[-1] == "of 3 stories: economy 1, sport 0, in no topic 2"
    explained = newsdesk("explain", ids["Экономика растёт"]).output
    assert "filed next time" not in explained
    assert "    economy: the story was withdrawn; else filed: экономика: " in explained


def test_only_what_was_withdrawn_can_be_published_again(newsdesk: Run) -> None:
    story = rows(newsdesk("stories", "--json"))[0]
    result = newsdesk("withdraw", story["id"], "--undo")
    assert (result.exit_code, result.stdout) == (1, "")
    assert f"was not withdrawn: {story['title']}" in result.stderr


def test_a_wrong_configuration_is_an_object_too(run: Run) -> None:
    Path("config.yaml").write_text(CONFIG.replace("title: Desk", "titel: Desk"))
    result = run("check", "--json")
    assert result.exit_code == 2
    assert json.loads(result.stdout)["errors"] == [
        {"line": 1, "column": 1, "text": "unknown key 'titel', did you mean 'title'?"}
    ]


def test_explain_shows_the_sentence_and_what_was_passed_over(run: Run) -> None:
    rules = "  - {name: dam, match: {any: [ветропарк], none: [станция]}}\n"
    Path("config.yaml").write_text(CONFIG + rules)
    run("run", "--once")
    [told] = rows(run("stories", "--json"))
    text = run("explain", told["id"]).output
    assert "any 1, title: **Ветропарк** дал первый ток" in text
    assert "dam: ruled out by станция: «станции» in the text" in text
    assert "changed since" not in text
    [full] = rows(run("explain", told["id"], "--json"))
    wind = next(f for f in full["filings"] if f["topic"] == "wind")
    assert (wind["in_force"], wind["needed"]) == (True, 2)
    first, second, *_ = wind["evidence"]
    assert (first["place"], first["paragraph"], first["weight"], first["decided"]) == ("title", 0, 3, True)
    assert (second["term"], second["branch"], second["paragraph"], second["word"]) == ("ветропарк", "any 1", 1, 1)
    assert second["sentence"].startswith("**Ветропарк** у станции Достык")
    assert [n["topic"] for n in full["not_filed"]] == ["dam"]


def test_explain_says_when_the_rules_have_changed_since(run: Run) -> None:
    run("run", "--once")
    [told] = rows(run("stories", "--json"))
    Path("config.yaml").write_text(CONFIG.replace("any: [ветропарк]", "any: [станция]"))
    text = run("explain", told["id"]).output
    assert "the rules or the text have changed since; now: станция: «станции» in the text" in text
    Path("config.yaml").write_text(CONFIG.replace("any: [ветропарк]", "any: [плотина]"))
    assert "the rules or the text have changed since; now: nothing speaks for it" in run("explain", told["id"]).output


@pytest.mark.parametrize("command", ["run", "collect", "stories", "status", "check", "publish", "serve"])
def test_a_wrong_configuration_is_one_line_and_exit_code_2(run: Run, command: str) -> None:
    Path("config.yaml").write_text(CONFIG.replace("title: Desk", "titel: Desk"))
    result = run(command)
    assert result.exit_code == 2
    assert result.stderr == "config.yaml:1:1: unknown key 'titel', did you mean 'title'?\n"


def test_before_anything_is_collected_there_is_a_hint(run: Run) -> None:
    result = run("stories")
    assert result.exit_code == 1
    assert "run --once" in result.stderr


def test_preview_shows_verdicts_and_topics_and_stores_nothing(run: Run) -> None:
    [seen] = rows(run("preview", "inbox/a.txt", "--json"))
    assert (seen["verdict"], [t["topic"] for t in seen["topics"]]) == ("new", ["all", "wind"])
    assert not Path("db").exists()
    run("run", "--once")
    assert rows(run("preview", "inbox", "--json"))[0]["verdict"] == "same"
    assert run("preview", "nowhere/").exit_code == 1


def test_collect_visits_the_sources_named_and_no_others(run: Run) -> None:
    assert run("collect", "wire").exit_code == 0
    assert [s["source"] for s in rows(run("stories", "--json"))] == ["wire"]
    assert run("collect", "wier").exit_code == 2


def test_another_version_of_the_engine_files_everything_anew(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def unfiled() -> int:
        settings = load(Path("config.yaml"))
        store = open_store(settings.database, writing=False)
        try:
            return len(store.unfiled(rules.rules_digest(settings.topics), 10))
        finally:
            store.close()

    run("run", "--once")
    assert unfiled() == 0
    monkeypatch.setattr(rules, "VERSION", rules.VERSION + 1)
    assert unfiled() == 1
    run("run", "--once")
    assert unfiled() == 0


def test_publish_brings_back_what_somebody_deleted(run: Run) -> None:
    run("run", "--once")
    page = Path("feeds/wind/rss.xml")
    before = page.read_bytes()
    page.unlink()
    assert run("publish").exit_code == 0
    assert page.read_bytes() == before


def test_init_makes_a_workspace_that_works_and_overwrites_nothing(run: Run) -> None:
    assert run("init", "desk").exit_code == 0
    assert run("--config", "desk/config.yaml", "check").exit_code == 0
    assert run("--config", "desk/config.yaml", "run", "--once").exit_code == 0
    assert Path("desk/feeds/first-steps/rss.xml").exists()
    result = run("init", "desk")
    assert result.exit_code == 1
    assert "nothing was changed" in result.stderr


def test_init_says_what_can_be_typed_as_it_stands(run: Run) -> None:
    assert run("init", "my desk").stdout.endswith("Now: cd 'my desk' && aggregator run\n")


def test_once_looks_into_folders_however_short_the_last_look_was_ago(run: Run) -> None:
    run("run", "--once")
    Path("inbox/late.txt").write_text("Мост открыт\n\nВ Павлодаре открыли мост через Иртыш, сообщил акимат.")
    os.utime("inbox/late.txt", (1_790_000_100, 1_790_000_100))
    run("run", "--once")
    assert "Мост открыт" in [s["title"] for s in rows(run("stories", "--json"))]


def test_a_feeds_folder_that_cannot_be_written_is_one_line_and_exit_code_1(run: Run) -> None:
    Path("feeds").write_text("a file")
    result = run("run", "--once")
    assert result.exit_code == 1
    assert "Traceback" not in result.output
    Path("feeds").unlink()
    assert run("run", "--once").exit_code == 0
    assert Path("feeds/wind/rss.xml").exists()


def test_a_source_asked_for_by_name_that_fails_is_exit_code_1(run: Run) -> None:
    Path("wire/b.txt").unlink()
    Path("wire").rmdir()
    assert run("collect", "wire").exit_code == 1
    assert run("collect", "inbox").exit_code == 0


def test_explain_knows_the_links_that_we_publish_ourselves(run: Run) -> None:
    run("run", "--once")
    [item] = json.loads(Path("feeds/all/feed.json").read_text())["items"]
    assert item["url"].startswith("https://news.example/all/#")
    assert run("explain", item["url"]).exit_code == 0


def test_a_link_is_known_however_a_browser_writes_it(run: Run) -> None:
    item = '<guid isPermaLink="false">1</guid><title>Bridge opens</title><link>https://www.news.example/n/1/</link>'
    channel = f"<title>x</title><item>{item}</item>"
    Path("inbox/feed.xml").write_text(f'<rss version="2.0"><channel>{channel}</channel></rss>')
    run("run", "--once")
    for link in ("http://news.example/n/1", "https://news.example/n/1/?utm_source=tg", "https://www.news.example/n/1#x"):
        assert run("explain", link).exit_code == 0
        assert "is alone in its story" in run("split", link).output
    assert run("explain", "https://news.example/n/2").exit_code == 1


@pytest.mark.parametrize("command", ["explain", "withdraw", "split"])
def test_a_link_that_several_stories_have_names_none_of_them(run: Run, command: str) -> None:
    live = "".join(
        f"<item><title>{title}</title><guid>{n}</guid><link>http://news.example/live</link></item>"
        for n, title in enumerate(("Budget adopted by parliament", "Snow closes the pass at Dostyk"))
    )
    Path("inbox/live.xml").write_text(f"<rss><channel><title>Live</title>{live}</channel></rss>")
    run("run", "--once")
    told = run(command, "https://www.news.example/live")
    assert told.exit_code == 1
    assert told.output.startswith("2 stories have 'https://www.news.example/live'; name one by its id:\n")
    ids = [line.split()[0] for line in told.output.splitlines()[1:]]
    assert [run("explain", id).exit_code for id in ids] == [0, 0]


def test_a_binary_file_under_the_name_of_a_text_is_no_news(run: Run) -> None:
    Path("inbox/a.txt").write_bytes(bytes(range(256)) * 8)
    result = run("preview", "inbox/a.txt")
    assert result.exit_code == 1
    assert "binary" in result.output
