"""What is wrong with a cluster so that a person should know; pure. Each trouble is of one thing, by its subject.

Subjects: `home` (the way to it), `home/quorum`, `home/node/pve2`, `home/backup/100` or `home/backup/pve1` (a job's).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wakeful_collector.model.estate import Guest, Node, Task
    from wakeful_collector.read.proxmox import Standing
    from wakeful_collector.read.proxmox_backups import Backups

UNREACHABLE = "proxmox.unreachable"
REFUSED = "proxmox.refused"
CERTIFICATE_CHANGED = "proxmox.certificate_changed"
NODE_OFFLINE = "proxmox.node_offline"
QUORUM_LOST = "proxmox.quorum_lost"
BACKUP_FAILED = "proxmox.backup_failed"
NEVER_BACKED_UP = "proxmox.never_backed_up"
WELL = "proxmox.well"
KINDS = (UNREACHABLE, REFUSED, CERTIFICATE_CHANGED, NODE_OFFLINE, QUORUM_LOST, BACKUP_FAILED, NEVER_BACKED_UP, WELL)
"""The events of a cluster's troubles, also those of its incidents."""

UNREACHABLE_AFTER_MS = 60_000
"""A node that boots its web server anew, or one lost packet, is no trouble yet."""
BACKUP_MS = 7 * 86_400_000
"""A backup that failed longer ago than this, with none after it, is of a job that is no more."""
FIRST_BACKUP_MS = 26 * 3_600_000
"""How long a guest that a job covers may be without a backup: most jobs run once a day."""
_DUMP = "vzdump"
_KINDS = {"tls": CERTIFICATE_CHANGED, "auth": REFUSED, "forbidden": REFUSED}


class Trouble(NamedTuple):
    """One trouble: the kind of its event, and what is to be said beside its words."""

    kind: str
    text: str


def of_link(name: str, standing: Standing, now_ms: int) -> dict[str, Trouble]:
    """Return what is wrong with the way to a cluster, and whether it has lost its quorum."""
    found = {}
    if standing.failed:
        kind = _KINDS.get(standing.failed, UNREACHABLE)
        if kind != UNREACHABLE or now_ms - standing.failing_since_ms >= UNREACHABLE_AFTER_MS:
            found[name] = Trouble(kind, standing.error)
    if standing.quorate is False:
        found[f"{name}/quorum"] = Trouble(QUORUM_LOST, "nothing can be changed until enough nodes are back")
    return found


def of_nodes(name: str, nodes: Iterable[Node]) -> dict[str, Trouble]:
    """Return which nodes are offline."""
    return {
        f"{name}/node/{one.name}": Trouble(NODE_OFFLINE, "")
        for one in nodes
        if one.status == "offline" and not one.gone_ms
    }


def of_tasks(name: str, tasks: Iterable[Task], now_ms: int) -> dict[str, Trouble]:
    """Return the backups of which the newest went wrong, each by its guest, or by its node where a job has several."""
    newest: dict[str, Task] = {}
    for task in tasks:
        if task.kind == _DUMP and task.ended_ms:
            subject = task.subject or task.node
            if subject not in newest or task.ended_ms > newest[subject].ended_ms:
                newest[subject] = task
    return {
        f"{name}/backup/{subject}": Trouble(BACKUP_FAILED, f"{task.status} ({task.node})")
        for subject, task in newest.items()
        if task.is_failed and now_ms - task.ended_ms < BACKUP_MS
    }


def of_backups(name: str, guests: Iterable[Guest], backups: Iterable[Backups], now_ms: int) -> dict[str, Trouble]:
    """Return guests that a backup job covers and that were never backed up, as far as can be told for sure."""
    old = {one.vmid for one in guests if not one.template and now_ms - one.first_ms > FIRST_BACKUP_MS}
    return {
        f"{name}/backup/{one.vmid}": Trouble(NEVER_BACKED_UP, "a backup job covers it")
        for one in backups
        if one.in_job and one.is_never and one.vmid in old
    }
