"""Questions about the declared state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector.read import proxmox_wishes as kept
from wakeful_collector.store import proxmox_wishes as table
from wakeful_collector.store.changes import changing

if TYPE_CHECKING:
    from pathlib import Path


def test_versions_and_drift_are_found(data: Path) -> None:
    assert kept.newest(data) is None
    assert kept.drift(data, "home") is None
    drift = table.DriftRow("home", 1, 5, None, "")
    with changing(data) as connection:
        for at in range(2):
            table.keep(connection, [("a", str(at))], "user:ada", "", 1, at)
        table.note_drift(connection, drift)
    assert kept.newest(data).files == (("a", "1"),)
    assert kept.version(data, 1).files == (("a", "0"),)
    assert kept.version(data, 9) is None
    assert [one.version for one in kept.versions(data)] == [2, 1]
    assert kept.drift(data, "home") == drift
