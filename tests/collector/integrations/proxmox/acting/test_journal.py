"""What is written down while a deed is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wakeful_collector.integrations.proxmox.acting import journal
from wakeful_collector.integrations.proxmox.acting.deeds import Deed, Planned, Request, Target
from wakeful_collector.integrations.proxmox.acting.judging import End
from wakeful_collector.integrations.proxmox.acting.preparing import Prepared
from wakeful_collector.integrations.proxmox.acting.tasks import Progress
from wakeful_collector.read import audit
from wakeful_collector.read import proxmox_deeds as deeds
from wakeful_collector.store import proxmox_deeds as table
from wakeful_collector.store.changes import changing

from .rows import written

if TYPE_CHECKING:
    from pathlib import Path

    from wakeful_collector.store.proxmox_deeds import DeedRow

REQUEST = Request("POST", "/nodes/pve1/qemu/101/status/start", {"password": "x"}, 60.0, ("password",))


def now(data: Path, row: DeedRow) -> DeedRow:
    found = deeds.deed(data, row.id)
    assert found is not None
    return found


def test_each_line_is_durable(data: Path) -> None:
    row = written(data, vmid=0, state="running")
    book = journal.RowJournal(data, row)
    target = Target("lxc", 105, "pve2", "db")
    book.planned(Prepared(Deed("create", "home", 105), target, Planned((REQUEST, REQUEST))))
    found = now(data, row)
    assert (found.vmid, found.guest_kind, found.node, found.name) == (105, "lxc", "pve2", "db")
    assert [one["form"] for one in found.requests] == [{"password": "(secret)"}] * 2
    book.sending(REQUEST)
    assert (now(data, row).sending, now(data, row).sent) == (0, 0)
    book.sent("UPID:x")
    found = now(data, row)
    assert (found.sending, found.sent, found.upid) == (None, 1, "UPID:x")
    book.progressed(Progress(0.5, ("a", "b"), "slow"))
    found = now(data, row)
    assert (found.progress, found.log_tail, found.note) == (0.5, ("a", "b"), "slow")
    book.sending(REQUEST._replace())
    found = now(data, row)
    assert (found.sending, found.progress, found.note) == (1, None, "")
    book.sent("")
    assert (now(data, row).sent, now(data, row).upid) == (2, "")


def test_who_wants_it_to_end_and_whose_tasks_are_known(data: Path) -> None:
    row, other = written(data, state="running"), written(data, state="ok", upid="UPID:other")
    book = journal.RowJournal(data, row)
    assert not book.is_stopped()
    with changing(data) as connection:
        table.ask_to_stop(connection, row.id, "user:ada")
    assert book.is_stopped()
    assert list(book.known_tasks()) == [other.upid]


def test_whoever_lost_the_deed_hears_so(data: Path) -> None:
    row = written(data, state="running")
    book = journal.RowJournal(data, row)
    assert journal.finish(data, row, End("ok", "Start: it runs", "OK", ("TASK OK",)))
    with pytest.raises(journal.Superseded):
        book.sending(REQUEST)
    assert not journal.finish(data, row, End("failed", "late"))
    assert now(data, row).summary == "Start: it runs"


@pytest.mark.parametrize(
    ("state", "outcome"), [("ok", "done"), ("failed", "failed"), ("refused", "refused"), ("lost", "failed")]
)
def test_every_end_stands_in_the_audit_trail(data: Path, state: str, outcome: str) -> None:
    row = written(data, state="running", upid="UPID:x", sealed="sealed", note="n", requests=[{}], log_tail=["kept"])
    assert journal.finish(data, row, End(state, "a\x1b[1mb " * 900))
    found = now(data, row)
    assert (found.state, found.sealed, found.note, found.log_tail) == (state, "", "", ("kept",))
    assert len(found.summary) <= journal.SUMMARY_CHARACTERS_MAX
    assert "\x1b" not in found.summary
    assert (found.progress, found.step) == ((1.0, 1) if state == "ok" else (None, 0))
    entry = audit.rows(data, 1)[0].entry
    assert (entry.operation, entry.subject, entry.outcome) == (journal.OPERATION, row.id, outcome)
    assert entry.detail == {
        "deed": "start", "cluster": "home", "vmid": 101, "state": state, "asked_by": "user:ada", "task": "UPID:x",
    }  # fmt: skip


def test_a_request_that_is_sent_again_counts_once(data: Path) -> None:
    """A lock of a moment: what came of the first try is forgotten, and its number is the same."""
    row = written(data, state="running", requests=[{}, {}])
    book = journal.RowJournal(data, row)
    for _ in range(2):
        book.sending(REQUEST)
        assert now(data, row).sending == 0
        book.sent("UPID:x")
        assert now(data, row).sent == 1
    book.sending(REQUEST._replace())
    assert now(data, row).sending == 1
    book.refused()
    assert (now(data, row).sending, now(data, row).sent) == (None, 1)
