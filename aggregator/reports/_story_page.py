"""Why a story is what it is, as a page of HTML: the operator's own, made of what `explain --json` tells."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html import escape
from typing import Any

from ._plainly import Row

_MARKED = re.compile(r"\*\*(.+?)\*\*")
_STYLE = """\
:root { color-scheme: light dark }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem }
h1 { line-height: 1.2 } h2 { margin-top: 2rem }
blockquote { margin: .5rem 0; padding-left: .8rem; border-left: 3px solid #8888 }
mark { padding: 0 .15em; border-radius: .15em }
.aside { opacity: .75; font-size: .9rem } code { font-size: .85rem; overflow-wrap: anywhere }"""


def explanation_page(row: Row) -> Iterator[str]:
    """The lines of a whole document. `row` is an `explanation`; nothing of it is trusted to be HTML."""
    yield '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">'
    yield f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{_said(row["title"])}</title>'
    yield f"<style>\n{_STYLE}\n</style>\n</head>\n<body>"
    yield f"<h1{_language(row)}>{_link(row['url'], row['title'])}</h1>"
    yield f'<p class="aside">Story <code>{_said(row["id"])}</code>, guid <code>{_said(row["guid"])}</code>, listed'
    why = row["lead_because"] or "the first to tell it"
    yield f"{_said(row['listed_at'])}. Led by {_said(row['publisher'])}: {_said(why)}.</p>"
    if row["withdrawn_at"]:
        yield f"<p><strong>Withdrawn {_said(row['withdrawn_at'])}</strong> {_said(row['withdrawn_because'])}</p>"
    yield "<h2>Topics</h2>"
    yield from (line for filing in row["filings"] for line in _filing(filing, _language(row)))
    yield from _listed("Not in these topics, though they ask for words of it", map(_topic, row["not_filed"]))
    yield from _listed("Words that begin like a term, and are no form of it", map(_word, row["alike"]))
    yield from _listed("The same event in other words", map(_related, row["related"]))
    yield "<h2>Articles</h2>"
    yield from (line for article in row["articles"] for line in _article(article))
    yield "</body>\n</html>"


def _filing(filing: Row, language: str) -> Iterator[str]:
    """The reason, and each sentence that it rests on, with the words marked."""
    yield f"<h3>{_said(filing['topic'])}</h3>\n<p>{_said(filing['because'])}</p>"
    if not filing["in_force"]:
        yield '<p class="aside">The rules or the text have changed since.</p>'
    for hit in filing["evidence"]:
        if hit["decided"] and hit["word"]:
            where = "title" if hit["place"] == "title" else f"paragraph {hit['paragraph']}"
            sentence = _MARKED.sub(r"<mark>\1</mark>", _said(hit["sentence"]))
            yield f'<blockquote><span{language}>{sentence}</span> <span class="aside">{_said(hit["term"])}: '
            yield f"{_said(hit['branch'])}, {where}</span></blockquote>"


def _article(article: Row) -> Iterator[str]:
    yield f"<h3{_language(article)}>{_link(article['url'], article['title'])}</h3>"
    yield f"<p>{_said(article['publisher'])} ({_said(article['source'])}): {_said(article['because'])}.</p>"
    if passage := article.get("passage"):
        yield f"<blockquote{_language(article)}>{_said(passage)}</blockquote>"
    versions = f", {article['versions']} versions" if article["versions"] > 1 else ""
    yield f'<p class="aside">Published {_said(article["published_at"])} ({_said(article["dated_because"])}), first seen'
    yield f"{_said(article['seen_at'])}{versions}, <code>{_said(article['id'])}</code></p>"


def _listed(heading: str, items: Iterable[str]) -> Iterator[str]:
    lines = [f"<li>{item}</li>" for item in items]
    if lines:
        yield "\n".join((f"<h2>{heading}</h2>", "<ul>", *lines, "</ul>"))


def _topic(reason: Row) -> str:
    return f"<strong>{_said(reason['topic'])}</strong>: {_said(reason['because'])}"


def _word(alike: Row) -> str:
    return f"<strong>{_said(alike['topic'])}</strong>: «{_said(alike['word'])}» is not found by {_said(alike['term'])}"


def _related(other: Row) -> str:
    return f"{_link(other['url'], other['title'])} ({_said(other['publisher'])}, {other['score']:.2f})"


def _link(url: str, title: str) -> str:
    is_web = url.startswith(("http://", "https://"))
    return f'<a href="{_said(url)}" rel="noreferrer">{_said(title)}</a>' if is_web else _said(title)


def _language(row: Row) -> str:
    return f' lang="{_said(row["language"])}"' if row["language"] else ""


def _said(text: Any) -> str:
    return escape(str(text))
