"""Signs of life of the collector's own background work: one row a job, replaced each time."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

MIGRATIONS = (
    (
        "heartbeats",
        """
        CREATE TABLE heartbeats (
            name TEXT PRIMARY KEY,
            at_ms INTEGER NOT NULL,
            interval_seconds REAL NOT NULL,
            detail TEXT NOT NULL
        ) WITHOUT ROWID;
        """,
    ),
)


class Heartbeat(NamedTuple):
    """When a job last came through, how often it means to, and what it has to say of that run."""

    name: str
    at_ms: int
    interval_seconds: float
    detail: dict[str, Any]


def beat(connection: sqlite3.Connection, beats: Sequence[Heartbeat]) -> None:
    """Replace the rows of `beats`; the caller owns the transaction."""
    connection.executemany(
        "INSERT INTO heartbeats (name, at_ms, interval_seconds, detail) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (name) DO UPDATE SET at_ms = excluded.at_ms, interval_seconds = excluded.interval_seconds,"
        " detail = excluded.detail",
        [(one.name, one.at_ms, one.interval_seconds, json.dumps(one.detail)) for one in beats],
    )


def all_beats(connection: sqlite3.Connection) -> dict[str, Heartbeat]:
    """Return the newest sign of life of each job by its name."""
    rows = connection.execute("SELECT name, at_ms, interval_seconds, detail FROM heartbeats ORDER BY name")
    return {name: Heartbeat(name, at_ms, interval, json.loads(detail)) for name, at_ms, interval, detail in rows}
