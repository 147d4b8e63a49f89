"""Why a story is what it is: its lead, topics, copies and dates."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from ..model import ALL, Article, Dated, Filing, Story, Term
from ..stores import Store
from ._plainly import Row, iso, when
from ._stories import related_row, story_row

if TYPE_CHECKING:
    from ..classify import Hit, Reason

Mark = Callable[[str], str]
"""Makes words stand out on a terminal."""

_MOST_ALIKE = 5
_MARKED = re.compile(r"\*\*.+?\*\*")

DATED = {
    Dated.SAID: "as the source says",
    Dated.FILE: "the file's own time; the text gives no date",
    Dated.FUTURE: "when we first saw it; the source gives a time to come",
    Dated.MISSING: "when we first saw it; the source gives no date",
    Dated.IMPOSSIBLE: "when we first saw it; the source's date makes no sense",
}


def dated_because(article: Article) -> str:
    """
    How we came by its date. One of the hours to come is believed (it is recognised by), but never told of: the article
    has the second then at which we saw it, and only the source's own words tell whether it said so.
    """
    said = article.date_said
    if article.dated is Dated.SAID:
        is_ours = article.published_at == article.seen_at and said
        return f"no later than when we first saw it; the source says {said}" if is_ours else DATED[Dated.SAID]
    return DATED[article.dated] + (f" («{said}»)" if said else "")


Alike = Sequence[tuple[str, Term, str]]
"""Topic, term, and a word of the story that begins like the term."""


def explanation(story: Story, store: Store, reasons: Sequence[Reason], alike: Alike) -> Row:
    """Everything that is known about why a story is what it is; `reasons` under the rules in force."""
    articles = [article_row(story.lead, store)]
    articles += [article_row(c.article, store) | {"compared": c.compared, "passage": c.passage} for c in story.copies]
    return story_row(story) | {
        "lead_because": story.lead_because,
        "withdrawn_because": story.withdrawal.because if story.withdrawal else "",
        "filings": [filing_row(f, reasons) for f in story.filings],
        "not_filed": [reason_row(r, story) for r in passed_over(story, reasons)],
        "alike": [{"topic": topic, "term": str(term), "word": word} for topic, term, word in alike],
        "related": [related_row(r) for r in story.related],
        "articles": articles,
    }


def article_row(article: Article, store: Store) -> Row:
    a = article
    return {
        "id": a.id, "source": a.source, "publisher": a.publisher, "guid": a.guid, "url": a.url, "title": a.title,
        "published_at": iso(a.published_at), "dated": a.dated.value, "date_said": a.date_said,
        "dated_because": dated_because(a), "updated_at": iso(a.updated_at), "seen_at": iso(a.seen_at),
        "language": a.language, "because": store.why(a.id), "versions": len(store.versions(a.id)),
    }  # fmt: skip


def explanation_lines(story: Story, store: Store, reasons: Sequence[Reason], alike: Alike, mark: Mark) -> Iterator[str]:
    yield story.lead.title
    yield f"  story   {story.id}"
    yield f"  guid    {story.guid}"
    yield f"  listed  {when(story.listed_at)} UTC: its place in every edition, given once"
    yield f"  lead    {story.lead.publisher} ({story.lead.source}): {story.lead_because or 'the first to tell it'}"
    if story.withdrawal:
        because = f": {story.withdrawal.because}" if story.withdrawal.because else ""
        yield f"  withdrawn {when(story.withdrawal.at)} UTC, and stands in no edition{because}"
    yield "  topics"
    for f in story.filings:
        yield from filing_lines(f, reasons, mark)
    others = passed_over(story, reasons)
    if others:
        yield "  no topics of this story, though they ask for words of it"
    for r in others:
        yield f"    {r.topic}: {said_of(r, story)}"
    if not others and not any(f.topic != ALL for f in story.filings):
        yield "  no other topic asks for a word of it"
    if alike:
        yield "  words that begin like a term, and are no form of it"
    for topic, term, word in alike[:_MOST_ALIKE]:
        yield f"    {topic}: «{word}» is not found by {term}"
    if story.related:
        yield "  related: the same event in other words, linked and not merged"
    for other in story.related:
        yield f"    {other.story[:12]}  {other.publisher}: {other.title} ({other.score:.2f})"
    yield "  articles"
    yield from article_lines(article_row(story.lead, store))
    for copy in story.copies:
        yield from article_lines(article_row(copy.article, store))
        if copy.passage:
            yield f"      compared with {copy.compared[:12]}; both say «{copy.passage}»"


def filing_row(filing: Filing, reasons: Sequence[Reason]) -> Row:
    """As it was filed; then what the rules in force say of the text that is held now."""
    now = next((r for r in reasons if r.topic == filing.topic), None)
    row = {"topic": filing.topic, "because": filing.because, "in_force": is_in_force(filing, now)}
    return row | (evidence_row(now) if now else {"strength": 0, "needed": 0, "evidence": []})


def is_in_force(filing: Filing, now: Reason | None) -> bool:
    """Whether the rules as they are now say the same; else they, or the text, have changed since."""
    return now is not None and now.filed and now.because == filing.because


def passed_over(story: Story, reasons: Sequence[Reason]) -> list[Reason]:
    return [r for r in reasons if r.topic not in {f.topic for f in story.filings}]


def reason_row(reason: Reason, story: Story) -> Row:
    return {"topic": reason.topic, "because": said_of(reason, story)} | evidence_row(reason)


def said_of(reason: Reason, story: Story) -> str:
    if not reason.filed:
        return reason.because
    return f"{'the story was withdrawn; else filed' if story.withdrawal else 'filed next time'}: {reason.because}"


def evidence_row(reason: Reason) -> Row:
    return {"strength": reason.strength, "needed": reason.needed, "evidence": [hit_row(h) for h in reason.hits]}


def hit_row(hit: Hit) -> Row:
    """`paragraph` 0 is the title; both numbers are None for a field. The words stand **marked** in the sentence."""
    told = hit.word > 0
    return {
        "term": str(hit.term), "branch": hit.branch, "decided": hit.decided, "place": hit.place,
        "paragraph": hit.paragraph if told else None, "word": hit.word if told else None, "weight": hit.weight,
        "times": hit.times, "sentence": hit.sentence,
    }  # fmt: skip


def filing_lines(filing: Filing, reasons: Sequence[Reason], mark: Mark) -> Iterator[str]:
    """The reason, and each sentence that it rests on, once."""
    now = next((r for r in reasons if r.topic == filing.topic), None)
    yield f"    {filing.topic}: {filing.because}"
    if not is_in_force(filing, now):
        yield f"      the rules or the text have changed since; now: {now.because if now else 'nothing speaks for it'}"
    for hit in now.hits if now else ():
        if hit.decided and hit.word:
            where = "title" if hit.place == "title" else f"paragraph {hit.paragraph}"
            yield f"      {hit.branch}, {where}: {_MARKED.sub(lambda m: mark(m.group()), hit.sentence)}"


def article_lines(row: Row) -> Iterator[str]:
    yield f"    {row['id']}  {row['publisher']} ({row['source']})"
    yield f"      {row['url'] or row['guid'] or 'no link'}"
    yield f"      here because: {row['because']}"
    yield f"      date {row['published_at']}: {row['dated_because']}; first seen {row['seen_at']}"
    if row["versions"] > 1:
        yield f"      {row['versions']} versions, the last of {row['updated_at']}"
