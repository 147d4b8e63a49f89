"""Connections that idle, kept for the next request to the same server."""

from __future__ import annotations

import selectors
import socket
import threading

HOSTS_KEPT = 64
"""Servers whose idle connections are kept."""
Server = tuple[str, str, int]
"""Scheme, host and port."""


class Kept:
    """For all threads. Up to `at_once` connections of each server."""

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._idle: dict[Server, list[socket.socket]] = {}
        self._lock = threading.Lock()

    def connection(self, server: Server) -> socket.socket | None:
        """One on which nothing has come since the last answer: what does is its end, or no answer to us."""
        while True:
            with self._lock:
                idle = self._idle.get(server)
                if not idle:
                    return None
                connection = idle.pop()
            if _is_quiet(connection):
                return connection
            connection.close()

    def keep(self, server: Server, connection: socket.socket) -> None:
        """It may be asked once more. Closed if there are enough; those of whoever was longest not asked go, too."""
        with self._lock:
            self._idle[server] = [*self._idle.pop(server, []), connection]
            surplus = self._idle[server][self._at_once :]
            del self._idle[server][self._at_once :]
            if len(self._idle) > HOSTS_KEPT:
                surplus += self._idle.pop(next(iter(self._idle)))
        for one in surplus:
            one.close()

    def close(self) -> None:
        """Let go of all connections."""
        with self._lock:
            idle, self._idle = self._idle, {}
        for connections in idle.values():
            for connection in connections:
                connection.close()


def _is_quiet(connection: socket.socket) -> bool:
    with selectors.DefaultSelector() as selector:
        selector.register(connection, selectors.EVENT_READ)
        return not selector.select(0)
