"""What block devices do: bytes, operations, times, queue."""

from __future__ import annotations

import re

from wakeful_agent.host.parsing import parser
from wakeful_agent.host.text import label
from wakeful_agent.meter import Columns, Meter, NoData, Option, Reading
from wakeful_wire.record import NamedTuple
from wakeful_wire.schema import Series, series

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wakeful_agent.host.files import Host

_SECTOR_BYTES = 512  # of /proc/diskstats, whatever the device's own sector is
_LEFT_OUT = re.compile(r"(?:loop|ram|zram|fd|sr)[0-9]*(?:p[0-9]+)?")  # with the partitions of an image in a loop
_DIRECTED = ("io", "operations", "operation_time", "merged")


class Disk(NamedTuple):
    """A device and its eleven classic fields, as the kernel counts them."""

    name: str
    fields: tuple[int, ...]


@parser("proc/diskstats")
def parse_diskstats(text: str) -> list[Disk]:
    """Return the devices that are not loop, RAM, compressed RAM, floppy or optical ones.

    Source: the kernel's Documentation/admin-guide/iostats.rst. Lines of partitions on kernels before 2.6.25 have
    fewer fields and are left out.
    """
    disks = []
    for line in text.splitlines():
        fields = line.split(None, 14)
        if len(fields) < 14:
            continue
        if _LEFT_OUT.fullmatch(fields[2]) is None:
            disks.append(Disk(fields[2], tuple(map(int, fields[3:14]))))
    return disks


def is_partition(name: str, names: set[str]) -> bool:
    """Say whether `name` is a partition of another of `names`, by the kernel's rule.

    The number follows the disk's name, with a `p` between where the disk's name ends with a digit.
    """
    stem = name.rstrip("0123456789")
    if stem == name:
        return False
    if stem.endswith("p") and stem[:-1] in names and stem[-2:-1].isdigit():
        return True
    return stem in names and not stem[-1:].isdigit()


def values(disk: Disk) -> list[float]:
    """Return the values of a device in the order of its series."""
    reads, read_merged, read_sectors, read_ms, writes, write_merged, write_sectors, write_ms, *rest = disk.fields
    pending, busy_ms, weighted_ms = rest
    return [
        read_sectors * _SECTOR_BYTES,
        write_sectors * _SECTOR_BYTES,
        reads,
        writes,
        read_ms / 1000,
        write_ms / 1000,
        read_merged,
        write_merged,
        busy_ms / 1000,
        weighted_ms / 1000,
        pending,
    ]


def _make(name: str) -> list[Series]:
    device = label(name)
    directed = [
        series(f"system.disk.{what}", device=device, direction=direction)
        for what in _DIRECTED
        for direction in ("read", "write")
    ]
    rest = ("io_time", "weighted_io_time", "pending_operations")
    return directed + [series(f"system.disk.{what}", device=device) for what in rest]


class DiskIoMeter(Meter):
    """Counters of every whole disk, device-mapper and md device; partitions only when asked for."""

    name = "disk_io"
    source = "proc/diskstats"
    options = (Option("partitions", False, "Measure partitions too, not only whole disks"),)

    def __init__(self) -> None:
        super().__init__()
        self._columns = Columns(_make)
        self._named: list[str] = []
        self._partitions: set[str] = set()

    def read(self, host: Host, now_ms: int) -> Reading:
        """Return the counters of each device."""
        disks = parse_diskstats(host.kept(self.source))
        if not self.chosen["partitions"]:
            disks = self._whole(disks)
        if not disks:
            raise NoData("no disks are visible here")
        return Reading(self._columns.of([disk.name for disk in disks]), [one for disk in disks for one in values(disk)])

    def _whole(self, disks: list[Disk]) -> list[Disk]:
        names = [disk.name for disk in disks]
        if names != self._named:
            self._named = names
            known = set(names)
            self._partitions = {name for name in names if is_partition(name, known)}
        return [disk for disk in disks if disk.name not in self._partitions]
