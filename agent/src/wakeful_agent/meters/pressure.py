"""Pressure stall information: how long work waited for processor, memory or disk."""

from __future__ import annotations

from wakeful_agent.host.errors import Absent
from wakeful_agent.host.parsing import number, parser
from wakeful_agent.meter import Columns, Meter, NoData, Reading
from wakeful_wire.schema import Series, series

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wakeful_agent.host.files import Host

RESOURCES = ("cpu", "memory", "io")


@parser("proc/pressure")
def parse_pressure(text: str) -> dict[str, tuple[float, float]]:
    """Return for `some` and `full` the time waited so far in seconds, and the share of the last 10 s.

    Source: the kernel's Documentation/accounting/psi.rst.
    """
    found = {}
    for line in text.splitlines():
        kind, *fields = line.split()
        values = dict(field.split("=", 1) for field in fields)
        found[kind] = (round(int(values["total"]) / 1e6, 3), round(number(values["avg10"]) / 100, 4))
    return found


def _make(key: tuple[str, str]) -> tuple[Series, Series]:
    labels = {"resource": key[0], "kind": key[1]}
    return series("system.pressure.time", **labels), series("system.pressure.average", **labels)


class PressureMeter(Meter):
    """Time in which some or all work stood still for want of a resource; kernels before 4.20 do not say."""

    name = "pressure"
    source = "proc/pressure/cpu"

    def __init__(self) -> None:
        super().__init__()
        self._columns = Columns(_make)

    def read(self, host: Host, now_ms: int) -> Reading:
        """Return time and average for each resource and kind."""
        keys = []
        values: list[float] = []
        for resource in RESOURCES:
            try:
                found = parse_pressure(host.kept(f"proc/pressure/{resource}"))
            except Absent:
                continue
            for kind in ("some", "full"):
                if kind in found:
                    keys.append((resource, kind))
                    values.extend(found[kind])
        if not keys:
            raise NoData("this kernel keeps no pressure stall information (needs 4.20 and psi=1)")
        return Reading(self._columns.of(keys), values)
