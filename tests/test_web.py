from __future__ import annotations

import gzip
import itertools
import re
import socket
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from aggregator import __version__
from aggregator.errors import FetchError
from aggregator.web import Web
from aggregator.web._guard import Guard, Refused, is_public
from aggregator.web._wishes import back_after, fresh_for

from .loopback import NOW, Loopback, failure, hang, in_turn, make_web, pour, reply, visit

SPACES = gzip.compress(b" " * (1 << 20), mtime=0)


def refuse_to_connect(monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(self: socket.socket, address: Any) -> None:
        raise AssertionError(f"connected to {address}")

    monkeypatch.setattr(socket.socket, "connect", connect)


def resolve_to(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> list[str]:
    """From now on every name has these addresses; returns the names asked for, as they come."""
    asked: list[str] = []

    def getaddrinfo(host: bytes, port: int, **_: Any) -> list[Any]:
        asked.append(host.decode())
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked


# --- what we ask, what we get ----------------------------------------------------------------------------------------


def test_an_answer_brings_body_type_charset_and_validators(server: Loopback, web: Web) -> None:
    server.answers["/feed"] = reply(
        body=b"<rss/>", Content_Type="Application/RSS+xml; charset=Windows-1251", ETag='W/"7"', Last_Modified="Monday"
    )
    trip = visit(web)
    page = trip.get(server.url("/feed"))
    assert (page.url, page.body) == (server.url("/feed"), b"<rss/>")
    assert (page.media_type, page.charset) == ("application/rss+xml", "windows-1251")
    assert page.checkpoint == {"etag": 'W/"7"', "last-modified": "Monday"}
    assert (trip.now, trip.requests, trip.bytes, trip.not_before) == (NOW, 1, 6, None)


def test_we_say_who_we_are_and_nothing_that_follows_a_person(server: Loopback, web: Web) -> None:
    server.answers["/"] = reply(body=b"x", Set_Cookie="track=1; Path=/")
    visit(web).get(server.url("/"))
    visit(web).get(server.url("/"))
    asked = server.requests[-1].headers
    assert asked["User-Agent"] == f"River/{__version__} (+desk@example.org)"
    assert asked["Accept-Encoding"] == "gzip"
    assert "application/atom+xml" in asked["Accept"]
    assert asked["Cookie"] is None
    assert asked["Referer"] is None


def test_a_contact_in_any_script_fits_into_a_header(server: Loopback) -> None:
    web = make_web(contact="Редакция\r\n desk@example.org")
    server.answers["/"] = reply(body=b"x")
    visit(web).get(server.url("/"))
    assert re.fullmatch(r"River/[\d.]+ \(\+[!-~ ]+ desk@example\.org\)", server.requests[0].headers["User-Agent"])
    web.close()


def test_blanks_around_what_a_header_says_are_none_of_it(server: Loopback, web: Web) -> None:
    server.answers["/"] = in_turn(reply(301, Location="  /feed \t"))
    server.answers["/feed"] = reply(body=b"x", ETag='"a" ')
    page = visit(web).get(server.url("/"))
    assert (page.url, page.checkpoint["etag"]) == (server.url("/feed"), '"a"')


def test_validators_go_back_byte_for_byte(server: Loopback, web: Web) -> None:
    server.answers["/"] = in_turn(reply(body=b"x", ETag='W/"\xe9 1"', Last_Modified="Mon, 2-Mar-26"), reply(304))
    first = visit(web).get(server.url("/"))
    second = visit(web).get(server.url("/"), since=first.checkpoint)
    asked = server.requests[-1].headers
    assert (asked["If-None-Match"], asked["If-Modified-Since"]) == ('W/"\xe9 1"', "Mon, 2-Mar-26")
    assert second.body is None
    assert second.checkpoint == first.checkpoint


def test_a_304_may_bring_newer_validators(server: Loopback, web: Web) -> None:
    server.answers["/"] = reply(304, ETag='"b"')
    page = visit(web).get(server.url("/"), since={"etag": '"a"', "last-modified": "Monday", "digest": "x"})
    assert page.checkpoint == {"etag": '"b"', "last-modified": "Monday"}


def test_an_answer_without_validators_takes_the_old_ones_out(server: Loopback, web: Web) -> None:
    server.answers["/"] = reply(body=b"x")
    assert visit(web).get(server.url("/"), since={"etag": '"a"'}).checkpoint == {"etag": "", "last-modified": ""}


def test_a_304_that_nobody_asked_for_is_an_error(server: Loopback, web: Web) -> None:
    server.answers["/"] = reply(304)
    assert "304" in failure(web, server.url("/")).reason


def test_a_304_that_promises_chunks_does_not_make_us_wait(server: Loopback, web: Web) -> None:
    server.answers["/"] = in_turn(hang(b"HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n"), reply(304))
    for _ in range(2):
        assert visit(web).get(server.url("/"), since={"etag": '"a"'}).body is None


def test_a_204_has_nothing_to_say_and_changes_no_validator(server: Loopback, web: Web) -> None:
    server.answers["/"] = reply(204, ETag='"b"')
    page = visit(web).get(server.url("/"), since={"etag": '"a"'})
    assert page.body is None
    assert page.checkpoint == {"etag": '"a"', "last-modified": ""}


@pytest.mark.parametrize("etag", ["", "a\r\nX-Evil: 1", "a\x00b", "a\tb", ' "a"', "я", '"' + "x" * 5000])
def test_a_validator_that_cannot_stand_in_a_header_is_not_sent(server: Loopback, web: Web, etag: str) -> None:
    server.answers["/"] = reply(body=b"x")
    visit(web).get(server.url("/"), since={"etag": etag, "last-modified": etag})
    asked = server.requests[0].headers
    assert (asked["If-None-Match"], asked["If-Modified-Since"], asked["X-Evil"]) == (None, None, None)


@pytest.mark.parametrize("status", [401, 403, 404, 410, 429, 500, 503, 299])
def test_an_error_of_the_server_is_told_plainly_and_only_gone_is_for_ever(
    server: Loopback, web: Web, status: int
) -> None:
    server.answers["/"] = reply(status, body=b"<html>")
    error = failure(web, server.url("/"))
    assert error.source == "gazette"
    assert error.reason.startswith(f"the server answers {status}")
    assert error.permanent is (status == 410)


def test_the_sentence_names_the_status_in_words(server: Loopback, web: Web) -> None:
    server.answers["/"] = reply(404)
    assert str(failure(web, server.url("/"))) == "gazette: the server answers 404 Not Found"


# --- the server's wish -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        ("0", 0),
        ("60, 3600", 3600),
        ("60, soon", 0),
        ("Mon, 02 Mar 2026 08:30:00 GMT", 1800),
        ("Mon, 02 Mar 2026 07:30:00 GMT", 0),
        ("-5", 0),
        ("завтра", 0),
        ("", 0),
        ("1e9", 0),
        ("999999999999999999", 7 * 86400),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 7 * 86400),
    ],
)
def test_retry_after_is_seconds_or_a_date_by_the_servers_own_clock(value: str, seconds: int) -> None:
    headers = {"Retry-After": value, "Date": "Mon, 02 Mar 2026 08:00:00 GMT"}
    assert back_after(headers, NOW) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Cache-Control": "public, max-age=600, stale-while-revalidate=60"}, 600),
        ({"Cache-Control": 'MAX-AGE="600"'}, 600),
        ({"Cache-Control": "s-maxage=600"}, 0),
        ({"Cache-Control": "no-cache, max-age=600"}, 0),
        ({"Cache-Control": "max-age=-1"}, 0),
        ({"Cache-Control": "max-age=99999999999"}, 365 * 86400),
        ({"Cache-Control": "max-age=60", "Expires": "Mon, 02 Mar 2026 09:00:00 GMT"}, 60),
        ({"Expires": "Mon, 02 Mar 2026 09:00:00 GMT"}, 3600),
        ({"Expires": "Mon, 02 Mar 2026 11:00:00 GMT", "Date": "x"}, 3600),
        ({"Expires": "0"}, 0),
        ({}, 0),
    ],
)
def test_an_answer_stays_fresh_as_long_as_it_says(headers: dict[str, str], seconds: int) -> None:
    assert fresh_for({"Date": "Mon, 02 Mar 2026 08:00:00 GMT", **headers}, NOW) == timedelta(seconds=seconds)


