"""How often a series was sampled, and therefore which pause is a gap."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from wakeful_collector.model.table import Floats, Ints

GAP_INTERVALS = 2.5
_NEAR = 3
PACE_MS_MAX = 90_000.0
"""A slower pace that has only begun is believed up to here: what is longer is a gap until it comes again."""


def intervals(times_ms: Ints) -> Floats:
    """Return for each pause between two samples the interval (ms) that held around it.

    It is the larger of the medians of the pauses before and behind, so that a change of pace (5 s, then 15 s) is no
    gap and a pause among regular samples is one. The last pause has none behind and speaks for itself.
    """
    pauses = np.diff(times_ms).astype(np.float64)
    if not len(pauses) or pauses.min() == pauses.max():
        return pauses
    edge = np.full(_NEAR, np.nan)
    medians = _medians(np.lib.stride_tricks.sliding_window_view(np.concatenate((edge, pauses, edge)), _NEAR))
    before, behind = medians[: len(pauses)], medians[_NEAR + 1 :].copy()
    for at, speaks in ((-2, pauses[-1]), (-1, pauses[-1])):
        behind[at] = speaks if speaks <= PACE_MS_MAX else np.nan
    found = np.fmax(before, behind)
    return np.asarray(np.where(np.isnan(found), pauses.min(), found))


def gaps(times_ms: Ints, held: Floats | None = None) -> npt.NDArray[np.bool_]:
    """Return for each pause between two samples whether it is a gap: longer than 2.5 `held` intervals."""
    return np.asarray(np.diff(times_ms) > GAP_INTERVALS * (intervals(times_ms) if held is None else held))


def usual_interval(times_ms: Ints) -> int | None:
    """Return the usual pause in ms; None with fewer than two samples."""
    return int(np.median(np.diff(times_ms))) if len(times_ms) > 1 else None


def _medians(windows: Floats) -> Floats:
    """Return the lower median of what each window knows; NaN where it knows nothing."""
    known = np.maximum(1, (~np.isnan(windows)).sum(axis=1))
    return np.asarray(np.sort(windows, axis=1)[np.arange(len(windows)), (known - 1) // 2])
