"""Processes by status, the busiest and the largest by name, and the list of them."""

from __future__ import annotations

from wakeful_agent.host.errors import HostError
from wakeful_agent.host.processes import TICKS_A_SECOND, Process, command_words, walk
from wakeful_agent.host.text import decode, label
from wakeful_agent.host.users import user_names
from wakeful_agent.meter import Columns, Meter, NoData, Option, Reading
from wakeful_wire.schema import Series, series

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Mapping

    from wakeful_agent.host.files import Host

STATES = {"R": "running", "S": "sleeping", "D": "blocked", "T": "stopped", "t": "stopped", "Z": "zombie", "I": "idle"}
COLUMNS = ("pid", "ppid", "name", "user", "cpu", "memory", "threads", "state", "start")
_STATUSES = ("running", "sleeping", "blocked", "stopped", "zombie", "idle")
_TOTALS = ("system.processes.threads", "system.processes.created")
_STICKY = 3
_USERS_MS = 600_000
_NAME_CHARACTERS_MAX = 64
_COMMAND_CHARACTERS_MAX = 512
_BUSY_LEAST = 0.005


def cores_used(before: dict[tuple[int, int], int], one: Process, seconds: float) -> float | None:
    """Return how many cores a process used since the walk `before` (ticks by pid and start); None when not known.

    A process that was not there before has used all its time since it began, which was within the span.
    """
    if seconds <= 0:
        return None
    ticks = max(0, one.ticks - before.get((one.pid, one.start_ticks), 0))
    return round(ticks / TICKS_A_SECOND / seconds, 4)


def leaders(known: list[str], amounts: Mapping[str, float], most: int) -> list[str]:
    """Return the names to show: those with the largest amounts, and those shown before while there is room.

    Names stay for a while, so that the list of series does not change at every turn; at most three times `most`.
    """
    first = sorted(amounts, key=lambda name: (-amounts[name], name))[:most]
    kept = [name for name in known if name in amounts or name in first]
    new = [name for name in first if name not in kept]
    room = _STICKY * most - len(new)
    if len(kept) > room:
        keep = set(sorted(kept, key=lambda name: -amounts[name])[:room])
        kept = [name for name in kept if name in keep]
    return kept + new


def _make(key: tuple[str, str]) -> list[Series]:
    what, content = key
    if what == "status":
        return [series("system.processes.count", status=content)]
    return [series(name) for name in _TOTALS] if what == "totals" else [series(what, name=content)]


