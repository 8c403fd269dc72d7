"""What people and programs may ask of declarations: the operations of this part of the room."""

from __future__ import annotations

from wakeful_collector.integrations.proxmox.declare import apply_operations, wishes_operations

OPERATIONS = (*wishes_operations.OPERATIONS, *apply_operations.OPERATIONS)
