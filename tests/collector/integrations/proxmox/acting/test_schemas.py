"""The arguments of deeds."""

from __future__ import annotations

from typing import Any

import pytest

from wakeful_collector.integrations.proxmox.acting import schemas
from wakeful_collector.integrations.proxmox.acting.kinds import KINDS
from wakeful_collector.operations.arguments import Unfit, check

GUEST = {"cluster": "home", "vmid": 101}


@pytest.mark.parametrize("kind", KINDS)
def test_every_deed_wants_a_guest_and_takes_a_dry_run(kind: str) -> None:
    schema = schemas.arguments(kind)
    assert schema["required"][0] == "cluster"
    assert ("vmid" in schema["required"]) is (kind not in {"create", "restore"})
    assert {"dry_run", "request_key", "vmid"} <= set(schema["properties"])
    assert set(schema["required"]) <= set(schema["properties"])


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("migrate", {"target": "pve-2"}),
        ("snapshot", {"snapshot": "before-update_1", "description": "two\nlines"}),
        ("backup", {"storage": "nas.1"}),
        ("restore", {"archive": "pbs:backup/vm/101/2026-11-01T02:00:00Z"}),
        ("restore", {"archive": "local:backup/vzdump-lxc-200-2026_11_01-02_00_00.tar.zst"}),
        ("resize", {"disk": "virtio15", "size": "+1.5G"}),
        ("resize", {"disk": "rootfs", "size": "16G"}),
        ("clone", {"pool": "lab/web", "name": "web-2.example.org"}),
        ("delete", {"name": "web"}),
    ],
)
def test_what_fits(kind: str, given: dict[str, Any]) -> None:
    check({**GUEST, **given}, schemas.arguments(kind))


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("start", {"vmid": "101"}),
        ("start", {"vmid": 7}),
        ("start", {"dry_run": "yes"}),
        ("migrate", {"target": "../pve2"}),
        ("migrate", {}),
        ("snapshot", {"snapshot": "1st"}),
        ("snapshot", {"snapshot": "a" * 41}),
        ("snapshot_delete", {"snapshot": "a/../b"}),
        ("restore", {"archive": "/etc/passwd"}),
        ("restore", {"archive": "local:a b"}),
        ("resize", {"disk": "net0", "size": "+1G"}),
        ("resize", {"disk": "scsi0", "size": "4"}),
        ("resize", {"disk": "scsi0", "size": "-1G"}),
        ("change", {"settings": "cores=1"}),
        ("change", {"digest": "x"}),
        ("create", {"type": "openvz", "node": "a"}),
        ("shutdown", {"timeout_seconds": 0}),
        ("delete", {"force": True}),
    ],
)
def test_what_does_not_fit(kind: str, given: dict[str, Any]) -> None:
    with pytest.raises(Unfit):
        check({**GUEST, **given}, schemas.arguments(kind))
