"""Questions about leases: who claims a machine of the gateway now, and who waits for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector.store import database
from wakeful_collector.store import gateway_leases as table

if TYPE_CHECKING:
    from pathlib import Path

    from wakeful_collector.store.gateway_leases import Count, Lease


def leases(data: Path, now_ms: int, machine: str | None = None) -> list[Lease]:
    """Return the living leases (of one machine), in the order they were taken."""
    with database.translated():
        return table.living(database.reader(data, "gateway"), machine, now_ms)


def lease(data: Path, lease_id: str, now_ms: int) -> Lease | None:
    """Return a lease that lives."""
    with database.translated():
        found = table.one(database.reader(data, "gateway"), lease_id)
    return found if found is not None and found.expires_ms > now_ms else None


def count(data: Path, machine: str, now_ms: int) -> Count:
    """Return how many requests wait at a machine, how many are served, and how many other claims there are."""
    with database.translated():
        return table.count(database.reader(data, "gateway"), machine, now_ms)
