from __future__ import annotations

import numpy as np

from wakeful_collector.model import tiers
from wakeful_collector.model.table import Table


def table(times, values):
    return Table(np.array(times, np.int64), np.arange(len(values)), np.array(values, float))


def test_a_tier_has_four_columns_a_series():
    samples = table([0, 20_000, 40_000, 60_000], [[1, 2, 3, 9], [0, 20, 40, 100]])
    found = tiers.roll_up(samples, np.array([False, True]), 60_000, 0, 60_000)
    assert found.times_ms.tolist() == [0]
    assert dict(zip(found.keys.tolist(), found.values[:, 0].tolist(), strict=True)) == {
        tiers.MEAN: 2.0,
        tiers.LEAST: 1.0,
        tiers.MOST: 3.0,
        tiers.LAST: 3.0,
        tiers.STATS + tiers.MEAN: 1.0,
        tiers.STATS + tiers.LEAST: 1.0,
        tiers.STATS + tiers.MOST: 1.0,
        tiers.STATS + tiers.LAST: 40.0,
    }


def test_buckets_without_samples_are_left_out():
    samples = table([0, 1_000, 500_000], [[1, 2, 3]])
    found = tiers.roll_up(samples, np.zeros(1, bool), 60_000, 0, 600_000)
    assert found.times_ms.tolist() == [0, 480_000]
