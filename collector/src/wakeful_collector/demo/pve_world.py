"""The sample cluster as it lives: guests that run and are worked on, tasks that take a while and change them."""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from wakeful_collector import clock
from wakeful_collector.demo import pve_estate, rhythm
from wakeful_collector.demo.pve_estate import GIB

if TYPE_CHECKING:
    from collections.abc import Callable

TASKS_MAX = 400
SECONDS = {"qmstart": 3.0, "vzstart": 2.0, "qmshutdown": 6.0, "vzdump": 25.0, "qmclone": 20.0, "qmigrate": 18.0}
USUAL_SECONDS = 4.0
_PACES = (2_400_000, 3_900_000, 900_000, 1_600_000)
_SWING_SECONDS = (240.0, 310.0, 170.0, 420.0)


@dataclass
class Guest:
    """One guest; `since` is when it was started."""

    vmid: int
    kind: str
    node: str
    config: dict[str, str]
    status: str
    busy: float
    disk_bytes: int
    since: float
    lock: str = ""
    snapshots: list[dict[str, Any]] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Return how it is called."""
        return self.config.get("name") or self.config.get("hostname", "")


@dataclass
class Task:
    """One task; it has ended once its time is over, and only then `done` has changed anything."""

    upid: str
    node: str
    kind: str
    subject: str
    user: str
    began: float
    seconds: float
    status: str
    lines: list[str]
    done: Callable[[], None] | None = None


class World:
    """The cluster; every question is answered as of now. Safe for threads."""

    def __init__(self, end_seconds: float, macs: dict[int, str] | None = None) -> None:
        self.lock = threading.RLock()
        self.end = end_seconds
        self.guests = {one.vmid: _guest(one, end_seconds, (macs or {}).get(one.vmid)) for one in pve_estate.SAMPLES}
        self.backups = _backups(end_seconds)
        self.tasks: list[Task] = []
        self._count = 0
        for hours, subject, kind, user, status in reversed(pve_estate.PAST):
            node = self.guests[int(subject)].node
            self.begin(node, kind, subject, user, began=end_seconds - hours * 3_600, status=status)

    def begin(self, node: str, kind: str, subject: str, user: str, **more: Any) -> str:
        """Begin a task and return its name; `more` may give `began`, `status`, `done`, `lines`."""
        with self.lock:
            self._count += 1
            began = more.get("began", clock.now_ms() / 1000)
            number = f"{0x4000 + self._count:08X}"
            upid = f"UPID:{node}:{number}:{0x9A000 + self._count:08X}:{int(began):08X}:{kind}:{subject}:{user}:"
            lines = more.get("lines") or [f"{kind} of {subject} on {node}"]
            seconds = SECONDS.get(kind, USUAL_SECONDS)
            made = Task(upid, node, kind, subject, user, began, seconds, more.get("status", "OK"), lines)
            made.done = more.get("done")
            self.tasks.append(made)
            del self.tasks[:-TASKS_MAX]
            return upid

    def settle(self) -> None:
        """Let the tasks whose time is over have changed what they change."""
        now = clock.now_ms() / 1000
        with self.lock:
            for one in self.tasks:
                if one.done is not None and now >= one.began + one.seconds:
                    one.done()
                    one.done = None

    def usage(self, guest: Guest, seconds: float) -> tuple[float, int]:
        """Return the share of its cores and the bytes of memory that a guest uses at a time; none unless it runs."""
        if guest.status != "running":
            return 0.0, 0
        at = np.array([seconds])
        wander = 0.5 + float(rhythm.drift(at, 1_500.0, guest.vmid)[0])
        noise = 1.0 + 0.25 * float(rhythm.jitter(at, guest.vmid + 1)[0])
        held = 0.45 + 0.25 * float(rhythm.drift(at, 9_000.0, guest.vmid + 2)[0])
        return min(0.99, guest.busy * wander * noise), int(int(guest.config["memory"]) * (1 << 20) * held)

    def pace(self, guest: Guest, what: int, up_seconds: float) -> float:
        """Return the bytes a second that a guest moves when it is up as long: 0 in, 1 out, 2 read, 3 written."""
        turn = up_seconds / _SWING_SECONDS[what] + guest.vmid
        return guest.busy * _PACES[what] * (1.0 + 0.7 * math.cos(turn))

    def moved(self, guest: Guest, what: int, up_seconds: float) -> int:
        """Return the bytes that a guest moved since it is up: what its pace comes to."""
        swing = _SWING_SECONDS[what]
        turned = 0.7 * swing * (math.sin(up_seconds / swing + guest.vmid) - math.sin(guest.vmid))
        return int(guest.busy * _PACES[what] * (up_seconds + turned))

    def task(self, upid: str) -> Task | None:
        """Return the task of that name."""
        with self.lock:
            return next((one for one in self.tasks if one.upid == upid), None)


def ended(task: Task) -> bool:
    """Tell whether a task's time is over."""
    return clock.now_ms() / 1000 >= task.began + task.seconds


