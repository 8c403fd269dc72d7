"""Units of systemd: how many are in which state, which failed, and what the largest services use."""

from __future__ import annotations

from wakeful_agent.capabilities import granted, missing
from wakeful_agent.host.errors import HostError, Malformed
from wakeful_agent.host.text import label
from wakeful_agent.meter import Columns, Meter, NoData, Option, Reading
from wakeful_wire.record import NamedTuple
from wakeful_wire.schema import Series, series

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Sequence

    from wakeful_agent.capabilities import Capability
    from wakeful_agent.host.files import Host

STATES = ("active", "reloading", "inactive", "failed", "activating", "deactivating")
BOOTED = "run/systemd/system"
_PROPERTIES = (
    "Id,LoadState,ActiveState,SubState,Result,UnitFileState,Description,"
    "NRestarts,MemoryCurrent,CPUUsageNSec,TasksCurrent"
)
_CHUNK = 64
_UNITS_MAX = 1_000
_FAILED_MAX = 100
_TIMEOUT_SECONDS = 10.0
_NAME_CHARACTERS_MAX = 256
_NOT_SET = 1 << 63  # systemd says "not set" with the largest number there is, or in words
_NOT_BOOTED = "not been booted with systemd"
_OF_SERVICE = ("active", "restarts", "cpu.time", "memory.usage", "tasks")


class Listed(NamedTuple):
    """A line of the list of units."""

    name: str
    load: str
    active: str
    sub: str


class Unit(NamedTuple):
    """What systemd says of one unit; what it does not count is None."""

    name: str
    load: str
    active: str
    sub: str
    result: str
    enabled: str
    description: str
    restarts: int | None
    memory_bytes: int | None
    cpu_seconds: float | None
    tasks: int | None


def parse_list(text: str) -> list[Listed]:
    """Return the units of `systemctl list-units --plain --no-legend`; templates are left out.

    Raises Malformed when there are lines and none is of that form.
    """
    found = []
    lines = [line for line in text.split("\n") if line.strip()]
    for line in lines:
        words = line.lstrip(" *\u25cf\u00d7").split(
            None, 4
        )  # a mark before failed units, in versions that ignore --plain
        if len(words) < 4 or "." not in words[0]:
            continue
        name, load, active, sub = words[:4]
        if "@." not in name and len(name) <= _NAME_CHARACTERS_MAX:
            found.append(Listed(name, load, active, sub))
    if lines and not found:
        raise Malformed(f"systemctl lists no units: {label(lines[0], 60)!r}")
    return found


def parse_show(text: str) -> list[Unit]:
    """Return the units of `systemctl show`: blocks of `Key=value` lines, an empty line between them."""
    units = []
    for block in text.split("\n\n"):
        fields = dict(line.partition("=")[::2] for line in block.split("\n"))
        if not fields.get("Id"):
            continue
        nanoseconds = _count(fields.get("CPUUsageNSec"))
        units.append(
            Unit(
                name=label(fields["Id"], _NAME_CHARACTERS_MAX),
                load=label(fields.get("LoadState", ""), 32),
                active=label(fields.get("ActiveState", ""), 32),
                sub=label(fields.get("SubState", ""), 32),
                result=label(fields.get("Result", ""), 32),
                enabled=label(fields.get("UnitFileState", ""), 32),
                description=label(fields.get("Description", ""), 128),
                restarts=_count(fields.get("NRestarts")),
                memory_bytes=_count(fields.get("MemoryCurrent")),
                cpu_seconds=None if nanoseconds is None else nanoseconds / 1e9,
                tasks=_count(fields.get("TasksCurrent")),
            )
        )
    return units


