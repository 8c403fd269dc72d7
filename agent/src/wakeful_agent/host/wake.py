"""Magic packets: what wakes a machine by its hardware address, the ways one can go, and the sending.

A packet is never acknowledged: that it was sent says nothing of the machine. Source: AMD, Magic Packet Technology
(publication 20213); for how Linux treats the addresses, ip(7) and the tests in network namespaces.
"""

from __future__ import annotations

import errno
import socket
from contextlib import suppress

from wakeful_agent.host.errors import Absent, Denied, HostError, Malformed
from wakeful_agent.host.links import as_number, broadcast_of
from wakeful_wire import mac as macs
from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Sequence

    from wakeful_agent.host.files import Host
    from wakeful_agent.host.links import Link

PORT = 9
"""Where nobody listens (discard); a card looks for the packet whatever the port."""
ETHERTYPE = 0x0842
EVERYBODY = "255.255.255.255"
BROADCAST, DIRECTED, UNICAST, RAW = "broadcast", "directed broadcast", "unicast", "raw frame"
_ALL_STATIONS = b"\xff" * 6
_FORMS = "six bytes like 01:23:45:67:89:ab, or four like 192.0.2.1"
_ROUTERS = (
    "most routers drop a directed broadcast unless they are told otherwise (`ip directed-broadcast`, bc_forwarding)"
)
_SLEEPERS = "a router reaches a sleeping machine only while it remembers its hardware address; give the prefix too"


class Way(NamedTuple):
    """One way for the packet: over an `interface` from the address it has there, or wherever the route leads."""

    kind: str
    address: str
    port: int = PORT
    interface: str = ""
    source: str = ""

    @property
    def text(self) -> str:
        """Return it for a sentence, with what is to be known of its kind."""
        over = f" over {self.interface}" if self.interface else ""
        if self.kind == RAW:
            return f"{self.kind}{over}"
        caution = {DIRECTED: f" ({_ROUTERS})", UNICAST: f" ({_SLEEPERS})"}.get(self.kind, "")
        return f"{self.kind} to {self.address} port {self.port}{over}{caution}"


def parse_mac(text: str) -> str:
    """Return a machine's hardware address in its one form; raise Malformed."""
    try:
        return macs.parse_mac(text)
    except ValueError as error:
        raise Malformed(f"the hardware address {error}") from None


def parse_password(text: str) -> bytes:
    """Return a SecureOn password: six bytes in the forms of a hardware address, or four as a dotted quad.

    Raises Malformed, without the password.
    """
    told = text.strip()
    try:
        if told.count(".") == 3:
            return as_number(told).to_bytes(4, "big")
        return bytes.fromhex(macs.spaced(told).replace(":", ""))
    except (ValueError, Malformed):
        raise Malformed(f"the SecureOn password must be {_FORMS}") from None


def read_password(host: Host, path: str) -> bytes:
    """Return the SecureOn password in a file; raise Denied when it is open to others, Malformed, Absent, HostError."""
    try:
        return parse_password(host.secret(path))
    except Malformed:
        raise Malformed(f"{path}: the SecureOn password must be {_FORMS}") from None


def packet(mac: str, password: bytes = b"") -> bytes:
    """Return the packet: six bytes of ones, the address sixteen times, the password; 102, 106 or 108 bytes."""
    import wakeonlan

    made: bytes = wakeonlan.create_magic_packet(mac)
    return made + password


def ways(
    links: Sequence[Link], address: str = "", interface: str = "", port: int = PORT, raw: bool = False
) -> list[Way]:
    """Return the ways to whom the packet is for, pure; raise Malformed, or Absent with a sentence when there is none.

    Without an address: every link's own broadcast. An address in a link's network: that network's broadcast over that
    link. Another with its prefix (`10.2.0.9/24`): the broadcast of that network; without: the address itself.
    """
    chosen = _chosen(links, interface)
    if raw:
        return [Way(RAW, "", 0, link.name, link.networks[0].address) for link in chosen if link.mac] or _none(chosen)
    if address in ("", EVERYBODY):
        return _everywhere(chosen, port) or _none(chosen)
    text, slash, prefix = address.partition("/")
    number = as_number(text)
    if not 0x01000000 <= number < 0xE0000000 or number >> 24 == 127:
        raise Malformed(f"{text} is no machine's address")
    near = [
        Way(BROADCAST, network.broadcast, port, link.name, network.address)
        for link in chosen
        for network in link.networks
        if network.broadcast and network.holds(number)
    ]
    if near:
        return near
    over = chosen[0] if interface else None
    device, source = (over.name, over.networks[0].address) if over else ("", "")
    far = broadcast_of(number, _prefix(prefix)) if slash else ""
    return [Way(DIRECTED if far else UNICAST, far or text, port, device, source)]


