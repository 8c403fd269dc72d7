"""Snapshots, clones, migrations, backups and what is made of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from wakeful_collector.integrations.proxmox.acting.deeds import Refusal, Target
from wakeful_collector.integrations.proxmox.acting.steps import plan
from wakeful_collector.integrations.proxmox.acting.steps_copies import archive_kind

from .guests import ct, deed, vm

VMA = "local:backup/vzdump-qemu-101-2026_11_01-02_00_00.vma.zst"
TAR = "nas:backup/vzdump-lxc-200-2026_11_01-02_00_00.tar.zst"
PBS = "pbs:backup/vm/101/2026-11-01T02:00:00Z"


def form(kind: str, target: Target, /, **arguments: Any) -> dict[str, str]:
    found = plan(deed(kind, **arguments), target).requests
    assert len(found) == 1
    return found[0].form


def code(kind: str, target: Target, /, **arguments: Any) -> str:
    with pytest.raises(Refusal) as caught:
        plan(deed(kind, **arguments), target)
    return caught.value.code


def test_snapshots() -> None:
    assert form("snapshot", vm(), snapshot="s1") == {"snapname": "s1"}
    told = form("snapshot", vm(), snapshot="s1", description="why", with_memory=True)
    assert told == {"snapname": "s1", "description": "why", "vmstate": "1"}
    assert code("snapshot", vm(), snapshot="first") == "name_taken"
    assert code("snapshot", vm(), snapshot="Current") == "reserved_name"
    assert code("snapshot", ct(), snapshot="vzdump1") == "reserved_name"
    assert code("snapshot", ct(), snapshot="s1", with_memory=True) == "not_for_containers"
    assert form("rollback", vm(), snapshot="first", start=True) == {"start": "1"}
    assert "is stopped by that" in plan(deed("rollback", snapshot="first"), vm(status="running")).notes[0]
    assert form("snapshot_delete", vm(), snapshot="first", force=True) == {"force": "1"}
    assert (
        code("rollback", vm(), snapshot="other") == code("snapshot_delete", ct(), snapshot="x1") == "unknown_snapshot"
    )
    assert (
        plan(deed("rollback", snapshot="s1"), replace(vm(), snapshots=None)).requests[0].path.endswith("/s1/rollback")
    )


def test_clones() -> None:
    told = form("clone", vm(), new_vmid=105, name="copy", full=False, target="pve2", snapshot="first", pool="p")
    assert told == {
        "newid": "105", "name": "copy", "full": "0", "target": "pve2", "snapname": "first", "pool": "p",
    }  # fmt: skip
    assert form("clone", ct(), new_vmid=105, name="copy", storage="fast", full=True, description="d") == {
        "newid": "105", "hostname": "copy", "storage": "fast", "full": "1", "description": "d",
    }  # fmt: skip
    assert code("clone", vm()) == "no_vmid"
    assert form("clone", vm(), new_vmid=105, format="qcow2")["format"] == "qcow2"
    assert code("clone", ct(), new_vmid=105, format="qcow2") == "not_for_containers"


def test_migrations() -> None:
    assert form("migrate", vm(), target="pve2") == {"target": "pve2"}
    told = form("migrate", vm(status="running"), target="pve2", with_local_disks=True, target_storage="fast")
    assert told == {"target": "pve2", "online": "1", "with-local-disks": "1", "targetstorage": "fast"}
    assert form("migrate", ct(), target="pve2", target_storage="fast") == {"target": "pve2", "target-storage": "fast"}
    planned = plan(deed("migrate", target="pve2"), ct(status="running"))
    assert planned.requests[0].form["restart"] == "1"
    assert "stopped, moved, and started" in planned.notes[0]
    assert plan(deed("migrate", target="pve1"), vm()).requests == ()


def test_backups_prune_nothing() -> None:
    told = form("backup", vm(), storage="nas", notes="before the update", protected=True)
    assert told == {
        "vmid": "101", "mode": "snapshot", "compress": "zstd", "remove": "0", "storage": "nas",
        "notes-template": "before the update", "protected": "1",
    }  # fmt: skip
    assert form("backup", ct(), storage="nas", mode="stop", compress="0")["compress"] == "0"


def test_a_backup_becomes_a_guest() -> None:
    new = replace(vm(), status="absent", config={})
    assert form("restore", new, archive=VMA, storage="fast", unique=True, start=True) == {
        "vmid": "101", "storage": "fast", "archive": VMA, "unique": "1", "start": "1",
    }  # fmt: skip
    assert form("restore", ct(), archive=TAR, overwrite=True) == {
        "vmid": "200", "ostemplate": TAR, "restore": "1", "force": "1",
    }  # fmt: skip
    assert "are replaced" in plan(deed("restore", archive=VMA, overwrite=True), vm()).notes[0]
    assert code("restore", vm(), archive=VMA) == "exists"
    assert code("restore", vm(status="running"), archive=VMA, overwrite=True) == "running"
    assert code("restore", vm(config={"protection": "1"}), archive=VMA, overwrite=True) == "protected"


@pytest.mark.parametrize(
    ("volume", "kind"),
    [
        (VMA, "qemu"),
        (TAR, "lxc"),
        (PBS, "qemu"),
        ("pbs:backup/ct/200/2026-11-01T02:00:00Z", "lxc"),
        ("local:iso/debian.iso", ""),
        ("local:backup/vzdump-qemu-x", ""),
    ],
)
def test_what_a_backup_is_of(volume: str, kind: str) -> None:
    assert archive_kind(volume) == kind
