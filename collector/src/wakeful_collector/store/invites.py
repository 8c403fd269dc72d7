"""Invites in state.db: what may be exchanged once or a few times for an agent's identity. Only hashes are kept."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from wakeful_collector.store.cursors import named

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

MIGRATIONS: tuple[tuple[str, str], ...] = (
    (
        "invites",
        """
        CREATE TABLE invites (
            id TEXT PRIMARY KEY,
            secret_hash TEXT NOT NULL UNIQUE,
            created_ms INTEGER NOT NULL,
            expires_ms INTEGER NOT NULL,
            uses INTEGER NOT NULL,
            spent INTEGER NOT NULL DEFAULT 0,
            tags TEXT NOT NULL DEFAULT '[]',
            created_by TEXT NOT NULL DEFAULT '',
            revoked_ms INTEGER
        );
        """,
    ),
)


@dataclass(frozen=True, slots=True)
class Invite:
    """One invite; times are milliseconds since the epoch."""

    id: str
    secret_hash: str
    created_ms: int
    expires_ms: int
    uses: int
    spent: int
    tags: tuple[str, ...]
    created_by: str
    revoked_ms: int | None


def add_invite(
    connection: sqlite3.Connection,
    invite_hash: str,
    expires_ms: int,
    uses: int,
    tags: Sequence[str],
    created_by: str,
    now_ms: int,
) -> str:
    """Keep a new invite by the SHA-256 of its text and return its id."""
    invite_id = secrets.token_hex(6)
    connection.execute(
        "INSERT INTO invites (id, secret_hash, created_ms, expires_ms, uses, tags, created_by) VALUES (?,?,?,?,?,?,?)",
        (invite_id, invite_hash, now_ms, expires_ms, uses, msgspec.json.encode(list(tags)).decode(), created_by),
    )
    return invite_id


def revoke_invite(connection: sqlite3.Connection, invite_id: str, now_ms: int) -> bool:
    """Make an invite worthless from now on; False when there is none of that id that still is worth something."""
    statement = "UPDATE invites SET revoked_ms = ? WHERE id = ? AND revoked_ms IS NULL"
    return connection.execute(statement, (now_ms, invite_id)).rowcount == 1


def spend(connection: sqlite3.Connection, invite_id: str, now_ms: int) -> bool:
    """Take one use off an invite; False when another request was faster, or it expired or was revoked meanwhile."""
    statement = (
        "UPDATE invites SET spent = spent + 1 WHERE id = ? AND spent < uses AND expires_ms > ? AND revoked_ms IS NULL"
    )
    return connection.execute(statement, (invite_id, now_ms)).rowcount == 1


def by_hash(connection: sqlite3.Connection, invite_hash: str) -> Invite | None:
    """Return the invite whose text has this hash."""
    row = named(connection, "SELECT * FROM invites WHERE secret_hash = ?", (invite_hash,)).fetchone()
    return None if row is None else _invite(row)


def invites(connection: sqlite3.Connection) -> list[Invite]:
    """Return all invites, newest first."""
    return [_invite(row) for row in named(connection, "SELECT * FROM invites ORDER BY created_ms DESC, id")]


def prune(connection: sqlite3.Connection, before_ms: int) -> int:
    """Delete invites that expired before `before_ms` and return how many."""
    return connection.execute("DELETE FROM invites WHERE expires_ms < ?", (before_ms,)).rowcount


def _invite(row: sqlite3.Row) -> Invite:
    return Invite(
        id=row["id"],
        secret_hash=row["secret_hash"],
        created_ms=row["created_ms"],
        expires_ms=row["expires_ms"],
        uses=row["uses"],
        spent=row["spent"],
        tags=tuple(msgspec.json.decode(row["tags"], type=list[str])),
        created_by=row["created_by"],
        revoked_ms=row["revoked_ms"],
    )
