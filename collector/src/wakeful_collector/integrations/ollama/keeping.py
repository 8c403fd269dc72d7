"""The job that keeps the machines of the gateway: looks, decides, wakes, puts to sleep."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wakeful_collector.job import Job

JOBS: tuple[Job, ...] = ()
