"""How what was seen of clusters is told to programs: plain objects, times as RFC 3339, sizes in bytes. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wakeful_collector.clock import rfc3339
from wakeful_collector.model.estate import SEEN, Usage

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wakeful_collector.model.estate import Area, Estate, Guest, Item, Node, Storage, Task, Volume
    from wakeful_collector.read.proxmox import Standing
    from wakeful_collector.read.proxmox_backups import Backups
    from wakeful_collector.read.proxmox_history import Change, Difference
    from wakeful_collector.read.proxmox_hosts import Join, Memory

_NOTHING = Usage()


def time(at_ms: int) -> str | None:
    """Return a time; None where there is none."""
    return rfc3339(at_ms) if at_ms else None


def node(one: Node, found: Estate, host: str | None = None) -> dict[str, Any]:
    """Return a node with how it is used and how many guests it has; `host` is the id of the agent on it."""
    guests = [guest for guest in found.guests if guest.node == one.name]
    return {
        "cluster": one.cluster,
        "name": one.name,
        "status": one.status,
        "address": one.address,
        "version": one.facts.get("pve", ""),
        "facts": one.facts,
        **_used(found.usage.get(one.id, _NOTHING)),
        "guests": len(guests),
        "running": sum(guest.status == "running" for guest in guests),
        "host": host,
    }


def guest(one: Guest, usage: Usage | None, memory: Memory | None, host: str | None = None) -> dict[str, Any]:
    """Return a guest in a row; `memory` is the best evidence of what it uses, `host` the id of the agent in it."""
    used = _used(usage or _NOTHING)
    return {
        "cluster": one.cluster,
        "vmid": one.vmid,
        "kind": one.kind,
        "name": one.name,
        "node": one.node,
        "status": one.status,
        "known_status": one.known_status,
        "lock": one.lock,
        "tags": list(one.tags),
        "template": one.template,
        "pool": one.pool,
        "ha_state": one.ha_state,
        **used,
        "cpus": one.cpus if used["cpus"] is None else used["cpus"],
        "memory_bytes": used["memory_bytes"] if memory is None else memory.used_bytes,
        "memory_max_bytes": one.memory_bytes if memory is None else memory.max_bytes,
        "memory_source": None if memory is None else memory.source,
        "host": host,
        "gone": time(one.gone_ms),
    }


def whole_guest(
    row: dict[str, Any], one: Guest, join: Join | None, memory: Memory | None, backups: Backups | None
) -> dict[str, Any]:
    """Return all that is known of a guest: its row with settings, snapshots, evidence and backups."""
    return row | {
        "mark": one.mark,
        "digest": one.digest,
        "config": one.config,
        "pending": one.pending,
        "snapshots": [
            {
                "name": each.name,
                "at": time(each.at_ms),
                "parent": each.parent,
                "description": each.description,
                "with_memory": each.with_memory,
            }
            for each in one.snapshots
        ],
        "current_snapshot": one.current_snapshot,
        "addresses": list(one.addresses),
        "facts": one.facts,
        "config_state": one.config_state,
        "config_reason": one.config_reason,
        "config_seen": time(one.config_seen_ms),
        "first_seen": time(one.first_ms),
        "host": None if join is None else {"id": join.host, "evidence": join.evidence},
        "memory": None if memory is None else {**memory._asdict(), "note": memory.note},
        "backups": None if backups is None else backup(one.cluster, backups),
    }


def storage(one: Storage, usage: Usage | None) -> dict[str, Any]:
    """Return a storage on a node."""
    used = usage or _NOTHING
    return {
        "cluster": one.cluster,
        "name": one.name,
        "node": one.node,
        "type": one.type,
        "shared": one.shared,
        "status": one.status,
        "content": list(one.content),
        "disk_bytes": used.disk_bytes,
        "disk_max_bytes": used.disk_max_bytes,
        "config": one.config,
    }


def volume(one: Volume) -> dict[str, Any]:
    """Return a volume of a storage."""
    return {
        "storage": one.storage,
        "node": one.node,
        "volid": one.volid,
        "content": one.content,
        "format": one.format,
        "size_bytes": one.size_bytes,
        "vmid": one.vmid,
        "at": time(one.at_ms),
        "notes": one.notes,
        "is_protected": one.is_protected,
        "verification": one.verification,
    }


def item(one: Item) -> dict[str, Any]:
    """Return a network interface, pool, HA resource or job."""
    return {"id": one.id, "node": one.node, "config": one.config}


def task(cluster: str, one: Task) -> dict[str, Any]:
    """Return a task; one that runs has no end."""
    return {
        "cluster": cluster,
        "upid": one.upid,
        "node": one.node,
        "kind": one.kind,
        "subject": one.subject,
        "user": one.user,
        "started": time(one.started_ms),
        "ended": time(one.ended_ms),
        "status": "running" if one.is_running else one.status,
        "is_failed": one.is_failed,
    }


def backup(cluster: str, one: Backups) -> dict[str, Any]:
    """Return the backups of a guest; `in_job` is null where it is not known, `is_never` true only where it is sure."""
    return {
        "cluster": cluster,
        "vmid": one.vmid,
        "kind": one.kind,
        "name": one.name,
        "newest": time(one.newest_ms),
        "size_bytes": one.size_bytes,
        "storage": one.storage,
        "volid": one.volid,
        "count": one.count,
        "total_bytes": one.total_bytes,
        "in_job": one.in_job,
        "is_never": one.is_never,
        "is_known": one.is_known,
        "is_gone": one.is_gone,
    }


def change(one: Change) -> dict[str, Any]:
    """Return a change of the history."""
    return {
        "seq": one.seq,
        "cluster": one.cluster,
        "at": time(one.at_ms),
        "seen": time(one.seen_ms),
        "kind": one.kind,
        "id": one.id,
        "name": one.name,
        "node": one.node,
        "field": one.field,
        "old": one.old,
        "new": one.new,
        "who": one.who,
        "upid": one.upid,
    }


def difference(one: Difference) -> dict[str, Any]:
    """Return a difference between two moments."""
    return {
        "kind": one.kind,
        "id": one.id,
        "name": one.name,
        "field": one.field,
        "old": one.old,
        "new": one.new,
        "changes": one.changes,
        "last": time(one.last_ms),
        "who": one.who,
    }


def area(cluster: str, one: Area) -> dict[str, Any]:
    """Return how an area was seen."""
    return {
        "cluster": cluster,
        "name": one.name,
        "state": one.state,
        "reason": one.reason,
        "since": time(one.since_ms),
        "seen": time(one.seen_ms),
    }


def unseen(cluster: str, areas: Iterable[Area]) -> list[dict[str, Any]]:
    """Return the areas that were not simply seen: what is missing in a list may be there."""
    return [area(cluster, one) for one in areas if one.state != SEEN]


def standing(cluster: str, one: Standing, counts: Mapping[str, int]) -> dict[str, Any]:
    """Return how the synchronisation of a cluster stands."""
    return {
        "cluster": cluster,
        "ok": bool(one.polled_ms) and not one.failed,
        "failed": one.failed,
        "error": one.error,
        "failing_since": time(one.failing_since_ms),
        "polled": time(one.polled_ms),
        "surveyed": time(one.surveyed_ms),
        "asked": time(one.asked_ms),
        "requests": one.requests,
        "seconds": one.seconds,
        "version": one.version,
        "quorate": one.quorate,
        **counts,
    }


def _used(one: Usage) -> dict[str, Any]:
    return {
        "cpu": one.cpu,
        "cpus": one.cpus,
        "memory_bytes": one.memory_bytes,
        "memory_max_bytes": one.memory_max_bytes,
        "disk_bytes": one.disk_bytes,
        "disk_max_bytes": one.disk_max_bytes,
        "uptime_seconds": one.uptime_seconds,
    }
