"""The table of deeds: taken up by one, changed while it stands, dropped when it is old."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from wakeful_collector.store import proxmox_deeds as table
from wakeful_collector.store.changes import changing

if TYPE_CHECKING:
    from pathlib import Path


def row(deed_id: str, vmid: int = 101, **more: object) -> table.DeedRow:
    return replace(table.DeedRow(deed_id, "home", vmid, "start", "user:ada", 1_000), **more)


def test_what_is_kept_comes_back(data: Path) -> None:
    given = row("a", arguments={"x": [1]}, sealed="s", request_key="k", guest_kind="lxc", node="n", name="db", mark="m")
    with changing(data) as connection:
        table.add(connection, given)
        assert table.one(connection, "a") == replace(given, seq=1)
        assert table.by_request_key(connection, "user:ada", "k") == table.one(connection, "a")
        assert table.by_request_key(connection, "user:eve", "k") is None
        assert table.one(connection, "b") is None
        with pytest.raises(sqlite3.IntegrityError):
            table.add(connection, row("b", request_key="k"))


def test_one_of_a_guest_is_taken_up_at_a_time(data: Path) -> None:
    with changing(data) as connection:
        for deed_id, vmid in (("a", 101), ("b", 101), ("c", 102), ("d", 0), ("e", 0)):
            table.add(connection, row(deed_id, vmid))
        assert [table.begin(connection, one, 2_000) for one in "aabcde"] == [True, False, False, True, True, True]
        begun = table.one(connection, "a")
        assert begun is not None
        assert (begun.state, begun.begun_ms, begun.revision) == ("running", 2_000, 1)
        assert [one.id for one in table.open_of(connection, "home", 101)] == ["a", "b"]
        assert table.change(connection, "a", "running", state="ok")
        assert table.begin(connection, "b", 3_000)
        assert [one.id for one in table.open_ones(connection)] == ["b", "c", "d", "e"]


def test_changes_are_conditional_and_counted(data: Path) -> None:
    with changing(data) as connection:
        table.add(connection, row("a"))
        assert not table.change(connection, "a", "running", note="x")
        assert table.change(connection, "a", "asked", note="x", log_tail=["one"], requests=[{"a": 1}])
        found = table.one(connection, "a")
        assert found is not None
        assert (found.note, found.log_tail, found.requests, found.revision) == ("x", ("one",), ({"a": 1},), 1)
        with pytest.raises(ValueError, match="principal"):
            table.change(connection, "a", "asked", principal="eve")
        assert not table.ask_to_stop(connection, "a", "user:eve")
        table.begin(connection, "a", 2_000)
        assert [table.ask_to_stop(connection, "a", "user:eve") for _ in range(2)] == [True, False]


def test_pages_and_tasks(data: Path) -> None:
    with changing(data) as connection:
        for at, vmid in enumerate((101, 102, 101)):
            table.add(connection, row(f"d{at}", vmid))
            table.change(connection, f"d{at}", "asked", upid=f"UPID:{at}" if at else "")
        assert [one.id for one in table.newest(connection, 2)] == ["d2", "d1"]
        assert [one.id for one in table.newest(connection, 9, "home", 101)] == ["d2", "d0"]
        assert [one.id for one in table.newest(connection, 9, before=2)] == ["d0"]
        assert table.newest(connection, 9, "lab") == []
        assert table.upids(connection, "d2", 9) == ["UPID:1"]


def test_old_and_crowded_ones_go_open_ones_stay(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "KEPT_MAX", 2)
    with changing(data) as connection:
        for at in range(5):
            table.add(connection, row(f"d{at}", asked_ms=at * 1_000))
        for at in (1, 2, 3, 4):
            table.change(connection, f"d{at}", "asked", state="ok")
        assert table.prune(connection, 2_000) == 2  # d1 is old, d2 is one too many
        assert [one.id for one in table.newest(connection, 9)] == ["d4", "d3", "d0"]
