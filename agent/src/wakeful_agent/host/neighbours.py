"""Machines this one has spoken with in its own networks: the kernel's table of addresses and hardware addresses."""

from __future__ import annotations

import os
import socket
import struct

from wakeful_agent.host.errors import Absent, Malformed
from wakeful_agent.host.netlink import dump, parse_attributes
from wakeful_agent.host.parsing import parser
from wakeful_wire.mac import parse_mac
from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wakeful_agent.host.files import Host

_ROUTE, _GET_NEIGHBOUR = 0, 30
_DESTINATION, _HARDWARE, _CACHE = 1, 2, 3
_BODY = struct.Struct("=BxxxiHBB")
_CACHED = struct.Struct("=III")
_TICKS = os.sysconf("SC_CLK_TCK")
_INCOMPLETE, _FAILED, _NOARP = 0x01, 0x20, 0x40
_GATEWAY = 0x2


class Neighbour(NamedTuple):
    """A machine of a network; `age_seconds` is how long ago it was last known to be there."""

    interface: str
    address: str
    mac: str
    age_seconds: float


def parse_neighbour(body: bytes) -> tuple[int, Neighbour | None]:
    """Return an interface's index and a machine by its IPv4 address (without the interface's name), or None.

    One that failed to answer is left out: its hardware address may be another's by now. Source: rtnetlink(7).
    Raises Malformed.
    """
    try:
        _family, index, state, _flags, _kind = _BODY.unpack_from(body)
        values = parse_attributes(body, _BODY.size)
        cached = values.get(_CACHE)
        confirmed = _CACHED.unpack_from(cached)[0] if cached else 0
    except struct.error as error:
        raise Malformed(f"netlink: {error}") from None
    raw, hardware = values.get(_DESTINATION, b""), values.get(_HARDWARE, b"")
    if state & (_INCOMPLETE | _FAILED | _NOARP) or len(raw) != 4 or len(hardware) != 6:
        return index, None
    try:
        mac = parse_mac(hardware.hex())
    except ValueError:  # a group's address, or nobody's
        return index, None
    return index, Neighbour("", socket.inet_ntop(socket.AF_INET, raw), mac, confirmed / _TICKS)


@parser("proc/net/route")
def parse_gateways(text: str) -> dict[str, str]:
    """Return the gateway of the default route by interface, the best one first. Source: proc_pid_net(5)."""
    found: list[tuple[int, str, str]] = []
    for line in text.splitlines()[1:]:
        name, destination, gateway, flags, _, _, metric, mask, *_ = line.split()
        if int(flags, 16) & _GATEWAY and not int(destination, 16) and not int(mask, 16):
            # The kernel writes the address as a number in the machine's own byte order.
            found.append((int(metric), name, socket.inet_ntoa(struct.pack("=I", int(gateway, 16)))))
    return {name: gateway for _, name, gateway in sorted(found, reverse=True)}


def neighbours(host: Host) -> list[Neighbour]:
    """Return the machines that the kernel remembers by IPv4; raise HostError, Absent for another machine's root."""
    if not host.real:
        raise Absent("the neighbours of another machine cannot be asked for")
    found = []
    for body in dump(_ROUTE, _GET_NEIGHBOUR, _BODY.pack(socket.AF_INET, 0, 0, 0, 0)):
        index, neighbour = parse_neighbour(body)
        if neighbour is not None:
            try:
                found.append(neighbour._replace(interface=socket.if_indextoname(index)))
            except OSError:  # it vanished between two questions
                continue
    return found
