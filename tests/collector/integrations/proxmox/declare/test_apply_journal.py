"""The journal of an apply."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector.integrations.proxmox.acting.deeds import Request
from wakeful_collector.integrations.proxmox.acting.tasks import Progress
from wakeful_collector.integrations.proxmox.declare import apply_journal
from wakeful_collector.read import proxmox_applies as applies
from wakeful_collector.store import audit
from wakeful_collector.store import proxmox_applies as table
from wakeful_collector.store.changes import changing

if TYPE_CHECKING:
    from pathlib import Path


def begun(data: Path) -> apply_journal.StepJournal:
    with changing(data) as connection:
        table.add(connection, table.ApplyRow("a1", "user:ada", 5, "d", "", (), (), {}), [{"number": 1}])
    assert apply_journal.begin(data, "a1", 7)
    assert not apply_journal.begin(data, "a1", 8)
    return apply_journal.StepJournal(data, "a1", 1, 0)


def test_each_line_is_durable(data: Path) -> None:
    journal = begun(data)
    journal.sending(Request("POST", "/x", {}, 1.0))
    [step] = applies.steps(data, "a1")
    assert (step.sending, step.sent) == (0, 0)
    journal.sent("UPID:x")
    journal.progressed(Progress(0.5, ("line",), "note"))
    [step] = applies.steps(data, "a1")
    assert (step.sending, step.sent, step.upid, step.progress, step.log_tail) == (None, 1, "UPID:x", 0.5, ("line",))
    assert list(journal.known_tasks()) == ["UPID:x"]


def test_whoever_wants_it_to_end_is_heard(data: Path) -> None:
    journal = begun(data)
    assert not journal.is_stopped()
    with changing(data) as connection:
        table.change(connection, "a1", ("running",), stopped_by="user:eve")
    assert journal.is_stopped()
    assert apply_journal.StepJournal(data, "gone", 1, 0).is_stopped()


def test_the_end_is_written_once_with_its_audit_row(data: Path) -> None:
    begun(data)
    assert apply_journal.finish(data, "a1", "failed", "it\nbroke")
    assert not apply_journal.finish(data, "a1", "ok", "no")
    assert not apply_journal.finish(data, "a2", "ok", "no")
    row = applies.apply(data, "a1")
    assert (row.state, row.summary) == ("failed", "it broke")
    with changing(data) as connection:
        [found] = audit.rows(connection, 10)
    assert (found.entry.operation, found.entry.subject, found.entry.outcome) == ("proxmox.apply.result", "a1", "failed")
