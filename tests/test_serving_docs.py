"""The snippets of docs/serving.md, in the real nginx and the real Caddy, where these are installed."""

from __future__ import annotations

import gzip
import http.client
import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import brotli
import pytest

from aggregator.press import put
from aggregator.serve import listen, start

PAGE = (Path(__file__).parents[1] / "docs/serving.md").read_text()
AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
SAID = "Mon, 02 Mar 2026 10:00:00 GMT"
RSS = b'<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0">' + b"<item/>" * 200 + b"</rss>\n"
STUCK = 20
UNPACK: dict[str | None, Callable[[bytes], bytes]] = {None: bytes, "gzip": gzip.decompress, "br": brotli.decompress}


@dataclass(frozen=True)
class Site:
    """A web server as the page says to set it up."""

    name: str
    port: int

    def ask(self, path: str, method: str = "GET", **headers: str) -> tuple[http.client.HTTPResponse, bytes]:
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=STUCK)) as connection:
            connection.request(method, path, headers={n.replace("_", "-"): value for n, value in headers.items()})
            response = connection.getresponse()
            return response, response.read()


@pytest.fixture(scope="module")
def feeds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    feeds = tmp_path_factory.mktemp("site") / "feeds"
    for name in ("all/rss.xml", "all/atom.xml", "all/feed.json", "all/archive/1.xml", "gone/rss.xml", "feeds.opml"):
        put(feeds / name, RSS, AT)
    put(feeds / "index.html", b"<!doctype html><title>Front</title>" + b" " * 2000, AT)
    put(feeds / "all/index.html", b"<!doctype html><title>All</title>", AT)
    put(feeds / "style.css", b"p {}", AT)
    (feeds / "gone/.gone").touch()
    return feeds


def snippet(language: str, word: str) -> str:
    """The one in this language that has this word."""
    found: list[str] = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return next(s for s in found if word in s)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@contextmanager
def running(name: str, command: list[str], port: int, folder: Path) -> Iterator[Site]:
    environment = {**os.environ, "HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    said = folder / "said"
    with said.open("w") as log, subprocess.Popen(command, stdout=log, stderr=log, env=environment) as process:
        try:
            end = time.monotonic() + STUCK
            while time.monotonic() < end and process.poll() is None:
                try:
                    socket.create_connection(("127.0.0.1", port), timeout=0.1).close()
                    break
                except OSError:
                    continue
            else:
                pytest.fail(f"{name} does not start: {said.read_text()}")
            yield Site(name, port)
        finally:
            process.terminate()


@contextmanager
def nginx(text: str, folder: Path) -> Iterator[Site]:
    if not shutil.which("nginx"):
        pytest.skip("nginx is not installed")
    port = free_port()
    text = text.replace("listen 80;", f"listen 127.0.0.1:{port};")
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    settings = folder / "nginx.conf"
    user = "user root;" if os.geteuid() == 0 else ""  # else its worker could not look into our folders
    main = f"daemon off; {user} pid {folder}/pid; error_log stderr; events {{ }}"
    settings.write_text(f"{main}\nhttp {{\naccess_log off;\n{temporary}{text}}}\n")
    command = ["nginx", "-p", str(folder), "-c", str(settings)]
    tested = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    assert tested.returncode == 0, tested.stderr
    with running("nginx", command, port, folder) as site:
        yield site


@contextmanager
def caddy(text: str, folder: Path) -> Iterator[Site]:
    if not shutil.which("caddy"):
        pytest.skip("Caddy is not installed")
    port = free_port()
    settings = folder / "Caddyfile"
    settings.write_text("{\n    admin off\n}\n" + text.replace("news.example.org", f"http://127.0.0.1:{port}"))
    with running("caddy", ["caddy", "run", "--config", str(settings), "--adapter", "caddyfile"], port, folder) as site:
        yield site


SERVERS = {"nginx": ("nginx", nginx), "caddy": ("caddyfile", caddy)}


@contextmanager
def set_up(way: str, name: str, feeds: Path, folder: Path) -> Iterator[Site]:
    language, server = SERVERS[name]
    with ExitStack() as stack:
        if way == "files":
            text = snippet(language, "/srv/river/feeds").replace("/srv/river/feeds", str(feeds))
        else:
            sock = stack.enter_context(listen("127.0.0.1", 0))
            text = snippet(language, "127.0.0.1:8080").replace(":8080", f":{sock.getsockname()[1]}")
            stack.callback(start(feeds, sock).stop)
        yield stack.enter_context(server(text, folder))


@pytest.fixture(scope="module", params=[(way, name) for way in ("files", "proxy") for name in SERVERS], ids="-".join)
def site(request: pytest.FixtureRequest, feeds: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    way, name = request.param
    with set_up(way, name, feeds, tmp_path_factory.mktemp("server")) as site:
        yield site


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/style.css", "text/css; charset=utf-8"),
        ("/feeds.opml", "text/x-opml; charset=utf-8"),
        ("/all/rss.xml", "application/rss+xml; charset=utf-8"),
        ("/all/atom.xml", "application/atom+xml; charset=utf-8"),
        ("/all/feed.json", "application/feed+json; charset=utf-8"),
    ],
)
@pytest.mark.parametrize("coding", ["", "gzip"])
def test_the_media_type_is_right(site: Site, path: str, media_type: str, coding: str) -> None:
    response, _ = site.ask(path, Accept_Encoding=coding)
    assert (response.status, response.headers["Content-Type"]) == (200, media_type)


