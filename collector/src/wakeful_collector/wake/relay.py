"""Who can wake a sleeping machine: an agent that shares a network with it, or else the collector itself. Pure."""

from __future__ import annotations

import ipaddress
from enum import IntEnum
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from ipaddress import IPv4Interface, IPv4Network

    from wakeful_collector.model.card import Card
    from wakeful_collector.model.wakeable import Wakeable

PASSED_ON = ("check", "port", "repeat", "wait_seconds")
"""What whoever asks may say of a wake, beside whom."""


class Evidence(IntEnum):
    """How well it is known that an agent and the sleeping machine are in one network; the best last."""

    DOUBTFUL = 1
    NETWORK = 2
    GATEWAY = 3
    SEEN = 4


class Sleeper(NamedTuple):
    """The machine that is to be woken; `name` is hostile text."""

    id: str
    name: str
    cards: tuple[Card, ...]


class Agent(NamedTuple):
    """An agent that is up; `wakes` is whom it says it may wake, `sightings` are its neighbours' hardware addresses."""

    id: str
    name: str
    cards: tuple[Card, ...]
    wakes: Wakeable | None = None
    sightings: Mapping[str, int] = {}


class Relay(NamedTuple):
    """An agent that can wake the machine, by which of its cards, and why it can; `seen_ms` is when it saw that card."""

    id: str
    name: str
    evidence: Evidence
    seen_ms: int
    card: Card
    address: str
    why: str


class Plan(NamedTuple):
    """How to wake a machine: ask one of `relays` (best first) for the action with `arguments`, or do it `itself`.

    `why` says how that is known; `reason` says why nobody can, and what to do about it.
    """

    relays: tuple[Relay, ...] = ()
    itself: bool = False
    arguments: Mapping[str, Any] = {}
    why: str = ""
    reason: str = ""


def choose(
    sleeper: Sleeper, agents: Sequence[Agent], own: Sequence[IPv4Interface], given: Mapping[str, Any] | None = None
) -> Plan:
    """Return how to wake the machine; `own` are the collector's addresses, `given` what was asked for.

    An agent with `relay` in `given` is taken whatever is known of its networks: routers may pass directed broadcasts.
    """
    wishes = given or {}
    if not sleeper.cards:
        return Plan(
            reason=f"no hardware address of {sleeper.name} is known: its agent tells of them once it ran in a network"
        )
    if wishes.get("relay"):
        return _forced(sleeper, agents, str(wishes["relay"]), wishes)
    near = [relay for agent in agents for relay in _relays(sleeper, agent)]
    able = {agent.id: agent for agent in agents}
    found = sorted((one for one in near if _may(able[one.id], one.card)), key=_order, reverse=True)
    sure = [one for one in found if one.evidence > Evidence.DOUBTFUL]
    shared = _shared(sleeper, own)
    if not sure and shared is not None:
        card, address = shared
        why = f"the collector itself is in {address.network}"
        return Plan((), True, arguments(sleeper, card, str(address), wishes), _cautioned(why, card))
    if found:
        relays: dict[str, Relay] = {}
        for one in sure or found:
            relays.setdefault(one.id, one)
        best = found[0]
        said = arguments(sleeper, best.card, best.address, wishes)
        return Plan(tuple(relays.values()), False, said, _cautioned(best.why, best.card))
    return Plan(reason=_reason(sleeper, near))


