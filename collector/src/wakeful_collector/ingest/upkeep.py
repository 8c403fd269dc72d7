"""What has to be thrown away in state.db now and then, so that nobody can make it grow without end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector import commands
from wakeful_collector.store import agents, changes, events, inventories, invites

if TYPE_CHECKING:
    from pathlib import Path

EVENTS_KEPT_DAYS = 400
INVITES_KEPT_DAYS = 30
_DAY_MS = 86_400_000


def upkeep(data: Path, now_ms: int) -> int:
    """Delete old events and commands, long expired invites, what forgotten hosts left; return how many rows went."""
    with changes.changing(data) as connection:
        gone = events.prune(connection, now_ms - EVENTS_KEPT_DAYS * _DAY_MS)
        gone += invites.prune(connection, now_ms - INVITES_KEPT_DAYS * _DAY_MS)
        forgotten = agents.forgotten_keys(connection)
        gone += commands.prune(connection, forgotten, now_ms)
        for host_key in forgotten:
            gone += inventories.forget(connection, host_key) + events.forget(connection, host_key)
            agents.forget_meters(connection, host_key)
    return gone
