"""Questions about deeds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector.read import proxmox_deeds as deeds
from wakeful_collector.store import proxmox_deeds as table
from wakeful_collector.store.changes import changing

if TYPE_CHECKING:
    from pathlib import Path


def test_one_or_the_newest_page_by_page(data: Path) -> None:
    with changing(data) as connection:
        for at in range(5):
            table.add(
                connection, table.DeedRow(f"d{at}", "home", 101 + at % 2, "start", "user:ada", at, request_key=f"k{at}")
            )
        table.change(connection, "d4", "asked", state="ok", upid="UPID:x")
    found = deeds.deed(data, "d4")
    assert found is not None
    assert not found.is_open
    assert deeds.deed(data, "x") is None
    assert deeds.by_request_key(data, "user:ada", "k4") == found
    assert [one.id for one in deeds.open_ones(data)] == ["d0", "d1", "d2", "d3"]
    page = deeds.deeds(data, 2)
    assert ([one.id for one in page.deeds], page.next) == (["d4", "d3"], 4)
    rest = deeds.deeds(data, 3, before=page.next)
    assert ([one.id for one in rest.deeds], rest.next) == (["d2", "d1", "d0"], None)
    assert [one.id for one in deeds.deeds(data, cluster="home", vmid=102).deeds] == ["d3", "d1"]
    with changing(data) as connection:
        table.change(connection, "d0", "asked", state="ok", finished_ms=5_000)
        table.change(connection, "d1", "asked", state="refused", finished_ms=6_000)
        table.add(connection, table.DeedRow("d5", "home", 103, "clone", "user:ada", 6, arguments={"new_vmid": 110}))
        table.change(connection, "d5", "asked", state="ok", finished_ms=7_000)
    assert deeds.ended_since(data, "home", 5_000) == {101, 103, 110}
    assert deeds.ended_since(data, "home", 5_001) == {103, 110}
    assert deeds.ended_since(data, "lab", 0) == frozenset()
    assert deeds.upids(data, "d0", 5) == ["UPID:x"]