@pytest.mark.parametrize("status", [429, 503])
def test_a_server_that_wants_a_pause_gets_it(server: Loopback, web: Web, status: int) -> None:
    server.answers["/"] = reply(status, Retry_After="120")
    trip = visit(web)
    with pytest.raises(FetchError):
        trip.get(server.url("/"))
    assert trip.not_before == NOW + timedelta(seconds=120)


@pytest.mark.parametrize("status", [200, 304])
def test_a_fresh_answer_is_not_asked_for_again(server: Loopback, web: Web, status: int) -> None:
    server.answers["/"] = reply(status, Cache_Control="max-age=600")
    trip = visit(web, server.url("/"))
    trip.get(server.url("/"), since={"etag": '"a"'})
    assert trip.not_before == NOW + timedelta(seconds=600)


def test_only_the_document_at_its_own_address_says_how_long_a_source_is_fresh(server: Loopback, web: Web) -> None:
    server.answers["/robots.txt"] = reply(Cache_Control="max-age=7200")
    server.answers["/list"] = reply(Cache_Control="max-age=60")
    server.answers["/story"] = reply(Cache_Control="max-age=86400")
    trip = visit(web, server.url("/list"))
    for path in ("/robots.txt", "/list", "/story"):
        trip.get(server.url(path))
    assert trip.not_before == NOW + timedelta(seconds=60)


