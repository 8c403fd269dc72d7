from __future__ import annotations

import numpy as np

from wakeful_collector.store import database, sparks


def test_an_hour_is_kept_packed(data):
    connection = database.writer(data, "samples")
    grid = np.full((4, 60), np.nan)
    grid[2, 59] = 0.5
    sparks.write(connection, 60_000, {1: grid, 2: grid * 2})
    sparks.write(connection, 120_000, {2: grid})
    found = sparks.read(connection)
    assert {host: until for host, (until, _) in found.items()} == {1: 60_000, 2: 120_000}
    assert np.array_equal(found[1][1], grid, equal_nan=True)
    assert connection.execute("SELECT max(length(grid)) FROM sparks").fetchone()[0] == 4 * 60 * 4
    connection.close()
