"""The newest ticks of each host: its last hot rows, or what was kept of them when they were sealed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector.model.table import EMPTY, Table, merge
from wakeful_collector.store import hot_rows
from wakeful_collector.store.hot import read_ticks
from wakeful_collector.store.hot_rows import HotRow

if TYPE_CHECKING:
    import sqlite3

    from wakeful_collector.model.table import Ints

ROWS = 6
"""So many of a host's last pushes are looked at: a meter that runs once a minute has its value in an earlier one."""

_NEWEST = """
SELECT hot.host, hot.id, hot.from_ms, hot.to_ms, hot.schema, hot.ticks
FROM {hosts} AS known CROSS JOIN hot
WHERE hot.id IN (SELECT id FROM hot AS newest WHERE newest.host = known.host ORDER BY to_ms DESC LIMIT {rows})
"""


def newest(connection: sqlite3.Connection, numbers: Ints | None, host: int | None = None) -> dict[int, Table]:
    """Return the newest ticks of each host, or of one, as a table of the given series (all where None)."""
    found: dict[int, list[HotRow]] = {}
    for row in connection.execute(
        "SELECT host, to_ms, schema, ticks FROM latest WHERE ?1 IS NULL OR host = ?1", (host,)
    ):
        times, values = read_ticks(row[3])
        found[row[0]] = [HotRow(0, int(times[0]), row[1], row[2], times, values)]
    known = "(SELECT DISTINCT host FROM runs)" if host is None else "(SELECT ? AS host)"
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
