from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from wakeful_collector.model.rollup import buckets, groups, rates, rounded
from wakeful_collector.model.table import Table

NAN = float("nan")


def table(times, values):
    return Table(np.array(times, np.int64), np.arange(len(values)), np.array(values, float))


def test_series_with_the_same_times_are_one_group_and_empty_ones_none():
    found = list(groups(table([0, 1, 2], [[1, 2, 3], [4, 5, 6], [7, NAN, 8], [NAN] * 3]), np.zeros(4, bool)))
    assert [group.rows.tolist() for group in found] == [[0, 1], [2]]
    assert found[1].times_ms.tolist() == [0, 2]


def test_a_lone_counter_has_no_rate_and_no_buckets():
    (group,) = groups(table([5], [[1]]), np.ones(1, bool))
    assert len(group.times_ms) == 0
    assert len(buckets(group, 10).starts_ms) == 0


def test_rates_weigh_by_their_time():
    times = [0, 10_000, 20_000, 40_000]
    (group,) = groups(table(times, [[0, 10, 30, 30]]), np.ones(1, bool))
    found = buckets(group, 60_000)
    assert found.mean.tolist() == [[0.75]]
    assert (found.least[0, 0], found.most[0, 0], found.last[0, 0]) == (0, 2, 0)


def test_a_reset_to_something_negative_is_no_rate():
    assert rates(np.array([0, 1000]), np.array([[5.0, -3.0]])).tolist() == [[0.0]]


@given(st.lists(st.floats(-1e15, 1e15), min_size=1, max_size=60), st.integers(1, 7))
@settings(deadline=None)
def test_the_mean_lies_between_least_and_most(values, many):
    times = np.arange(len(values)) * 1000
    (group,) = groups(table(times, [values]), np.zeros(1, bool))
    found = buckets(group, many * 1000)
    assert (found.least <= found.mean).all()
    assert (found.mean <= found.most).all()
    assert found.starts_ms.tolist() == list(range(0, len(values) * 1000, many * 1000))
    assert found.last[0].tolist() == [values[min(at + many, len(values)) - 1] for at in range(0, len(values), many)]


def test_rounding_keeps_eight_digits_and_whole_numbers():
    assert rounded(np.array([[1 / 3, 2.0]]), 8).tolist() == [[0.3333333, 2.0]]
    assert rounded(np.array([[123456789012.4, 1.0]]), 8).tolist() == [[123456789012.0, 1.0]]
    assert rounded(np.zeros((1, 2)), 8).tolist() == [[0.0, 0.0]]
