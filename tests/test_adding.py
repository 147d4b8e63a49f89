"""Sources written into config.yaml by the program: nothing else in the file may change."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from aggregator import subscribe
from aggregator.cli import main
from aggregator.config import load
from aggregator.config.additions import append
from aggregator.errors import ConfigError

from .loopback import Loopback, reply

URL = "https://new.example/rss?a=1&b=2#x"
FILES = {
    "block": "title: T\nsources:\n  - name: a\n    feed: https://a.example/  # why\n@\n# the end\ntopics: []\n",
    "not-indented": "title: T\nsources:\n- {name: a, files: x}\n@",
    "last-line-is-open": "title: T\nsources:\n- {name: a, files: x}@",
    "windows": "\ufefftitle: T\r\nsources:\r\n  - name: a\r\n    files: x\r\n@\r\ntopics: []\r\n",
    "brackets": "title: T\nsources: [{name: a, files: x}@,]  # c\n",
    "spaced": "title: 'T'\nsources:\n\n  - name: a\n    files: x\n\n  - {name: b, files: y}\n@\n\ntopics: []\n",
    "comment-of-the-last": "title: T\nsources:\n  - name: a\n    files: x\n    # c\n@  # - name: b\ntopics: []\n",
    "empty-value": "title: T\nsources:\n  - name: a\n    files: x\n    labels:\n@# c\n\ntopics: []\n",
    "list-at-the-end": "title: T\nsources:\n- files: x\n  name: a\n  labels:\n  - >\n    b\n    c\n@\nevery: 1h\n",
    "merged": "title: T\nx-s: &s {every: 1d}\nsources:\n  - name: a\n    files: x\n    <<: *s   # s\n@topics: []\n",
    "sources-last": 'topics: []\ntitle: "T"\nsources:\n    -   name: a\n        files: x\n@',
    "empty-brackets": "title: T\nsources: [@ ]  # none yet\ntopics: []\n",
    "nothing": "title: T\nsources:  # none yet\n@\n# more\ntopics: []\n",
    "nothing-at-the-end": "title: T\nsources:@",
    "no-sources": "title: T\ntopics:\n  - {name: all, limit: 9}\n# end@",
}  # fmt: skip
ADDED = {
    "list-at-the-end": f"- name: new\n  feed: {URL}\n",
    "not-indented": f"- name: new\n  feed: {URL}\n",
    "last-line-is-open": f"\n- name: new\n  feed: {URL}\n",
    "windows": f"  - name: new\r\n    feed: {URL}\r\n",
    "brackets": f', {{name: "new", feed: "{URL}"}}',
    "spaced": f"\n  - name: new\n    feed: {URL}\n",
    "sources-last": f"    - name: new\n      feed: {URL}\n",
    "empty-brackets": f'{{name: "new", feed: "{URL}"}}',
    "nothing-at-the-end": f"\n  - name: new\n    feed: {URL}\n",
    "no-sources": f"\nsources:\n  - name: new\n    feed: {URL}\n",
}

NEW = [{"name": "new", "feed": URL}]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / "config.yaml"


@pytest.mark.parametrize("name", FILES)
def test_a_source_is_written_behind_the_others_and_nothing_else_changes(desk: Path, name: str) -> None:
    text, added = FILES[name], ADDED.get(name, f"  - name: new\n    feed: {URL}\n")
    desk.write_bytes(text.replace("@", "").encode())
    append(Path("config.yaml"), NEW)
    assert desk.read_bytes().decode() == text.replace("@", added)
    assert load(desk).sources[-1].location == URL


@pytest.mark.parametrize("text", [
    "title: T\nx-all: &all [{name: a, files: x}]\nsources: *all\n",
    "title: T\nx-one: &one {name: a, files: x}\nsources:\n  - name: b\n    files: y\n  - *one\n",
    "title: T\nsources: ~\n",
    "{title: T}\n",
    "title: T\n...\n",
])  # fmt: skip
def test_where_nothing_can_be_added_the_file_stays_and_the_operator_gets_the_lines(desk: Path, text: str) -> None:
    desk.write_text(text)
    with pytest.raises(ConfigError, match=r"(?s)write\n  - name: new\n    feed: https"):
        append(desk, NEW)
    assert desk.read_text() == text
    assert list(desk.parent.iterdir()) == [desk]


def test_all_sources_are_written_or_none(desk: Path) -> None:
    desk.write_text("title: T\nsources: [{name: a, files: x}]\n")
    before = desk.read_bytes()
    with pytest.raises(ConfigError):
        append(desk, [*NEW, {"name": "a", "feed": "https://twin.example/"}])
    assert desk.read_bytes() == before


def test_odd_texts_are_quoted_and_the_mode_of_the_file_is_kept(desk: Path) -> None:
    desk.write_text("title: T\nsources:\n  - {name: a, files: x}\n")
    desk.chmod(0o640)
    append(desk, [{"name": "2026", "feed": "https://x.example/: #", "labels": ["a, b", "Мир", "no"]}])
    assert "  - name: \"2026\"\n" in desk.read_text()
    source = load(desk).sources[-1]
    assert (source.name, source.location, source.labels) == ("2026", "https://x.example/: #", ("a, b", "Мир", "no"))
    assert desk.stat().st_mode & 0o777 == 0o640


def test_a_link_to_the_configuration_stays_a_link(desk: Path) -> None:
    real = desk.with_name("real.yaml")
    real.write_text("title: T\nsources:\n  - {name: a, files: x}\n")
    desk.symlink_to(real)
    append(desk, NEW)
    assert desk.is_symlink()
    assert "new.example" in real.read_text()


def test_the_examples_in_the_documentation_are_right(desk: Path) -> None:
    examples = re.findall(r"```yaml\n(.*?)```", (Path(__file__).parents[1] / "docs/sources.md").read_text(), re.DOTALL)
    desk.write_text(f"title: T\nsources:\n{''.join(examples)}")
    assert {source.kind for source in load(desk).sources} == {"feed", "page", "sitemap", "files"}


def test_a_name_is_made_free() -> None:
    assert subscribe.free_name("Steppe: «News»", []) == "Steppe News"
    assert subscribe.free_name("a", ["a", "a 2"]) == "a 3"
    assert subscribe.free_name("***", []) == "source"
    assert len(subscribe.free_name("я" * 90, ["я" * 64])) <= 64


# --- the command -----------------------------------------------------------------------------------------------------

RSS = b"""<rss><channel><title>Steppe &amp;amp; sky</title>
<item><title>Older</title><link>https://x.example/1</link><pubDate>1 Feb 2026 10:00 GMT</pubDate></item>
<item><title>Newer &lt;b&gt;bold&lt;/b&gt;</title><pubDate>2 Feb 2026 10:00 GMT</pubDate></item>
</channel></rss>"""
PAGE = b'<!doctype html><html><head><link rel=alternate type=application/rss+xml href=/rss></head>'
ODD = {"/text": reply(body=b"hello"), "/gone": reply(410)}
CONFIG = """\
title: Desk   # ours
link: https://desk.example/news/
polite: {pause: 0s}
private_hosts: [127.0.0.1]
sources:
  - name: inbox
    files: inbox/
