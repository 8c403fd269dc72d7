"""What a machine of the sample fleet says of itself beside numbers: hello, inventories, outcomes of meters, events."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import numpy as np

from wakeful_collector.demo import keeping, shelves
from wakeful_collector.demo.fate import DAY, DEPLOY_DAYS, HOUR, LEAK_DAYS, REBOOT_HOURS, SILENT_HOURS, Course
from wakeful_collector.demo.fleet import AGENT_VERSION
from wakeful_wire.push import Event, Outcome

if TYPE_CHECKING:
    from wakeful_collector.demo.fleet import Machine

INTERVAL_SECONDS = 15
METERS = (
    "cpu", "load", "memory", "pressure", "uptime", "disk_io", "filesystem", "network", "sockets", "files", "processes",
    "ports", "sensors", "agent",
)  # fmt: skip
_PROCESS_COLUMNS = ["pid", "ppid", "name", "user", "cpu", "memory", "threads", "state", "start"]
_COMMON_PROCESSES = ("systemd", "systemd-journald", "systemd-udevd", "dbus-daemon", "cron", "sshd", "agetty", "chronyd")


def introduction(
    machine: Machine, end_ms: int, now_ms: int, past_from_ms: int | None, kept: keeping.Keeping
) -> dict[str, Any]:
    """Return what the first push of a run holds beside samples: hello, meters, inventories, and events of the past."""
    end_seconds = end_ms / 1000.0
    boot_ms = now_ms - int(Course(machine, end_seconds).uptime(np.array([now_ms / 1000.0]))[0]) * 1000
    told = [] if past_from_ms is None else events(machine, past_from_ms, end_ms)
    return {
        "hello": hello(machine, now_ms, boot_ms) | {"actions": kept.actions(), "watches": _named(kept)},
        "meters": {name: one._asdict() for name, one in outcomes(machine).items()},
        "inventories": {
            name: {"hash": hashlib.sha256(json.dumps(body).encode()).hexdigest()[:32], "body": body}
            for name, body in (inventories(machine, now_ms, boot_ms) | kept.inventories()).items()
        },
        "events": [
            {"id": one.id, "at": one.at_ms, "kind": one.kind, "subject": one.subject, "data": one.data} for one in told
        ],
    }


def hello(machine: Machine, end_ms: int, boot_ms: int) -> dict[str, Any]:
    """Return the hello of a machine; times in milliseconds since the epoch."""
    arm = "arm" in machine.tags
    model = "Cortex-A76" if arm else "AMD EPYC 7443P" if machine.role.virtual == "kvm" else "AMD Ryzen 9 5950X"
    return {
        "version": AGENT_VERSION,
        "name": machine.name,
        "machine_id": _digest(machine, "machine")[:32],
        "boot_time_ms": boot_ms,
        "interval": INTERVAL_SECONDS,
        "python": "3.11.2",
        "virtualization": machine.role.virtual,
        "uname": {
            "sysname": "Linux",
            "nodename": machine.name,
            "release": "6.1.0-28-arm64" if arm else "6.1.0-28-amd64",
            "version": "#1 SMP Debian 6.1.119-1",
            "machine": "aarch64" if arm else "x86_64",
        },
        "os": {"id": "debian", "name": "Debian GNU/Linux", "title": "Debian GNU/Linux 12 (bookworm)", "version": "12"},
        "cpu": {"model": model, "logical": machine.cores, "physical": machine.cores // 2},
        "user": {"name": "wakeful", "uid": 998},
        "config": {"hash": None, "refused": None},
        "capabilities": _capabilities(machine),
        "actions": [],
        "watches": [],
        "started_ms": end_ms - 6 * 3_600_000,
    }


def inventories(machine: Machine, end_ms: int, boot_ms: int) -> dict[str, Any]:
    """Return the inventories of a machine by name."""
    return {
        "system": {key: value for key, value in hello(machine, end_ms, boot_ms).items() if key in _SYSTEM_FIELDS},
        "processes": _processes(machine, boot_ms, end_ms),
        "ports": [
            {
                "protocol": "udp" if port in {53, 51820} else "tcp",
                "family": "dual",
                "address": "::",
                "port": port,
                "process": name,
                "pid": 700 + port % 900,
            }
            for port, name in machine.role.ports
        ],
        "network": _interfaces(machine),
        "filesystems": [
            {"mountpoint": one.point, "device": one.device, "type": one.kind, "options": "rw,relatime"}
            for one in machine.volumes
        ],
        **shelves.inventories(machine, boot_ms, end_ms),
    }


_SYSTEM_FIELDS = {"uname", "os", "virtualization", "machine_id", "cpu", "boot_time_ms"}


def outcomes(machine: Machine) -> dict[str, Outcome]:
    """Return how the meters of a machine ended last."""
    found = {
        meter: Outcome("ok", "", round(0.0004 + 0.0001 * len(meter), 4))
        for meter in (*METERS, *shelves.meters(machine))
    }
    if not machine.role.sensors:
        found["sensors"] = Outcome("nothing", "no hwmon chip here", 0.0002)
    if machine.fate == "meter fails":
        found["filesystem"] = Outcome("timeout", "statvfs of /mnt/archive did not return within 2 s", 2.0)
    return found


def events(machine: Machine, start_ms: int, end_ms: int) -> list[Event]:
    """Return what happened on a machine between two times (milliseconds since the epoch)."""
    told: list[tuple[str, str, int, dict[str, Any]]] = [
        ("agent.started", "agent", start_ms, {"version": AGENT_VERSION})
    ]
    if machine.fate == "rebooted":
        at_ms = end_ms - round(REBOOT_HOURS * HOUR * 1000)
        told += [("agent.stopped", "agent", at_ms - 240_000, {"reason": "SIGTERM"})]
        told += [("agent.started", "agent", at_ms, {"version": AGENT_VERSION, "rebooted": True})]
    if machine.fate == "deploy":
        at_ms = end_ms - round(DEPLOY_DAYS * DAY * 1000)
        told += [("agent.config_applied", "agent", at_ms, {"hash": _digest(machine, "config")[:16]})]
    if machine.fate == "memory leak":
        at_ms = end_ms - round(LEAK_DAYS * DAY * 1000)
        told += [("agent.reloaded", "agent", at_ms, {})]
    if machine.fate == "meter fails":
        told += [("agent.capability_changed", "filesystem:/mnt/archive", end_ms - 5_400_000, {"available": False})]
    if machine.fate == "silent":
        at_ms = end_ms - round(SILENT_HOURS * HOUR * 1000) - 60_000
        told += [("agent.spool_unwritable", "spool", at_ms, {"error": "No space left on device"})]
    told += keeping.events(machine, end_ms)
    return [
        Event(f"demo-{machine.id}-{number}", at_ms, kind, subject, data)
        for number, (kind, subject, at_ms, data) in enumerate(told)
        if at_ms >= start_ms
    ]


def _named(kept: keeping.Keeping) -> list[dict[str, Any]]:
    return [{"name": one["name"], "kind": one["kind"]} for one in kept.watches]


def _capabilities(machine: Machine) -> list[dict[str, Any]]:
    here = set(shelves.meters(machine))
    found = [_capability("proc", True, "/proc is readable")]
    found += [_capability(meter, True) for meter in sorted(here)]
    if machine.role.virtual == "none" and "smart" not in here:
        line = "wakeful ALL=(root) NOPASSWD: /usr/sbin/smartctl --json *"
        found.append(_capability("smart", False, "smartctl needs root", line, "health and serial numbers of the disks"))
    if machine.liveliness < 0.7:
        line = "usermod -a -G systemd-journal wakeful"
        found.append(_capability("logs", False, "the journal may not be read", line, "what every program logs"))
    absent = {meter: place for meter, place in _INSTALLED_BY.items() if meter not in here}
    return found + [
        _capability(meter, False, f"{meter} is not on this machine", f"apt install {place}" if place else "")
        for meter, place in absent.items()
    ]


_INSTALLED_BY = {
    "apache": "apache2", "ceph": "", "haproxy": "haproxy", "libvirt": "libvirt-clients", "memcached": "memcached",
    "mysql": "mariadb-server", "postgresql": "postgresql", "rabbitmq": "rabbitmq-server", "redis": "redis-server",
    "tailscale": "", "wireguard": "wireguard-tools", "zfs": "zfsutils-linux",
}  # fmt: skip


def _capability(name: str, available: bool, reason: str = "", fix: str = "", exposes: str = "") -> dict[str, Any]:
    return {"name": name, "available": available, "reason": reason, "fix": fix, "exposes": exposes}


def _processes(machine: Machine, boot_ms: int, at_ms: int) -> dict[str, Any]:
    rows = []
    for rank, name in enumerate([*machine.role.processes, *_COMMON_PROCESSES]):
        own = rank < len(machine.role.processes)
        rows.append(
            [
                1 if name == "systemd" else 420 + rank * 37,
                0 if name == "systemd" else 1,
                name,
                name.split("-")[0][:12] if own else "root",
                round(machine.role.cpu * machine.cores * 0.5 / (rank + 1), 3) if own else 0.001,
                int(machine.memory_bytes * machine.role.memory * 0.4 / (rank + 1)) if own else 9_000_000,
                24 // (rank + 1) + 1,
                "running" if rank == 0 else "sleeping",
                boot_ms // 1000 + 20 + rank,
            ]
        )
    return {"columns": _PROCESS_COLUMNS, "rows": sorted(rows), "total": len(rows) + 110, "at": at_ms}


def _interfaces(machine: Machine) -> list[dict[str, Any]]:
    address = f"10.{20 + len(machine.place)}.{machine.number // 250}.{machine.number % 250 + 2}"
    kind = "bridge" if machine.role.device.startswith("vmbr") else "physical"
    rows = [
        {"name": "lo", "kind": "loopback", "mac": "", "mtu": 65_536, "addresses": ["127.0.0.1/8", "::1/128"]},
        {"name": machine.role.device, "kind": kind, "mac": machine.mac, "mtu": 1_500, "addresses": [f"{address}/24"]},
    ]
    return [{"master": "", "members": [], **row} for row in rows]


def _digest(machine: Machine, what: str) -> str:
    return hashlib.sha256(f"{machine.id} {what}".encode()).hexdigest()
