"""
A desk's worth of feeds, made up but like real ones, and a server for them on loopback. The same seed is the same bytes.

    feed N   of every 20: 11 RSS 2.0, 6 Atom, 2 RDF, 1 JSON Feed; 60 % Russian, 40 % English; every 8th RSS feed is in
             windows-1251; every 2nd feed is served compressed
    entry    300 to 3,000 characters of HTML: links (some relative), pictures, lists, entities, and in 4 % a script;
             8 % are syndicated: the same text under another link in several feeds
"""

from __future__ import annotations

import gzip
import hashlib
import json
import random
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from xml.sax.saxutils import escape, quoteattr

NEWEST = datetime(2026, 11, 20, 9, tzinfo=UTC)
SYNDICATED = 0.08
TEXTS = 300
"""How many different syndicated texts there are."""

RU = (
    "правительство решение вопрос компания рынок проект страна город область министр закон бюджет нефть газ зерно "
    "урожай экономика банк ставка суд полиция погода снег школа университет наука спутник аэропорт дорога вокзал "
    "матч команда победа театр музей книга сеть данные робот завод шахта степь озеро сообщил заявил отметил "
    "добавил предложил подписал открыл начал завершил вырос снизился составил новый большой важный последний "
    "первый местный международный и в на с по для из от до при после перед между более также однако поэтому "
    "который этот каждый уже ещё процент год месяц неделя"
).split()
EN = (
    "government decision question company market project country city region minister law budget oil gas grain "
    "harvest economy bank rate court police weather snow school university science satellite airport road station "
    "match team victory theatre museum book network data robot factory mine steppe lake said told noted added "
    "offered signed opened began finished grew fell reached new large important last first local international "
    "and in on with by for from to at after before between more also however therefore which this every already "
    "still percent year month week"
).split()
LABELS = {
    "ru": ("Политика", "Экономика", "Общество", "Наука", "Спорт", "Культура"),
    "en": ("Politics", "Economy", "Society", "Science"),
}
NAMES = ("Newsroom", "Редакция", "Desk & Partners", "Пресс-служба", "Büro Müller")
HOSTILE = (
    "<script>alert(1)</script>",
    '<iframe src="https://tracker.example/"></iframe>',
    '<a href="javascript:alert(1)" onclick="x()">here</a>',
    '<p style="position:fixed">styled</p>',
)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What a feed says of one article."""

    guid: str
    link: str
    title: str
    summary: str
    content: str
    at: datetime
    author: str
    labels: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Document:
    """A feed as it lies on a server."""

    path: str
    media_type: str
    body: bytes
    packed: bool

    @property
    def etag(self) -> str:
        return f'"{hashlib.sha256(self.body).hexdigest()[:20]}"'


def documents(count: int, entries: int = 30, extra: int = 0, seed: int = 1) -> list[Document]:
    """`count` feeds of about `entries` entries; `extra` new entries stand on top of every tenth feed."""
    return [document(n, entries, extra if n % 10 == 0 else 0, seed) for n in range(count)]


def document(number: int, entries: int, extra: int, seed: int) -> Document:
    language = "ru" if number % 5 < 3 else "en"
    r = random.Random(f"{seed}/{number}")
    size = r.randint(entries * 2 // 3, entries * 4 // 3)
    items = [entry(number, e, language, seed) for e in range(size + extra - 1, extra - 1, -1)]
    kind = KINDS[number % len(KINDS)]
    charset = "windows-1251" if kind == "rss" and number % 8 == 0 else "utf-8"
    render, media_type = RENDERERS[kind]
    text = render(f"Feed {number} & Co", f"https://site{number}.example/", language, charset, items)
    body = text.encode(charset, "xmlcharrefreplace")
    return Document(path=f"/{number}.{kind}", media_type=media_type, body=body, packed=number % 2 == 1)


def entry(number: int, e: int, language: str, seed: int) -> Entry:
    """Entry `e` of a feed, counted from its oldest."""
    r = random.Random(f"{seed}/{number}/{e}")
    shared = r.random() < SYNDICATED
    said = random.Random(f"{seed}/text/{r.randrange(TEXTS)}/{language}") if shared else r
    title, content = sentence(said, language, 4, 12), html(said, language)
    summary = " ".join(sentence(said, language) for _ in range(2))
    link = f"https://site{number}.example/news/{e:06d}"
    return Entry(
        guid=link if r.random() < 0.5 else f"tag:site{number}.example,2026:{e}",
        link=f"{link}?utm_source=rss&utm_medium=feed" if r.random() < 0.3 else link,
        title=title, summary=summary, content=content, at=NEWEST - timedelta(minutes=37 * (100 - e) + number % 37),
        author=r.choice(NAMES), labels=tuple(r.sample(LABELS[language], 2)),
    )  # fmt: skip


def sentence(r: random.Random, language: str, least: int = 5, most: int = 16) -> str:
    said = " ".join(r.choices(RU if language == "ru" else EN, k=r.randint(least, most)))
    return f"{said[0].upper()}{said[1:]}."


def html(r: random.Random, language: str) -> str:
    target = min(3000, max(300, int(r.lognormvariate(6.9, 0.6))))
    parts: list[str] = []
    while sum(map(len, parts)) < target:
        parts.append(paragraph(r, " ".join(sentence(r, language) for _ in range(r.randint(1, 4)))))
    if r.random() < 0.04:
        parts.insert(r.randrange(len(parts)), r.choice(HOSTILE))
    return "\n".join(parts)


def paragraph(r: random.Random, said: str) -> str:
    n = r.randrange(100_000)
    forms = (
        f"<p>{said}</p>",
        f"<p>{said}</p>",
        f'<p>{said} <a href="/news/{n}/" rel="nofollow">{n}</a></p>',
        f'<p><a href="https://cdn.example/?a=1&amp;b={n}">{said}</a></p>',
        f'<figure><img src="img/{n}.jpg" alt="" width="640" height="480"/><figcaption>{said}</figcaption></figure>',
        f"<ul><li>{said}</li><li>&laquo;{n}&raquo; &mdash; &copy;</li></ul>",
    )
    return r.choice(forms)


# --- the four forms --------------------------------------------------------------------------------------------------


def rss(title: str, site: str, language: str, charset: str, entries: list[Entry]) -> str:
    items = "".join(
        f"<item><title>{escape(e.title)}</title><link>{escape(e.link)}</link>"
        f'<guid isPermaLink="{"false" if e.guid.startswith("tag:") else "true"}">{escape(e.guid)}</guid>'
        f"<pubDate>{format_datetime(e.at)}</pubDate><dc:creator>{escape(e.author)}</dc:creator>"
        f"{''.join(f'<category>{escape(c)}</category>' for c in e.labels)}"
        f"<description>{escape(e.summary)}</description>"
        f"<content:encoded><![CDATA[{e.content}]]></content:encoded></item>\n"
        for e in entries
    )
    return (
        f'<?xml version="1.0" encoding="{charset}"?>\n<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"'
        ' xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>'
        f"<title>{escape(title)}</title><link>{site}</link><description>{escape(title)}</description>"
        f"<language>{language}</language>\n{items}</channel></rss>"
    )


def rdf(title: str, site: str, language: str, charset: str, entries: list[Entry]) -> str:
    items = "".join(
        f"<item rdf:about={quoteattr(e.link)}><title>{escape(e.title)}</title><link>{escape(e.link)}</link>"
        f"<dc:date>{e.at.isoformat()}</dc:date><dc:creator>{escape(e.author)}</dc:creator>"
        f"<description>{escape(e.summary)}</description><content:encoded>{escape(e.content)}</content:encoded></item>\n"
        for e in entries
    )
    return (
        f'<?xml version="1.0" encoding="{charset}"?>\n<rdf:RDF xmlns="http://purl.org/rss/1.0/"'
        ' xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:dc="http://purl.org/dc/elements/1.1/"'
        f' xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel rdf:about="{site}">'
        f"<title>{escape(title)}</title><link>{site}</link><description>{escape(title)}</description><dc:language>{language}</dc:language></channel>\n"
        f"{items}</rdf:RDF>"
    )


def atom(title: str, site: str, language: str, charset: str, entries: list[Entry]) -> str:
    items = "".join(
        f"<entry><id>{escape(e.guid)}</id><title>{escape(e.title)}</title><link href={quoteattr(e.link)}/>"
        f"<published>{e.at.isoformat()}</published><updated>{e.at.isoformat()}</updated>"
        f"<author><name>{escape(e.author)}</name></author>"
        f"{''.join(f'<category term={quoteattr(c)}/>' for c in e.labels)}"
        f'<summary>{escape(e.summary)}</summary><content type="html">{escape(e.content)}</content></entry>\n'
        for e in entries
    )
    return (
        f'<?xml version="1.0" encoding="{charset}"?>\n<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{language}">'
        f'<id>{site}</id><title>{escape(title)}</title><link href="{site}"/>'
        f"<updated>{entries[0].at.isoformat()}</updated>\n{items}</feed>"
    )


def json_feed(title: str, site: str, language: str, charset: str, entries: list[Entry]) -> str:  # noqa: ARG001
    items = [
        {
            "id": e.guid, "url": e.link, "title": e.title, "summary": e.summary, "content_html": e.content,
            "date_published": e.at.isoformat(), "authors": [{"name": e.author}], "tags": list(e.labels),
        }
        for e in entries
    ]  # fmt: skip
    head = {"version": "https://jsonfeed.org/version/1.1", "title": title, "home_page_url": site, "language": language}
    return json.dumps(head | {"items": items}, ensure_ascii=False)


RENDERERS = {
    "rss": (rss, "application/rss+xml"),
    "atom": (atom, "application/atom+xml"),
    "rdf": (rdf, "application/rdf+xml"),
    "json": (json_feed, "application/feed+json"),
}
KINDS = ("rss", "atom", "rss", "atom", "rss", "rdf", "rss", "atom", "rss", "json") * 2
KINDS = (*KINDS[:-1], "rss")


# --- the server ------------------------------------------------------------------------------------------------------


@dataclass
class Server:
    """Serves documents with validators; counts its answers by status."""

    documents: dict[str, Document]
    url: str = ""
    answers: dict[int, int] = field(default_factory=dict)
    counting: threading.Lock = field(default_factory=threading.Lock)

    def put(self, documents: list[Document]) -> None:
        """From now on these."""
        self.documents = {d.path: d for d in documents}


@contextmanager
def serving(documents: list[Document], tls: ssl.SSLContext | None = None, *, closes: bool = False) -> Iterator[Server]:
    """
    A server for these documents on a free port of 127.0.0.1; over HTTPS if it has a certificate. `closes`: it ends a
    connection after each answer, as if every document had a host of its own.
    """
    state = Server({d.path: d for d in documents})

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            doc = state.documents.get(self.path)
            status = 404 if doc is None else 304 if self.headers["If-None-Match"] == doc.etag else 200
            with state.counting:  # a thread for each connection: two would count as one
                state.answers[status] = state.answers.get(status, 0) + 1
            body = doc.body if doc and status == 200 else b""
            self.send_response(status)
            if doc:
                self.send_header("ETag", doc.etag)
                self.send_header("Content-Type", doc.media_type)
                if body and doc.packed and "gzip" in self.headers["Accept-Encoding"]:
                    body = gzip.compress(body, 1)
                    self.send_header("Content-Encoding", "gzip")
            if closes:
                self.send_header("Connection", "close")
            if status != 304:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    class Many(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128  # with 5, as many more as come at once are tried again a second later

    with Many(("127.0.0.1", 0), Handler) as server:
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        state.url = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_address[1]}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield state
        finally:
            server.shutdown()


def config(url: str, documents: list[Document], topics: str = "") -> str:
    """A config.yaml for a desk that reads all of them."""
    sources = "".join(f"  - {{name: s{n}, feed: '{url}{d.path}'}}\n" for n, d in enumerate(documents))
    return (
        "title: A desk of many feeds\nlink: https://news.example/\nidentity: news.example,2026\n"
        "polite: {at_once: 16, pause: 0s}\nprivate_hosts: [127.0.0.1]\n" + topics + f"sources:\n{sources}"
    )
