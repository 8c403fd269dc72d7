"""What a machine of the sample fleet measures: its series, and their values at given times.

Gauges are pure functions of time. Counters are summed from their rates, on from `Totals` of the time before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from wakeful_collector.demo import equipment, rhythm
from wakeful_collector.demo.fate import Course
from wakeful_wire.names import COUNTER, describe
from wakeful_wire.schema import Series

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from wakeful_collector.demo.fleet import Machine, Volume
    from wakeful_collector.demo.rhythm import Floats

MODES = ("user", "system", "iowait", "idle")


class Totals(NamedTuple):
    """Where the counters stand: when, and each series' value (gauges are zero)."""

    seconds: float
    values: Floats


class _Columns:
    """Gathers columns in the order they are added; counters come as rates a second."""

    def __init__(self, seconds: Floats) -> None:
        self.seconds = seconds
        self.series: list[Series] = []
        self.values: list[Floats] = []
        self.places: list[int] = []

    def add(self, values: Floats | float, places: int, metric: str, /, **labels: str) -> None:
        self.series.append(Series(metric, tuple(sorted(labels.items()))))
        self.values.append(np.broadcast_to(np.asarray(values, dtype=np.float64), self.seconds.shape))
        self.places.append(places)


def series_of(machine: Machine) -> list[Series]:
    """Return the series of a machine in the order of its values; the list never changes."""
    return _columns(machine, np.zeros(1), Course(machine, 0.0)).series


def measure(machine: Machine, end_seconds: float, seconds: Floats, totals: Totals) -> tuple[Floats, Totals]:
    """Return the values (one row a time, NaN where nothing was read) and where the counters stand after them.

    `end_seconds` is when the story was filled up to: what befalls the machine is told from there.
    """
    course = Course(machine, end_seconds)
    found = _columns(machine, seconds, course)
    matrix = np.column_stack(found.values)
    steps = np.diff(seconds, prepend=totals.seconds)
    counters = [index for index, one in enumerate(found.series) if describe(one.name).kind == COUNTER]
    sums = np.cumsum(matrix[:, counters] * steps[:, None], axis=0) + totals.values[counters]
    restarted = np.searchsorted(seconds, course.reboot_seconds) if course.reboot_seconds else 0
    if 0 < restarted < len(seconds):
        sums[restarted:] -= sums[restarted - 1]
    matrix[:, counters] = sums
    left = np.zeros(matrix.shape[1])
    left[counters] = sums[-1]
    for digits in set(found.places):
        chosen = [index for index, places in enumerate(found.places) if places == digits]
        matrix[:, chosen] = np.round(matrix[:, chosen], digits)
    return matrix, Totals(float(seconds[-1]), left)


def _columns(machine: Machine, seconds: Floats, course: Course) -> _Columns:
    columns = _Columns(seconds)
    busy = course.busy(seconds)
    _cpu(columns, machine, course, busy)
    _memory(columns, machine, course, busy)
    _disks(columns, machine, busy)
    for volume in machine.volumes:
        _filesystem(columns, volume, course)
    _network(columns, machine, busy)
    _kernel(columns, machine, course, busy)
    _sensors(columns, machine, busy)
    equipment.measure(columns, machine, busy)
    return columns


def _cpu(columns: _Columns, machine: Machine, course: Course, busy: Floats) -> None:
    seconds = columns.seconds
    waiting = 0.02 + 0.10 * course.backup(seconds)
    for core in range(machine.cores):
        lean = 0.75 + 0.5 * rhythm.drift(seconds, 1_700.0, machine.salt + core)
        share = np.clip(busy * lean, 0.005, 0.98)
        user, system, iowait = share * 0.72, share * 0.22, np.minimum(share * waiting, 0.2)
        for mode, part in zip(MODES, (user, system, iowait, 1.0 - user - system - iowait), strict=True):
            columns.add(part, 2, "system.cpu.time", cpu=str(core), mode=mode)
    columns.add(np.clip(busy, 0.005, 0.99), 4, "system.cpu.utilization")
    columns.add(machine.cores, 0, "system.cpu.logical.count")
    for minutes in (1, 5, 15):
        wobble = 1.0 + 0.3 / minutes * rhythm.jitter(seconds, machine.salt + minutes)
        columns.add(np.maximum(busy * machine.cores * wobble, 0.0), 2, f"system.load_average.{minutes}m")
    for resource, factor in (("cpu", 0.35), ("io", 0.1), ("memory", 0.02)):
        columns.add(np.clip(busy**3 * factor, 0, 1), 4, "system.pressure.average", resource=resource, kind="some")


def _memory(columns: _Columns, machine: Machine, course: Course, busy: Floats) -> None:
    limit = float(machine.memory_bytes)
    used = np.clip(course.memory(columns.seconds, busy), 0.05, 0.97)
    cached = (1.0 - used) * (0.6 + 0.15 * rhythm.drift(columns.seconds, 20_000.0, machine.salt + 50))
    buffers = (1.0 - used) * 0.05
    columns.add(limit, 0, "system.memory.limit")
    shares = (("used", used), ("cached", cached), ("buffers", buffers), ("free", 1.0 - used - cached - buffers))
    for state, share in shares:
        columns.add(_pages(share * limit), 0, "system.memory.usage", state=state)
    columns.add(used, 4, "system.memory.utilization")
    columns.add(_pages((1.0 - used) * limit), 0, "system.memory.available")
    swap = limit / 8
    swapped = np.clip((used - 0.85) * 2.0, 0.0, 0.8)
    columns.add(swap, 0, "system.paging.limit")
    columns.add(_pages(swapped * swap), 0, "system.paging.usage", state="used")
    columns.add(_pages((1.0 - swapped) * swap), 0, "system.paging.usage", state="free")


