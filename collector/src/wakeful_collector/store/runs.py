"""What samples.db knows of an agent's runs, for those who only ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector.model.subject import FIRST_KEY
from wakeful_collector.model.twins import RunSpan

if TYPE_CHECKING:
    import sqlite3


def last_heard(connection: sqlite3.Connection, host_key: int | None = None) -> dict[int, int]:
    """Return when a push of each host (or of one) was last taken, in milliseconds since the epoch, by host key."""
    where = f"WHERE host < {FIRST_KEY}" if host_key is None else "WHERE host = :key"
    statement = f"SELECT host, max(heard_ms) FROM runs {where} GROUP BY host"  # noqa: S608 - one of two constants
    return {row[0]: row[1] for row in connection.execute(statement, {"key": host_key})}


def newest_ms(connection: sqlite3.Connection, host_key: int) -> int:
    """Return the newest time that a host's pushes told of, in milliseconds since the epoch; 0 where there is none."""
    return int(connection.execute("SELECT coalesce(max(to_ms), 0) FROM runs WHERE host = ?", (host_key,)).fetchone()[0])


def spans(connection: sqlite3.Connection, host_key: int) -> list[RunSpan]:
    """Return the runs of a host that have ticks."""
    statement = "SELECT run, from_ms, to_ms FROM runs WHERE host = ? AND from_ms IS NOT NULL"
    return [RunSpan(*row) for row in connection.execute(statement, (host_key,))]
