from __future__ import annotations

import numpy as np
import pytest

from wakeful_collector.model.table import Table
from wakeful_collector.model.tiers import STATS
from wakeful_collector.store import chunks, database, samples
from wakeful_collector.store.sweeping import SWEEP_EVERY_MS, sweep
from wakeful_wire.schema import schema_hash, series

NOW = 1_795_046_400_000


@pytest.fixture
def connection(data):
    connection = database.writer(data, "samples")
    yield connection
    connection.close()


def add(connection, *names):
    columns = [series("process.memory.usage", name=name) for name in names]
    with database.transaction(connection):
        samples.add_schema(connection, schema_hash(columns), columns)
    return columns


def seal(connection, tier, *keys):
    table = Table(np.array([1, 2]), np.array(keys), np.ones((len(keys), 2)))
    chunks.put(connection, 1, tier, table, chunks.pack(table, 3))


def known(connection):
    return [row[0] for row in connection.execute("SELECT id FROM series ORDER BY id")]


def finish(connection, now_ms, chunks_a_call=2):
    """Sweep to the end; return how many were forgotten and in how many steps."""
    gone = steps = 0
    while True:
        gone += sweep(connection, now_ms, chunks_a_call)
        steps += 1
        if connection.execute("SELECT left IS NULL FROM sweep").fetchone()[0]:
            return gone, steps


def test_only_what_no_list_and_no_chunk_holds_is_forgotten(connection):
    add(connection, "a", "b", "c", "d", "e")
    connection.execute("DELETE FROM schemas")
    add(connection, "e", "f")
    seal(connection, 0, 2)
    for _ in range(3):
        seal(connection, 60, 3 * STATS + 1, 3 * STATS + 2)
    assert finish(connection, NOW) == (2, 4)
    assert known(connection) == [2, 3, 5, 6]


def test_the_highest_number_stays_so_that_none_is_given_twice(connection):
    add(connection, "a", "b")
    connection.execute("DELETE FROM schemas")
    assert finish(connection, NOW)[0] == 1
    assert known(connection) == [2]
    add(connection, "c")
    assert known(connection) == [2, 3]


def test_what_comes_back_while_the_sweep_is_under_way_stays(connection):
    add(connection, "a", "b", "c", "last")
    connection.execute("DELETE FROM schemas")
    for _ in range(2):
        seal(connection, 0, 4)
    assert sweep(connection, NOW, 1) == 0
    assert sweep(connection, NOW, 1) == 0
    add(connection, "a")
    seal(connection, 600, 2 * STATS + 4)
    assert finish(connection, NOW, 1)[0] == 1
    assert known(connection) == [1, 2, 4]


def test_a_sweep_begins_once_a_day_or_when_the_clock_went_back(connection):
    assert sweep(connection, NOW) == 0
    add(connection, "a", "b")
    connection.execute("DELETE FROM schemas")
    assert finish(connection, NOW + SWEEP_EVERY_MS - 1) == (0, 1)
    assert finish(connection, NOW - 1)[0] == 1
    add(connection, "c", "d")
    connection.execute("DELETE FROM schemas")
    assert finish(connection, NOW + SWEEP_EVERY_MS)[0] == 2


def test_labels_that_churn_do_not_fill_the_table(connection):
    for day in range(20):
        add(connection, *(f"job-{day}-{at}" for at in range(50)))
        connection.execute("DELETE FROM schemas")
        sweep(connection, NOW + day * SWEEP_EVERY_MS)
        sweep(connection, NOW + day * SWEEP_EVERY_MS)
        assert len(known(connection)) <= 51
