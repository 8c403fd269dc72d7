"""The one place that asks what time it is; everybody else is told."""

from __future__ import annotations

import time
from datetime import UTC, datetime


def now_ms() -> int:
    """Return the time in whole milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


def monotonic_seconds() -> float:
    """Return seconds of a clock that never jumps; only differences of it mean something."""
    return time.monotonic()


def rfc3339(at_ms: int) -> str:
    """Return `at_ms` (milliseconds since the epoch) as `2026-11-21T10:00:00Z`."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
