"""The journal of a deed in state.db: each line is durable before what it tells of begins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wakeful_collector import clock
from wakeful_collector.model.story import plain
from wakeful_collector.read import proxmox_applies as applies
from wakeful_collector.read import proxmox_deeds as deeds
from wakeful_collector.store import audit
from wakeful_collector.store import proxmox_deeds as table
from wakeful_collector.store.changes import changing
from wakeful_collector.store.proxmox_deeds import ASKED, FAILED, LOST, OK, REFUSED, RUNNING

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from wakeful_collector.integrations.proxmox.acting.deeds import Request
    from wakeful_collector.integrations.proxmox.acting.judging import End
    from wakeful_collector.integrations.proxmox.acting.preparing import Prepared
    from wakeful_collector.integrations.proxmox.acting.tasks import Progress
    from wakeful_collector.store.proxmox_deeds import DeedRow

SUMMARY_CHARACTERS_MAX = 1_000
KNOWN_TASKS_MAX = 500
OPERATION = "proxmox.deed.result"
_OUTCOMES = {OK: "done", FAILED: "failed", REFUSED: "refused", LOST: "failed"}


class Superseded(Exception):
    """The deed is not running any more: somebody else has brought it to its end."""


class RowJournal:
    """Writes down how a deed goes. Raises Superseded when it is not ours to go on with."""

    def __init__(self, data: Path, row: DeedRow) -> None:
        self._data = data
        self._id = row.id
        self._at = row.sent if row.sending is None else row.sending
        self._left: Request | None = None

    def planned(self, prepared: Prepared) -> None:
        """Note what is to be done, to whom."""
        target = prepared.target
        self._at = 0
        self._change(
            vmid=prepared.deed.vmid or target.vmid,
            guest_kind=target.kind,
            node=target.node,
            name=target.name,
            requests=[one.shown() for one in prepared.planned.requests],
            step=0,
            sent=0,
        )

    def sending(self, request: Request) -> None:
        """Note that a request leaves now; one that leaves again, after a lock of a moment, keeps its number."""
        if request is self._left and self._at:
            self._at -= 1
        self._left = request
        self._change(sending=self._at, sent=self._at, sent_ms=clock.now_ms(), progress=None, note="")

    def sent(self, upid: str) -> None:
        """Note that it was answered, and by which task."""
        self._change(sending=None, sent=self._at + 1, upid=upid)
        self._at += 1

    def refused(self) -> None:
        """Note that it was refused, so that nobody takes it for done; it may leave again."""
        self._left = None
        self._change(sending=None)

    def progressed(self, progress: Progress) -> None:
        """Note how far the task is."""
        self._change(progress=progress.fraction, log_tail=list(progress.log_tail), note=progress.note)

    def is_stopped(self) -> bool:
        """Tell whether somebody wants it to end."""
        row = deeds.deed(self._data, self._id)
        return row is not None and bool(row.stopped_by)

    def known_tasks(self) -> Collection[str]:
        """Return the tasks of other deeds, and of plans."""
        others = deeds.upids(self._data, self._id, KNOWN_TASKS_MAX)
        return frozenset((*others, *applies.upids(self._data, KNOWN_TASKS_MAX)))

    def _change(self, **columns: Any) -> None:
        with changing(self._data) as connection:
            if not table.change(connection, self._id, RUNNING, **columns):
                raise Superseded(self._id)


def finish(data: Path, row: DeedRow, end: End) -> bool:
    """Bring a deed to its end, with an audit row; False when somebody was first."""
    now_ms = clock.now_ms()
    with changing(data) as connection:
        return finish_in(connection, row, end, now_ms)


def finish_in(connection: Any, row: DeedRow, end: End, now_ms: int) -> bool:
    """Bring a deed to its end inside a transaction; what was sealed for it is forgotten."""
    now = table.one(connection, row.id)
    if now is None or now.state not in {ASKED, RUNNING}:
        return False
    table.change(
        connection,
        row.id,
        now.state,
        state=end.state,
        finished_ms=now_ms,
        summary=plain(end.summary, SUMMARY_CHARACTERS_MAX),
        exitstatus=end.exitstatus,
        log_tail=list(end.log_tail or now.log_tail),
        progress=1.0 if end.state == OK else now.progress,
        step=len(now.requests) if end.state == OK else now.step,
        sending=None if end.state != LOST else now.sending,
        note="",
        sealed="",
    )
    detail = {"deed": row.deed, "cluster": row.cluster, "vmid": now.vmid, "state": end.state, "asked_by": row.principal}
    detail |= {"task": now.upid} if now.upid else {}
    entry = audit.Entry(now_ms, "local:collector", "", "worker", OPERATION, row.id, _OUTCOMES[end.state], detail)
    audit.append(connection, entry)
    return True
