from __future__ import annotations

import numpy as np
import pytest

from wakeful_collector.store import database, hot_rows, samples
from wakeful_wire.schema import schema_hash, series

ONE, TWO, THREE = series("a"), series("b"), series("c")


@pytest.fixture
def connection(data):
    connection = database.writer(data, "samples")
    yield connection
    connection.close()


def push(connection, sequence, columns, ticks):
    schema = schema_hash(columns)
    with database.transaction(connection):
        samples.add_schema(connection, schema, columns)
        samples.append(connection, samples.hot_push(1, "run-one-1", sequence, schema, ticks, b"d"), 1)


def test_rows_of_several_schemas_are_one_table(connection):
    push(connection, 0, [TWO, ONE], [(10, [2.0, 1.0])])
    push(connection, 1, [TWO, ONE], [(20, [4.0, None])])
    push(connection, 2, [THREE, ONE], [(30, [5.0, 6.0])])
    found = hot_rows.read(connection, 1, 0, 100)
    assert found.times_ms.tolist() == [10, 20, 30]
    numbers = samples.series_ids(connection, [ONE, TWO, THREE])
    expected = {numbers[0]: [1, np.nan, 6], numbers[1]: [2, 4, np.nan], numbers[2]: [np.nan, np.nan, 5]}
    for number, values in expected.items():
        assert np.array_equal(found.row(number), values, equal_nan=True)
    only = hot_rows.read(connection, 1, 15, 35, np.array([numbers[2]]))
    assert only.times_ms.tolist() == [30]
    assert only.keys.tolist() == [numbers[2]]


def test_rows_are_bounded_and_nothing_is_an_empty_table(connection):
    for at in range(3):
        push(connection, at, [ONE], [(at, [1.0])])
    assert len(hot_rows.rows(connection, 1, 0, 10, 2)) == 2
    assert len(hot_rows.rows(connection, 1, 0, 10, values_most=1)) == 1
    assert hot_rows.read(connection, 2, 0, 10).times_ms.tolist() == []
