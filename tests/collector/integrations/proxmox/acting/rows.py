"""Deeds written straight into the table, as operations and workers that were killed leave them."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from wakeful_collector import clock
from wakeful_collector.store import proxmox_deeds as table
from wakeful_collector.store.changes import changing
from wakeful_collector.store.proxmox_deeds import ASKED, DeedRow

if TYPE_CHECKING:
    from pathlib import Path


def written(data: Path, deed: str = "start", vmid: int = 101, state: str = ASKED, **columns: Any) -> DeedRow:
    """Write a deed at the cluster `home` and return it; `columns` are set afterwards, as whoever does it would."""
    names = {"arguments", "asked_ms", "principal", "mark", "sealed", "cluster", "request_key"}
    own = {name: columns.pop(name) for name in list(columns) if name in names}
    given = {"cluster": "home", "principal": "user:ada", "asked_ms": clock.now_ms(), **own}
    row = DeedRow(id=secrets.token_hex(8), deed=deed, vmid=vmid, guest_kind="qemu", node="pve1", name="web", **given)
    with changing(data) as connection:
        table.add(connection, row)
        if state != ASKED or columns:
            assert table.change(connection, row.id, ASKED, state=state, **columns)
        found = table.one(connection, row.id)
    assert found is not None
    return found
