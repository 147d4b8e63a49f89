"""A server on a loopback address that answers each path as a case of the corpus tells it to."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from . import answers
from .corpus import Case, load


@dataclass
class State:
    """What was asked for: at a case, and at the canary, where nobody may ever ask."""

    requests: list[dict[str, Any]] = field(default_factory=list)
    canary: list[dict[str, Any]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


class Server(ThreadingHTTPServer):
    """A corpus at one address. `canary_base` is where the canary sits that the cases try to make us call."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, folder: Path, host: str) -> None:
        super().__init__((host, 0), Handler)
        self.folder = folder
        self.cases = load(folder)
        self.state = State()
        self.base = self.canary_base = f"http://{host}:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def url(self, name: str) -> str:
        return f"{self.base}/case/{name}"

    def log(self, name: str) -> list[dict[str, Any]]:
        """The requests for a case: `mono` (when), `headers` and the validators that were `served`."""
        with self.state.lock:
            return [r for r in self.state.requests if r["case"] == name]

    def fill(self, data: bytes, name: str) -> bytes:
        """Our own addresses in a text of the corpus."""
        canary = f"{self.canary_base}/__canary/{name}"
        for word, value in (("CANARY", canary), ("BASE", self.base), ("HERE", str(self.folder))):
            data = data.replace(b"{{%s}}" % word.encode(), value.encode())
        return data

    def stop(self) -> None:
        self.shutdown()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """The client hung up, as it should."""


class Handler(BaseHTTPRequestHandler):
    """One connection, one answer."""

    protocol_version = "HTTP/1.1"
    timeout = 60
    server: Server

    def do_GET(self) -> None:
        self.close_connection = True
        name, record = self.path.partition("?")[0].rpartition("/")[2], {"mono": time.monotonic()}
        if self.path.startswith("/__canary/"):
            self.server.state.canary.append({"case": name, **record})
            return self.reply(b"<!ENTITY x 'canary'>", "text/plain")
        case = self.server.cases.get(name)
        if case is None:
            return self.reply(b"", status=404)
        with self.server.state.lock:
            n = sum(r["case"] == name for r in self.server.state.requests)
            self.record: dict[str, Any] = {"case": name, "headers": list(self.headers.items()), "served": {}, **record}
            self.server.state.requests.append(self.record)
        try:
            self.answer(case, n)
        except OSError:
            return None  # the client had enough
        return None

    def answer(self, case: Case, n: int) -> None:
        """The `n`th answer, counted from 0."""
        if case.file:
            body = self.server.fill((self.server.folder / case.file).read_bytes(), case.name)
            self.reply(body, case.content_type, case.status, dict(case.headers))
        else:
            getattr(answers, case.behaviour)(self, case.params, n)

    def reply(
        self, body: bytes = b"", media_type: str = answers.RSS, status: int = 200, headers: dict[str, str] | None = None
    ) -> None:
        """A well-formed answer."""
        self.head(status, {"Content-Type": media_type, "Content-Length": str(len(body)), **(headers or {})})
        self.wfile.write(body)

    def head(self, status: int, headers: dict[str, str]) -> None:
        self.send_response_only(status)
        for name, value in ({"Date": formatdate(usegmt=True), "Connection": "close"} | headers).items():
            if status not in (204, 304) or not name.startswith("Content-"):
                self.send_header(name, value)
        self.end_headers()

    def raw(self, data: bytes) -> None:
        self.wfile.write(data)
        self.wfile.flush()

    def linger(self) -> None:
        """Say nothing more until the client goes away."""
        while self.connection.recv(4096):
            pass

    def log_message(self, format: str, *args: Any) -> None:
        """Silence."""


def start(folder: Path, host: str) -> Server:
    """A running server; `stop` it."""
    return Server(folder, host)


@contextmanager
def serving(cases: Iterable[str], start: Callable[[str], Any]) -> Iterator[tuple[dict[str, Any], Any]]:
    """A server for each case, at an address of its own, and the canary's, where no case may make us go."""
    canary = start("127.0.255.1")
    servers = {name: start(f"127.0.{1 + n // 200}.{1 + n % 200}") for n, name in enumerate(cases)}
    for one in servers.values():
        one.canary_base = canary.canary_base
    try:
        yield servers, canary
    finally:
        with ThreadPoolExecutor(64) as pool:  # each takes half a second to hear of it
            for one in (canary, *servers.values()):
                pool.submit(one.stop)
