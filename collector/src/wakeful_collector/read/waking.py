"""What machines told of the networks they stand in: who could wake whom."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from wakeful_collector.model.card import Card, cards, sightings
from wakeful_collector.model.host import is_heard
from wakeful_collector.model.wakeable import Wakeable, wakeable
from wakeful_collector.read import inventories
from wakeful_collector.read.ranges import Ranges, ranges
from wakeful_collector.store import agents, database, runs

if TYPE_CHECKING:
    from pathlib import Path

    from wakeful_collector.store.agents import Standing

NEAR_MAX = 128
"""How many machines that are up are looked at: those that may wake others first, behind the same gateway first."""
FAR_MAX = 64
"""How many that stand in other networks are asked whether they see the machine, where nobody near may wake it."""
_RANGES = Ranges()


@dataclass(frozen=True, slots=True)
class Machine:
    """A host by its networks; `wakes` is whom it says it may wake, `sightings` whom one that may sees around it."""

    id: str
    name: str
    cards: tuple[Card, ...]
    wakes: Wakeable | None = None
    sightings: dict[str, int] = field(default_factory=dict)


def machine(data: Path, host_id: str) -> Machine | None:
    """Return one host, without whom it sees."""
    with database.translated():
        found = agents.standing(database.reader(data, "state"), host_id)
    return None if found is None else _machine(data, found)


def around(data: Path, one: Machine, relay: str, now_ms: int) -> list[Machine]:
    """Return the machines that are up and may share a network with `one`, and `relay`, an id, wherever that is."""
    own = ranges(one.cards)
    with database.translated():
        connection = database.reader(data, "state")
        near, far = _RANGES.of(data, connection).split(own)
        named = None if not relay else agents.standing(connection, relay)
    found = _up(data, near, NEAR_MAX, now_ms)
    if not any(other.wakes is not None for other in found.values()):
        found |= {key: other for key, other in _up(data, far, FAR_MAX, now_ms).items() if other.sightings}
    if named is not None and named.key not in found:
        found |= _up(data, [named.key], 1, now_ms)
    return [other for other in found.values() if other.id != one.id]


def _up(data: Path, keys: list[int], most: int, now_ms: int) -> dict[int, Machine]:
    """Return the first `most` of these hosts that are up."""
    found: dict[int, Machine] = {}
    for key in keys:
        with database.translated():
            heard_ms = runs.last_heard(database.reader(data, "samples"), key).get(key)
            told = agents.standing(database.reader(data, "state"), key)
        if told is None or not is_heard(heard_ms, told.interval_seconds, now_ms):
            continue
        found[key] = _machine(data, told, seeing=True)
        if len(found) >= most:
            break
    return found


def _machine(data: Path, told: Standing, seeing: bool = False) -> Machine:
    known = cards(_read(told.networks)) or cards(_inventory(data, told.key, "network"))
    wakes = wakeable(_read(told.actions))
    seen = sightings(_inventory(data, told.key, "neighbours")) if seeing and wakes is not None else {}
    return Machine(told.id, told.name, known, wakes, seen)


def _read(text: str | None) -> Any:
    return json.loads(text) if text else []


def _inventory(data: Path, key: int, name: str) -> Any:
    found = inventories.body(data, key, name)
    return [] if found is None else found.document
