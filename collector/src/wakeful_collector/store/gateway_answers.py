"""The last seen answers of machines in gateway.db: what clients that poll are told while a machine sleeps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3

BODY_BYTES_MAX = 4 * 1024 * 1024
"""A list of models that is longer is not kept."""

MIGRATIONS: tuple[tuple[str, str], ...] = (
    (
        "gateway_answers",
        """
        CREATE TABLE answers (
            machine TEXT NOT NULL REFERENCES machines (name) ON DELETE CASCADE,
            path TEXT NOT NULL,
            status INTEGER NOT NULL,
            content_type TEXT NOT NULL,
            body BLOB NOT NULL,
            at_ms INTEGER NOT NULL,
            PRIMARY KEY (machine, path)
        ) WITHOUT ROWID;
        """,
    ),
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a machine said at `path` when it was asked last."""

    machine: str
    path: str
    status: int
    content_type: str
    body: bytes
    at_ms: int


def keep(connection: sqlite3.Connection, answer: Answer) -> bool:
    """Write an answer over the one before; False when it is too long, or its machine was removed."""
    if len(answer.body) > BODY_BYTES_MAX:
        return False
    return (
        connection.execute(
            "INSERT OR REPLACE INTO answers (machine, path, status, content_type, body, at_ms)"
            " SELECT ?1, ?2, ?3, ?4, ?5, ?6 WHERE EXISTS (SELECT 1 FROM machines WHERE name = ?1)",
            (answer.machine, answer.path, answer.status, answer.content_type, answer.body, answer.at_ms),
        ).rowcount
        == 1
    )


def one(connection: sqlite3.Connection, machine: str, path: str) -> Answer | None:
    """Return what a machine said at a path last."""
    found = connection.execute(
        "SELECT machine, path, status, content_type, body, at_ms FROM answers WHERE machine = ? AND path = ?",
        (machine, path),
    ).fetchone()
    return None if found is None else Answer(*found)
