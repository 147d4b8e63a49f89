"""What is kept of servers for the next request: connections that idle, and TLS sessions, which save a handshake."""

from __future__ import annotations

import selectors
import socket
import ssl
import threading

HOSTS_KEPT = 64
"""Servers whose idle connections are kept."""
SESSIONS_KEPT = 1000
"""Servers whose TLS session is: some 5 kB each."""

Server = tuple[str, str, int]
"""Scheme, host and port."""


class Kept:
    """For all threads. Of each server the session of the last handshake, and up to `at_once` idle connections."""

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._idle: dict[Server, list[socket.socket]] = {}
        self._sessions: dict[Server, ssl.SSLSession] = {}
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

    def session(self, server: Server) -> ssl.SSLSession | None:
        """For one handshake alone: who watches the line could tell two with the same ticket apart (RFC 8446, C.4)."""
        with self._lock:
            return self._sessions.pop(server, None)

    def keep_session(self, server: Server, session: ssl.SSLSession | None) -> None:
        """The one that a server has given last."""
        if session is not None and session.has_ticket:
            with self._lock:
                self._sessions[server] = session
                if len(self._sessions) > SESSIONS_KEPT:
                    del self._sessions[next(iter(self._sessions))]

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
