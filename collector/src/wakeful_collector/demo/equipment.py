"""What some machines of the sample fleet have besides: containers, disks with a history, pools, databases, tunnels.

Gauges and rates are pure functions of time as in `signals`; what a meter reads seldom has a value every half hour.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from wakeful_collector.demo import rhythm
from wakeful_collector.demo.parts import CONTAINERS, GUESTS, Disk, disks, has, pool

if TYPE_CHECKING:
    from collections.abc import Callable

    from wakeful_collector.demo.fleet import Machine
    from wakeful_collector.demo.rhythm import Floats

SELDOM_SECONDS = 1_800.0
DISK_STATES = ("ok", "degraded", "failed")
ARRAY_STATES = ("ok", "degraded", "failed")
POOL_STATES = ("online", "degraded", "faulted")
UPS_STATES = ("online", "on_battery", "low_battery", "charging")
CERTIFICATE_DAYS, OLD_CERTIFICATE_DAYS = 71.0, 9.0


class Columns(Protocol):
    """Where series and their values are gathered; counters come as rates a second."""

    seconds: Floats

    def add(self, values: Floats | float, places: int, metric: str, /, **labels: str) -> None:
        """Add a series with its values, rounded to `places`."""


def measure(columns: Columns, machine: Machine, busy: Floats) -> None:
    """Add what this machine's equipment measures; which that is follows from its role."""
    for what, adds in _SUBJECTS.items():
        if has(machine, what):
            adds(columns, machine, busy)


def _containers(columns: Columns, machine: Machine, busy: Floats) -> None:
    names = CONTAINERS[machine.role.name]
    for rank, name in enumerate(names):
        labels = {"engine": "docker", "container": name}
        salt = machine.salt + 500 + rank * 7
        share = busy * machine.cores * 0.8 / (rank + 2) * (0.5 + rhythm.drift(columns.seconds, 900.0, salt))
        held = machine.memory_bytes * machine.role.memory * 0.5 / (rank + 2)
        columns.add(share, 2, "container.cpu.time", **labels)
        columns.add(_whole(held * (0.9 + 0.1 * busy), 4096), 0, "container.memory.usage", **labels)
        traffic = machine.role.network_rate * busy * 0.6 / (rank + 2)
        columns.add(np.floor(traffic * 0.4), 0, "container.network.io", direction="receive", **labels)
        columns.add(np.floor(traffic * 0.6), 0, "container.network.io", direction="transmit", **labels)
        sick = has(machine, "unhealthy container") and rank == len(names) - 1
        columns.add(0.0 if sick else 1.0, 0, "container.healthy", **labels)
    columns.add(len(names), 0, "container.count", engine="docker", state="running")
    columns.add(1, 0, "container.count", engine="docker", state="exited")
    columns.add(1, 0, "container.engine.up", engine="docker")


def _disks(columns: Columns, machine: Machine, busy: Floats) -> None:
    seldom = (columns.seconds % SELDOM_SECONDS < 60.0).astype(np.float64)
    for rank, disk in enumerate(disks(machine)):
        labels = {"device": disk.name, "serial": disk.serial}
        _states(columns, DISK_STATES, disk.state, "physical_disk", disk.name)
        room = rhythm.drift(columns.seconds, 30_000.0, machine.salt + 600 + rank)
        warm = np.where(seldom > 0, np.round(disk.idle_celsius + 6 * busy + 2 * room), np.nan)
        columns.add(warm, 0, "hw.physical_disk.temperature", **labels)
        _seldom_disk(columns, disk, seldom, labels)


def _seldom_disk(columns: Columns, disk: Disk, seldom: Floats, labels: dict[str, str]) -> None:
    def once(value: float) -> Floats:
        return np.where(seldom > 0, value, np.nan)

    if disk.wear is not None:
        columns.add(once(disk.wear), 3, "hw.physical_disk.wear", **labels)
        return
    columns.add(once(disk.reallocated), 0, "hw.physical_disk.sectors", state="reallocated", **labels)
    columns.add(once(disk.pending), 0, "hw.physical_disk.sectors", state="pending", **labels)


