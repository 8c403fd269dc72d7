"""Asking a container engine (docker, podman) over its unix socket, and reading its answers.

The HTTP API of docker, which podman speaks too. Meters ask only what reads: `version`, the list, one container's
details, one container's statistics; `restart` is for what agent.toml names. What comes back is a stranger's: ids and
names go into paths, so only what looks like one is taken.
"""

from __future__ import annotations

import json
import re

from wakeful_agent.host.cgroups import Usage
from wakeful_agent.host.errors import HostError, Malformed
from wakeful_agent.host.text import decode, label
from wakeful_agent.network.fetch import fetch
from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

STATES = ("created", "running", "paused", "restarting", "removing", "exited", "dead", "unknown")
_STATES_OF_PODMAN = {
    "configured": "created",
    "initialized": "created",
    "stopped": "exited",
    "stopping": "running",
    "up": "running",
}
_HEALTHS = {"healthy": "healthy", "unhealthy": "unhealthy", "starting": "starting", "health: starting": "starting"}
_ID = re.compile(r"[0-9a-f]{12,64}\Z")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}\Z")
_EXITED = re.compile(r"exited \((-?\d{1,10})\)", re.IGNORECASE)
_BRACKETS = re.compile(r"\(([a-z: ]{1,20})\)\s*\Z")
_TIME = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d+)?(Z|[+-]\d\d:\d\d)\Z")
_LIST_BYTES_MAX = 16 * 1024 * 1024
_ANSWER_BYTES_MAX = 1024 * 1024
_NAME_CHARACTERS_MAX = 128


class Container(NamedTuple):
    """One container of the list; `health` is empty where nothing checks it, `exit_code` None while it has none."""

    id: str
    name: str
    image: str
    state: str
    health: str
    exit_code: int | None
    created_ms: int | None


class Details(NamedTuple):
    """What only the container's own page says; `pid` is 0 while it does not run."""

    pid: int
    started_ms: int | None
    restarts: int | None
    oom_killed: bool
    exit_code: int | None
    health: str
    network: str


class Engine(NamedTuple):
    """An engine by the name it has in labels, and its socket."""

    name: str
    socket_path: str

    def version(self, timeout_seconds: float) -> str:
        """Return the engine's kind and version, like `Podman Engine 4.3.1`."""
        return parse_version(self._ask("version", timeout_seconds))

    def containers(self, timeout_seconds: float) -> list[Container]:
        """Return all containers, those that do not run too."""
        return parse_containers(self._ask("containers/json?all=true", timeout_seconds, _LIST_BYTES_MAX))

    def details(self, container_id: str, timeout_seconds: float) -> Details:
        """Return what the engine knows of one container; raise HostError when it went away."""
        return parse_details(self._ask(f"containers/{container_id}/json", timeout_seconds))

    def usage(self, container_id: str, timeout_seconds: float) -> Usage:
        """Return what a running container uses, as the engine counts it; raise HostError when it went away."""
        path = f"containers/{container_id}/stats?stream=false&one-shot=true"
        return parse_stats(self._ask(path, timeout_seconds))

    def restart(self, container: str, timeout_seconds: float) -> None:
        """Restart the container of this name or id, and start it where it does not run; raise HostError."""
        if not _NAME.match(container):
            raise HostError(f"{label(container, 60)!r} is no name of a container")
        grace_seconds = max(1, min(10, int(timeout_seconds / 3)))
        self._ask(f"containers/{container}/restart?t={grace_seconds}", timeout_seconds, method="POST")

    def _ask(self, path: str, timeout_seconds: float, most: int = _ANSWER_BYTES_MAX, method: str = "GET") -> str:
        if not self.socket_path:
            raise HostError(f"{self.name} is no engine's address: it must be unix:/path/of/socket")
        url = f"http://localhost/{path}"
        found = fetch(url, socket_path=self.socket_path, method=method, timeout_seconds=timeout_seconds, most=most)
        if found.status not in {200, 204}:
            said = label(_message(decode(found.body[:4096])), 200)
            raise HostError(f"{self.name} answers {found.status} to /{path.partition('?')[0]}: {said}")
        return decode(found.body)


def parse_version(text: str) -> str:
    """Return the kind of engine and its version; raise Malformed."""
    document = _object(_json(text))
    parts = document.get("Components")
    first = parts[0] if isinstance(parts, list) and parts and isinstance(parts[0], dict) else {}
    return label(f"{_text(first.get('Name')) or 'Engine'} {_text(document.get('Version'))}".strip(), 64)


def parse_containers(text: str) -> list[Container]:
    """Return the containers of the engine's list; an entry without a usable id is left out. Raises Malformed."""
    document = _json(text)
    if not isinstance(document, list):
        raise Malformed("the engine's list of containers is not a list")
    return [one for one in map(_container, document) if one is not None]


def parse_details(text: str) -> Details:
    """Return what a container's page says; raise Malformed."""
    document = _object(_json(text))
    state = _object(document.get("State"))
    health = _object(state.get("Health"), {}).get("Status")
    running = state.get("Running") is True
    return Details(
        pid=_whole(state.get("Pid")) or 0 if running else 0,
        started_ms=time_ms(_text(state.get("StartedAt"))),
        restarts=_whole(document.get("RestartCount")),
        oom_killed=state.get("OOMKilled") is True,
        exit_code=None if running else _whole(state.get("ExitCode"), least=-(1 << 31)),
        health=_HEALTHS.get(_text(health), ""),
        network=label(_text(_object(document.get("HostConfig"), {}).get("NetworkMode")), 64),
    )


