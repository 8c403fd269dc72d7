"""A deed as answers show it: who asked for what, where it stands, how far it is, how it ended. No secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wakeful_collector.clock import rfc3339
from wakeful_collector.integrations.proxmox.acting.kinds import KINDS

if TYPE_CHECKING:
    from wakeful_collector.integrations.proxmox.acting.preparing import Prepared
    from wakeful_collector.store.proxmox_deeds import DeedRow


def document(row: DeedRow) -> dict[str, Any]:
    """Return a deed as answers show it; `log` and `summary` are Proxmox's words, and hostile text."""
    kind = KINDS.get(row.deed)
    return {
        "id": row.id,
        "cluster": row.cluster,
        "vmid": row.vmid or None,
        "guest": row.guest_kind or None,
        "name": row.name,
        "node": row.node,
        "deed": row.deed,
        "title": row.deed if kind is None else kind.title,
        "arguments": row.arguments,
        "principal": row.principal,
        "state": row.state,
        "revision": row.revision,
        "upid": row.upid,
        "step": row.step,
        "requests": list(row.requests),
        "progress": row.progress,
        "note": row.note,
        "summary": row.summary,
        "exitstatus": row.exitstatus,
        "log": list(row.log_tail),
        "stopped_by": row.stopped_by,
        "asked": rfc3339(row.asked_ms),
        "started": None if row.begun_ms is None else rfc3339(row.begun_ms),
        "finished": None if row.finished_ms is None else rfc3339(row.finished_ms),
    }


def dry(prepared: Prepared) -> dict[str, Any]:
    """Return what a deed would come to, and that nothing was sent."""
    return {
        "dry_run": True,
        "guest": prepared.target.title,
        "node": prepared.target.node,
        "requests": [one.shown() for one in prepared.planned.requests],
        "notes": list(prepared.planned.notes),
    }
