"""Moments as people give them: how long ago, or a time of their own clock. Pure, but for their time zone."""

from __future__ import annotations

from datetime import UTC, datetime

from wakeful_collector.remote.failure import usage
from wakeful_collector.remote.moments import seconds_of


def text(at_ms: int) -> str:
    """Return a moment as the API takes it."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def moment(said: str, now_ms: int) -> str:
    """Return `2h` (ago) or `2026-11-21T08:00` (here) as the API takes it; raise Failure for anything else."""
    try:
        return text(now_ms - seconds_of(said) * 1000)
    except ValueError:
        pass
    try:
        return text(round(datetime.fromisoformat(said).astimezone(UTC).timestamp() * 1000))
    except (ValueError, OverflowError):
        raise usage(f"{said!r} is no moment", "a time as 2026-11-21T08:00, or how long ago as 2h or 7d") from None
