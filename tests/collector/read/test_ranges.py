"""Which hosts share a network: the same whether it was just read or remembered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector import wake
from wakeful_collector.read import ranges as module
from wakeful_collector.read import waking
from wakeful_collector.read.ranges import Range, Ranges, Stand, Stands
from wakeful_collector.store import database
from wakeful_collector.wake import sending

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

WAKES = [{"name": "wake"}]


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "own", list)


def card(number: int, *addresses: str, gateway: str = "") -> dict[str, Any]:
    """Return a card as an agent tells of it."""
    mac = f"02:00:00:00:00:{number:02x}"
    return {"interface": "eth0", "kind": "physical", "mac": mac, "addresses": list(addresses), "gateway_mac": gateway}


def hello(*cards: dict[str, Any], wakes: bool = True) -> dict[str, Any]:
    """Return a hello with these cards."""
    return {"version": "1", "networks": list(cards), "actions": WAKES if wakes else []}


def test_the_likeliest_come_first() -> None:
    own = (Range(100, 199, "gw"),)
    stands = Stands(
        {
            1: Stand((0, 0), (Range(0, 99, "gw"),), True),
            2: Stand((0, 0), (Range(150, 299, ""),), False),
            3: Stand((0, 0), (Range(100, 199, "other"),), True),
            4: Stand((0, 0), (Range(0, 10, ""), Range(0, 500, "gw")), True),
            5: Stand((0, 0), (), False),
        }
    )
    assert stands.split(own) == ([4, 3, 2], [1])
    assert stands.split(()) == ([], [1, 3, 4])


def test_what_was_told_since_is_read_again(data: Path, machine: Callable[..., Any], now_ms: int) -> None:
    known = Ranges()
    one, old = machine("one"), machine("old")

    def found() -> dict[int, int]:
        stands = known.of(data, database.reader(data, "state")).by_key
        return {key: len(stand.ranges) for key, stand in stands.items()}

    assert found() == {one.key: 0, old.key: 0}
    one.push([], now_ms, hello=hello(card(1, "192.0.2.1/24")))
    document = [{"name": "eth0", "kind": "physical", "mac": "02:00:00:00:00:02", "addresses": ["192.0.2.2/24"]}]
    old.push([], now_ms, hello={"version": "1"}, inventories={"network": {"hash": "h", "body": document}})
    assert found() == {one.key: 1, old.key: 1}, "old agents tell of it in an inventory"
    one.push([], now_ms + 1, hello=hello(card(1, "192.0.2.1/24", "198.51.100.1/24")))
    both = [{**document[0], "addresses": ["192.0.2.2/24", "198.51.100.2/24"]}]
    old.push([], now_ms + 1, inventories={"network": {"hash": "i", "body": both}})
    assert found() == {one.key: 2, old.key: 2}


def test_few_folders_are_remembered(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_FOLDERS_MAX", 1)
    known = Ranges()
    connection = database.reader(data, "state")
    known.of(data, connection)
    known.of(data / "other", connection)
    assert list(known._known) == [data / "other"]


def test_who_sees_the_machine_from_another_network_is_asked_where_nobody_near_may(
    data: Path, machine: Callable[..., Any], now_ms: int
) -> None:
    nas, near, far, blind = machine("nas"), machine("near"), machine("far"), machine("blind")
    seen = [{"interface": "eth0", "address": "192.0.2.9", "mac": "02:00:00:00:00:01", "seen_ms": 7}]
    nas.push([], now_ms - 86_400_000, hello=hello(card(1, "192.0.2.9/24"), wakes=False))
    near.push([], now_ms, hello=hello(card(2, "192.0.2.2/24"), wakes=False))
    told = hello(card(3, "198.51.100.3/24"))
    far.push([], now_ms, hello=told, inventories={"neighbours": {"hash": "n", "body": seen}})
    blind.push([], now_ms, hello=hello(card(4, "198.51.100.4/24")))
    assert [one.name for one in wake.plan(data, nas.id, {}, now_ms).relays] == ["far"]
    forced = wake.plan(data, nas.id, {"relay": blind.id}, now_ms)
    assert [one.name for one in forced.relays] == ["blind"]
    assert "is not up" in wake.plan(data, nas.id, {"relay": "nobody"}, now_ms).reason
    near.push([], now_ms + 1, hello=hello(card(2, "192.0.2.2/24")))
    assert [one.name for one in wake.plan(data, nas.id, {}, now_ms + 1).relays] == ["near"]


def test_in_a_large_network_some_who_are_up_are_enough(
    data: Path, machine: Callable[..., Any], now_ms: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waking, "NEAR_MAX", 2)
    nas = machine("nas")
    nas.push([], now_ms - 86_400_000, hello=hello(card(1, "192.0.2.9/24", gateway="02:00:00:00:00:fe")))
    for number in range(2, 7):
        gateway = "02:00:00:00:00:fe" if number > 4 else "02:00:00:00:00:fd"
        at_ms = now_ms - (86_400_000 if number == 5 else 0)
        one = machine(f"pi-{number}")
        one.push([], at_ms, hello=hello(card(number, f"192.0.2.{number}/24", gateway=gateway)))
    relays = wake.plan(data, nas.id, {}, now_ms).relays
    assert [one.name for one in relays] == ["pi-6"], "behind the same gateway, and up"
