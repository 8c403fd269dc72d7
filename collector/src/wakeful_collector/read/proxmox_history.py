"""Questions about the history of Proxmox clusters: what changed, the difference between two moments, tasks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from wakeful_collector.model.estate import Task
from wakeful_collector.store import database, proxmox_estate
from wakeful_collector.store import proxmox_changes as table

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

LIMIT_MAX = 500
DIFFERENCE_CHANGES_MAX = 100_000
_ALL_TIME = (-1, 1 << 62)


@dataclass(frozen=True, slots=True)
class Change:
    """One value that became another. `field` is empty where the thing itself came (old None) or went (new None).

    `at_ms` is when the task ended that did it, else when it was seen; `who` and `upid` are empty where no task tells.
    """

    seq: int
    cluster: str
    at_ms: int
    seen_ms: int
    kind: str
    id: str
    name: str
    node: str
    mark: str
    field: str
    old: str | None
    new: str | None
    who: str
    upid: str


@dataclass(frozen=True, slots=True)
class ChangePage:
    """Some changes, newest first, and the number below which the next page begins."""

    changes: list[Change]
    next: int | None


@dataclass(frozen=True, slots=True)
class Difference:
    """What one field of one thing was at one moment and is at another, how often it changed between, who did last."""

    kind: str
    id: str
    name: str
    field: str
    old: str | None
    new: str | None
    changes: int
    last_ms: int
    who: str


@dataclass(frozen=True, slots=True)
class Diff:
    """The differences between two moments; not `is_complete` when the history does not reach as far back or is long."""

    differences: list[Difference]
    is_complete: bool


def changes(
    data: Path,
    cluster: str | None = None,
    kind: str | None = None,
    subject: str | None = None,
    before: int | None = None,
    limit: int = 100,
    span_ms: tuple[int, int] = _ALL_TIME,
) -> ChangePage:
    """Return the newest changes: of one cluster, kind (`guest`, `node`, ...) or thing (`subject` as `qemu/100`)."""
    limit = max(1, min(limit, LIMIT_MAX))
    with database.translated():
        rows = table.page(database.reader(data, "state"), cluster, kind, subject, before, span_ms, limit + 1)
    found = [Change(seq=seq, cluster=name, **one._asdict()) for seq, name, one in rows]
    return ChangePage(found[:limit], found[limit - 1].seq if len(found) > limit else None)


def diff(data: Path, cluster: str, from_ms: int, to_ms: int, subject: str | None = None) -> Diff:
    """Return what is other at `to_ms` than it was at `from_ms`; what changed there and back is not in it."""
    with database.translated():
        connection = database.reader(data, "state")
        rows = table.between(connection, cluster, from_ms, to_ms, DIFFERENCE_CHANGES_MAX)
        known = proxmox_estate.standing(connection, cluster)
        reaches_ms = table.reaches_ms(connection, cluster)
    begins_ms = max(known.since_ms, reaches_ms, known.polled_ms - table.CHANGES_DAYS * 86_400_000)
    is_complete = len(rows) < DIFFERENCE_CHANGES_MAX and begins_ms <= from_ms
    return Diff(differences(one for one in rows if subject in {None, one.id}), is_complete)


def differences(rows: Iterable[table.Change]) -> list[Difference]:
    """Return what a run of changes, oldest first, comes to: by thing and field the first old and the last new value.

    Of a thing that came or went only that is told, unless it was there before and is there after.
    """
    found: dict[tuple[str, str, str], Difference] = {}
    for one in rows:
        key = (one.kind, one.id, one.field)
        known = found.get(key)
        if known is None:
            found[key] = Difference(*key[:2], one.name, one.field, one.old, one.new, 1, one.at_ms, one.who)
        else:
            found[key] = replace(
                known, name=one.name, new=one.new, changes=known.changes + 1, last_ms=one.at_ms, who=one.who
            )
    existence = {key[:2] for key, one in found.items() if not one.field and one.old != one.new}
    return [
        one for key, one in sorted(found.items()) if one.old != one.new and (not one.field or key[:2] not in existence)
    ]


def tasks(
    data: Path,
    cluster: str | None = None,
    node: str | None = None,
    vmid: int | None = None,
    before_ms: int | None = None,
    limit: int = 100,
) -> list[tuple[str, Task]]:
    """Return tasks with their clusters, those that run first, then the newest that began before `before_ms`."""
    subject = None if vmid is None else str(vmid)
    limit = max(1, min(limit, LIMIT_MAX))
    with database.translated():
        found = table.tasks(database.reader(data, "state"), cluster, node, subject, before_ms, limit)
    return [(name, Task(*one)) for name, one in found]


def task(data: Path, cluster: str, upid: str) -> Task | None:
    """Return one task that was seen."""
    with database.translated():
        found = table.task(database.reader(data, "state"), cluster, upid)
    return None if found is None else Task(*found)
