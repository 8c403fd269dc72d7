"""The table of contents: every meter there is, in the order they run; optional ones are loaded where they serve."""

from __future__ import annotations

from wakeful_agent.meters.agent import AgentMeter
from wakeful_agent.meters.cpu import CpuMeter
from wakeful_agent.meters.disk_io import DiskIoMeter
from wakeful_agent.meters.files import FilesMeter
from wakeful_agent.meters.filesystem import FilesystemMeter
from wakeful_agent.meters.load import LoadMeter
from wakeful_agent.meters.memory import MemoryMeter
from wakeful_agent.meters.network import NetworkMeter
from wakeful_agent.meters.ports import PortsMeter
from wakeful_agent.meters.pressure import PressureMeter
from wakeful_agent.meters.processes import ProcessesMeter
from wakeful_agent.meters.sensors import SensorsMeter
from wakeful_agent.meters.sockets import SocketsMeter
from wakeful_agent.meters.uptime import UptimeMeter
from wakeful_agent.shelf import Entry, Shelf
from wakeful_agent.shelf import load as load_class

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable

    from wakeful_agent.meter import AgentFigures, Meter

METERS: tuple[type[Meter], ...] = (
    CpuMeter,
    LoadMeter,
    MemoryMeter,
    PressureMeter,
    UptimeMeter,
    DiskIoMeter,
    NetworkMeter,
    SocketsMeter,
    FilesMeter,
    FilesystemMeter,
    SensorsMeter,
    ProcessesMeter,
    PortsMeter,
    AgentMeter,
)

OPTIONAL: tuple[Entry, ...] = ()
"""Meters of what only some machines have; see `Entry` for the clues that load one."""


def build(figures: Callable[[], AgentFigures] | None = None) -> list[Meter]:
    """Return one of each meter; `figures` is what the daemon knows of itself."""
    return [AgentMeter(figures) if meter is AgentMeter and figures else meter() for meter in METERS]


def shelf(figures: Callable[[], AgentFigures] | None = None) -> Shelf:
    """Return all meters: those that are always there, and the optional ones to be looked for."""
    return Shelf(build(figures), OPTIONAL)


def classes() -> list[type[Meter]]:
    """Return the class of every meter; this loads all of them."""
    return [*METERS, *(load_class(entry) for entry in OPTIONAL)]
