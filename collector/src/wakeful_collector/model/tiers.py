"""History rolled up: mean, least, most and last of each series and bucket, as a table of columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from wakeful_collector.model.rollup import buckets, groups, rounded
from wakeful_collector.model.table import Table

if TYPE_CHECKING:
    from wakeful_collector.model.rollup import Buckets, Flags, Group
    from wakeful_collector.model.table import Floats

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
    plain = np.zeros(len(samples.keys), bool)
    for group in groups(samples, plain):
        found = buckets(group, step_ms)
        gauges = ~counters[group.rows]
        _place(planes, group, found, first, step_ms, [3], np.ones(len(gauges), bool))
        _place(planes, group, found, first, step_ms, [0, 1, 2], gauges)
    for group in groups(samples, counters):
        if group.rate and len(group.times_ms):
            _place(planes, group, buckets(group, step_ms), first, step_ms, [0, 1, 2], np.ones(len(group.rows), bool))
    keys = (samples.keys[:, None] * STATS + _OFFSETS).ravel()
    times = (first + np.arange(size, dtype=np.int64)) * step_ms
    return _used(Table(times, keys, planes.reshape(len(keys), size)))


def _place(
    planes: Floats, group: Group, found: Buckets, first: int, step_ms: int, stats: list[int], chosen: Flags
) -> None:
    slots = found.starts_ms // step_ms - first
    inside = (slots >= 0) & (slots < planes.shape[2])
    for stat in stats:
        values = (found.mean, found.least, found.most, found.last)[stat][chosen][:, inside]
        if stat < 3 and values.size:
            values = rounded(values, _DIGITS)
        planes[:, stat][np.ix_(group.rows[chosen], slots[inside])] = values


def _used(table: Table) -> Table:
    known = ~np.isnan(table.values).all(axis=0)
    return Table(table.times_ms[known], table.keys, table.values[:, known])
