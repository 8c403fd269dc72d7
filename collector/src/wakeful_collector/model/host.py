"""A host as the collector knows it, and how its status follows from what was heard of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

SILENT_AFTER_INTERVALS = 4
SILENT_AFTER_SECONDS_MIN = 30.0


class HostStatus(StrEnum):
    """What is known of a host: `new` has never pushed, `silent` stopped pushing, `conflict` is told apart from a clone."""

    UP = "up"
    SILENT = "silent"
    NEW = "new"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class Host:
    """One enrolled machine; times are milliseconds since the epoch, None where there is none yet."""

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


def host_status(host: Host, now_ms: int) -> HostStatus:
    """Return the status of `host` at `now_ms`: silent after four missed intervals, at least 30 seconds."""
    if host.last_seen_ms is None:
        return HostStatus.NEW
    patience_seconds = max(SILENT_AFTER_SECONDS_MIN, SILENT_AFTER_INTERVALS * host.interval_seconds)
    if now_ms - host.last_seen_ms > patience_seconds * 1000:
        return HostStatus.SILENT
    return HostStatus.CONFLICT if host.twin_of else HostStatus.UP
