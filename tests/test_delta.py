from __future__ import annotations

import re

import pytest

from aggregator.delta import VERSIONS, BackIssues


def rss(*entries: str) -> bytes:
    items = "".join(f"<item><guid>{e}</guid></item>\n" for e in entries)
    return f'<?xml version="1.0"?>\n<rss><channel><title>Вести</title>\n{items}</channel></rss>'.encode()


def atom(*entries: str) -> bytes:
    listed = "".join(
        f"<at:deleted-entry ref='{e[1:]}'/>" if e.startswith("-") else f"<entry><id>{e}</id></entry>" for e in entries
    )
    return f"<feed xmlns='http://www.w3.org/2005/Atom' xmlns:at='urn:at'><title>All</title>{listed}</feed>".encode()


def guids(document: bytes | None) -> list[bytes]:
    assert document is not None
    return re.findall(rb"<(?:guid|id)>(.*?)</", document)


def test_only_what_came_since_is_sent_in_its_order() -> None:
    issues = BackIssues()
    editions = {"1": rss("b", "a"), "2": rss("c", "b", "a"), "3": rss("e", "d", "c", "b")}
    for version, document in editions.items():
        issues.note(version, document)
    assert guids(issues.since("1", editions["3"])) == [b"e", b"d", b"c"]
    assert guids(issues.since("2", editions["3"])) == [b"e", b"d"]
    assert guids(issues.since("3", editions["3"])) == []
    assert issues.since("0", editions["3"]) is None


def test_everything_but_the_entries_stays_as_it_is() -> None:
    issues = BackIssues()
    issues.note("1", rss("a"))
    issues.note("2", rss("b", "a"))
    assert issues.since("1", rss("b", "a")) == rss("b", "a").replace(b"<item><guid>a</guid></item>", b"")
    issues = BackIssues()
    issues.note("1", atom("b", "a"))
    issues.note("2", atom("c", "-b", "a"))
    assert issues.since("1", atom("c", "-b", "a")) == atom("c", "-b")


def test_an_edited_entry_is_new_and_so_is_one_that_has_come_back() -> None:
    issues = BackIssues()
    for version, document in {"1": atom("a", "b"), "2": atom("a, edited", "b"), "3": atom("b")}.items():
        issues.note(version, document)
    issues.note("4", atom("a", "b"))
    assert guids(issues.since("2", atom("a", "b"))) == [b"a"]


def test_a_version_that_returns_is_the_newest() -> None:
    issues = BackIssues()
    for version, document in {"1": rss("a"), "2": rss("b")}.items():
        issues.note(version, document)
    issues.note("1", rss("a"))
    assert guids(issues.since("2", rss("a"))) == [b"a"]
    assert guids(issues.since("1", rss("a"))) == []


@pytest.mark.parametrize("text", ["<![CDATA[</item><item><guid>x</guid>]]>", "<!-- <item> -->", "<b><item/></b>"])
def test_a_text_about_entries_is_no_entry(text: str) -> None:
    old, new = (f"<rss>{more}<item><d>{text}</d></item></rss>".encode() for more in ("", "<item>new</item>"))
    issues = BackIssues()
    issues.note("1", old)
    issues.note("2", new)
    assert issues.since("1", new) == b"<rss><item>new</item></rss>"


@pytest.mark.parametrize("document", [b"", b"no XML", b"<rss><item>", "<rss>\ud800".encode("utf-8", "surrogatepass")])
def test_what_is_no_xml_is_sent_whole(document: bytes) -> None:
    issues = BackIssues()
    issues.note("1", rss("a"))
    issues.note("2", document)
    assert issues.since("1", document) == document


def test_memory_is_bounded() -> None:
    issues = BackIssues()
    for n in range(VERSIONS * 3):
        issues.note(str(n), rss(str(n), str(n - 1)))
    assert len(issues._numbers) == VERSIONS
    assert len(issues._came) == 2
    assert issues.since(str(VERSIONS), b"") is None
