from __future__ import annotations

import numpy as np
import pytest

from wakeful_collector.model.table import Table
from wakeful_collector.store import chunks, database, history, samples
from wakeful_wire.schema import schema_hash, series


def test_hot_and_sealed_are_one_and_the_hot_counts(data):
    connection = database.writer(data, "samples")
    columns = [series("system.uptime")]
    schema = schema_hash(columns)
    with database.transaction(connection):
        samples.add_schema(connection, schema, columns)
        samples.append(connection, samples.hot_push(1, "run-one-1", 0, schema, [(20, [9.0]), (30, [3.0])], b"d"), 1)
    sealed = Table(np.array([10, 20]), np.array([1]), np.array([[1.0, 2.0]]))
    chunks.put(connection, 1, chunks.RAW, sealed, chunks.pack(sealed, 1))
    with history.looking(data) as reader, history.looking(data) as again:
        assert reader is again
        assert history.raw(reader, 1, 0, 100).values.tolist() == [[1.0, 9.0, 3.0]]
        assert history.raw(reader, 1, 20, 30).values.tolist() == [[9.0]]
        assert history.extents(reader, 1) == {chunks.RAW: (10, 20)}
        assert history.extents(reader, 2) == {}
        connection.execute("DELETE FROM chunks")
        assert history.raw(reader, 1, 0, 100).values.tolist() == [[1.0, 9.0, 3.0]]  # the view does not move
    with history.looking(data) as reader:
        assert history.extents(reader, 1) == {chunks.RAW: (20, None)}
    connection.close()


def test_a_fault_while_looking_lets_go_of_the_view(data):
    with pytest.raises(ZeroDivisionError), history.looking(data):
        raise ZeroDivisionError
    assert not database.reader(data, "samples").in_transaction
