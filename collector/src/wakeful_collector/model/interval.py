"""How often a series was sampled, and therefore which pause is a gap."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from wakeful_collector.model.table import Floats, Ints

GAP_INTERVALS = 2.5
_NEAR = 3


def intervals(times_ms: Ints) -> Floats:
    """Return for each pause between two samples the interval (ms) that held around it.

    It is the larger of the medians of the pauses before and behind, so that a change of pace (5 s, then 15 s) is no
    gap and a pause among regular samples is one.
    """
    pauses = np.diff(times_ms).astype(np.float64)
    if len(pauses) < 3:
        return np.full(len(pauses), pauses.min() if len(pauses) else 0.0)
    edge = np.full(_NEAR, np.nan)
    medians = _medians(np.lib.stride_tricks.sliding_window_view(np.concatenate((edge, pauses, edge)), _NEAR))
    before, behind = medians[: len(pauses)], medians[_NEAR + 1 :].copy()
    behind[-2] = np.nan  # a single pause behind says too little
    return np.asarray(np.fmax(before, behind))


def gaps(times_ms: Ints) -> npt.NDArray[np.bool_]:
    """Return for each pause between two samples whether it is a gap: longer than 2.5 intervals."""
    return np.asarray(np.diff(times_ms) > GAP_INTERVALS * intervals(times_ms))


def usual_interval(times_ms: Ints) -> int | None:
    """Return the usual pause in ms; None with fewer than two samples."""
    return int(np.median(np.diff(times_ms))) if len(times_ms) > 1 else None


def _medians(windows: Floats) -> Floats:
    """Return the lower median of what each window knows; NaN where it knows nothing."""
    known = np.maximum(1, (~np.isnan(windows)).sum(axis=1))
    return np.asarray(np.sort(windows, axis=1)[np.arange(len(windows)), (known - 1) // 2])