def _disks(columns: _Columns, machine: Machine, busy: Floats) -> None:
    seconds = columns.seconds
    for number, device in enumerate(machine.role.disks):
        salt = machine.salt + 100 + number * 10
        flush = 0.4 + 1.2 * rhythm.bursts(seconds, 240.0, 0.3, salt)
        for direction, share in (("read", 0.4), ("write", 0.6)):
            rate = machine.role.disk_rate * busy * share * flush * (1.0 + 0.3 * rhythm.jitter(seconds, salt + 1))
            columns.add(_blocks(rate), 0, "system.disk.io", device=device, direction=direction)
            columns.add(np.floor(rate / 24_000.0), 0, "system.disk.operations", device=device, direction=direction)
        columns.add(np.clip(busy * flush * 0.35, 0.0, 0.98), 3, "system.disk.io_time", device=device)


def _filesystem(columns: _Columns, volume: Volume, course: Course) -> None:
    labels = {"mountpoint": volume.point, "device": volume.device, "type": volume.kind}
    size = float(volume.size_bytes)
    used = np.clip(course.fullness(volume, columns.seconds), 0.01, 0.995)
    columns.add(size, 0, "system.filesystem.limit", **labels)
    columns.add(_pages(used * size), 0, "system.filesystem.usage", state="used", **labels)
    columns.add(_pages((1.0 - used) * size), 0, "system.filesystem.usage", state="free", **labels)
    columns.add(used, 4, "system.filesystem.utilization", **labels)


def _network(columns: _Columns, machine: Machine, busy: Floats) -> None:
    device = machine.role.device
    for number, (direction, share) in enumerate((("receive", 0.4), ("transmit", 0.6))):
        wobble = 0.7 + 0.6 * rhythm.drift(columns.seconds, 400.0, machine.salt + 200 + number)
        noise = 1.0 + 0.15 * rhythm.jitter(columns.seconds, machine.salt + 210 + number)
        rate = machine.role.network_rate * busy * share * wobble * noise
        columns.add(np.floor(rate), 0, "system.network.io", device=device, direction=direction)
        columns.add(np.floor(rate / 900.0), 0, "system.network.packets", device=device, direction=direction)
    columns.add(1, 0, "system.network.link.up", device=device)
    columns.add(1e9, 0, "system.network.link.speed", device=device)
    connections = np.floor(12 + machine.role.network_rate / 25_000.0 * busy)
    columns.add(connections, 0, "system.network.connections", protocol="tcp", state="established")
    columns.add(np.floor(connections / 5), 0, "system.network.connections", protocol="tcp", state="time_wait")


def _kernel(columns: _Columns, machine: Machine, course: Course, busy: Floats) -> None:
    uptime = course.uptime(columns.seconds)
    columns.add(uptime, 0, "system.uptime")
    columns.add(columns.seconds - uptime, 0, "system.boot_time")
    running = np.floor(1 + busy * machine.cores)
    columns.add(running, 0, "system.processes.count", status="running")
    columns.add(np.floor(140 + 60 * machine.liveliness + busy * 40), 0, "system.processes.count", status="sleeping")
    columns.add(np.floor(2_000 + busy * 3_000), 0, "system.file_handles.used")
    for rank, name in enumerate(machine.role.processes[:2]):
        share = 0.7 if rank == 0 else 0.2
        columns.add(busy * machine.cores * share, 4, "process.cpu.utilization", name=name)
        used = course.memory(columns.seconds, busy) * share * 0.8
        columns.add(_pages(used * machine.memory_bytes), 0, "process.memory.usage", name=name)


def _sensors(columns: _Columns, machine: Machine, busy: Floats) -> None:
    room = 2.0 * rhythm.drift(columns.seconds, 30_000.0, machine.salt + 300)
    rows = {
        "cpu": ("coretemp", "Package id 0", 38.0, 36.0),
        "nvme": ("nvme", "Composite", 34.0, 14.0),
        "drive": ("drivetemp", "sda", 31.0, 7.0),
        "gpu": ("nvidia", "GPU 0", 36.0, 42.0),
    }
    for sensor in machine.role.sensors:
        if sensor == "fan":
            columns.add(np.round(900 + busy * 1_400, -1), 0, "hw.fan.speed", chip="nct6798", sensor="fan1")
            continue
        chip, label, idle, rise = rows[sensor]
        columns.add(np.round(idle + room + rise * busy), 0, "hw.temperature", chip=chip, sensor=label)


def _pages(size: Floats) -> Floats:
    return np.floor(size / 4096.0) * 4096.0


def _blocks(rate: Floats) -> Floats:
    return np.floor(rate / 512.0) * 512.0


def times_ms(seconds: Floats) -> NDArray[np.int64]:
    """Return the times as the wire has them."""
    return np.round(seconds * 1000.0).astype(np.int64)
