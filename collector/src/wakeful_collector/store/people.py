"""People and programs that may ask: users, their sessions, one-time links, API keys, and failed sign-ins.

Secrets are kept as hashes only. Every function takes an open connection to `state.db`; the caller owns the transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import sqlite3

MIGRATIONS = (
    (
        "people",
        """
        CREATE TABLE users (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE COLLATE NOCASE,
            password TEXT,
            scope TEXT NOT NULL,
            created_ms INTEGER NOT NULL,
            disabled_ms INTEGER
        );
        CREATE TABLE sessions (
            hash TEXT PRIMARY KEY,
            user INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
            created_ms INTEGER NOT NULL,
            seen_ms INTEGER NOT NULL,
            expires_ms INTEGER NOT NULL,
            address TEXT NOT NULL,
            program TEXT NOT NULL
        ) WITHOUT ROWID;
        CREATE INDEX sessions_user ON sessions (user);
        CREATE TABLE signin_links (
            hash TEXT PRIMARY KEY,
            user INTEGER REFERENCES users (id) ON DELETE CASCADE,
            created_ms INTEGER NOT NULL,
            expires_ms INTEGER NOT NULL,
            used_ms INTEGER
        ) WITHOUT ROWID;
        CREATE TABLE keys (
            id TEXT PRIMARY KEY,
            hash TEXT NOT NULL UNIQUE,
            name TEXT NOT NULL,
            scopes TEXT NOT NULL,
            created_ms INTEGER NOT NULL,
            created_by TEXT NOT NULL,
            expires_ms INTEGER,
            revoked_ms INTEGER,
            used_ms INTEGER,
            used_from TEXT
        ) WITHOUT ROWID;
        CREATE TABLE signin_failures (
            subject TEXT PRIMARY KEY,
            count INTEGER NOT NULL,
            last_ms INTEGER NOT NULL
        ) WITHOUT ROWID;
        CREATE TABLE known_places (
            user INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
            address TEXT NOT NULL,
            last_ms INTEGER NOT NULL,
            PRIMARY KEY (user, address)
        ) WITHOUT ROWID;
        """,
    ),
)


@dataclass(frozen=True, slots=True)
class User:
    """A person; `password` is an argon2id hash or None for who signs in by link only."""

    id: int
    name: str
    password: str | None
    scope: str
    created_ms: int
    disabled_ms: int | None


@dataclass(frozen=True, slots=True)
class Session:
    """A sign-in that lasts; `hash` is of its token."""

    hash: str
    user: int
    created_ms: int
    seen_ms: int
    expires_ms: int
    address: str
    program: str


@dataclass(frozen=True, slots=True)
class Key:
    """An API key without its secret; `id` is public."""

    id: str
    hash: str
    name: str
    scopes: tuple[str, ...]
    created_ms: int
    created_by: str
    expires_ms: int | None
    revoked_ms: int | None
    used_ms: int | None
    used_from: str | None


def add_user(connection: sqlite3.Connection, name: str, password: str | None, scope: str, now_ms: int) -> User:
    """Add a person; the caller has made sure that the name is free."""
    cursor = connection.execute(
        "INSERT INTO users (name, password, scope, created_ms) VALUES (?, ?, ?, ?)", (name, password, scope, now_ms)
    )
    return User(int(cursor.lastrowid or 0), name, password, scope, now_ms, None)


def users(connection: sqlite3.Connection) -> list[User]:
    """Return everybody, by name."""
    return [User(*row) for row in connection.execute("SELECT * FROM users ORDER BY name COLLATE NOCASE")]


def user_named(connection: sqlite3.Connection, name: str) -> User | None:
    """Return the person of that name, whatever its case."""
    row = connection.execute("SELECT * FROM users WHERE name = ?", (name,)).fetchone()
    return None if row is None else User(*row)


def user_by_id(connection: sqlite3.Connection, number: int) -> User | None:
    """Return the person with that number."""
    row = connection.execute("SELECT * FROM users WHERE id = ?", (number,)).fetchone()
    return None if row is None else User(*row)


def set_password(connection: sqlite3.Connection, user: int, password: str) -> None:
    """Keep a new password hash."""
    connection.execute("UPDATE users SET password = ? WHERE id = ?", (password, user))


def set_scope(connection: sqlite3.Connection, user: int, scope: str) -> None:
    """Keep what a person may do."""
    connection.execute("UPDATE users SET scope = ? WHERE id = ?", (scope, user))


def set_disabled(connection: sqlite3.Connection, user: int, disabled_ms: int | None) -> None:
    """Lock a person out, or let them in again with None."""
    connection.execute("UPDATE users SET disabled_ms = ? WHERE id = ?", (disabled_ms, user))


def remove_user(connection: sqlite3.Connection, user: int) -> None:
    """Remove a person with all sessions and links."""
    for table in ("sessions", "signin_links", "known_places"):
        connection.execute(f"DELETE FROM {table} WHERE user = ?", (user,))  # noqa: S608 - three fixed names
    connection.execute("DELETE FROM users WHERE id = ?", (user,))


def add_session(connection: sqlite3.Connection, session: Session) -> None:
    """Keep a new session."""
    connection.execute(
        "INSERT INTO sessions VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            session.hash,
            session.user,
            session.created_ms,
            session.seen_ms,
            session.expires_ms,
            session.address,
            session.program,
        ),
    )


def session_with(connection: sqlite3.Connection, digest: str) -> tuple[Session, User] | None:
    """Return the session of that token hash and its user, expired or not."""
    row = connection.execute(
        "SELECT sessions.*, users.* FROM sessions JOIN users ON users.id = sessions.user WHERE hash = ?", (digest,)
    ).fetchone()
    return None if row is None else (Session(*tuple(row)[:7]), User(*tuple(row)[7:]))


def sessions_of(connection: sqlite3.Connection, user: int) -> list[Session]:
    """Return a person's sessions, last seen first."""
    found = connection.execute("SELECT * FROM sessions WHERE user = ? ORDER BY seen_ms DESC, hash", (user,))
    return [Session(*row) for row in found]


