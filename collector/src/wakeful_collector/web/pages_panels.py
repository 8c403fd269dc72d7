"""Which charts a host's page has, in which order, and which meter each stands on."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from wakeful_collector.web import (
    pages_panels_databases,
    pages_panels_services,
    pages_panels_storage,
    pages_panels_work,
)
from wakeful_collector.web.pages_panel import Panel

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wakeful_collector.model.host import MeterOutcome
    from wakeful_collector.model.sample import LatestSample


SECTIONS: tuple[tuple[str, tuple[Panel, ...]], ...] = (
    (
        "Processor and memory",
        (
            Panel("cpu", "CPU by mode", "cpu", "share of all cores"),
            Panel("memory", "Memory", "memory"),
            Panel("load", "Load average", "load", "runnable threads"),
            Panel("pressure", "Pressure", "pressure", "share of time that work waited"),
            Panel("swap", "Swap", "memory"),
            Panel("paging", "Swap traffic", "memory", "in above, out below"),
        ),
    ),
    (
        "Disks",
        (
            Panel("disk", "Disk throughput", "disk_io", "read above, write below", "disk"),
            Panel("iops", "Disk operations", "disk_io", "read above, write below", "disk"),
            Panel("busy", "Disk busy", "disk_io", "share of time"),
            Panel("latency", "Time per operation", "disk_io", "write dashed", "disk"),
            Panel("filesystems", "Filesystems", "filesystem", "share used"),
        ),
    ),
    (
        "Network",
        (
            Panel("network", "Network throughput", "network", "in above, out below", "interface"),
            Panel("packets", "Packets", "network", "in above, out below", "interface"),
            Panel("faults", "Errors and drops", "network"),
            Panel("connections", "TCP connections", "ports"),
        ),
    ),
    (
        "Sensors",
        (
            Panel("temperatures", "Temperatures", "sensors"),
            Panel("fans", "Fans", "sensors"),
            Panel("power", "Power", "sensors"),
        ),
    ),
    (
        "Processes and kernel",
        (
            Panel("processes", "Processes", "processes", "by state"),
            Panel("busiest", "Busiest programs", "processes", "share of one core"),
            Panel("largest", "Largest programs", "processes", "resident memory"),
            Panel("switches", "Context switches and interrupts", "cpu"),
            Panel("handles", "Open files", "files"),
            Panel("agent", "What Wakeful's agent uses", "agent", "share of one core"),
        ),
    ),
)
FAMILIES: tuple[tuple[str, tuple[Panel, ...]], ...] = (
    *pages_panels_work.SECTIONS,
    *pages_panels_storage.SECTIONS,
    *pages_panels_services.SECTIONS,
    *pages_panels_databases.SECTIONS,
)
"""Charts of what not every machine has: they are there when something of it was read."""

ALWAYS = frozenset(panel.meter for _, panels in SECTIONS for panel in panels)
"""Meters of the machine itself: one that fails keeps its charts, which say why they are empty."""

NEEDS = {
    "load": ("system.load_average.1m",),
    "disk": ("system.disk.io",),
    "iops": ("system.disk.operations",),
    "busy": ("system.disk.io_time",),
    "network": ("system.network.io",),
    "packets": ("system.network.packets",),
    "faults": ("system.network.errors", "system.network.dropped"),
    "switches": ("system.cpu.context_switches", "system.cpu.interrupts"),
    "handles": ("system.file_handles.used",),
    "agent": ("agent.cpu.time",),
    "pressure": ("system.pressure.time", "system.pressure.average"),
    "swap": ("system.paging.limit",),
    "paging": ("system.paging.io",),
    "latency": ("system.disk.operation_time",),
    "temperatures": ("hw.temperature",),
    "fans": ("hw.fan.speed",),
    "power": ("hw.power", "hw.energy"),
}
ABSENT = {
    "swap": "swap",
    "temperatures": "temperature sensors",
    "fans": "fans",
    "power": "power meters",
    "pressure": "pressure figures",
    "disk": "disks",
}
SWAP = frozenset({"swap", "paging"})
WORDS = {
    "ok": "Measured",
    "nothing": "Nothing of it here",
    "failed": "Failed",
    "timeout": "Took too long",
    "disabled": "Switched off",
    "refused": "Not permitted here",
}
TROUBLED = frozenset({"failed", "timeout"})
MOODS = {"ok": "ok", "failed": "bad", "timeout": "bad", "refused": "warn"}
MOOD_ORDER = {"failed": 0, "timeout": 1, "refused": 2, "ok": 3, "nothing": 4, "disabled": 5}


class Section(NamedTuple):
    """Charts under one heading, each with the reason it may be empty; strips with how many rows they have."""

    title: str
    panels: list[tuple[Panel, str]]
    strips: list[tuple[Panel, str, int]]


def sections(
    outcomes: Mapping[str, MeterOutcome], known: Mapping[str, float], young: bool = False
) -> tuple[list[Section], list[str]]:
    """Return the charts to draw, by section, each with the reason it may stay empty; and words for what is not here.

    `known` holds the newest value of each metric the host has. What fails is drawn as an empty chart that says why;
    what the machine simply does not have takes no room. A `young` host may still have to say what it has.
    """
    drawn: list[Section] = []
    absent: list[str] = []
    for title, panels in SECTIONS:
        kept: list[tuple[Panel, str]] = []
        for panel in panels:
            outcome = outcomes.get(panel.meter)
            if _is_absent(panel, outcome, known, young):
                absent += [ABSENT[panel.key]] if panel.key in ABSENT else []
            else:
                kept.append((panel, reason(outcome)))
        if kept:
            drawn.append(Section(title, kept, []))
    return drawn, absent


class Note(NamedTuple):
    """A meter that failed and has no chart to say so, and what it said."""

    meter: str
    said: str


def families(outcomes: Mapping[str, MeterOutcome], samples: Iterable[LatestSample]) -> list[Section]:
    """Return the charts of what this machine has besides, by section."""
    held: dict[str, list[Mapping[str, str]]] = {}
    for sample in samples:
        held.setdefault(sample.name, []).append(sample.labels)
    drawn = []
    for title, panels in FAMILIES:
        section = Section(title, [], [])
        for panel in panels:
            rows = _rows(panel, held)
            why = reason(outcomes.get(panel.meter))
            if rows and panel.is_strip:
                section.strips.append((panel, why, rows))
            elif rows:
                section.panels.append((panel, why))
        if section.panels or section.strips:
            drawn.append(section)
    return drawn


def notes(outcomes: Mapping[str, MeterOutcome]) -> list[Note]:
    """Return the meters that failed and have no chart of their own that would say so."""
    return [
        Note(one.meter, reason(one)) for one in outcomes.values() if one.outcome in TROUBLED and one.meter not in ALWAYS
    ]


def _rows(panel: Panel, held: Mapping[str, list[Mapping[str, str]]]) -> int:
    """Return how many things of a machine the panel would draw."""
    if panel.draw is None:
        return 0
    rules = panel.draw.only.items()
    found = {
        tuple(value for name, value in labels.items() if name != "state")
        for metric in panel.draw.names
        for labels in held.get(metric, ())
        if all(labels.get(name) in values for name, values in rules)
    }
    return len(found)


def reason(outcome: MeterOutcome | None) -> str:
    """Return why there may be no readings, for people; empty when there should be some."""
    if outcome is None or outcome.outcome in {"ok", "nothing"}:
        return ""
    said = WORDS.get(outcome.outcome, outcome.outcome)
    return f"{said}: {outcome.error}" if outcome.error else f"{said} (meter {outcome.meter})"


def _is_absent(panel: Panel, outcome: MeterOutcome | None, known: Mapping[str, float], young: bool) -> bool:
    if outcome is not None and outcome.outcome == "nothing":
        return True
    if panel.key in SWAP and known.get("system.paging.limit") == 0:
        return True
    sure = not young if outcome is None else outcome.outcome == "ok"
    needs = NEEDS.get(panel.key)
    return needs is not None and sure and bool(known) and not any(name in known for name in needs)
