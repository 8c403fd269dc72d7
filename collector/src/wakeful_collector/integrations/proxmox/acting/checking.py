"""Whether a deed may be done to a guest as it is: protection, locks, names, the HA manager. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector.integrations.proxmox.acting import protecting
from wakeful_collector.integrations.proxmox.acting.deeds import Refusal
from wakeful_collector.integrations.proxmox.acting.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Collection

    from wakeful_collector.integrations.proxmox.acting.deeds import Deed, Target

_LOCKS = {
    "backup": "a backup is under way, which can take hours; it goes on when that is over",
    "clone": "it is being cloned",
    "create": "it is being created, or its creation was broken off",
    "migrate": "it is being moved to another node",
    "rollback": "it is being taken back to a snapshot",
    "snapshot": "a snapshot is being taken, or one was broken off",
    "snapshot-delete": "a snapshot is being deleted, or that was broken off",
    "suspending": "it is being written to disk",
    "suspended": "it lies written to disk: resume it first",
    "disk": "a disk of it is being worked on",
    "fstrim": "its disks are being trimmed",
    "mounted": "it is mounted on its node",
    "destroyed": "it is being destroyed",
}
_NO_TEMPLATES = {"start", "shutdown", "stop", "reboot", "suspend", "resume", "snapshot", "rollback", "snapshot_delete"}


def check(deed: Deed, target: Target, protected: Collection[str]) -> None:
    """Raise Refusal where the guest as it is stands against the deed."""
    kind = KINDS[deed.kind]
    if target.template and deed.kind in _NO_TEMPLATES:
        raise Refusal("template", f"{target.title} is a template: {kind.title.lower()} is not for templates")
    interrupts = deed.kind == "backup" and deed.arguments.get("mode", "snapshot") != "snapshot"
    if kind.hurts or interrupts:
        check_protection(target, protected)
    if target.lock and target.lock not in kind.locks:
        raise Refusal("locked", f"{target.title} is locked ({target.lock}): {lock_words(target.lock)}")
    check_name(deed, target)


def check_protection(target: Target, protected: Collection[str]) -> None:
    """Raise Refusal when the guest is protected, with every reason."""
    protection = target.config.get("protection", "")
    why = protecting.reasons(target.vmid, protection, target.tags, protected)
    if why:
        raise Refusal("protected", f"{target.title} is protected: {'; '.join(why)}")


def check_name(deed: Deed, target: Target) -> None:
    """Raise Refusal when the deed says how the guest is called, and it is called otherwise."""
    meant = deed.arguments.get("name") if deed.kind == "delete" else None
    if meant is not None and meant != target.name:
        raise Refusal("another_name", f"guest {target.vmid} is called {target.name!r}, not {meant!r}: nothing was done")


def lock_words(lock: str) -> str:
    """Return what a lock of Proxmox means."""
    return _LOCKS.get(lock, "something is under way with it")
