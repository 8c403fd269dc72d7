"""How what was seen is told to programs."""

from __future__ import annotations

from wakeful_collector.integrations.proxmox.sync import documents
from wakeful_collector.model.estate import Area, Guest, Snapshot, Storage, Task, Usage, Volume
from wakeful_collector.read.proxmox_hosts import Memory


def test_a_time_and_none() -> None:
    assert documents.time(0) is None
    assert documents.time(1_795_000_000_000) == "2026-11-18T11:06:40Z"


def test_memory_is_told_by_the_best_evidence() -> None:
    one = Guest("home", 100, "qemu", name="web", status="running", memory_bytes=9, cpus=2)
    used = Usage(cpu=0.5, memory_bytes=8, memory_max_bytes=9)

    told = documents.guest(one, used, Memory(3, 9, "agent"), "h1")
    assert (told["memory_bytes"], told["memory_source"], told["cpus"], told["host"]) == (3, "agent", 2, "h1")
    bare = documents.guest(one, None, None)
    assert (bare["memory_bytes"], bare["memory_max_bytes"], bare["cpu"]) == (None, 9, None)


def test_a_guest_without_evidence_and_backups() -> None:
    one = Guest("home", 100, "qemu", snapshots=(Snapshot("s", 1_795_000_000_000, "p", "d", with_memory=True),))
    told = documents.whole_guest({"vmid": 100}, one, None, None, None)

    assert told["snapshots"] == [
        {"name": "s", "at": "2026-11-18T11:06:40Z", "parent": "p", "description": "d", "with_memory": True}
    ]
    assert (told["host"], told["memory"], told["backups"], told["vmid"]) == (None, None, None, 100)


def test_a_task_that_runs_and_one_that_failed() -> None:
    runs = documents.task("home", Task("U", "pve1", "qmstart", "100", "a@pve", 5_000))
    failed = documents.task("home", Task("U", "pve1", "qmstart", "100", "a@pve", 5_000, 6_000, "no"))

    assert (runs["status"], runs["ended"], runs["is_failed"]) == ("running", None, False)
    assert (failed["status"], failed["ended"], failed["is_failed"]) == ("no", "1970-01-01T00:00:06Z", True)


def test_only_what_was_not_simply_seen_is_told() -> None:
    areas = [Area("guests", "seen"), Area("ha", "not_permitted", "lacks", 5_000)]

    assert documents.unseen("home", areas) == [
        {
            "cluster": "home",
            "name": "ha",
            "state": "not_permitted",
            "reason": "lacks",
            "since": "1970-01-01T00:00:05Z",
            "seen": None,
        }
    ]


def test_storages_without_figures_and_volumes() -> None:
    assert documents.storage(Storage("home", "nas", "pve1"), None)["disk_bytes"] is None
    assert documents.volume(Volume("nas", "pve1", "nas:a", "iso"))["at"] is None
