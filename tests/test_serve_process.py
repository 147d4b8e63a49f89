from __future__ import annotations

import gzip
import http.client
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from aggregator.errors import AggregatorError
from aggregator.serve import listen, start

ROOT = Path(__file__).parents[1]
RSS = b'<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0">' + b"<item/>" * 200 + b"</rss>\n"
STUCK = 20
"""Seconds: a test that takes so long has found a process that never ends."""


@pytest.fixture
def feeds(tmp_path: Path) -> Path:
    (tmp_path / "feeds/all").mkdir(parents=True)
    (tmp_path / "feeds/index.html").write_text("<!doctype html><title>Front</title>")
    (tmp_path / "feeds/all/rss.xml").write_bytes(RSS)
    return tmp_path / "feeds"


@pytest.fixture
def sock() -> Iterator[socket.socket]:
    with listen("127.0.0.1", 0) as sock:
        yield sock


def ask(sock: socket.socket, path: str, method: str = "GET", **headers: str) -> tuple[http.client.HTTPResponse, bytes]:
    host, port = sock.getsockname()
    connection = http.client.HTTPConnection(host, port, timeout=STUCK)
    connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response, body


def test_a_reader_is_served_over_a_real_socket(feeds: Path, sock: socket.socket) -> None:
    server = start(feeds, sock)
    try:
        response, body = ask(sock, "/all/rss.xml", Accept_Encoding="gzip")
        assert (response.status, gzip.decompress(body)) == (200, RSS)
        assert response.headers["Server"] is None
        assert response.headers["Date"]
        etag = response.headers["ETag"]
        response, body = ask(sock, "/all/rss.xml", Accept_Encoding="gzip", If_None_Match=etag)
        assert (response.status, body, response.headers["ETag"]) == (304, b"", etag)
        response, body = ask(sock, "/all/rss.xml", "HEAD")
        assert (response.status, body, response.headers["Content-Length"]) == (200, b"", str(len(RSS)))
        assert ask(sock, "/%2e%2e/secret.txt")[0].status == 404
        assert ask(sock, "/all%2frss.xml")[1] == RSS
        assert ask(sock, "/all?x=1")[0].status == 308
        assert ask(sock, "/all/rss.xml", "POST")[0].status == 405
        assert server.alive
        assert os.getsid(server._child.pid) == server._child.pid, "it would hear our Ctrl-C"
    finally:
        server.stop()
    assert not server.alive


def test_a_server_that_has_died_is_replaced_and_readers_only_wait(feeds: Path, sock: socket.socket) -> None:
    server = start(feeds, sock)
    try:
        assert ask(sock, "/")[0].status == 200
        server._child.kill()
        server._child.wait()
        assert not server.alive
        server.keep_alive()
        assert ask(sock, "/")[0].status == 200
        running = server._child
        server.keep_alive()
        assert server._child is running
    finally:
        server.stop()


def test_a_child_ends_when_its_parent_dies(feeds: Path, sock: socket.socket) -> None:
    code = (
        "import socket, sys, time; from pathlib import Path; from aggregator.serve import start; "
        "server = start(Path(sys.argv[1]), socket.socket(fileno=int(sys.argv[2]))); "
        "print(server._child.pid, flush=True); sys.stdin.read()"
    )
    arguments = [sys.executable, "-c", code, str(feeds), str(sock.fileno())]
    with subprocess.Popen(
        arguments, cwd=ROOT, pass_fds=[sock.fileno()], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert ask(sock, "/")[0].status == 200
        watch = os.pidfd_open(child)
        parent.kill()
    waiting, _, _ = select.select([watch], [], [], STUCK)
    os.close(watch)
    assert waiting, "the child is still there"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_without_a_word(feeds: Path, sock: socket.socket, number: signal.Signals) -> None:
    code = (
        "import socket, sys; from pathlib import Path; from aggregator.serve import serve; "
        "serve(Path(sys.argv[1]), socket.socket(fileno=int(sys.argv[2])))"
    )
    arguments = [sys.executable, "-c", code, str(feeds), str(sock.fileno())]
    with subprocess.Popen(
        arguments, cwd=ROOT, pass_fds=[sock.fileno()], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as server:
        assert ask(sock, "/")[0].status == 200
        server.send_signal(number)
        output = server.communicate(timeout=STUCK)
    assert (server.returncode, *output) == (0, b"", b"")


def test_a_port_that_is_taken_is_told_with_what_to_change(sock: socket.socket) -> None:
    port = sock.getsockname()[1]
    with pytest.raises(AggregatorError) as caught:
        listen("127.0.0.1", port)
    reason = "another program listens there already; change `listen:` in the configuration"
    assert str(caught.value) == f"cannot listen at 127.0.0.1:{port}: {reason}"


@pytest.mark.parametrize(("host", "port"), [("192.0.2.1", 0), ("127.0.0.1", 99_999)])
def test_an_address_that_is_not_ours_is_told_too(host: str, port: int) -> None:
    with pytest.raises(AggregatorError, match="change `listen:` in the configuration"):
        listen(host, port)


def test_a_port_can_be_taken_again_at_once(feeds: Path) -> None:
    with listen("127.0.0.1", 0) as sock:
        port = sock.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            sock.accept()[0].close()
    listen("127.0.0.1", port).close()