@pytest.mark.parametrize("accept", ["", "gzip", "gzip, br"])
def test_readers_get_the_packed_file_with_a_tag_of_its_own_and_then_304(site: Site, accept: str) -> None:
    response, body = site.ask("/all/rss.xml", Accept_Encoding=accept)
    coding = response.headers["Content-Encoding"]
    assert UNPACK[coding](body) == RSS
    assert (coding is None) == (not accept)
    assert response.headers["Last-Modified"] == SAID
    etag = response.headers["ETag"]
    assert etag.startswith('"')
    assert response.headers["Cache-Control"].startswith("public, max-age=300, stale-while-revalidate=600")
    if accept:
        assert response.headers["Vary"].startswith("Accept-Encoding")
        assert etag != site.ask("/all/rss.xml")[0].headers["ETag"]
    for known in ({"If_None_Match": etag}, {"If_Modified_Since": SAID}):
        again, nothing = site.ask("/all/rss.xml", Accept_Encoding=accept, **known)
        assert (again.status, nothing) == (304, b"")
    old = {"If_None_Match": '"old"', "If_Modified_Since": SAID}
    assert site.ask("/all/rss.xml", Accept_Encoding=accept, **old)[0].status == 200
    assert site.ask("/all/rss.xml", "HEAD", Accept_Encoding=accept)[1] == b""


@pytest.mark.parametrize(
    ("path", "status"),
    [
        *(("/", 200), ("/all/rss.xml", 200), ("/nothing", 404), ("/all/.rss.xml.new", 404), ("/.hidden", 404)),
        *(("/gone/rss.xml", 410), ("/gone/", 410), ("/gone", 410), ("/gone/never.xml", 410)),
    ],
)
def test_every_answer_is_safe_and_gone_is_not_only_missing(site: Site, path: str, status: int) -> None:
    response, _ = site.ask(path)
    assert response.status == status
    policy = response.headers["Content-Security-Policy"].split("; ")
    assert {"default-src 'none'", "style-src 'self'", "frame-ancestors 'none'"} <= set(policy)
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Referrer-Policy"] == "no-referrer"


def test_an_archive_may_be_kept_for_a_day(site: Site) -> None:
    cached = site.ask("/all/archive/1.xml")[0].headers["Cache-Control"]
    assert cached == "public, max-age=86400, stale-while-revalidate=86400, stale-if-error=604800"


def test_a_folder_without_its_slash_moves(site: Site) -> None:
    response, _ = site.ask("/all")
    assert response.status in (301, 308)
    assert response.headers["Location"].endswith("all/")
    assert "://" not in response.headers["Location"]


@pytest.mark.parametrize("name", SERVERS)
def test_a_difference_comes_through_a_proxy(name: str, feeds: Path, tmp_path: Path) -> None:
    def feed(*names: str) -> bytes:
        return f"<rss>{''.join(f'<item><guid>{n}</guid></item>' for n in names)}</rss>".encode()

    put(feeds / "news/rss.xml", feed("a", "b"), AT)
    with set_up("proxy", name, feeds, tmp_path) as site:
        old = site.ask("/news/rss.xml")[0].headers["ETag"]
        put(feeds / "news/rss.xml", feed("c", "a", "b"), AT)
        response, body = site.ask("/news/rss.xml", A_IM="feed", If_None_Match=old)
    assert (response.status, response.headers["IM"], body) == (226, "feed", feed("c"))
