"""What some machines of the sample fleet are made of and run: disks, pools, containers, guests, and what ails a few."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from wakeful_collector.demo.fleet import Machine

CONTAINERS = {
    "game": ("minecraft-survival", "minecraft-creative", "valheim", "wings-cache"),
    "ci": ("runner-1", "runner-2", "registry-mirror"),
    "pi": ("homeassistant", "zigbee2mqtt"),
}
GUESTS = ("gitlab", "nextcloud", "mail", "dns-1", "build-runner", "win-office")
_BY_ROLE = {
    "containers": frozenset(CONTAINERS),
    "disks": frozenset({"nas", "backup", "pve"}),
    "pool": frozenset({"nas", "pve"}),
    "array": frozenset({"backup"}),
    "guests": frozenset({"pve"}),
    "postgresql": frozenset({"db"}),
    "redis": frozenset({"cache"}),
    "nginx": frozenset({"web"}),
    "gpu": frozenset({"gpu"}),
    "tunnels": frozenset({"edge"}),
    "ups": frozenset({"nas"}),
    "units": frozenset({"app", "web", "db", "backup"}),
}
_AILMENTS = {
    "unhealthy container": ("ci", 16),
    "worn disk": ("nas", 7),
    "missing disk": ("backup", 14),
    "old certificate": ("web", 10),
    "failed unit": ("app", 6),
}
"""What ails one in so many machines of a role."""


class Disk(NamedTuple):
    """A disk by its own word: `wear` is None for one that turns; sectors are counts."""

    name: str
    model: str
    serial: str
    size_bytes: int
    rotation_rpm: int
    idle_celsius: float
    wear: float | None
    reallocated: int
    pending: int
    state: str


class Pool(NamedTuple):
    """A pool: how full it is (0 to 1), and the devices it stands on."""

    name: str
    full: float
    state: str
    devices: tuple[str, ...]


def has(machine: Machine, what: str) -> bool:
    """Tell whether a machine has some equipment, or an ailment: both follow from who it is."""
    if what in _AILMENTS:
        role, one_in = _AILMENTS[what]
        return machine.role.name == role and machine.salt % one_in == 0
    return machine.role.name in _BY_ROLE[what]


def disks(machine: Machine) -> list[Disk]:
    """Return the disks of a machine, with a short history each."""
    flash = machine.role.name == "pve"
    names = ("nvme0n1", "nvme1n1") if flash else ("sda", "sdb", "sdc", "sdd")
    made = []
    for rank, name in enumerate(names):
        worn = has(machine, "worn disk") and rank == 1
        chance = (machine.salt >> (rank * 3)) % 97
        made.append(
            Disk(
                name=name,
                model="Micron 7450 PRO 3.8TB" if flash else "Toshiba MG08ACA16TE",
                serial=f"{machine.salt % 100_000:05d}{rank:02d}{chance:02d}",
                size_bytes=3_840_755_982_336 if flash else 16_000_900_661_248,
                rotation_rpm=0 if flash else 7_200,
                idle_celsius=38.0 if flash else 31.0,
                wear=round(0.02 + chance / 400, 3) if flash else None,
                reallocated=24 if worn else 0,
                pending=3 if worn else 0,
                state="degraded" if worn else "ok",
            )
        )
    return made


def pool(machine: Machine) -> Pool:
    """Return the pool of a machine that has one."""
    volume = machine.volumes[-1]
    return Pool(volume.device, volume.full, "online", tuple(disk.name for disk in disks(machine)))
