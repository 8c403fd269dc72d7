from __future__ import annotations

from wakeful_collector.integrations.proxmox.charts import pace

ONE = (1.0, *(None,) * 10)
MIN, HOUR = pace.MINUTE_MS, 60 * pace.MINUTE_MS


def test_thousands_are_measured_less_often() -> None:
    assert pace.pace(20) == (0, 0)
    assert pace.pace(500) == (30_000, MIN)
    assert pace.pace(5_000) == (MIN, 5 * MIN)


def test_frames_reach_back_as_far_as_is_needed() -> None:
    now_ms = 1_000 * HOUR
    assert [one.name for one in pace.frames(now_ms - 10 * MIN, now_ms)] == ["hour"]
    assert [one.name for one in pace.frames(now_ms - 3 * HOUR, now_ms)] == ["hour", "day"]
    assert [one.name for one in pace.frames(0, now_ms)] == ["hour", "day", "week"]


def test_finer_steps_are_laid_before_coarser_ones() -> None:
    hour, day, _ = pace.FRAMES
    to_ms = 100 * HOUR
    fine = [(to_ms - at * MIN, ONE) for at in range(60)]
    coarse = [(to_ms - at * 30 * MIN, (2.0, *ONE[1:])) for at in range(48)]
    found = pace.laid([(hour, fine), (day, coarse)], to_ms - 10 * HOUR, to_ms)
    times = [at_ms for at_ms, _ in found]
    assert times == sorted(set(times))
    assert times[0] > to_ms - 10 * HOUR
    assert times[-1] == to_ms - MIN
    assert {values[0] for at_ms, values in found if at_ms >= to_ms - 59 * MIN} == {1.0}
    assert {values[0] for at_ms, values in found if at_ms < to_ms - 59 * MIN} == {2.0}
    assert max(after - one for one, after in zip(times, times[1:], strict=False)) <= 5 * MIN


def test_a_step_is_a_mean_over_the_time_before_it() -> None:
    _, day, _ = pace.FRAMES
    rows = [(100 * HOUR, ONE), (100 * HOUR + 30 * MIN, ONE)]
    found = [at_ms for at_ms, _ in pace.laid([(day, rows)], 0, 200 * HOUR)]
    assert found[0] == 100 * HOUR - 25 * MIN
    assert found[-1] == 100 * HOUR + 30 * MIN


def test_nothing_told_is_nothing_laid() -> None:
    assert pace.laid([(frame, []) for frame in pace.FRAMES], 0, HOUR) == []
    assert pace.laid([(pace.FRAMES[0], [(5 * MIN, ONE)])], 6 * MIN, HOUR) == []
    assert [at for at, _ in pace.laid([(pace.FRAMES[0], [(5 * MIN, ONE)])], 0, HOUR)] == [5 * MIN]