def test_where_that_is_never_asked_for_the_first_document_speaks(server: Loopback, web: Web) -> None:
    server.answers["/feed"] = reply(Cache_Control="max-age=60")
    server.answers["/story"] = reply(Cache_Control="max-age=86400")
    trip = visit(web, server.url("/"))
    for path in ("/feed", "/story"):
        trip.get(server.url(path))
    assert trip.not_before == NOW + timedelta(seconds=60)


# --- redirects -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_followed_and_billed(server: Loopback, web: Web, status: int) -> None:
    server.answers["/old"] = reply(status, Location="new%20feed?a=1")
    server.answers["/new%20feed?a=1"] = reply(body=b"here")
    trip = visit(web)
    page = trip.get(server.url("/old"))
    assert (page.url, page.body, trip.requests) == (server.url("/new%20feed?a=1"), b"here", 2)


def test_a_location_in_raw_utf8_is_understood(server: Loopback, web: Web) -> None:
    server.answers["/"] = reply(302, Location="/новости".encode().decode("latin-1"))
    server.answers["/%D0%BD%D0%BE%D0%B2%D0%BE%D1%81%D1%82%D0%B8"] = reply(body=b"here")
    assert visit(web).get(server.url("/")).body == b"here"


def test_five_redirects_are_enough(server: Loopback, web: Web) -> None:
    for n in range(6):
        server.answers[f"/{n}"] = reply(302, Location=f"/{n + 1}")
    server.answers["/6"] = reply(body=b"here")
    assert visit(web).get(server.url("/1")).body == b"here"
    assert failure(web, server.url("/0")).reason == "more than 5 redirects"


def test_redirects_in_a_circle_are_followed_once_around(server: Loopback, web: Web) -> None:
    server.answers["/a"] = reply(302, Location="/b")
    server.answers["/b"] = reply(302, Location="/a#again")
    assert failure(web, server.url("/a")).reason == "redirects that lead in a circle"
    assert [seen.path for seen in server.requests] == ["/a", "/b"]


def test_the_body_of_a_redirect_is_never_read(server: Loopback, web: Web) -> None:
    bomb = b"HTTP/1.1 302 Found\r\nLocation: /new\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n"
    server.answers["/"] = pour(bomb, itertools.repeat(SPACES))
    server.answers["/new"] = reply(body=b"here")
    assert visit(web).get(server.url("/")).body == b"here"


@pytest.mark.parametrize(
    "location",
    ["", "file:///etc/passwd", "gopher://127.0.0.1/", "mailto:a@b.example", "http://[::1", "http://user:pw@127.0.0.1/"],
)
def test_a_redirect_to_nowhere_or_with_a_password_is_not_followed(server: Loopback, web: Web, location: str) -> None:
    server.answers["/"] = reply(302, Location=location)
    assert "redirect" in failure(web, server.url("/")).reason
    assert len(server.requests) == 1


