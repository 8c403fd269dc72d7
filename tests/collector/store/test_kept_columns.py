from __future__ import annotations

import numpy as np
import pytest

from wakeful_collector.model.table import Table
from wakeful_collector.store import chunks, database
from wakeful_collector.store.kept_columns import KeptColumns


def table(width):
    return Table(np.arange(width), np.array([1]), np.ones((1, width)))


def test_what_was_not_asked_for_longest_goes_first():
    kept = KeptColumns(bytes_max=20_000)
    for name in "abcdefghij":
        kept.keep(name, table(50))  # 808 bytes, and 1,000 for the entry
    assert kept.get("a") is not None
    kept.keep("k", table(50))
    kept.keep("k", table(50))
    kept.keep("l", table(50))
    assert kept.get("b") is None
    assert kept.get("a") is not None
    assert kept.get("l") is not None


def test_a_table_that_would_drive_out_all_others_is_not_kept():
    kept = KeptColumns(bytes_max=20_000)
    kept.keep("large", table(5_000))
    assert kept.get("large") is None


def test_what_is_kept_is_read_only():
    kept = KeptColumns()
    kept.keep("a", table(5))
    with pytest.raises(ValueError, match="read-only"):
        kept.get("a").values[0, 0] = 2


def test_a_chunk_read_again_is_the_same_and_another_data_folder_has_its_own(tmp_path):
    keys = np.array([1])
    found = []
    for name in ("one", "two"):
        database.create(tmp_path / name)
        connection = database.writer(tmp_path / name, "samples")
        one = table(50)._replace(values=np.full((1, 50), 5.0 + len(found)))
        chunks.put(connection, 1, chunks.RAW, one, chunks.pack(one, 3))
        connection.close()
        reader = database.reader(tmp_path / name, "samples")
        found.append([chunks.read(reader, 1, chunks.RAW, 10, 20, keys)[0].values for _ in range(2)])
        assert (chunks.read(reader, 1, chunks.RAW, 0, 50, keys)[0].values == one.values).all()
    assert (found[0][0] == found[0][1]).all()
    assert np.shares_memory(found[0][0], found[0][1])
    assert (found[0][0] != found[1][0]).all()
