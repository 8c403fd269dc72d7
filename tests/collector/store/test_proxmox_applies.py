"""Plans that are carried out, and where each step stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wakeful_collector.store import proxmox_applies as table
from wakeful_collector.store.changes import changing

if TYPE_CHECKING:
    from pathlib import Path

DOCUMENTS = [{"number": 1, "kind": "change"}, {"number": 2, "kind": "start"}]


def row(apply_id: str = "a1", **more: object) -> table.ApplyRow:
    given = {"allowed": ("reboot",), "files": (("a", "b"),), "marks": {"home/101": "m"}, **more}
    return table.ApplyRow(apply_id, "user:ada", 5, "d" * 64, "home", **given)


def test_an_apply_is_kept_with_its_steps(data: Path) -> None:
    with changing(data) as connection:
        table.add(connection, row(request_key="k"), DOCUMENTS)
        found = table.one(connection, "a1")
        assert found is not None
        assert (found.allowed, found.files, found.marks, found.is_open) == (
            *(("reboot",), (("a", "b"),), {"home/101": "m"}, True),
        )
        assert table.by_request_key(connection, "user:ada", "k") == found
        assert table.by_request_key(connection, "user:eve", "k") is None
        assert table.open_ones(connection) == table.newest(connection, 5) == [found]
        assert [(one.number, one.state, one.document["kind"]) for one in table.steps(connection, "a1")] == [
            (1, "waiting", "change"),
            (2, "waiting", "start"),
        ]


def test_changes_are_made_where_it_still_stands_so(data: Path) -> None:
    with changing(data) as connection:
        table.add(connection, row(), DOCUMENTS)
        assert table.change(connection, "a1", ("asked",), state="running", allowed=("stop",))
        assert not table.change(connection, "a1", ("asked",), state="ok")
        table.change_step(connection, "a1", 2, state="ok", log_tail=["x"], upid="UPID:x", sent=1, sending=None)
        found = table.one(connection, "a1")
        assert found is not None
        assert (found.state, found.allowed, found.revision) == ("running", ("stop",), 2)
        step = table.steps(connection, "a1")[1]
        assert (step.state, step.log_tail, step.upid, step.sent) == ("ok", ("x",), "UPID:x", 1)
        assert table.upids(connection, 5) == ["UPID:x"]
        with pytest.raises(ValueError, match="digest"):
            table.change(connection, "a1", ("running",), digest="x")
        with pytest.raises(ValueError, match="document"):
            table.change_step(connection, "a1", 2, document="x")


def test_old_ones_that_ended_go_with_their_steps(data: Path) -> None:
    with changing(data) as connection:
        table.add(connection, row("open"), DOCUMENTS)
        for at in range(table.KEPT_MAX + 2):
            table.add(connection, row(f"b{at}", request_key=str(at)), DOCUMENTS[:1])
            table.change(connection, f"b{at}", ("asked",), state="ok")
        assert table.one(connection, "open") is not None
        assert table.one(connection, "b0") is None
        assert table.steps(connection, "b0") == []
        assert len(table.newest(connection, 5000)) <= table.KEPT_MAX + 2
