"""URLs: one spelling for comparing, a valid one for readers."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import SplitResult, quote, unquote, urljoin, urlsplit, urlunsplit

_LONGEST = 8000
"""Characters. What is longer is no address but a load."""
_PATH = "/:@!$&'()*+,;=-._~%"
_QUERY = _PATH + "?"
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_BARE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_ESCAPED = re.compile(r"%[0-9A-Fa-f]{2}")
_HOST = re.compile(r"(?=.{1,253}\.?$)[a-z0-9_](?:[a-z0-9_-]{0,62})(?:\.[a-z0-9_][a-z0-9_-]{0,62})*\.?")
_PORTS = {"http": 80, "https": 443}
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_ORDINARY = re.compile(
    r"(https?)://((?:[a-z0-9-]+\.)+[a-z]+)(/[\w/.,:;=@~!+%-]*)(?:\?([\w/.,~!+=&%-]*))?(?:#([\w/.,~!+=&%-]*))?", re.ASCII
)
"""Nearly every link: its parts are there to be seen, and nobody disputes them."""

_TRACKING = re.compile(
    r"(?:utm_.*|mtm_.*|pk_.*|piwik_.*|hsa_.*|_openstat|fbclid|gclid|gclsrc|dclid|gbraid|wbraid|yclid|ysclid|ymclid"
    r"|msclkid|twclid|ttclid|igshid|igsh|mc_cid|mc_eid|mkt_tok|_hsenc|_hsmi|_ga|_gl|vero_id|vero_conv|wickedid"
    r"|oly_anon_id|oly_enc_id|rb_clickid|s_cid|ref_src|ref_url|__twitter_impression|ns_mchannel|ns_campaign|xtor"
    r"|phpsessid|jsessionid|aspsessionid.*|cfid|cftoken)=?",
    re.IGNORECASE,
)
_SESSION = re.compile(r"(?:sid|s|session|session_id|sessionid)=[0-9a-f]{32}", re.IGNORECASE)
_SESSION_IN_PATH = re.compile(r";(?:jsessionid|phpsessid|sid)=[^/;]*", re.IGNORECASE)


def usable(url: str, base: str = "") -> str:
    """
    The link that readers get: absolute, http or https, ASCII (RFC 3986; the host by IDNA 2008), without credentials;
    otherwise as the source gave it. Empty if there is none in it. Never raises.
    """
    parts = _split(url, base)
    if parts is None:
        return ""
    fragment = _valid(parts.fragment, _QUERY)
    whole = urlunsplit((parts.scheme, parts.netloc, _valid(parts.path, _PATH), _valid(parts.query, _QUERY), fragment))
    return whole if len(whole) <= _LONGEST else ""


def without_user(url: str) -> str:
    """The address without name and password: it may be shown to anybody."""
    if "@" not in url:
        return url
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def canonical(url: str) -> str:
    """
    The page's one spelling, for comparing and never for fetching. Empty if `url` is no http(s) URL with a host.

    Taken as the same, because two different articles that differ only so have not been seen: http and https (without
    an own port), `www.` and none, a trailing slash, the order of parameters, tracking and session parameters, and a
    fragment unless it is the address itself (`#!/news/5`). Mobile and AMP addresses stay what they are: `m.` and
    `amp.` are other hosts, where anything may live.
    """
    parts = _split(url, "")
    if parts is None:
        return ""
    scheme, host = ("https", parts.netloc.removeprefix("www.")) if parts.port is None else (parts.scheme, parts.netloc)
    path = _without_dots(_tidy(_SESSION_IN_PATH.sub("", _valid(parts.path, _PATH))))
    fragment = _tidy(_valid(parts.fragment, _QUERY)) if parts.fragment.startswith(("!", "/")) else ""
    whole = urlunsplit((scheme, host, path.rstrip("/") or "/", _telling(parts.query), fragment))
    return whole if len(whole) <= _LONGEST else ""


def site(url: str) -> str:
    """
    Whose page it is, roughly: the last two labels of the host, three under `com.tr` and the like. One host of many
    tenants (github.io) counts as one site. Empty if `url` is no http(s) URL with a host.
    """
    parts = _split(url, "")
    host = (parts.hostname or "") if parts else ""
    labels = host.split(".")
    if ":" in host or labels[-1].isdigit():
        return host
    is_shared = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SHARED
    return ".".join(labels[-3 if is_shared else -2 :])


_SHARED = frozenset("ac co com edu gob gov gouv go in mil msk net ne nom or org spb".split())
"""Under a country's domain, these belong to nobody in particular."""


def _split(url: str, base: str) -> SplitResult | None:
    """The parts of an http(s) URL with a valid host and port in `netloc`; None if it is none."""
    url = _CONTROL.sub("", url).strip()
    if not url or len(url) > _LONGEST:
        return None
    if (ordinary := _ORDINARY.fullmatch(url)) and _HOST.fullmatch(ordinary[2]):
        return SplitResult(*ordinary.groups(""))
    try:
        whole = url if not base or _SCHEME.match(url) else urljoin(_CONTROL.sub("", base), url)
        parts = urlsplit(_slashes(whole))
        host, port = _ascii_host(parts.hostname or ""), parts.port
    except ValueError:  # brackets that are no IPv6 address, a port that is no number, look-alikes of / in the host
        return None
    if parts.scheme not in _PORTS or not host or port == 0:
        return None
    own_port = "" if port is None or port == _PORTS[parts.scheme] else f":{port}"
    return parts._replace(netloc=host + own_port)


def _slashes(url: str) -> str:
    """As browsers read it: a backslash before the query is a slash; `http://a.example\\@b.example/` leads to a."""
    head, mark, tail = url.partition("?")
    return head.replace("\\", "/") + mark + tail


def _ascii_host(host: str) -> str:
    """Lower case and punycode; empty if there is no such host name. Raises ValueError."""
    if ":" in host:
        return f"[{ipaddress.IPv6Address(host)}]"
    host = unquote(host)
    if not host.isascii():
        import idna

        try:
            host = idna.encode(host, uts46=True).decode("ascii")
        except idna.IDNAError as e:
            raise ValueError(host) from e
    host = host.lower().rstrip(".")
    return host if _HOST.fullmatch(host) else ""


def _valid(part: str, safe: str) -> str:
    """Everything that may not stand in a URI percent-encoded; what is encoded already stays."""
    return quote(_BARE_PERCENT.sub("%25", part) if "%" in part else part, safe=safe)


def _tidy(part: str) -> str:
    """RFC 3986 section 6.2.2: escapes in upper case, and none for characters that need none."""
    return _ESCAPED.sub(_tidy_escape, part) if "%" in part else part


def _tidy_escape(escape: re.Match[str]) -> str:
    character = chr(int(escape.group()[1:], 16))
    return character if character.isascii() and (character.isalnum() or character in "-._~") else escape.group().upper()


def _without_dots(path: str) -> str:
    """RFC 3986 section 5.2.4, for an absolute path."""
    if "/." not in path and path.startswith("/"):
        return path
    kept: list[str] = []
    for segment in path.split("/")[1:]:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    return "/" + "/".join(kept)


def _telling(query: str) -> str:
    """The parameters that say which page it is, in the order of their names."""
    if not query:
        return ""
    parameters = [_tidy(p) for p in _valid(query, _QUERY).split("&") if p]
    told = [p for p in parameters if not _TRACKING.match(p.partition("=")[0] + "=") and not _SESSION.fullmatch(p)]
    return "&".join(sorted(told, key=lambda p: p.partition("=")[0]))
