"""The status of guests that something was just done to: what a poll lists lags up to twenty seconds behind."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import msgspec

from wakeful_collector.integrations.proxmox.link.errors import PveError
from wakeful_collector.integrations.proxmox.link.paths import path
from wakeful_collector.integrations.proxmox.sync.details import WORKERS
from wakeful_collector.integrations.proxmox.sync.known import Held
from wakeful_collector.integrations.proxmox.sync.listing import text

if TYPE_CHECKING:
    from wakeful_collector.integrations.proxmox.link.client import Client
    from wakeful_collector.integrations.proxmox.sync.known import Known
    from wakeful_collector.integrations.proxmox.sync.listing import Listing
    from wakeful_collector.model.estate import Guest

HOLD_MS = 30_000
TOUCHED_MAX = 64
"""Of so many guests the status is asked for in one cycle; of others the poll's counts."""


def lay_over(client: Client, known: Known, listing: Listing, touched: frozenset[int], now_ms: int) -> None:
    """Put the status that nodes tell of touched guests over the one that is listed, and hold it for a while.

    It is held until the poll says the same, at most `HOLD_MS`: else one that lags behind would look like a change back.
    """
    asked = [one for one in listing.guests.values() if one.vmid in touched][:TOUCHED_MAX]
    if asked:
        with ThreadPoolExecutor(min(WORKERS, len(asked)), thread_name_prefix="proxmox-fresh") as pool:
            told = zip(asked, pool.map(lambda one: _status(client, one), asked), strict=True)
            known.held |= {one.id: Held(status, now_ms + HOLD_MS) for one, status in told if status}
    for key, held in list(known.held.items()):
        one = listing.guests.get(key)
        if one is None or held.until_ms <= now_ms or one.status == held.status:
            del known.held[key]
        else:
            listing.guests[key] = msgspec.structs.replace(one, status=held.status)


def _status(client: Client, one: Guest) -> str:
    try:
        return text(client.one(path("nodes", one.node, one.kind, one.vmid, "status", "current")).get("status"))
    except PveError:
        return ""
