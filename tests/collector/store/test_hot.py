from __future__ import annotations

import numpy as np

from wakeful_collector.store.hot import pack_arrays, pack_ticks, read_ticks


def test_a_small_push_lies_as_it_is_and_a_backlog_packed():
    small = pack_ticks([(5, [1.0, 2, None])])
    assert len(small) == 8 + 8 + 24
    times, values = read_ticks(small)
    assert times.tolist() == [5]
    assert np.array_equal(values, [[1, 2, np.nan]], equal_nan=True)
    large = pack_ticks([(at, [float(at)] * 100) for at in range(100)])
    assert len(large) < 20_000
    times, values = read_ticks(large)
    assert times.tolist() == list(range(100))
    assert (values == np.arange(100.0)[:, None]).all()


def test_arrays_and_lists_are_stored_alike():
    ticks = [(5, [1.0, None]), (6, [2.0, 3.0])]
    assert pack_arrays(np.array([5, 6]), np.array([[1, np.nan], [2, 3]])) == pack_ticks(ticks)


def test_ticks_without_series_are_only_times():
    times, values = read_ticks(pack_ticks([(5, []), (6, [])]))
    assert times.tolist() == [5, 6]
    assert values.shape == (2, 0)
