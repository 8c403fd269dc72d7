"""Questions to the kernel by netlink: one request, a dump of answers; no tool is started for it."""

from __future__ import annotations

import socket
import struct

from wakeful_agent.host.errors import HostError, Malformed, translate

_DONE, _ERROR = 3, 2
_REQUEST_DUMP = 0x301
_HEADER = struct.Struct("=IHHII")
_ATTRIBUTE = struct.Struct("=HH")
_TIMEOUT_SECONDS = 2.0
_DATAGRAM_BYTES = 65_536
_DATAGRAMS_MAX = 4_096


def parse_messages(content: bytes) -> tuple[list[bytes], bool]:
    """Return the bodies of one datagram's messages, and whether the dump ends with it.

    Raises Malformed when lengths do not add up, HostError when the kernel refuses the question. Source: netlink(7).
    """
    bodies: list[bytes] = []
    position = 0
    while position < len(content):
        if position + _HEADER.size > len(content):
            raise Malformed("netlink: a message is cut short")
        size, kind, _, _, _ = _HEADER.unpack_from(content, position)
        if size < _HEADER.size or position + size > len(content):
            raise Malformed("netlink: a message is longer than its datagram")
        if kind == _DONE:
            return bodies, True
        if kind == _ERROR:
            raise HostError("netlink: the kernel refused the question")
        bodies.append(content[position + _HEADER.size : position + size])
        position += (size + 3) & ~3
    return bodies, False


def parse_attributes(body: bytes, position: int) -> dict[int, bytes]:
    """Return the attributes that begin at `position` by kind; raise Malformed when one is longer than the body."""
    found = {}
    while position + _ATTRIBUTE.size <= len(body):
        size, kind = _ATTRIBUTE.unpack_from(body, position)
        if size < _ATTRIBUTE.size or position + size > len(body):
            raise Malformed("netlink: an attribute has a wrong length")
        found[kind] = body[position + _ATTRIBUTE.size : position + size]
        position += (size + 3) & ~3
    return found


def dump(protocol: int, kind: int, request: bytes) -> list[bytes]:
    """Return the bodies of all answers to one dump request of netlink `protocol`; raise HostError when it fails."""
    found: list[bytes] = []
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, protocol) as link:
            link.settimeout(_TIMEOUT_SECONDS)
            link.send(_HEADER.pack(_HEADER.size + len(request), kind, _REQUEST_DUMP, 1, 0) + request)
            for _ in range(_DATAGRAMS_MAX):
                bodies, done = parse_messages(link.recv(_DATAGRAM_BYTES))
                found += bodies
                if done:
                    return found
    except OSError as error:
        raise translate(error, "netlink") from None
    raise HostError("netlink: the answer does not end")
