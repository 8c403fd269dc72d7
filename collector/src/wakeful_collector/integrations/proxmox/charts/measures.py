"""What a poll said of a node or guest as values of its series; pure. Counters become rates, as the cluster's own past.

Source: `cpu`, `mem`, `netin` and their like of /cluster/resources, and the columns of .../rrddata.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from wakeful_wire.schema import Series

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wakeful_collector.model.estate import Usage

_PLAIN = ("up", "cpu.utilization", "cpu.count", "memory.usage", "memory.limit", "disk.usage", "disk.limit")
_BYTES = (("network", "receive"), ("network", "transmit"), ("disk", "read"), ("disk", "write"))
_COUNTERS = ("received_bytes", "sent_bytes", "read_bytes", "written_bytes")
SERIES = (
    *(Series(f"proxmox.subject.{name}", ()) for name in _PLAIN),
    *(Series(f"proxmox.subject.{name}.io", (("direction", way),)) for name, way in _BYTES),
)
"""The series of every subject, so that all share one list."""
STILL_MS = 30_000
"""A node says what it measured about every 10 s: the same figures within this time are not measured again."""
RATE_MS_MAX = 900_000
"""Over a longer time than this a rate says little; the cluster's own past fills the gap."""

Values = tuple[float | None, ...]


class Seen(NamedTuple):
    """What was measured of a subject last, and when."""

    at_ms: int
    usage: Usage


def values(before: Seen | None, usage: Usage, at_ms: int) -> Values | None:
    """Return a value for each of SERIES; None when nothing, or nothing new, was measured."""
    if usage.uptime_seconds is None and usage.cpu is None:
        return None
    if before is not None and usage == before.usage and at_ms - before.at_ms < STILL_MS and usage.uptime_seconds:
        return None
    uptime = usage.uptime_seconds
    return (
        None if uptime is None else float(uptime > 0),
        usage.cpu,
        usage.cpus,
        _number(usage.memory_bytes),
        _number(usage.memory_max_bytes),
        _number(usage.disk_bytes),
        _number(usage.disk_max_bytes),
        *(_rate(before, usage, at_ms, name) for name in _COUNTERS),
    )


def _rate(before: Seen | None, usage: Usage, at_ms: int, name: str) -> float | None:
    """Return bytes a second since `before`; None when there is nothing to compare with, or it began anew."""
    if before is None or not 0 < at_ms - before.at_ms <= RATE_MS_MAX:
        return None
    then, now = getattr(before.usage, name), getattr(usage, name)
    if then is None or now is None or now < then:
        return None
    return float((now - then) * 1000 / (at_ms - before.at_ms))


def remembered(row: Mapping[str, Any]) -> tuple[int, Values] | None:
    """Return time in ms and values of one row of rrddata; None when nothing was measured then."""
    time = _told(row, "time")
    if time is None or not 0 < time < 1 << 33:
        return None
    found = (
        _told(row, "cpu"),
        _told(row, "maxcpu"),
        _told(row, "mem", "memused"),
        _told(row, "maxmem", "memtotal"),
        _told(row, "disk", "rootused"),
        _told(row, "maxdisk", "roottotal"),
        *(_told(row, name) for name in ("netin", "netout", "diskread", "diskwrite")),
    )
    if found[0] is None and found[2] is None:
        return None
    return int(time) * 1000, (1.0, *found)


def _told(row: Mapping[str, Any], *names: str) -> float | None:
    """Return the first of these columns that holds a number, which may be written as text."""
    for name in names:
        value = row.get(name)
        if isinstance(value, str):
            try:
                value = float(value)
            except ValueError:
                continue
        if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e18:
            return float(value)
    return None


def _number(value: int | None) -> float | None:
    return None if value is None else float(value)