def send(way: Way, content: bytes) -> None:
    """Send one packet on one way; raise Denied, Absent or HostError with what to do about it."""
    try:
        if way.kind == RAW:
            _send_raw(way.interface, content)
        else:
            _send_datagram(way, content)
    except OSError as error:
        raise explained(error, way) from None


def explained(error: OSError, way: Way) -> HostError:
    """Return the house's own error for what the system said about sending on a way."""
    said = f"{way.kind}{f' to {way.address}' if way.address else ''}{f' over {way.interface}' if way.interface else ''}"
    why = error.strerror or str(error)
    if way.kind == RAW and error.errno in (errno.EPERM, errno.EACCES, errno.EAFNOSUPPORT):
        return Denied(f"{said}: raw frames need the right CAP_NET_RAW (drop-ins/raw-frames.conf of the service)")
    if error.errno in (errno.ENETUNREACH, errno.EHOSTUNREACH):
        return HostError(f"{said}: no route leads there ({why}); name the interface, or ask an agent in that network")
    if error.errno in (errno.EACCES, errno.EPERM):
        return Denied(f"{said}: this machine forbids it ({why}): its firewall, or the sandbox of the service")
    if error.errno in (errno.ENODEV, errno.ENETDOWN, errno.EADDRNOTAVAIL, errno.ENXIO):
        return Absent(f"{said}: the interface is gone or down ({why})")
    return HostError(f"{said}: {why}")


def hint(host: Host, links: Sequence[Link]) -> str:
    """Return why nobody may hear a broadcast of this machine: a container with a network of its own; else nothing."""
    contained = host.exists(".dockerenv") or host.exists("run/.containerenv")
    if contained and all(link.internal or link.kind in ("virtual", "unknown") for link in links):
        return (
            "this agent runs in a container with a network of its own, where the LAN does not hear it: "
            "run it with --network=host, or ask an agent outside"
        )
    return ""


def _chosen(links: Sequence[Link], interface: str) -> list[Link]:
    if not interface:
        return list(links)
    found = [link for link in links if interface in (link.name, *(network.address for network in link.networks))]
    if not found:
        known = ", ".join(link.name for link in links) or "none"
        raise Absent(f"no interface {interface[:64]!r} is up here with a broadcast address; there are: {known}")
    return found


def _everywhere(links: Sequence[Link], port: int) -> list[Way]:
    found = []
    for link in links:
        network = next((one for one in link.networks if one.broadcast), None)
        if network is not None:
            found.append(Way(BROADCAST, network.broadcast, port, link.name, network.address))
    return found


def _none(links: Sequence[Link]) -> list[Way]:
    if links:
        raise Absent(f"{', '.join(link.name for link in links)}: no network there has a broadcast address")
    raise Absent("no interface is up here that has a broadcast address")


def _prefix(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 2 or not 8 <= int(text) <= 32:
        raise Malformed(f"the prefix {text[:8]!r} is not a number from 8 to 32")
    return int(text)


def _send_datagram(way: Way, content: bytes) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as channel:
        channel.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        if way.interface:
            with suppress(PermissionError):  # before Linux 5.7 it took a right; the source address leads the same way
                channel.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, way.interface.encode() + b"\0")
            channel.bind((way.source, 0))
        channel.sendto(content, (way.address, way.port))


def _send_raw(interface: str, content: bytes) -> None:
    with socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0) as channel:
        channel.sendto(content, (interface, ETHERTYPE, 0, 0, _ALL_STATIONS))
