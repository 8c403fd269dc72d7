"""The networks this machine stands in: each interface that is up, with its hardware and its broadcast addresses.

What is told of a link says who could be woken through it, and by whom this machine could be woken itself.
"""

from __future__ import annotations

import socket
import struct

from wakeful_agent.host.errors import Absent, HostError, Malformed
from wakeful_agent.host.interfaces import interface, is_path, is_up
from wakeful_agent.host.netlink import dump, parse_attributes
from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wakeful_agent.host.files import Host

_ROUTE, _GET_ADDRESS = 0, 22
_ADDRESS, _LOCAL, _BROADCAST = 1, 2, 4
_BODY = struct.Struct("=BBBBi")
_IFF_BROADCAST = 2
_UPLINKS = ("physical", "bond", "vlan")
PREFIX_MOST = 30
"""With a longer prefix there is no broadcast address: a point to point link, or one address alone. Source: RFC 3021."""


class Network(NamedTuple):
    """An address of this machine in a network; `broadcast` is empty where the network has none."""

    address: str
    prefix: int
    broadcast: str

    def holds(self, number: int) -> bool:
        """Tell whether an address, as a number, lies in this network."""
        return (number ^ as_number(self.address)) >> (32 - self.prefix) == 0


class Link(NamedTuple):
    """An interface that is up and can be heard by all of its network.

    `internal` says that it leads nowhere: a bridge of containers or virtual machines without a port to the outside.
    `armed` says whether the card may wake this machine, None where the kernel does not tell.
    """

    name: str
    kind: str
    mac: str
    networks: tuple[Network, ...]
    internal: bool = False
    armed: bool | None = None


def as_number(address: str) -> int:
    """Return an IPv4 address as a number; raise Malformed."""
    try:
        return int.from_bytes(socket.inet_pton(socket.AF_INET, address), "big")
    except (OSError, UnicodeError, ValueError):
        raise Malformed(f"{address[:64]!r} is not an IPv4 address") from None


def is_machines6(address: str) -> bool:
    """Tell whether this is an IPv6 address of a machine: a global or a unique local one. Source: RFC 4291, RFC 4193."""
    try:
        first = socket.inet_pton(socket.AF_INET6, address)[0]
    except (OSError, UnicodeError, ValueError):
        return False
    return first >> 5 == 0b001 or first >> 1 == 0b1111110


def address_of(number: int) -> str:
    """Return the IPv4 address that a number stands for."""
    return socket.inet_ntop(socket.AF_INET, number.to_bytes(4, "big"))


def broadcast_of(number: int, prefix: int) -> str:
    """Return the address that all of a network hear; empty where its prefix leaves none."""
    if prefix > PREFIX_MOST:
        return ""
    return address_of(number | ((1 << (32 - prefix)) - 1))


def parse_network(body: bytes) -> tuple[int, Network | None]:
    """Return an interface's index and one of its IPv4 addresses (None for others). Source: rtnetlink(7).

    Raises Malformed.
    """
    try:
        family, prefix, _flags, _scope, index = _BODY.unpack_from(body)
        values = parse_attributes(body, _BODY.size)
        raw = values.get(_LOCAL) or values.get(_ADDRESS) or b""
        if family != socket.AF_INET or len(raw) != 4 or prefix > 32:
            return index, None
        told = values.get(_BROADCAST, b"")
        shown = socket.inet_ntop(socket.AF_INET, told) if len(told) == 4 and any(told) else ""
    except struct.error as error:
        raise Malformed(f"netlink: {error}") from None
    number = int.from_bytes(raw, "big")
    broadcast = shown or broadcast_of(number, prefix) if prefix <= PREFIX_MOST else ""
    return index, Network(socket.inet_ntop(socket.AF_INET, raw), prefix, broadcast)


def links(host: Host) -> list[Link]:
    """Return the links of this machine that are up, those with the most general networks last; raise HostError.

    A machine under another root than the running one has none that could be asked for: Absent.
    """
    if not host.real:
        raise Absent("the links of another machine cannot be asked for")
    networks: dict[str, list[Network]] = {}
    for body in dump(_ROUTE, _GET_ADDRESS, _BODY.pack(socket.AF_INET, 0, 0, 0, 0)):
        index, network = parse_network(body)
        name = _name(index)
        if network is not None and name:
            networks.setdefault(name, []).append(network)
    found = [link for link in (_link(host, name, tuple(held)) for name, held in networks.items()) if link is not None]
    return sorted(found, key=lambda one: (one.internal, one.name))


def _link(host: Host, name: str, networks: tuple[Network, ...]) -> Link | None:
    told = interface(host, name)
    if told.kind == "loopback" or not is_up(host, name) or not _flags(host, name) & _IFF_BROADCAST:
        return None
    internal = told.kind == "bridge" and not _has_uplink(host, name)
    return Link(name, told.kind, told.mac, networks, internal, _armed(host, name))


def _name(index: int) -> str:
    try:
        return socket.if_indextoname(index)
    except OSError:  # it vanished between two questions
        return ""


def _flags(host: Host, name: str) -> int:
    try:
        return int(host.optional(f"sys/class/net/{name}/flags"), 16)
    except ValueError:
        return 0


def _has_uplink(host: Host, bridge: str) -> bool:
    try:
        ports = host.listing(f"sys/class/net/{bridge}/brif")
    except HostError:
        return False
    return any(interface(host, port).kind in _UPLINKS for port in ports if is_path(port))


def _armed(host: Host, name: str) -> bool | None:
    told = host.optional(f"sys/class/net/{name}/device/power/wakeup")
    return told == "enabled" if told else None
