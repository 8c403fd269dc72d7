from __future__ import annotations

from dataclasses import fields
from typing import Any

from wakeful_collector.integrations.proxmox.link import troubles
from wakeful_collector.integrations.proxmox.link.troubles import Trouble
from wakeful_collector.model import story
from wakeful_collector.model.estate import Guest, Node, Task
from wakeful_collector.read.proxmox import Standing
from wakeful_collector.read.proxmox_backups import Backups

NOW = 1_795_000_000_000
DAY = 86_400_000


def standing(**more: Any) -> Standing:
    return Standing(**{**{name: None for name in Standing._fields if name not in Standing._field_defaults}, **more})


def backed(vmid: int, **more: Any) -> Backups:
    plain: dict[str, Any] = {"vmid": vmid, "newest_ms": 0, "in_job": True, "is_known": True}
    rest = {one.name: "" for one in fields(Backups) if one.name not in {*plain, "is_gone"}}
    return Backups(**{**rest, **plain, **more})


def test_every_trouble_has_its_words() -> None:
    for kind in troubles.KINDS:
        assert story.line(1, kind, {}).text != kind


def test_the_way_to_a_cluster() -> None:
    assert troubles.of_link("home", standing(failed="", quorate=None), NOW) == {}
    young = standing(failed="unreachable", error="refused", failing_since_ms=NOW - 59_000, quorate=True)
    assert troubles.of_link("home", young, NOW) == {}
    old = standing(failed="unreachable", error="refused", failing_since_ms=NOW - 60_000, quorate=True)
    assert troubles.of_link("home", old, NOW) == {"home": Trouble("proxmox.unreachable", "refused")}
    for failed, kind in (("tls", "proxmox.certificate_changed"), ("auth", "proxmox.refused")):
        found = troubles.of_link("home", standing(failed=failed, error="x", failing_since_ms=NOW, quorate=True), NOW)
        assert found["home"].kind == kind


def test_a_quorum_that_is_lost() -> None:
    assert list(troubles.of_link("home", standing(failed="", quorate=False), NOW)) == ["home/quorum"]


def test_nodes_that_are_offline() -> None:
    nodes = [
        Node("home", "pve1", "online"),
        Node("home", "pve2", "offline"),
        Node("home", "pve3", "unknown"),
        Node("home", "pve4", "offline", gone_ms=5),
    ]
    assert list(troubles.of_nodes("home", nodes)) == ["home/node/pve2"]


def dump(subject: str, ended_ms: int, status: str, kind: str = "vzdump") -> Task:
    return Task("UPID", "pve1", kind, subject, ended_ms=ended_ms, status=status)


def test_only_the_newest_backup_counts() -> None:
    tasks = [
        dump("100", NOW - 9, "job failed"),
        dump("100", NOW - 99, "OK"),
        dump("101", NOW - 9, "OK"),
        dump("101", NOW - 99, "job failed"),
        dump("102", NOW - 8 * DAY, "job failed"),
        dump("103", NOW - 9, "WARNINGS: 1"),
        dump("104", 0, ""),
        dump("", NOW - 9, "could not get storage information"),
        dump("105", NOW - 9, "boom", "qmstart"),
    ]
    found = troubles.of_tasks("home", tasks, NOW)
    assert found == {
        "home/backup/100": Trouble("proxmox.backup_failed", "job failed (pve1)"),
        "home/backup/pve1": Trouble("proxmox.backup_failed", "could not get storage information (pve1)"),
    }


def test_guests_that_a_job_covers_and_that_have_no_backup() -> None:
    guests = [Guest("home", vmid, "qemu", first_ms=NOW - 2 * DAY) for vmid in range(100, 106)]
    guests[4] = Guest("home", 104, "qemu", first_ms=NOW - 1_000)
    guests[5] = Guest("home", 105, "qemu", template=True)
    found = [
        backed(100),
        backed(101, in_job=False),
        backed(102, newest_ms=5),
        backed(103, is_known=False),
        backed(104),
        backed(105),
    ]
    assert list(troubles.of_backups("home", guests, found, NOW)) == ["home/backup/100"]
