"""When ticks are: on the wall clock's grid, shifted by a jitter of the agent's own. Pure."""

from __future__ import annotations

import zlib

JITTER_MS_MAX = 3_600_000
LATE_SHARE = 0.05


def jitter_ms(agent_id: str) -> int:
    """Return the shift of this agent's grid in milliseconds; the same at every start."""
    return zlib.crc32(agent_id.encode("utf-8")) % JITTER_MS_MAX


def next_ms(now_ms: int, interval_ms: int, jitter: int) -> int:
    """Return the first time on the grid after `now_ms`."""
    shift = jitter % interval_ms
    return (now_ms - shift) // interval_ms * interval_ms + interval_ms + shift


def stamp_ms(planned_ms: int, now_ms: int, last_ms: int, elapsed_ms: int, interval_ms: int) -> int:
    """Return the time a tick carries: the grid's when it is nearly kept, else the clock's, and always a risen one.

    After the clock was set back, times go on at half speed (`elapsed_ms` of the monotonic clock have passed since
    the last tick) until the clock has caught up: ticks never lie on top of ticks that were already taken.
    """
    kept = 0 <= now_ms - planned_ms <= interval_ms * LATE_SHARE
    time_ms = planned_ms if kept else now_ms
    return time_ms if time_ms > last_ms else last_ms + max(1, elapsed_ms // 2)
