"""The core operations: machines, invites, people, keys, what is asked of machines, who is told."""

from __future__ import annotations

from wakeful_collector.operations import channels, commands, hosts, incidents, invites, keys, users, waking, watches
from wakeful_collector.operations.registry import Registry

CORE = (
    *hosts.OPERATIONS,
    *invites.OPERATIONS,
    *keys.OPERATIONS,
    *users.OPERATIONS,
    *commands.OPERATIONS,
    *watches.OPERATIONS,
    *waking.OPERATIONS,
    *incidents.OPERATIONS,
    *channels.OPERATIONS,
)
REGISTRY = Registry(CORE)
