"""The newest value of every series, for the fleet page, the host page and /metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from wakeful_collector.model.rollup import rates
from wakeful_collector.model.sample import LatestSample
from wakeful_collector.store import history
from wakeful_collector.store import latest as stored
from wakeful_collector.store.catalogue import Catalogue, catalogue

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from wakeful_collector.model.table import Ints, Table


SELDOM_MS = 65 * 60_000
"""How far back the value of a meter that runs seldom is looked for: no interval is longer than an hour."""


def latest(data: Path, host_key: int, names: Collection[str] | None = None) -> list[LatestSample]:
    """Return the newest value of each series of a host, by name and labels; empty when it never pushed.

    Only metrics of these names where given. What a meter that runs seldom read within the last hour counts, also when
    it is sealed already.
    """
    with history.looking(data) as connection:
        known = catalogue(data)  # as this look has it: no row speaks of a series that it does not know
        wanted = None if names is None else _numbers(known, names)
        table = stored.newest(connection, wanted, host_key).get(host_key)
        if table is None:
            return []
        found = _samples(table, known)
        missing = table.keys[np.isnan(table.values).all(axis=1)]
        if len(missing):
            from_ms = int(table.times_ms[-1]) - SELDOM_MS
            found += _samples(history.raw(connection, host_key, from_ms, int(table.times_ms[0]), missing), known)
            found.sort(key=_by_name)
    return found


def latest_of_all(data: Path, names: Collection[str] | None = None) -> dict[int, list[LatestSample]]:
    """Return the newest value of each series of every host by its key; only metrics of these names where given."""
    with history.looking(data) as connection:
        known = catalogue(data)
        if names is None:
            tables = stored.newest(connection, None)
            return {host: _samples(table, known) for host, table in tables.items()}
        numbers = _numbers(known, names).tolist()
        found = stored.newest_of(connection, {number: 1 + known.series[number].counter for number in numbers})
    return {host: _few(some, known) for host, some in found.items()}


def _numbers(known: Catalogue, names: Collection[str]) -> Ints:
    return np.array(sorted(number for name in set(names) for number in known.numbers.get(name, ())), np.int64)


def _few(found: stored.Found, known: Catalogue) -> list[LatestSample]:
    samples = []
    for number, newest in found.items():
        if newest:
            one = known.series[number]
            rate = None
            if one.counter and len(newest) == 2:
                (time_ms, value), (before_ms, before) = newest
                rate = float(rates(np.array([before_ms, time_ms]), np.array([[before, value]]))[0, 0])
            samples.append(LatestSample(one.name, one.labels, newest[0][1], newest[0][0], rate))
    samples.sort(key=_by_name)
    return samples


def _by_name(sample: LatestSample) -> tuple[str, list[tuple[str, str]]]:
    return sample.name, sorted(sample.labels.items())


def _samples(table: Table, known: Catalogue) -> list[LatestSample]:
    present = ~np.isnan(table.values)
    samples = []
    for row, number in enumerate(table.keys.tolist()):
        at = np.flatnonzero(present[row])[-2:]
        if len(at):
            one = known.series[number]
            values, times = table.values[row, at], table.times_ms[at]
            rate = float(rates(times, values[None, :])[0, 0]) if one.counter and len(at) == 2 else None
            samples.append(LatestSample(one.name, one.labels, float(values[-1]), int(times[-1]), rate))
    samples.sort(key=_by_name)
    return samples
