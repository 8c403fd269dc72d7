"""What is wrong with a cluster, worst first, each in a line that leads to where it can be seen. Pure."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from wakeful_collector.integrations.proxmox.pages import words
from wakeful_collector.model import estate as shapes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from wakeful_collector.model.estate import Estate, Task
    from wakeful_collector.read.proxmox_backups import Backups

FULL_WARN, FULL_BAD = 0.90, 0.96
MEMORY_WARN = 0.95
DAY_MS = 86_400_000
OLD_BACKUP_DAYS = 7
NAMED_MAX = 4
"""So many names stand in a line; the rest is counted."""

ORDER = {"bad": 0, "warn": 1}


class Wrong(NamedTuple):
    """Something wrong: how bad (bad, warn), what, and where below the cluster's address it is seen."""

    mood: str
    text: str
    where: str


def wrongs(found: Estate, backups: Sequence[Backups], tasks: Iterable[Task], now_ms: int) -> list[Wrong]:
    """Return what is wrong with a cluster as it was seen last, worst first; `tasks` are its newest ones."""
    parts = (
        _cluster(found),
        _nodes(found),
        _storages(found),
        _guests(found),
        _replication(found),
        _backups(backups, now_ms),
        _tasks(tasks, now_ms),
        _areas(found.areas),
    )
    return sorted((one for part in parts for one in part), key=lambda one: ORDER[one.mood])


def _cluster(found: Estate) -> Iterator[Wrong]:
    if found.quorate is False:
        yield Wrong("bad", "The cluster has no quorum: guests that run go on, nothing can be changed", "")


def _nodes(found: Estate) -> Iterator[Wrong]:
    held = Counter(guest.node for guest in found.guests if guest.known_status == "running")
    for node in found.nodes:
        where = f"/nodes/{quote(node.name, safe='')}"
        if node.status == "offline":
            count = held[node.name]
            ran = f", with {words.counted(count, 'guest')} that ran there" if count else ""
            yield Wrong("bad", f"{node.name} is offline{ran}", where)
            continue
        usage = found.usage.get(node.id)
        if usage is None:
            continue
        root, memory = share(usage.disk_bytes, usage.disk_max_bytes), share(usage.memory_bytes, usage.memory_max_bytes)
        if root is not None and root >= FULL_WARN:
            yield Wrong(_full(root), f"The root filesystem of {node.name} is {root:.0%} full", where)
        if memory is not None and memory >= MEMORY_WARN:
            yield Wrong("warn", f"The memory of {node.name} is {memory:.0%} used", where)


def _storages(found: Estate) -> Iterator[Wrong]:
    seen: set[str] = set()
    for storage in found.storages:
        what = storage.name if storage.shared else f"{storage.name} on {storage.node}"
        if what in seen:
            continue
        seen.add(what)
        where = f"/storage/{quote(storage.node, safe='')}/{quote(storage.name, safe='')}"
        usage = found.usage.get(storage.id)
        used = None if usage is None else share(usage.disk_bytes, usage.disk_max_bytes)
        if storage.status == "unavailable":
            yield Wrong("bad", f"Storage {what} is not available", where)
        elif used is not None and used >= FULL_WARN:
            yield Wrong(_full(used), f"Storage {what} is {used:.0%} full", where)


def _guests(found: Estate) -> Iterator[Wrong]:
    for guest in found.guests:
        where = f"/guests/{guest.vmid}"
        if guest.ha_state in {"error", "fence"}:
            yield Wrong(
                "bad", f"High availability of {guest.name or guest.vmid} is in the state {guest.ha_state}", where
            )
        if guest.status == "io-error":
            yield Wrong("bad", f"{guest.name or guest.vmid} stands still: its disk cannot be read or written", where)
        if guest.lock and guest.lock not in {"suspended"}:
            yield Wrong("warn", f"{guest.name or guest.vmid} is locked ({guest.lock})", where)


def _replication(found: Estate) -> Iterator[Wrong]:
    for job in found.replication:
        failed = job.config.get("fail_count", "0")
        if failed not in {"", "0"}:
            often = f" {words.counted(int(failed), 'time')}" if failed.isdecimal() else ""
            yield Wrong("bad", f"Replication {job.id} failed{often}", "")


def _backups(backups: Sequence[Backups], now_ms: int) -> Iterator[Wrong]:
    kept = [one for one in backups if not one.is_gone]
    never = [one.name or str(one.vmid) for one in kept if one.is_never]
    if never:
        yield Wrong("warn", f"{words.counted(len(never), 'guest')} never backed up: {named(never)}", "/backups")
    edge_ms = now_ms - OLD_BACKUP_DAYS * DAY_MS
    old = [one.name or str(one.vmid) for one in kept if one.newest_ms and one.newest_ms < edge_ms]
    if old:
        yield Wrong("warn", f"{words.counted(len(old), 'guest')} not backed up for a week: {named(old)}", "/backups")


def _tasks(tasks: Iterable[Task], now_ms: int) -> Iterator[Wrong]:
    failed = [task for task in tasks if task.is_failed and task.ended_ms >= now_ms - DAY_MS]
    if failed:
        kinds = Counter(words.task(task.kind) for task in failed)
        said = ", ".join(f"{kind} ({count})" if count > 1 else kind for kind, count in kinds.most_common(NAMED_MAX))
        yield Wrong("warn", f"{words.counted(len(failed), 'task')} failed within a day: {said}", "/tasks?state=failed")


def _areas(areas: Iterable[shapes.Area]) -> Iterator[Wrong]:
    for area in areas:
        if area.state == shapes.FAILED:
            yield Wrong("warn", f"The {words.area(area.name)} could not be read: {area.reason}", "")


def named(names: Sequence[str]) -> str:
    """Return some names in a line: `web, db, mail, dns and 3 more`."""
    more = len(names) - NAMED_MAX
    return ", ".join(names[:NAMED_MAX]) + (f" and {more} more" if more > 0 else "")


def share(part: float | None, whole: float | None) -> float | None:
    """Return a part as a share of the whole; None where either is not known."""
    return part / whole if part is not None and whole else None


def _full(used: float) -> str:
    return "bad" if used >= FULL_BAD else "warn"
