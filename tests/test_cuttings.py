"""An entry that is read by itself says what it says among the others; or the feed is not read in pieces."""

from __future__ import annotations

from hashlib import sha256
from itertools import chain
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.errors import ParseError
from aggregator.model import Fetched, Item
from aggregator.sources import Cuttings, Told, feed
from aggregator.sources._cuttings import REVISION

from .make import fetched, source
from .test_fastfeed import ATOM, NAMESPACES, PARTS

CASES = sorted(Path(__file__).parent.glob("data/sources/feed/*.xml"))
SOURCE = source("alpha")
RSS = f'<rss version="2.0" xmlns:a="{ATOM}" xmlns:atom="{ATOM}" {NAMESPACES}><channel>'
HEAD = f"<?xml version='1.0'?>{RSS}<title>Alpha</title><link>https://alpha.example/</link>"
TAIL = "</channel></rss>"
PLAIN = [
    f"<item><title>Headline {n}</title><link>https://alpha.example/{n}</link><guid>{n}</guid>{more}</item>"
    for n, more in enumerate(
        ["", "<pubDate>Fri, 20 Nov 2026 09:00:00 GMT</pubDate>", "<description>&lt;p&gt;One&lt;/p&gt;</description>",
         "<description>Short</description><content:encoded><![CDATA[<p>Long</p>]]></content:encoded>",
         "<dc:creator>Ann</dc:creator><category>News</category>"]
    )
]  # fmt: skip


def document(*entries: str, head: str = HEAD, tail: str = TAIL) -> Fetched:
    return fetched("\n".join([head, *entries, tail]).encode())


def cut(one: Fetched) -> Cuttings:
    found = feed.cut(SOURCE, one)
    assert found
    return found


def told(one: Fetched, *places: int) -> Told | None:
    return cut(one).read(places)


def whole(one: Fetched) -> list[Item]:
    return list(feed.parse(SOURCE, one))


def test_an_entry_is_read_without_the_others() -> None:
    one = document(*PLAIN)
    found = told(one, 1, 4)
    assert found
    assert found.items == [whole(one)[1], whole(one)[4]]


def test_a_frame_is_the_same_whatever_the_feed_says_of_today() -> None:
    days = [f"{HEAD}<lastBuildDate>Fri, 20 Nov 2026 0{n}:00:00 GMT</lastBuildDate>" for n in range(2)]
    ends = [f"{TAIL}<!-- made in {n} s -->" for n in range(2)]
    feeds = [document(*PLAIN, head=day, tail=end) for day in days for end in ends]
    assert len({cut(one).frame for one in feeds}) == 1
    assert all(told(one, 0) for one in feeds)


@pytest.mark.parametrize(
    ("head", "tail"),
    [(HEAD.replace("Alpha", "Beta"), TAIL), (HEAD, f"<language>ru</language>{TAIL}"),
     (HEAD.replace("Alpha", "<![CDATA[<updated>2026</updated>]]>"), TAIL)],
)  # fmt: skip
def test_a_frame_is_another_when_the_feed_says_something_else(head: str, tail: str) -> None:
    assert cut(document(*PLAIN, head=head, tail=tail)).frame != cut(document(*PLAIN)).frame


