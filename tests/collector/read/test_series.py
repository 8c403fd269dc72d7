from __future__ import annotations

import numpy as np
import pytest

from wakeful_collector import rollups
from wakeful_collector.config import Settings
from wakeful_collector.ingest import backfill
from wakeful_collector.read import series as module
from wakeful_collector.read.series import TooMany, series
from wakeful_collector.store import database, samples
from wakeful_wire.schema import schema_hash
from wakeful_wire.schema import series as named

HOUR = 3_600_000
DAY = 24 * HOUR
START = 1_795_046_400_000 // DAY * DAY


@pytest.fixture
def push(data):
    connection = database.writer(data, "samples")
    sequence = iter(range(10**9))

    def push(columns, ticks, host=1, run="run-one-1"):
        schema = schema_hash(columns)
        with database.transaction(connection):
            samples.add_schema(connection, schema, columns)
            samples.append(connection, samples.hot_push(host, run, next(sequence), schema, ticks, b"d"), 1)

    yield push
    connection.close()


def ticks(from_ms, count, step_ms, *functions):
    return [
        (from_ms + at * step_ms, [None if (v := function(at)) is None else float(v) for function in functions])
        for at in range(count)
    ]


def only(answer):
    assert len(answer.columns) == 1
    return answer.columns[0]


UP = named("system.uptime")
MEMORY = named("system.memory.utilization")
IDLE = named("system.cpu.time", cpu="0", mode="idle")
USER = named("system.cpu.time", cpu="0", mode="user")


def test_a_gauge_at_its_own_pace(data, push):
    push([MEMORY], ticks(START, 240, 15_000, lambda at: at / 1000))
    answer = series(data, 1, ["system.memory.*"], START, START + HOUR, 300)
    assert answer.tier == "raw"
    assert answer.step_seconds == 15
    assert answer.times[:2] == [START / 1000, START / 1000 + 15]
    column = only(answer)
    assert (column.name, column.unit, column.kind) == ("system.memory.utilization", "1", "gauge")
    assert column.values == [at / 1000 for at in range(240)]
    assert column.least is None


def test_a_coarser_answer_has_extremes(data, push):
    push([MEMORY], ticks(START, 240, 15_000, lambda at: at % 4))
    column = only(series(data, 1, ["*"], START, START + HOUR, 60))
    assert column.values == [1.5] * 60
    assert column.least == [0.0] * 60
    assert column.most == [3.0] * 60


def test_a_counter_is_answered_as_its_rate(data, push):
    push([IDLE], ticks(START, 100, 15_000, lambda at: 1e6 + 15 * at))
    column = only(series(data, 1, ["system.cpu.time"], START, START + 25 * 60_000, 300))
    assert (column.unit, column.kind) == ("s/s", "counter")
    assert column.values == [None, *[1.0] * 99]


def test_a_rate_comes_from_the_sample_before_the_span(data, push):
    push([IDLE], ticks(START, 100, 15_000, lambda at: 15 * at))
    column = only(series(data, 1, ["system.cpu.time"], START + 300_000, START + 600_000, 300))
    assert column.values == [1.0] * 20


def test_a_reset_counts_from_nought_and_a_glitch_is_nothing(data, push):
    counts = [1000, 1150, 1300, 30, 180, 179, 330]
    push([IDLE], ticks(START, len(counts), 15_000, lambda at: counts[at]))
    column = only(series(data, 1, ["*"], START, START + 7 * 15_000, 300))
    assert column.values == [None, 10, 10, 2, 10, 0, pytest.approx(151 / 15)]


def test_a_gap_stays_a_gap_and_has_no_rate_behind_it(data, push):
    push([MEMORY, IDLE], ticks(START, 20, 15_000, lambda at: 1, lambda at: 15 * at))
    push([MEMORY, IDLE], ticks(START + 600_000, 20, 15_000, lambda at: 2, lambda at: 15 * (40 + at)))
    answer = series(data, 1, ["*"], START, START + 900_000, 300)
    rate, gauge = answer.columns
    assert gauge.values == [1.0] * 20 + [None] * 20 + [2.0] * 20
    assert rate.values == [None] + [1.0] * 19 + [None] * 21 + [1.0] * 19


def test_one_late_tick_is_no_gap(data, push):
    push([MEMORY], [tick for tick in ticks(START, 60, 15_000, lambda at: at) if tick[0] != START + 300_000])
    values = only(series(data, 1, ["*"], START, START + 900_000, 300)).values
    assert values[19:22] == [19.0, 19.0, 21.0]


