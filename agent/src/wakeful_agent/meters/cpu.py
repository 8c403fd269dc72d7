"""Processor time by core and mode, utilization, counts, frequency, context switches, interrupts."""

from __future__ import annotations

import os

from wakeful_agent.host.parsing import parser
from wakeful_agent.host.processor import NO_PROCESSOR, processor
from wakeful_agent.meter import Columns, Meter, Option, Reading
from wakeful_wire.record import NamedTuple
from wakeful_wire.schema import Series, series

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Sequence

    from wakeful_agent.host.files import Host

MODES = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal")
_WIDTH = len(MODES)
_IDLE = (3, 4)
_SLOW_MS = 60_000
_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
_WHOLE = (
    "system.cpu.utilization",
    "system.cpu.context_switches",
    "system.cpu.interrupts",
    "system.cpu.logical.count",
    "system.cpu.physical.count",
)


class Times(NamedTuple):
    """Ticks of all cores together and of each, in the order of MODES, and the kernel's counts since boot."""

    total: tuple[int, ...]
    cores: dict[str, tuple[int, ...]]
    context_switches: int | None
    interrupts: int | None


@parser("proc/stat")
def parse_stat(text: str) -> Times:
    """Return the processor times; guest time is part of user, as the kernel counts it. Source: proc_stat(5)."""
    total: tuple[int, ...] = ()
    cores: dict[str, tuple[int, ...]] = {}
    counts: dict[str, int] = {}
    for line in text.split("\n"):
        if line.startswith("cpu"):
            name, *fields = line.split(None, _WIDTH + 1)
            ticks = tuple(map(int, fields[:_WIDTH]))
            ticks += (0,) * (_WIDTH - len(ticks))
            if name == "cpu":
                total = ticks
            else:
                cores[name[3:]] = ticks
        elif line.startswith(("intr ", "ctxt ")):
            counts[line[:4]] = int(line.split(" ", 2)[1])
    if not total:
        raise ValueError("no line for all processors")
    return Times(total, cores, counts.get("ctxt"), counts.get("intr"))


def utilization(before: Sequence[int], after: Sequence[int]) -> float | None:
    """Return the share of time between two readings that was not idle; None when no time passed.

    A mode that went backwards (iowait does, and a container's count after a move) counts as not having moved.
    """
    moved = [max(0, now - then) for then, now in zip(before, after)]
    whole = sum(moved)
    return round(1 - sum(moved[mode] for mode in _IDLE) / whole, 4) if whole else None


def _make(key: tuple[str, str]) -> list[Series]:
    what, core = key
    if what == "time":
        return [series("system.cpu.time", cpu=core, mode=mode) for mode in MODES]
    return [series("system.cpu.frequency", cpu=core)] if what == "frequency" else [series(name) for name in _WHOLE]


class CpuMeter(Meter):
    """What the processors do. The first reading has no utilization: nothing is known of the time before it."""

    name = "cpu"
    source = "proc/stat"
    options = (Option("per_core", True, "Time of each core; otherwise of all cores together"),)

    def __init__(self) -> None:
        super().__init__()
        self._columns = Columns(_make)
        self._before: tuple[int, ...] = ()
        self._looked_ms: int | None = None
        self._processor = NO_PROCESSOR

    def read(self, host: Host, now_ms: int) -> Reading:
        """Return times, utilization and counts; the frequencies once a minute."""
        times = parse_stat(host.kept(self.source))
        cores = times.cores if self.chosen["per_core"] and times.cores else {"all": times.total}
        looked = self._look(host, now_ms)
        share = utilization(self._before, times.total) if self._before else None
        self._before = times.total
        keys = [("time", core) for core in cores]
        values: list[float | None] = [ticks / _TICKS_A_SECOND for core in cores.values() for ticks in core]
        keys.append(("whole", ""))
        values += [share, times.context_switches, times.interrupts]
        values += [len(times.cores) or None, self._processor.physical or None]
        keys += [("frequency", core) for core in self._processor.frequencies]
        values += [hertz if looked else None for hertz in self._processor.frequencies.values()]
        return Reading(self._columns.of(keys), values)

    def _look(self, host: Host, now_ms: int) -> bool:
        if self._looked_ms is not None and 0 <= now_ms - self._looked_ms < _SLOW_MS:
            return False
        self._looked_ms = now_ms
        self._processor = processor(host)
        return True
