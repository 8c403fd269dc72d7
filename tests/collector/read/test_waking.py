from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wakeful_collector.model.wakeable import Wakeable
from wakeful_collector.read import waking

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ROW = {"interface": "eth0", "kind": "physical", "mac": "02:00:00:00:00:01", "addresses": ["192.168.1.20/24"]}
SEEN = [{"interface": "eth0", "address": "192.168.1.30", "mac": "02:00:00:00:00:03", "seen_ms": 7}]


def test_what_machines_tell_of_their_networks(data: Path, machine: Callable[..., Any], now_ms: int) -> None:
    new, old, mute, never = machine("new"), machine("old"), machine("mute"), machine("never")
    inventories = {"neighbours": {"hash": "n", "body": SEEN}}
    hello = {
        "version": "1",
        "networks": [ROW],
        "actions": [{"name": "wake", "targets": {"machines": ["0200.0000.0004"]}}],
    }
    new.push([], now_ms, hello=hello, inventories=inventories)
    document = [{"name": "eth0", "kind": "physical", "mac": "02:00:00:00:00:02", "addresses": ["192.168.1.21/24"]}]
    old.push([], now_ms, hello={"version": "1"}, inventories={"network": {"hash": "h", "body": document}})
    mute.push([], now_ms - 86_400_000, hello=hello, inventories=inventories)
    asked = machine("asked")
    asked.push([], now_ms - 86_400_000, hello={"version": "1", "networks": [ROW]})
    one = waking.machine(data, asked.id)
    assert one is not None
    found = {other.id: other for other in waking.around(data, one, "", now_ms)}
    assert [card.mac for card in found[new.id].cards] == ["02:00:00:00:00:01"]
    assert found[new.id].wakes == Wakeable(frozenset({"02:00:00:00:00:04"}))
    assert found[new.id].sightings == {"02:00:00:00:00:03": 7}
    assert [card.mac for card in found[old.id].cards] == ["02:00:00:00:00:02"], "by its inventory"
    assert found[old.id].wakes is None
    assert mute.id not in found
    sleeping = waking.machine(data, mute.id)
    assert sleeping is not None
    assert sleeping.cards == found[new.id].cards, "what it told is known while it sleeps"
    assert sleeping.sightings == {}
    assert waking.machine(data, never.id) == waking.Machine(never.id, "never", ())
    assert waking.machine(data, "nobody") is None
