"""The Proxmox clusters in state.db: how each is reached and looked at; its secret is sealed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wakeful_collector.store.cursors import named

if TYPE_CHECKING:
    import sqlite3

CLUSTERS_MAX = 64

MIGRATIONS: tuple[tuple[str, str], ...] = (
    (
        "proxmox-clusters",
        """
        CREATE TABLE proxmox_clusters (
            name TEXT PRIMARY KEY,
            settings TEXT NOT NULL,
            sealed TEXT NOT NULL DEFAULT '',
            made_ms INTEGER NOT NULL,
            changed_ms INTEGER NOT NULL
        ) WITHOUT ROWID;
        """,
    ),
)


@dataclass(frozen=True, slots=True)
class ClusterRow:
    """One cluster as it is stored: `settings` without name and secret, `sealed` its secret."""

    name: str
    settings: dict[str, Any]
    sealed: str
    made_ms: int
    changed_ms: int


def keep(connection: sqlite3.Connection, row: ClusterRow) -> None:
    """Write a cluster as it is now."""
    connection.execute(
        "INSERT INTO proxmox_clusters (name, settings, sealed, made_ms, changed_ms) VALUES (?,?,?,?,?)"
        " ON CONFLICT (name) DO UPDATE SET settings = excluded.settings, sealed = excluded.sealed,"
        " changed_ms = excluded.changed_ms",
        (row.name, json.dumps(row.settings, allow_nan=False), row.sealed, row.made_ms, row.changed_ms),
    )


def remove(connection: sqlite3.Connection, name: str) -> bool:
    """Delete a cluster; False when there is none."""
    return connection.execute("DELETE FROM proxmox_clusters WHERE name = ?", (name,)).rowcount == 1


def all_of(connection: sqlite3.Connection) -> list[ClusterRow]:
    """Return every cluster by name."""
    return [_row(found) for found in named(connection, "SELECT * FROM proxmox_clusters ORDER BY name")]


def by_name(connection: sqlite3.Connection, name: str) -> ClusterRow | None:
    """Return one cluster."""
    found = named(connection, "SELECT * FROM proxmox_clusters WHERE name = ?", (name,)).fetchone()
    return None if found is None else _row(found)


def _row(found: sqlite3.Row) -> ClusterRow:
    settings = json.loads(found["settings"])
    return ClusterRow(found["name"], settings, found["sealed"], found["made_ms"], found["changed_ms"])
