"""What machines told of the networks they stand in: who could wake whom."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from wakeful_collector.model.announced import announced
from wakeful_collector.model.card import Card, cards, sightings
from wakeful_collector.model.host import HostStatus, host_status
from wakeful_collector.read import hosts, inventories
from wakeful_collector.store import agents, database

if TYPE_CHECKING:
    from pathlib import Path

_ONLINE = (HostStatus.UP, HostStatus.CONFLICT)


@dataclass(frozen=True, slots=True)
class Machine:
    """A host by its networks; `sightings` are empty for one that is not up, `actions` are what it announces."""

    id: str
    name: str
    online: bool
    cards: tuple[Card, ...]
    actions: frozenset[str]
    sightings: dict[str, int] = field(default_factory=dict)

    def announces(self, action: str) -> bool:
        """Tell whether this machine's agent says that it may be asked for an action."""
        return action in self.actions


def machines(data: Path, now_ms: int) -> list[Machine]:
    """Return every host that was not forgotten."""
    with database.translated():
        told = {key: (networks, actions) for key, networks, actions in agents.networks(database.reader(data, "state"))}
    found = []
    for host in hosts.hosts(data):
        networks, actions = told.get(host.key, (None, None))
        online = host_status(host, now_ms) in _ONLINE
        known = cards(_read(networks)) or cards(_inventory(data, host.key, "network"))
        names = frozenset(one.name for one in announced({"actions": _read(actions)}))
        seen = sightings(_inventory(data, host.key, "neighbours")) if online and names else {}
        found.append(Machine(host.id, host.name, online, known, names, seen))
    return found


def _read(text: str | None) -> Any:
    return json.loads(text) if text else []


def _inventory(data: Path, key: int, name: str) -> Any:
    found = inventories.body(data, key, name)
    return [] if found is None else found.document
