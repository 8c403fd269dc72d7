"""A chart's time axis: readable steps, and values laid on it so that slow series draw a line and gaps stay gaps."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from wakeful_collector.model.rollup import Buckets, Group
    from wakeful_collector.model.table import Floats, Ints

STEPS_SECONDS = (
    *(1, 2, 5, 10, 15, 20, 30, 60, 120, 180, 300, 600, 900, 1200, 1800, 3600, 7200, 10800, 14400, 21600, 43200),
    *(86_400 * days for days in (1, 2, 4, 7, 14, 28, 56)),
)


class Axis(NamedTuple):
    """Buckets of `step_ms` from `from_ms` on (a multiple of the step), `size` of them."""

    from_ms: int
    step_ms: int
    size: int

    @property
    def to_ms(self) -> int:
        """The end of the last bucket."""
        return self.from_ms + self.size * self.step_ms

    def times_ms(self) -> Ints:
        """Return the start of each bucket."""
        return self.from_ms + np.arange(self.size, dtype=np.int64) * self.step_ms


class Laid(NamedTuple):
    """Values on an axis: a row a series, NaN where there is nothing."""

    mean: Floats
    least: Floats
    most: Floats


def step_at_least(seconds: float) -> int:
    """Return the smallest readable step in ms that is at least this long."""
    return 1000 * next((step for step in STEPS_SECONDS if step >= seconds), int(np.ceil(seconds / 86_400)) * 86_400)


def axis(from_ms: int, to_ms: int, step_ms: int) -> Axis:
    """Return the axis of whole buckets that covers the span."""
    first = from_ms // step_ms * step_ms
    return Axis(first, step_ms, max(1, -(-(to_ms - first) // step_ms)))


def empty(rows: int, axis: Axis) -> Laid:
    """Return a plane with nothing on it."""
    return Laid(*(np.full((rows, axis.size), np.nan) for _ in range(3)))


def lay(laid: Laid, axis: Axis, group: Group, found: Buckets) -> None:
    """Put a group's buckets on the axis; a value also fills the empty buckets that it speaks for."""
    places = (found.starts_ms - axis.from_ms) // axis.step_ms
    source, target = _spread(axis, group, places)
    inside = (target >= 0) & (target < axis.size)
    where = np.ix_(group.rows, target[inside])
    for plane, values in ((laid.mean, found.mean), (laid.least, found.least), (laid.most, found.most)):
        plane[where] = values[:, source[inside]]


def _spread(axis: Axis, group: Group, places: Ints) -> tuple[Ints, Ints]:
    """Return which bucket (an index into `places`) each place on the axis takes its value from."""
    index = (group.times_ms - axis.from_ms) // axis.step_ms
    firsts = np.searchsorted(index, places)
    if group.rate:
        since = group.times_ms[firsts] - (group.seconds[firsts] * 1000).astype(np.int64)
        least = np.maximum((since - axis.from_ms) // axis.step_ms + 1, np.concatenate(([-(2**40)], places[:-1] + 1)))
        most = places
    else:
        lasts = np.searchsorted(index, places, side="right") - 1
        reach = (group.seconds[lasts] * 1000).astype(np.int64)
        least = places
        most = np.minimum(places + np.maximum(0, reach - 1) // axis.step_ms, np.append(places[1:] - 1, 2**40))
    least = np.minimum(np.maximum(least, -1), places)
    most = np.maximum(np.minimum(most, axis.size), places)
    counts = most - least + 1
    source = np.repeat(np.arange(len(places)), counts)
    target = np.repeat(least, counts) + np.arange(len(source)) - np.repeat(np.cumsum(counts) - counts, counts)
    return source, target
