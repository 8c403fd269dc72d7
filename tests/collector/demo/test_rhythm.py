"""Curves are pure functions of time that look alive."""

import numpy as np
import pytest

from wakeful_collector.demo import rhythm

MONDAY = 1_763_337_600.0  # 2025-11-17 00:00 UTC
WEEK = np.arange(MONDAY, MONDAY + 7 * 86_400, 300.0)


def test_chance_is_even_and_repeats_itself():
    found = rhythm.chance(np.arange(20_000), 7)
    assert 0.0 <= found.min() < 0.01
    assert 0.99 < found.max() < 1.0
    assert abs(found.mean() - 0.5) < 0.01
    assert np.array_equal(found, rhythm.chance(np.arange(20_000), 7))
    assert not np.array_equal(found, rhythm.chance(np.arange(20_000), 8))


def test_jitter_is_new_each_second_and_centred():
    found = rhythm.jitter(WEEK, 3)
    assert found.min() >= -1.0
    assert found.max() <= 1.0
    assert abs(found.mean()) < 0.1


def test_drift_is_smooth_and_does_not_depend_on_where_one_starts_to_look():
    seconds = np.arange(MONDAY, MONDAY + 7_200, 1.0)
    found = rhythm.drift(seconds, 1_800.0, 5)
    assert np.abs(np.diff(found)).max() < 0.002
    assert np.array_equal(found[3_600:], rhythm.drift(seconds[3_600:], 1_800.0, 5))


def test_bursts_are_seldom():
    found = rhythm.bursts(WEEK, 600.0, 0.08, 9)
    assert 0.0 < (found > 0).mean() < 0.25


def test_weekends_are_saturday_and_sunday():
    days = rhythm.is_weekend(MONDAY + np.arange(7) * 86_400.0)
    assert days.tolist() == [0, 0, 0, 0, 0, 1, 1]


@pytest.mark.parametrize(
    ("kind", "peak_hours"), [("office", range(9, 17)), ("evening", range(18, 23)), ("night", range(1, 5))]
)
def test_each_rhythm_has_its_hour(kind, peak_hours):
    monday = WEEK[:288]
    busy = rhythm.activity(kind, monday)
    assert int(rhythm.hour_of_day(monday)[busy.argmax()]) in peak_hours
    assert busy.min() >= 0.0
    assert busy.max() <= 1.0


def test_offices_rest_at_weekends_and_players_do_not():
    noon_monday, noon_saturday = np.array([MONDAY + 43_200.0]), np.array([MONDAY + 5 * 86_400 + 43_200.0])
    assert rhythm.activity("office", noon_saturday) < 0.5 * rhythm.activity("office", noon_monday)
    assert rhythm.activity("evening", noon_saturday) > rhythm.activity("evening", noon_monday)
    assert set(rhythm.activity("flat", WEEK).tolist()) == {0.55}
