"""Guests for tests of what is pure: a VM and a container as they were looked at."""

from __future__ import annotations

from typing import Any

from wakeful_collector.integrations.proxmox.acting.deeds import LXC, QEMU, Deed, Target

DIGEST = "0123456789abcdef0123456789abcdef01234567"


def vm(**more: Any) -> Target:
    """A VM that is stopped, unless told otherwise."""
    config = {"scsi0": "local-lvm:vm-101-disk-0,size=32G", **more.pop("config", {})}
    given = {"name": "web", "status": "stopped", "digest": DIGEST, "snapshots": ("first",), **more}
    return Target(QEMU, 101, "pve1", config=config, **given)


def ct(**more: Any) -> Target:
    """A container that is stopped, unless told otherwise."""
    given = {"name": "db", "status": "stopped", "digest": DIGEST, "snapshots": (), **more}
    return Target(LXC, 200, "pve1", **given)


def deed(kind: str, **arguments: Any) -> Deed:
    """A deed at the cluster `home`."""
    return Deed(kind, "home", 101, arguments)
