"""Which guests and nodes of Proxmox clusters are hosts that run an agent, and by what evidence: in state.db."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

MIGRATIONS: tuple[tuple[str, str], ...] = (
    (
        "proxmox_joins",
        """
        CREATE TABLE proxmox_joins (
            cluster TEXT NOT NULL,
            id TEXT NOT NULL,
            name TEXT NOT NULL,
            host TEXT NOT NULL,
            evidence TEXT NOT NULL,
            PRIMARY KEY (cluster, id)
        ) WITHOUT ROWID;
        CREATE INDEX proxmox_joins_host ON proxmox_joins (host);
        """,
    ),
)


class Join(NamedTuple):
    """A guest or node (`id` as `qemu/100`) that is a host, by the host's public id, and why that is known."""

    cluster: str
    id: str
    name: str
    host: str
    evidence: str


def keep(connection: sqlite3.Connection, cluster: str, joins: Iterable[Join]) -> None:
    """Write the joins of a cluster in place of those that were."""
    connection.execute("DELETE FROM proxmox_joins WHERE cluster = ?", (cluster,))
    connection.executemany("INSERT INTO proxmox_joins (cluster, id, name, host, evidence) VALUES (?,?,?,?,?)", joins)


def of(connection: sqlite3.Connection, cluster: str) -> list[Join]:
    """Return the joins of a cluster by id."""
    rows = connection.execute(
        "SELECT cluster, id, name, host, evidence FROM proxmox_joins WHERE cluster = ? ORDER BY id", (cluster,)
    )
    return [Join(*row) for row in rows]


def of_host(connection: sqlite3.Connection, host: str) -> list[Join]:
    """Return what a host is, by cluster and id."""
    rows = connection.execute(
        "SELECT cluster, id, name, host, evidence FROM proxmox_joins WHERE host = ? ORDER BY cluster, id", (host,)
    )
    return [Join(*row) for row in rows]
