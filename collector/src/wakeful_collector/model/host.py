"""A host as the collector knows it, and how its status follows from what was heard of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

SILENT_AFTER_INTERVALS = 4
SILENT_AFTER_SECONDS_MIN = 30.0


class HostStatus(StrEnum):
    """What is known of a host: `new` has never pushed, `silent` stopped pushing, `conflict` has a clone."""

    UP = "up"
    SILENT = "silent"
    NEW = "new"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class Host:
    """One enrolled machine; times are milliseconds since the epoch, None where there is none yet.

    `name` is what the operator called it or else what the machine calls itself (`reported_name`); both are hostile.
    `last_seen_ms` is when the collector last took a push of it. A twin names the host it was told apart from.
    """

    key: int
    id: str
    name: str
    tags: tuple[str, ...]
    enrolled_ms: int
    last_seen_ms: int | None
    interval_seconds: float
    version: str
    twin_of: str | None = None
    hello: dict[str, Any] = field(default_factory=dict)
    reported_name: str = ""
    machine_id: str = ""
    live_until_ms: int = 0
    twins: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MeterOutcome:
    """How the last run of a meter on a host ended, as the agent said in its newest report."""

    meter: str
    outcome: str
    error: str
    seconds: float
    at_ms: int


def host_status(host: Host, now_ms: int) -> HostStatus:
    """Return the status of `host` at `now_ms`: silent after four missed intervals, at least 30 seconds."""
    if host.last_seen_ms is None:
        return HostStatus.NEW
    if not is_heard(host.last_seen_ms, host.interval_seconds, now_ms):
        return HostStatus.SILENT
    return HostStatus.CONFLICT if host.twin_of or host.twins else HostStatus.UP


def is_heard(last_seen_ms: int | None, interval_seconds: float, now_ms: int) -> bool:
    """Tell whether a host that pushes every `interval_seconds` was heard of lately enough to be up."""
    patience_seconds = max(SILENT_AFTER_SECONDS_MIN, SILENT_AFTER_INTERVALS * interval_seconds)
    return last_seen_ms is not None and now_ms - last_seen_ms <= patience_seconds * 1000