# here the topics begin
topics: []
"""

Add = Callable[..., Result]


@pytest.fixture
def add(desk: Path) -> Add:
    desk.write_text(CONFIG)
    return lambda *args: CliRunner().invoke(main, ["add", *args])


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback({"/": reply(body=PAGE), "/rss": reply(body=RSS), **ODD}) as server:
        yield server



def test_a_desk_without_a_source_gets_its_first_one(desk: Path, server: Loopback, add: Add) -> None:
    desk.write_text("title: Desk\nprivate_hosts: [127.0.0.1]\n")
    assert add(server.url("/rss")).exit_code == 0
    assert [source.location for source in load(desk).sources] == [server.url("/rss")]

def test_add_finds_the_feed_shows_it_and_writes_it_down(add: Add, server: Loopback, desk: Path) -> None:
    result = add(server.url("/"))
    assert result.exit_code == 0, result.output
    assert [line.strip() for line in result.output.splitlines()[:3]] == [
        f"Steppe & sky: {server.url('/rss')}", "2026-02-02  Newer bold", "2026-02-01  Older",
    ]  # fmt: skip
    added = f"  - name: \"127.0.0.1\"\n    feed: {server.url('/rss')}\n"
    assert desk.read_text() == CONFIG.replace("# here", f"{added}# here")


def test_adding_again_says_so_and_changes_nothing(add: Add, server: Loopback, desk: Path) -> None:
    assert add(server.url("/rss"), "--name", "steppe").exit_code == 0
    before = desk.read_bytes()
    for url in (server.url("/rss"), server.url("/rss/?utm_source=x"), server.url("/")):
        result = add(url)
        assert (result.exit_code, "is here already: source 'steppe'" in result.output) == (0, True)
    assert desk.read_bytes() == before


def test_what_cannot_be_a_source_is_refused(add: Add, server: Loopback, desk: Path) -> None:
    assert "is no feed" in add(server.url("/text")).output
    assert "410 Gone" in add(server.url("/gone")).output
    assert "a source is called 'inbox' already" in add(server.url("/"), "--name", "inbox").output
    assert add(server.url("/"), "--name", "???").exit_code == 2
    assert add("ftp://x.example/").exit_code == 2
    assert desk.read_text() == CONFIG


def test_our_own_feeds_are_no_source(add: Add, server: Loopback, desk: Path) -> None:
    desk.write_text(CONFIG.replace("https://desk.example/news/", server.url("/")))
    result = add(server.url("/rss"))
    assert (result.exit_code, "a feed of our own" in result.output) == (1, True)
    assert not subscribe.is_ours("https://desk.example/newspaper.xml", "https://desk.example/news/")
    assert subscribe.is_ours("http://www.desk.example/news/all/rss.xml", "https://desk.example/news/")
