"""Addresses of the machine's interfaces, asked from the kernel by netlink; no tool is started for it."""

from __future__ import annotations

import socket
import struct
from ipaddress import ip_address
from typing import TYPE_CHECKING

from wakeful_agent.host.errors import HostError, Malformed, translate
from wakeful_agent.host.parsing import parser

if TYPE_CHECKING:
    from wakeful_agent.host.files import Host

_GET_ADDRESS, _NEW_ADDRESS, _DONE, _ERROR = 22, 20, 3, 2
_REQUEST_DUMP = 0x301
_ADDRESS, _LOCAL = 1, 2
_HEADER = struct.Struct("=IHHII")
_BODY = struct.Struct("=BBBBi")
_ATTRIBUTE = struct.Struct("=HH")
_TIMEOUT_SECONDS = 2.0
_MESSAGES_MAX = 4_096


@parser("proc/net/if_inet6")
def parse_if_inet6(text: str) -> dict[str, list[str]]:
    """Return the IPv6 addresses with prefix length by interface name. Source: net/ipv6/addrconf.c in Linux."""
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        address, _, prefix, _, _, name = line.split()
        found.setdefault(name, []).append(f"{ip_address(bytes.fromhex(address))}/{int(prefix, 16)}")
    return found


def parse_dump(content: bytes) -> tuple[list[tuple[int, str]], bool]:
    """Return pairs of interface index and address of one netlink datagram, and whether the dump ends with it.

    Raises Malformed when lengths do not add up or the kernel answers with an error. Source: rtnetlink(7).
    """
    found: list[tuple[int, str]] = []
    position = 0
    try:
        while position < len(content):
            size, kind, _, _, _ = _HEADER.unpack_from(content, position)
            if size < _HEADER.size or position + size > len(content):
                raise Malformed("netlink: a message is longer than its datagram")
            if kind == _DONE:
                return found, True
            if kind == _ERROR:
                raise Malformed("netlink: the kernel refused to list addresses")
            if kind == _NEW_ADDRESS:
                found.append(_address(content[position + _HEADER.size : position + size]))
            position += (size + 3) & ~3
    except (struct.error, ValueError) as error:
        raise Malformed(f"netlink: {error}") from None
    return [pair for pair in found if pair[1]], False


def addresses(host: Host) -> dict[str, list[str]]:
    """Return the addresses with prefix length by interface name.

    Under another root than the machine's own only the IPv6 addresses are told, by the file there. Raises HostError.
    """
    if not host.real:
        return parse_if_inet6(host.read("proc/net/if_inet6"))
    found: dict[str, list[str]] = {}
    try:
        for index, address in _dump():
            found.setdefault(socket.if_indextoname(index), []).append(address)
    except OSError as error:
        raise translate(error, "netlink") from None
    return found


def _dump() -> list[tuple[int, str]]:
    found: list[tuple[int, str]] = []
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as link:
        link.settimeout(_TIMEOUT_SECONDS)
        link.send(
            _HEADER.pack(_HEADER.size + _BODY.size, _GET_ADDRESS, _REQUEST_DUMP, 1, 0) + _BODY.pack(0, 0, 0, 0, 0)
        )
        for _ in range(_MESSAGES_MAX):
            part, done = parse_dump(link.recv(65_536))
            found += part
            if done:
                return found
    raise HostError("netlink: the list of addresses does not end")


def _address(body: bytes) -> tuple[int, str]:
    _family, prefix, _flags, _scope, index = _BODY.unpack_from(body)
    values = {}
    position = _BODY.size
    while position + _ATTRIBUTE.size <= len(body):
        size, kind = _ATTRIBUTE.unpack_from(body, position)
        if size < _ATTRIBUTE.size:
            raise ValueError("an attribute without length")
        values[kind] = body[position + _ATTRIBUTE.size : position + size]
        position += (size + 3) & ~3
    raw = values.get(_LOCAL) or values.get(_ADDRESS)
    return index, f"{ip_address(raw)}/{prefix}" if raw else ""
