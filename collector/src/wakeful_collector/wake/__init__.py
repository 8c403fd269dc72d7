"""Waking a machine that sleeps: who can send it the packet, and the packet where the collector sends it itself."""

from __future__ import annotations

from ipaddress import AddressValueError, IPv4Address, IPv4Interface
from typing import TYPE_CHECKING, Any

from wakeful_collector.model.card import Card
from wakeful_collector.model.wakeable import ACTION
from wakeful_collector.read import waking
from wakeful_collector.read.waking import Machine
from wakeful_collector.wake import sending
from wakeful_collector.wake.relay import Agent, Plan, Relay, Sleeper, best, choose, stranger_addresses

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

__all__ = ["ACTION", "Agent", "Plan", "Relay", "Sleeper", "best_mac", "choose", "plan", "plan_stranger"]


def plan(data: Path, host_id: str, given: Mapping[str, Any], now_ms: int) -> Plan:
    """Return how to wake a host: whom to ask for it and with what, or why nobody can. An unknown host has no cards."""
    sleeper = waking.machine(data, host_id)
    if sleeper is None:
        return Plan(reason="there is no such host")
    return _chosen(sleeper, waking.around(data, sleeper, str(given.get("relay") or ""), now_ms), given)


def plan_stranger(
    data: Path, name: str, mac: str, address: str, host_id: str, given: Mapping[str, Any], now_ms: int
) -> Plan:
    """Return how to wake a machine by its hardware address and its IPv4 address, "" where that is not known.

    It is taken for a member of whatever network of an agent, or of the collector, its address lies in. `host_id` is its
    own agent's, "" where it has none: nobody wakes himself.
    """
    alone = Machine(host_id, name, (Card("", mac, _alone(address)),))
    around = waking.around(data, alone, str(given.get("relay") or ""), now_ms)
    networks = {one.network for machine in around for card in machine.cards for one in card.addresses}
    networks |= {one.address.network for one in sending.own()}
    card = Card("", mac, stranger_addresses(address, networks))
    return _chosen(Machine(host_id, name, (card,)), around, given)


def best_mac(data: Path, host_id: str) -> str:
    """Return the hardware address of a host by which it is most likely woken; "" when its agent told of none."""
    found = waking.machine(data, host_id)
    return best(found.cards).mac if found is not None and found.cards else ""


def _alone(address: str) -> tuple[IPv4Interface, ...]:
    try:
        return (IPv4Interface(f"{IPv4Address(address)}/32"),)
    except AddressValueError:
        return ()


def _chosen(sleeper: Machine, around: Sequence[Machine], given: Mapping[str, Any]) -> Plan:
    agents = [Agent(one.id, one.name, one.cards, one.wakes, one.sightings) for one in around]
    own = [one.address for one in sending.own()]
    return choose(Sleeper(sleeper.id, sleeper.name, sleeper.cards), agents, own, given)
