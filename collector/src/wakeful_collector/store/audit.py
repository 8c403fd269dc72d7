"""The audit trail: who did what to what, from where, with which outcome, each row chained by hash to the one before."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

MIGRATIONS = (
    (
        "audit",
        """
        CREATE TABLE audit (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            at_ms INTEGER NOT NULL,
            principal TEXT NOT NULL,
            address TEXT NOT NULL,
            face TEXT NOT NULL,
            operation TEXT NOT NULL,
            subject TEXT NOT NULL,
            outcome TEXT NOT NULL,
            detail TEXT NOT NULL,
            hash TEXT NOT NULL
        );
        CREATE INDEX audit_subject ON audit (subject, id);
        CREATE INDEX audit_principal ON audit (principal, id);
        """,
    ),
)

START = "0" * 64
"""What the first row is chained to."""

OUTCOMES = ("done", "refused", "failed")


@dataclass(frozen=True, slots=True)
class Entry:
    """One change or attempt; `face` is web, api, cli, agent, worker, mcp; `outcome` one of `OUTCOMES`; no secrets."""

    at_ms: int
    principal: str
    address: str
    face: str
    operation: str
    subject: str
    outcome: str
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Row:
    """An entry as it is kept, with its number and the hash that chains it to all before."""

    id: int
    hash: str
    entry: Entry


def append(connection: sqlite3.Connection, entry: Entry) -> str:
    """Add `entry` behind the last row and return its hash; call it inside the transaction of the change itself."""
    found = connection.execute("SELECT hash FROM audit ORDER BY id DESC LIMIT 1").fetchone()
    digest = chained(START if found is None else found[0], entry)
    connection.execute(
        "INSERT INTO audit (at_ms, principal, address, face, operation, subject, outcome, detail, hash)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            entry.at_ms,
            entry.principal,
            entry.address,
            entry.face,
            entry.operation,
            entry.subject,
            entry.outcome,
            _canonical(entry.detail),
            digest,
        ),
    )
    return digest


def is_crowded(connection: sqlite3.Connection, principal: str, since_ms: int, most: int) -> bool:
    """Tell whether the newest `most` rows of a principal are all younger than `since_ms`."""
    statement = "SELECT at_ms FROM audit WHERE principal = ? ORDER BY id DESC LIMIT 1 OFFSET ?"
    found = connection.execute(statement, (principal, most - 1)).fetchone()
    return found is not None and found[0] > since_ms


def chained(previous: str, entry: Entry) -> str:
    """Return the SHA-256, in hex, of the hash before and everything `entry` says."""
    return hashlib.sha256(f"{previous}\n{_canonical(asdict(entry))}".encode("ascii")).hexdigest()


def rows(
    connection: sqlite3.Connection,
    limit: int,
    before: int | None = None,
    principal: str | None = None,
    subject: str | None = None,
    operation: str | None = None,
) -> list[Row]:
    """Return at most `limit` rows, newest first, below the row number `before`."""
    wanted = {"principal": principal, "subject": subject, "operation": operation}
    given = {name: value for name, value in wanted.items() if value is not None}
    conditions = ["id < ?", *(f"{name} = ?" for name in given)]
    found = connection.execute(
        f"SELECT * FROM audit WHERE {' AND '.join(conditions)} ORDER BY id DESC LIMIT ?",  # noqa: S608 - fixed names
        (2**62 if before is None else before, *given.values(), limit),
    )
    return [_row(item) for item in found]


def chain(connection: sqlite3.Connection) -> Iterator[Row]:
    """Yield every row, oldest first, to be checked by `first_broken`."""
    for item in connection.execute("SELECT * FROM audit ORDER BY id"):
        yield _row(item)


def first_broken(found: Iterator[Row]) -> int | None:
    """Return the number of the first row that was changed, or that follows a removed one; None when all hold."""
    previous = START
    for row in found:
        if chained(previous, row.entry) != row.hash:
            return row.id
        previous = row.hash
    return None


def head(connection: sqlite3.Connection) -> tuple[int, str]:
    """Return number and hash of the newest row; noted elsewhere, they show a trail that was cut at its end."""
    found = connection.execute("SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1").fetchone()
    return (0, START) if found is None else (int(found[0]), str(found[1]))


def _canonical(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=True, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _row(item: Any) -> Row:
    number, at_ms, principal, address, face, operation, subject, outcome, detail, digest = item
    entry = Entry(at_ms, principal, address, face, operation, subject, outcome, json.loads(detail))
    return Row(number, digest, entry)
