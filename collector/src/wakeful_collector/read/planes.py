"""A host's series laid on a time axis, from the tier that fits the span and has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from wakeful_collector.model import axis as axes
from wakeful_collector.model.interval import usual_interval
from wakeful_collector.model.rollup import buckets, groups, rounded
from wakeful_collector.model.table import merge
from wakeful_collector.store import chunks, history, hot_rows

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from wakeful_collector.model.axis import Axis, Laid
    from wakeful_collector.model.rollup import Flags
    from wakeful_collector.model.table import Floats, Ints, Table
    from wakeful_collector.store.history import Extent

LOOK_BACK_MS = 15 * 60 * 1000
"""How far before the span to look for the sample that a first rate or a slow meter's line starts from."""

_DIGITS = 8
"""Means of means are rounded to so many digits, as those of the tiers are: more would be noise that has to travel."""

_TIER_SLACK_MS = 2 * 3600 * 1000
TIERS = (chunks.RAW, *chunks.TIERS_SECONDS)


class Plane(NamedTuple):
    """Series (by number) on an axis; `coarse` says that a bucket may hold several samples."""

    axis: Axis
    numbers: Ints
    laid: Laid
    tier: int
    coarse: bool


class Query(NamedTuple):
    """Which series of which host, from when to when, in at most how many buckets."""

    host: int
    numbers: Ints
    counters: Flags
    from_ms: int
    to_ms: int
    points: int

    @property
    def seconds(self) -> float:
        """How long a bucket should be."""
        return (self.to_ms - self.from_ms) / 1000 / self.points


def plane(connection: sqlite3.Connection, query: Query) -> Plane:
    """Return the asked series from the tier that fits, what is not rolled up yet from the samples themselves."""
    extents = history.extents(connection, query.host)
    tier = pick_tier(extents, query)
    rolled_until = query.from_ms
    if tier != chunks.RAW and tier in extents:
        rolled_until = max(query.from_ms, (extents[tier].to_ms or 0) + tier * 1000)
    sealed = chunks.read(connection, query.host, chunks.RAW, rolled_until - LOOK_BACK_MS, query.to_ms, query.numbers)
    hot = hot_rows.read(connection, query.host, query.from_ms - LOOK_BACK_MS, query.to_ms, query.numbers)
    samples = merge([*sealed, hot])
    if tier == chunks.RAW:
        return _raw_plane(query, samples)
    return _rolled_plane(connection, query, tier, samples)


def pick_tier(extents: Mapping[int, Extent], query: Query) -> int:
    """Return the coarsest tier that still fills the buckets, or one coarser yet where that does not reach back."""
    fitting = max(tier for tier in TIERS if tier <= max(query.seconds, 0))
    needed = max(query.from_ms, min((extent.from_ms for extent in extents.values()), default=query.from_ms))
    for tier in TIERS[TIERS.index(fitting) :]:
        if tier in extents and extents[tier].from_ms - _TIER_SLACK_MS <= needed:
            return tier
    return fitting


def _raw_plane(query: Query, samples: Table) -> Plane:
    found = list(groups(samples, _counters(query, samples)))
    pauses = [usual_interval(group.times_ms) for group in found]
    fastest = min((pause for pause in pauses if pause), default=0)
    axis = axes.axis(query.from_ms, query.to_ms, axes.step_at_least(max(query.seconds, fastest / 1000)))
    laid = axes.empty(len(samples.keys), axis)
    for group in found:
        axes.lay(laid, axis, group, buckets(group, axis.step_ms))
    return Plane(axis, samples.keys, laid, chunks.RAW, axis.step_ms > fastest)


def _rolled_plane(connection: sqlite3.Connection, query: Query, tier: int, samples: Table) -> Plane:
    axis = axes.axis(query.from_ms, query.to_ms, axes.step_at_least(max(query.seconds, tier)))
    rolled = history.rolled(connection, query.host, tier, axis.from_ms, axis.to_ms, query.numbers)
    numbers = np.union1d(rolled.mean.keys, samples.keys)
    old, new = axes.empty(len(numbers), axis), axes.empty(len(numbers), axis)
    places = np.searchsorted(numbers, rolled.mean.keys)
    for group in groups(rolled.mean, np.zeros(len(rolled.mean.keys), bool)):
        times = np.searchsorted(rolled.mean.times_ms, group.times_ms)
        where = np.ix_(group.rows, times)
        folded = buckets(group, axis.step_ms, rolled.least[where], rolled.most[where])
        folded = folded._replace(mean=rounded(folded.mean, _DIGITS))
        axes.lay(old, axis, group._replace(rows=places[group.rows]), folded)
    places = np.searchsorted(numbers, samples.keys)
    for group in groups(samples, _counters(query, samples)):
        axes.lay(new, axis, group._replace(rows=places[group.rows]), buckets(group, axis.step_ms))
    return Plane(axis, numbers, _joined(old, new), tier, coarse=True)


def _joined(old: Laid, new: Laid) -> Laid:
    mean: Floats = np.where(np.isnan(old.mean), new.mean, old.mean)
    return axes.Laid(mean, np.fmin(old.least, new.least), np.fmax(old.most, new.most))


def _counters(query: Query, table: Table) -> Flags:
    return query.counters[np.searchsorted(query.numbers, table.keys)]
