"""ZFS pools as `zpool list -Hp` and `zpool status -p` tell them.

Source: zpool-list(8) and zpool-status(8) of OpenZFS 0.7 to 2.2; the status has one form for people alone.
"""

from __future__ import annotations

import re
import time

from wakeful_agent.host.parsing import number, parser
from wakeful_agent.host.text import label
from wakeful_wire.record import NamedTuple

POOLS_MAX = 128
VDEVS_MAX = 500
STATES = ("online", "degraded", "faulted", "offline", "unavail", "removed", "suspended")
LIST = ("zpool", "list", "-Hp", "-o", "name,size,allocated,free,fragmentation,capacity,dedupratio,health")
STATUS = ("zpool", "status", "-p")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_KEY = re.compile(r" {0,6}(pool|state|status|action|see|scan|config|errors|remove|checkpoint|dedup): ?(.*)")
_VDEV = re.compile(r"\t( *)(\S+) +([A-Z]+)(?: +([\d.]+[KMGTPE]?) +([\d.]+[KMGTPE]?) +([\d.]+[KMGTPE]?))?(?: +(.*))?")
_DONE = re.compile(r"([\d.]+)% done")
_WHEN = re.compile(r"(?:on|since) [A-Z][a-z]{2} ([A-Z][a-z]{2}) +(\d{1,2}) (\d{2}):(\d{2}):(\d{2}) (\d{4})")
_SUFFIXES = {suffix: 1024**power for power, suffix in enumerate("KMGTPE", 1)}


class Figures(NamedTuple):
    """One line of the list: bytes, and shares of 1; None for what an unavailable pool does not tell."""

    pool: str
    size: float | None
    used: float | None
    free: float | None
    fragmentation: float | None
    utilization: float | None
    deduplication: float | None
    state: str


class Vdev(NamedTuple):
    """A device or a group of devices of a pool; `depth` is 0 for the pool itself, None what is not counted."""

    name: str
    depth: int
    state: str
    errors: tuple[float, float, float] | None
    note: str = ""


class Status(NamedTuple):
    """What the status of one pool says; `scan_state` is none, running, paused, done or canceled."""

    pool: str
    state: str
    message: str = ""
    scan: str = ""
    scan_state: str = "none"
    progress: float | None = None
    scan_errors: float | None = None
    ended: float | None = None
    data_errors: float | None = None
    vdevs: tuple[Vdev, ...] = ()


@parser("usr/sbin/zpool list")
def parse_list(text: str) -> list[Figures]:
    """Return the pools of the list; none is an empty list."""
    pools = []
    for line in text.splitlines():
        fields = line.split("\t")
        if len(fields) != 8:
            raise ValueError(f"{line[:40]!r} has {len(fields)} fields instead of 8")
        name, *figures, state = fields
        size, used, free, fragmentation, capacity, deduplication = map(_figure, figures)
        pools.append(
            Figures(
                label(name), size, used, free, _share(fragmentation), _share(capacity), deduplication, state.lower()
            )
        )
    return pools[:POOLS_MAX]


@parser("usr/sbin/zpool status")
def parse_status(text: str) -> list[Status]:
    """Return the status of every pool; none is an empty list."""
    found: list[dict[str, list[str]]] = []
    key = ""
    for line in text.splitlines():
        named = _KEY.fullmatch(line)
        if named:
            key = named[1]
            if key == "pool":
                found.append({})
            if found:
                found[-1][key] = [named[2]]
        elif found and key and line.strip():
            found[-1].setdefault(key, []).append(line)
    if not found and "no pools available" not in text:
        raise ValueError("it names no pool")
    return [_status(one) for one in found[:POOLS_MAX]]


def _status(lines: dict[str, list[str]]) -> Status:
    def words(key: str) -> str:
        return " ".join(line.strip() for line in lines.get(key, []))

    kind, state, progress, errors, ended = _scan(words("scan"))
    return Status(
        label(words("pool")),
        words("state").lower(),
        label(words("status")),
        kind,
        state,
        progress,
        errors,
        ended,
        _data_errors(words("errors")),
        _vdevs(lines.get("config", [])),
    )


def _scan(words: str) -> tuple[str, str, float | None, float | None, float | None]:
    """Return kind, state, share done, errors and end (seconds since the epoch) of the last scrub or resilver."""
    kind = "resilver" if words.startswith("resilver") else "scrub" if words.startswith("scrub") else ""
    done = _DONE.search(words)
    progress = round(number(done[1]) / 100, 4) if done else None
    for word, state in (("in progress", "running"), ("paused", "paused"), ("canceled", "canceled")):
        if kind and word in words:
            return kind, state, progress, None, None
    errors = re.search(r"with (\d+) errors", words)
    if not kind or errors is None:
        return kind, "none", None, None, None
    return kind, "done", None, float(errors[1]), _when(words)


def _when(words: str) -> float | None:
    """Return the time that is told in the machine's own time zone, in seconds since the epoch."""
    when = _WHEN.search(words)
    if when is None or when[1] not in _MONTHS:
        return None
    day, hour, minute, second, year = map(int, when.groups()[1:])
    return time.mktime((year, _MONTHS.index(when[1]) + 1, day, hour, minute, second, 0, 0, -1))


def _data_errors(words: str) -> float | None:
    if words.startswith("No known data errors"):
        return 0.0
    counted = re.match(r"(\d+) data errors", words)
    return float(counted[1]) if counted else None


def _vdevs(lines: list[str]) -> tuple[Vdev, ...]:
    found: dict[str, Vdev] = {}
    for line in lines:
        row = _VDEV.fullmatch(line.rstrip())
        if row is None or row[2] == "NAME":
            continue
        errors = (_count(row[4]), _count(row[5]), _count(row[6])) if row[4] else None
        name = label(row[2])
        if name in found and errors is None:  # a hot spare in use is listed once more among the spares
            continue
        if name in found:  # the second `replacing-0`: each of two vdevs has a name of its own
            others = (f"{name} #{count}" for count in range(2, VDEVS_MAX))
            name = next((other for other in others if other not in found), name)
        found[name] = Vdev(name, len(row[1]) // 2, row[3].lower(), errors, label(row[7] or ""))
    return tuple(found.values())[:VDEVS_MAX]


def _figure(text: str) -> float | None:
    return None if text in {"-", ""} else number(text[:-1] if len(text) > 1 and text[-1] in "%x" else text)


def _share(percent: float | None) -> float | None:
    return None if percent is None else percent / 100


def _count(text: str) -> float:
    """Return the number of errors; those above a thousand are rounded in old versions: `1.23K`."""
    scale = float(_SUFFIXES.get(text[-1], 1))
    return number(text[:-1] if scale > 1 else text) * scale
