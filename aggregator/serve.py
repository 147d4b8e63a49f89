"""
feeds/ over HTTP, in a process of its own: collecting never makes a reader wait.

    listen    the parent takes the port, and complains if it cannot
    start     a child process answers on it: `python -m aggregator.serve FEEDS SOCKET`
    serve     what the child does; also the whole of the command `aggregator serve`
    app       request -> answer (what is said, answers.py knows; who is let in, porter.py)

Files and headers are all there is, so plain ASGI is enough: no web framework.
"""

from __future__ import annotations

import errno
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from .answers import answer
from .errors import AggregatorError
from .shelf import Shelf

log = logging.getLogger("river")

Message = MutableMapping[str, Any]
App = Callable[[Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]]
"""An ASGI application."""

GRACE = 3
"""Seconds that answers under way have when we stop."""
STEADY, LONGEST_PAUSE = 60, 60
"""Seconds: who has lived so long is replaced at once; who dies young again and again, after so long at the most."""

_WHY = {
    errno.EADDRINUSE: "another program listens there already",
    errno.EADDRNOTAVAIL: "this machine does not have that address",
    errno.EACCES: "only the administrator may use that port",
}


def listen(host: str, port: int) -> socket.socket:
    """Take the port; readers who come before a server is there wait in line. Raises AggregatorError."""
    sock = None
    try:
        if port not in range(65536):
            raise OverflowError("a port is a number up to 65535")  # getaddrinfo would take the remainder
        family, kind, protocol, _, where = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        sock = socket.socket(family, kind, protocol)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(where)
        sock.listen(1024)
    except (OSError, OverflowError) as e:
        if sock is not None:
            sock.close()
        why = _WHY.get(getattr(e, "errno", None) or 0, getattr(e, "strerror", None) or str(e))
        raise AggregatorError(f"cannot listen at {host}:{port}: {why}; change `listen:` in the configuration") from e
    return sock


def app(feeds: Path) -> App:
    """The files below `feeds` as an ASGI application."""
    shelf = Shelf(feeds)

    async def application(
        scope: Message, _receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
    ) -> None:
        asked = dict(scope["headers"])
        status, headers, body = answer(shelf, scope["method"], scope["path"], asked, scope.get("date"))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    return application


def serve(feeds: Path, sock: socket.socket) -> None:
    """Answer on `sock` until SIGTERM or Ctrl-C; then close it, and return when the answers under way are given."""
    from .porter import server_for

    server = server_for(app(feeds), grace=GRACE)
    with suppress(ValueError):  # in a thread other than the first: signals are somebody else's
        # uvicorn sends itself the signal again once it has stopped: that must neither kill us nor print a traceback.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: setattr(server, "should_exit", True))
    server.run(sockets=[sock])


class ServerProcess:
    """A child process that answers. It ends with this one, however this one ends."""

    def __init__(self, feeds: Path, sock: socket.socket) -> None:
        self._feeds = feeds
        self._sock = sock
        self._died_young = 0
        """How many, one after the other."""
        self._due: float | None = None
        """When the next one starts; None: nobody has died."""
        self._born = time.monotonic()
        self._child = self._spawn()

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self._child.poll() is None

    def keep_alive(self) -> None:
        """Start another one if it has died, at once or when it is time; the socket has stayed with us."""
        if self.alive:
            return
        now = time.monotonic()
        if self._due is None:
            self._due = now + self._pause(now - self._born)
        if now >= self._due:
            self._close_pipe()
            self._due, self._born = None, now
            self._child = self._spawn()

    def stop(self) -> None:
        """Let it finish what it is answering, for a few seconds at most. The socket stays open, and the caller's."""
        self._close_pipe()
        for end in (self._child.terminate, self._child.kill):
            try:
                self._child.wait(GRACE + 2)
                return
            except subprocess.TimeoutExpired:
                end()
        self._child.wait()

    def _pause(self, lived: float) -> int:
        """Seconds until the next one; and a word to the operator."""
        self._died_young = 0 if lived > STEADY else self._died_young + 1
        pause = min((1 << max(0, self._died_young - 1)) - 1, LONGEST_PAUSE)
        when = f"in {pause} s" if pause else "now"
        log.warning("the web server has ended (%s); another one starts %s", _end_of(self._child), when)
        return pause

    def _spawn(self) -> subprocess.Popen[bytes]:
        """
        The pipe at its standard input tells it when we are gone. In a session of its own it never hears Ctrl-C. It
        looks for modules where we do, but not in the folder where we are: some `re.py` there would be in its way.
        """
        here = Path.cwd()
        places = [path for path in sys.path if path and Path(path) != here]
        return subprocess.Popen(  # noqa: S603  # our own interpreter, our own module
            [sys.executable, "-P", "-m", __name__, str(self._feeds.resolve()), str(self._sock.fileno())],
            stdin=subprocess.PIPE,
            pass_fds=[self._sock.fileno()],
            start_new_session=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([*places, str(Path(__file__).parents[1])])},
        )

    def _close_pipe(self) -> None:
        if self._child.stdin is not None:
            self._child.stdin.close()


def _end_of(child: subprocess.Popen[bytes]) -> str:
    code = child.returncode
    return f"signal {-code}" if code < 0 else f"exit code {code}"


def start(feeds: Path, sock: socket.socket) -> ServerProcess:
    """Begin to answer on `sock` in a child process; returns at once."""
    return ServerProcess(feeds, sock)


def _child(feeds: str, descriptor: str) -> None:
    server_socket = socket.socket(fileno=int(descriptor))

    def end_with_the_parent() -> None:
        while os.read(0, 1):  # not sys.stdin: a thread that waits in there makes the interpreter abort when it ends
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=end_with_the_parent, name="parent-watch", daemon=True).start()
    serve(Path(feeds), server_socket)


if __name__ == "__main__":
    _child(*sys.argv[1:])
