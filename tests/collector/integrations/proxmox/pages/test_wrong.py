"""What is wrong with a cluster comes first, worst first, and nothing is wrong that nobody knows."""

from __future__ import annotations

import msgspec
import pytest

from wakeful_collector.integrations.proxmox.pages import wrong
from wakeful_collector.model.estate import Area, Estate, Item, Node, Storage, Usage
from wakeful_collector.read.proxmox_backups import Backups

from .estate_data import DAY_MS, GIB, HOME, NOW_MS, TASKS, guest, running

WELL = Estate(HOME, NOW_MS, quorate=True, nodes=(Node(HOME, "pve1", "online"),), guests=(guest(101, "web"),))


def told(found: Estate, backups: tuple[Backups, ...] = (), tasks: tuple[object, ...] = ()) -> list[tuple[str, str]]:
    rows = wrong.wrongs(found, backups, tasks, NOW_MS)  # type: ignore[arg-type]  # tasks of the tests
    return [(one.mood, one.text) for one in rows]


def backup(vmid: int, newest_ms: int, **more: object) -> Backups:
    given = {"kind": "qemu", "name": f"vm-{vmid}", "size_bytes": 1, "storage": "nas", "volid": "", "count": 1}
    given |= {"total_bytes": 1, "in_job": True, "is_known": True, **more}
    return Backups(vmid=vmid, newest_ms=newest_ms, **given)  # type: ignore[arg-type]  # as the dataclass has them


def test_a_cluster_that_is_well_has_nothing_wrong() -> None:
    assert told(WELL) == []


@pytest.mark.parametrize(
    ("changed", "mood", "said"),
    [
        ({"quorate": False}, "bad", "no quorum"),
        ({"nodes": (Node(HOME, "pve1", "offline"),)}, "bad", "pve1 is offline, with 1 guest that ran there"),
        ({"nodes": (Node(HOME, "pve3", "offline"),)}, "bad", "pve3 is offline"),
        ({"usage": {"node/pve1": Usage(disk_bytes=97, disk_max_bytes=100)}}, "bad", "filesystem of pve1 is 97% full"),
        ({"usage": {"node/pve1": Usage(disk_bytes=92, disk_max_bytes=100)}}, "warn", "is 92% full"),
        ({"usage": {"node/pve1": Usage(memory_bytes=96, memory_max_bytes=100)}}, "warn", "memory of pve1 is 96% used"),
        ({"storages": (Storage(HOME, "nas", "pve1", shared=True, status="unavailable"),)}, "bad", "Storage nas is not"),
        ({"guests": (guest(7, "web", lock="backup"),)}, "warn", "web is locked (backup)"),
        ({"guests": (guest(7, "", ha_state="error"),)}, "bad", "High availability of 7 is in the state error"),
        ({"guests": (guest(7, "web", status="io-error"),)}, "bad", "web stands still"),
        ({"replication": (Item("101-0", config={"fail_count": "2"}),)}, "bad", "Replication 101-0 failed 2 times"),
        ({"replication": (Item("101-0", config={"fail_count": "\u00b2"}),)}, "bad", "Replication 101-0 failed"),
        ({"areas": (Area("ha", "failed", "no answer"),)}, "warn", "high availability could not be read: no answer"),
    ],
)
def test_each_thing_that_is_wrong_is_said(changed: dict[str, object], mood: str, said: str) -> None:
    found = told(msgspec.structs.replace(WELL, **changed))
    assert len(found) == 1
    assert found[0][0] == mood
    assert said in found[0][1]


@pytest.mark.parametrize(
    "changed",
    [
        {"quorate": None},
        {"nodes": (Node(HOME, "pve1", "unknown"),)},
        {"usage": {"node/pve1": Usage(disk_bytes=99, disk_max_bytes=0)}},
        {"guests": (guest(7, "web", lock="suspended"),)},
        {"areas": (Area("ha", "not_permitted", "Sys.Audit"), Area("pools", "absent"))},
        {"replication": (Item("101-0", config={"fail_count": "0"}), Item("101-1"))},
    ],
)
def test_what_is_not_known_or_usual_is_not_wrong(changed: dict[str, object]) -> None:
    assert told(msgspec.structs.replace(WELL, **changed)) == []


def test_a_full_storage_stands_once_however_many_nodes_share_it() -> None:
    shared = [Storage(HOME, "nas", node, shared=True, status="available") for node in ("pve1", "pve2")]
    usage = {one.id: Usage(disk_bytes=95 * GIB, disk_max_bytes=100 * GIB) for one in shared}
    found = told(msgspec.structs.replace(WELL, storages=tuple(shared), usage=usage))
    assert found == [("warn", "Storage nas is 95% full")]


def test_backups_that_are_missing_or_old_are_named_up_to_a_bound() -> None:
    never = tuple(backup(number, 0) for number in range(101, 107))
    found = told(WELL, never)
    assert found == [("warn", "6 guests never backed up: vm-101, vm-102, vm-103, vm-104 and 2 more")]
    old = (backup(101, NOW_MS - 8 * DAY_MS), backup(102, NOW_MS - DAY_MS))
    assert told(WELL, old) == [("warn", "1 guest not backed up for a week: vm-101")]
    unknown = (backup(101, 0, is_known=False), backup(103, 0, is_gone=True))
    assert told(WELL, unknown) == [], "what nobody could look for is not missing"


def test_tasks_that_failed_within_a_day_are_counted_by_what_they_did() -> None:
    found = told(WELL, tasks=tuple(running(one) for one in TASKS))
    assert found == [("warn", "1 task failed within a day: Back up")]
    twice = tuple(running(TASKS[1]) for _ in range(2))
    assert told(WELL, tasks=twice) == [("warn", "2 tasks failed within a day: Back up (2)")]


def test_the_worst_comes_first() -> None:
    worse = msgspec.structs.replace(WELL, quorate=False, guests=(guest(7, "web", lock="backup"),))
    assert [mood for mood, _ in told(worse)] == ["bad", "warn"]