def _pools(columns: Columns, machine: Machine, busy: Floats) -> None:
    held = pool(machine)
    _states(columns, POOL_STATES, held.state, "pool", held.name)
    columns.add(held.full, 3, "zfs.pool.utilization", pool=held.name)
    columns.add(0.18, 2, "zfs.pool.fragmentation", pool=held.name)
    columns.add(0, 0, "zfs.pool.data_errors", pool=held.name)


def _array(columns: Columns, machine: Machine, busy: Floats) -> None:
    missing = has(machine, "missing disk")
    _states(columns, ARRAY_STATES, "degraded" if missing else "ok", "array", "md0")
    for state, count in (
        ("active", 3 if missing else 4),
        ("failed", 0),
        ("spare", 0),
        ("missing", 1 if missing else 0),
    ):
        columns.add(count, 0, "hw.raid.disks", array="md0", state=state)


def _postgresql(columns: Columns, machine: Machine, busy: Floats) -> None:
    labels = {"target": "local"}
    columns.add(1, 0, "postgresql.up", **labels)
    for state, count in (("active", 12 * busy), ("idle", 40 + 20 * busy), ("idle_in_transaction", 2 * busy)):
        columns.add(np.floor(count + 0.5), 0, "postgresql.connections", state=state, **labels)
    for database, share in (("shop", 0.7), ("billing", 0.25)):
        done = np.floor(900 * busy * share)
        columns.add(done, 0, "postgresql.commits", database=database, **labels)
        columns.add(np.floor(done * 0.01), 0, "postgresql.rollbacks", database=database, **labels)
        columns.add(done * 40, 0, "postgresql.blks_hit", database=database, **labels)
        columns.add(np.floor(done * 0.4 * (1 + busy)), 0, "postgresql.blks_read", database=database, **labels)
        size = machine.volumes[-1].size_bytes * machine.volumes[-1].full * share
        columns.add(_whole(np.full_like(busy, size), 8192), 0, "postgresql.db_size", database=database, **labels)
    columns.add(np.round(0.2 + 8 * busy**3, 1), 1, "postgresql.transaction.longest", **labels)


def _redis(columns: Columns, machine: Machine, busy: Floats) -> None:
    labels = {"target": "local"}
    columns.add(1, 0, "redis.up", **labels)
    asked = np.floor(9_000 * busy)
    columns.add(asked, 0, "redis.commands.processed", **labels)
    columns.add(np.floor(asked * 0.6), 0, "redis.keyspace.hits", **labels)
    columns.add(np.floor(asked * 0.03 * (1 + busy)), 0, "redis.keyspace.misses", **labels)
    columns.add(np.floor(20 + 60 * busy), 0, "redis.clients.connected", **labels)
    columns.add(_whole(machine.memory_bytes * (0.5 + 0.1 * busy), 4096), 0, "redis.memory.used", **labels)
    columns.add(np.floor(5 * busy), 0, "redis.keys.evicted", **labels)
    columns.add(np.floor(40_000 + 4_000 * busy), 0, "redis.db.keys", db="0", **labels)


def _nginx(columns: Columns, machine: Machine, busy: Floats) -> None:
    columns.add(1, 0, "nginx.up", target="local")
    columns.add(np.floor(300 * busy), 0, "nginx.requests", target="local")
    for state, count in (("active", 80 * busy), ("waiting", 60 * busy), ("writing", 6 * busy)):
        columns.add(np.floor(count), 0, "nginx.connections_current", target="local", state=state)
    wobble = 1.0 + 0.4 * rhythm.jitter(columns.seconds, machine.salt + 700)
    columns.add(1, 0, "http.up", target="shop")
    columns.add(np.round((0.04 + 0.2 * busy**2) * wobble, 3), 3, "http.duration", target="shop")
    days = OLD_CERTIFICATE_DAYS if has(machine, "old certificate") else CERTIFICATE_DAYS
    columns.add(np.floor(columns.seconds / 86_400.0 + days) * 86_400.0, 0, "tls.certificate.expires", target="shop")