def test_what_is_meant_for_one_host_is_not_told_to_another(server: Loopback) -> None:
    web = make_web(private_hosts=frozenset({"127.0.0.1", "LOCALHOST"}))
    server.answers["/"] = reply(302, Location=server.url("/new", host="localhost"))
    server.answers["/new"] = reply(body=b"here")
    url = server.url("/").replace("//", "//desk:secret@")
    page = visit(web).get(url, headers={"X-Key": "secret", "accept": "text/html"})
    first, second = (seen.headers for seen in server.requests)
    assert (first["X-Key"], first["Authorization"]) == ("secret", "Basic ZGVzazpzZWNyZXQ=")
    assert (second["X-Key"], second["Authorization"], second["Accept"]) == (None, None, "text/html")
    assert "secret" not in page.url
    web.close()


def test_validators_go_with_us_to_the_host_that_gave_them(server: Loopback) -> None:
    web = make_web(private_hosts=frozenset({"127.0.0.1", "localhost"}))
    server.answers["/"] = reply(301, Location=server.url("/new", host="localhost"))
    server.answers["/new"] = in_turn(reply(body=b"x", ETag='"a"', Last_Modified="Monday"), reply(304))
    first = visit(web).get(server.url("/"))
    assert visit(web).get(server.url("/"), since=first.checkpoint).body is None
    asked = [(seen.headers["If-None-Match"], seen.headers["If-Modified-Since"]) for seen in server.requests]
    assert asked == [(None, None)] * 3 + [('"a"', "Monday")]
    web.close()


def test_validators_of_one_document_are_not_told_to_another_one_of_the_same_host(server: Loopback) -> None:
    web = make_web()
    server.answers["/feed"] = in_turn(reply(body=b"old", Last_Modified="Monday"), reply(301, Location="/new"))
    server.answers["/new"] = reply(body=b"new")
    first = visit(web).get(server.url("/feed"))
    assert visit(web).get(server.url("/feed"), since=first.checkpoint).body == b"new"
    assert [seen.headers["If-Modified-Since"] for seen in server.requests] == [None, "Monday", None]
    web.close()


def test_validators_are_told_to_nobody_who_did_not_give_them(server: Loopback) -> None:
    web = make_web(private_hosts=frozenset({"127.0.0.1", "localhost"}))
    server.answers["/"] = in_turn(reply(302, Location=server.url("/far", host="localhost")), reply(body=b"here"))
    server.answers["/far"] = reply(body=b"far", ETag='"far"')
    page = visit(web).get(server.url("/"), since={"etag": '"a"'})
    assert page.checkpoint["etag"] == '"far"'
    near = visit(web).get(server.url("/"), since=page.checkpoint)
    assert [seen.headers["If-None-Match"] for seen in server.requests] == ['"a"', None, None]
    assert set(near.checkpoint.values()) == {""}
    web.close()


def test_a_password_in_an_address_does_not_come_out_with_the_page(server: Loopback, web: Web) -> None:
    server.answers["/"] = reply(body=b"x")
    assert visit(web).get(server.url("/").replace("//", "//desk:secret@")).url == server.url("/")


