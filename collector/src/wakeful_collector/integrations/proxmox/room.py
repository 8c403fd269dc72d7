"""What the Proxmox room offers to the collector."""

from __future__ import annotations

from wakeful_collector.integration import Integration
from wakeful_collector.integrations.proxmox import jobs, operations

ROOM = Integration("proxmox", "Proxmox", operations=operations.OPERATIONS, jobs=jobs.JOBS)
