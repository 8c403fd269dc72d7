"""What machines told of the networks they stand in: who could wake whom."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from wakeful_collector.model.card import Card, cards, sightings
from wakeful_collector.model.host import HostStatus, host_status
from wakeful_collector.model.wakeable import Wakeable, wakeable
from wakeful_collector.read import hosts, inventories
from wakeful_collector.store import agents, database

if TYPE_CHECKING:
    from pathlib import Path

_ONLINE = (HostStatus.UP, HostStatus.CONFLICT)


@dataclass(frozen=True, slots=True)
class Machine:
    """A host by its networks; `sightings` are empty for one that is not up, `wakes` is whom it says it may wake."""

    id: str
    name: str
    online: bool
    cards: tuple[Card, ...]
    wakes: Wakeable | None = None
    sightings: dict[str, int] = field(default_factory=dict)


def machines(data: Path, now_ms: int) -> list[Machine]:
    """Return every host that was not forgotten."""
    with database.translated():
        told = {key: (networks, actions) for key, networks, actions in agents.networks(database.reader(data, "state"))}
    found = []
    for host in hosts.hosts(data):
        networks, actions = told.get(host.key, (None, None))
        online = host_status(host, now_ms) in _ONLINE
        known = cards(_read(networks)) or cards(_inventory(data, host.key, "network"))
        wakes = wakeable(_read(actions))
        seen = sightings(_inventory(data, host.key, "neighbours")) if online and wakes is not None else {}
        found.append(Machine(host.id, host.name, online, known, wakes, seen))
    return found


def _read(text: str | None) -> Any:
    return json.loads(text) if text else []


def _inventory(data: Path, key: int, name: str) -> Any:
    found = inventories.body(data, key, name)
    return [] if found is None else found.document
