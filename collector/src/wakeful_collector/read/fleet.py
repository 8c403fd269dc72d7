"""The fleet at a glance: one row a host, what is wrong with it, and which rows a search asks for."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from wakeful_collector.model.host import HostStatus, host_status
from wakeful_collector.model.trouble import Trouble
from wakeful_collector.read import fleet_hours, hosts, incidents, latest, troubles
from wakeful_collector.read.kept import Kept

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from wakeful_collector.model.host import Host
    from wakeful_collector.model.sample import LatestSample
    from wakeful_collector.read.fleet_hours import Hour

UPTIME, CORES, MEMORY, SPACE = (
    "system.uptime",
    "system.cpu.logical.count",
    "system.memory.limit",
    "system.filesystem.utilization",
)
CPU_NOW, MEMORY_NOW = "system.cpu.utilization", "system.memory.utilization"
WARN_SHARE = {"disk": 0.90, "memory": 0.92, "cpu": 0.90}
BAD_SHARE = {"disk": 0.96, "memory": 0.97, "cpu": 2.0}
SORTS = ("problems", "name", "cpu", "memory", "disk", "network", "seen")
VIEWS = ("all", "problems", "silent", "away", "up", "new")
_SEVERITY = {"bad": 0, "conflict": 1, "warn": 2}
_SAID = {
    "silent": "Silent",
    "conflict": "Two machines push as one",
    "disk": "{subject} is {share} full",
    "memory": "Memory is {share} used",
    "cpu": "CPU at {share} for 5 min",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """Something a person should look at: `severity` is bad, conflict or warn.

    `subject` is hostile text: a mountpoint, the whole sentence where a rule made it, or empty.
    """

    kind: str
    severity: str
    share: float | None = None
    subject: str = ""
    metric: str = ""

    @property
    def text(self) -> str:
        """Return it in words, for people."""
        said = _SAID.get(self.kind)
        return (
            self.subject
            if said is None
            else said.format(subject=self.subject, share=f"{(self.share or 0) * 100:.0f} %")
        )


@dataclass(frozen=True, slots=True)
class FleetRow:
    """A host with its newest figures: shares from 0 to 1, network in bytes per second, None where nothing is known.

    `absence` says why it may be silent: `sleeping`, `maintenance`, or empty where it is expected.
    """

    host: Host
    status: HostStatus
    problems: tuple[Problem, ...]
    cpu: float | None
    memory: float | None
    disk: float | None
    disk_mount: str
    network: float | None
    uptime_seconds: float | None
    cores: int | None
    memory_bytes: float | None
    hour: Hour | None
    absence: str = ""


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asks of the fleet: words that must all be found, a tag, a view and an order."""

    words: tuple[str, ...] = ()
    tag: str = ""
    view: str = "all"
    sort: str = "problems"
    descending: bool = False


class _Newest(NamedTuple):
    """A host's newest values by name, and the shares of its filesystems with their mountpoints, fullest first."""

    values: dict[str, float]
    space: list[tuple[float, str]]


_NOTHING = _Newest({}, [])
_SHOWN = (UPTIME, CORES, MEMORY, SPACE, CPU_NOW, MEMORY_NOW)


def _figures(data: Path) -> tuple[dict[int, Hour], dict[int, _Newest], dict[int, list[Trouble]]]:
    found = latest.latest_of_all(data, _SHOWN)
    newest = {host: _newest(samples) for host, samples in found.items()}
    return fleet_hours.hours(data), newest, troubles.troubles(data)


_FIGURES = Kept(_figures)


def fleet(data: Path, now_ms: int) -> list[FleetRow]:
    """Return a row for every host, unordered; figures of a big fleet may be three seconds old."""
    lines, newest, found = _FIGURES.of(data)
    away = incidents.standing_absences(data, now_ms)
    rows = [
        _row(host, lines.get(host.key), newest.get(host.key, _NOTHING), now_ms, found.get(host.key, ()))
        for host in hosts.hosts(data)
    ]
    return [_excused(row, away[row.host.key].kind) if row.host.key in away else row for row in rows] if away else rows


def one(data: Path, host: Host, now_ms: int) -> FleetRow:
    """Return the row of one host, read anew."""
    newest = _newest(latest.latest(data, host.key, _SHOWN))
    hour = fleet_hours.hours(data, host.key).get(host.key)
    row = _row(host, hour, newest, now_ms, troubles.troubles(data, host.key).get(host.key, ()))
    away = incidents.standing_absences(data, now_ms)
    return _excused(row, away[host.key].kind) if host.key in away else row


def needs(row: FleetRow) -> list[Trouble]:
    """Return what of a host needs a look beside that it is silent, or pushes as another one does."""
    told = (problem for problem in row.problems if problem.kind not in {"silent", "conflict"})
    return [Trouble(problem.kind, problem.severity, problem.text, problem.metric) for problem in told]


def _excused(row: FleetRow, absence: str) -> FleetRow:
    """Return the row of a host that may be silent: then its silence is no problem."""
    silent = row.status is HostStatus.SILENT
    return replace(row, absence=absence, problems=() if silent else row.problems)


def counts(rows: Iterable[FleetRow]) -> Counter[str]:
    """Return how many rows each view has."""
    found: Counter[str] = Counter()
    for (status, troubled, away), count in Counter(_standing(row) for row in rows).items():
        for view in VIEWS:
            found[view] += count * _in_view(status, troubled, away, view)
    return found


