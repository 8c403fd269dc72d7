"""The declared state that is kept, version by version, and what differs from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector.store import proxmox_wishes as table
from wakeful_collector.store.changes import changing

if TYPE_CHECKING:
    from pathlib import Path


def test_versions_are_numbered_and_the_oldest_go(data: Path) -> None:
    with changing(data) as connection:
        for at in range(table.VERSIONS_KEPT + 3):
            assert table.keep(connection, [("a.yaml", f"x: {at}")], "user:ada", "note", 1, at) == at + 1
        newest = table.version(connection)
        assert newest is not None
        assert (newest.version, newest.files) == (table.VERSIONS_KEPT + 3, (("a.yaml", f"x: {at}"),))
        assert table.version(connection, 3) is None
        assert table.version(connection, 4) is not None
        listed = table.versions(connection)
    assert len(listed) == table.VERSIONS_KEPT
    assert (listed[0].version, listed[0].files, listed[0].note) == (newest.version, (), "note")


def test_nothing_is_kept_at_first(data: Path) -> None:
    with changing(data) as connection:
        assert table.version(connection) is None
        assert table.drift(connection, "home") is None


def test_drift_is_kept_by_cluster_and_forgotten(data: Path) -> None:
    row = table.DriftRow("home", 3, 5, 4, "d" * 64, ({"kind": "change"},), "odd")
    with changing(data) as connection:
        table.note_drift(connection, row)
        table.note_drift(connection, row)
        assert table.drift(connection, "home") == row
        table.forget_drift(connection, "home")
        assert table.drift(connection, "home") is None