def arguments(sleeper: Sleeper, card: Card, address: str, wishes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of the action `wake`."""
    name = "".join(character if character.isprintable() else "?" for character in sleeper.name)[:128].lstrip("-")
    said: dict[str, Any] = {"mac": card.mac, "name": name, "address": address}
    said.update((key, wishes[key]) for key in PASSED_ON if wishes.get(key) not in (None, ""))
    return {key: value for key, value in said.items() if value != ""}


def stranger_addresses(address: str, networks: Iterable[IPv4Network]) -> tuple[IPv4Interface, ...]:
    """Return the address as a member of each of these networks that it lies in; nothing when it is no IPv4 address."""
    try:
        own = ipaddress.IPv4Address(address)
    except ValueError:
        return ()
    fitting = sorted((one for one in networks if own in one), key=lambda one: one.prefixlen, reverse=True)
    return tuple(ipaddress.IPv4Interface(f"{own}/{one.prefixlen}") for one in fitting)


def _forced(sleeper: Sleeper, agents: Sequence[Agent], relay: str, wishes: Mapping[str, Any]) -> Plan:
    agent = next((one for one in agents if one.id == relay), None)
    if agent is None:
        return Plan(reason="the machine that was named to send the packet is not up")
    known = sorted(_relays(sleeper, agent), key=_order, reverse=True)
    card = known[0].card if known else best(sleeper.cards)
    if not _may(agent, card):
        return Plan(reason=_permit(agent.name, card.mac))
    address = known[0].address if known else next((str(one) for one in card.addresses), "")
    why = known[0].why if known else f"{agent.name} was named; nothing is known of a network they share"
    chosen = Relay(agent.id, agent.name, Evidence.DOUBTFUL, 0, card, address, why)
    said = arguments(sleeper, card, address, wishes)
    return Plan((known[0] if known else chosen,), False, said, _cautioned(why, card))


def _may(agent: Agent, card: Card) -> bool:
    return agent.wakes is not None and agent.wakes.permits(card.mac, [one.network for one in card.addresses])


def _relays(sleeper: Sleeper, agent: Agent) -> list[Relay]:
    found = []
    for card in sleeper.cards:
        address = next((str(one) for one in card.addresses), "")
        seen_ms = agent.sightings.get(card.mac, 0)
        if seen_ms:
            why = f"{agent.name} has {card.mac} among its neighbours"
            found.append(Relay(agent.id, agent.name, Evidence.SEEN, seen_ms, card, address, why))
        for other in agent.cards:
            for mine in card.addresses:
                if any(mine.network == theirs.network for theirs in other.addresses):
                    evidence, why = _judge(agent.name, card, other, str(mine.network))
                    found.append(Relay(agent.id, agent.name, evidence, seen_ms, card, str(mine), why))
    return found


def _judge(name: str, card: Card, other: Card, network: str) -> tuple[Evidence, str]:
    if not card.gateway_mac or not other.gateway_mac:
        return Evidence.NETWORK, f"{name} is in {network} too"
    if card.gateway_mac == other.gateway_mac:
        return Evidence.GATEWAY, f"{name} is in {network} behind the same gateway"
    return Evidence.DOUBTFUL, f"{name} is in a network {network} too, but its gateway is another one"


def _order(relay: Relay) -> tuple[int, int, int, str]:
    return relay.evidence, relay.seen_ms, _fitness(relay.card), relay.id


def _fitness(card: Card) -> int:
    return {True: 2, None: 1, False: 0}[card.armed]


def best(cards: Sequence[Card]) -> Card:
    """Return the card that a machine is most likely woken by: one that is armed, one that has an address."""
    return max(cards, key=lambda card: (_fitness(card), bool(card.addresses)))


def _shared(sleeper: Sleeper, own: Sequence[IPv4Interface]) -> tuple[Card, IPv4Interface] | None:
    networks = {one.network for one in own}
    fitting = sorted(sleeper.cards, key=_fitness, reverse=True)
    return next(
        ((card, address) for card in fitting for address in card.addresses if address.network in networks), None
    )


def _cautioned(why: str, card: Card) -> str:
    if card.armed is not False:
        return why
    return f"{why}; but {card.interface} was not armed when it was up last: ethtool -s {card.interface} wol g"


def _reason(sleeper: Sleeper, near: Sequence[Relay]) -> str:
    if near:
        best = max(near, key=_order)
        return _permit(best.name, best.card.mac)
    networks = sorted({str(address.network) for card in sleeper.cards for address in card.addresses})
    return (
        f"no machine that is up shares a network with {sleeper.name} ({', '.join(networks) or 'none is known'}): "
        "run an agent there, or name one that reaches it through a router"
    )


def _permit(name: str, mac: str) -> str:
    return (
        f"{name} could send the packet, but its agent.toml does not permit it: "
        f'[policy] allow = ["wake"] and [policy.wake] targets = ["{mac}"]'
    )
