"""A host's history as it lies, hot and sealed together, in one consistent look."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from wakeful_collector.model import tiers
from wakeful_collector.model.subject import FIRST_KEY
from wakeful_collector.model.table import Table, merge
from wakeful_collector.store import chunks, database, hot_rows

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path

    from wakeful_collector.model.table import Floats, Ints


@contextmanager
def looking(data: Path) -> Iterator[sqlite3.Connection]:
    """Yield this thread's reader of the samples with one unmoving view: nothing is missed while it is folded."""
    connection = database.reader(data, "samples")
    with database.translated(database.database_path(data, "samples")):
        if connection.in_transaction:
            yield connection
            return
        connection.execute("BEGIN")
        try:
            yield connection
        finally:
            connection.execute("ROLLBACK")


def raw(connection: sqlite3.Connection, host: int, from_ms: int, to_ms: int, keys: Ints | None = None) -> Table:
    """Return the samples as they came, sealed and hot, with `from_ms <= time < to_ms`."""
    sealed = chunks.read(connection, host, chunks.RAW, from_ms, to_ms, keys)
    return merge([*sealed, hot_rows.read(connection, host, from_ms, to_ms, keys)])


class Rolled(NamedTuple):
    """Rolled-up series: three values a bucket and series."""

    mean: Table
    least: Floats
    most: Floats


def rolled(connection: sqlite3.Connection, host: int, tier: int, from_ms: int, to_ms: int, numbers: Ints) -> Rolled:
    """Return what a tier holds of the given series; the table's keys are the series' numbers."""
    stats = np.array([tiers.MEAN, tiers.LEAST, tiers.MOST])
    keys = (numbers[:, None] * tiers.STATS + stats).ravel()
    found = merge(chunks.read(connection, host, tier, from_ms, to_ms, keys))
    mean, least, most = (found.values[start :: len(stats)] for start in range(len(stats)))
    return Rolled(Table(found.times_ms, found.keys[:: len(stats)] // tiers.STATS, mean), least, most)


class Extent(NamedTuple):
    """From when to when (ms) a tier has history of a host; `to_ms` is its last sealed time, None where all is hot."""

    from_ms: int
    to_ms: int | None


def extents(connection: sqlite3.Connection, host: int) -> dict[int, Extent]:
    """Return what each tier has of a host (raw: hot ones too), those that have something."""
    found = {tier: Extent(*bounds) for tier, bounds in chunks.bounds(connection, host).items()}
    hot = connection.execute("SELECT from_ms FROM hot WHERE host = ? ORDER BY to_ms LIMIT 1", (host,)).fetchone()
    if hot is not None:
        sealed = found.get(chunks.RAW)
        found[chunks.RAW] = (
            Extent(hot[0], None) if sealed is None else Extent(min(hot[0], sealed.from_ms), sealed.to_ms)
        )
    return found


def last_seen(data: Path) -> dict[int, tuple[int, int | None]]:
    """Return for each host when its last new push came and the time of its newest tick, in ms."""
    statement = "SELECT host, max(heard_ms), max(to_ms) FROM runs WHERE host < ? GROUP BY host"
    rows = database.reader(data, "samples").execute(statement, (FIRST_KEY,))
    return {row[0]: (row[1], row[2]) for row in rows}
