"""Questions about plans that are carried out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector.read import proxmox_applies as applies
from wakeful_collector.store import proxmox_applies as table
from wakeful_collector.store.changes import changing

if TYPE_CHECKING:
    from pathlib import Path


def test_applies_and_their_steps_are_found(data: Path) -> None:
    row = table.ApplyRow("a1", "user:ada", 5, "d", "", (), (), {}, request_key="k")
    with changing(data) as connection:
        table.add(connection, row, [{"number": 1}])
        table.change_step(connection, "a1", 1, upid="UPID:x")
    found = applies.apply(data, "a1")
    assert applies.apply(data, "a2") is None
    assert applies.applies(data) == applies.applies(data, 0) == applies.open_ones(data) == [found]
    assert applies.by_request_key(data, "user:ada", "k") == found
    assert [one.number for one in applies.steps(data, "a1")] == [1]
    assert applies.upids(data, 5) == ["UPID:x"]
