"""Echo requests over the kernel's unprivileged ICMP sockets, where net.ipv4.ping_group_range lets this user's group.

The kernel sets the identifier and hands a socket only the answers to its own requests. Source: icmp(7), RFC 792, 4443.
"""

from __future__ import annotations

import os
import socket
import struct
from time import monotonic, sleep

from wakeful_agent.host.errors import Denied, HostError, translate

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_HEADER = struct.Struct("!BBHHH")
_TOKEN_BYTES = 16
_REQUESTS: dict[int, tuple[int, int]] = {socket.AF_INET: (8, 0), socket.AF_INET6: (128, 129)}


def request(kind: int, sequence: int, token: bytes) -> bytes:
    """Return an echo request with its checksum; over IPv6 the kernel writes its own."""
    empty = _HEADER.pack(kind, 0, 0, 0, sequence) + token
    return _HEADER.pack(kind, 0, checksum(empty), 0, sequence) + token


def checksum(content: bytes) -> int:
    """Return the Internet checksum of an even number of bytes. Source: RFC 1071."""
    total: int = sum(word for (word,) in struct.iter_unpack("!H", content))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def is_answer(packet: bytes, kind: int, sequence: int, token: bytes) -> bool:
    """Tell whether a packet is the answer to the request with this sequence and token."""
    if len(packet) < _HEADER.size:
        return False
    told, code, _, _, number = _HEADER.unpack_from(packet)
    return (told, code, number) == (kind, 0, sequence) and packet[_HEADER.size :] == token


def open_socket(family: int) -> socket.socket:
    """Return an ICMP socket; raise Denied where the group may not have one, HostError where the kernel has none."""
    protocol = socket.IPPROTO_ICMP if family == socket.AF_INET else socket.IPPROTO_ICMPV6
    try:
        return socket.socket(family, socket.SOCK_DGRAM, protocol)
    except PermissionError:
        raise Denied("ICMP is not allowed for this user's group by net.ipv4.ping_group_range") from None
    except OSError as error:
        raise translate(error, "ICMP") from None


def check() -> None:
    """Raise Denied where this user's group may not ping, HostError where the kernel cannot."""
    open_socket(socket.AF_INET).close()


def echo(family: int, end: Any, count: int, timeout_seconds: float, pause_seconds: float = 0.2) -> list[float | None]:
    """Return the seconds each of `count` requests took to be answered, None for those that were not.

    `timeout_seconds` is for each. Raises Denied, or HostError when nothing can be sent there.
    """
    seconds: list[float | None] = []
    with open_socket(family) as channel:
        for sequence in range(1, count + 1):
            if seconds:
                sleep(pause_seconds)
            try:
                seconds.append(_one(channel, family, end, sequence, timeout_seconds))
            except OSError as error:
                if seconds or error.errno is None:
                    seconds.append(None)
                    continue
                raise HostError(f"ICMP to {end[0]}: {error.strerror}") from None
    return seconds


def _one(channel: socket.socket, family: int, end: Any, sequence: int, timeout_seconds: float) -> float | None:
    kind, answer = _REQUESTS[family]
    token = os.urandom(_TOKEN_BYTES)
    begun = monotonic()
    channel.sendto(request(kind, sequence, token), end)
    while (left := begun + timeout_seconds - monotonic()) > 0:
        channel.settimeout(left)
        try:
            packet = channel.recv(1024)
        except (TimeoutError, socket.timeout):
            continue
        if is_answer(packet, answer, sequence, token):
            return monotonic() - begun
    return None
