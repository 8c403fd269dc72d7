"""Who changed what, and when: the task that tells of a change, where one does. Pure.

A change of a setting that PVE makes at once (most options of the web interface) has no task: then nobody is named.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wakeful_collector.model.estate import Task

BEFORE_MS = 120_000
"""How long before the last sight a task may have ended that tells of a change: `/cluster/resources` lags behind."""

_CREATE = ("qmcreate", "qmclone", "qmrestore", "vzcreate", "vzclone", "vzrestore", "imgcopy")
_DESTROY = ("qmdestroy", "vzdestroy")
_MIGRATE = ("qmigrate", "vzmigrate", "hamigrate", "harelocate", "migrateall")
_POWER = (
    "qmstart",
    "qmstop",
    "qmshutdown",
    "qmreboot",
    "qmreset",
    "qmsuspend",
    "qmresume",
    "vzstart",
    "vzstop",
    "vzshutdown",
    "vzreboot",
    "vzsuspend",
    "vzresume",
    "hastart",
    "hastop",
    "startall",
    "stopall",
)
_SNAPSHOT = ("qmsnapshot", "qmdelsnapshot", "qmrollback", "vzsnapshot", "vzdelsnapshot", "vzrollback")
_ROLLBACK = ("qmrollback", "vzrollback")
_CONFIG = ("qmconfig", "resize", "qmmove", "move_volume", "qmtemplate", "vztemplate", "imgdel", *_CREATE, *_ROLLBACK)

DETAILED = frozenset((*_CONFIG, *_SNAPSHOT, *_MIGRATE))
"""Kinds of tasks after whose end a guest is worth a look, though a poll may show no change."""
SNAPSHOTTING = frozenset((*_SNAPSHOT,))


def teller(
    field: str, old: str | None, vmid: int, tasks: Iterable[Task], since_ms: int, *, was_pending: bool = False
) -> Task | None:
    """Return the task that tells of a change of a guest; None where none does.

    Of several that fit, the one that ended last; one that failed tells only where it may have gone half-way. What
    `was_pending` became so by a start or a stop.
    """
    kinds = (*_kinds(field, old), *(_POWER if was_pending else ()))
    fitting = [
        one
        for one in tasks
        if one.kind in kinds and _concerns(one, vmid) and (one.is_running or one.ended_ms >= since_ms - BEFORE_MS)
    ]
    return max(fitting, key=_weight, default=None)


def _weight(task: Task) -> tuple[bool, bool, int]:
    """Return how well a task tells: what somebody asked of HA before what its manager then did as root."""
    return not task.is_failed, task.kind.startswith("ha"), task.ended_ms or task.started_ms


def _kinds(field: str, old: str | None) -> tuple[str, ...]:
    if not field:
        return _CREATE if old is None else _DESTROY
    if field.startswith(("snapshot ", "current snapshot")):
        return _SNAPSHOT
    if field == "status":
        return (*_POWER, *_ROLLBACK, "vzdump", *_MIGRATE)
    return _MIGRATE if field == "node" else _CONFIG


def _concerns(task: Task, vmid: int) -> bool:
    """Tell whether a task is about this guest; those that are about a node's guests at once name none."""
    if not task.subject:
        return True
    return task.subject.removeprefix("vm:").removeprefix("ct:").partition(":")[0] == str(vmid)
