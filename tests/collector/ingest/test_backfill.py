from __future__ import annotations

import numpy as np
import pytest

from wakeful_collector.ingest import backfill
from wakeful_collector.store import chunks, database, history, sealing
from wakeful_wire.schema import series

HOUR = 3_600_000
DAY = 24 * HOUR
START = 1_795_046_400_000 // DAY * DAY
COLUMNS = [series("system.uptime"), series("system.cpu.time", cpu="0", mode="user")]


def test_days_and_tiers_are_written_and_the_values_are_exact(data):
    times = np.arange(START + 5 * HOUR, START + 3 * DAY, 60_000, dtype=np.int64)
    values = np.round(np.random.default_rng(1).normal(0, 9, (len(times), 2)), 3)
    values[7, 0] = np.nan
    backfill.fill(data, 4, COLUMNS, times, values)
    with history.looking(data) as connection:
        found = history.raw(connection, 4, 0, 2**50)
        counts = dict(connection.execute("SELECT tier, count(*) FROM chunks GROUP BY tier").fetchall())
        assert chunks.bounds(connection, 4)[3600] == (START + 5 * HOUR, START + 3 * DAY - HOUR)
    assert counts[0] == counts[60] == 3
    assert found.times_ms.tolist() == times.tolist()
    assert np.array_equal(found.values.T, values, equal_nan=True)


def test_old_samples_may_be_left_to_the_tiers(data):
    times = np.arange(START, START + 3 * DAY, 60_000, dtype=np.int64)
    backfill.fill(data, 4, COLUMNS, times, np.ones((len(times), 2)), raw_from_ms=START + 2 * DAY)
    connection = database.reader(data, "samples")
    assert chunks.bounds(connection, 4)[0] == (START + 2 * DAY, START + 3 * DAY - 60_000)
    assert chunks.bounds(connection, 4)[60][0] == START


def test_filling_twice_changes_nothing_that_is_read(data):
    times = np.arange(START, START + HOUR, 60_000, dtype=np.int64)
    for _ in range(2):
        backfill.fill(data, 4, COLUMNS, times, np.ones((len(times), 2)))
    with history.looking(data) as connection:
        assert history.raw(connection, 4, 0, 2**50).values.shape == (2, 60)


def test_series_forgotten_while_they_were_packed_are_not_written_under_old_numbers(data, monkeypatch):
    times = np.arange(START, START + HOUR, 60_000, dtype=np.int64)
    pack, connection = sealing.pack, database.writer(data, "samples")

    def packed(tables, level):
        connection.execute("DELETE FROM schemas")
        connection.execute("UPDATE series SET id = id + 100")
        return pack(tables, level)

    monkeypatch.setattr(sealing, "pack", packed)
    with pytest.raises(database.StoreBusy, match="again"):
        backfill.fill(data, 4, COLUMNS, times, np.ones((len(times), 2)))
    assert connection.execute("SELECT count(*) FROM chunks").fetchone()[0] == 0
    connection.close()
