"""The rooms of the collector, and every operation that it has. Importing this loads no page: the worker needs none."""

from __future__ import annotations

from wakeful_collector.integrations.ollama import room as ollama
from wakeful_collector.integrations.proxmox import room as proxmox
from wakeful_collector.operations import core
from wakeful_collector.operations.registry import Registry

INTEGRATIONS = (ollama.ROOM, proxmox.ROOM)
"""The rooms, in the order in which their doors and pages are asked."""

REGISTRY = Registry((*core.CORE, *(one for room in INTEGRATIONS for one in room.operations)))
"""Every operation of this collector: the core's, then those of the rooms."""
