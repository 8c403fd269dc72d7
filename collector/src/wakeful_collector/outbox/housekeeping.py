"""What has to be thrown away of incidents and deliveries now and then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector.store import agents, changes, incidents, outbox

if TYPE_CHECKING:
    from pathlib import Path

INCIDENTS_KEPT_DAYS = 400
DELIVERIES_KEPT_DAYS = 30
_DAY_MS = 86_400_000


def prune(data: Path, now_ms: int) -> int:
    """Delete what is old, and what belonged to hosts that were forgotten; return how many rows went."""
    with changes.changing(data) as connection:
        gone = incidents.prune(connection, now_ms - INCIDENTS_KEPT_DAYS * _DAY_MS)
        gone += outbox.prune(connection, now_ms - DELIVERIES_KEPT_DAYS * _DAY_MS)
        for host_key in agents.forgotten_keys(connection):
            gone += incidents.forget(connection, host_key)
    return gone