# --- where we do not go ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        *("0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "169.254.169.254", "172.16.0.1", "192.168.1.1"),
        *("224.0.0.1", "240.0.0.1", "255.255.255.255"),
        *("::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fec0::1", "ff02::1"),
        *("::127.0.0.1", "::ffff:127.0.0.1", "64:ff9b::10.0.0.1", "2002:7f00:1::", "2001:0:102:304::80ff:fffe"),
    ],
)
def test_an_address_inside_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::1.1.1.1"])
def test_an_address_outside_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "2130706433", "0x7f.1", "169.254.169.254", "localhost"])
def test_we_never_go_into_the_private_network(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    refuse_to_connect(monkeypatch)
    web = make_web(private_hosts=frozenset())
    assert "not in the public internet" in failure(web, f"http://{host}/").reason
    web.close()


def test_an_address_is_not_told_to_be_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    refuse_to_connect(monkeypatch)
    web = make_web(private_hosts=frozenset())
    for host, told in (("192.168.0.1", "192.168.0.1"), ("[::1]", "::1"), ("0x7f.1", "0x7f.1 is 127.0.0.1, which")):
        assert f"{told} is not in the public internet" in failure(web, f"http://{host}/").reason
    web.close()


def test_not_by_a_redirect_either(server: Loopback, web: Web) -> None:
    server.answers["/"] = reply(302, Location=server.url("/secret", host="localhost"))
    assert "not in the public internet" in failure(web, server.url("/")).reason
    assert len(server.requests) == 1


def test_one_private_address_among_public_ones_is_enough(monkeypatch: pytest.MonkeyPatch, web: Web) -> None:
    refuse_to_connect(monkeypatch)
    resolve_to(monkeypatch, "1.1.1.1", "10.0.0.1")
    assert "10.0.0.1" in failure(web, "http://news.example/").reason


def test_the_address_that_was_checked_is_the_one_that_is_connected_to(
    monkeypatch: pytest.MonkeyPatch, server: Loopback
) -> None:
    web = make_web(private_hosts=frozenset({"news.example"}))
    server.answers["/"] = reply(body=b"x")
    asked = resolve_to(monkeypatch, "127.0.0.1")
    visit(web).get(server.url("/", host="news.example"))
    assert asked == ["news.example"]
    web.close()


@pytest.mark.parametrize("inside", ["127.0.0.1", "0x7f.1", "[::ffff:127.0.0.1]", "[::1]"])
def test_a_network_of_the_operators_is_open_with_all_that_is_in_it(inside: str) -> None:
    assert refuses(Guard(["10.0.0.0/8"]), inside)
    assert not refuses(Guard(["127.0.0.0/8", "::1/128"]), inside)


def refuses(guard: Guard, host: str) -> bool:
    try:
        guard.check_unseen(host)
    except Refused:
        return True
    return False


def test_a_name_in_an_open_network_may_be_contacted_and_one_foot_outside_is_too_many(
    monkeypatch: pytest.MonkeyPatch, server: Loopback
) -> None:
    web = make_web(private_hosts=frozenset({"127.0.0.0/8"}))
    server.answers["/"] = reply(body=b"x")
    resolve_to(monkeypatch, "127.0.0.1")
    assert visit(web).get(server.url("/", host="wiki.example")).body == b"x"
    resolve_to(monkeypatch, "127.0.0.1", "10.0.0.1")
    assert "10.0.0.1" in failure(web, "http://mail.example/").reason
    web.close()


def test_an_operators_own_hosts_may_be_contacted(server: Loopback, web: Web) -> None:
    server.answers["/"] = reply(body=b"x")
    assert visit(web).get(server.url("/")).body == b"x"


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://example.org/", "feed.xml", "http://", "", "http://[x/"])
def test_only_http_and_https(web: Web, url: str) -> None:
    assert failure(web, url).permanent


@pytest.mark.parametrize("url", ["http://exa mple.org/", "http://.../", "http://a..b/", "http://*.example.org/"])
def test_an_impossible_address_is_an_error_like_any_other(
    monkeypatch: pytest.MonkeyPatch, web: Web, url: str
) -> None:
    refuse_to_connect(monkeypatch)
    resolve_to(monkeypatch)
    assert failure(web, url).reason


def test_the_environment_names_no_proxy_and_no_password(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, server: Loopback, web: Web
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login desk password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1/")
    server.answers["/"] = reply(body=b"x")
    visit(web).get(server.url("/"))
    assert server.requests[0].headers["Authorization"] is None


# --- the module and its page -----------------------------------------------------------------------------------------


def test_importing_the_module_does_not_import_requests() -> None:
    code = "import sys, aggregator.web; sys.exit('requests' in sys.modules or 'urllib3' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[1])


def test_the_page_on_etiquette_names_tests_that_are_here() -> None:
    page = (Path(__file__).parents[1] / "docs/etiquette.md").read_text()
    named = set(re.findall(r"`(test_\w+)`", page))
    assert len(named) > 25
    here = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    assert named <= set(re.findall(r"^def (test_\w+)", here, re.M))
