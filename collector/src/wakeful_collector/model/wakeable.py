"""Whom an agent says that it may wake, as announced with the action `wake`: hostile data, read with care. Pure."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any, NamedTuple

from wakeful_wire.mac import parse_mac

if TYPE_CHECKING:
    from collections.abc import Iterable

ENTRIES_MAX = 1_000
ACTION = "wake"


class Wakeable(NamedTuple):
    """Machines by hardware address, networks whoever is in them, or anybody."""

    machines: frozenset[str] = frozenset()
    networks: tuple[ipaddress.IPv4Network, ...] = ()
    anybody: bool = False

    def permits(self, mac: str, networks: Iterable[ipaddress.IPv4Network]) -> bool:
        """Tell whether this machine may be woken: it is named, or one of its networks is, as a whole."""
        if self.anybody or mac in self.machines:
            return True
        return any(own.broadcast_address in permitted for own in networks for permitted in self.networks)


def wakeable(actions: Any) -> Wakeable | None:
    """Return whom the announced actions of a hello can wake; None where `wake` is not among them.

    An agent that announces the action and does not say whom is taken at its word: it will judge by itself.
    """
    for action in actions if isinstance(actions, list) else []:
        if isinstance(action, dict) and action.get("name") == ACTION:
            targets = action.get("targets")
            return _read(targets) if isinstance(targets, dict) else Wakeable(anybody=True)
    return None


def _read(targets: dict[str, Any]) -> Wakeable:
    machines, networks = set(), []
    for text in _texts(targets.get("machines")):
        try:
            machines.add(parse_mac(text))
        except ValueError:
            continue
    for text in _texts(targets.get("networks")):
        try:
            networks.append(ipaddress.IPv4Network(text))
        except ValueError:
            continue
    return Wakeable(frozenset(machines), tuple(networks), targets.get("anybody") is True)


def _texts(value: Any) -> list[str]:
    return [text for text in value[:ENTRIES_MAX] if isinstance(text, str)] if isinstance(value, list) else []
