"""Lists of subscriptions, as other readers write them, and ours."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from aggregator import opml
from aggregator.cli import main
from aggregator.config import load
from aggregator.model import Source
from aggregator.opml import OpmlError, Subscription

HEAD = '<?xml version="1.0"?><opml version="1.0"><head><title>x</title></head><body>'
TAIL = "</body></opml>"


def subscriptions(body: str) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(s.url, s.title, s.labels) for s in opml.read(f"{HEAD}{body}{TAIL}".encode())]


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("", []),
        ('<outline type="rss" text="A" xmlUrl="https://a.example/"/>', [("https://a.example/", "A", ())]),
        ('<outline text="A" xmlUrl="https://a.example/"/>', [("https://a.example/", "A", ())]),
        ('<outline title="B" text="A" xmlURL=" https://a.example/ "/>', [("https://a.example/", "B", ())]),
        (
            '<outline text="F"><outline text="G"><outline text="A" xmlUrl="u"/></outline></outline>',
            [("u", "A", ("F", "G"))],
        ),
        ('<outline text="A" category="/News/Steppe,tea" xmlUrl="u"/>', [("u", "A", ("News", "Steppe", "tea"))]),
        ('<outline text="F"><outline text="A" category="F" xmlUrl="u"/></outline>', [("u", "A", ("F",))]),
        ('<outline text="A &amp; B" xmlUrl="u?x=1&amp;y=2"/>', [("u?x=1&y=2", "A & B", ())]),
        ('<outline text="A & B &copy;" xmlUrl="u?x=1&copy=2"/>', [("u?x=1&copy=2", "A & B ©", ())]),
        ('<outline text="link" type="link" url="https://a.example/"/>', [("", "link", ())]),
        ('<outline text="A" xmlUrl="u"><outline text="B" xmlUrl="v"/></outline>', [("u", "A", ()), ("v", "B", ())]),
        ('<outline text=""><outline xmlUrl="u"/></outline>', [("u", "", ())]),
        ("<outline text='F'></outline><foo><outline xmlUrl='u' text='A'/></foo>", [("", "F", ()), ("u", "A", ())]),
    ],
)  # fmt: skip
def test_lists_are_read_as_other_readers_write_them(body: str, found: list[tuple[str, str, tuple[str, ...]]]) -> None:
    assert subscriptions(body) == found


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "windows-1251"])
def test_any_encoding_will_do(encoding: str) -> None:
    outline = '<outline text="Вести степи и гор" xmlUrl="u"/>'
    text = f'<?xml version="1.0" encoding="{encoding}"?><opml><body>{outline}</body></opml>'
    assert opml.read(text.encode(encoding)) == [Subscription("u", "Вести степи и гор", ())]


@pytest.mark.parametrize("text", ["", "hello", "<rss/>", "<opml><body>", "<html></html>", "\x00", "{}"])
def test_what_is_no_list_is_refused(text: str) -> None:
    with pytest.raises(OpmlError, match="no OPML"):
        opml.read(text.encode())


BOMBS = {
    "laughs": '<!DOCTYPE opml [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>' + HEAD + '<outline text="&b;"/>' + TAIL,
    "file": '<!doctype opml [<!ENTITY f SYSTEM "file:///etc/hostname">]>' + HEAD + "&f;" + TAIL,
    "remote": '<!DOCTYPE opml SYSTEM "https://x.example/evil.dtd">' + HEAD + TAIL,
}


@pytest.mark.parametrize("name", BOMBS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_doctype_is_refused(name: str, encoding: str) -> None:
    with pytest.raises(OpmlError, match="DOCTYPE"):
        opml.read(BOMBS[name].encode(encoding))


def test_more_markup_than_a_list_can_have_is_refused() -> None:
    with pytest.raises(OpmlError, match="more markup"):
        opml.read(b"<opml><body>" + b"<outline/>" * 300_000 + b"</body></opml>")


def test_a_list_without_end_costs_seconds_at_most() -> None:
    started = perf_counter()
    with pytest.raises(OpmlError, match="more than 5000 subscriptions"):
        subscriptions("".join(f'<outline text="A" xmlUrl="https://a.example/{n}"/>' for n in range(50_000)))
    for tag in ("outline", "foo"):
        with pytest.raises(OpmlError, match="nested too deeply"):
            subscriptions(f"<{tag}>" * 20_000 + "<outline xmlUrl='u'/>" + f"</{tag}>" * 20_000)
    assert perf_counter() - started < 10


PIECES = st.sampled_from(["<outline ", "text='", "'", ">", "</outline>", "<!--", "&", "]]>"])


@given(st.text(max_size=300) | st.lists(PIECES).map("".join))
def test_no_text_makes_us_raise_anything_but_our_error(text: str) -> None:
    try:
        opml.read(f"{HEAD}{text}{TAIL}".encode("utf-8", "replace"))
    except OpmlError:
        return


def test_what_we_write_we_read() -> None:
    sources = [
        Source(name="a & <b>", kind="feed", location="https://a.example/?x=1&y=2"),
        Source(name="Вести", kind="feed", location="https://b.example/", labels=("steppe", "tea")),
        Source(name="inbox", kind="files", location="/inbox"),
    ]
    written = opml.write('Desk & "sons"', sources)
    assert opml.read(written) == [
        Subscription("https://a.example/?x=1&y=2", "a & <b>", ()),
        Subscription("https://b.example/", "Вести", ("steppe", "tea")),
    ]
    assert b'<opml version="2.0">' in written
    assert b"<title>Desk &amp; \"sons\"</title>" in written
    assert written == opml.write('Desk & "sons"', sources)


# --- the commands ----------------------------------------------------------------------------------------------------

CONFIG = "title: Desk  # ours\nlink: https://desk.example/\nsources:\n  - name: inbox\n    files: inbox/\n# end\n"
LIST = HEAD + """
<outline text="News"><outline text="Steppe: news" xmlUrl="https://a.example/rss"/>
<outline text="Steppe: news" xmlUrl="https://b.example/rss"/></outline>
<outline text="The same" xmlUrl="http://www.a.example/rss/"/>
<outline text="Ours" xmlUrl="https://desk.example/all/rss.xml"/>
<outline text="Odd" xmlUrl="feed://x"/><outline text="A link"/>
""" + TAIL

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)
    Path("config.yaml").write_text(CONFIG)
    Path("list.opml").write_text(LIST)
    return lambda *args, **more: CliRunner().invoke(main, list(args), **more)


def test_import_adds_what_is_new_and_says_what_it_passes_over(run: Run) -> None:
    result = run("import-opml", "list.opml")
    assert result.exit_code == 0, result.output
    assert result.output.splitlines() == [
        "passed over: http://www.a.example/rss/: is here already: source 'Steppe news'",
        "passed over: https://desk.example/all/rss.xml: a feed of our own",
        "passed over: feed://x: this is no web address",
        "passed over: A link: this is no feed",
        "added: Steppe news: https://a.example/rss",
        "added: Steppe news 2: https://b.example/rss",
        "config.yaml: 2 added, 4 passed over",
    ]
    added = (
        '  - name: Steppe news\n    feed: https://a.example/rss\n    labels: ["News"]\n'
        '  - name: Steppe news 2\n    feed: https://b.example/rss\n    labels: ["News"]\n'
    )
    assert Path("config.yaml").read_text() == CONFIG.replace("# end", f"{added}# end")


def test_importing_again_changes_nothing(run: Run) -> None:
    run("import-opml", "list.opml")
    before = Path("config.yaml").read_bytes()
    assert "0 added, 6 passed over" in run("import-opml", "-", input=LIST).output
    assert Path("config.yaml").read_bytes() == before


def test_a_bad_list_changes_nothing(run: Run) -> None:
    Path("list.opml").write_text(BOMBS["laughs"])
    result = run("import-opml", "list.opml")
    assert (result.exit_code, "DOCTYPE" in result.output) == (1, True)
    assert Path("config.yaml").read_text() == CONFIG


def test_what_is_exported_tells_nobody_a_password(run: Run) -> None:
    feed = "  - {name: a, feed: 'https://desk:s3cret@a.example/rss?a=1'}\n"
    Path("config.yaml").write_text(CONFIG.replace("# end", feed))
    listed = run("export-opml").output
    assert "https://a.example/rss?a=1" in listed
    assert "s3cret" not in listed


def test_what_is_exported_can_be_imported(run: Run) -> None:
    run("import-opml", "list.opml")
    before = load(Path("config.yaml")).sources
    assert run("export-opml", "ours.opml").exit_code == 0
    assert run("export-opml").output == Path("ours.opml").read_text()
    Path("config.yaml").write_text(CONFIG)
    run("import-opml", "ours.opml")
    assert load(Path("config.yaml")).sources == before
