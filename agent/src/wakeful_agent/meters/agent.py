"""What the agent itself costs and how its pushes fare."""

from __future__ import annotations

import os

from wakeful_agent.host.errors import HostError
from wakeful_agent.meter import AgentFigures, Columns, Meter, Reading
from wakeful_wire.schema import Series, series

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable

    from wakeful_agent.host.files import Host

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_OWN = ("agent.cpu.time", "agent.memory.usage", "agent.spool.size", "agent.spool.pushes", "agent.spool.age")
NO_FIGURES = AgentFigures(0, 0, 0.0, {}, {})


def _make(key: tuple[str, str]) -> list[Series]:
    name, content = key
    if name == "agent.pushes":
        return [series(name, outcome=content)]
    return [series(name, meter=content)] if name == "agent.meter.duration" else [series(one) for one in _OWN]


class AgentMeter(Meter):
    """The agent's own processor time and memory, its spool and pushes, and what each meter's last run took.

    `figures` is asked at every tick; it belongs to the daemon.
    """

    name = "agent"
    source = "proc/self/statm"

    def __init__(self, figures: Callable[[], AgentFigures] = lambda: NO_FIGURES) -> None:
        super().__init__()
        self._figures = figures
        self._columns = Columns(_make)

    def read(self, host: Host, now_ms: int) -> Reading:
        """Return the numbers; resident memory is None where /proc does not tell it."""
        figures = self._figures()
        spent = os.times()
        values: list[float | None] = [round(spent.user + spent.system, 2), _resident_bytes(host)]
        values += [figures.spool_bytes, figures.spool_pushes, round(figures.spool_age_seconds, 1)]
        keys = [("", "")]
        for name, counts in (("agent.pushes", figures.pushes), ("agent.meter.duration", figures.meters)):
            keys += [(name, content) for content in counts]
            values += (round(value, 4) for value in counts.values())
        return Reading(self._columns.of(keys), values)


def _resident_bytes(host: Host) -> float | None:
    try:
        return int(host.kept("proc/self/statm").split()[1]) * _PAGE_BYTES
    except (HostError, ValueError, IndexError):
        return None
