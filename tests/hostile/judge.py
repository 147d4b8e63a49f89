"""What happened to a case, held against what a good aggregator makes of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser

from .corpus import Case
from .replay import Happened

COMPANY = 20
"""Seconds that a visit may take longer than alone: all cases come at once, and big documents are read one by one."""
FAILS = frozenset({"error_transient", "error_permanent", "rate_limited", "refused"})
MAY_FAIL = frozenset({"ok_degraded", "any_reported"})
FORBIDDEN_ATTRIBUTES = frozenset({"style", "srcdoc", "formaction", "action", "xlink:href", "ping", "background"})
FORBIDDEN = FORBIDDEN_ATTRIBUTES | set(
    "script style iframe frame object embed form input button textarea select base meta link template noscript "
    "plaintext svg math portal dialog".split()
)
NOT_OURS = frozenset({"iframe", "object", "embed", "svg", "math", "srcdoc", "formaction", "ping", "background"})
"""In a page around the articles, which may have a style sheet and links of its own."""
LINKING = frozenset({"href", "src", "srcset", "poster", "cite", "longdesc", "data"})
SCHEMES = frozenset({"http", "https", "mailto"})


def complaints(case: Case, happened: Happened, canary: bool) -> list[str]:
    """Everything that is not as it should be; empty if all is well. `canary`: it was called for this case."""
    found = [*_outcome(case, happened), *_entries(case, happened), *_again(case, happened), *_texts(case, happened)]
    if canary:
        found.append("another server was called")
    if happened.seconds > case.expect.get("max_seconds", 60) + COMPANY:
        found.append(f"took {happened.seconds:.1f} s")
    return found


def wanted(case: Case) -> str:
    """In a few words."""
    e = case.expect
    keys = ("entries", "entries_min", "entries_max", "second_poll_new", "max_seconds", "next_poll_min_s", "state")
    return ", ".join([outcome(case), *(f"{key} {e[key]}".replace("_", " ") for key in keys if key in e)])


def told(happened: Happened) -> str:
    """What happened, in a few words."""
    row = happened.status[0]
    return f"{row['articles']} articles, {row['error'] or 'no error'}"


def outcome(case: Case) -> str:
    """The words of `must` outrank the word of `outcome`, which some corpora fill in by rote."""
    said = str(case.expect["outcome"])
    return "error_transient" if said == "ok" and ": an error" in case.must else said


def _outcome(case: Case, happened: Happened) -> Iterator[str]:
    row, how, expect = happened.status[0], outcome(case), case.expect
    if case.behaviour == "flaky":
        row = happened.status[-1]
    if row["last_visit"] is None:
        yield "was never visited"
    elif how == "ok" and row["error"]:
        yield f"failed: {row['error']}"
    elif how in FAILS and not row["error"]:
        yield "no error was reported"
    if expect.get("state") == "disable_feed" and row["next_visit"]:
        yield f"is visited again at {row['next_visit']}"
    if row["next_visit"] and not expect.get("next_poll_min_s", 0) <= happened.next_in():
        yield f"next visit too soon, in {happened.next_in():.0f} s"
    if row["next_visit"] and happened.next_in() > expect.get("next_poll_max_s", 31 * 86400):
        yield f"next visit too late, in {happened.next_in():.0f} s"


def _entries(case: Case, happened: Happened) -> Iterator[str]:
    expect, articles = case.expect, happened.status[0]["articles"]
    least = expect.get("entries", expect.get("entries_min", 0))
    most = expect.get("entries", expect.get("entries_max", 500))
    if outcome(case) in MAY_FAIL and happened.status[0]["error"] and "entries" in expect and not articles:
        yield f"all is lost: {happened.status[0]['error']}"
    elif not least <= articles <= most:
        yield f"{articles} articles in place of {least} to {most}"
    held = [" ".join(title.split()) for title in happened.titles]
    if "titles" in expect and sorted(expect["titles"]) != sorted(held):
        yield f"titles: {'; '.join(held)[:200]}"
    for title in expect.get("titles_include", ()):
        if not any(" ".join(title.split()) in one for one in held):
            yield f"title missing: {title}; there are {'; '.join(happened.titles)[:200]}"
    for link in expect.get("links", ()):
        if link not in happened.links:
            yield f"link missing: {link}; there are {happened.links}"


def _again(case: Case, happened: Happened) -> Iterator[str]:
    """The later visits: nothing is new where nothing has changed, and the server gets its own validators back."""
    if len(happened.status) > 1:
        new = happened.status[1]["articles"] - happened.status[0]["articles"]
        limit = 0 if case.file else case.expect.get("second_poll_new")
        if limit is not None and new > limit:
            yield f"{new} new articles at the second visit"
    for before, after in zip(happened.requests, happened.requests[1:], strict=False):
        served, sent = before.get("served") or {}, {key.lower(): value for key, value in after["headers"]}
        for given, back in (("ETag", "if-none-match"), ("Last-Modified", "if-modified-since")):
            if served.get(given) and sent.get(back) != served[given]:
                yield f"{given} {served[given]} came back as {sent.get(back)}"
        if {"cookie", "referer"} & set(sent):
            yield "a cookie or a Referer was sent"
        if case.expect.get("state") == "drop_validators" and {"if-none-match", "if-modified-since"} & set(sent):
            yield "the validators of an incomplete answer were kept"


def _texts(case: Case, happened: Happened) -> Iterator[str]:
    for text in case.expect.get("forbid_text", ()):
        if text in happened.published or any(text in title for title in happened.titles):
            yield f"{text!r} was published"
    if re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", "".join(happened.titles)):
        yield "a control character in a title"
    if case.expect.get("html_policy"):
        yield from sorted({found for html in happened.html for found in violations(html, FORBIDDEN)})
        yield from sorted({f"in the page: {found}" for found in violations(happened.page, NOT_OURS)})


def violations(html: str, forbidden: frozenset[str]) -> list[str]:
    """What a browser would see that must not be there."""
    policy = Policy(forbidden)
    policy.feed(html)
    policy.close()
    return policy.found


class Policy(HTMLParser):
    """Walks every tag and attribute. A search in the text would find what is escaped, and so harmless."""

    def __init__(self, forbidden: frozenset[str]) -> None:
        super().__init__()
        self.forbidden = forbidden
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self.forbidden:
            self.found.append(f"<{tag}>")
        for name, value in attrs:
            scheme = re.match(r"([a-z][a-z0-9+.-]*):", re.sub(r"[\x00-\x20]+", "", value or "").lower())
            if name.startswith("on") or name in FORBIDDEN_ATTRIBUTES & self.forbidden:
                self.found.append(f"{tag}@{name}")
            if name in LINKING and scheme and scheme[1] not in SCHEMES:
                self.found.append(f"{tag}@{name}={scheme[1]}:")
