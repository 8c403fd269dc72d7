from __future__ import annotations

import numpy as np

from wakeful_collector.model.table import Table
from wakeful_collector.store import chunks, database


def test_chunks_are_read_by_span_and_by_key(data):
    connection = database.writer(data, "samples")
    generator = np.random.default_rng(1)
    whole = Table(np.arange(2000) * 1000, np.arange(100), np.round(generator.normal(0, 50, (100, 2000)), 2))
    for from_ms, to_ms in ((0, 1_000_000), (1_000_000, 2_000_000)):
        piece = whole.between(from_ms, to_ms)
        chunks.put(connection, 1, 0, piece, chunks.pack(piece, 3))
    assert chunks.bounds(connection, 1) == {0: (0, 1_999_000)}
    assert chunks.bounds(connection, 2) == {}
    assert [span[1:] for span in chunks.spans(connection, 1, 0, 999_000, 1_000_000)] == [(0, 999_000)]
    (found,) = chunks.read(connection, 1, 0, 1_500_000, 1_600_000, np.array([7, 300]))
    assert found.keys.tolist() == [7]
    assert (found.values == whole.values[[7], 1500:1600]).all()
    assert chunks.read_one(connection, 1, np.array([300])).values.shape == (0, 1000)
    assert (chunks.read_one(connection, 2).values == whole.values[:, 1000:]).all()
    connection.close()
