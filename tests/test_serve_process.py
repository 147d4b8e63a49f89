from __future__ import annotations

import gzip
import http.client
import os
import re
import resource
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import pairwise
from pathlib import Path

import pytest

from aggregator.errors import AggregatorError
from aggregator.serve import ServerProcess, listen, start

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


def test_a_file_of_a_day_to_come_was_modified_at_the_date_of_the_answer(feeds: Path, sock: socket.socket) -> None:
    os.utime(feeds / "all/rss.xml", (1 << 33, 1 << 33))
    server = start(feeds, sock)
    try:
        response, _ = ask(sock, "/all/rss.xml")
        assert response.headers["Last-Modified"] == response.headers["Date"]
    finally:
        server.stop()


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


def test_modules_of_the_folder_it_is_started_in_are_not_in_its_way(
    feeds: Path, sock: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = feeds.parent
    for name in ("re", "uvicorn", "aggregator"):
        (workspace / f"{name}.py").write_text("raise RuntimeError")
    monkeypatch.chdir(workspace)
    for folder in ("", str(workspace)):  # `python`, and `python -m`
        monkeypatch.setattr(sys, "path", [folder, *sys.path])
        server = start(feeds, sock)
        try:
            assert ask(sock, "/")[0].status == 200
            assert server.alive
        finally:
            server.stop()


def test_one_that_dies_young_again_and_again_is_given_time(
    feeds: Path, sock: socket.socket, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    born: list[float] = []
    clock = [0.0]

    def spawn(_: ServerProcess) -> subprocess.Popen[bytes]:
        born.append(clock[0])
        child = subprocess.Popen([sys.executable, "-c", "raise SystemExit(3)"], stdin=subprocess.PIPE)
        child.wait(STUCK)
        return child

    monkeypatch.setattr(ServerProcess, "_spawn", spawn)
    monkeypatch.setattr("aggregator.serve.time.monotonic", lambda: clock[0])
    server = start(feeds, sock)
    for second in (*range(1, 300), 2000, 3000):
        clock[0] = second
        server.keep_alive()
    server.stop()
    assert [b - a for a, b in pairwise(born)][:9] == [1, 2, 4, 8, 16, 32, 61, 61, 61]
    said = [record.getMessage().partition("; another one starts ") for record in caplog.records]
    assert {what for what, _, _ in said} == {"the web server has ended (exit code 3)"}
    assert [when for _, _, when in said][:4] == ["now", "in 1 s", "in 3 s", "in 7 s"]
    assert (born[-1], said[-1][2]) == (3000, "now")  # the one before has lived long


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


# --- a crowd ---------------------------------------------------------------------------------------------------------


@contextmanager
def serving(feeds: Path, sock: socket.socket, *, places: int = 4000, patience: float = 10) -> Iterator[int]:
    """A server with so many places and so much patience; its process."""
    code = (
        "import socket, sys; from pathlib import Path; from aggregator.porter import server_for; "
        "from aggregator.serve import app; feeds, number, places, patience = sys.argv[1:]; "
        "server_for(app(Path(feeds)), grace=1, places=int(places), patience=float(patience))"
        ".run(sockets=[socket.socket(fileno=int(number))])"
    )
    arguments = [sys.executable, "-c", code, str(feeds), str(sock.fileno()), str(places), str(patience)]
    with subprocess.Popen(arguments, cwd=ROOT, pass_fds=[sock.fileno()]) as server:
        try:
            assert ask(sock, "/")[0].status == 200
            yield server.pid
        finally:
            server.kill()


def come(sock: socket.socket, said: bytes, crowd: ExitStack) -> socket.socket:
    guest = crowd.enter_context(socket.create_connection(sock.getsockname(), timeout=STUCK))
    guest.sendall(said)
    return guest


def memory(process: int) -> int:
    """Bytes, resident."""
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.fixture
def many_descriptors() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2048
    if hard != resource.RLIM_INFINITY and hard < wanted:
        pytest.skip(f"this machine allows no more than {hard} open files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


HEAD = b"GET /all/rss.xml HTTP/1.1\r\nHost: x\r\n"


@pytest.mark.usefixtures("many_descriptors")
def test_a_thousand_who_dawdle_do_not_make_a_reader_wait(feeds: Path, sock: socket.socket) -> None:
    (feeds / "large.xml").write_bytes(os.urandom(4 << 20))
    with serving(feeds, sock) as process, ExitStack() as crowd:
        ask(sock, "/large.xml")
        before = memory(process)
        for n in range(1000):
            manner = (b"", b"GET /all/r", HEAD, HEAD.replace(b"all/rss", b"large") + b"\r\n")[n % 4]
            come(sock, manner, crowd)
        for _ in range(20):  # each gives up when it is stuck
            assert ask(sock, "/all/rss.xml")[1] == RSS
        assert memory(process) - before < 100 << 20, "they cost more than their places"


def test_who_does_not_get_on_is_sent_away_however_busy_he_looks(feeds: Path, sock: socket.socket) -> None:
    with serving(feeds, sock, patience=0.5), ExitStack() as crowd:
        silent, half, slow = (come(sock, said, crowd) for said in (b"", HEAD, HEAD))
        late = come(sock, HEAD + b"Content-Length: 1000\r\n\r\n", crowd)
        begun = time.perf_counter()
        with suppress(OSError):
            while time.perf_counter() - begun < STUCK:
                slow.sendall(b"X")
                late.sendall(b"X")
                if select.select([slow], [], [], 0.1)[0] and not slow.recv(1):
                    break
        assert time.perf_counter() - begun < STUCK
        assert silent.recv(1) == half.recv(1) == b""
        assert late.recv(12) == b"HTTP/1.1 200"
        with suppress(ConnectionResetError):
            while late.recv(1 << 16):
                pass


def test_who_takes_no_answer_is_sent_away_without_a_word(
    feeds: Path, sock: socket.socket, capfd: pytest.CaptureFixture[str]
) -> None:
    (feeds / "large.xml").write_bytes(os.urandom(32 << 20))
    with serving(feeds, sock, patience=0.5), ExitStack() as crowd:
        guest = come(sock, b"GET /large.xml HTTP/1.1\r\nHost: x\r\n\r\n" * 3, crowd)
        guest.settimeout(None)
        hung_up = select.poll()
        hung_up.register(guest, 0)
        assert hung_up.poll(STUCK * 1000), "still connected"
        assert ask(sock, "/")[0].status == 200
    assert capfd.readouterr() == ("", "")


def test_questions_in_a_row_are_answered_in_their_order(feeds: Path, sock: socket.socket) -> None:
    with serving(feeds, sock), ExitStack() as crowd:
        heads = [f"GET /{path} HTTP/1.1\r\nHost: x\r\n" for path in ("all/rss.xml", "nothing", "all", "")]
        guest = come(sock, ("\r\n".join(heads) + "Connection: close\r\n\r\n").encode(), crowd)
        answered = b""
        while received := guest.recv(1 << 16):
            answered += received
    assert re.findall(rb"^HTTP/1.1 (\d+)", answered, re.MULTILINE) == [b"200", b"404", b"308", b"200"]


def test_a_head_without_end_and_what_is_not_http_are_refused(feeds: Path, sock: socket.socket) -> None:
    with serving(feeds, sock), ExitStack() as crowd:
        for said, status in ((HEAD + b"X: " + b"x" * 40_000, b"431"), (b"\x16\x03\x01 hello\r\n\r\n", b"400")):
            guest = come(sock, b"", crowd)
            guest.sendall(said)
            answered = b""
            with suppress(ConnectionResetError):
                while received := guest.recv(1 << 16):
                    answered += received
            assert answered.startswith(b"HTTP/1.1 " + status)
            assert b"content-security-policy: default-src 'none'" in answered
            assert b"x-content-type-options: nosniff" in answered


def test_who_finds_no_place_is_told_when_to_come_again(feeds: Path, sock: socket.socket) -> None:
    with serving(feeds, sock, places=4, patience=60), ExitStack() as crowd:
        for _ in range(4):
            come(sock, HEAD, crowd)
        response, _ = ask(sock, "/all/rss.xml")
        assert response.status == 503
        assert response.headers["Retry-After"] == "30"
        assert response.headers["Connection"] == "close"
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
