from __future__ import annotations

from wakeful_collector.store import database, latest, samples
from wakeful_wire.schema import schema_hash, series

COLUMNS = [series("system.uptime"), series("hw.power", chip="c", sensor="s")]


def push(data, *rows):
    connection = database.writer(data, "samples")
    schema = schema_hash(COLUMNS)
    with database.transaction(connection):
        samples.add_schema(connection, schema, COLUMNS)
        for at, row in enumerate(rows):
            samples.append(connection, samples.hot_push(1, "run-one-1", at, schema, [(at * 1000, row)], b"d"), 1)
    connection.close()


def test_a_value_that_the_newest_rows_lack_is_looked_for_further_back(data):
    push(data, [0.0, 7.0], [1.0, None], [2.0, None], [3.0, None])
    found = latest.newest_of(database.reader(data, "samples"), {1: 1, 2: 1})
    assert found == {1: {1: [(3000, 3.0)], 2: [(0, 7.0)]}}


def test_several_newest_values_come_newest_first(data):
    push(data, [0.0, 7.0], [1.0, 8.0], [2.0, 9.0])
    assert latest.newest_of(database.reader(data, "samples"), {1: 2}) == {1: {1: [(2000, 2.0), (1000, 1.0)]}}
    assert latest.newest_of(database.reader(data, "samples"), {2: 3})[1][2] == [(2000, 9.0), (1000, 8.0), (0, 7.0)]
    assert latest.newest_of(database.reader(data, "samples"), {99: 1}) == {1: {}}
