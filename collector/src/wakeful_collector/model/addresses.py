"""Which addresses the collector may connect to by itself, judged after the name was resolved."""

from __future__ import annotations

import ipaddress

_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")
_SHARED = ipaddress.ip_network("100.64.0.0/10")


def refusal(address: str, allow_private: bool) -> str:
    """Return why a connection to an address is refused, empty when it is not.

    Private and loopback addresses are for those who were meant. Link-local ones (where clouds keep the keys of a
    machine), multicast, broadcast and reserved ones are for nobody.
    """
    try:
        found = _unwrapped(ipaddress.ip_address(address.partition("%")[0]))
    except ValueError:
        return f"{address[:64]!r} is no address"
    if found.is_link_local:
        return f"{found} is a link-local address, which is never asked"
    if found.is_multicast or found.is_unspecified:
        return f"{found} is no address of one machine"
    if not _is_private(found):
        return "" if found.is_global else f"{found} is a reserved address, which is never asked"
    return "" if allow_private else f"{found} is a private address; say allow_private if that is meant"


def is_private_literal(host: str) -> bool:
    """Tell whether a host is written as a private or loopback address: then that very machine is meant."""
    try:
        return _is_private(_unwrapped(ipaddress.ip_address(host)))
    except ValueError:
        return host.lower() == "localhost"


def _unwrapped(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """Return the IPv4 address that an IPv6 address stands for, if any."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _TRANSLATED:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.sixtofour or address


_PRIVATE = tuple(
    ipaddress.ip_network(text)
    for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "::1/128", "fc00::/7")
)


def _is_private(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    return any(address in network for network in (*_PRIVATE, _SHARED) if network.version == address.version)
