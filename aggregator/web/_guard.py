"""
Where we may go: the public internet, and what the operator has opened of the private network.

Asked of each address that a name leads to, before we connect. Through a proxy it is the proxy who looks names up: what
can be told of a host without that is told before.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable, Iterator

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
"""RFC 6052."""
_INSIDE = ("localhost", "local", "internal", "home.arpa")
"""Never names of the public internet: RFC 6761, RFC 6762, ICANN, RFC 8375."""


class Refused(Exception):
    """Not a place where we go. The text is a plain sentence."""


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the public internet; one that wraps an IPv4 address counts as that address."""
    return all(_is_outside(ip) for ip in _meant(address))


def _meant(address: str) -> Iterator[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    """The address, or the IPv4 address that it wraps."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    inner = None
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo and ip.teredo[1])
        if ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    yield inner or ip


def _is_outside(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    if isinstance(ip, ipaddress.IPv6Address) and ip.is_site_local:  # fec0::/10, which Python calls global
        return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved)


class Guard:
    """Knows what is open: hosts by their name or address, and networks (`10.0.0.0/8`)."""

    def __init__(self, opened: Iterable[str]) -> None:
        opened = tuple(opened)
        self._hosts = frozenset(_bare(name) for name in opened if "/" not in name)
        self._networks = tuple(ipaddress.ip_network(name) for name in opened if "/" in name)

    def check(self, host: str, addresses: Iterable[str]) -> None:
        """Raises Refused if the host leads to any place where we do not go: a mixed answer is an attack."""
        if _bare(host) in self._hosts:
            return
        for address in addresses:
            if not is_public(address) and not self._is_open(address):
                place = host if _bare(host) == address else f"{host} is {address}, which"
                raise Refused(f"{place} is not in the public internet; see private_hosts")

    def check_unseen(self, host: str) -> None:
        """The same as far as the host itself tells, which somebody else will look up."""
        name = _bare(host)
        try:  # every way to write an address, also 0x7f.1, which the other side might read as one
            found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
        except (OSError, UnicodeError):
            is_inside = "." not in name or name.endswith(tuple(f".{suffix}" for suffix in _INSIDE))
            if is_inside and name not in self._hosts:
                raise Refused(f"{host} is no name of the public internet; see private_hosts") from None
            return
        self.check(host, [str(where[0]) for *_, where in found])

    def _is_open(self, address: str) -> bool:
        return any(ip in network for ip in _meant(address) for network in self._networks)


def _bare(host: str) -> str:
    return host.strip("[]").rstrip(".").lower()