def touch_session(connection: sqlite3.Connection, digest: str, now_ms: int) -> None:
    """Note that a session was used."""
    connection.execute("UPDATE sessions SET seen_ms = ? WHERE hash = ?", (now_ms, digest))


def remove_session(connection: sqlite3.Connection, digest: str) -> bool:
    """End a session; say whether there was one."""
    return connection.execute("DELETE FROM sessions WHERE hash = ?", (digest,)).rowcount > 0


def remove_sessions(connection: sqlite3.Connection, user: int, kept: str = "") -> int:
    """End all sessions of a person but the one with the hash `kept`; return how many."""
    return connection.execute("DELETE FROM sessions WHERE user = ? AND hash != ?", (user, kept)).rowcount


def add_link(connection: sqlite3.Connection, digest: str, user: int | None, now_ms: int, expires_ms: int) -> None:
    """Keep the hash of a one-time link; without `user` it sets up the first one."""
    connection.execute("INSERT INTO signin_links VALUES (?, ?, ?, ?, NULL)", (digest, user, now_ms, expires_ms))


def spend_link(connection: sqlite3.Connection, digest: str, now_ms: int) -> tuple[int | None] | None:
    """Spend an unspent, unexpired link and return its user in a tuple; None when there is no such link."""
    row = connection.execute(
        "UPDATE signin_links SET used_ms = ? WHERE hash = ? AND used_ms IS NULL AND expires_ms > ? RETURNING user",
        (now_ms, digest, now_ms),
    ).fetchone()
    return None if row is None else (row[0],)


def add_key(connection: sqlite3.Connection, key: Key) -> None:
    """Keep a new API key."""
    connection.execute(
        "INSERT INTO keys (id, hash, name, scopes, created_ms, created_by, expires_ms) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (key.id, key.hash, key.name, " ".join(key.scopes), key.created_ms, key.created_by, key.expires_ms),
    )


def keys(connection: sqlite3.Connection) -> list[Key]:
    """Return all API keys, newest first, revoked ones too."""
    return [_key(row) for row in connection.execute("SELECT * FROM keys ORDER BY created_ms DESC, id")]


