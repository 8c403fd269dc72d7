"""A deed before it is done: the guest looked at, an id chosen where the cluster is to choose, the requests planned.

It only reads. The door does it, so that whoever asks hears at once what stands against it, and the worker does it
again: time has passed since.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from wakeful_collector.integrations.proxmox.acting import looking, steps
from wakeful_collector.integrations.proxmox.acting.deeds import Planned, Refusal, Target
from wakeful_collector.integrations.proxmox.acting.kinds import NEW
from wakeful_collector.integrations.proxmox.acting.steps_copies import archive_kind

if TYPE_CHECKING:
    from collections.abc import Collection

    from wakeful_collector.integrations.proxmox.acting.deeds import Deed
    from wakeful_collector.integrations.proxmox.acting.looking import Api

_WITH_SNAPSHOTS = frozenset({"snapshot", "rollback", "snapshot_delete"})


@dataclass(frozen=True, slots=True)
class Prepared:
    """A deed with its ids filled in, the guest it is about, and what it comes to; `chosen`: the cluster chose one."""

    deed: Deed
    target: Target
    planned: Planned
    chosen: bool = False


def prepare(
    api: Api, deed: Deed, protected: Collection[str] = (), hint: tuple[str, str] | None = None, mark: str = ""
) -> Prepared:
    """Look and plan. `hint` is the kind and node the guest had, `mark` what it must still be known by.

    Raises:
        Refusal: the guest is not there, is another one than meant, or stands against the deed.
        PveError: it cannot be looked at.
    """
    if deed.kind in NEW:
        return _new(api, deed, protected, mark)
    target = looking.look(api, deed.vmid, hint, deed.kind in _WITH_SNAPSHOTS)
    if target is None:
        raise Refusal("unknown_guest", f"{deed.cluster} lists no guest {deed.vmid}: it is gone, or may not be seen")
    check_mark(target, mark)
    chosen = deed.kind == "clone" and not deed.arguments.get("new_vmid")
    if chosen:
        deed = replace(deed, arguments={**deed.arguments, "new_vmid": looking.next_id(api)})
    return Prepared(deed, target, steps.plan(deed, target, protected), chosen)


def check_mark(target: Target, mark: str) -> None:
    """Raise Refusal when a guest is not the one that `mark` was taken of: its number went to another meanwhile."""
    if mark and target.mark and mark != target.mark:
        raise Refusal("another_guest", f"{target.title} is another guest than the one that was meant: nothing was done")


def _new(api: Api, deed: Deed, protected: Collection[str], mark: str) -> Prepared:
    """Prepare what makes a guest; restoring may be over one that is there."""
    given = deed.arguments
    kind = given["type"] if deed.kind == "create" else archive_kind(given["archive"])
    if not kind:
        raise Refusal(
            "no_archive", f"{given['archive']} is not the name of a backup, as local:backup/vzdump-qemu-101-..."
        )
    chosen = deed.vmid == 0
    vmid = looking.next_id(api) if chosen else deed.vmid
    found = None if chosen else looking.look(api, vmid)
    if found is not None and found.kind != kind:
        raise Refusal("exists", f"{found.title} is there: no {'VM' if kind == 'qemu' else 'container'} can take its id")
    node = given.get("node") or (found.node if found else "")
    if not node:
        raise Refusal("no_node", "say on which node it is to be")
    if found is not None and found.node != node:
        raise Refusal("exists", f"{found.title} is there already, on {found.node}")
    if found is not None:
        check_mark(found, mark)
    target = found or Target(kind, vmid, node, name=_name(deed), status="absent")
    whole = replace(deed, vmid=vmid)
    return Prepared(whole, target, steps.plan(whole, target, protected), chosen)


def _name(deed: Deed) -> str:
    settings = deed.arguments.get("settings", {})
    name = settings.get("name") or settings.get("hostname") or ""
    return name if isinstance(name, str) else ""
