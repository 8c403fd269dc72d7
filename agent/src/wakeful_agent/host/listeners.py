"""Sockets that wait for others, asked from the kernel's socket diagnosis, or read from /proc/net.

The diagnosis is asked for listeners alone, which the kernel keeps in a small table of their own. Reading
/proc/net/tcp makes it walk the table of all connections: milliseconds, even on an idle machine.
"""

from __future__ import annotations

import socket
import struct
import sys

from wakeful_agent.host.errors import Absent, HostError, Malformed
from wakeful_agent.host.netlink import dump, parse_attributes
from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Iterable

    from wakeful_agent.host.files import Host

STATES = {
    "01": "established",
    "02": "syn_sent",
    "03": "syn_recv",
    "04": "fin_wait_1",
    "05": "fin_wait_2",
    "06": "time_wait",
    "07": "close",
    "08": "close_wait",
    "09": "last_ack",
    "0A": "listen",
    "0B": "closing",
    "0C": "syn_recv",
}
"""TCP states by their number in /proc/net/tcp. Source: include/net/tcp_states.h in Linux."""

_WAITING = {"tcp": "0A", "udp": "07"}
_TABLES = {"tcp": ("tcp", "tcp6"), "udp": ("udp", "udp6")}
_DIAGNOSIS, _BY_FAMILY = 4, 20
_FAMILIES = (socket.AF_INET, socket.AF_INET6)
_NUMBERS = {"tcp": 6, "udp": 17}
_V6_ONLY = 11  # INET_DIAG_SKV6ONLY
_REQUEST = struct.Struct("=BBBBI48x")
_ANSWER = struct.Struct("=BBBB2s2s16s16sIQIIIII")


class Listener(NamedTuple):
    """A socket that waits for others; `v6_only` is None where it was not told."""

    protocol: str
    address: str
    port: int
    inode: int
    v6_only: bool | None = None


def parse_sockets(lines: Iterable[str], protocol: str) -> tuple[list[Listener], dict[str, int]]:
    """Return the listening sockets of one table and how many sockets are in each state (by its two hex digits).

    Raises Malformed. Source: proc_pid_net(5).
    """
    listeners = []
    states: dict[str, int] = {}
    rows = iter(lines)
    next(rows, None)
    for line in rows:
        fields = line.split(None, 10)
        try:
            state = fields[3]
            states[state] = states.get(state, 0) + 1
            if state == _WAITING[protocol]:
                address, port = fields[1].split(":")
                listeners.append(Listener(protocol, parse_address(address), int(port, 16), int(fields[9])))
        except (ValueError, IndexError, OverflowError) as error:
            raise Malformed(f"/proc/net/{protocol}: is not as documented ({error})") from None
    return listeners, states


def parse_address(text: str) -> str:
    """Return the address of /proc/net/tcp or tcp6, which is written as words in the machine's own byte order."""
    raw = b"".join(int(text[at : at + 8], 16).to_bytes(4, sys.byteorder) for at in range(0, len(text), 8))
    return socket.inet_ntop(socket.AF_INET if len(raw) == 4 else socket.AF_INET6, raw)


def parse_diagnosis(body: bytes, protocol: str) -> Listener:
    """Return the socket that one answer of the diagnosis tells of; raise Malformed. Source: sock_diag(7)."""
    try:
        family, _, _, _, port, _, source, _, _, _, _, _, _, _, inode = _ANSWER.unpack_from(body)
    except struct.error as error:
        raise Malformed(f"netlink: {error}") from None
    four = family == socket.AF_INET
    address = socket.inet_ntop(socket.AF_INET if four else socket.AF_INET6, source[:4] if four else source)
    told = parse_attributes(body, _ANSWER.size).get(_V6_ONLY)
    v6_only = None if told is None else told != b"\0"
    return Listener(protocol, address, int.from_bytes(port, "big"), inode, v6_only)


def listeners(host: Host, protocol: str) -> list[Listener]:
    """Return the sockets of `protocol` (tcp, udp) that wait, of both families; raise Absent where nothing tells."""
    if host.real:
        try:
            return _diagnosed(protocol)
        except HostError:  # the kernel's module for it is not there, or a sandbox forbids it
            pass
    return _read(host, protocol)


def listens(host: Host, port: int) -> bool:
    """Say whether something on this machine waits on the TCP port where a local client reaches it.

    That is an address of the loopback or any address; False where nothing tells.
    """
    try:
        waiting = listeners(host, "tcp")
    except HostError:
        return False
    return any(one.port == port and _is_local(one.address) for one in waiting)


def connections(host: Host) -> dict[str, int]:
    """Return how many TCP sockets are in each state, listening ones too; raise Absent where nothing tells of them."""
    counts = dict.fromkeys(STATES.values(), 0)
    absent = 0
    for table in _TABLES["tcp"]:
        try:
            _, states = parse_sockets(host.lines(f"proc/net/{table}"), "tcp")
        except Absent:
            absent += 1
            continue
        for state, count in states.items():
            counts[STATES.get(state, "close")] += count
    if absent == len(_TABLES["tcp"]):
        raise Absent("the kernel lists no TCP sockets here")
    return counts


def _is_local(address: str) -> bool:
    return address in {"0.0.0.0", "::", "::1"} or address.startswith(("127.", "::ffff:127."))  # noqa: S104 - compared, never bound


def _diagnosed(protocol: str) -> list[Listener]:
    states = 1 << int(_WAITING[protocol], 16)
    found = []
    for family in _FAMILIES:
        request = _REQUEST.pack(family, _NUMBERS[protocol], 0, 0, states)
        found += [parse_diagnosis(body, protocol) for body in dump(_DIAGNOSIS, _BY_FAMILY, request)]
    return found


def _read(host: Host, protocol: str) -> list[Listener]:
    found: list[Listener] = []
    absent = 0
    for table in _TABLES[protocol]:
        try:
            found += parse_sockets(host.lines(f"proc/net/{table}"), protocol)[0]
        except Absent:
            absent += 1
    if absent == len(_TABLES[protocol]):
        raise Absent(f"the kernel lists no {protocol} sockets here")
    return found
