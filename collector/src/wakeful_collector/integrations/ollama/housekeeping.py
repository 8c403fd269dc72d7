"""The jobs that clear up after the gateway: its log several times a minute, what is old once an hour."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector.job import Job
from wakeful_collector.store import gateway_upkeep

if TYPE_CHECKING:
    from pathlib import Path

    from wakeful_collector.config import Settings


def _copy_log(data: Path, _settings: Settings, _now_ms: int) -> None:
    gateway_upkeep.copy_log(data)


def _prune(data: Path, _settings: Settings, now_ms: int) -> None:
    gateway_upkeep.prune(data, now_ms)


JOBS = (Job("gateway_log", 10.0, _copy_log), Job("gateway_upkeep", 3_600.0, _prune))
