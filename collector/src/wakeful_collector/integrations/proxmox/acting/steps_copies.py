"""The requests for what keeps or copies a guest: snapshots, clones, migrations, backups, and back from them. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wakeful_collector.integrations.proxmox.acting.deeds import LXC, QEMU, Planned, Refusal, Request
from wakeful_collector.integrations.proxmox.acting.kinds import KINDS
from wakeful_collector.integrations.proxmox.link.paths import path

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from wakeful_collector.integrations.proxmox.acting.deeds import Deed, Target

RESERVED = ("current", "pending")
SNAPSHOT_NAME = r"^[A-Za-z][A-Za-z0-9_-]{1,39}$"
_ARCHIVES = (
    (re.compile(r"[^\s:]+:backup/vzdump-qemu-(\d+)-\S+"), QEMU),
    (re.compile(r"[^\s:]+:backup/vzdump-lxc-(\d+)-\S+"), LXC),
    (re.compile(r"[^\s:]+:backup/vm/(\d+)/\S+"), QEMU),
    (re.compile(r"[^\s:]+:backup/ct/(\d+)/\S+"), LXC),
)


def snapshot(deed: Deed, target: Target) -> Planned:
    """Take a snapshot, with the memory of a VM that runs when asked to."""
    given = deed.arguments
    name = given["snapshot"]
    if name.lower() in RESERVED or (target.kind == LXC and name.startswith("vzdump")):
        raise Refusal("reserved_name", f"Proxmox keeps the name {name} for itself: choose another")
    if target.snapshots is not None and name in target.snapshots:
        raise Refusal("name_taken", f"{target.title} has a snapshot {name} already")
    form = {"snapname": name} | _given(given, description="description")
    if given.get("with_memory"):
        if target.kind != QEMU:
            raise Refusal("not_for_containers", "only snapshots of VMs can hold their memory")
        form["vmstate"] = "1"
    return Planned((_request(deed, "POST", f"{target.path}/snapshot", form),))


def rollback(deed: Deed, target: Target) -> Planned:
    """Take a guest back to a snapshot: what happened since is lost."""
    name = _known_snapshot(deed, target)
    form = {"start": "1"} if deed.arguments.get("start") else {}
    notes = (f"{target.title} runs and is stopped by that",) if target.is_running else ()
    return Planned((_request(deed, "POST", target.path + path("snapshot", name, "rollback"), form),), notes)


def snapshot_delete(deed: Deed, target: Target) -> Planned:
    """Delete a snapshot; `force` takes it out of the configuration also when a disk refuses."""
    name = _known_snapshot(deed, target)
    form = {"force": "1"} if deed.arguments.get("force") else {}
    return Planned((_request(deed, "DELETE", target.path + path("snapshot", name), form),))


def clone(deed: Deed, target: Target) -> Planned:
    """Copy a guest as `new_vmid`: linked from a template unless `full`, else whole."""
    given = deed.arguments
    if not given.get("new_vmid"):
        raise Refusal("no_vmid", "the copy has no id yet")
    if target.kind == LXC and "format" in given:
        raise Refusal("not_for_containers", "only the disks of VMs are copied into another format")
    named = {"name" if target.kind == QEMU else "hostname": given["name"]} if "name" in given else {}
    words = ("storage", "target", "pool", "format", "description")
    form = {"newid": str(given["new_vmid"])} | named | _given(given, **{word: word for word in words})
    form |= _given(given, snapshot="snapname")
    if "full" in given:
        form["full"] = _flag(given["full"])
    return Planned((_request(deed, "POST", f"{target.path}/clone", form),))


def migrate(deed: Deed, target: Target) -> Planned:
    """Move a guest to another node: a VM that runs goes on running, a container is stopped and started there."""
    given = deed.arguments
    if given["target"] == target.node:
        return Planned(notes=(f"{target.title} is on {target.node} already",))
    form = {"target": given["target"]}
    notes: tuple[str, ...] = ()
    if target.kind == QEMU:
        form |= {"online": "1"} if target.status != "stopped" else {}
        form |= {"with-local-disks": "1"} if given.get("with_local_disks") else {}
        form |= _given(given, target_storage="targetstorage")
    else:
        if target.is_running:
            form["restart"] = "1"
            notes = (f"{target.title} runs: it is stopped, moved, and started again",)
        form |= _given(given, target_storage="target-storage")
    return Planned((_request(deed, "POST", f"{target.path}/migrate", form),), notes)


def backup(deed: Deed, target: Target) -> Planned:
    """Back a guest up; older backups stay, whatever the storage's own pruning says."""
    given = deed.arguments
    form = {"vmid": str(target.vmid), "mode": given.get("mode", "snapshot"), "remove": "0"}
    form |= {"compress": given.get("compress", "zstd")} | _given(given, storage="storage", notes="notes-template")
    if given.get("protected"):
        form["protected"] = "1"
    return Planned((_request(deed, "POST", path("nodes", target.node, "vzdump"), form),))


def restore(deed: Deed, target: Target) -> Planned:
    """Make a guest of a backup; over one that is there only with `overwrite`, when it is stopped."""
    given = deed.arguments
    exists = target.status != "absent"
    if exists and not given.get("overwrite"):
        raise Refusal("exists", f"{target.title} is there: only with overwrite is it replaced by the backup")
    if exists and target.status != "stopped":
        raise Refusal("running", f"{target.title} is {target.status}: stop it before it is replaced")
    form = {"vmid": str(target.vmid)} | _given(given, storage="storage", pool="pool")
    if target.kind == QEMU:
        form["archive"] = given["archive"]
    else:
        form |= {"ostemplate": given["archive"], "restore": "1"}
    form |= {name: "1" for name in ("unique", "start") if given.get(name)} | ({"force": "1"} if exists else {})
    notes = (f"{target.title} and its disks are replaced by the backup",) if exists else ()
    return Planned((_request(deed, "POST", path("nodes", target.node, target.kind), form),), notes)


def archive_kind(volume: str) -> str:
    """Return which kind of guest a backup holds, by its volume's name; empty when that is none of a backup."""
    return next((kind for pattern, kind in _ARCHIVES if pattern.fullmatch(volume)), "")


def _known_snapshot(deed: Deed, target: Target) -> str:
    name: str = deed.arguments["snapshot"]
    if target.snapshots is not None and name not in target.snapshots:
        known = ", ".join(target.snapshots[:20]) or "none"
        raise Refusal("unknown_snapshot", f"{target.title} has no snapshot {name}; it has {known}")
    return name


def _given(given: Mapping[str, Any], **names: str) -> dict[str, str]:
    """Return the texts that were given, under Proxmox's names for them."""
    return {theirs: given[ours] for ours, theirs in names.items() if given.get(ours)}


def _flag(value: object) -> str:
    return "1" if value else "0"


def _request(deed: Deed, method: str, where: str, form: dict[str, str]) -> Request:
    return Request(method, where, form, KINDS[deed.kind].seconds)
