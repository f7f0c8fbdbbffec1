"""Where messages to agencies may go: nowhere inside, unless an operator has allowed it (SSRF).

The name is resolved here, every address it has is judged, and the connection goes to the judged
address itself, so a name that changes in between leads nowhere else. Redirects are not followed.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urlsplit, urlunsplit

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
PORTS: Final = {"https": 443, "http": 80}
LONGEST: Final = 500
NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
"""Addresses of IPv4 written as IPv6 (RFC 6052)."""


class UnsafeTarget(ValueError):
    """This address may not be told anything. Its text is a code of the catalogue's fields."""


@dataclass(frozen=True, slots=True)
class Place:
    """A judged place: connect to `url`, ask for `host`."""

    url: str
    host: str
    """The Host header, and the name the certificate must have."""
    name: str


def networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Networks from CIDR texts. Raises ValueError."""
    return tuple(ipaddress.ip_network(text, strict=False) for text in texts)


def check_form(url: str) -> SplitResult:
    """The address in its parts. Raises UnsafeTarget for what is no plain http(s) address."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise UnsafeTarget("url_invalid") from None
    plain = url.isascii() and url.isprintable() and " " not in url and "\\" not in url
    if not plain or len(url) > LONGEST or parts.scheme not in PORTS or not parts.hostname or port == 0:
        raise UnsafeTarget("url_invalid")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise UnsafeTarget("url_invalid")
    return parts


def judge(scheme: str, addresses: Sequence[Address], allowed: Sequence[Network]) -> Address:
    """The address to connect to. Raises UnsafeTarget where one of them is not for us.

    Public addresses are spoken to over TLS alone; plain HTTP only where an operator allowed the network.
    """
    for address in addresses:
        inside = any(address in network for network in allowed if network.version == address.version)
        if not inside and not _is_public(address):
            raise UnsafeTarget("url_private")
        if not inside and scheme != "https":
            raise UnsafeTarget("url_plain")
    if not addresses:
        raise UnsafeTarget("url_unknown_host")
    return addresses[0]


async def place_of(url: str, allowed: Sequence[Network]) -> Place:
    """Resolves and judges an address. Raises UnsafeTarget."""
    parts = check_form(url)
    name = parts.hostname or ""
    port = parts.port or PORTS[parts.scheme]
    try:
        found = await asyncio.get_running_loop().getaddrinfo(name, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise UnsafeTarget("url_unknown_host") from None
    addresses = [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
    address = judge(parts.scheme, addresses, allowed)
    literal = f"[{address}]" if address.version == 6 else str(address)
    target = urlunsplit((parts.scheme, f"{literal}:{port}", parts.path or "/", parts.query, ""))
    return Place(target, parts.netloc, name)


def _is_public(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if address in NAT64:
            inner = ipaddress.IPv4Address(address.packed[-4:])
        if inner is not None:
            return _is_public(inner)
    return address.is_global and not address.is_multicast
