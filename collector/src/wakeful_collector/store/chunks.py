"""Sealed chunks in `samples.db`: written whole, read by span and by series."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, cast

import numpy as np

from wakeful_collector.model.table import Table
from wakeful_collector.store import codec
from wakeful_collector.store.codec_head import read_head
from wakeful_collector.store.database import Reader
from wakeful_collector.store.kept_columns import KeptColumns

if TYPE_CHECKING:
    import sqlite3

    import numpy.typing as npt

    from wakeful_collector.model.table import Ints

RAW = 0
TIERS_SECONDS = (60, 600, 3600)
"""Widths of the buckets that history is rolled up to."""

_WHOLE_BODY_BYTES = 64 * 1024
_columns = KeptColumns()


class Span(NamedTuple):
    """Where a chunk lies in time: `from_ms` is its first time, `to_ms` its last."""

    id: int
    from_ms: int
    to_ms: int


def spans(connection: sqlite3.Connection, host: int, tier: int, from_ms: int, to_ms: int) -> list[Span]:
    """Return the chunks with a time in `from_ms <= time < to_ms`, in order of writing."""
    rows = connection.execute(
        "SELECT id, from_ms, to_ms FROM chunks WHERE host = ? AND tier = ? AND to_ms >= ? AND from_ms < ? ORDER BY id",
        (host, tier, from_ms, to_ms),
    )
    return [Span(*row) for row in rows]


def bounds(connection: sqlite3.Connection, host: int) -> dict[int, tuple[int, int]]:
    """Return the first and the last time that each tier has of a host."""
    rows = connection.execute("SELECT tier, min(from_ms), max(to_ms) FROM chunks WHERE host = ? GROUP BY tier", (host,))
    return {row[0]: (row[1], row[2]) for row in rows}


def read(
    connection: sqlite3.Connection, host: int, tier: int, from_ms: int, to_ms: int, keys: Ints | None = None
) -> list[Table]:
    """Return what the chunks hold of the given keys (all where None) in the span, in order of writing."""
    tables = [_kept(connection, span, keys) for span in spans(connection, host, tier, from_ms, to_ms)]
    return [table.between(from_ms, to_ms) for table in tables]


def read_one(connection: sqlite3.Connection, chunk: int, keys: Ints | None = None) -> Table:
    """Return one chunk's columns of the given keys (rising; all where None); of a large body little is read for few."""
    packed, size = connection.execute("SELECT head, length(body) FROM chunks WHERE id = ?", (chunk,)).fetchone()
    head = read_head(packed)
    rows = np.arange(len(head.keys)) if keys is None else _places(head.keys, keys)
    if not len(rows):
        return Table(head.times_ms, head.keys[rows], np.zeros((0, len(head.times_ms))))
    if size < _WHOLE_BODY_BYTES or len(rows) > len(head.keys) // 4:
        body = connection.execute("SELECT body FROM chunks WHERE id = ?", (chunk,)).fetchone()[0]
        return Table(head.times_ms, head.keys[rows], codec.decode(head, body, rows))
    with connection.blobopen("chunks", "body", chunk, readonly=True) as handle:
        return Table(head.times_ms, head.keys[rows], codec.decode(head, cast("codec.Body", handle), rows))


def _kept(connection: sqlite3.Connection, span: Span, keys: Ints | None) -> Table:
    if keys is None or not isinstance(connection, Reader):
        return read_one(connection, span.id, keys)
    key = (connection.place, span, keys.tobytes())
    table = _columns.get(key)
    if table is None:
        table = read_one(connection, span.id, keys)
        _columns.keep(key, table)
    return table


def _places(known: Ints, keys: Ints) -> npt.NDArray[np.intp]:
    """Return where rising `keys` lie in rising `known`, those that are there."""
    if not len(known):
        return np.zeros(0, np.intp)
    places = np.searchsorted(known, keys)
    places[places == len(known)] = 0
    there: npt.NDArray[np.intp] = places[known[places] == keys]
    return there


def pack(table: Table, level: int) -> codec.Chunk:
    """Pack a table; takes no lock, so do it before the transaction."""
    return codec.encode(table.times_ms, table.keys, table.values, level)


def put(connection: sqlite3.Connection, host: int, tier: int, table: Table, chunk: codec.Chunk) -> None:
    """Store a packed table, within the caller's transaction."""
    if len(table.times_ms):
        connection.execute(
            "INSERT INTO chunks (host, tier, from_ms, to_ms, head, body) VALUES (?, ?, ?, ?, ?, ?)",
            (host, tier, int(table.times_ms[0]), int(table.times_ms[-1]), *chunk),
        )
