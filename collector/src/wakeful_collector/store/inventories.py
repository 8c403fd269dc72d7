"""Inventories in state.db: the newest document of each name a host sent, packed."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, NamedTuple

from wakeful_collector.store.cursors import named
from wakeful_wire import limits

if TYPE_CHECKING:
    import sqlite3

MIGRATIONS: tuple[tuple[str, str], ...] = (
    (
        "inventories",
        """
        CREATE TABLE inventories (
            host_key INTEGER NOT NULL,
            name TEXT NOT NULL,
            hash TEXT NOT NULL,
            at_ms INTEGER NOT NULL,
            size_bytes INTEGER NOT NULL,
            body BLOB NOT NULL,
            PRIMARY KEY (host_key, name)
        );
        """,
    ),
    ("inventories_by_name", "CREATE INDEX inventories_by_name ON inventories (name, host_key);"),
)


class Packed(NamedTuple):
    """A document as it is kept: the size of its JSON text, and the text packed."""

    size_bytes: int
    content: bytes


def pack(text: bytes) -> Packed:
    """Pack a document's JSON text; touches no database."""
    return Packed(len(text), zlib.compress(text, 6))


def keep(connection: sqlite3.Connection, host_key: int, name: str, digest: str, body: Packed, at_ms: int) -> bool:
    """Keep a document as the newest of its name; False when a newer one is known already."""
    changed = connection.execute(
        "INSERT INTO inventories (host_key, name, hash, at_ms, size_bytes, body) VALUES (?,?,?,?,?,?)"
        " ON CONFLICT (host_key, name) DO UPDATE SET hash = excluded.hash, at_ms = excluded.at_ms,"
        " size_bytes = excluded.size_bytes, body = excluded.body WHERE excluded.at_ms >= inventories.at_ms",
        (host_key, name, digest, at_ms, *body),
    ).rowcount
    connection.execute(
        "DELETE FROM inventories WHERE host_key = ? AND name IN"
        " (SELECT name FROM inventories WHERE host_key = ? ORDER BY at_ms DESC, name LIMIT -1 OFFSET ?)",
        (host_key, host_key, limits.INVENTORIES_MAX),
    )
    return changed > 0


def hashes(connection: sqlite3.Connection, host_key: int) -> dict[str, str]:
    """Return the hash of each inventory of a host by its name."""
    return dict(connection.execute("SELECT name, hash FROM inventories WHERE host_key = ?", (host_key,)).fetchall())


def rows(connection: sqlite3.Connection, host_key: int) -> list[sqlite3.Row]:
    """Return name, hash, time and size of each inventory of a host."""
    statement = "SELECT name, hash, at_ms, size_bytes FROM inventories WHERE host_key = ? ORDER BY name"
    return named(connection, statement, (host_key,)).fetchall()


def body(connection: sqlite3.Connection, host_key: int, name: str) -> tuple[str, int, bytes] | None:
    """Return hash, time and JSON text of one inventory."""
    statement = "SELECT hash, at_ms, body FROM inventories WHERE host_key = ? AND name = ?"
    row = named(connection, statement, (host_key, name)).fetchone()
    return None if row is None else (row["hash"], row["at_ms"], zlib.decompress(row["body"]))


def bodies(connection: sqlite3.Connection, name: str, host_key: int | None = None) -> list[tuple[int, int, bytes]]:
    """Return host, time and JSON text of the inventory of that name of every host (or of one) that is not forgotten."""
    statement = (
        "SELECT host_key, at_ms, body FROM inventories WHERE name = ?1 AND (?2 IS NULL OR host_key = ?2)"
        " AND host_key IN (SELECT key FROM agents WHERE forgotten_ms IS NULL) ORDER BY host_key"
    )
    found = named(connection, statement, (name, host_key)).fetchall()
    return [(row["host_key"], row["at_ms"], zlib.decompress(row["body"])) for row in found]


def times(connection: sqlite3.Connection, name: str) -> dict[int, int]:
    """Return when each host wrote its inventory of that name, by host key."""
    return dict(connection.execute("SELECT host_key, at_ms FROM inventories WHERE name = ?", (name,)).fetchall())


def forget(connection: sqlite3.Connection, host_key: int) -> int:
    """Delete the inventories of a host and return how many there were."""
    return connection.execute("DELETE FROM inventories WHERE host_key = ?", (host_key,)).rowcount
