"""When filesystems will be full, if they go on filling as they did."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from wakeful_collector.read.series import TooMany, series

if TYPE_CHECKING:
    from pathlib import Path

    from wakeful_collector.model.table import Floats

DAY_MS = 86_400_000
LEAST_SPAN_SECONDS = 1_800.0
FOREVER_SECONDS = 3650 * 86_400.0


def time_to_full(data: Path, host_key: int, now_ms: int) -> dict[str, float | None]:
    """Return for each mountpoint of a host the seconds until it is full, None when it is not filling.

    A straight line through the last day's used and free space; too short a history, or more than ten years, is None.
    A host that tells of thousands has no forecast.
    """
    try:
        answer = series(data, host_key, ["system.filesystem.usage"], now_ms - DAY_MS, now_ms, 288)
    except TooMany:
        return {}
    used = {
        column.labels.get("mountpoint", ""): column for column in answer.columns if column.labels.get("state") == "used"
    }
    free = {
        column.labels.get("mountpoint", ""): column for column in answer.columns if column.labels.get("state") == "free"
    }
    times = np.array(answer.times)
    return {
        mountpoint: _seconds(times, np.array(used[mountpoint].values, float), np.array(column.values, float))
        for mountpoint, column in free.items()
        if mountpoint in used
    }


def _seconds(times: Floats, used: Floats, free: Floats) -> float | None:
    known = ~(np.isnan(used) | np.isnan(free))
    times, used, free = times[known], used[known], free[known]
    if len(times) < 3 or times[-1] - times[0] < LEAST_SPAN_SECONDS:
        return None
    slope = float(np.polyfit(times - times[0], used, 1)[0])
    if slope <= 0:
        return None
    seconds = float(free[-1]) / slope
    return seconds if seconds < FOREVER_SECONDS else None