def test_a_change_of_pace_is_no_gap(data, push):
    push([IDLE], ticks(START, 120, 5_000, lambda at: 5 * at))
    push([IDLE], ticks(START + 610_000, 60, 15_000, lambda at: 610 + 15 * at))
    values = only(series(data, 1, ["*"], START, START + 1500_000, 300)).values
    assert values[1:] == [1.0] * (len(values) - 1)


def test_a_slow_meter_draws_a_line_on_a_fast_axis(data, push):
    push(
        [MEMORY, UP, USER],
        ticks(
            START,
            80,
            15_000,
            lambda at: at,
            lambda at: None if at % 4 else at,
            lambda at: None if at % 4 else 30 * at,
        ),
    )
    answer = series(data, 1, ["*"], START, START + 20 * 60_000, 300)
    by_name = {column.name: column.values for column in answer.columns}
    assert answer.step_seconds == 15
    assert by_name["system.uptime"] == [float(at // 4 * 4) for at in range(80)]
    assert by_name["system.cpu.time"][:2] == [None, 2.0]
    assert set(by_name["system.cpu.time"][1:77]) == {2.0}
    assert by_name["system.cpu.time"][77:] == [None] * 3


def test_sums_by_a_label_leave_nulls_out(data, push):
    columns = [named("system.memory.usage", state=state) for state in ("used", "free", "cached")]
    columns += [named("system.cpu.time", cpu=str(cpu), mode=mode) for cpu in (0, 1) for mode in ("user", "idle")]
    push(columns, ticks(START, 40, 15_000, *(lambda at, n=n: None if n == 2 else n * 15 * at for n in range(7))))
    answer = series(data, 1, ["system.*"], START, START + 600_000, 300, by=["mode"])
    found = {(column.name, tuple(column.labels.items())): column.values[5] for column in answer.columns}
    assert found == {
        ("system.memory.usage", ()): 15 * 5,
        ("system.cpu.time", (("mode", "idle"),)): 10,
        ("system.cpu.time", (("mode", "user"),)): 8,
    }
    assert all(column.least is None for column in answer.columns)


def test_labels_choose(data, push):
    push([IDLE, USER], ticks(START, 40, 15_000, lambda at: at, lambda at: at))
    answer = series(data, 1, ["system.cpu.*"], START, START + 600_000, labels={"mode": "user"})
    assert only(answer).labels == {"cpu": "0", "mode": "user"}
    assert series(data, 1, ["*"], START, START + 600_000, labels={"mode": "nice"}).columns == []


def test_of_another_host_or_metric_nothing_is_told(data, push):
    push([MEMORY], ticks(START, 40, 15_000, lambda at: at))
    assert series(data, 2, ["*"], START, START + 600_000).columns == []
    assert series(data, 1, ["hw.*"], START, START + 600_000).columns == []
    answer = series(data, 1, ["*"], START - 2 * HOUR, START - HOUR)
    assert answer.columns == []
    assert len(answer.times) == 240


@pytest.mark.parametrize(
    ("hours", "tier", "step"), [(1, "raw", 60), (24, "1m", 300), (24 * 10, "10m", 3600), (24 * 365, "1h", 43200 * 4)]
)
def test_the_tier_follows_from_the_span_and_agrees_with_the_samples(data, hours, tier, step):
    times = START + np.arange(20 * 1440, dtype=np.int64) * 60_000
    rise = np.arange(len(times)) * 60.0
    backfill.fill(data, 1, [MEMORY, IDLE], times, np.stack([rise / 1e6, rise * 0.75], axis=1))
    end = int(times[-1]) + 60_000
    answer = series(data, 1, ["*"], end - hours * HOUR, end, 300)
    assert (answer.tier, answer.step_seconds) == (tier, step)
    rate, gauge = answer.columns
    known = [value for value in rate.values if value is not None]
    assert known == pytest.approx([0.75] * len(known))
    last = [value for value in gauge.values if value is not None]
    assert last == sorted(last)
    assert max(value for value in gauge.most or gauge.values if value is not None) == pytest.approx(rise[-1] / 1e6)


def test_what_is_not_rolled_up_yet_comes_from_the_samples(data, push):
    end = START + 3 * DAY
    times = np.arange(START, end, 60_000, dtype=np.int64)
    backfill.fill(data, 1, [MEMORY, IDLE], times, np.stack([np.ones(len(times)), (times - START) / 1000], axis=1))
    push([MEMORY, IDLE], ticks(end, 100, 60_000, lambda at: 1, lambda at: (end - START) / 1000 + at * 60))
    answer = series(data, 1, ["*"], START, end + 100 * 60_000, 400)
    assert answer.tier == "10m"
    for column in answer.columns:
        assert column.values[1:-1] == pytest.approx([1.0] * (len(column.values) - 2))


def test_a_fresh_installation_answers_a_year_from_its_samples(data, push):
    push([MEMORY], ticks(START, 40, 15_000, lambda at: 0.5))
    answer = series(data, 1, ["*"], START - 365 * DAY, START + 600_000, 400)
    assert [value for value in only(answer).values if value is not None] == [0.5]


def test_where_samples_are_gone_a_tier_serves(data):
    times = START + np.arange(10 * 1440, dtype=np.int64) * 60_000
    backfill.fill(data, 1, [MEMORY], times, np.ones((len(times), 1)), raw_from_ms=START + 8 * DAY)
    answer = series(data, 1, ["*"], START + DAY, START + DAY + HOUR, 300)
    assert (answer.tier, answer.step_seconds) == ("1m", 60)
    assert only(answer).values == [1.0] * 60


def test_the_answer_is_the_same_before_and_after_sealing(data, push):
    push(
        [MEMORY, IDLE, UP],
        ticks(START, 480, 15_000, lambda at: at % 7, lambda at: at, lambda at: None if at % 4 else at),
    )
    before = series(data, 1, ["*"], START, START + 2 * HOUR, 480)
    assert rollups.run_due(data, Settings(data=data), START + 3 * HOUR).folded == 1
    assert series(data, 1, ["*"], START, START + 2 * HOUR, 480) == before


def test_a_span_ends_at_now(data, push):
    push([MEMORY], ticks(START, 40, 15_000, lambda at: 1))
    answer = series(data, 1, ["*"], START, START + 365 * DAY, 100, now_ms=START + 600_000)
    assert answer.times[-1] < (START + 1_200_000) / 1000


def test_too_much_is_refused_with_a_way_to_ask_for_less(data, push, monkeypatch):
    for bad in ((START, START, 10), (-1, 5, 10), (START, START + 1, 0), (START, START + 1, 2001)):
        with pytest.raises(TooMany, match="from"):
            series(data, 1, ["*"], *bad)
    monkeypatch.setattr(module, "COLUMNS_MAX", 3)
    monkeypatch.setattr(module, "_SUMMED_MAX", 5)
    columns = [named("hw.temperature", chip="c", sensor=str(at)) for at in range(5)]
    push(columns, ticks(START, 10, 15_000, *[lambda at: at] * 5))
    with pytest.raises(TooMany, match=r"5 series match.*sum by a label") as caught:
        series(data, 1, ["*"], START, START + 150_000)
    assert caught.value.message == str(caught.value)
    with pytest.raises(TooMany, match="sum by fewer"):
        series(data, 1, ["*"], START, START + 150_000, by=["sensor"])
    assert len(series(data, 1, ["*"], START, START + 150_000, by=["chip"]).columns) == 1


def test_one_series_of_a_large_chunk_is_read_alone(data):
    columns = [named("hw.temperature", chip="c", sensor=f"{at:03}") for at in range(120)]
    times = START + np.arange(1440, dtype=np.int64) * 60_000
    values = np.round(np.cumsum(np.random.default_rng(1).normal(0, 1, (1440, 120)), axis=0), 2)
    backfill.fill(data, 1, columns, times, values)
    answer = series(data, 1, ["hw.temperature"], START, START + HOUR, labels={"sensor": "077"})
    assert only(answer).values == values[:60, 77].tolist()


def test_the_heaviest_of_each_metric_are_kept_and_all_are_counted(data, push):
    disks = [named("system.disk.io_time", device=f"sd{letter}") for letter in "abcdef"]
    push([*disks, MEMORY], ticks(START, 40, 15_000, *[lambda at, by=by: at * by for by in range(6)], lambda at: 0.5))
    names = ["system.disk.io_time", "system.memory.utilization"]
    answer = series(data, 1, names, START, START + HOUR, 300, most=2)
    assert [column.labels.get("device") for column in answer.columns] == ["sde", "sdf", None]
    assert answer.found == {"system.disk.io_time": 6, "system.memory.utilization": 1}
    summed = series(data, 1, names[:1], START, START + HOUR, 300, by=["device"], most=1)
    assert [column.labels for column in summed.columns] == [{"device": "sdf"}]
    assert summed.found == {"system.disk.io_time": 6}


def test_a_machine_of_thousands_of_series_is_read_by_its_heaviest(data, push):
    columns = [named("container.memory.usage", name=f"c{number}") for number in range(2_500)]
    push(columns, [(START, [float(number) for number in range(2_500)])])
    with pytest.raises(TooMany, match="2500 series match"):
        series(data, 1, ["container.*"], START, START + HOUR, 300)
    answer = series(data, 1, ["container.*"], START, START + HOUR, 300, most=3)
    assert sorted(column.labels["name"] for column in answer.columns) == ["c2497", "c2498", "c2499"]
    assert answer.found == {"container.memory.usage": 2_500}
