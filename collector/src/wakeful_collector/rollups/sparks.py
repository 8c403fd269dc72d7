"""Keeps each host's last hour at one value a minute, for the fleet page."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from wakeful_collector.model import axis as axes
from wakeful_collector.model.rollup import buckets, groups
from wakeful_collector.store import database, history, sealing, sparks
from wakeful_collector.store.catalogue import Catalogue, catalogue

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

    from wakeful_collector.model.table import Floats, Ints

MINUTE_MS = 60_000
LOOK_BACK_MS = 3 * MINUTE_MS
SOURCES = (
    "system.cpu.utilization",
    "system.memory.utilization",
    "system.disk.io_time",
    "system.network.io",
)
"""Which metric each figure comes from; disk is the busiest device's share of time, network the sum of all but lo."""


class _Wanted(NamedTuple):
    numbers: Ints
    figures: Ints
    known: Catalogue


def refresh_sparks(data: Path, now_ms: int) -> int:
    """Bring every host's last hour up to the minute that just ended; return how many hosts were brought forward."""
    until_ms = now_ms // MINUTE_MS * MINUTE_MS
    wanted = _wanted(catalogue(data))
    with history.looking(data) as reader:
        before = sparks.read(reader)
        grids = {}
        for host in sealing.hosts(reader):
            since_ms, grid = before.get(host, (0, np.full((len(sparks.FIGURES), sparks.MINUTES), np.nan)))
            if since_ms > until_ms:
                since_ms = 0  # the clock was set back: draw the hour anew
            if since_ms < until_ms:
                grids[host] = _forward(reader, host, wanted, grid, since_ms, until_ms)
    if grids:
        with closing(database.writer(data, "samples")) as connection:
            sparks.write(connection, until_ms, grids)
    return len(grids)


def _wanted(known: Catalogue) -> _Wanted:
    found = [
        (number, figure)
        for figure, name in enumerate(SOURCES)
        for number in known.numbers.get(name, ())
        if known.series[number].labels.get("device") != "lo"
    ]
    pairs = np.array(sorted(found), np.int64).reshape(-1, 2)
    return _Wanted(pairs[:, 0], pairs[:, 1], known)


def _forward(
    reader: sqlite3.Connection, host: int, wanted: _Wanted, grid: Floats, since_ms: int, until_ms: int
) -> Floats:
    minutes = min(sparks.MINUTES, (until_ms - since_ms) // MINUTE_MS)
    axis = axes.axis(until_ms - minutes * MINUTE_MS, until_ms, MINUTE_MS)
    samples = history.raw(reader, host, axis.from_ms - LOOK_BACK_MS, until_ms, wanted.numbers)
    laid = axes.empty(len(samples.keys), axis)
    for group in groups(samples, wanted.known.counters(samples.keys)):
        if len(group.times_ms):
            axes.lay(laid, axis, group, buckets(group, MINUTE_MS))
    new = np.full((len(sparks.FIGURES), minutes), np.nan)
    figures = wanted.figures[np.searchsorted(wanted.numbers, samples.keys)]
    for figure in range(len(sparks.FIGURES)):
        rows = laid.mean[figures == figure]
        if len(rows):
            joined = np.nansum(rows, axis=0) if figure == 3 else np.fmax.reduce(rows, axis=0)
            new[figure] = np.where(np.isnan(rows).all(axis=0), np.nan, joined)
    return np.concatenate((grid[:, minutes:], new), axis=1)
