from __future__ import annotations

import numpy as np
import pytest

from wakeful_collector.model import axis as axes
from wakeful_collector.model.axis import axis, step_at_least
from wakeful_collector.model.rollup import buckets, groups
from wakeful_collector.model.table import Table


@pytest.mark.parametrize(
    ("seconds", "step"),
    [(0, 1), (1, 1), (12, 15), (61, 120), (3601, 7200), (86_401, 172_800), (5e6, 58 * 86_400)],
)
def test_steps_are_readable(seconds, step):
    assert step_at_least(seconds) == step * 1000


def test_an_axis_covers_the_span_with_whole_buckets():
    found = axis(17_000, 61_000, 15_000)
    assert (found.from_ms, found.size, found.to_ms) == (15_000, 4, 75_000)
    assert found.times_ms().tolist() == [15_000, 30_000, 45_000, 60_000]
    assert axis(15_000, 15_000, 15_000).size == 1


def laid(times, values, counters, grid):
    table = Table(np.array(times, np.int64), np.arange(len(values)), np.array(values, float))
    found = axes.empty(len(values), grid)
    for group in groups(table, np.array(counters)):
        axes.lay(found, grid, group, buckets(group, grid.step_ms))
    return found


def test_a_slow_gauge_is_held_forward_and_its_rate_backward():
    grid = axis(0, 60_000, 5_000)
    found = laid([0, 20_000, 40_000], [[1, 2, 3], [0, 20, 60]], [False, True], grid)
    assert found.mean[0].tolist() == [1.0] * 4 + [2.0] * 4 + [3.0] * 4
    rate = found.mean[1].tolist()
    assert rate[1:9] == [1.0] * 4 + [2.0] * 4
    assert np.isnan(rate[9:]).all()


def test_what_lies_outside_the_axis_is_left_out():
    grid = axis(10_000, 20_000, 5_000)
    found = laid([0, 5_000, 10_000, 15_000, 20_000], [[1, 2, 3, 4, 5]], [False], grid)
    assert found.mean.tolist() == [[3.0, 4.0]]
    assert found.least.tolist() == found.most.tolist() == [[3.0, 4.0]]
