"""What stands of each host follows its pushes, lasts over a restart, and goes with what it speaks of."""

from __future__ import annotations

import pytest

from wakeful_collector import rollups
from wakeful_collector.config import Settings
from wakeful_collector.read.troubles import troubles
from wakeful_collector.store import database, samples
from wakeful_wire.schema import schema_hash
from wakeful_wire.schema import series as named

START = 1_795_046_400_000
FAILED = named("hw.status", type="physical_disk", name="sda", state="failed")
REDIS = named("redis.up", target="cache")
LOAD = named("system.load_average.1m")
COLUMNS = (LOAD, FAILED, REDIS)


@pytest.fixture
def push(data):
    connection = database.writer(data, "samples")
    sequence = iter(range(10**9))

    def push(time_ms, values, columns=COLUMNS, host=1):
        schema = schema_hash(list(columns))
        with database.transaction(connection):
            samples.add_schema(connection, schema, list(columns))
            one = samples.hot_push(host, f"run-{host}", next(sequence), schema, [(time_ms, values)], b"d")
            samples.append(connection, one, 99)

    yield push
    connection.close()


def texts(data, host=1):
    return [one.text for one in troubles(data).get(host, [])]


def test_a_trouble_comes_and_goes_with_the_readings(data, push):
    watch = rollups.Watch()
    assert watch.refresh(data, START) == 0
    push(START, [1.0, 1.0, 1.0])
    assert watch.refresh(data, START) == 1
    assert texts(data) == ["Disk sda fails its health check"]
    push(START + 15_000, [1.0, None, 0.0])
    assert watch.refresh(data, START + 15_000) == 1
    assert texts(data) == ["Disk sda fails its health check", "Redis cache is down"]
    push(START + 30_000, [1.0, 0.0, 1.0])
    assert watch.refresh(data, START + 30_000) == 1
    assert texts(data) == []
    assert watch.refresh(data, START + 30_000) == 0


def test_a_meter_that_runs_seldom_stands_for_an_hour_and_over_a_restart(data, push):
    push(START, [1.0, 1.0, None])
    watch = rollups.Watch()
    watch.refresh(data, START)
    for at in range(1, 130):
        push(START + at * 30_000, [1.0, None, None])
    last_ms = START + 129 * 30_000
    assert watch.refresh(data, last_ms) == 1
    rollups.run_due(data, Settings(data=data), last_ms + 4 * 3_600_000)
    assert watch.refresh(data, last_ms) == 0
    assert rollups.Watch().refresh(data, last_ms) == 1, "a new process judges once by its own rules"
    assert texts(data) == ["Disk sda fails its health check"]
    push(START + 66 * 60_000, [1.0, None, None])
    watch.refresh(data, START + 66 * 60_000)
    assert texts(data) == []


def test_a_thing_that_is_gone_is_no_trouble_any_more(data, push):
    push(START, [1.0, 1.0, 0.0])
    watch = rollups.Watch()
    watch.refresh(data, START)
    push(START + 15_000, [1.0, 0.0], columns=(LOAD, REDIS))
    watch.refresh(data, START + 15_000)
    assert texts(data) == ["Redis cache is down"]


def test_time_alone_makes_a_certificate_a_trouble(data, push):
    certificate = named("tls.certificate.expires", target="shop")
    push(START, [START / 1000 + 14.5 * 86_400], columns=(certificate,))
    watch = rollups.Watch()
    watch.refresh(data, START)
    assert texts(data) == []
    assert watch.refresh(data, START + 86_400_000) == 1
    assert texts(data) == ["The certificate of shop ends in 13 days"]


def test_hosts_without_any_such_series_cost_no_row(data, push):
    push(START, [1.0], columns=(LOAD,))
    watch = rollups.Watch()
    assert watch.refresh(data, START) == 0
    found = database.reader(data, "samples").execute("SELECT count(*) FROM standing").fetchone()
    assert found[0] == 0
    push(START + 15_000, [2.0], columns=(LOAD,))
    assert watch.refresh(data, START + 15_000) == 0


def test_late_and_early_ticks_keep_the_newest_value(data, push):
    push(START + 15_000, [1.0, 0.0, 1.0])
    push(START, [1.0, 1.0, 0.0])
    rollups.Watch().refresh(data, START + 15_000)
    assert texts(data) == []
