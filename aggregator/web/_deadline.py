"""One deadline for a whole exchange: a socket's own timeout is for each read, and a byte now and then renews it."""

from __future__ import annotations

import math
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from ._guard import Guard

LINGER = 60.0
"""Seconds that the watching thread waits for something to do."""


class Exchange:
    """
    One request and its answer, from the moment we may connect to the last byte.

    It holds a duplicate of the socket's number: TLS detaches the original object and http.client closes it before the
    body is read, while shutting down a duplicate always acts on the connection.
    """

    def __init__(self, seconds: float, guard: Guard) -> None:
        self.deadline = time.monotonic() + seconds
        self.guard = guard
        self.is_late = False
        self.is_fresh = False
        """Whether it had to open a connection."""
        self.is_connected = False
        """Whether there was one at any time."""
        self._copy: int | None = None
        self._lock = threading.Lock()

    def left(self) -> float:
        """Seconds to the deadline, never below zero."""
        return max(0.0, self.deadline - time.monotonic())

    def watch(self, connection: socket.socket) -> None:
        """From now on this is the connection that ends at the deadline."""
        self.is_connected = True
        with self._lock:
            self._let_go()
            self._copy = os.dup(connection.fileno())
            if self.is_late:
                self._hang_up()

    def end(self) -> None:
        """The deadline has come: whoever reads or writes gets an error now."""
        with self._lock:
            self.is_late = True
            self._hang_up()

    def close(self) -> None:
        """All is said; the connection itself may live on."""
        with self._lock:
            self._let_go()

    def _hang_up(self) -> None:
        if self._copy is not None:
            with suppress(OSError), socket.socket(fileno=self._copy) as connection:  # the other side may be quicker
                self._copy = None
                connection.shutdown(socket.SHUT_RDWR)

    def _let_go(self) -> None:
        if self._copy is not None:
            socket.close(self._copy)
            self._copy = None


class Watchdog:
    """
    Ends every exchange at its deadline, whatever it waits for. One thread for all: a timer each costs 100 µs. It starts
    with the first exchange, and ends by itself when there has been none for a while.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._under_way: set[Exchange] = set()
        self._wakes_at = math.inf
        self._thread: threading.Thread | None = None

    @contextmanager
    def over(self, exchange: Exchange) -> Iterator[Exchange]:
        """Watch over an exchange until the end of the block."""
        with self._changed:
            self._under_way.add(exchange)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="web-watchdog", daemon=True)
                self._thread.start()
            elif exchange.deadline < self._wakes_at:
                self._changed.notify()
        try:
            yield exchange
        finally:
            with self._changed:
                self._under_way.discard(exchange)
            exchange.close()

    def _run(self) -> None:
        with self._changed:
            while self._under_way or self._is_called():
                for exchange in [one for one in self._under_way if not one.left()]:
                    exchange.end()
                    self._under_way.discard(exchange)
                if self._under_way:
                    self._wakes_at = min(one.deadline for one in self._under_way)
                    self._changed.wait(self._wakes_at - time.monotonic())
            self._thread = None

    def _is_called(self) -> bool:
        """Wait for something to do."""
        self._wakes_at = math.inf
        self._changed.wait(LINGER)
        return bool(self._under_way)
