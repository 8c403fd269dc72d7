"""History rolled up: mean, least, most and last of each series and bucket, as a table of columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from wakeful_collector.model.rollup import as_rates, buckets, groups, rounded
from wakeful_collector.model.table import Table

if TYPE_CHECKING:
    import numpy.typing as npt

    from wakeful_collector.model.rollup import Buckets, Flags
    from wakeful_collector.model.table import Floats, Ints

STATS = 8
"""A rolled-up series has several columns: key = number of the series * STATS + which. A raw key is the number."""

MEAN, LEAST, MOST, LAST = 1, 2, 3, 4
"""What a column holds. A counter's first three are of its rate a second, its last is the count itself."""

_DIGITS = 8
_OFFSETS = np.array([MEAN, LEAST, MOST, LAST])


def roll_up(samples: Table, counters: Flags, step_ms: int, from_ms: int, to_ms: int) -> Table:
    """Return the buckets of `step_ms` that start within the span; samples before it serve the first rates only.

    Mean, least and most are rounded to 8 digits, the last value is exact.
    """
    first = from_ms // step_ms
    size = max(0, -(-to_ms // step_ms) - first)
    planes = np.full((len(samples.keys), len(_OFFSETS), size), np.nan)
    for group in groups(samples, np.zeros(len(samples.keys), bool)):
        found = buckets(group, step_ms)
        _place(planes, group.rows, found.starts_ms // step_ms - first, {3: found.last})
        counting = counters[group.rows]
        if not counting.all():
            _place_range(planes, group.rows, found, first, step_ms, ~counting)
        if counting.any():
            rates = as_rates(group._replace(rows=group.rows[counting], values=group.values[counting]))
            _place_range(planes, rates.rows, buckets(rates, step_ms), first, step_ms, counting[counting])
    keys = (samples.keys[:, None] * STATS + _OFFSETS).ravel()
    known = ~np.isnan(planes).all(axis=(0, 1))
    times = (first + np.flatnonzero(known).astype(np.int64)) * step_ms
    values = planes.reshape(len(keys), size)
    return Table(times, keys, values if known.all() else values[:, known])


def _place_range(
    planes: Floats, rows: npt.NDArray[np.intp], found: Buckets, first: int, step_ms: int, chosen: Flags
) -> None:
    mean = rounded(found.mean[chosen], _DIGITS)
    lone = found.mean is found.least
    least, most = (
        (mean, mean) if lone else (rounded(found.least[chosen], _DIGITS), rounded(found.most[chosen], _DIGITS))
    )
    _place(planes, rows[chosen], found.starts_ms // step_ms - first, {0: mean, 1: least, 2: most})


def _place(planes: Floats, rows: npt.NDArray[np.intp], slots: Ints, stats: dict[int, Floats]) -> None:
    inside = (slots >= 0) & (slots < planes.shape[2])
    together = inside.all() and len(slots) and slots[-1] - slots[0] == len(slots) - 1
    for stat, values in stats.items():
        if together:
            planes[rows, stat, slots[0] : slots[-1] + 1] = values
        else:
            planes[:, stat][np.ix_(rows, slots[inside])] = values[:, inside]