def key_with(connection: sqlite3.Connection, digest: str) -> Key | None:
    """Return the API key of that hash, revoked or expired or not."""
    row = connection.execute("SELECT * FROM keys WHERE hash = ?", (digest,)).fetchone()
    return None if row is None else _key(row)


def revoke_key(connection: sqlite3.Connection, key: str, now_ms: int) -> bool:
    """Revoke the key with the public id `key`; say whether there was one in force."""
    statement = "UPDATE keys SET revoked_ms = ? WHERE id = ? AND revoked_ms IS NULL"
    return connection.execute(statement, (now_ms, key)).rowcount > 0


def end_key(connection: sqlite3.Connection, key: str, expires_ms: int | None) -> None:
    """Keep when a key ends; None for never."""
    connection.execute("UPDATE keys SET expires_ms = ? WHERE id = ?", (expires_ms, key))


def touch_key(connection: sqlite3.Connection, key: str, address: str, now_ms: int) -> None:
    """Note when and from where a key was used."""
    connection.execute("UPDATE keys SET used_ms = ?, used_from = ? WHERE id = ?", (now_ms, address, key))


def failures(connection: sqlite3.Connection, subject: str) -> tuple[int, int]:
    """Return how often `subject` failed to sign in lately, and when last (0 for never)."""
    row = connection.execute("SELECT count, last_ms FROM signin_failures WHERE subject = ?", (subject,)).fetchone()
    return (0, 0) if row is None else (int(row[0]), int(row[1]))


def count_failure(connection: sqlite3.Connection, subject: str, now_ms: int, forget_before_ms: int) -> None:
    """Count one more failure of `subject`, from one again when the last is not after `forget_before_ms`."""
    connection.execute(
        "INSERT INTO signin_failures VALUES (?, 1, ?) ON CONFLICT (subject) DO UPDATE SET"
        " count = CASE WHEN last_ms <= ? THEN 1 ELSE count + 1 END, last_ms = excluded.last_ms",
        (subject, now_ms, forget_before_ms),
    )


def take_back_failure(connection: sqlite3.Connection, subject: str) -> None:
    """Count one failure of `subject` less: the try that was counted beforehand was right."""
    connection.execute("UPDATE signin_failures SET count = max(0, count - 1) WHERE subject = ?", (subject,))


def clear_failures(connection: sqlite3.Connection, subject: str) -> None:
    """Forget the failures of `subject`."""
    connection.execute("DELETE FROM signin_failures WHERE subject = ?", (subject,))


def add_place(connection: sqlite3.Connection, user: int, address: str, now_ms: int) -> None:
    """Note that a person signed in from `address`."""
    connection.execute(
        "INSERT INTO known_places VALUES (?, ?, ?)"
        " ON CONFLICT (user, address) DO UPDATE SET last_ms = excluded.last_ms",
        (user, address, now_ms),
    )


def knows_place(connection: sqlite3.Connection, user: str, address: str) -> bool:
    """Tell whether the person named `user` has signed in from `address` before."""
    statement = "SELECT 1 FROM known_places JOIN users ON users.id = user WHERE users.name = ? AND address = ?"
    return connection.execute(statement, (user, address)).fetchone() is not None


def prune(connection: sqlite3.Connection, now_ms: int, forget_before_ms: int) -> int:
    """Remove what has expired: sessions, links, old failures and places; return how many rows went."""
    removed = connection.execute("DELETE FROM sessions WHERE expires_ms <= ?", (now_ms,)).rowcount
    removed += connection.execute("DELETE FROM signin_links WHERE expires_ms <= ?", (now_ms,)).rowcount
    removed += connection.execute("DELETE FROM signin_failures WHERE last_ms < ?", (forget_before_ms,)).rowcount
    removed += connection.execute("DELETE FROM known_places WHERE last_ms < ?", (now_ms - 180 * 86_400_000,)).rowcount
    return removed


def _key(row: Any) -> Key:
    number, digest, name, scopes, *rest = row
    return Key(number, digest, name, tuple(scopes.split()), *rest)
