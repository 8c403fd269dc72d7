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


class Stands(NamedTuple):
    """Where all hosts stand, by key."""

    by_key: dict[int, Stand]

    def split(self, own: Iterable[Range]) -> tuple[list[int], list[int]]:
        """Return the hosts that share addresses with `own`, the likeliest to wake them first, and others that wake."""
        near: list[tuple[bool, bool, int]] = []
        far = []
        mine = tuple(own)
        for key, stand in self.by_key.items():
            shared = [(a, b) for a in stand.ranges for b in mine if a.first <= b.last and b.first <= a.last]
            if shared:
                same = any(a.gateway_mac and a.gateway_mac == b.gateway_mac for a, b in shared)
                near.append((not stand.wakes, not same, key))
            elif stand.wakes:
                far.append(key)
        return [key for _, _, key in sorted(near)], far


class Ranges:
    """Remembers where hosts stand, for each data folder; only what was told since is read again."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[Path, dict[int, Stand]] = {}

    def of(self, data: Path, connection: sqlite3.Connection) -> Stands:
        """Return where all hosts stand now."""
        with self._lock:
            known = self._known.pop(data, {})
            told = agents.hello_times(connection)
            documents = inventories.times(connection, "network")
            stamps = {key: (at_ms, documents.get(key, 0)) for key, at_ms in told}
            new = [key for key, stamp in stamps.items() if key not in known or known[key].told_ms != stamp]
            fresh = {one.key: _stand(connection, one, stamps[one.key]) for one in agents.standings(connection, new)}
            kept = {key: fresh.get(key) or known[key] for key in stamps if key in fresh or key in known}
            if len(self._known) >= _FOLDERS_MAX:
                self._known.clear()
            self._known[data] = kept
        return Stands(kept)


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
