"""What the worker does for Proxmox clusters: the jobs of every part of the room."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector.integrations.proxmox.acting import jobs as acting
from wakeful_collector.integrations.proxmox.charts import jobs as charts
from wakeful_collector.integrations.proxmox.declare import jobs as declare
from wakeful_collector.integrations.proxmox.link import incidents
from wakeful_collector.integrations.proxmox.sync import keeping as sync

if TYPE_CHECKING:
    from wakeful_collector.job import Job

JOBS: tuple[Job, ...] = (
    *sync.JOBS,
    *acting.JOBS,
    *declare.JOBS,
    *charts.JOBS,
    *incidents.JOBS,
)
