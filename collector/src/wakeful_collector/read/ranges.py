"""Which hosts stand in which networks, remembered between questions: reading what thousands told takes long."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, NamedTuple

from wakeful_collector.model.card import cards
from wakeful_collector.model.wakeable import wakeable
from wakeful_collector.store import agents, inventories

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable
    from pathlib import Path

    from wakeful_collector.model.card import Card

_FOLDERS_MAX = 4


class Range(NamedTuple):
    """The first and the last address of a network, and the hardware address of its gateway where that is known."""

    first: int
    last: int
    gateway_mac: str


class Stand(NamedTuple):
    """Where a host stands: when it told so (by its hello and by its inventory), and whether it may wake others."""

    told_ms: tuple[int, int]
    ranges: tuple[Range, ...]
    wakes: bool


class Stands:
    """Where all hosts stand, by key."""

    def __init__(self, by_key: dict[int, Stand]) -> None:
        self.by_key = by_key
        self._flat = [(*one, key) for key, stand in by_key.items() for one in stand.ranges]
        self._wakes = [key for key, stand in by_key.items() if stand.wakes]

    def split(self, own: Iterable[Range]) -> tuple[list[int], list[int]]:
        """Return the hosts that share addresses with `own`, the likeliest to wake them first, and others that wake."""
        near: dict[int, bool] = {}
        for mine in own:
            for first, last, gateway_mac, key in self._flat:
                if first <= mine.last and mine.first <= last:
                    near[key] = near.get(key, False) or (gateway_mac != "" and gateway_mac == mine.gateway_mac)
        likely = sorted(near, key=lambda key: (not self.by_key[key].wakes, not near[key], key))
        return likely, [key for key in self._wakes if key not in near]


class _Known(NamedTuple):
    """What was read, and when each host had told it by then: by its hello, by its inventory."""

    hellos: list[tuple[int, int]]
    documents: dict[int, int]
    stands: Stands


class Ranges:
    """Remembers where hosts stand, for each data folder; only what was told since is read again."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[Path, _Known] = {}

    def of(self, data: Path, connection: sqlite3.Connection) -> Stands:
        """Return where all hosts stand now."""
        with self._lock:
            before = self._known.pop(data, _Known([], {}, Stands({})))
            hellos, documents = agents.hello_times(connection), inventories.times(connection, "network")
            if (hellos, documents) != before[:2]:
                before = _Known(hellos, documents, _read(connection, before.stands.by_key, hellos, documents))
            if len(self._known) >= _FOLDERS_MAX:
                self._known.clear()
            self._known[data] = before
        return before.stands


def _read(
    connection: sqlite3.Connection,
    known: dict[int, Stand],
    hellos: list[tuple[int, int]],
    documents: dict[int, int],
) -> Stands:
    told = {key: (at_ms, documents.get(key, 0)) for key, at_ms in hellos}
    new = [key for key, told_ms in told.items() if key not in known or known[key].told_ms != told_ms]
    fresh = {one.key: _stand(connection, one, told[one.key]) for one in agents.standings(connection, new)}
    return Stands({key: fresh.get(key) or known[key] for key in told if key in fresh or key in known})


def ranges(told: Iterable[Card]) -> tuple[Range, ...]:
    """Return the networks that cards stand in."""
    return tuple(
        Range(int(one.network.network_address), int(one.network.broadcast_address), card.gateway_mac)
        for card in told
        for one in card.addresses
    )


def _stand(connection: sqlite3.Connection, one: agents.Standing, told_ms: tuple[int, int]) -> Stand:
    known = cards(json.loads(one.networks)) if one.networks else ()
    if not known:
        found = inventories.body(connection, one.key, "network")
        known = () if found is None else cards(json.loads(found[2]))
    wakes = wakeable(json.loads(one.actions)) if one.actions else None
    return Stand(told_ms, ranges(known), wakes is not None)