def choose(units: Sequence[Unit], known: Sequence[str], wanted: Sequence[str], most: int) -> list[str]:
    """Return the names of the services to measure: those wanted, those measured before, then the largest.

    The largest are those with the most memory and the most processor time, in turns; for the first half of them those
    measured before make room, the smallest first: what began after them is not passed over for good. Services that are
    there but never ran are not measured unless wanted. At most `most` beside those wanted.
    """
    present = {unit.name for unit in units}
    running = [unit for unit in units if unit.active != "inactive"]
    by_memory = sorted(running, key=lambda unit: (-(unit.memory_bytes or 0), unit.name))
    by_time = sorted(running, key=lambda unit: (-(unit.cpu_seconds or 0.0), unit.name))
    ranked = [unit.name for pair in zip(by_memory, by_time) for unit in pair]
    first = [name for name in dict.fromkeys(wanted) if name in present]
    ranked = [name for name in dict.fromkeys(ranked) if name not in first]
    stayed = [name for name in dict.fromkeys(known) if name in present and name not in first]
    place = {name: number for number, name in enumerate(ranked)}
    by_place = sorted(stayed, key=lambda name: place.get(name, len(place)))
    taken = set(list(dict.fromkeys([*ranked[: most // 2], *by_place, *ranked]))[:most])
    return first + [name for name in dict.fromkeys([*stayed, *ranked]) if name in taken]


def _count(text: str | None) -> int | None:
    value = text or ""
    if not (value.isascii() and value.isdigit()) or len(value) > 20:
        return None
    return int(value) if int(value) < _NOT_SET else None


def _make(key: tuple[str, str]) -> list[Series]:
    what, name = key
    if what == "counts":
        return [series("systemd.units", state=state) for state in STATES]
    if what == "failed":
        return [series("systemd.unit.failed", unit=name)]
    return [series(f"systemd.service.{part}", unit=name) for part in _OF_SERVICE]


class SystemdMeter(Meter):
    """Asks systemctl for the list of units, then for the services and what failed, some at a time.

    The inventory `units` holds all loaded services and every other unit that failed.
    """

    name = "systemd"
    aside = True
    interval_seconds = 60.0
    budget_seconds = 30.0
    source = BOOTED + "/"
    options = (
        Option("top", 40, "How many services are measured, those that use the most", least=0, most=200),
        Option("units", [], "Services that are measured always, like nginx.service"),
    )

    def __init__(self) -> None:
        super().__init__()
        self._columns = Columns(_make)
        self._shown: list[str] = []
        self._failed: list[str] = []

    def probe(self, host: Host) -> Capability:
        """Say whether systemd runs this machine, as it says itself (sd_booted)."""
        if not host.exists(BOOTED):
            return missing(self.name, "this machine was not started by systemd (containers are not)")
        if host.program("systemctl") is None:
            return missing(self.name, "systemctl is not installed")
        return granted(self.name)

    def read(self, host: Host, now_ms: int) -> Reading:
        """Return the counts, what failed and the largest services; raise NoData without systemd, HostError."""
        if not host.exists(BOOTED):
            raise NoData("this machine was not started by systemd")
        listed = parse_list(_ask(host, "list-units", "--all", "--plain", "--no-legend", "--full"))
        failed = [one.name for one in listed if one.active == "failed"]
        services = [one.name for one in listed if one.name.endswith(".service") and one.load != "not-found"]
        asked = list(dict.fromkeys([*failed[:_FAILED_MAX], *services]))[:_UNITS_MAX]
        units = [unit for start in range(0, len(asked), _CHUNK) for unit in _show(host, asked[start : start + _CHUNK])]
        return self._reading(listed, failed, units)

    def _reading(self, listed: list[Listed], failed: list[str], units: list[Unit]) -> Reading:
        present = {one.name for one in listed}
        stayed = [name for name in self._failed if name in present]
        self._failed = (stayed + [name for name in failed if name not in stayed])[:_FAILED_MAX]
        services = {unit.name: unit for unit in units if unit.name.endswith(".service")}
        self._shown = choose(list(services.values()), self._shown, self.chosen["units"], self.chosen["top"])
        keys = [("counts", ""), *(("failed", label(name)) for name in self._failed)]
        keys += [("service", name) for name in self._shown]
        states = [one.active for one in listed]
        values: list[float | None] = [states.count(state) for state in STATES]
        values += [int(name in failed) for name in self._failed]
        for name in self._shown:
            values += _values(services[name])
        return Reading(self._columns.of(keys), values, {"units": [_row(unit) for unit in units]})


def _ask(host: Host, *words: str) -> str:
    code, out, err = host.run(["systemctl", "--no-pager", *words], _TIMEOUT_SECONDS)
    if code and _NOT_BOOTED in err:
        raise NoData("this machine was not started by systemd")
    if code:
        raise HostError(f"systemctl ended with {code}: {label(err.strip() or out.strip(), 200)}")
    return out


def _show(host: Host, names: list[str]) -> list[Unit]:
    return parse_show(_ask(host, "show", f"--property={_PROPERTIES}", "--", *names))


def _values(unit: Unit) -> list[float | None]:
    return [int(unit.active in {"active", "reloading"}), unit.restarts, unit.cpu_seconds, unit.memory_bytes, unit.tasks]


def _row(unit: Unit) -> dict[str, Any]:
    """Return the unit as the inventory names it: what changes seldom, so that it is seldom sent."""
    return {
        "unit": unit.name,
        "state": unit.active,
        "sub": unit.sub,
        "result": unit.result,
        "load": unit.load,
        "enabled": unit.enabled,
        "restarts": unit.restarts,
        "description": unit.description,
    }
