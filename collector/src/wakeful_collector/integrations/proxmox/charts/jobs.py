"""What the worker does for charts: recording what polls measured, filling gaps, dropping subjects long gone."""

from __future__ import annotations

from wakeful_collector.integrations.proxmox.charts import backfilling, recording
from wakeful_collector.job import Job

JOBS = (
    Job("proxmox.charts", recording.INTERVAL_SECONDS, recording.Recording()),
    Job("proxmox.backfill", backfilling.INTERVAL_SECONDS, backfilling.fill),
    Job("proxmox.subjects", 3_600.0, recording.prune),
)
