"""The SSH host keys of the gateway's machines in gateway.db, pinned when they were first seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3

MIGRATIONS: tuple[tuple[str, str], ...] = (
    (
        "gateway_host_keys",
        """
        CREATE TABLE host_keys (
            machine TEXT NOT NULL REFERENCES machines (name) ON DELETE CASCADE,
            kind TEXT NOT NULL,
            key TEXT NOT NULL,
            fingerprint TEXT NOT NULL,
            pinned_ms INTEGER NOT NULL,
            PRIMARY KEY (machine, kind)
        ) WITHOUT ROWID;
        """,
    ),
)


@dataclass(frozen=True, slots=True)
class HostKey:
    """One key: `kind` as `ssh-ed25519`, `key` in base64 as a known_hosts file has it, `fingerprint` as `SHA256:...`."""

    machine: str
    kind: str
    key: str
    fingerprint: str
    pinned_ms: int


def pin(connection: sqlite3.Connection, key: HostKey) -> None:
    """Trust a key from now on, in place of another one of its kind."""
    connection.execute(
        "INSERT OR REPLACE INTO host_keys (machine, kind, key, fingerprint, pinned_ms) VALUES (?,?,?,?,?)",
        (key.machine, key.kind, key.key, key.fingerprint, key.pinned_ms),
    )


def all_of(connection: sqlite3.Connection, machine: str) -> list[HostKey]:
    """Return the keys that are trusted for a machine."""
    rows = connection.execute(
        "SELECT machine, kind, key, fingerprint, pinned_ms FROM host_keys WHERE machine = ? ORDER BY kind", (machine,)
    )
    return [HostKey(*row) for row in rows]


def forget(connection: sqlite3.Connection, machine: str) -> int:
    """Trust no key of a machine any longer; return how many there were."""
    return connection.execute("DELETE FROM host_keys WHERE machine = ?", (machine,)).rowcount
