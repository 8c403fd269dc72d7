"""The network cards of a machine, as its agent tells of them: hostile data, read with care. Pure."""

from __future__ import annotations

import ipaddress
from typing import Any, NamedTuple

from wakeful_wire.mac import parse_mac

CARDS_MAX = 32
ADDRESSES_MAX = 16
_TEXT_CHARACTERS_MAX = 64
_SHARED_MACS = ("00:00:5e:00:01:", "52:54:00:12:35:", "52:55:")
"""What gateways of many networks are called alike: routers that stand in for each other (VRRP), hypervisors' NAT."""


class Card(NamedTuple):
    """A card (or a bridge, or a bond) with its IPv4 addresses; `gateway_mac` is empty where it says nothing.

    `armed` says whether the card may wake the machine, None where that is not known.
    """

    interface: str
    mac: str
    addresses: tuple[ipaddress.IPv4Interface, ...]
    gateway_mac: str = ""
    armed: bool | None = None


def cards(rows: Any) -> tuple[Card, ...]:
    """Return the cards of `hello.networks`, or of the inventory `network`; what does not look like one is left out."""
    found = []
    for row in rows[:CARDS_MAX] if isinstance(rows, list) else []:
        if not isinstance(row, dict):
            continue
        mac = _mac(row.get("mac"))
        if not mac or row.get("kind") in ("loopback", "tunnel", "wireguard"):
            continue
        gateway = _mac(row.get("gateway_mac"))
        armed = row.get("armed")
        found.append(
            Card(
                _text(row.get("interface") or row.get("name")),
                mac,
                _addresses(row.get("addresses")),
                "" if gateway.startswith(_SHARED_MACS) else gateway,
                armed if isinstance(armed, bool) else None,
            )
        )
    return tuple(found)


def sightings(rows: Any, most: int = 5_000) -> dict[str, int]:
    """Return when each hardware address of the inventory `neighbours` was last seen, in ms since the epoch."""
    found: dict[str, int] = {}
    for row in rows[:most] if isinstance(rows, list) else []:
        mac = _mac(row.get("mac")) if isinstance(row, dict) else ""
        seen_ms = row.get("seen_ms") if isinstance(row, dict) else None
        if mac and isinstance(seen_ms, int):
            found[mac] = max(found.get(mac, 0), seen_ms)
    return found


def _mac(value: Any) -> str:
    try:
        return parse_mac(value) if isinstance(value, str) else ""
    except ValueError:
        return ""


def _text(value: Any) -> str:
    return value[:_TEXT_CHARACTERS_MAX] if isinstance(value, str) else ""


def _addresses(values: Any) -> tuple[ipaddress.IPv4Interface, ...]:
    found = []
    for value in values[:ADDRESSES_MAX] if isinstance(values, list) else []:
        try:
            address = ipaddress.IPv4Interface(value if isinstance(value, str) else "")
        except ValueError:  # an IPv6 address, or nothing of the kind
            continue
        if address.network.prefixlen <= 30 and not address.is_loopback and not address.is_link_local:
            found.append(address)
    return tuple(found)
