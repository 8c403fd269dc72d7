"""From samples to buckets: mean, least, most and last of gauges, the same of a counter's rate. Pure numbers.

Series that were sampled at the same times are worked on together: what a gap is depends on the times alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from wakeful_collector.model.interval import gaps, intervals

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wakeful_collector.model.table import Floats, Ints, Table

GLITCH_SHARE = 0.5
"""A counter that falls below this share of itself was reset; one that falls less was read unsteadily (as iowait)."""

Flags = npt.NDArray[np.bool_]


class Group(NamedTuple):
    """Series with values at the same times; `rows` are their places in the table.

    `seconds` is the time each value speaks for; a gauge's reaches forward from its time, a rate's (`rate`) backward.
    """

    rows: npt.NDArray[np.intp]
    times_ms: Ints
    values: Floats
    seconds: Floats
    rate: bool


class Buckets(NamedTuple):
    """Values by bucket: `starts_ms` of those that hold something, a row a series in each array."""

    starts_ms: Ints
    mean: Floats
    least: Floats
    most: Floats
    last: Floats


def groups(table: Table, counters: Flags) -> Iterator[Group]:
    """Yield the table's series by when they have values; counters as rates, without a rate across a gap."""
    present = ~np.isnan(table.values)
    known: dict[tuple[bytes, bool], list[int]] = {}
    bits = np.packbits(present, axis=1)
    for row in range(len(bits)):
        known.setdefault((bits[row].tobytes(), bool(counters[row])), []).append(row)
    for (_, rate), members in known.items():
        rows = np.array(members, np.intp)
        where = present[members[0]]
        if where.any():
            values = table.values[rows] if len(rows) < len(bits) else table.values
            full = where.all()
            times, values = (table.times_ms, values) if full else (table.times_ms[where], values[:, where])
            group = Group(rows, times, values, _reach(times), rate=False)
            yield as_rates(group) if rate else group


def as_rates(group: Group) -> Group:
    """Return the rates of a group of counters; none over a gap."""
    sure = ~gaps(group.times_ms)
    seconds = np.diff(group.times_ms) / 1000.0
    found = rates(group.times_ms, group.values)
    if sure.all():
        return Group(group.rows, group.times_ms[1:], found, seconds, rate=True)
    return Group(group.rows, group.times_ms[1:][sure], found[:, sure], seconds[sure], rate=True)


def rates(times_ms: Ints, values: Floats) -> Floats:
    """Return the rate per second over each pause; a counter that was reset counts from nought."""
    rise = np.diff(values, axis=1)
    falls = rise < 0
    if falls.any():
        before, after = values[:, :-1][falls], values[:, 1:][falls]
        rise[falls] = np.where(after < before * GLITCH_SHARE, np.maximum(after, 0.0), 0.0)
    rise /= np.diff(times_ms) / 1000.0
    return rise


def buckets(group: Group, step_ms: int, least: Floats | None = None, most: Floats | None = None) -> Buckets:
    """Fold a group's values into buckets of `step_ms` that start at multiples of it; rates weigh by their time.

    `least` and `most` are the extremes behind each value where the values are means themselves.
    """
    least = group.values if least is None else least
    most = group.values if most is None else most
    index = group.times_ms // step_ms
    if not len(index):
        return Buckets(index, *[group.values] * 4)
    firsts = np.flatnonzero(np.concatenate(([True], np.diff(index) > 0)))
    if len(firsts) == len(index):
        return Buckets(index * step_ms, group.values, least, most, group.values)
    ends = np.append(firsts[1:], len(index)) - 1
    weights = group.seconds if group.rate else np.ones(len(index))
    mean = np.add.reduceat(group.values * weights, firsts, axis=1) / np.add.reduceat(weights, firsts)
    least = np.minimum.reduceat(least, firsts, axis=1)
    most = np.maximum.reduceat(most, firsts, axis=1)
    mean = np.clip(mean, least, most)  # rounding must not leave the range; a lone value stays what it is
    return Buckets(index[firsts] * step_ms, mean, least, most, group.values[:, ends])


def rounded(values: Floats, digits: int = 7) -> Floats:
    """Return each row rounded to about `digits` significant digits of its largest value, so that it packs well."""
    with np.errstate(invalid="ignore"):
        largest = np.nanmax(np.abs(values), axis=1, initial=0.0)
    places = digits - 1 - np.floor(np.log10(np.maximum(largest, 1e-12))).astype(np.int64)
    found = np.empty_like(values)
    for place in np.unique(places):
        rows = places == place
        found[rows] = np.round(values[rows], int(min(max(place, 0), 12))) + 0.0
    return found


def _reach(times_ms: Ints) -> Floats:
    """Return for how long each sample stands: to the next one, or for one interval before a gap and at the end."""
    usual = intervals(times_ms)
    if not len(usual):
        return np.zeros(len(times_ms))
    pauses = np.where(gaps(times_ms, usual), usual, np.diff(times_ms))
    return np.append(pauses, usual[-1]) / 1000.0