def _guest(one: pve_estate.Sample, end: float, mac: str | None) -> Guest:
    qemu = one.kind == "qemu"
    card = mac or f"BC:24:11:00:{one.vmid // 256:02X}:{one.vmid % 256:02X}"
    config = {
        "cores": str(one.cores),
        "memory": str(one.memory_bytes >> 20),
        "tags": one.tags,
        **dict(one.more),
        ("name" if qemu else "hostname"): one.name,
    }
    if qemu:
        config |= {
            "ostype": "win11" if one.name.startswith("win") else "l26",
            "scsi0": f"local-zfs:vm-{one.vmid}-disk-0,size={one.disk_gib}G",
            "scsihw": "virtio-scsi-single", "boot": "order=scsi0", "net0": f"virtio={card.upper()},bridge=vmbr0",
            "meta": f"creation-qemu=9.0.2,ctime={int(end - 200 * 86_400 - one.vmid * 7_200)}",
        }  # fmt: skip
    else:
        config |= {
            "ostype": "debian", "arch": "amd64", "unprivileged": "1", "swap": "512",
            "rootfs": f"local-zfs:subvol-{one.vmid}-disk-0,size={one.disk_gib}G",
            "net0": f"name=eth0,bridge=vmbr0,hwaddr={card.upper()},ip=dhcp,type=veth",
        }  # fmt: skip
    if one.status == "template":
        config["template"] = "1"
    elif one.status == "running":
        config["onboot"] = "1"
    found = Guest(
        one.vmid,
        one.kind,
        one.node,
        {name: value for name, value in config.items() if value},
        "running" if one.status == "running" else "stopped",
        one.busy,
        one.disk_gib * GIB,
        end - 86_400 * (3 + one.vmid % 40),
    )
    if one.name == "gitlab":
        taken = int(end - 75 * 3_600)
        found.snapshots.append({"name": "before-17.5", "snaptime": taken, "description": "before the upgrade"})
        found.config["parent"] = "before-17.5"
    return found


def _backups(end: float) -> list[dict[str, Any]]:
    """Return the backups that the shared storage holds: one a night for a week of each guest that a job takes."""
    found: list[dict[str, Any]] = []
    for one in pve_estate.SAMPLES:
        for night in range(7 if one.backup_days is not None else 0):
            made = int(end - ((one.backup_days or 0.0) + night) * 86_400)
            stamp = f"{made:010d}"
            form = "vma.zst" if one.kind == "qemu" else "tar.zst"
            found.append(
                {
                    "volid": f"nas:backup/vzdump-{one.kind}-{one.vmid}-{stamp}.{form}", "content": "backup",
                    "format": form, "vmid": one.vmid, "ctime": made, "notes": one.name,
                    "size": int(one.disk_gib * GIB * 0.11), "protected": 0,
                }
            )  # fmt: skip
    return found