def parse_stats(text: str) -> Usage:
    """Return what a container uses; raise Malformed.

    Memory is without the file cache that the kernel would give back, as `docker stats` shows it. Without a limit the
    engine says how much memory the machine has. Of several networks and devices it is the sum.
    """
    document = _object(_json(text))
    cpu = _object(document.get("cpu_stats"), {})
    memory = _object(document.get("memory_stats"), {})
    pids = _object(document.get("pids_stats"), {})
    nanoseconds = _whole(_object(cpu.get("cpu_usage"), {}).get("total_usage"))
    read, written = _disk(_object(document.get("blkio_stats"), {}).get("io_service_bytes_recursive"))
    received, sent = _network(document.get("networks"))
    return Usage(
        cpu_seconds=None if nanoseconds is None else nanoseconds / 1e9,
        memory_bytes=_memory(memory),
        memory_limit_bytes=_whole(memory.get("limit")) or None,
        pids=_whole(pids.get("current")),
        pids_limit=_limit(pids.get("limit")),
        read_bytes=read,
        written_bytes=written,
        received_bytes=received,
        sent_bytes=sent,
    )


def time_ms(text: str) -> int | None:
    """Return the engine's time (RFC 3339) in ms since the epoch; None for its "never" (the year 1) and for no time."""
    found = _TIME.match(text)
    if found is None:
        return None
    year, month, day, hour, minute, second = (int(part) for part in found.groups()[:6])
    if year < 1970 or not 1 <= month <= 12 or not 1 <= day <= 31:
        return None
    zone = found.group(7)
    offset = 0 if zone == "Z" else (1 if zone[0] == "+" else -1) * (int(zone[1:3]) * 60 + int(zone[4:6]))
    years = year - (month <= 2)  # the civil calendar from March on, so that the leap day is the year's last
    days = 365 * years + years // 4 - years // 100 + years // 400
    days += (153 * ((month + 9) % 12) + 2) // 5 + day - 1 - 719_468
    return (((days * 24 + hour) * 60 + minute - offset) * 60 + second) * 1000


def _container(item: Any) -> Container | None:
    if not isinstance(item, dict):
        return None
    container_id = _text(item.get("Id"))
    if not _ID.match(container_id):
        return None
    names = item.get("Names")
    name = _text(names[0]) if isinstance(names, list) and names else ""
    status = _text(item.get("Status"))
    brackets = _BRACKETS.search(status)
    exited = _EXITED.match(status)
    created = _whole(item.get("Created"))
    return Container(
        id=container_id,
        name=label(name.lstrip("/") or container_id[:12], _NAME_CHARACTERS_MAX),
        image=label(_text(item.get("Image")), 256),
        state=_state(_text(item.get("State")) or status.partition(" ")[0]),
        health=_HEALTHS.get(brackets.group(1), "") if brackets else "",
        exit_code=int(exited.group(1)) if exited else None,
        created_ms=None if created is None else created * 1000,
    )


def _state(said: str) -> str:
    state = said.lower()
    state = _STATES_OF_PODMAN.get(state, state)
    return state if state in STATES else "unknown"


def _memory(memory: dict[str, Any]) -> int | None:
    used = _whole(memory.get("usage"))
    details = _object(memory.get("stats"), {})
    inactive = _whole(details.get("total_inactive_file"))
    if inactive is None:
        inactive = _whole(details.get("inactive_file")) or 0
    return used - inactive if used is not None and inactive < used else used


def _disk(rows: Any) -> tuple[int | None, int | None]:
    if not isinstance(rows, list):
        return None, None
    sums = {"read": 0, "write": 0}
    for row in rows:
        if isinstance(row, dict):
            operation = _text(row.get("op")).lower()
            if operation in sums:
                sums[operation] += _whole(row.get("value")) or 0
    return sums["read"], sums["write"]


def _network(networks: Any) -> tuple[int | None, int | None]:
    if not isinstance(networks, dict):
        return None, None
    ends = [end for end in networks.values() if isinstance(end, dict)]
    return sum(_whole(end.get("rx_bytes")) or 0 for end in ends), sum(_whole(end.get("tx_bytes")) or 0 for end in ends)


def _limit(value: Any) -> int | None:
    limit = _whole(value)
    return limit if limit and limit < 1 << 60 else None


def _message(text: str) -> str:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return _text(document.get("message")) if isinstance(document, dict) else text


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise Malformed(f"the engine's answer is not JSON: {label(text, 60)!r}") from None


def _object(value: Any, default: dict[str, Any] | None = None) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    if default is None:
        raise Malformed(f"the engine's answer has {type(value).__name__} where an object belongs")
    return default


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _whole(value: Any, least: int = 0) -> int | None:
    fits = isinstance(value, int) and not isinstance(value, bool) and least <= value < 1 << 64
    return value if fits else None
