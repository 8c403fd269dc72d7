"""The journal of an apply in state.db: each line is durable before what it tells of begins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wakeful_collector import clock
from wakeful_collector.model.story import plain
from wakeful_collector.read import proxmox_applies as applies
from wakeful_collector.read import proxmox_deeds
from wakeful_collector.store import audit
from wakeful_collector.store import proxmox_applies as table
from wakeful_collector.store.changes import changing
from wakeful_collector.store.proxmox_applies import ASKED, FAILED, LOST, OK, REFUSED, RUNNING

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from wakeful_collector.integrations.proxmox.acting.deeds import Request
    from wakeful_collector.integrations.proxmox.acting.tasks import Progress

OPERATION = "proxmox.apply.result"
KNOWN_TASKS_MAX = 500
_OUTCOMES = {OK: "done", FAILED: "failed", REFUSED: "refused", LOST: "failed"}


class StepJournal:
    """Writes down how one request of a step goes."""

    def __init__(self, data: Path, apply_id: str, number: int, at: int) -> None:
        self._data, self._id, self._number, self._at = data, apply_id, number, at

    def sending(self, _request: Request) -> None:
        """Note that the request leaves now."""
        self._keep(sending=self._at, sent_ms=clock.now_ms(), upid="", progress=None)

    def sent(self, upid: str) -> None:
        """Note that it was answered, and by which task."""
        self._keep(sending=None, sent=self._at + 1, upid=upid)

    def refused(self) -> None:
        """Note that it was refused, so that nobody goes on with what comes after it."""
        self._keep(sending=None, sent=self._at, sent_ms=None, upid="")

    def progressed(self, progress: Progress) -> None:
        """Note how far the task is."""
        self._keep(progress=progress.fraction, log_tail=list(progress.log_tail), detail=progress.note)

    def is_stopped(self) -> bool:
        """Tell whether somebody wants the apply to end."""
        row = applies.apply(self._data, self._id)
        return row is None or bool(row.stopped_by)

    def known_tasks(self) -> Collection[str]:
        """Return tasks that belong to something else."""
        own = applies.upids(self._data, KNOWN_TASKS_MAX)
        return [*own, *proxmox_deeds.upids(self._data, "", KNOWN_TASKS_MAX)]

    def _keep(self, **columns: Any) -> None:
        keep_step(self._data, self._id, self._number, **columns)


def keep_step(data: Path, apply_id: str, number: int, **columns: Any) -> None:
    """Change a step, durably."""
    with changing(data) as connection:
        table.change_step(connection, apply_id, number, **columns)


def begin(data: Path, apply_id: str, now_ms: int) -> bool:
    """Take up an apply that is asked for; False when somebody else did."""
    with changing(data) as connection:
        return table.change(connection, apply_id, (ASKED,), state=RUNNING, begun_ms=now_ms)


def finish(data: Path, apply_id: str, state: str, summary: str) -> bool:
    """Bring an apply to its end, with an audit row; False when it had ended before."""
    now_ms = clock.now_ms()
    said = plain(summary, 1_000)
    with changing(data) as connection:
        row = table.one(connection, apply_id)
        ended = table.change(connection, apply_id, (ASKED, RUNNING), state=state, finished_ms=now_ms, summary=said)
        if row is None or not ended:
            return False
        detail = {"digest": row.digest, "state": state, "asked_by": row.principal, "summary": said}
        entry = audit.Entry(now_ms, "local:collector", "", "worker", OPERATION, row.id, _OUTCOMES[state], detail)
        audit.append(connection, entry)
    return True
