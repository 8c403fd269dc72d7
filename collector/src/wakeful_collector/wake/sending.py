"""Magic packets sent by the collector itself, over its own interfaces: where no agent shares the sleeper's network."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import time
from typing import TYPE_CHECKING, Any, NamedTuple

import psutil

from wakeful_wire.mac import parse_mac

if TYPE_CHECKING:
    from collections.abc import Mapping

PORT = 9
PACKETS = 3
PAUSE_SECONDS = 0.1
EVERYBODY = "255.255.255.255"
ANYWHERE = ipaddress.IPv4Interface("0.0.0.0/32")
"""The source of a packet that goes wherever the route leads."""


class WakeError(Exception):
    """A packet went nowhere; the text says why."""


class Own(NamedTuple):
    """An address of the collector in a network, and what all of that network hear."""

    interface: str
    address: ipaddress.IPv4Interface
    broadcast: str


class Sent(NamedTuple):
    """What was sent, in a sentence, and in data."""

    summary: str
    data: dict[str, Any]


def own() -> list[Own]:
    """Return the collector's addresses in networks that have a broadcast address."""
    up = {name for name, state in psutil.net_if_stats().items() if state.isup}
    found = []
    for name, addresses in psutil.net_if_addrs().items():
        for one in addresses:
            if name not in up or one.family != socket.AF_INET or not one.netmask:
                continue
            address = ipaddress.IPv4Interface(f"{one.address}/{one.netmask}")
            if address.network.prefixlen <= 30 and not address.is_loopback:
                found.append(Own(name, address, one.broadcast or str(address.network.broadcast_address)))
    return found


def send(
    arguments: Mapping[str, Any], over: list[Own] | None = None, password: bytes = b"", broadcast: str = ""
) -> Sent:
    """Send the packets that `arguments` (those of the action `wake`) ask for; takes some 0.2 seconds.

    `password` is a card's SecureOn password. With `broadcast` they go to that address: a network's own, one behind a
    router (most routers drop that), or 255.255.255.255 for every network of the collector.

    Raises:
        WakeError: the hardware address is none, no network of the collector fits, or the system refused to send.
    """
    import wakeonlan

    try:
        mac = parse_mac(str(arguments.get("mac", "")))
    except ValueError as error:
        raise WakeError(f"the hardware address {error}") from None
    known = own() if over is None else over
    ways = _towards(broadcast, known) if broadcast else _ways(str(arguments.get("address", "")), known)
    content: bytes = wakeonlan.create_magic_packet(mac) + password
    port = int(arguments.get("port", PORT))
    told: list[str] = []
    for number in range(PACKETS):
        if number:
            time.sleep(PAUSE_SECONDS)
        told, problems = _once(ways, port, content)
        if not told:
            raise WakeError("; ".join(problems))
    summary = f"{PACKETS} packets were sent to {mac} by the collector itself; they are never acknowledged"
    return Sent(summary, {"mac": mac, "ways": told, "packets": PACKETS})


def _ways(address: str, over: list[Own]) -> list[Own]:
    if not over:
        raise WakeError(
            "the collector has no interface with a broadcast address; in a container, run it in --network=host"
        )
    if not address:
        return over
    try:
        target = ipaddress.IPv4Interface(address).ip
    except ValueError:
        raise WakeError(f"{address[:64]!r} is no IPv4 address") from None
    fitting = [one for one in over if target in one.address.network]
    if not fitting:
        raise WakeError(f"the collector is in no network with {target}")
    return fitting


def _towards(broadcast: str, over: list[Own]) -> list[Own]:
    try:
        target = ipaddress.IPv4Address(broadcast)
    except ValueError:
        raise WakeError(f"{broadcast[:64]!r} is no IPv4 address") from None
    if broadcast == EVERYBODY:
        return _ways("", over)
    near = [one for one in over if broadcast == one.broadcast]
    return near or [Own("", ANYWHERE, str(target))]


def _once(ways: list[Own], port: int, content: bytes) -> tuple[list[str], list[str]]:
    told, problems = [], []
    for way in ways:
        try:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as channel:
                channel.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
                # Before Linux 5.7 that took a right; the source address leads the same way.
                with contextlib.suppress(PermissionError):
                    if way.interface:
                        channel.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, way.interface.encode() + b"\0")
                channel.bind((str(way.address.ip), 0))
                channel.sendto(content, (way.broadcast, port))
        except OSError as error:
            problems.append(f"broadcast to {way.broadcast} {_over(way)}: {error.strerror or error}")
        else:
            told.append(f"broadcast to {way.broadcast} port {port} {_over(way)}")
    return told, problems


def _over(way: Own) -> str:
    return f"over {way.interface}" if way.interface else "by the route (most routers drop what is for a whole network)"