class ProcessesMeter(Meter):
    """One walk over /proc, once a minute, because it is the dearest of all meters.

    The inventory `processes` holds `columns`, `rows` (without kernel threads), `total` and `at` (ms since the epoch);
    cpu is in cores, memory in bytes, start in seconds since the epoch. Command lines only if the machine's own file
    says so, because people put secrets there.
    """

    name = "processes"
    source = "proc/"
    interval_seconds = 60.0
    budget_seconds = 10.0
    options = (
        Option("top", 10, "How many names are measured by processor time, and by memory", least=0, most=50),
        Option("list", True, "Send the list of processes"),
        Option(
            "list_most", 1000, "At most so many processes are in the list, the busiest and largest", least=0, most=5000
        ),
        Option("command_lines", False, "Send command lines too, without what looks like a secret", local=True),
    )

    def __init__(self) -> None:
        super().__init__()
        self._columns = Columns(_make)
        self._before: dict[tuple[int, int], int] = {}
        self._walked_seconds: float | None = None
        self._busy: list[str] = []
        self._large: list[str] = []
        self._users: dict[int, str] = {}
        self._owners: dict[tuple[int, int], int] = {}
        self._asked_ms = 0

    def read(self, host: Host, now_ms: int) -> Reading:
        """Return the counts, the leaders and the list."""
        awake = host.awake_seconds()
        if not 0 <= now_ms - self._asked_ms < _USERS_MS:  # a process may have changed its user since
            self._asked_ms = now_ms
            self._owners, self._users = {}, {}
        found = list(walk(host, self._owners))
        if not found:
            raise NoData("no process is visible here")
        seconds = 0.0 if self._walked_seconds is None else awake - self._walked_seconds
        used = [cores_used(self._before, one, seconds) for one in found]
        self._before = {(one.pid, one.start_ticks): one.ticks for one in found}
        self._owners = {key: user for key, user in self._owners.items() if key in self._before}
        self._walked_seconds = awake
        keys, values = self._counts(host, found)
        for name, content, value in self._leaders(found, used):
            keys.append((name, content))
            values.append(value)
        inventories = {"processes": self._document(host, found, used, now_ms, awake)} if self.chosen["list"] else {}
        return Reading(self._columns.of(keys), values, inventories)

    def _counts(self, host: Host, found: list[Process]) -> tuple[list[tuple[str, str]], list[float | None]]:
        counts = dict.fromkeys(_STATUSES, 0)
        for one in found:
            counts[STATES.get(one.state, "sleeping")] += 1
        keys = [("status", status) for status in _STATUSES] + [("totals", "")]
        threads = sum(one.threads for one in found)
        return keys, [*counts.values(), threads, _created(host)]

    def _leaders(self, found: list[Process], used: list[float | None]) -> list[tuple[str, str, float | None]]:
        cores: dict[bytes, float] = {}
        memory: dict[bytes, int] = {}
        for one, cpu in zip(found, used):
            if not one.kernel:
                cores[one.name] = cores.get(one.name, 0.0) + (cpu or 0.0)
                memory[one.name] = memory.get(one.name, 0) + one.resident_bytes
        busy = {_name(name): amount for name, amount in cores.items()}
        large: dict[str, float] = {_name(name): amount for name, amount in memory.items()}
        most = self.chosen["top"]
        known = set(self._busy)
        walked_before = used[0] is not None
        if walked_before:
            worth = {name: amount for name, amount in busy.items() if amount >= _BUSY_LEAST or name in known}
            self._busy = leaders(self._busy, worth, most)
        self._large = leaders(self._large, large, most)
        shown: list[tuple[str, str, float | None]] = [
            ("process.cpu.utilization", name, busy.get(name) if walked_before else None) for name in self._busy
        ]
        return shown + [("process.memory.usage", name, large[name]) for name in self._large]

    def _document(
        self, host: Host, found: list[Process], used: list[float | None], now_ms: int, awake: float
    ) -> dict[str, Any]:
        listed = [(one, cpu) for one, cpu in zip(found, used) if not one.kernel]
        most = self.chosen["list_most"]
        if len(listed) > most:
            listed.sort(key=lambda pair: (-(pair[1] or 0.0), -pair[0].resident_bytes))
            listed = sorted(listed[:most], key=lambda pair: pair[0].pid)
        unknown = set(self._owners.values()) - set(self._users)
        if unknown:
            self._users = {**{user: str(user) for user in self._owners.values()}, **user_names(host)}
        booted = now_ms / 1000 - awake
        rows = [
            [
                one.pid,
                one.ppid,
                _name(one.name),
                self._users[self._owners[one.pid, one.start_ticks]],
                None if cpu is None else round(cpu, 3),
                one.resident_bytes,
                one.threads,
                STATES.get(one.state, "sleeping"),
                round(booted + one.start_ticks / TICKS_A_SECOND),
            ]
            for one, cpu in listed
        ]
        columns = list(COLUMNS)
        if self.chosen["command_lines"]:
            from wakeful_agent.redaction import redact_command

            columns.append("command")
            for row in rows:
                row.append(label(redact_command(command_words(host, int(row[0] or 0))), _COMMAND_CHARACTERS_MAX))
        return {"columns": columns, "rows": rows, "total": len(found), "at": now_ms}


def _name(name: bytes) -> str:
    return label(decode(name), _NAME_CHARACTERS_MAX)


def _created(host: Host) -> float | None:
    try:
        text = host.kept("proc/stat").partition("\nprocesses ")[2].partition("\n")[0]
        return int(text)
    except (HostError, ValueError):
        return None
