"""What a deed comes to: the requests for a guest as it was found. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector.integrations.proxmox.acting import checking, steps_copies, steps_power, steps_settings
from wakeful_collector.integrations.proxmox.acting.deeds import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from wakeful_collector.integrations.proxmox.acting.deeds import Deed, Planned, Request, Target

_BUILDERS: dict[str, Callable[[Deed, Target], Planned]] = {
    "start": steps_power.start,
    "shutdown": steps_power.shutdown,
    "stop": steps_power.stop,
    "reboot": steps_power.reboot,
    "suspend": steps_power.suspend,
    "resume": steps_power.resume,
    "clone": steps_copies.clone,
    "migrate": steps_copies.migrate,
    "snapshot": steps_copies.snapshot,
    "rollback": steps_copies.rollback,
    "snapshot_delete": steps_copies.snapshot_delete,
    "backup": steps_copies.backup,
    "restore": steps_copies.restore,
    "resize": steps_settings.resize,
    "change": steps_settings.change,
    "create": steps_settings.create,
    "delete": steps_settings.delete,
}


def plan(deed: Deed, target: Target, protected: Collection[str] = ()) -> Planned:
    """Return the requests of a deed, or the note that it has come true already.

    `protected` are the ids and tags of the cluster's list. Raises Refusal: the guest as it is stands against it.
    """
    if target.status == "unknown":
        raise Refusal(
            "unknown_status", f"nobody knows whether {target.title} runs: its node {target.node} tells nothing"
        )
    if target.status != "absent":
        checking.check(deed, target, protected)
    return _BUILDERS[deed.kind](deed, target)


def requests(deed: Deed, target: Target, protected: Collection[str] = ()) -> tuple[Request, ...]:
    """Return the requests of a deed alone. Raises Refusal as `plan` does."""
    return plan(deed, target, protected).requests
