"""A cluster of two nodes as it was seen, kept in the tables as the synchronisation keeps it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from wakeful_collector.integrations.proxmox.link import clusters
from wakeful_collector.model.estate import Area, Guest, Item, Node, Snapshot, Storage, Task, Usage, Volume
from wakeful_collector.read import proxmox
from wakeful_collector.store import (
    proxmox_changes,
    proxmox_clusters,
    proxmox_deeds,
    proxmox_estate,
    proxmox_joins,
    vault,
)
from wakeful_collector.store.changes import changing
from wakeful_collector.store.proxmox_changes import Change, TaskRow
from wakeful_collector.store.proxmox_deeds import DeedRow

if TYPE_CHECKING:
    from pathlib import Path

    from wakeful_collector.integrations.proxmox.link.clusters import Cluster

NOW_MS = 1_795_000_000_000
HOUR_MS, DAY_MS = 3_600_000, 86_400_000
GIB = 1 << 30
HOME = "home"
PATH = f"/integrations/proxmox/{HOME}"
HOSTILE = "<img src=x onerror=alert(1)>\u202etxt.exe"
SECRET = "00000000-1111-2222-3333-444444444444"


def settings(name: str = HOME, **more: Any) -> Cluster:
    """Return the settings of a cluster that nobody answers for."""
    given = {"name": name, "hosts": ["127.0.0.1:9"], "login": "wakeful@pve!wakeful", **more}
    return clusters.check(given)


def add_cluster(data: Path, **more: Any) -> Cluster:
    """Keep a cluster."""
    made = settings(**more)
    with changing(data) as connection:
        proxmox_clusters.keep(connection, clusters.row(made, vault.seal(data, SECRET), NOW_MS, NOW_MS))
    return made


def guest(vmid: int, name: str, **more: Any) -> Guest:
    """Return a virtual machine that runs on pve1, unless said otherwise."""
    given: dict[str, Any] = {
        "cluster": HOME,
        "vmid": vmid,
        "kind": "qemu",
        "mark": f"mark-{vmid}",
        "name": name,
        "node": "pve1",
        "status": "running",
        "known_status": "running",
        "cpus": 2,
        "memory_bytes": 4 * GIB,
        "disk_bytes": 32 * GIB,
        "config": {"cores": "2", "memory": "4096", "name": name, "scsi0": f"local-zfs:vm-{vmid}-disk-0,size=32G"},
        "config_state": "seen",
        "config_seen_ms": NOW_MS - 60_000,
        "first_ms": NOW_MS - 30 * DAY_MS,
    }
    return Guest(**{**given, **more})


GUESTS = (
    guest(
        101,
        "web",
        tags=("prod", "www"),
        pool="shop",
        addresses=("10.0.0.11",),
        pending={"memory": "8192", "net1": None},
        digest="f" * 40,
        config={
            "cores": "2",
            "memory": "4096",
            "name": "web",
            "onboot": "1",
            "net0": "virtio=BC:24:11:00:00:01,bridge=vmbr0",
            "net1": "virtio=BC:24:11:00:00:02,bridge=vmbr1",
            "scsi0": "local-zfs:vm-101-disk-0,size=32G",
            "ide2": "none,media=cdrom",
            "description": f"the shop {HOSTILE}",
            "cipassword": "**********",
            "sshkeys": "ssh-ed25519%20AAAA",
        },
        snapshots=(
            Snapshot("before-upgrade", NOW_MS - 3 * DAY_MS, "", f"why {HOSTILE}", True),
            Snapshot("clean", NOW_MS - 20 * DAY_MS),
        ),
        current_snapshot="before-upgrade",
    ),
    guest(102, "db", node="pve2", balloon_memory_bytes=4 * GIB, config={"protection": "1", "cores": "4"}, cpus=4),
    guest(103, "mail", status="stopped", known_status="stopped"),
    guest(104, "win", lock="backup", ha_state="started", status="paused"),
    guest(105, HOSTILE, node="pve2", config={}, config_state="not_permitted"),
    guest(106, "io", status="io-error", node="pve2"),
    guest(900, "debian-12", template=True, status="stopped"),
    guest(
        201,
        "dns",
        kind="lxc",
        cpus=1,
        config={"cores": "1", "memory": "512", "rootfs": "local-zfs:subvol-201-disk-0,size=8G"},
    ),
    guest(202, "", kind="lxc", status="unknown", known_status="running", node="pve2"),
)
GONE = guest(107, "old-wiki", gone_ms=NOW_MS - 2 * DAY_MS)
NODES = (
    Node(HOME, "pve1", "online", "10.0.0.1", "", {"pve": "pve-manager/9.0.3", "kernel": "6.14.8-2-pve"}),
    Node(HOME, "pve2", "online", "10.0.0.2"),
)
STORAGES = (
    Storage(HOME, "local-zfs", "pve1", "zfspool", ("images", "rootdir"), False, "available"),
    Storage(HOME, "local-zfs", "pve2", "zfspool", ("images", "rootdir"), False, "available"),
    Storage(HOME, "backup", "pve1", "nfs", ("backup", "iso"), True, "available"),
    Storage(HOME, "backup", "pve2", "nfs", ("backup", "iso"), True, "unavailable"),
    Storage(HOME, "old", "pve1", "dir", ("iso",), False, "unavailable"),
)
USAGE = {
    "node/pve1": Usage(0.31, 16, 40 * GIB, 64 * GIB, 20 * GIB, 90 * GIB, 50 * 86_400),
    "node/pve2": Usage(0.08, 8, 31 * GIB, 32 * GIB, 84 * GIB, 90 * GIB, 3 * 86_400),
    "qemu/101": Usage(0.63, 2, 3 * GIB, 4 * GIB, 0, 32 * GIB, 4 * 86_400),
    "qemu/102": Usage(0.12, 4, 2 * GIB, 4 * GIB, 0, 32 * GIB, 3 * 86_400),
    "lxc/201": Usage(0.01, 1, 200 << 20, 512 << 20, 2 * GIB, 8 * GIB, 50 * 86_400),
    "storage/pve1/local-zfs": Usage(disk_bytes=700 * GIB, disk_max_bytes=1_000 * GIB),
    "storage/pve2/local-zfs": Usage(disk_bytes=970 * GIB, disk_max_bytes=1_000 * GIB),
    "storage/pve1/backup": Usage(disk_bytes=2_000 * GIB, disk_max_bytes=4_000 * GIB),
}
VOLUMES = {
    "content/backup": (
        Volume(
            "backup",
            "pve1",
            "backup:backup/vzdump-qemu-101-1.vma.zst",
            "backup",
            "vma.zst",
            9 * GIB,
            101,
            NOW_MS - 8 * HOUR_MS,
            f"web {HOSTILE}",
            True,
            "ok",
        ),
        Volume(
            "backup",
            "pve1",
            "backup:backup/vzdump-qemu-102-1.vma.zst",
            "backup",
            "vma.zst",
            5 * GIB,
            102,
            NOW_MS - 12 * DAY_MS,
        ),
        Volume(
            "backup",
            "pve1",
            "backup:backup/vzdump-qemu-666-1.vma.zst",
            "backup",
            "vma.zst",
            5 * GIB,
            666,
            NOW_MS - 99 * DAY_MS,
        ),
        Volume("backup", "pve1", "backup:iso/debian-12.iso", "iso", "iso", 650 << 20),
    ),
    "content/pve1/local-zfs": (
        Volume("local-zfs", "pve1", "local-zfs:vm-101-disk-0", "images", "raw", 32 * GIB, 101),
        Volume("local-zfs", "pve1", "local-zfs:vm-999-disk-0", "images", "raw", 32 * GIB, 999),
    ),
}
ITEMS = {
    "backup_job": (
        Item(
            "nightly",
            "",
            {
                "enabled": "1",
                "schedule": "03:00",
                "storage": "backup",
                "all": "1",
                "exclude": "103,104",
                "mode": "snapshot",
                "prune-backups": "keep-daily=7,keep-last=3",
            },
        ),
        Item("shop", "", {"enabled": "0", "starttime": "04:00", "storage": "backup", "pool": "shop", "mode": "stop"}),
        Item("one", "", {"schedule": "sun 02:00", "storage": "backup", "vmid": "101,102", "mode": "suspend"}),
    ),
    "network": (
        Item(
            "pve1/vmbr0",
            "pve1",
            {
                "iface": "vmbr0",
                "type": "bridge",
                "cidr": "10.0.0.1/24",
                "bridge_ports": "eno1",
                "active": "1",
                "bridge_vlan_aware": "1",
                "comments": "the house",
            },
        ),
    ),
    "replication": (Item("101-0", "pve1", {"fail_count": "3", "target": "pve2"}),),
    "pool": (Item("shop", "", {"comment": "the shop"}),),
}
AREAS = (
    Area("guests", "seen", "", NOW_MS - DAY_MS, NOW_MS),
    Area("backup jobs", "seen", "", NOW_MS - DAY_MS, NOW_MS),
    Area("not_in_backup", "seen", "", NOW_MS - DAY_MS, NOW_MS),
    Area("content/backup", "seen", "", NOW_MS - DAY_MS, NOW_MS),
    Area("content/pve1/local-zfs", "seen", "", NOW_MS - DAY_MS, NOW_MS),
    Area("node/pve1/status", "seen", "", NOW_MS - DAY_MS, NOW_MS),
    Area("node/pve1/networks", "seen", "", NOW_MS - DAY_MS, NOW_MS),
)


def upid(number: int, kind: str = "qmstart", subject: str = "101", user: str = "root@pam", minutes: float = 60) -> str:
    """Return the name of a task that began that many minutes ago."""
    started = int(NOW_MS / 1000 - minutes * 60)
    return f"UPID:pve1:{number:08X}:{number:08X}:{started:08X}:{kind}:{subject}:{user}:"


def task(number: int, kind: str = "qmstart", status: str = "OK", minutes: float = 60, **more: Any) -> TaskRow:
    """Return a task that took ten seconds; an empty status: it runs."""
    subject = more.get("subject", "101")
    began_ms = int(NOW_MS / 1000 - minutes * 60) * 1000
    ended_ms = began_ms + 10_000 if status else 0
    name = upid(number, kind, subject, "root@pam", minutes)
    return TaskRow(name, more.get("node", "pve1"), kind, subject, "root@pam", began_ms, ended_ms, status)


TASKS = (
    task(1),
    task(2, "vzdump", "job errors", 120, subject=""),
    task(3, "qmigrate", "", 2, subject="102"),
    task(4, "qmclone", "WARNINGS: 2", 300, subject="900"),
    task(5, "qmstop", "can't lock file", 2 * 1_440, subject="103"),
)


def change(minutes: float, field: str, old: str | None, new: str | None, **more: Any) -> Change:
    """Return a change of the guest 101 that many minutes ago."""
    at_ms = int(NOW_MS - minutes * 60_000)
    given: dict[str, Any] = {"kind": "guest", "id": "qemu/101", "name": "web", "node": "pve1", "mark": "mark-101"}
    given |= {"seen_ms": at_ms, "at_ms": at_ms, "field": field, "old": old, "new": new, **more}
    return Change(**given)


CHANGES = (
    change(3_000, "", GONE.name, None, id="qemu/107", name="old-wiki"),
    change(500, "", None, "mail", id="qemu/103", name="mail"),
    change(300, "config.memory", "2048", "4096", who="root@pam", upid=upid(1)),
    change(200, "config.description", None, HOSTILE),
    change(60, "status", "stopped", "running", who="ops@pve", upid=upid(1)),
    change(30, "status", "online", "offline", kind="node", id="node/pve2", name="pve2", mark=""),
    change(20, "used", "x", "y", kind="storage", id="storage/pve1/local-zfs", name="local-zfs", mark=""),
)


def keep(data: Path, **more: Any) -> None:
    """Keep the cluster `home` with all of the above, or what is said instead: `guests`, `areas`, `usage`."""
    add_cluster(data, **more.pop("settings", {}))
    things: list[proxmox_estate.Thing] = []
    for kind, held in (
        ("guest", more.get("guests", GUESTS)),
        ("node", more.get("nodes", NODES)),
        ("storage", more.get("storages", STORAGES)),
        *((name, found) for name, found in more.get("items", ITEMS).items()),
    ):
        things += [_thing(kind, one) for one in held]
    contents = more.get("volumes", VOLUMES)
    things += [
        proxmox_estate.Thing("contents", place, msgspec.msgpack.encode(proxmox.Contents(held)))
        for place, held in contents.items()
    ]
    stands = {
        "tried_ms": NOW_MS - 4_000,
        "polled_ms": NOW_MS - 4_000,
        "surveyed_ms": NOW_MS - 40_000,
        "version": "9.0.3",
    }
    stands |= {"quorate": True, "usage": proxmox.packed(more.get("usage", USAGE)), **more.get("standing", {})}
    paper = proxmox.Paper({}, more.get("not_in_backup", (103, 104)))
    with changing(data) as connection:
        proxmox_estate.keep(connection, HOME, [*things, _thing("guest", GONE)])
        proxmox_estate.keep(connection, HOME, [_thing("guest", GONE, GONE.gone_ms)])
        proxmox_estate.keep_areas(
            connection, HOME, [proxmox_estate.Area(*_area(one)) for one in more.get("areas", AREAS)]
        )
        proxmox_estate.stand(connection, HOME, paper=msgspec.msgpack.encode(paper), **stands)
        proxmox_changes.add(connection, HOME, more.get("changes", CHANGES))
        proxmox_changes.keep_tasks(connection, HOME, more.get("tasks", TASKS))


def join(data: Path, subject: str, host: str, evidence: str = "uuid") -> None:
    """Say that a guest or node is a host."""
    with changing(data) as connection:
        proxmox_joins.keep(connection, HOME, [proxmox_joins.Join(HOME, subject, "web", host, evidence)])


TOLD = ["progress", "note", "summary", "log_tail", "exitstatus", "requests", "upid", "finished_ms", "stopped_by"]
"""What a deed is told on the way, and at its end."""


def deed(data: Path, kind: str, state: str = "asked", **more: Any) -> str:
    """Keep something that was asked for; return its id."""
    deed_id = more.pop("id", f"deed-{kind}")
    given = {"cluster": HOME, "vmid": 101, "name": "web", "node": "pve1", "principal": "user:ada", **more}
    last = {name: given.pop(name) for name in TOLD if name in given}
    with changing(data) as connection:
        proxmox_deeds.add(connection, DeedRow(id=deed_id, deed=kind, asked_ms=NOW_MS - 60_000, **given))
        if state != "asked":
            proxmox_deeds.begin(connection, deed_id, NOW_MS - 50_000)
            proxmox_deeds.change(connection, deed_id, "running", state=state, **last)
    return str(deed_id)


def running(task: TaskRow) -> Task:
    """Return a task as questions answer it."""
    return Task(*task)


def _thing(kind: str, one: Any, gone_ms: int = 0) -> proxmox_estate.Thing:
    return proxmox_estate.Thing(kind, one.id, msgspec.msgpack.encode(one), gone_ms)


def _area(one: Area) -> tuple[Any, ...]:
    return one.name, one.state, one.reason, one.since_ms, one.seen_ms
