from __future__ import annotations

import numpy as np
import pytest

from wakeful_collector.model.interval import gaps, intervals, usual_interval


def times(*pauses):
    return np.concatenate(([0], np.cumsum(pauses))).astype(np.int64) * 1000


@pytest.mark.parametrize(
    ("pauses", "expected"),
    [
        ((), []),
        ((15,), [False]),
        ((15, 300), [False, True]),
        ((15, 15, 15, 15), [False] * 4),
        ((15, 15, 15, 300, 15, 15, 15), [False] * 3 + [True] + [False] * 3),
        ((300, 15, 15, 15), [True, False, False, False]),
        ((15, 15, 15, 300), [False, False, False, True]),
        ((15, 15, 300, 15), [False, False, True, False]),
        ((5, 5, 5, 5, 15, 15, 15, 15), [False] * 8),
        ((15, 15, 15, 1, 1, 1, 1, 15, 15, 15, 15), [False] * 11),
        ((15, 15, 30, 15, 15), [False] * 5),
        ((5, 5, 5, 15), [False] * 4),
        ((5, 5, 5, 15, 15), [False] * 5),
        ((5, 5, 5, 15, 15, 15), [False] * 6),
        ((1, 1, 1, 60), [False] * 4),
        ((5, 5, 5, 60, 5), [False, False, False, True, False]),
        ((5, 5, 5, 100), [False, False, False, True]),
        ((5, 5, 5, 100, 100), [False, False, False, True, True]),
        ((5, 5, 5, 100, 100, 100, 100), [False] * 7),
        ((5, 15), [False, False]),
        ((60, 60, 60, 3600, 60, 3600, 60, 60), [False] * 3 + [True, False, True, False, False]),
    ],
)
def test_a_gap_is_a_pause_far_longer_than_those_around_it(pauses, expected):
    assert gaps(times(*pauses)).tolist() == expected


def test_the_interval_is_that_of_the_neighbourhood():
    assert intervals(times(5, 5, 5, 5, 15, 15, 15, 15)).tolist()[0] == 5000
    assert intervals(times(5, 5, 5, 5, 15, 15, 15, 15)).tolist()[-1] == 15000


def test_a_slower_pace_holds_from_its_first_pause():
    assert intervals(times(5, 5, 5, 15)).tolist() == [5000, 5000, 15_000, 15_000]


def test_the_usual_interval_needs_two_samples():
    assert usual_interval(times()) is None
    assert usual_interval(times(15, 15, 300)) == 15_000
