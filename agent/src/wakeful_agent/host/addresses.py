"""Addresses of the machine's interfaces."""

from __future__ import annotations

import socket
import struct

from wakeful_agent.host.errors import Malformed
from wakeful_agent.host.netlink import dump, parse_attributes
from wakeful_agent.host.parsing import parser

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wakeful_agent.host.files import Host

_ROUTE, _GET_ADDRESS = 0, 22
_ADDRESS, _LOCAL = 1, 2
_BODY = struct.Struct("=BBBBi")


@parser("proc/net/if_inet6")
def parse_if_inet6(text: str) -> dict[str, list[str]]:
    """Return the IPv6 addresses with prefix length by interface name. Source: net/ipv6/addrconf.c in Linux."""
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        address, _, prefix, _, _, name = line.split()
        found.setdefault(name, []).append(f"{_text(bytes.fromhex(address))}/{int(prefix, 16)}")
    return found


def parse_address(body: bytes) -> tuple[int, str]:
    """Return interface index and address with prefix length (empty when there is none). Source: rtnetlink(7).

    Raises Malformed.
    """
    try:
        _family, prefix, _flags, _scope, index = _BODY.unpack_from(body)
        values = parse_attributes(body, _BODY.size)
        raw = values.get(_LOCAL) or values.get(_ADDRESS)
        return index, f"{_text(raw)}/{prefix}" if raw else ""
    except (struct.error, ValueError) as error:
        raise Malformed(f"netlink: {error}") from None


def addresses(host: Host) -> dict[str, list[str]]:
    """Return the addresses with prefix length by interface name.

    Under another root than the machine's own only the IPv6 addresses are told, by the file there. Raises HostError.
    """
    if not host.real:
        return parse_if_inet6(host.read("proc/net/if_inet6"))
    found: dict[str, list[str]] = {}
    for body in dump(_ROUTE, _GET_ADDRESS, _BODY.pack(0, 0, 0, 0, 0)):
        index, address = parse_address(body)
        try:
            name = socket.if_indextoname(index)
        except OSError:  # it vanished between two questions
            continue
        if address:
            found.setdefault(name, []).append(address)
    return found


def _text(raw: bytes) -> str:
    return socket.inet_ntop(socket.AF_INET if len(raw) == 4 else socket.AF_INET6, raw)
