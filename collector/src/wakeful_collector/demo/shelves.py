"""The inventories of a sample machine's equipment: the lists its meters would send."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wakeful_collector.demo.parts import CONTAINERS, GUESTS, Disk, disks, has, pool

if TYPE_CHECKING:
    from collections.abc import Callable

    from wakeful_collector.demo.fleet import Machine

METERS = {
    "containers": "containers",
    "disks": "smart",
    "pool": "zfs",
    "array": "raid",
    "guests": "proxmox",
    "postgresql": "postgresql",
    "redis": "redis",
    "nginx": "nginx",
    "gpu": "gpu",
    "tunnels": "wireguard",
    "ups": "ups",
    "units": "systemd",
}
"""Which meter reads which equipment."""


def meters(machine: Machine) -> list[str]:
    """Return the meters that a machine's equipment wakes."""
    found = [meter for what, meter in METERS.items() if has(machine, what)]
    return [*found, "http"] if "nginx" in found else found


def inventories(machine: Machine, boot_ms: int, at_ms: int) -> dict[str, Any]:
    """Return the lists by name; times in milliseconds since the epoch."""
    found: dict[str, Any] = {}
    for what, lists in _LISTS.items():
        if has(machine, what):
            found |= lists(machine, boot_ms, at_ms)
    return found


def _containers(machine: Machine, boot_ms: int, at_ms: int) -> dict[str, Any]:
    names = CONTAINERS[machine.role.name]
    rows: list[dict[str, Any]] = [
        {
            "name": name,
            "engine": "docker",
            "image": f"ghcr.io/example/{name.rstrip('-12')}:1.{rank}",
            "state": "running",
            "health": "unhealthy" if has(machine, "unhealthy container") and name == names[-1] else "healthy",
            "restarts": 0,
            "started_ms": boot_ms + 40_000 + rank * 1_000,
        }
        for rank, name in enumerate(names)
    ]
    ended = {"name": "migrate", "image": "ghcr.io/example/migrate:1.0", "state": "exited", "health": "", "restarts": 0}
    rows.append({**ended, "engine": "docker", "exit_code": 0, "started_ms": boot_ms + 30_000})
    engine = {"engine": "docker", "state": "up", "version": "27.3.1", "error": ""}
    return {"containers": rows, "container_engines": [engine]}


def _disks(machine: Machine, boot_ms: int, at_ms: int) -> dict[str, Any]:
    return {"disks": [_disk(one, at_ms) for one in disks(machine)]}


def _disk(one: Disk, at_ms: int) -> dict[str, Any]:
    bad = [f"{one.pending} sectors wait to be reallocated", f"{one.reallocated} sectors are reallocated"]
    return {
        "device": one.name,
        "state": one.state,
        "model": one.model,
        "serial": one.serial,
        "firmware": "0102",
        "size_bytes": one.size_bytes,
        "rotation_rpm": one.rotation_rpm,
        "interface": "sata" if one.rotation_rpm else "nvme",
        "passed": True,
        "findings": bad if one.pending else [],
        "seen_at_ms": at_ms,
    }


def _pools(machine: Machine, boot_ms: int, at_ms: int) -> dict[str, Any]:
    one = pool(machine)
    tree = [
        (one.name, 0),
        ("raidz1-0" if len(one.devices) > 2 else "mirror-0", 1),
        *((name, 2) for name in one.devices),
    ]
    vdevs = [
        {"vdev": name, "depth": depth, "state": "online", "read": 0, "write": 0, "checksum": 0} for name, depth in tree
    ]
    size = machine.volumes[-1].size_bytes
    row = {"pool": one.name, "state": one.state, "scan": "scrub repaired 0 B", "scan_state": "finished", "message": ""}
    return {"zfs_pools": [{**row, "scan_errors": 0, "size_bytes": size, "vdevs": vdevs}]}


def _array(machine: Machine, boot_ms: int, at_ms: int) -> dict[str, Any]:
    gone = has(machine, "missing disk")
    members = [{"device": one.name, "slot": slot, "state": "active"} for slot, one in enumerate(disks(machine))]
    if gone:
        members[2] = {"device": "", "slot": 2, "state": "missing"}
    state = "degraded" if gone else "ok"
    size = 3 * disks(machine)[0].size_bytes
    row = {"array": "md0", "level": "raid5", "state": state, "operation": "", "size_bytes": size, "members": members}
    return {"raid": [row]}


def _guests(machine: Machine, boot_ms: int, at_ms: int) -> dict[str, Any]:
    rows = [
        {"guest": str(100 + rank), "kind": "lxc" if rank % 2 else "qemu", "name": name, "state": "running",
         "cpus": 2 + rank % 3, "memory_bytes": machine.memory_bytes // 16, "tags": ""}
        for rank, name in enumerate(GUESTS)
    ]  # fmt: skip
    rows.append({**rows[0], "guest": "190", "name": "template-debian", "state": "stopped"})
    return {"proxmox_guests": rows}


def _service(name: str, version: str) -> Callable[[Machine, int, int], dict[str, Any]]:
    def listed(machine: Machine, boot_ms: int, at_ms: int) -> dict[str, Any]:
        return {name: [{"target": "local", "state": "up", "error": "", "version": version}]}

    return listed


def _gpus(machine: Machine, boot_ms: int, at_ms: int) -> dict[str, Any]:
    rows = [
        {"gpu": str(number), "vendor": "nvidia", "model": "NVIDIA RTX A5000", "driver": "550.127.05", "state": "ok",
         "bus": f"0000:0{number + 1}:00.0", "memory_bytes": 24 << 30,
         "processes": [{"pid": 4_100 + number, "name": "ollama", "memory_bytes": 11 << 30}]}
        for number in range(2)
    ]  # fmt: skip
    return {"gpus": rows}


def _units(machine: Machine, boot_ms: int, at_ms: int) -> dict[str, Any]:
    names = [f"{name}.service" for name in (*machine.role.processes, "cron", "ssh", "systemd-journald")]
    rows = [{"unit": name, "state": "active", "sub": "running", "result": "success", "restarts": 0} for name in names]
    if has(machine, "failed unit"):
        failed = {"state": "failed", "sub": "failed", "result": "exit-code", "restarts": 5}
        rows.append({"unit": "nightly-report.service", **failed})
    return {"units": rows}


_LISTS: dict[str, Callable[[Machine, int, int], dict[str, Any]]] = {
    "containers": _containers,
    "disks": _disks,
    "pool": _pools,
    "array": _array,
    "guests": _guests,
    "postgresql": _service("postgresql", "15.9"),
    "redis": _service("redis", "7.0.15"),
    "nginx": _service("nginx", "1.22.1"),
    "gpu": _gpus,
    "units": _units,
}
