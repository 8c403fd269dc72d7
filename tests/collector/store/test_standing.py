"""What stands of a host is kept and read back whole, and found in its pushes without reading those that lack it."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from wakeful_collector.store import catalogue, database, samples, standing
from wakeful_wire.schema import schema_hash
from wakeful_wire.schema import series as named

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path

START = 1_795_046_400_000
UP, LOAD = named("redis.up", target="a"), named("system.load_average.1m")


@pytest.fixture
def connection(data: Path) -> Iterator[sqlite3.Connection]:
    with closing(database.writer(data, "samples")) as opened:
        opened.row_factory = None
        yield opened


def push(connection: sqlite3.Connection, sequence: int, columns: list, values: list[float | None]) -> None:
    schema = schema_hash(columns)
    with database.transaction(connection):
        samples.add_schema(connection, schema, columns)
        ticks = [(START + sequence * 1_000, values)]
        samples.append(connection, samples.hot_push(1, "run-1", sequence, schema, ticks, b"d"), 99)


def test_it_is_read_back_as_it_was_written(connection: sqlite3.Connection) -> None:
    one = standing.of(START, {7: (START - 5, 0.5), 3: (START, 1.0)})
    standing.write(connection, {1: (one, [("down", "bad", "x")]), 2: (standing.of(START, {}), [])})
    found = standing.read(connection)
    assert found[1].known() == {3: (START, 1.0), 7: (START - 5, 0.5)}
    assert found[2].known() == {}
    assert standing.troubles(connection) == {1: [["down", "bad", "x"]]}
    assert standing.troubles(connection, 2) == {}


def test_newer_pushes_say_what_there_is_and_its_newest_value(connection: sqlite3.Connection, data: Path) -> None:
    push(connection, 0, [UP, LOAD], [0.0, 1.0])
    push(connection, 1, [UP, LOAD], [None, 2.0])
    (number,) = catalogue.catalogue(data).numbers["redis.up"]
    assert standing.heard(connection) == {1: START + 1_000}
    places = standing.Places()
    places.want({number})
    assert standing.newer(connection, 1, START - 1, places) == (START + 1_000, {number}, {number: (START, 0.0)})
    assert standing.newer(connection, 1, START, places) == (START + 1_000, {number}, {})
    assert standing.newer(connection, 1, START + 1_000, places) is None
    push(connection, 2, [LOAD], [3.0])
    assert standing.newer(connection, 1, START + 1_000, places) == (START + 2_000, frozenset(), {})


def test_what_is_wanted_may_change(connection: sqlite3.Connection, data: Path) -> None:
    push(connection, 0, [UP, LOAD], [0.0, 1.0])
    known = catalogue.catalogue(data)
    places = standing.Places()
    (schema,) = connection.execute("SELECT id FROM schemas").fetchone()
    places.want(set(known.numbers["redis.up"]))
    assert places.of(connection, schema)[1] == known.numbers["redis.up"]
    places.want(set(known.numbers["system.load_average.1m"]))
    assert places.of(connection, schema)[1] == known.numbers["system.load_average.1m"]
