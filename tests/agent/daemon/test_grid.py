from __future__ import annotations

from wakeful_agent.daemon import grid


def test_ticks_lie_on_the_grid_shifted_by_the_jitter() -> None:
    assert grid.next_ms(100_000, 15_000, 0) == 105_000
    assert grid.next_ms(105_000, 15_000, 0) == 120_000
    assert grid.next_ms(100_000, 15_000, 7_000) == 112_000
    assert grid.next_ms(100_000, 15_000, 1_234_567) % 15_000 == 1_234_567 % 15_000


def test_the_slow_grid_lies_on_the_fast_one() -> None:
    jitter = grid.jitter_ms("abcdefghijkl")
    slow = grid.next_ms(1_000_000, 15_000, jitter)
    assert grid.next_ms(slow - 1, 1_000, jitter) == slow
    assert grid.next_ms(slow - 1, 5_000, jitter) == slow


def test_the_jitter_is_an_agents_own_and_stays() -> None:
    jitters = {grid.jitter_ms(f"agent{number}") % 15_000 for number in range(100)}
    assert len(jitters) > 90
    assert grid.jitter_ms("agent1") == grid.jitter_ms("agent1")


def test_a_tick_that_is_nearly_in_time_carries_the_grids_time() -> None:
    assert grid.stamp_ms(15_000, 15_400, 0, 15_000, 15_000) == 15_000
    assert grid.stamp_ms(15_000, 19_000, 0, 15_000, 15_000) == 19_000


def test_times_rise_at_half_speed_after_the_clock_was_set_back() -> None:
    last = 1_000_000
    first = grid.stamp_ms(700_000, 700_000, last, 15_000, 15_000)
    assert first == last + 7_500
    assert grid.stamp_ms(700_000, 700_000, last, 0, 15_000) == last + 1


def test_times_follow_the_clock_when_it_was_set_forward() -> None:
    assert grid.stamp_ms(15_000, 9_000_000, 14_000, 1_000, 15_000) == 9_000_000


def test_times_rise_whatever_the_clock_does() -> None:
    last, wall = 0, 1_000_000
    for jump in (0, -500_000, 3, 100_000, -1, 900_000, -30_000, 0, 0):
        wall += jump + 15_000
        now = grid.stamp_ms(wall, wall, last, 15_000, 15_000)
        assert now > last
        last = now
