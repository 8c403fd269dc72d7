"""What stands of each host: the newest value of the series that may be a trouble, and the troubles they make.

A meter that runs every half hour is not in a host's newest pushes; what it said last is kept here.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from wakeful_collector.model.subject import FIRST_KEY
from wakeful_collector.store.catalogue import schema_numbers
from wakeful_collector.store.database import transaction
from wakeful_collector.store.hot import read_ticks

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Mapping, Sequence

    from wakeful_collector.model.table import Floats, Ints

_PUSHED = "SELECT max(to_ms), schema FROM hot WHERE host = ? AND to_ms > ? GROUP BY schema ORDER BY max(to_ms)"
_TICKS = "SELECT schema, ticks FROM hot WHERE host = ? AND to_ms > ? AND schema IN (SELECT value FROM json_each(?))"


class Standing(NamedTuple):
    """A host's newest values: numbers of series in order, when each was read, and the values; up to `at_ms`."""

    at_ms: int
    numbers: Ints
    times_ms: Ints
    values: Floats

    def known(self) -> dict[int, tuple[int, float]]:
        """Return time and value by number."""
        rows = zip(self.numbers.tolist(), self.times_ms.tolist(), self.values.tolist(), strict=True)
        return {number: (time_ms, value) for number, time_ms, value in rows}


def of(at_ms: int, known: Mapping[int, tuple[int, float]]) -> Standing:
    """Return the form that is kept."""
    numbers = sorted(known)
    times = [known[number][0] for number in numbers]
    values = [known[number][1] for number in numbers]
    return Standing(at_ms, np.array(numbers, np.int64), np.array(times, np.int64), np.array(values, np.float64))


def read(connection: sqlite3.Connection) -> dict[int, Standing]:
    """Return what stands of every host."""
    rows = connection.execute("SELECT host, at_ms, numbers, times, readings FROM standing")
    return {
        row[0]: Standing(
            row[1], np.frombuffer(row[2], "<i8"), np.frombuffer(row[3], "<i8"), np.frombuffer(row[4], "<f8")
        )
        for row in rows
    }


def troubles(connection: sqlite3.Connection, host: int | None = None) -> dict[int, list[list[object]]]:
    """Return the troubles of the hosts that have some, or of one, each as it was written."""
    statement = "SELECT host, troubles FROM standing WHERE troubles <> '[]' AND (?1 IS NULL OR host = ?1)"
    rows = connection.execute(statement, (host,))
    return {row[0]: json.loads(row[1]) for row in rows}


def write(connection: sqlite3.Connection, found: Mapping[int, tuple[Standing, Sequence[Sequence[object]]]]) -> None:
    """Keep what stands of several hosts with its troubles, in one transaction."""
    with transaction(connection):
        connection.executemany(
            "INSERT OR REPLACE INTO standing (host, at_ms, numbers, times, readings, troubles) VALUES (?,?,?,?,?,?)",
            (
                (
                    host,
                    one.at_ms,
                    one.numbers.astype("<i8").tobytes(),
                    one.times_ms.astype("<i8").tobytes(),
                    one.values.astype("<f8").tobytes(),
                    json.dumps(troubles),
                )
                for host, (one, troubles) in found.items()
            ),
        )


class Places:
    """Where the wanted series stand in each schema; schemas never change."""

    def __init__(self) -> None:
        self._wanted: frozenset[int] = frozenset()
        self._places: dict[int, tuple[Ints, list[int]]] = {}

    def want(self, numbers: Collection[int]) -> None:
        """Say which series matter from now on."""
        if self._wanted != numbers:
            self._wanted = frozenset(numbers)
            self._places.clear()

    def of(self, connection: sqlite3.Connection, schema: int) -> tuple[Ints, list[int]]:
        """Return the columns of the wanted series in a schema, and their numbers."""
        found = self._places.get(schema)
        if found is None:
            packed = connection.execute("SELECT series FROM schemas WHERE id = ?", (schema,)).fetchone()[0]
            numbers = schema_numbers(packed).tolist()
            columns = [at for at, number in enumerate(numbers) if number in self._wanted]
            found = self._places[schema] = (np.array(columns, np.int64), [numbers[at] for at in columns])
        return found


def heard(connection: sqlite3.Connection) -> dict[int, int]:
    """Return the time of every host's newest tick."""
    rows = connection.execute(
        "SELECT host, max(to_ms) FROM runs WHERE to_ms IS NOT NULL AND host < ? GROUP BY host", (FIRST_KEY,)
    )
    return {row[0]: row[1] for row in rows}


class Newer(NamedTuple):
    """What a host pushed since: the newest time, which wanted series it has now, and their newest time and value."""

    at_ms: int
    having: frozenset[int]
    known: dict[int, tuple[int, float]]


def newer(connection: sqlite3.Connection, host: int, after_ms: int, places: Places) -> Newer | None:
    """Return what a host pushed after a time, None when it was nothing; ticks without a wanted series are not read."""
    pushed = connection.execute(_PUSHED, (host, after_ms)).fetchall()
    if not pushed:
        return None
    wanted = [schema for _, schema in pushed if places.of(connection, schema)[1]]
    found: dict[int, tuple[int, float]] = {}
    if wanted:
        for schema, ticks in connection.execute(_TICKS, (host, after_ms, json.dumps(wanted))):
            columns, numbers = places.of(connection, schema)
            times, values = read_ticks(ticks)
            for time_ms, row in zip(times.tolist(), values[:, columns].tolist(), strict=True):
                for number, value in zip(numbers, row, strict=True):
                    if value == value and time_ms >= found.get(number, (0, 0.0))[0]:  # noqa: PLR0124 - NaN differs
                        found[number] = (time_ms, value)
    newest_ms, schema = pushed[-1]
    return Newer(newest_ms, frozenset(places.of(connection, schema)[1]), found)
