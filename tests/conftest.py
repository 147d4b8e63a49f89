"""What many tests want: a web server that answers as it is told, and a Web that may visit it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from aggregator.web import Web

from .loopback import Loopback, make_web


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback() as server:
        yield server


@pytest.fixture
def web() -> Iterator[Web]:
    web = make_web()
    yield web
    web.close()
