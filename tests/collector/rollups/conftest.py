from __future__ import annotations

import pytest

from wakeful_collector.config import Settings
from wakeful_collector.store import database, samples
from wakeful_wire.schema import schema_hash, series

HOUR = 3_600_000
DAY = 24 * HOUR
START = 1_795_046_400_000 // DAY * DAY
"""A midnight."""

COLUMNS = [
    series("system.cpu.utilization"),
    series("system.memory.utilization"),
    series("system.disk.io_time", device="sda"),
    series("system.network.io", device="eth0", direction="receive"),
    series("system.network.io", device="lo", direction="receive"),
]


class Pusher:
    """Pushes ticks into a data folder as the door does."""

    def __init__(self, data):
        self.data = data
        self.connection = database.writer(data, "samples")
        self.sequence = 0

    def push(self, ticks, host=1, columns=None, run="run-one-1"):
        columns = COLUMNS if columns is None else columns
        schema = schema_hash(columns)
        with database.transaction(self.connection):
            samples.add_schema(self.connection, schema, columns)
            push = samples.hot_push(host, run, self.sequence, schema, ticks, b"digest")
            assert samples.append(self.connection, push, ticks[-1][0]) is samples.Verdict.NEW
        self.sequence += 1

    def stretch(self, from_ms, to_ms, step_ms=60_000, a_push=1, **more):
        """Push the believable course of a machine; a value follows from its time alone."""
        times = range(from_ms, to_ms, step_ms)
        for at in range(0, len(times), a_push):
            self.push([(time_ms, values_at(time_ms)) for time_ms in times[at : at + a_push]], **more)


def values_at(time_ms):
    seconds = (time_ms - START) / 1000
    return [seconds % 600 / 1000, 0.5, 100 + seconds / 4, 5_000 + seconds * 1000, seconds * 9e9]


@pytest.fixture
def data(tmp_path):
    database.create(tmp_path)
    return tmp_path


@pytest.fixture
def settings(data):
    return Settings(data=data)


@pytest.fixture
def pusher(data):
    found = Pusher(data)
    yield found
    found.connection.close()
