"""One host's hot rows become chunks: the samples as they came, and their buckets in every tier."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from wakeful_collector.model.table import Table, merge
from wakeful_collector.model.tiers import roll_up
from wakeful_collector.store import chunks, codec, history, hot_rows, sealing
from wakeful_collector.store.catalogue import catalogue
from wakeful_collector.store.hot import pack_arrays

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from pathlib import Path

    from wakeful_collector.store.catalogue import Catalogue
    from wakeful_collector.store.hot_rows import HotRow
    from wakeful_collector.store.sealing import Newest, Remainder, Sealed

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
LOOK_BACK_MS = HOUR_MS // 6
ROWS_MAX = 4_000
VALUES_MAX = 8_000_000
"""Hot rows, and about how many values of 8 bytes, that one fold takes; a longer backlog is folded in several steps."""


def fold(data: Path, connection: sqlite3.Connection, host: int, cut_ms: int, raw_from_ms: int, now_ms: int) -> bool:
    """Seal and roll up a host's samples older than `cut_ms` (a whole hour); return whether all of them were taken.

    Where samples of before `raw_from_ms` are no longer kept, buckets that exist are left as they are. Raises
    MovedError when the rows were moved meanwhile.
    """
    with history.looking(data) as reader:
        rows = hot_rows.rows(reader, host, 0, cut_ms, ROWS_MAX, VALUES_MAX)
        if not rows:
            return True
        samples = hot_rows.table(reader, rows).between(0, cut_ms)
        known = catalogue(data)  # as this look has it: no row speaks of a series that it does not know
        sealed: list[Sealed] = []
        for day in np.unique(samples.times_ms // DAY_MS).tolist():
            piece = samples.between(day * DAY_MS, (day + 1) * DAY_MS)
            sealed += _sealed(reader, known, host, piece, raw_from_ms)
    complete = len(rows) < ROWS_MAX and sum(row.values.size for row in rows) < VALUES_MAX
    remainders = [_remainder(row, cut_ms) for row in rows if row.to_ms >= cut_ms]
    gone = [row.id for row in rows if row.to_ms < cut_ms]
    sealing.seal(connection, host, gone, remainders, sealed, _newest(rows), now_ms if complete else None)
    return complete


def _sealed(reader: sqlite3.Connection, known: Catalogue, host: int, piece: Table, raw_from_ms: int) -> list[Sealed]:
    from_ms = int(piece.times_ms[0]) // HOUR_MS * HOUR_MS
    to_ms = (int(piece.times_ms[-1]) // HOUR_MS + 1) * HOUR_MS
    if chunks.spans(reader, host, chunks.RAW, to_ms, to_ms + HOUR_MS):
        to_ms += HOUR_MS  # late samples: the first rate of what follows them is now known
    around = merge([*chunks.read(reader, host, chunks.RAW, from_ms - LOOK_BACK_MS, to_ms), piece])
    counters = known.counters(around.keys)
    tiers = {tier: roll_up(around, counters, tier * 1000, from_ms, to_ms) for tier in chunks.TIERS_SECONDS}
    if from_ms < raw_from_ms:
        for tier, table in tiers.items():
            tiers[tier] = merge([table, *chunks.read(reader, host, tier, from_ms, to_ms)])
    return sealing.pack({chunks.RAW: piece, **tiers}, codec.LEVEL_FRESH)


def _remainder(row: HotRow, cut_ms: int) -> Remainder:
    later = row.times_ms >= cut_ms
    times = row.times_ms[later]
    return sealing.Remainder(row.id, int(times[0]), pack_arrays(times, row.values[later]))


def _newest(rows: Sequence[HotRow]) -> Newest:
    """Return the last two ticks of the newest row's schema: two, so that counters have a rate."""
    newest = max(rows, key=lambda row: row.to_ms)
    alike = sorted((row for row in rows if row.schema == newest.schema), key=lambda row: row.to_ms)[-2:]
    times = np.concatenate([row.times_ms for row in alike])
    values = np.concatenate([row.values for row in alike])
    last = np.argsort(times, kind="stable")[-2:]
    return sealing.Newest(newest.to_ms, newest.schema, pack_arrays(times[last], values[last]))