def tags(rows: Iterable[FleetRow]) -> list[str]:
    """Return all tags in use."""
    return sorted({tag for row in rows for tag in row.host.tags})


def chosen(rows: Iterable[FleetRow], wish: Wish) -> list[FleetRow]:
    """Return the rows that `wish` asks for, in its order; hosts without a figure come last."""
    found = [row for row in rows if _wanted(row, wish)]
    found.sort(key=lambda row: _natural(row.host.name))
    if wish.sort == "problems":
        found.sort(key=_urgency, reverse=wish.descending)
        return found
    if wish.sort == "name":
        return found[::-1] if wish.descending else found
    keyed = [(_figure(row, wish.sort), row) for row in found]
    known = [(figure, row) for figure, row in keyed if figure is not None]
    known.sort(key=lambda pair: pair[0], reverse=wish.descending)
    return [row for _, row in known] + [row for figure, row in keyed if figure is None]


def _newest(samples: Sequence[LatestSample]) -> _Newest:
    values, space = {}, []
    for sample in samples:
        if sample.name == SPACE:
            space.append((sample.value, sample.labels.get("mountpoint", "")))
        else:
            values[sample.name] = sample.value
    return _Newest(values, sorted(space, reverse=True))


def _row(host: Host, hour: Hour | None, newest: _Newest, now_ms: int, troubled: Sequence[Trouble] = ()) -> FleetRow:
    status = host_status(host, now_ms)
    values = newest.values
    memory, cores = values.get(MEMORY_NOW), values.get(CORES)
    disk, mount = newest.space[0] if newest.space else (None, "")
    return FleetRow(
        host=host,
        status=status,
        problems=_problems(host, status, hour, memory, newest.space, troubled),
        cpu=values.get(CPU_NOW),
        memory=memory,
        disk=disk,
        disk_mount=mount,
        network=None if hour is None or status is HostStatus.SILENT else hour.traffic,
        uptime_seconds=values.get(UPTIME),
        cores=None if cores is None else round(cores),
        memory_bytes=values.get(MEMORY),
        hour=hour,
    )


def _problems(
    host: Host,
    status: HostStatus,
    hour: Hour | None,
    memory: float | None,
    space: Sequence[tuple[float, str]],
    troubled: Sequence[Trouble],
) -> tuple[Problem, ...]:
    if status is HostStatus.SILENT:
        return (Problem("silent", "bad"),)
    found = [Problem("conflict", "conflict")] if host.twin_of or host.twins else []
    if status is HostStatus.NEW:
        return tuple(found)
    found += [Problem(trouble.kind, trouble.severity, None, trouble.text, trouble.metric) for trouble in troubled]
    for share, mount in space:
        if share < WARN_SHARE["disk"]:
            break
        found.append(_full(share, mount))
    if memory is not None and memory >= WARN_SHARE["memory"]:
        found.append(Problem("memory", "bad" if memory >= BAD_SHARE["memory"] else "warn", memory, "", MEMORY_NOW))
    if hour is not None and hour.busy is not None and hour.busy >= WARN_SHARE["cpu"]:
        found.append(Problem("cpu", "warn", hour.busy, "", CPU_NOW))
    return tuple(sorted(found, key=lambda one: _SEVERITY[one.severity])) if found else ()


def _full(share: float, mount: str) -> Problem:
    return Problem("disk", "bad" if share >= BAD_SHARE["disk"] else "warn", share, mount, SPACE)


def _standing(row: FleetRow) -> tuple[HostStatus, bool, bool]:
    """Return what a view goes by: how a host is, whether it needs a look, and whether its silence is excused."""
    return row.status, bool(row.problems), bool(row.absence) and row.status is HostStatus.SILENT


def _in_view(status: HostStatus, troubled: bool, away: bool, view: str) -> bool:
    if away and view in {"silent", "away"}:
        return view == "away"
    if view == "problems":
        return troubled
    if view == "up":
        return status in {HostStatus.UP, HostStatus.CONFLICT}
    return view in {"all", status.value}


def _wanted(row: FleetRow, wish: Wish) -> bool:
    if wish.tag and wish.tag not in row.host.tags:
        return False
    if wish.view != "all" and not _in_view(*_standing(row), wish.view):
        return False
    if not wish.words:
        return True
    host = row.host
    said = [problem.text for problem in row.problems]
    text = " ".join((host.name, host.reported_name, host.id, row.status.value, *host.tags, *said)).casefold()
    return all(word in text for word in wish.words)


def _urgency(row: FleetRow) -> tuple[int, float]:
    if not row.problems:
        return (len(_SEVERITY), 0.0)
    first = row.problems[0]
    return (_SEVERITY[first.severity], -(first.share or 1.0))


def _figure(row: FleetRow, sort: str) -> float | None:
    if sort == "seen":
        return None if row.host.last_seen_ms is None else float(row.host.last_seen_ms)
    return {"cpu": row.cpu, "memory": row.memory, "disk": row.disk, "network": row.network}[sort]


@lru_cache(maxsize=16_384)
def _natural(name: str) -> list[tuple[int, int, str]]:
    parts = re.findall(r"[0-9]{1,18}|[^0-9]+", name.casefold())
    return [(0, int(part), "") if part[0] in "0123456789" else (1, 0, part) for part in parts]
