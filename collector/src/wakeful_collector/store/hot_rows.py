"""Hot rows of a host read back as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from wakeful_collector.model.table import EMPTY, Table, in_order, merge
from wakeful_collector.store.catalogue import schema_numbers
from wakeful_collector.store.hot import read_ticks

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Mapping, Sequence

    from wakeful_collector.model.table import Floats, Ints


class HotRow(NamedTuple):
    """One push's ticks: a row of `values` a tick, a column a series of the schema."""

    id: int
    from_ms: int
    to_ms: int
    schema: int
    times_ms: Ints
    values: Floats


def rows(
    connection: sqlite3.Connection, host: int, from_ms: int, to_ms: int, most: int = -1, values_most: int | None = None
) -> list[HotRow]:
    """Return the rows with a tick in `from_ms <= time < to_ms`, in order of arrival, at most so many.

    With `values_most` the row is the last one with which there are so many values.
    """
    read: list[HotRow] = []
    size = 0
    for row in _stored(connection, host, from_ms, to_ms, most):
        read.append(row)
        size += row.values.size
        if values_most is not None and size >= values_most:
            break
    return read


def _stored(connection: sqlite3.Connection, host: int, from_ms: int, to_ms: int, most: int = -1) -> Iterator[HotRow]:
    found = connection.execute(
        "SELECT id, from_ms, to_ms, schema, ticks FROM hot WHERE host = ? AND to_ms >= ? AND from_ms < ? "
        "ORDER BY id LIMIT ?",
        (host, from_ms, to_ms, most),
    )
    for row in found:
        yield HotRow(row[0], row[1], row[2], row[3], *read_ticks(row[4]))


def schemas(connection: sqlite3.Connection, ids: set[int]) -> dict[int, Ints]:
    """Return the numbers of the series of each schema."""
    found = {}
    for number in ids:
        packed = connection.execute("SELECT series FROM schemas WHERE id = ?", (number,)).fetchone()[0]
        found[number] = schema_numbers(packed)
    return found


def table(connection: sqlite3.Connection, found: Sequence[HotRow]) -> Table:
    """Return one table of hot rows."""
    return _table(found, schemas(connection, {row.schema for row in found}))


def read(connection: sqlite3.Connection, host: int, from_ms: int, to_ms: int, keys: Ints | None = None) -> Table:
    """Return what is hot of a host in the span, of the given series only (all where None)."""
    numbers: dict[int, Ints] = {}
    columns: dict[int, Ints] = {}
    found: list[HotRow] = []
    for row in _stored(connection, host, from_ms, to_ms):
        if row.schema not in numbers:
            known = schemas(connection, {row.schema})[row.schema]
            columns[row.schema] = np.flatnonzero(np.isin(known, known if keys is None else keys))
            numbers[row.schema] = known[columns[row.schema]]
        # Cut down to what is asked for at once: whole, two hours of pushes every second are tens of megabytes.
        found.append(row._replace(times_ms=row.times_ms.copy(), values=row.values[:, columns[row.schema]]))
    return _table(found, numbers).between(from_ms, to_ms)


def _table(found: Sequence[HotRow], numbers: Mapping[int, Ints]) -> Table:
    tables: list[Table] = []
    start = 0
    for at in range(1, len(found) + 1):
        if at == len(found) or found[at].schema != found[start].schema:
            tables.append(one_schema(found[start:at], numbers[found[start].schema]))
            start = at
    return merge(tables) if tables else EMPTY


def one_schema(found: Sequence[HotRow], numbers: Ints, keys: Ints | None = None) -> Table:
    """Return one table, of the given series only (all where None), of rows whose values are of the series `numbers`."""
    if keys is not None:
        columns = np.flatnonzero(np.isin(numbers, keys))
        numbers, found = numbers[columns], [row._replace(values=row.values[:, columns]) for row in found]
    if not len(numbers):
        return EMPTY
    times = np.concatenate([row.times_ms for row in found])
    return in_order(times, numbers, np.concatenate([row.values for row in found]))
