"""What the push door took and refused, counted in samples.db so that all web processes add up."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

MIGRATIONS: tuple[tuple[str, str], ...] = (
    ("002-traffic", "CREATE TABLE traffic (name TEXT PRIMARY KEY, value REAL NOT NULL) WITHOUT ROWID;"),
)


def add(connection: sqlite3.Connection, counted: Mapping[str, float]) -> None:
    """Add to the counters by name."""
    connection.executemany(
        "INSERT INTO traffic (name, value) VALUES (?, ?)"
        " ON CONFLICT (name) DO UPDATE SET value = value + excluded.value",
        list(counted.items()),
    )


def counters(connection: sqlite3.Connection) -> dict[str, float]:
    """Return all counters by name."""
    return dict(connection.execute("SELECT name, value FROM traffic").fetchall())
