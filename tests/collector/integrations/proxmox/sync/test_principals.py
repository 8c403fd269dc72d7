"""Who of ours made a change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector.integrations.proxmox.sync import principals
from wakeful_collector.store import proxmox_deeds
from wakeful_collector.store.changes import changing
from wakeful_collector.store.proxmox_changes import Change
from wakeful_collector.store.proxmox_deeds import DeedRow

if TYPE_CHECKING:
    from pathlib import Path

NOW_MS = 1_795_000_000_000
UPID = "UPID:pve1:00000001:00000001:00000001:qmstart:100:root@pam!wakeful:"


def change(field: str = "status", **more: Any) -> Change:
    return Change(NOW_MS, NOW_MS, "guest", "qemu/100", "web", "pve1", "", field, "a", "b")._replace(**more)


def deed(name: str, **more: Any) -> DeedRow:
    told = {"vmid": 100, "principal": "ann", "finished_ms": NOW_MS} | more
    return DeedRow(f"d-{name}-{told['vmid']}", "home", deed=name, asked_ms=NOW_MS, **told)


@pytest.mark.parametrize(
    ("one", "made", "who"),
    [
        (change(upid=UPID, who="root@pam!wakeful"), deed("start", upid=UPID), "ann, as root@pam!wakeful"),
        (change(upid=UPID, who="bob@pve"), deed("start", upid="UPID:other"), "bob@pve"),
        (change("config.cores"), deed("change"), "ann"),
        (change("tags"), deed("change"), "ann"),
        (change("config.cores"), deed("change", finished_ms=NOW_MS - 3_600_000), ""),
        (change("config.cores"), deed("start"), ""),
        (change("config.cores"), deed("change", vmid=101), ""),
        (change("node"), deed("change"), ""),
        (change("config.x", kind="storage", id="storage/pve1/nas"), deed("change"), ""),
    ],
)
def test_the_deed_that_made_it_names_who_asked(data: Path, one: Change, made: DeedRow, who: str) -> None:
    with changing(data) as connection:
        proxmox_deeds.add(connection, made)
        proxmox_deeds.change(connection, made.id, "asked", upid=made.upid, finished_ms=made.finished_ms, state="ok")
        (found,) = principals.named(connection, "home", [one], NOW_MS)

    assert found.who == who
