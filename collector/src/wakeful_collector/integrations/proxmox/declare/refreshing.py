"""What was acted on a moment ago, read again: the estate that is kept lags by a cycle, and a plan must not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector.integrations.proxmox.declare import looking_again
from wakeful_collector.integrations.proxmox.link import opening
from wakeful_collector.integrations.proxmox.link.errors import PveError
from wakeful_collector.read import proxmox, proxmox_deeds
from wakeful_collector.read import proxmox_applies as applies

if TYPE_CHECKING:
    from pathlib import Path

    from wakeful_collector.model.estate import Estate

RECENT_MS = 120_000
LAG_MS = 20_000
"""How far the list of a cluster may be behind what it did."""
READ_MAX = 50
_APPLIES, _DEEDS = 5, 100


def refreshed(data: Path, estate: Estate, now_ms: int) -> Estate:
    """Return an estate with the newest of what was acted on and not looked at since; unreachable, it stays as it is."""
    vmids, pools = touched(data, estate, now_ms)
    if not vmids and not pools:
        return estate
    try:
        client = opening.client(data, estate.cluster)
        for vmid in sorted(vmids)[:READ_MAX]:
            estate = looking_again.guest(client, estate, vmid, now_ms).estate
        for name in sorted(pools)[:READ_MAX]:
            estate = looking_again.pool(client, estate, name)
    except (PveError, opening.Unknown):
        return estate
    return estate


def touched(data: Path, estate: Estate, now_ms: int) -> tuple[set[int], set[str]]:
    """Return the guests and pools that were acted on after they were seen."""
    polled_ms = proxmox.standing(data, estate.cluster).polled_ms
    guests = {one.vmid: one.config_seen_ms for one in estate.guests}
    vmids: set[int] = set()
    pools: set[str] = set()

    def note(vmid: int, pool: str, at_ms: int | None) -> None:
        if at_ms is None or at_ms < now_ms - RECENT_MS:
            return
        if at_ms > min(polled_ms - LAG_MS, guests.get(vmid, polled_ms)):
            vmids.update({vmid} if vmid else set())
            pools.update({pool} if pool else set())

    for row in applies.applies(data, _APPLIES):
        for step in applies.steps(data, row.id):
            if step.document["cluster"] == estate.cluster:
                note(step.document["guest"], step.document["pool"], step.finished_ms)
    for deed in proxmox_deeds.deeds(data, _DEEDS, estate.cluster).deeds:
        note(deed.vmid, "", deed.finished_ms)
    return vmids, pools
