"""The operator's file, read; and every complaint, where it belongs: data/config/NAME.yaml + NAME.complaints.txt."""

from __future__ import annotations

import re
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator import plugins, values
from aggregator.config import KEYS, Config, _yaml, load
from aggregator.errors import ConfigError
from aggregator.model import Imprint, Manners, Match, Rule, Source, Term, Topic

CASES = Path(__file__).parent / "data" / "config"
PAGE = Path(__file__).parent.parent / "docs" / "configuration.md"
SOURCES = "sources: [{name: inbox, files: inbox}]"


IN_A_CIRCLE = "this path cannot be followed: Too many levels of symbolic links"
TOO_LONG = "this path cannot be followed: File name too long"


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace, and we are in it."""
    (tmp_path / "inbox").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read(text: str) -> Config:
    Path("config.yaml").write_text(text, encoding="utf-8")
    return load(Path("config.yaml"))


def complaints_about(text: str) -> list[str]:
    with pytest.raises(ConfigError) as raised:
        read(text)
    return str(raised.value).splitlines()


@pytest.mark.parametrize("case", sorted(CASES.glob("*.complaints.txt")), ids=lambda p: p.name.split(".")[0])
def test_every_complaint_says_where_and_what(case: Path, desk: Path) -> None:
    name = case.name.replace(".complaints.txt", ".yaml")
    shutil.copy(CASES / name, desk)
    with pytest.raises(ConfigError) as raised:
        load(Path(name))
    expected = case.read_text(encoding="utf-8")
    for family in ("sources", "formats"):
        expected = expected.replace(f"<{family}>", ", ".join(plugins.names(family)))
    assert [str(c) for c in raised.value.complaints] == expected.splitlines()


def test_every_broken_example_has_its_complaints() -> None:
    expected = {p.name.replace(".complaints.txt", ".yaml") for p in CASES.glob("*.complaints.txt")}
    assert {p.name for p in CASES.glob("*.yaml")} - expected == {"full.yaml", "small.yaml"}


def test_a_small_file_is_enough(desk: Path) -> None:
    shutil.copy(CASES / "small.yaml", desk)
    assert load(Path("small.yaml")) == Config(
        path=Path("small.yaml"),
        text="",  # is not compared
        imprint=Imprint(title="Small", link="http://127.0.0.1:8080/", authority="127.0.0.1,2026"),
        manners=Manners(),
        listen=("127.0.0.1", 8080),
        database=desk / "db" / "river.sqlite",
        feeds=desk / "feeds",
        workers=256,
        settle=timedelta(),
        desk=False,
        sources=(
            Source(
                name="inbox", kind="files", location=str(desk / "inbox"), every=timedelta(seconds=10), adapts=False
            ),
        ),
        topics=(Topic(name="all", title="All stories"),),
            trials=(),
    )


def test_everything_can_be_said(desk: Path) -> None:
    shutil.copy(CASES / "full.yaml", desk)
    config = load(Path("full.yaml"))
    assert config.imprint == Imprint(
        title="Desk of the steppe",
        link="https://news.example.org/river/",
        contact="desk@example.org",
        language="ru",
        authority="desk@example.org,2026-05",
        hubs=("https://hub.example/?for=news", "http://127.0.0.1:8081/"),
    )
    assert config.manners == Manners(
        contact="desk@example.org",
        at_once=2,
        pause=timedelta(seconds=2.5),
        private_hosts=frozenset({"127.0.0.1", "::1", "news.example.org", "fd00::/8"}),
    )
    assert (config.listen, config.workers, config.desk) == (("::1", 9090), 4, True)
    assert (config.database, config.feeds) == (desk / "kept" / "river.sqlite", Path("/srv/feeds"))


def test_sources_are_read_by_their_kinds(desk: Path) -> None:
    shutil.copy(CASES / "full.yaml", desk)
    steppe, inbox, quick, plain = load(Path("full.yaml")).sources
    assert steppe == Source(
        name="Степь",
        kind="tests.pages_kind",
        location="https://example.org/pages",
        title="Степной вестник",
        every=timedelta(hours=1, minutes=30),
        priority=-5,
        language="kk",
        labels=("экономика", "no", "2026"),
        options={"depth": 3},
    )
    assert (inbox.every, inbox.labels) == (timedelta(days=1), ("archive",))
    assert (quick.every, quick.labels) == (timedelta(seconds=1), ("archive",))
    assert [s.quarantine for s in (steppe, inbox, quick, plain)] == [0, 0, 200, 80]


def test_a_source_with_an_every_of_its_own_is_visited_so_often_and_others_by_their_pace(desk: Path) -> None:
    config = read(
        "title: T\nevery: 10m\nat_least_every: 6h\nsources:\n"
        "  - {name: a, feed: https://a.example/}\n"
        "  - {name: b, feed: https://b.example/, every: 10m, at_least_every: 2d}\n"
    )
    known = [(s.every, s.at_least_every, s.adapts) for s in config.sources]
    minutes, hours = timedelta(minutes=10), timedelta(hours=6)
    assert known == [(minutes, hours, True), (minutes, timedelta(days=2), False)]


def test_secrets_come_from_the_environment_and_from_files(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WIRE_PASSWORD", "пароль: 1")
    (desk / "token").write_text("abc.DEF\n")
    config = read(
        "title: T\nsources:\n"
        "  - {name: a, feed: https://a.example/, auth: {user: desk, password: 'env:WIRE_PASSWORD'}}\n"
        "  - {name: b, feed: https://b.example/, auth: {token: 'file:token'}, headers: {X-Key: 'file:token', X: 1 2}}\n"
    )
    a, b = config.sources
    assert a.headers == {"Authorization": "Basic ZGVzazrQv9Cw0YDQvtC70Yw6IDE="}
    assert b.headers == {"Authorization": "Bearer abc.DEF", "X-Key": "abc.DEF", "X": "1 2"}
    assert "abc" not in repr(config)


def test_topics_have_rules_and_their_tests(desk: Path) -> None:
    shutil.copy(CASES / "full.yaml", desk)
    config = load(Path("full.yaml"))
    everything, neighbours, words = config.topics
    assert everything == Topic(name="all", title="Всё", limit=500)
    foreign = (Term(text="Беларусь"), Term(text="НАТО", match=Match.EXACT), Term(text="эконом", match=Match.PREFIX))
    assert neighbours == Topic(
        name="neighbours",
        title="Соседи",
        description="What the neighbours say of each other",
        rule=Rule(
            all=(Term(text="Казахстан"), Rule(any=foreign)),
            none=(Term(text="футбол", place="title"), Term(text="хокке[йя]", match=Match.PATTERN)),
        ),
        language="be",
        formats=("rss", "html"),
        limit=7,
        content="summary",
        per_source=3,
        at_least_sources=2,
        languages=("ru", "kk"),
    )
    trials = [(t.topic, t.headline, t.wanted) for t in config.trials]
    assert trials == [("neighbours", "Казахстан и Беларусь", True), ("neighbours", "Хоккей", False)]
    assert words.rule is not None
    assert [str(term) for term in words.rule.any] == ["no", "2026", "Нет", "2026-01-02", "on", "~x"]


def test_an_absolute_folder_stays_as_written(desk: Path) -> None:
    folder = desk / "inbox"
    assert read(f"title: Desk\nsources: [{{name: far, files: {folder}}}]").sources[0].location == str(folder)


def test_paths_are_relative_to_the_file_and_not_to_us(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = read(f"title: Desk\n{SOURCES}")
    monkeypatch.chdir("/")
    there = load(desk / "config.yaml")
    assert (there.database, there.sources) == (here.database, here.sources)


@pytest.mark.parametrize(
    ("listen", "place", "link", "authority"),
    [
        ("9000", ("127.0.0.1", 9000), "http://127.0.0.1:9000/", "127.0.0.1,2026"),
        ("0.0.0.0:80", ("0.0.0.0", 80), "http://127.0.0.1:80/", "127.0.0.1,2026"),
        ('"[::]:80"', ("::", 80), "http://[::1]:80/", "localhost,2026"),
        ("Localhost:8080", ("localhost", 8080), "http://localhost:8080/", "localhost,2026"),
    ],
)
def test_the_address_follows_from_where_we_listen(
    desk: Path, listen: str, place: tuple[str, int], link: str, authority: str
) -> None:
    config = read(f"title: Desk\nlisten: {listen}\n{SOURCES}")
    assert (config.listen, config.imprint.link, config.imprint.authority) == (place, link, authority)


@pytest.mark.parametrize(
    ("link", "authority"),
    [
        ("https://News.example.org:8443/x", "news.example.org,2026"),
        ("https://новости.example/", "xn--b1amnebsh.example,2026"),
    ],
)
def test_the_identity_follows_from_the_address(desk: Path, link: str, authority: str) -> None:
    assert read(f"title: Desk\nlink: {link}\n{SOURCES}").imprint.authority == authority


@pytest.mark.parametrize(
    ("language", "title"),
    [
        ("en", "All stories"),
        ("ru", "Все новости"),
        ("kk", "Барлық жаңалықтар"),
        ("de-AT", "Alle Meldungen"),
        ("fr", "All stories"),
    ],
)
def test_the_topic_of_everything_speaks_the_imprints_language(desk: Path, language: str, title: str) -> None:
    assert read(f"title: Desk\nlanguage: {language}\n{SOURCES}").topics[0] == Topic(name="all", title=title)


def test_norwegian_is_a_language(desk: Path) -> None:
    assert read(f"title: Desk\nlanguage: no\n{SOURCES}").imprint.language == "no"


def test_commented_out_topics_are_no_topics(desk: Path) -> None:
    assert len(read(f"title: Desk\n{SOURCES}\ntopics:\n#  - name: x\n").topics) == 1


def test_a_topic_without_formats_is_a_complaint(desk: Path) -> None:
    (complaint,) = complaints_about(f"title: Desk\n{SOURCES}\ntopics: [{{name: x, match: y, formats: []}}]")
    assert complaint.startswith("config.yaml:3:39: nothing would be published")


def test_a_feed_is_visited_every_half_hour_unless_said_otherwise(desk: Path) -> None:
    feeds = "sources: [{name: a, feed: 'https://example.org/a'}, {name: b, feed: 'https://example.org/b', every: 1m}]"
    assert [s.every for s in read(f"title: Desk\n{feeds}").sources] == [timedelta(minutes=30), timedelta(minutes=1)]


def test_a_feed_has_a_web_address(desk: Path) -> None:
    (complaint,) = complaints_about("title: Desk\nsources:\n  - name: a\n    feed: example.org\n")
    assert complaint.startswith("config.yaml:4:11: 'example.org' is no web address")


@pytest.mark.parametrize(
    ("key", "path", "complaint"),
    [
        ("files", "circle/a/", IN_A_CIRCLE), ("files", "circle/*.txt", IN_A_CIRCLE), ("files", "d/" * 2500, TOO_LONG),
        ("files", r'"in\0box"', "no file can have such a name"), ("feeds", "circle", IN_A_CIRCLE),
        ("feeds", r'"\ud800"', "no file can have such a name"), ("database", "circle/river.sqlite", IN_A_CIRCLE),
        ("database", "d" * 300, TOO_LONG), ("like", "d" * 300, "this folder cannot be read: File name too long"),
        ("like", "circle", "there is no folder {}/circle"),
    ],
)  # fmt: skip
def test_a_path_that_can_never_be_followed_is_a_complaint_and_no_crash(
    key: str, path: str, complaint: str, desk: Path
) -> None:
    Path("circle").symlink_to("circle")
    places = {"files": f"- name: more\n  files: {path}", "like": f"topics:\n- name: wind\n  like: {path}"}
    text = f"title: Desk\nsources:\n- {{name: inbox, files: inbox/}}\n{places.get(key, f'{key}: {path}')}\n"
    line, column = text[: text.rindex(path)].count("\n") + 1, (2 if key in places else 0) + len(f"{key}: ") + 1
    assert complaints_about(text)[0] == f"config.yaml:{line}:{column}: {complaint.format(desk)}"


def test_where_nothing_is_said_of_feeds_a_circle_in_its_place_is_a_complaint_too(desk: Path) -> None:
    Path("feeds").symlink_to("feeds")
    assert complaints_about(f"title: Desk\n{SOURCES}\n") == [f"config.yaml:1:1: {IN_A_CIRCLE}"]


def test_a_folder_that_may_come_yet_is_no_complaint(desk: Path) -> None:
    assert read("title: Desk\nsources: [{name: inbox, files: config.yaml/later/*.txt}]\n").sources


@pytest.mark.parametrize("said", ["h3", "h3 > a", ".card__title", "article.card h2", "a[href]", "*", "div#news span"])
def test_a_selector_of_headlines_is_no_public_name(desk: Path, said: str) -> None:
    place = f"title: T\nsources:\n- name: museum\n  page: https://museum.example/news\n  items: li\n  title: '{said}'"
    (complaint,) = complaints_about(place)
    assert complaint.startswith("config.yaml:6:10: 'title' is the source's public name")
    assert complaint.endswith(f"'headline: {said}'")
    (both,) = read(f"{place}\n  headline: h3\n").sources
    assert (both.title, both.options["headline"]) == (said, "h3")


@pytest.mark.parametrize("said", ["Museum", "museum", "time.kz", "News.kz", "A", "Музей > новости", "H3 Media", "2026"])
def test_any_source_has_a_public_name(desk: Path, said: str) -> None:
    place = f"title: T\nsources:\n- name: museum\n  page: https://museum.example/news\n  items: li\n  title: {said}\n"
    assert read(place).sources[0].title == said


def test_no_kind_calls_an_option_as_a_key_is_called_that_every_source_has() -> None:
    of_all = {key.removeprefix("sources.") for key in KEYS if key.startswith("sources.")}
    for kind in plugins.names("sources"):
        assert not of_all & getattr(plugins.load("sources", kind), "OPTIONS", {}).keys()


def test_a_missing_file_is_a_complaint(desk: Path) -> None:
    with pytest.raises(ConfigError) as raised:
        load(Path("nowhere/config.yaml"))
    assert str(raised.value) == "nowhere/config.yaml:1:1: there is no such file; 'aggregator init' makes one"


def test_a_folder_is_no_configuration(desk: Path) -> None:
    with pytest.raises(ConfigError, match=r"^inbox:1:1: the file cannot be read: "):
        load(Path("inbox"))


def test_a_huge_file_is_not_read(desk: Path) -> None:
    assert complaints_about("#" * 1_000_001) == ["config.yaml:1:1: the file is too large; 1000000 bytes are allowed"]


def test_a_half_written_file_is_a_complaint_and_no_crash(desk: Path) -> None:
    whole = (CASES / "full.yaml").read_text(encoding="utf-8")
    for end in range(1, whole.index("- name: Степь"), 13):
        assert all(line.startswith("config.yaml:") for line in complaints_about(whole[:end]))


EXAMPLES = [path.read_text(encoding="utf-8", errors="replace") for path in sorted(CASES.glob("*.yaml"))]
SLIPS = (
    *" \n:-[]{},#&*!|>'\"%@`?~\\<=0aж\t\r\ufeff\u2028\x85", "\n  ", "\n- ", ": ", "--- ", "\n...\n", "&a ", "*a",
    "<<: ", "!!str ", "|\n  ", ">-\n  ", "''", '""', "[" * 2000,
)  # fmt: skip


@st.composite
def broken_examples(draw: st.DrawFn) -> str:
    """Some lines of an example with a few slips."""
    lines = draw(st.sampled_from(EXAMPLES)).splitlines(keepends=True)
    start = draw(st.integers(0, len(lines) - 1)) if lines else 0
    text = "".join(lines[start : start + draw(st.integers(1, 12))])
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(text)))
        text = text[:at] + draw(st.sampled_from(SLIPS)) + text[at + draw(st.sampled_from((0, 0, 1, 3))) :]
    return text


@given(broken_examples())
def test_the_quick_reader_of_yaml_reads_what_the_careful_one_reads(text: str) -> None:
    """Or nothing, and leaves it to the other one."""
    quick = _yaml._quickly(text)
    if quick is not None:
        careful, complaint = _yaml._with_care("config.yaml", text)
        assert complaint is None
        tree = _yaml._Tree("config.yaml")
        assert (quick, []) == (tree.node(careful), tree.complaints)


def test_a_plain_file_is_read_the_quick_way() -> None:
    assert _yaml._quickly((CASES / "small.yaml").read_text(encoding="utf-8")) is not None
    assert _yaml._quickly((Path(__file__).parent.parent / "config.yaml").read_text(encoding="utf-8")) is not None


@pytest.mark.parametrize("text", ["[" * 100_000, "{a: " * 100_000, "- " * 100_000])
def test_what_is_nested_without_end_is_a_complaint_and_no_crash(text: str, desk: Path) -> None:
    assert complaints_about(text) == ["config.yaml:1:1: nested too deeply; 40 levels are allowed"]


def test_a_byte_order_mark_and_windows_lines_do_no_harm(desk: Path) -> None:
    Path("config.yaml").write_bytes(f"\ufefftitle: Desk\r\n{SOURCES}\r\nworkers: x\r\n".encode())
    with pytest.raises(ConfigError, match=r"^config.yaml:3:10: "):
        load(Path("config.yaml"))


def test_the_page_and_the_code_know_the_same_keys() -> None:
    rows = re.findall(r"^\| `([\w.]+)` \| (.*?) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    documented = {key: re.sub(r"^`(.*)`$", r"\1", default) for key, default in rows}
    assert documented == {key: default or "nothing" for key, default in KEYS.items()}


def test_the_example_on_the_page_is_right(desk: Path) -> None:
    (example,) = re.findall(r"```yaml\n(title:.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    config = read(example)
    assert len(config.sources) >= 2
    assert len(config.topics) >= 2


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30s", 30), ("5m", 300), ("5min", 300), ("2h", 7200), ("1d", 86400), ("1h 30m", 5400), ("0", 0), ("0.5s", 0.5)],
)
def test_a_duration_is_read(text: str, seconds: float) -> None:
    assert values.duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "5", "h", "5x", "1h and a half", "-5m", "1,5h", "9999999d", "٣m5"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"no duration|no unit"):
        values.duration(text)
