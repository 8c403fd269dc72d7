"""The machines of the gateway in gateway.db: how each is reached, woken and put to sleep; its secrets are sealed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wakeful_collector.store.cursors import named

if TYPE_CHECKING:
    import sqlite3

MACHINES_MAX = 100

MIGRATIONS: tuple[tuple[str, str], ...] = (
    (
        "gateway_machines",
        """
        CREATE TABLE machines (
            name TEXT PRIMARY KEY,
            url TEXT NOT NULL,
            host TEXT,
            is_default INTEGER NOT NULL DEFAULT 0,
            policy TEXT NOT NULL,
            sealed TEXT NOT NULL DEFAULT '',
            made_ms INTEGER NOT NULL,
            changed_ms INTEGER NOT NULL
        ) WITHOUT ROWID;
        CREATE UNIQUE INDEX machines_default ON machines (is_default) WHERE is_default = 1;
        """,
    ),
)


@dataclass(frozen=True, slots=True)
class MachineRow:
    """One machine as it is stored: `policy` holds its settings, `sealed` its secrets, `host` its id in Wakeful."""

    name: str
    url: str
    host: str | None
    is_default: bool
    policy: dict[str, Any]
    sealed: str
    made_ms: int
    changed_ms: int


def keep(connection: sqlite3.Connection, row: MachineRow) -> None:
    """Write a machine as it is now; when it is the default one, no other is."""
    if row.is_default:
        connection.execute("UPDATE machines SET is_default = 0 WHERE is_default = 1 AND name <> ?", (row.name,))
    connection.execute(
        "INSERT INTO machines (name, url, host, is_default, policy, sealed, made_ms, changed_ms)"
        " VALUES (?,?,?,?,?,?,?,?) ON CONFLICT (name) DO UPDATE SET url = excluded.url, host = excluded.host,"
        " is_default = excluded.is_default, policy = excluded.policy, sealed = excluded.sealed,"
        " changed_ms = excluded.changed_ms",
        (
            row.name,
            row.url,
            row.host,
            row.is_default,
            json.dumps(row.policy, allow_nan=False),
            row.sealed,
            row.made_ms,
            row.changed_ms,
        ),
    )


def remove(connection: sqlite3.Connection, name: str) -> bool:
    """Delete a machine with its state, leases, answers and host keys; its history stays. False when there is none."""
    return connection.execute("DELETE FROM machines WHERE name = ?", (name,)).rowcount == 1


def all_of(connection: sqlite3.Connection) -> list[MachineRow]:
    """Return every machine by name."""
    return [_row(found) for found in named(connection, "SELECT * FROM machines ORDER BY name")]


def by_name(connection: sqlite3.Connection, name: str) -> MachineRow | None:
    """Return one machine."""
    found = named(connection, "SELECT * FROM machines WHERE name = ?", (name,)).fetchone()
    return None if found is None else _row(found)


def default_name(connection: sqlite3.Connection) -> str | None:
    """Return the machine that is meant where none is named: the default one, or the only one there is."""
    found = connection.execute("SELECT name FROM machines ORDER BY is_default DESC LIMIT 2").fetchall()
    if len(found) > 1:
        found = connection.execute("SELECT name FROM machines WHERE is_default = 1").fetchall()
    return found[0][0] if found else None


def _row(found: sqlite3.Row) -> MachineRow:
    return MachineRow(
        found["name"],
        found["url"],
        found["host"],
        bool(found["is_default"]),
        json.loads(found["policy"]),
        found["sealed"],
        found["made_ms"],
        found["changed_ms"],
    )
