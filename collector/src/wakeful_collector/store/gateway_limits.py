"""What each API key may do at the gateway, in gateway.db: how much at once, how often, with which models."""

from __future__ import annotations

import json
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3

EVERYBODY = "*"
"""The row for whoever has none of its own."""

MIGRATIONS: tuple[tuple[str, str], ...] = (
    (
        "gateway_limits",
        """
        CREATE TABLE limits (
            key TEXT PRIMARY KEY,
            concurrency INTEGER,
            per_minute INTEGER,
            models TEXT NOT NULL DEFAULT '[]'
        ) WITHOUT ROWID;
        """,
    ),
)


@dataclass(frozen=True, slots=True)
class Limit:
    """The limits of one principal (`key:laptop`); None is no limit, and no `models` means all of them.

    `models` are patterns as shells have them (`llama3*`); a name without a tag means `:latest`, as Ollama has it.
    """

    key: str
    concurrency: int | None = None
    per_minute: int | None = None
    models: tuple[str, ...] = ()

    def permits(self, model: str) -> bool:
        """Tell whether requests for this model are permitted; one that names no model always is."""
        if not self.models or not model:
            return True
        name = _tagged(model)
        return any(fnmatchcase(name, _tagged(pattern)) for pattern in self.models)


def keep(connection: sqlite3.Connection, limit: Limit) -> None:
    """Write the limits of a principal."""
    connection.execute(
        "INSERT OR REPLACE INTO limits (key, concurrency, per_minute, models) VALUES (?,?,?,?)",
        (limit.key, limit.concurrency, limit.per_minute, json.dumps(limit.models)),
    )


def remove(connection: sqlite3.Connection, key: str) -> bool:
    """Delete the limits of a principal; False when it had none."""
    return connection.execute("DELETE FROM limits WHERE key = ?", (key,)).rowcount == 1


def all_of(connection: sqlite3.Connection) -> list[Limit]:
    """Return all limits by key."""
    return [
        _limit(row)
        for row in connection.execute("SELECT key, concurrency, per_minute, models FROM limits ORDER BY key")
    ]


def for_key(connection: sqlite3.Connection, key: str) -> Limit:
    """Return the limits of a principal: its own, else those of everybody, else none."""
    found = connection.execute(
        "SELECT key, concurrency, per_minute, models FROM limits WHERE key IN (?1, ?2) ORDER BY key = ?1 DESC LIMIT 1",
        (key, EVERYBODY),
    ).fetchone()
    return Limit(key) if found is None else _limit(found)


def _limit(row: tuple[str, int | None, int | None, str]) -> Limit:
    return Limit(row[0], row[1], row[2], tuple(json.loads(row[3])))


def _tagged(model: str) -> str:
    last = model.rpartition("/")[2]
    return model if ":" in last or "*" in last else f"{model}:latest"
