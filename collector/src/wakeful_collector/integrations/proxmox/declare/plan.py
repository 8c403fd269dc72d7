"""The difference between an estate and what is wished for it, as ordered steps. Pure.

Pools are made first, so that guests can be made in them; then clones; then guest by guest, as the files have them;
then members of pools, snapshots, and last what is removed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from wakeful_collector.integrations.proxmox.declare import creating, guest_steps, policy_steps, pool_steps
from wakeful_collector.integrations.proxmox.declare.guest_steps import Found
from wakeful_collector.integrations.proxmox.declare.outlook import outlook, problem
from wakeful_collector.integrations.proxmox.declare.steps import DELETE, POOL_DELETE, Plan
from wakeful_collector.integrations.proxmox.declare.wished import ABSENT
from wakeful_collector.integrations.proxmox.link.errors import PveError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wakeful_collector.integrations.proxmox.declare.outlook import Outlook
    from wakeful_collector.integrations.proxmox.declare.steps import Options
    from wakeful_collector.integrations.proxmox.declare.wished import GuestWish, Wishes
    from wakeful_collector.model.estate import Estate


def plan(estate: Estate, wishes: Wishes, options: Options) -> Plan:
    """Return what brings the cluster of `estate` to what is wished for it; what is wished for others is left out."""
    view = outlook(estate, wishes, options)
    pools = [pool_steps.made(one, view) for one in view.wishes.pools]
    # Clones first: of their sources as they are, not as they will be.
    guests = [_guest(one, view) for one in sorted(view.wishes.guests, key=lambda one: "clone" not in one.source)]
    view = replace(view, coming={one.vmid: one for found in guests for one in found.coming})
    found = [
        *pools,
        *guests,
        *(pool_steps.filled(one, view) for one in view.wishes.pools),
        *(policy_steps.due(one, view) for one in view.wishes.policies),
    ]
    return _arranged(found)


def _guest(wish: GuestWish, view: Outlook) -> Found:
    guest = view.guests.get(wish.vmid)
    try:
        if guest is not None:
            return guest_steps.existing(wish, guest, view)
        return Found([], []) if wish.state == ABSENT else creating.missing(wish, view)
    except PveError as error:  # a node whose name is none, as no cluster has but a hostile one
        return Found(
            [], [problem(wish, f"guest {wish.vmid}", f"its node cannot be asked: {error}", "look at the cluster")]
        )


def _arranged(found: Iterable[Found]) -> Plan:
    """Return one plan of all parts, what removes things at its end: guests before their pools."""
    steps = [step for one in found for step in one.steps]
    order = {DELETE: 1, POOL_DELETE: 2}
    steps.sort(key=lambda one: order.get(one.kind, 0))
    return Plan(tuple(steps), tuple(problem for one in found for problem in one.problems))
