"""What people and programs may ask about clusters as they were seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wakeful_collector.integrations.proxmox.link.schemas import CLUSTER
from wakeful_collector.integrations.proxmox.sync import asking
from wakeful_collector.operations.arguments import shape
from wakeful_collector.operations.registry import Context, Operation
from wakeful_collector.read import proxmox_history

if TYPE_CHECKING:
    from wakeful_collector.operations.registry import Preparation

WAIT_SECONDS_MAX = 30
VMID = {"type": "integer", "minimum": 100, "maximum": 999_999_999}
NAME = {"type": "string", "minLength": 1, "maxLength": 128}
SUBJECT = {"type": "string", "minLength": 1, "maxLength": 256}
KIND = {
    "type": "string",
    "enum": ["cluster", "guest", "node", "storage", "network", "pool", "ha", "replication", "backup_job"],
}
TIME = {"type": "string", "minLength": 1, "maxLength": 40}
LIMIT = {"type": "integer", "minimum": 1, "maximum": proxmox_history.LIMIT_MAX}
SEQ = {"type": "integer", "minimum": 1}
UPID = {"type": "string", "pattern": "^UPID:", "maxLength": 512}


def _prepared(context: Context, _given: dict[str, Any]) -> dict[str, Any]:
    return dict(context.prepared)


def _look(name: str, title: str, prepare: Preparation, required: tuple[str, ...] = (), **own: Any) -> Operation:
    arguments = shape(required, cluster=CLUSTER, **own)
    return Operation(f"proxmox.{name}", title, "read", "none", arguments, _prepared, subject="cluster", prepare=prepare)


OPERATIONS: tuple[Operation, ...] = (
    _look("nodes", "Show the nodes of clusters, as they were seen last", asking.nodes),
    _look("guests", "Show virtual machines and containers", asking.guests, node=NAME, gone={"type": "boolean"}),
    _look("guest", "Show all that is known of one guest", asking.guest, ("vmid",), vmid=VMID),
    _look("storage", "Show storages, and what one of them holds", asking.storage, storage=NAME, node=NAME),
    _look("tasks", "List tasks of clusters", asking.tasks, node=NAME, vmid=VMID, before=TIME, limit=LIMIT),
    _look(
        "task_log",
        "Show the log of a task as it is now",
        asking.task_log,
        ("upid",),
        upid=UPID,
        start={"type": "integer", "minimum": 0},
        limit={"type": "integer", "minimum": 1, "maximum": asking.LOG_LINES_MAX},
    ),
    _look("backups", "Show the backups of each guest, and which has none", asking.backups),
    _look(
        "history",
        "List what changed in clusters, with old and new value",
        asking.history,
        vmid=VMID,
        subject=SUBJECT,
        kind=KIND,
        since=TIME,
        until=TIME,
        before=SEQ,
        limit=LIMIT,
    ),
    _look(
        "diff",
        "Show what is other in a cluster at one moment than at another",
        asking.diff,
        ("from",),
        vmid=VMID,
        subject=SUBJECT,
        to=TIME,
        **{"from": TIME},
    ),
    _look("standing", "Show how the synchronisation of clusters stands", asking.standing),
    Operation(
        "proxmox.sync",
        "Look at clusters as a whole, and at once",
        "operate",
        "none",
        shape((), cluster=CLUSTER, wait_seconds={"type": "integer", "minimum": 0, "maximum": WAIT_SECONDS_MAX}),
        _prepared,
        subject="cluster",
        prepare=asking.sync,
    ),
)
