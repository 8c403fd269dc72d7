"""Memory and swap, by state; pages swapped and faults."""

from __future__ import annotations

import os
from contextlib import suppress

from wakeful_agent.host.errors import HostError
from wakeful_agent.host.parsing import parser
from wakeful_agent.meter import Columns, Meter, Reading
from wakeful_wire.schema import Series, series

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wakeful_agent.host.files import Host

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_VMSTAT = ("pswpin", "pswpout", "pgfault", "pgmajfault")
_LABELS = {"system.memory.usage": "state", "system.memory.slab": "state", "system.paging.usage": "state"}
_LABELS.update({"system.paging.io": "direction", "system.paging.faults": "type"})
_WANTED_MEMINFO = {
    "MemTotal",
    "MemFree",
    "MemAvailable",
    "Buffers",
    "Cached",
    "Active",
    "Inactive",
    "Shmem",
    "Slab",
    "SReclaimable",
    "SUnreclaim",
    "SwapTotal",
    "SwapFree",
}


@parser("proc/meminfo")
def parse_meminfo(text: str) -> dict[str, int]:
    """Return the fields of /proc/meminfo that are used here, in bytes. Source: proc_meminfo(5)."""
    found = {}
    for line in text.splitlines():
        name, _, value = line.partition(":")
        if name in _WANTED_MEMINFO:
            found[name] = int(value.split()[0]) * 1024
    if not found.get("MemTotal"):
        raise ValueError("no MemTotal")
    return found


@parser("proc/vmstat")
def parse_vmstat(text: str) -> dict[str, int]:
    """Return the counters of /proc/vmstat that are used here, as they stand (pages, faults)."""
    found = {}
    text = "\n" + text
    for name in _VMSTAT:
        start = text.find(f"\n{name} ")
        if start >= 0:
            found[name] = int(text[start + len(name) + 2 :].split("\n", 1)[0])
    return found


def figures(fields: dict[str, int]) -> dict[tuple[str, str], float]:
    """Return metric and state (empty where there is none) to value, for the fields that this kernel has.

    `available` is estimated as free, buffers and cache without shared memory where the kernel does not say
    (before 3.14). `used` is what is neither free nor buffers nor cache, as free(1) counts it.
    """
    total, free = fields["MemTotal"], fields.get("MemFree", 0)
    cached = fields.get("Cached", 0) + fields.get("SReclaimable", 0)
    shared = fields.get("Shmem", 0)
    buffers = fields.get("Buffers", 0)
    available = fields.get("MemAvailable", max(0, free + buffers + cached - shared))
    found: dict[tuple[str, str], float] = {
        ("system.memory.limit", ""): total,
        ("system.memory.usage", "used"): max(0, total - free - buffers - cached),
        ("system.memory.usage", "free"): free,
        ("system.memory.usage", "buffers"): buffers,
        ("system.memory.usage", "cached"): cached,
        ("system.memory.available", ""): available,
        ("system.memory.utilization", ""): round(min(1.0, max(0.0, 1 - available / total)), 4),
    }
    for name, key in _OPTIONAL.items():
        if name in fields:
            found[key] = fields[name]
    if "SwapTotal" in fields and "SwapFree" in fields:
        found["system.paging.limit", ""] = fields["SwapTotal"]
        found["system.paging.usage", "used"] = max(0, fields["SwapTotal"] - fields["SwapFree"])
        found["system.paging.usage", "free"] = fields["SwapFree"]
    return found


_OPTIONAL = {
    "Active": ("system.memory.active", ""),
    "Inactive": ("system.memory.inactive", ""),
    "Shmem": ("system.memory.shared", ""),
    "SReclaimable": ("system.memory.slab", "reclaimable"),
    "SUnreclaim": ("system.memory.slab", "unreclaimable"),
}


def counters(fields: dict[str, int]) -> dict[tuple[str, str], float]:
    """Return metric and direction or type to value for the counters of paging that this kernel has."""
    found: dict[tuple[str, str], float] = {}
    if "pswpin" in fields and "pswpout" in fields:
        found["system.paging.io", "in"] = fields["pswpin"] * _PAGE_BYTES
        found["system.paging.io", "out"] = fields["pswpout"] * _PAGE_BYTES
    if "pgfault" in fields and "pgmajfault" in fields:
        found["system.paging.faults", "major"] = fields["pgmajfault"]
        found["system.paging.faults", "minor"] = fields["pgfault"] - fields["pgmajfault"]
    return found


def _make(key: tuple[str, str]) -> list[Series]:
    name, content = key
    return [series(name, **{_LABELS[name]: content}) if content else series(name)]


class MemoryMeter(Meter):
    """Where memory went. Read from the file: inside LXC the system call tells the host's."""

    name = "memory"
    source = "proc/meminfo"

    def __init__(self) -> None:
        super().__init__()
        self._columns = Columns(_make)

    def read(self, host: Host, now_ms: int) -> Reading:
        """Return memory and swap by state, and the counters of paging."""
        found = figures(parse_meminfo(host.kept(self.source)))
        with suppress(HostError):  # gVisor has none, and some containers hide it: memory is no less true for that
            found.update(counters(parse_vmstat(host.kept("proc/vmstat"))))
        return Reading(self._columns.of(list(found)), list(found.values()))
