"""Which guests and nodes are hosts that run an agent: found by what both sides tell, kept with the evidence.

A network card's address decides: it is one guest's alone. The firmware's uuid, which a machine takes as its id when it
is set up, comes second, as a clone inside still has the first machine's. A name counts only with an address.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from wakeful_collector.integrations.proxmox.sync import identity
from wakeful_collector.job import Job
from wakeful_collector.read import proxmox, proxmox_clusters, proxmox_hosts
from wakeful_collector.store import proxmox_joins
from wakeful_collector.store.changes import changing
from wakeful_collector.store.proxmox_joins import Join

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from wakeful_collector.config import Settings
    from wakeful_collector.model.estate import Guest, Node
    from wakeful_collector.read.proxmox_hosts import Machine

INTERVAL_SECONDS = 60.0
_ADDRESS = re.compile(r"(?:^|,)ip6?=([0-9A-Fa-f.:]+)/\d+")
_NET = re.compile(r"(?:net|ipconfig)\d{1,3}")


class Traits(NamedTuple):
    """By what a guest or node can be told: its id, name, cards, uuid, addresses."""

    id: str
    name: str
    macs: frozenset[str]
    uuid: str
    addresses: frozenset[str]


def of_guest(one: Guest) -> Traits:
    """Return by what a guest can be told, from its settings and what it says inside."""
    config = one.wanted
    static = {found for key, value in config.items() if _NET.fullmatch(key) for found in _ADDRESS.findall(value)}
    macs = frozenset(identity.macs(config))
    return Traits(one.id, one.name, macs, identity.uuid_of(config), frozenset({*one.addresses, *static}))


def of_node(one: Node) -> Traits:
    """Return by what a node can be told: its name with its address."""
    return Traits(one.id, one.name, frozenset(), "", frozenset({one.address} - {""}))


def joins(cluster: str, things: Iterable[Traits], machines: Iterable[Machine]) -> list[Join]:
    """Return who is who, by the best evidence; where two fit equally well nobody is."""
    wanted, there = list(things), list(machines)
    found: dict[str, Join] = {}
    taken: set[str] = set()
    for evidence, of_thing, of_machine in _EVIDENCE:
        by_trait: dict[str, list[Machine]] = {}
        for machine in there:
            for trait in of_machine(machine) if machine.id not in taken else ():
                by_trait.setdefault(trait, []).append(machine)
        claims = {one.id: _only(of_thing(one), by_trait) for one in wanted if one.id not in found}
        claimed = Counter(claim[1].id for claim in claims.values() if claim is not None)
        for one in wanted:
            claim = claims.get(one.id)
            if claim is not None and claimed[claim[1].id] == 1:
                found[one.id] = Join(cluster, one.id, one.name, claim[1].id, evidence.format(claim[0]))
                taken.add(claim[1].id)
    return [found[key] for key in sorted(found)]


def refresh(data: Path, _settings: Settings, _now_ms: int) -> int:
    """Keep who is who of every cluster, where that is other than it was; return of how many clusters it is."""
    names = [row.name for row in proxmox_clusters.clusters(data)]
    machines = proxmox_hosts.machines(data) if names else []
    changed = 0
    for name in names:
        guests, nodes = proxmox.guests(data, name), proxmox.nodes(data, name)
        found = joins(name, [*map(of_guest, guests), *map(of_node, nodes)], machines)
        if {one.id: one for one in found} != proxmox_hosts.joins(data, name):
            with changing(data) as connection:
                proxmox_joins.keep(connection, name, found)
            changed += 1
    return changed


def _only(traits: Iterable[str], known: Mapping[str, list[Machine]]) -> tuple[str, Machine] | None:
    """Return the one machine that has any of these traits, with the trait; None when there are several, or none."""
    fitting = [(trait, machine) for trait in sorted(traits) for machine in known.get(trait, ())]
    return fitting[0] if len({machine.id for _, machine in fitting}) == 1 else None


def _named(name: str, addresses: Iterable[str]) -> Iterable[str]:
    short = name.partition(".")[0].lower()
    return [f"{short} at {one}" for one in addresses] if short else []


_EVIDENCE: tuple[tuple[str, Callable[[Traits], Iterable[str]], Callable[[Machine], Iterable[str]]], ...] = (
    ("its network card {}", lambda one: one.macs, lambda one: one.macs),
    ("its firmware's uuid {}", lambda one: [one.uuid] if one.uuid else [], lambda one: [one.machine_id]),
    (
        "its name and address: {}",
        lambda one: _named(one.name, one.addresses),
        lambda one: _named(one.reported_name, one.addresses),
    ),
)
"""The kinds of evidence, best first: its sentence, and the traits of a guest and of a machine that are to be equal."""

JOBS = (Job("proxmox.joins", INTERVAL_SECONDS, refresh),)
