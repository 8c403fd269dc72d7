from __future__ import annotations

import numpy as np
import pytest

from wakeful_collector.model.table import EMPTY, Table
from wakeful_collector.store import database, sealing
from wakeful_collector.store.sealing import MovedError, Newest, Remainder, Sealed


@pytest.fixture
def connection(data):
    connection = database.writer(data, "samples")
    yield connection
    connection.close()


def test_a_row_that_vanished_stops_the_seal_and_the_merge(connection):
    table = Table(np.array([1, 2]), np.array([1]), np.array([[1.0, 2.0]]))
    (packed,) = sealing.pack({0: table, 60: EMPTY}, 1)
    for rows, left in (([99], []), ([], [Remainder(99, 1, b"")])):
        with pytest.raises(MovedError):
            sealing.seal(connection, 1, rows, left, [packed], Newest(1, 1, b""), 1)
    with pytest.raises(MovedError):
        sealing.replace(connection, 1, [98, 99], packed)
    assert connection.execute("SELECT count(*) FROM chunks").fetchone()[0] == 0
    assert isinstance(packed, Sealed)


def test_only_newer_ticks_are_kept_as_newest(connection):
    connection.execute("PRAGMA foreign_keys=OFF")
    for to_ms in (5, 9, 7):
        sealing.keep_newest(connection, 1, Newest(to_ms, to_ms, b""))
    assert connection.execute("SELECT to_ms, schema FROM latest").fetchall() == [(9, 9)]
    assert sealing.hosts(connection) == [1]
