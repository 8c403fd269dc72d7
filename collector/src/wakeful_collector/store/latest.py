"""The newest ticks of each host: its last hot rows, or what was kept of them when they were sealed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from wakeful_collector.model.subject import FIRST_KEY
from wakeful_collector.model.table import EMPTY, Table, merge
from wakeful_collector.store import hot_rows
from wakeful_collector.store.hot import read_ticks
from wakeful_collector.store.hot_rows import HotRow

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from wakeful_collector.model.table import Ints

ROWS = 6
"""So many of a host's last pushes are looked at: a meter that runs once a minute has its value in an earlier one."""

_FIRST_ROWS = 2
"""What is looked at of every host before looking further at those whose newest rows lack a value."""

_HOSTS = f"(SELECT DISTINCT host FROM runs WHERE host < {FIRST_KEY})"  # noqa: S608 - a constant
"""Every host, and no subject without an agent: nothing of the fleet is asked of those."""

_NEWEST = """
SELECT hot.host, hot.id, hot.from_ms, hot.to_ms, hot.schema, hot.ticks
FROM {hosts} AS known CROSS JOIN hot
WHERE hot.id IN (SELECT id FROM hot AS newest WHERE newest.host = known.host ORDER BY to_ms DESC LIMIT {rows})
"""


def newest(connection: sqlite3.Connection, numbers: Ints | None, host: int | None = None) -> dict[int, Table]:
    """Return the newest ticks of each host, or of one, as a table of the given series (all where None)."""
    found: dict[int, list[HotRow]] = {}
    for row in connection.execute(
        "SELECT host, to_ms, schema, ticks FROM latest WHERE host = ?1 OR (?1 IS NULL AND host < ?2)", (host, FIRST_KEY)
    ):
        times, values = read_ticks(row[3])
        found[row[0]] = [HotRow(0, int(times[0]), row[1], row[2], times, values)]
    known = _HOSTS if host is None else "(SELECT ? AS host)"
    statement = _NEWEST.format(hosts=known, rows=ROWS if host is None else 4 * ROWS)
    for row in connection.execute(statement, () if host is None else (host,)):
        found.setdefault(row[0], []).append(HotRow(row[1], row[2], row[3], row[4], *read_ticks(row[5])))
    schemas = hot_rows.schemas(connection, {row.schema for rows in found.values() for row in rows})
    return {host: _table(rows, schemas, numbers) for host, rows in found.items()}


def _table(rows: list[HotRow], schemas: dict[int, Ints], numbers: Ints | None) -> Table:
    rows.sort(key=lambda row: row.to_ms)
    alike: dict[int, list[HotRow]] = {}
    for row in rows:
        alike.setdefault(row.schema, []).append(row)
    tables = [hot_rows.one_schema(some, schemas[schema], numbers) for schema, some in alike.items()]
    return merge(tables) if tables else EMPTY


Found = dict[int, list[tuple[int, float]]]
"""By number of the series: its newest (time in ms, value), newest first."""


def newest_of(connection: sqlite3.Connection, needs: Mapping[int, int]) -> dict[int, Found]:
    """Return the newest values of a few series of every host: `needs` says how many of each, by number."""
    statement = _NEWEST.format(hosts=_HOSTS, rows=_FIRST_ROWS)
    rows: dict[int, list[HotRow]] = {}
    for row in connection.execute(statement):
        rows.setdefault(row[0], []).append(HotRow(row[1], row[2], row[3], row[4], *read_ticks(row[5])))
    for row in connection.execute("SELECT host, to_ms, schema, ticks FROM latest WHERE host < ?", (FIRST_KEY,)):
        if row[0] not in rows or max(one.to_ms for one in rows[row[0]]) < row[1]:
            rows.setdefault(row[0], []).append(HotRow(0, 0, row[1], row[2], *read_ticks(row[3])))
    schemas = hot_rows.schemas(connection, {one.schema for some in rows.values() for one in some})
    places = {
        schema: [(number, at, needs[number]) for at, number in enumerate(numbers.tolist()) if number in needs]
        for schema, numbers in schemas.items()
    }
    found = {}
    for host, some in rows.items():
        some.sort(key=lambda row: -row.to_ms)
        found[host], complete = _gathered(some, places)
        if not complete and len(some) >= _FIRST_ROWS:
            table = newest(connection, np.array(sorted(needs), np.int64), host)[host]
            found[host] = _from_table(table, needs)
    return found


def _gathered(rows: list[HotRow], places: dict[int, list[tuple[int, int, int]]]) -> tuple[Found, bool]:
    found: Found = {}
    missing = len(places[rows[0].schema])
    for row in rows:
        for tick in range(len(row.times_ms) - 1, -1, -1):
            time_ms = int(row.times_ms[tick])
            for number, at, need in places[row.schema]:
                known = found.setdefault(number, [])
                value = row.values.item(tick, at)
                if len(known) < need and value == value:  # noqa: PLR0124 - only NaN differs from itself
                    known.append((time_ms, value))
                    missing -= len(known) == need
            if missing <= 0:
                return found, True
    return found, False


def _from_table(table: Table, needs: Mapping[int, int]) -> Found:
    found: Found = {}
    for number, row in zip(table.keys.tolist(), table.values, strict=True):
        known = np.flatnonzero(~np.isnan(row))[: -needs[number] - 1 : -1]
        found[number] = [(int(table.times_ms[at]), float(row[at])) for at in known]
    return found
