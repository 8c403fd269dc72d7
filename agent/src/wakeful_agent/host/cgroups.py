"""What a container uses, as the kernel's control groups count it: cheaper than asking the engine, and nothing waits.

Both hierarchies are read: the unified one (v2), and one folder a controller (v1), as they stand under /sys/fs/cgroup.
"""

from __future__ import annotations

from wakeful_agent.host.errors import HostError
from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Iterable

    from wakeful_agent.host.files import Host

ROOT = "sys/fs/cgroup"
_NO_LIMIT = 1 << 60  # v1 says "no limit" with the largest number of whole pages
_FILE_BYTES_MAX = 65_536


class Usage(NamedTuple):
    """What is used and allowed; None where it is not known, or where there is no limit. Counters are raw."""

    cpu_seconds: float | None = None
    cpu_limit: float | None = None
    memory_bytes: float | None = None
    memory_limit_bytes: float | None = None
    pids: float | None = None
    pids_limit: float | None = None
    read_bytes: float | None = None
    written_bytes: float | None = None
    received_bytes: float | None = None
    sent_bytes: float | None = None


class Group(NamedTuple):
    """A control group: its folder a controller under the root (v1), or one under the name "" (v2)."""

    folders: tuple[tuple[str, str], ...]

    def folder(self, controller: str) -> str:
        """Return the folder where the controller's files are."""
        places = dict(self.folders)
        return places.get(controller, places.get("", ""))


def parse_membership(text: str, mark: str) -> dict[str, str]:
    """Return the path by controller ("" in the unified hierarchy) of a process, from its /proc/PID/cgroup.

    Each path ends at the folder that has `mark` (the container's id) in its name: what is below is made by the
    container itself. Hierarchies without such a folder are left out, and paths outside the agent's own view.
    """
    found = {}
    for line in text.splitlines():
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        parts = path.split("/")
        marked = [index for index, part in enumerate(parts) if mark in part]
        if not marked or ".." in parts or controllers.startswith("name="):
            continue
        for controller in controllers.split(","):
            found[controller] = "/".join(parts[: marked[0] + 1])
    return found


def find_group(host: Host, pid: int, mark: str) -> Group | None:
    """Return the group of the container `mark` that the process is in; None where it cannot be seen from here."""
    try:
        paths = parse_membership(host.read(f"proc/{pid}/cgroup", _FILE_BYTES_MAX), mark)
    except HostError:
        return None
    folders = []
    for controller, path in paths.items():
        places = (f"{ROOT}/{controller}{path}",) if controller else (f"{ROOT}{path}", f"{ROOT}/unified{path}")
        folders += [(controller, place) for place in places if host.exists(place)][:1]
    group = Group(tuple(folders))
    return group if _cpu_seconds(host, group) is not None else None


def read_usage(host: Host, group: Group) -> Usage:
    """Return what the group uses; raise HostError when it is gone."""
    seconds = _cpu_seconds(host, group)
    if seconds is None:
        raise HostError("the control group is gone")
    memory = group.folder("memory")
    pids = group.folder("pids")
    read, written = _disk(host, group.folder("blkio"))
    return Usage(
        cpu_seconds=seconds,
        cpu_limit=_cpu_limit(host, group.folder("cpu")),
        memory_bytes=_memory(host, memory),
        memory_limit_bytes=_limit(host, memory, ("memory.max", "memory.limit_in_bytes")),
        pids=_number(host, pids, ("pids.current",)),
        pids_limit=_limit(host, pids, ("pids.max",)),
        read_bytes=read,
        written_bytes=written,
    )


def parse_io(lines: Iterable[str]) -> tuple[float, float]:
    """Return the bytes read and written on all devices: `8:0 rbytes=1 wbytes=2 ...` (v2), `8:0 Read 1` (v1)."""
    read = written = 0.0
    for line in lines:
        words = line.replace("=", " ").split()
        for name, value in zip(words, words[1:]):
            if value.isascii() and value.isdigit():
                read += int(value[:20]) if name in {"rbytes", "Read"} else 0
                written += int(value[:20]) if name in {"wbytes", "Write"} else 0
    return read, written


def parse_interfaces(text: str) -> tuple[float, float]:
    """Return the bytes received and sent on all interfaces but the loopback, from a /proc/PID/net/dev."""
    received = sent = 0.0
    for line in text.splitlines()[2:]:
        name, _, rest = line.rpartition(":")
        words = rest.split()
        if name.strip() != "lo" and len(words) >= 9 and words[0].isdigit() and words[8].isdigit():
            received += int(words[0][:20])
            sent += int(words[8][:20])
    return received, sent


def read_interfaces(host: Host, pid: int) -> tuple[float | None, float | None]:
    """Return the bytes received and sent in the network namespace of a process; None where it cannot be seen."""
    text = _text(host, f"proc/{pid}", "net/dev")
    return (None, None) if text is None else parse_interfaces(text)


def _cpu_seconds(host: Host, group: Group) -> float | None:
    nanoseconds = _number(host, group.folder("cpuacct"), ("cpuacct.usage",))
    if nanoseconds is not None:
        return nanoseconds / 1e9
    microseconds = _field(_text(host, group.folder(""), "cpu.stat"), "usage_usec")
    return None if microseconds is None else microseconds / 1e6


def _cpu_limit(host: Host, folder: str) -> float | None:
    words = (_text(host, folder, "cpu.max") or "").split()
    if not words:
        words = [str(_number(host, folder, (name,)) or "") for name in ("cpu.cfs_quota_us", "cpu.cfs_period_us")]
    try:
        quota, period = float(words[0]), float(words[1])
    except (ValueError, IndexError):  # "max", or no such controller
        return None
    return quota / period if quota > 0 and period > 0 else None


def _memory(host: Host, folder: str) -> float | None:
    used = _number(host, folder, ("memory.current", "memory.usage_in_bytes"))
    if used is None:
        return None
    text = _text(host, folder, "memory.stat")
    inactive = _field(text, "total_inactive_file")
    if inactive is None:
        inactive = _field(text, "inactive_file") or 0.0
    return used - inactive if inactive < used else used


def _disk(host: Host, folder: str) -> tuple[float | None, float | None]:
    for name in ("io.stat", "blkio.throttle.io_service_bytes_recursive", "blkio.throttle.io_service_bytes"):
        text = _text(host, folder, name)
        if text is not None:
            return parse_io(text.splitlines())
    return None, None


def _limit(host: Host, folder: str, names: tuple[str, ...]) -> float | None:
    limit = _number(host, folder, names)
    return limit if limit is not None and 0 < limit < _NO_LIMIT else None


def _number(host: Host, folder: str, names: tuple[str, ...]) -> float | None:
    for name in names:
        text = (_text(host, folder, name) or "").strip()
        if text.isascii() and text.isdigit():
            return float(text[:20])
    return None


def _field(text: str | None, name: str) -> float | None:
    for line in (text or "").splitlines():
        key, _, value = line.partition(" ")
        if key == name and value.isascii() and value.isdigit():
            return float(value[:20])
    return None


def _text(host: Host, folder: str, name: str) -> str | None:
    if not folder:
        return None
    try:
        return host.read(f"{folder}/{name}", _FILE_BYTES_MAX)
    except HostError:
        return None
