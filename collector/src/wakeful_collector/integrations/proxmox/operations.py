"""What people and programs may ask of Proxmox clusters: the operations of every part of the room."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector.integrations.proxmox.acting import operations as acting
from wakeful_collector.integrations.proxmox.declare import operations as declare
from wakeful_collector.integrations.proxmox.link import cluster_changes, trial_operations
from wakeful_collector.integrations.proxmox.sync import operations as sync

if TYPE_CHECKING:
    from wakeful_collector.operations.registry import Operation

OPERATIONS: tuple[Operation, ...] = (
    *cluster_changes.OPERATIONS,
    *trial_operations.OPERATIONS,
    *sync.OPERATIONS,
    *acting.OPERATIONS,
    *declare.OPERATIONS,
)
