"""Through a proxy, if the operator has one: what goes there, and what is refused all the same."""

from __future__ import annotations

import logging
import ssl
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest

from aggregator.config import load
from aggregator.errors import ConfigError
from aggregator.web import Web, _dial

from .loopback import Loopback, failure, make_web, reply, tunnel, visit

PEM = Path(__file__).parent / "data/tls/loopback.pem"
NOBODY = "http://127.0.0.1:1"


@pytest.fixture
def proxy() -> Iterator[Loopback]:
    with Loopback() as proxy:
        yield proxy


@pytest.fixture
def web(proxy: Loopback) -> Iterator[Web]:
    web = make_web(proxy=proxy.url(""), private_hosts=frozenset())
    yield web
    web.close()


def test_every_request_goes_through_the_proxy(proxy: Loopback, web: Web) -> None:
    proxy.answers["http://news.example/rss"] = reply(301, Location="http://www.news.example/feed?a=1")
    proxy.answers["http://www.news.example/feed?a=1"] = reply(body=b"<rss>")
    page = visit(web, "http://news.example/rss").get("http://news.example/rss")
    assert (page.url, page.body) == ("http://www.news.example/feed?a=1", b"<rss>")
    assert [seen.headers["Host"] for seen in proxy.requests] == ["news.example", "www.news.example"]


def test_a_secure_connection_goes_through_a_tunnel(
    proxy: Loopback, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(PEM)
    monkeypatch.setenv("SSL_CERT_FILE", str(PEM))
    _dial.tls.cache_clear()
    with Loopback({"/rss": reply(body=b"<rss>")}, tls=context) as server:
        port = server.server.server_address[1]
        proxy.answers[f"news.example:{port}"] = tunnel(port)
        assert "certificate" in failure(web, server.url("/rss", host="news.example")).reason
        named = make_web(proxy=proxy.url(""))
        proxy.answers[f"127.0.0.1:{port}"] = tunnel(port)
        assert visit(named).get(server.url("/rss")).body == b"<rss>"
        named.close()
    _dial.tls.cache_clear()
    assert {seen.method for seen in proxy.requests} == {"CONNECT"}
    assert [seen.path for seen in server.requests] == ["/rss"]


def test_a_source_has_a_way_of_its_own(proxy: Loopback) -> None:
    proxy.answers["http://127.0.0.1/"] = reply(body=b"through the proxy")
    with Loopback({"/": reply(body=b"direct")}) as server:
        web = make_web(proxy=NOBODY)
        assert visit(web, proxy="").get(server.url("/")).body == b"direct"
        assert visit(web, proxy=proxy.url("")).get("http://127.0.0.1/").body == b"through the proxy"
        assert "the proxy refuses the connection" in failure(web, server.url("/")).reason
        web.close()


INSIDE = ["127.0.0.1", "10.0.0.1", "0x7f.1", "2130706433", "[::1]", "[::ffff:10.0.0.1]", "169.254.169.254"]
NAMES = ["localhost", "printer", "a.localhost", "wiki.internal", "nas.local", "router.home.arpa", "localhost."]


@pytest.mark.parametrize("host", [*INSIDE, *NAMES])
def test_a_proxy_is_not_asked_for_what_is_inside(proxy: Loopback, web: Web, host: str) -> None:
    assert "see private_hosts" in failure(web, f"http://{host}/").reason
    assert "see private_hosts" in failure(web, f"https://{host}/").reason
    assert not proxy.requests


def test_nor_after_a_redirect(proxy: Loopback, web: Web) -> None:
    proxy.answers["http://news.example/"] = reply(302, Location="http://169.254.169.254/latest/meta-data/")
    assert "169.254.169.254" in failure(web, "http://news.example/").reason
    assert len(proxy.requests) == 1


def test_a_proxys_password_is_told_to_the_proxy_alone(proxy: Loopback, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with_user = proxy.url("").replace("://", "://desk:s%3Acret@")
    web = make_web(proxy=with_user, private_hosts=frozenset())
    with Loopback() as server:
        port = server.server.server_address[1]
        proxy.answers |= {f"news.example:{port}": tunnel(port), "http://news.example/": reply(407)}
        told = [failure(web, f"https://news.example:{port}/").reason, failure(web, "http://news.example/").reason]
        assert not server.requests
    wanted = f"Basic {b64encode(b'desk:s:cret').decode()}"
    assert [seen.headers["Proxy-Authorization"] for seen in proxy.requests] == [wanted, wanted]
    assert told[1] == "the proxy answers 407 Proxy Authentication Required"
    assert "cret" not in "".join([*told, caplog.text, repr(visit(web, proxy=with_user)._source)])
    web.close()


def test_a_proxy_that_fails_is_named(proxy: Loopback, web: Web) -> None:
    proxy.answers["news.example:443"] = reply(502)
    assert failure(web, "https://news.example/").reason == "the proxy answers 502 Bad Gateway"
    proxy.answers["news.example:443"] = reply(407)
    assert failure(web, "https://news.example/").reason == "the proxy answers 407 Proxy Authentication Required"


def test_when_the_proxy_is_away_it_is_we_who_are_offline() -> None:
    web = make_web(proxy=NOBODY)
    trips = [visit(web, f"http://{name}.example/") for name in "abc"]
    for trip in trips:
        with pytest.raises(Exception, match="the proxy refuses the connection"):
            trip.get(trip._home)
    assert all(trip.is_offline for trip in trips)
    web.close()


# --- in the configuration --------------------------------------------------------------------------------------------

DESK = "title: T\nproxy: {}\nsources: [{{name: a, feed: https://a.example/, proxy: {}}}, {{name: b, files: inbox}}]"


def test_a_proxy_with_a_password_comes_from_the_environment_or_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESK_PROXY", "http://desk:secret@proxy.internal:3128")
    (tmp_path / "proxy").write_text("https://other:hidden@[::1]:8443\n")
    path = tmp_path / "config.yaml"
    path.write_text(DESK.format("env:DESK_PROXY", "file:proxy"))
    config = load(path)
    assert config.manners.proxy == "http://desk:secret@proxy.internal:3128"
    assert [source.proxy for source in config.sources] == ["https://other:hidden@[::1]:8443", None]
    assert "secret" not in repr(config)
    assert "hidden" not in repr(config)
    path.write_text(DESK.format("http://proxy.internal:3128", "direct"))
    assert (load(path).manners.proxy, load(path).sources[0].proxy) == ("http://proxy.internal:3128", "")


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        ("proxy.example:3128", "this is no proxy"),
        ("socks5://proxy.example", "this is no proxy"),
        ("http://proxy.example:99999", "this is no proxy"),
        ("http://proxy.example/path", "this is no proxy"),
        ("http://desk:secret@proxy.example", "a secret does not belong into this file"),
        ("env:NO_SUCH_PROXY", "the environment has no 'NO_SUCH_PROXY'"),
    ],
)
def test_what_is_no_proxy_is_a_complaint_without_the_password(tmp_path: Path, said: str, complaint: str) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(DESK.format(said, "direct"))
    with pytest.raises(ConfigError, match=f"config.yaml:2:8: {complaint}") as caught:
        load(path)
    assert "secret@" not in str(caught.value)
