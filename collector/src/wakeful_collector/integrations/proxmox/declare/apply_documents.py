"""An apply as programs and pages take it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wakeful_collector.clock import rfc3339
from wakeful_collector.store.proxmox_applies import OK, SKIPPED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wakeful_collector.store.proxmox_applies import ApplyRow, StepRow


def document(row: ApplyRow, steps: Sequence[StepRow]) -> dict[str, Any]:
    """Return an apply with where each of its steps stands."""
    return {
        "id": row.id,
        "state": row.state,
        "revision": row.revision,
        "principal": row.principal,
        "digest": row.digest,
        "allowed": list(row.allowed),
        "asked_at": rfc3339(row.asked_ms),
        "begun_at": _time(row.begun_ms),
        "finished_at": _time(row.finished_ms),
        "summary": row.summary,
        "stopped_by": row.stopped_by,
        "done": sum(one.state == OK for one in steps),
        "skipped": sum(one.state == SKIPPED for one in steps),
        "count": len(steps),
        "steps": [_step(one) for one in steps],
    }


def _step(row: StepRow) -> dict[str, Any]:
    return row.document | {
        "state": row.state,
        "upid": row.upid,
        "progress": row.progress,
        "detail": row.detail,
        "log": list(row.log_tail),
        "begun_at": _time(row.begun_ms),
        "finished_at": _time(row.finished_ms),
    }


def _time(at_ms: int | None) -> str | None:
    return None if at_ms is None else rfc3339(at_ms)