ODD = [
    "<item><title><![CDATA[</item>", "<item>]]></title></item>", "<item><title><![CDATA[ <item> ]]></title></item>",
    "<item/>", "<item></item>", "<item><guid>9</guid></item>", "<ITEM><title>Loud</title></ITEM>",
    "<item ><title>Wide</title></item >", "<item><title>A</title><item><title>B</title></item></item>",
    '<item xml:base="https://beta.example/"><title>Based</title><link>/b</link></item>',
    '<item><title>Named</title><a:author xmlns:a="http://www.w3.org/2005/Atom"><a:name>B</a:name></a:author></item>',
    "<item><title>It\x92s</title></item>", "<item><title>It&#146;s</title></item>",
    "<item><title>&nbsp;</title></item>", "<item><title>A & B</title></item>",
    "<item><!-- <title>A</title></item>", "<item>--><title>B</title></item>",
    "<item><title><![CDATA[A <!-- b --> <?c?>]]></title></item>", "<item><title><![CDATA[A <!-- ]]></title></item>",
    "<item><title><![CDATA[--> ?> B]]></title></item>", "<item><title>]]><!--<![CDATA[A]]>--></title></item>",
    "<item><title>A<?x </title></item>", "<item>?><title>B</title></item>", "<a:item><title>Atom</title></a:item>",
    "<item><title>A</title><media:title>B</media:title><source url='/'>C</source></item>", "between", "\x0c",
    "<item><pubDate>someday</pubDate><title>A</title></item>", "<item><title>&#55357;&#56832;</title></item>",
    "<item a='>'/><title>T</title></item>", "<item><title>A</title></item><link>https://beta.example/</link>",
    "<items><item><title>A</title></items></item>", "<item><title>A</title><managingEditor>Ann", "</item>", "<item>",
    "<item xml:lang='kk'><title>Сәлем</title></item>", "<item><author>Ann</author><author>Bob</author></item>",
]  # fmt: skip
HEADS = [
    HEAD, f"{HEAD}<language>ru</language>", f"{HEAD}<author>Ann</author>", f"{HEAD}<pubDate>2026-11-20</pubDate>",
    f"{HEAD}<pubDate>today</pubDate>", f"{HEAD}<description>A</description><description>B</description>",
    HEAD.replace("<channel>", '<channel xml:base="https://beta.example/">'), f"{HEAD}<!-- <item> -->", f"{HEAD}<!--",
    f"{HEAD}<![CDATA[", f"junk {HEAD}", HEAD.replace("<rss", "<!DOCTYPE rss><rss"), f"{HEAD}<ttl>60</ttl>",
    HEAD.replace("Alpha", '<![CDATA[<updated>xmlns="http://www.w3.org/2005/Atom"</updated>]]>'), RSS,
    HEAD.replace("Alpha", "It\x92s"), f"{HEAD}<image><title>Logo</title></image>", f"{HEAD}<content>A</content>",
]  # fmt: skip
TAILS = [
    TAIL, f"<title>Beta</title>{TAIL}", f"<ttl>60</ttl>{TAIL}", f"-->{TAIL}", f"]]>{TAIL}", "", f"{TAIL}junk",
    f"<link>https://beta.example/</link>{TAIL}", f"<ITEM><title>Last</title></ITEM>{TAIL}", f"{TAIL}<!-- in 2 s -->",
]  # fmt: skip
any_entry = st.lists(PARTS, min_size=1, max_size=6).map(lambda parts: f"<item>{''.join(parts)}</item>")
an_entry = st.one_of(st.sampled_from(PLAIN), st.sampled_from(PLAIN), st.sampled_from(ODD), any_entry)
a_head = st.one_of(st.just(HEAD), st.sampled_from(HEADS))
a_tail = st.one_of(st.just(TAIL), st.sampled_from(TAILS))
a_document = st.builds(
    lambda entries, head, tail: document(*entries, head=head, tail=tail),
    st.lists(an_entry, min_size=1, max_size=6), a_head, a_tail,
)  # fmt: skip


def visit(one: Fetched, marked: dict[tuple[str, str], Item]) -> tuple[list[Item], Told] | None:
    """What the entries say, of which those that are marked are not read; None: the feed is not read in pieces."""
    cuttings = feed.cut(SOURCE, one)
    if not cuttings:
        return None
    marks = [(cuttings.frame, entry) for entry in cuttings.entries]
    new = [n for n, mark in enumerate(marks) if mark not in marked] or [0]
    if (found := cuttings.read(new)) is None:
        return None
    read = dict(zip(new, found.items, strict=True))
    return [read[n] if n in read else marked[mark] for n, mark in enumerate(marks)], found


@settings(deadline=None, max_examples=500)
@given(st.lists(a_document, min_size=1, max_size=4))
def test_a_feed_that_is_read_in_pieces_says_what_it_says_whole(documents: list[Fetched]) -> None:
    marked: dict[tuple[str, str], Item] = {}
    for one in documents:
        if (found := visit(one, marked)) is None:
            continue
        items, rest = found
        assert items == whole(one)
        assert rest.wishes == feed.wishes(one)
        assert list(rest.notes) == list(feed.notes(one))
        marked = {(cut(one).frame, entry): item for entry, item in zip(cut(one).entries, items, strict=True)}


@pytest.mark.parametrize("entry", ODD)
def test_what_reaches_into_others_is_not_read_in_pieces_or_says_the_same(entry: str) -> None:
    one = document(PLAIN[1], entry, PLAIN[2])
    if found := visit(one, {}):
        assert found[0] == whole(one)


def of_a_case(case: Path) -> list[Item]:
    one = fetched(case.read_bytes())
    found = visit(one, {})
    return found[0] if found else []


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_a_case_says_the_same_in_pieces(case: Path) -> None:
    one = fetched(case.read_bytes())
    if found := visit(one, {}):
        assert found[0] == whole(one)
        assert [told(one, n).items[0] for n in range(len(found[0]))] == whole(one)  # type: ignore[union-attr]


def test_whoever_changes_what_an_entry_makes_raises_the_revision() -> None:
    """If this fails, the same entries make other Items: raise REVISION of sources/_cuttings.py, and pin the digest."""
    items = list(chain.from_iterable(map(of_a_case, CASES)))
    assert len(items) > 30
    assert (REVISION, sha256(repr(items).encode()).hexdigest()[:16]) == (2, "4fb50e3aa9f31108")


def test_a_comment_in_a_text_is_a_text() -> None:
    commented = "<item><title>A</title><description><![CDATA[<!-- more -->B]]></description></item>"
    found = told(document(*PLAIN, commented), 5)
    assert found
    assert found.items[0].content == "<!-- more -->B"


def test_pages_and_what_is_broken_are_not_cut() -> None:
    assert feed.cut(SOURCE, fetched(b"<html><p>Nothing</p></html>")) is None
    with pytest.raises(ParseError):
        whole(fetched(b"<html><p>Nothing</p></html>"))
