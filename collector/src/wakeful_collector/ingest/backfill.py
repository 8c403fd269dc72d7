"""Writes the past of a host straight into sealed history: for the sample fleet of `demo`, and for imports."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import numpy as np

from wakeful_collector.model.table import Table
from wakeful_collector.model.tiers import roll_up
from wakeful_collector.store import chunks, codec, database, samples, sealing
from wakeful_collector.store.hot import pack_arrays
from wakeful_wire.names import COUNTER, describe
from wakeful_wire.schema import schema_hash

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from wakeful_collector.model.rollup import Flags
    from wakeful_collector.model.table import Floats, Ints
    from wakeful_collector.store.sealing import Sealed
    from wakeful_wire.schema import Series

DAY_MS = 86_400_000
LOOK_BACK_MS = 600_000
_WINDOWS_MS = {60: DAY_MS, 600: 8 * DAY_MS, 3600: 32 * DAY_MS}


def fill(data: Path, host: int, series: Sequence[Series], times_ms: Ints, values: Floats, raw_from_ms: int = 0) -> None:
    """Store ticks of any span: `values` has a row a tick (times rise) and a column a series, NaN = null.

    Writes day chunks, all tiers and the newest ticks, in one transaction at the end; samples from before `raw_from_ms`
    only as tiers, which saves what the retention would drop at once. It does not look for what is there already:
    later pushes of the same times win. Raises StoreFull, StoreBusy.
    """
    if not len(times_ms):
        return
    schema = schema_hash(list(series))
    with closing(database.writer(data, "samples")) as connection:
        with database.transaction(connection):
            samples.add_schema(connection, schema, series)
            numbers = np.array(samples.series_ids(connection, series), np.int64)
        order = np.argsort(numbers)
        table = Table(times_ms.astype(np.int64), numbers[order], np.ascontiguousarray(values.T[order]))
        counters = np.array([describe(series[column].name).kind == COUNTER for column in order.tolist()], bool)
        sealed = list(_sealed(table, counters, raw_from_ms))
        with database.transaction(connection):
            samples.add_schema(connection, schema, series)
            if samples.series_ids(connection, series) != numbers.tolist():
                raise database.StoreBusy("what was packed was forgotten meanwhile; fill it in again")
            for one in sealed:
                chunks.put(connection, host, one.tier, one.table, one.chunk)
            sealing.keep_newest(connection, host, _newest(connection, schema, times_ms[-2:], values[-2:]))


def _sealed(table: Table, counters: Flags, raw_from_ms: int) -> Iterator[Sealed]:
    recent = table.between(raw_from_ms, int(table.times_ms[-1]) + 1)
    for from_ms, to_ms in _windows(recent, DAY_MS):
        yield from sealing.pack({chunks.RAW: recent.between(from_ms, to_ms)}, codec.LEVEL_FRESH)
    for tier, window_ms in _WINDOWS_MS.items():
        for from_ms, to_ms in _windows(table, window_ms):
            around = table.between(from_ms - LOOK_BACK_MS, to_ms)
            yield from sealing.pack({tier: roll_up(around, counters, tier * 1000, from_ms, to_ms)}, codec.LEVEL_FRESH)


def _windows(table: Table, window_ms: int) -> list[tuple[int, int]]:
    return [
        (number * window_ms, (number + 1) * window_ms) for number in np.unique(table.times_ms // window_ms).tolist()
    ]


def _newest(connection: sqlite3.Connection, schema: str, times_ms: Ints, values: Floats) -> sealing.Newest:
    number = connection.execute("SELECT id FROM schemas WHERE hash = ?", (schema,)).fetchone()[0]
    return sealing.Newest(int(times_ms[-1]), number, pack_arrays(times_ms, values))
