"""How the collector itself is: may it take pushes, is its worker alive, how full is the disk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wakeful_collector.model.store_errors import StoreError
from wakeful_collector.read import audit, health, heartbeats, traffic

if TYPE_CHECKING:
    from pathlib import Path

    from wakeful_collector.read.heartbeats import Heartbeat

WORKER = "worker"
WORKER_SECONDS_MAX = 90.0


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must be so: its name, what is wrong (None when it is so)."""

    name: str
    problem: str | None


def checks(data: Path, now_ms: int) -> list[Check]:
    """Return what must be so for the collector to do its work; no check raises."""
    return [
        Check("state database", _opens(data)),
        Check("writable", _writable(data)),
        Check("disk", _full(data)),
        Check("worker", _worker(data, now_ms)),
    ]


def age_seconds(beat: Heartbeat, now_ms: int) -> float:
    """Return the seconds since a sign of life."""
    return max(0.0, (now_ms - beat.at_ms) / 1000)


def _opens(data: Path) -> str | None:
    try:
        audit.rows(data, 1)
    except StoreError as error:
        return str(error)
    return None


def _writable(data: Path) -> str | None:
    try:
        return health.writable(data)
    except StoreError as error:
        return str(error)


def _full(data: Path) -> str | None:
    try:
        since_ms = traffic.condition(data).full_since_ms
    except StoreError as error:
        return str(error)
    return None if since_ms is None else "the disk is full: pushes wait on the machines until there is room"


def _worker(data: Path, now_ms: int) -> str | None:
    try:
        beat = heartbeats.of_all(data).get(WORKER)
    except StoreError as error:
        return str(error)
    if beat is None:
        return "the worker has not run yet; start it: wakeful-collector serve, or worker"
    age = age_seconds(beat, now_ms)
    return None if age < WORKER_SECONDS_MAX else f"the worker was last alive {age:.0f} s ago"
