"""The estate of a cluster: what single things say of themselves, and that it survives being kept."""

from __future__ import annotations

import msgspec
import pytest

from wakeful_collector.model import estate
from wakeful_collector.model.estate import Area, Estate, Guest, Item, Node, Snapshot, Storage, Task, Usage, Volume

GUEST = Guest(
    "home",
    100,
    "qemu",
    config={"cores": "2", "balloon": "0", "protection": "0"},
    pending={"cores": "4", "balloon": None, "protection": "1"},
    snapshots=(Snapshot("s", 5),),
)


def test_what_is_wanted_is_what_is_in_effect_with_what_is_pending() -> None:
    assert GUEST.wanted == {"cores": "4", "protection": "1"}
    assert GUEST.is_protected
    assert not Guest("home", 100, "qemu").is_protected


def test_ids_as_the_cluster_calls_them() -> None:
    assert GUEST.id == "qemu/100"
    assert Node("home", "pve1").id == "node/pve1"
    assert Storage("home", "nas", "pve1").id == "storage/pve1/nas"


@pytest.mark.parametrize(
    ("ended_ms", "status", "running", "failed"),
    [(0, "", True, False), (9, "OK", False, False), (9, "WARNINGS: 3", False, False), (9, "no", False, True)],
)
def test_how_a_task_fares(ended_ms: int, status: str, running: bool, failed: bool) -> None:
    task = Task("UPID", "pve1", "qmstart", ended_ms=ended_ms, status=status)

    assert (task.is_running, task.is_failed) == (running, failed)


def test_what_is_asked_of_an_estate() -> None:
    found = Estate("home", version="8.4.1", guests=(GUEST,), areas=(Area("ha", "failed", "why"),))

    assert found.guest(100) is GUEST
    assert found.guest(101) is None
    assert found.area("ha").reason == "why"
    assert (found.area("pools").state, found.area("pools").seen_ms) == ("stale", 0)
    assert (found.major, Estate("home").major) == (8, 0)


def test_an_estate_survives_being_kept() -> None:
    whole = Estate(
        "home",
        9,
        9,
        "9.0",
        quorate=True,
        nodes=(Node("home", "pve1", facts={"pve": "9"}),),
        guests=(GUEST,),
        storages=(Storage("home", "nas", "pve1", content=("iso",)),),
        contents=(Volume("nas", "pve1", "nas:a", "iso", vmid=100),),
        pools=(Item("prod", config={"comment": "c"}),),
        tasks=(Task("UPID", "pve1", "qmstart"),),
        usage={"qemu/100": Usage(cpu=0.5, host_memory_bytes=7)},
        permissions={"/": {"VM.Audit": 1}},
        areas=(Area("ha", "seen"),),
    )

    assert msgspec.msgpack.decode(msgspec.msgpack.encode(whole), type=Estate) == whole


def test_settings_as_texts() -> None:
    assert estate.texts({"a": 1, "b": True, "c": "x", "d": None, "e": {"f": 1}}) == {"a": "1", "b": "1", "c": "x"}
