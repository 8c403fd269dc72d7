from __future__ import annotations

import numpy as np
import pytest

from wakeful_collector import rollups
from wakeful_collector.config import Settings
from wakeful_collector.ingest import backfill
from wakeful_collector.model.sample import LatestSample
from wakeful_collector.read.latest import latest, latest_of_all
from wakeful_collector.store import database, history, samples
from wakeful_wire.schema import schema_hash
from wakeful_wire.schema import series as named

START = 1_795_046_400_000
LOAD = named("system.load_average.1m")
IDLE = named("system.cpu.time", cpu="0", mode="idle")


@pytest.fixture
def push(data):
    connection = database.writer(data, "samples")
    sequence = iter(range(10**9))

    def push(ticks, host=1, columns=(LOAD, IDLE)):
        schema = schema_hash(list(columns))
        with database.transaction(connection):
            samples.add_schema(connection, schema, list(columns))
            samples.append(connection, samples.hot_push(host, f"run-{host}", next(sequence), schema, ticks, b"d"), 99)

    yield push
    connection.close()


def test_the_newest_value_is_raw_and_a_counter_has_its_rate(data, push):
    push([(START, [1.0, 100.0])])
    assert latest(data, 1)[0] == LatestSample("system.cpu.time", {"cpu": "0", "mode": "idle"}, 100.0, START)
    push([(START + 15_000, [2.0, 107.5])])
    assert latest(data, 1) == [
        LatestSample("system.cpu.time", {"cpu": "0", "mode": "idle"}, 107.5, START + 15_000, 0.5),
        LatestSample("system.load_average.1m", {}, 2.0, START + 15_000),
    ]
    assert latest(data, 2) == []


def test_what_comes_late_is_not_the_newest(data, push):
    push([(START, [1.0, 100.0])])
    push([(START - 600_000, [9.0, 1.0])])
    assert [sample.value for sample in latest(data, 1)] == [100.0, 1.0]


def test_a_meter_that_runs_seldom_keeps_its_value(data, push):
    push([(START, [1.0, 100.0])])
    for at in range(1, 4):
        push([(START + at * 15_000, [1.0 + at, None])])
    assert [(sample.value, sample.time_ms) for sample in latest(data, 1)] == [
        (100.0, START),
        (4.0, START + 45_000),
    ]


def test_the_newest_stays_when_everything_is_sealed_and_changes_with_the_schema(data, push):
    push([(START, [1.0, 100.0])])
    push([(START + 15_000, [2.0, 115.0])])
    push([(START, [7.0, 1.0])], host=2)
    before = latest_of_all(data)
    assert rollups.run_due(data, Settings(data=data), START + 86_400_000).folded == 2
    assert latest_of_all(data) == before
    push([(START + 30_000, [3.0])], columns=[LOAD])
    found = latest_of_all(data)
    assert [sample.value for sample in found[1]] == [115.0, 3.0]
    assert [sample.value for sample in found[2]] == [1.0, 7.0]


def test_of_all_hosts_only_what_is_asked_for(data, push):
    push([(START, [1.0, 100.0])])
    push([(START, [2.0, 100.0])], host=2)
    found = latest_of_all(data, ["system.load_average.1m", "unknown"])
    assert {host: [sample.value for sample in some] for host, some in found.items()} == {1: [1.0], 2: [2.0]}


def test_a_filled_past_has_a_newest_tick_too(data):
    times = START + np.arange(3) * 60_000
    backfill.fill(data, 5, [IDLE, LOAD], times, np.array([[0.0, 1], [60, 2], [120, 3]]))
    assert [(sample.value, sample.rate) for sample in latest(data, 5)] == [(120.0, 1.0), (3.0, None)]
    backfill.fill(data, 6, [IDLE], times[:0], np.zeros((0, 1)))
    assert 6 not in latest_of_all(data)


def test_when_each_host_was_heard(data, push):
    push([(START, [1.0, 2.0])])
    push([], host=2)
    assert history.last_seen(data) == {1: (99, START), 2: (99, None)}


def test_asked_by_name_a_sealed_host_answers_with_rates_too(data, push):
    push([(START, [1.0, 100.0])])
    push([(START + 15_000, [2.0, 107.5])])
    names = ["system.cpu.time", "system.load_average.1m"]
    before = latest_of_all(data, names)
    assert before == latest_of_all(data)
    assert before[1][0].rate == 0.5
    assert rollups.run_due(data, Settings(data=data), START + 86_400_000).folded == 1
    assert latest_of_all(data, names) == before
    push([(START - 15_000, [9.0, 9.0])])
    assert [sample.value for sample in latest_of_all(data, names)[1]] == [107.5, 2.0]


def test_a_meter_that_runs_every_half_hour_keeps_its_value_hot_and_sealed(data, push):
    push([(START - 1_800_000, [0.5, 90.0])])
    push([(START, [1.0, 100.0])])
    for at in range(1, 100):
        push([(START + at * 15_000, [1.0 + at, None])])
    expected = [(100.0, START), (100.0, START + 99 * 15_000)]
    assert [(sample.value, sample.time_ms) for sample in latest(data, 1)] == expected
    rollups.run_due(data, Settings(data=data), START + 4 * 3_600_000)
    assert [(sample.value, sample.time_ms) for sample in latest(data, 1)] == expected


def test_what_was_read_long_ago_is_not_the_newest(data, push):
    push([(START - 3 * 3_600_000, [0.5, 90.0])])
    for at in range(30):
        push([(START + at * 15_000, [1.0 + at, None])])
    assert [sample.name for sample in latest(data, 1)] == ["system.load_average.1m"]