def _gpu(columns: Columns, machine: Machine, busy: Floats) -> None:
    for number in range(2):
        load = np.clip(busy * (1.6 - 0.6 * number), 0.0, 1.0)
        name, size = str(number), float(24 << 30)
        columns.add(load, 3, "hw.gpu.utilization", gpu=name, task="general")
        columns.add(_whole(size * (0.3 + 0.6 * load), 1 << 20), 0, "hw.gpu.memory.usage", gpu=name)
        columns.add(size, 0, "hw.gpu.memory.limit", gpu=name)
        columns.add(np.round(36 + 40 * load), 0, "hw.gpu.temperature", gpu=name)
        columns.add(np.round(28 + 300 * load), 0, "hw.gpu.power", gpu=name)


def _tunnels(columns: Columns, machine: Machine, busy: Floats) -> None:
    for rank, peer in enumerate(("office", "phone", "vienna")):
        rate = machine.role.network_rate * busy / (4 + 3 * rank)
        columns.add(np.floor(rate * 0.6), 0, "wireguard.peer.io", device="wg0", peer=peer, direction="receive")
        columns.add(np.floor(rate * 0.4), 0, "wireguard.peer.io", device="wg0", peer=peer, direction="transmit")
        age = columns.seconds % (125.0 + 3 * rank)
        columns.add(np.floor(age), 0, "wireguard.peer.handshake.age", device="wg0", peer=peer)
    banned = np.floor(6 + 5 * rhythm.drift(columns.seconds, 7_200.0, machine.salt + 800))
    columns.add(banned, 0, "fail2ban.bans.current", jail="sshd")


def _ups(columns: Columns, machine: Machine, busy: Floats) -> None:
    labels = {"target": "local", "ups": "rack"}
    for state in UPS_STATES:
        columns.add(1.0 if state == "online" else 0.0, 0, "ups.status", state=state, **labels)
    columns.add(1.0, 2, "ups.battery.charge", **labels)
    columns.add(np.round(0.2 + 0.1 * busy, 2), 2, "ups.load", **labels)
    columns.add(np.round(2_400 - 600 * busy), 0, "ups.battery.runtime", **labels)


def _states(columns: Columns, words: tuple[str, ...], held: str, kind: str, name: str) -> None:
    for word in words:
        columns.add(1.0 if word == held else 0.0, 0, "hw.status", type=kind, name=name, state=word)


def _whole(size: Floats, block: int) -> Floats:
    return np.floor(size / block) * block


def _guests(columns: Columns, machine: Machine, busy: Floats) -> None:
    columns.add(1, 0, "proxmox.up")
    columns.add(1, 0, "proxmox.cluster.quorate")
    for rank, name in enumerate(GUESTS):
        labels = {"guest": str(100 + rank), "kind": "lxc" if rank % 2 else "qemu", "name": name}
        wander = 0.4 + rhythm.drift(columns.seconds, 1_200.0, machine.salt + 900 + rank)
        columns.add(1, 0, "proxmox.guest.up", **labels)
        columns.add(np.clip(busy * wander, 0.0, 1.0), 3, "proxmox.guest.cpu.utilization", **labels)
        held = machine.memory_bytes / 16 * (0.5 + 0.3 * wander)
        columns.add(_whole(held, 1 << 20), 0, "proxmox.guest.memory.usage", **labels)
    columns.add(machine.volumes[-1].size_bytes * machine.volumes[-1].full, 0, "proxmox.storage.usage", storage="vms")
    columns.add(machine.volumes[-1].size_bytes, 0, "proxmox.storage.limit", storage="vms")


def _units(columns: Columns, machine: Machine, busy: Floats) -> None:
    failed = has(machine, "failed unit")
    columns.add(1 if failed else 0, 0, "systemd.units", state="failed")
    if failed:
        columns.add(1, 0, "systemd.unit.failed", unit="nightly-report.service")


_SUBJECTS: dict[str, Callable[[Columns, Machine, Floats], None]] = {
    "units": _units,
    "containers": _containers,
    "guests": _guests,
    "disks": _disks,
    "pool": _pools,
    "array": _array,
    "postgresql": _postgresql,
    "redis": _redis,
    "nginx": _nginx,
    "gpu": _gpu,
    "tunnels": _tunnels,
    "ups": _ups,
}
