"""Samples of one host as a table: a row a series, a column a time, NaN where there is no value."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Sequence

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


class Table(NamedTuple):
    """Times (ms, rising), keys (numbers that stand for series, rising) and values (a row a key, a column a time)."""

    times_ms: Ints
    keys: Ints
    values: Floats

    def between(self, from_ms: int, to_ms: int) -> Table:
        """Return the columns with `from_ms <= time < to_ms`."""
        first, last = np.searchsorted(self.times_ms, (from_ms, to_ms))
        return Table(self.times_ms[first:last], self.keys, self.values[:, first:last])

    def row(self, key: int) -> Floats | None:
        """Return the values of one series; None when it is not there."""
        at = int(np.searchsorted(self.keys, key))
        return self.values[at] if at < len(self.keys) and self.keys[at] == key else None


EMPTY = Table(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros((0, 0)))


def in_order(times_ms: Ints, keys: Ints, values: Floats) -> Table:
    """Return the table of ticks as they were written (a row of `values` each); of equal times the last value counts."""
    sorted_keys = np.argsort(keys, kind="stable")
    values = values[:, sorted_keys]
    if (np.diff(times_ms) > 0).all():
        return Table(times_ms, keys[sorted_keys], np.ascontiguousarray(values.T))
    unique, place = np.unique(times_ms, return_inverse=True)
    merged = np.full((len(unique), len(keys)), np.nan)
    _, firsts = np.unique(times_ms, return_index=True)
    merged[place[firsts]] = values[firsts]
    again = np.ones(len(times_ms), bool)
    again[firsts] = False
    for tick in np.flatnonzero(again):
        known = ~np.isnan(values[tick])
        merged[place[tick], known] = values[tick, known]
    return Table(unique, keys[sorted_keys], np.ascontiguousarray(merged.T))


def merge(tables: Sequence[Table]) -> Table:
    """Return one table of several; where two know a value of the same series and time, the later table's counts."""
    tables = [table for table in tables if len(table.times_ms) and len(table.keys)]
    if len(tables) < 2:
        return tables[0] if tables else EMPTY
    keys = np.unique(np.concatenate([table.keys for table in tables]))
    if _follow(tables) and all(len(table.keys) == len(keys) for table in tables):
        times = np.concatenate([table.times_ms for table in tables])
        return Table(times, keys, np.concatenate([table.values for table in tables], axis=1))
    times = np.unique(np.concatenate([table.times_ms for table in tables]))
    values = np.full((len(keys), len(times)), np.nan)
    for table in tables:
        where = np.ix_(np.searchsorted(keys, table.keys), np.searchsorted(times, table.times_ms))
        values[where] = np.where(np.isnan(table.values), values[where], table.values)
    return Table(times, keys, values)


def _follow(tables: Sequence[Table]) -> bool:
    return all(one.times_ms[-1] < two.times_ms[0] for one, two in zip(tables, tables[1:], strict=False))
