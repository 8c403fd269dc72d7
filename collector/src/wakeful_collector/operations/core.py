"""The core operations: machines, invites, people, keys."""

from __future__ import annotations

from wakeful_collector.operations import hosts, invites, keys, users
from wakeful_collector.operations.registry import Registry

CORE = (*hosts.OPERATIONS, *invites.OPERATIONS, *keys.OPERATIONS, *users.OPERATIONS)
REGISTRY = Registry(CORE)
