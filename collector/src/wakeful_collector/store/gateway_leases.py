"""Leases in gateway.db: who claims that a machine must stay awake, in order of arrival, and who was admitted.

Beside them stand two short memories: when each key was served last (fairness), and how fast it asks (its pace).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

REQUEST = "request"
KINDS = (REQUEST, "person", "script", "legacy")
"""What a lease is for: a request on its way, a person, a program of theirs, a client of the older management routes."""

REQUEST_AHEAD_MS = 60_000
"""No process lets a request's lease live so far ahead."""

MIGRATIONS: tuple[tuple[str, str], ...] = (
    (
        "gateway_leases",
        """
        CREATE TABLE leases (
            seq INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            machine TEXT NOT NULL REFERENCES machines (name) ON DELETE CASCADE,
            kind TEXT NOT NULL,
            owner TEXT NOT NULL,
            key TEXT NOT NULL,
            note TEXT NOT NULL,
            begun_ms INTEGER NOT NULL,
            admitted_ms INTEGER,
            expires_ms INTEGER NOT NULL,
            process TEXT NOT NULL
        );
        CREATE TABLE served (
            machine TEXT NOT NULL REFERENCES machines (name) ON DELETE CASCADE,
            key TEXT NOT NULL,
            turn INTEGER NOT NULL,
            PRIMARY KEY (machine, key)
        ) WITHOUT ROWID;
        CREATE TABLE paces (
            key TEXT PRIMARY KEY,
            due_ms REAL NOT NULL
        ) WITHOUT ROWID;
        """,
    ),
)

_COLUMNS = "id, machine, kind, owner, key, note, begun_ms, admitted_ms, expires_ms, process"


@dataclass(frozen=True, slots=True)
class Lease:
    """One claim; `admitted_ms` is None for a request that waits for its turn, `process` is who renews it."""

    id: str
    machine: str
    kind: str
    owner: str
    key: str
    note: str
    begun_ms: int
    admitted_ms: int | None
    expires_ms: int
    process: str = ""


class Count(NamedTuple):
    """How many requests wait at a machine, how many are served, and how many other claims there are."""

    waiting: int
    running: int
    claims: int


def take(connection: sqlite3.Connection, lease: Lease) -> bool:
    """Write a new lease, whose id must be new; False when its machine was removed."""
    statement = (
        f"INSERT INTO leases ({_COLUMNS}) SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10"  # noqa: S608 - constants of this module
        " WHERE EXISTS (SELECT 1 FROM machines WHERE name = ?2)"
    )
    written = connection.execute(
        statement,
        (
            lease.id,
            lease.machine,
            lease.kind,
            lease.owner,
            lease.key,
            lease.note,
            lease.begun_ms,
            lease.admitted_ms,
            lease.expires_ms,
            lease.process,
        ),
    )
    return written.rowcount == 1


def living(connection: sqlite3.Connection, machine: str | None, now_ms: int) -> list[Lease]:
    """Return the leases that have not expired (of one machine), in the order they were taken."""
    statement = (
        f"SELECT {_COLUMNS} FROM leases WHERE (?1 IS NULL OR machine = ?1)"  # noqa: S608 - constants of this module
        " AND expires_ms > ?2 ORDER BY seq"
    )
    return [Lease(*row) for row in connection.execute(statement, (machine, now_ms))]


def count(connection: sqlite3.Connection, machine: str, now_ms: int) -> Count:
    """Return how many living leases a machine has."""
    row = connection.execute(
        "SELECT coalesce(sum(kind = 'request' AND admitted_ms IS NULL), 0),"
        " coalesce(sum(kind = 'request' AND admitted_ms IS NOT NULL), 0), coalesce(sum(kind <> 'request'), 0)"
        " FROM leases WHERE machine = ? AND expires_ms > ?",
        (machine, now_ms),
    ).fetchone()
    return Count(*row)


def places(connection: sqlite3.Connection, machine: str, now_ms: int) -> list[tuple[str, str, bool]]:
    """Return id, key and whether it was admitted of each living request of a machine, in order of arrival."""
    rows = connection.execute(
        "SELECT id, key, admitted_ms IS NOT NULL FROM leases WHERE machine = ? AND kind = 'request' AND expires_ms > ?"
        " ORDER BY seq",
        (machine, now_ms),
    )
    return [(one_id, key, bool(admitted)) for one_id, key, admitted in rows]


def queues(connection: sqlite3.Connection, now_ms: int) -> dict[str, list[str]]:
    """Return by machine the requests that wait, in order of arrival."""
    found: dict[str, list[str]] = {}
    rows = connection.execute(
        "SELECT machine, id FROM leases WHERE kind = 'request' AND admitted_ms IS NULL AND expires_ms > ? ORDER BY seq",
        (now_ms,),
    )
    for machine, one_id in rows:
        found.setdefault(machine, []).append(one_id)
    return found


def admitted(connection: sqlite3.Connection, ids: Sequence[str]) -> dict[str, int]:
    """Return since when those of some leases may go that may."""
    rows = connection.execute(
        "SELECT id, admitted_ms FROM leases WHERE id IN (SELECT value FROM json_each(?)) AND admitted_ms IS NOT NULL",
        (json.dumps(ids),),
    )
    return dict(rows.fetchall())


def awaited(connection: sqlite3.Connection, now_ms: int) -> list[str]:
    """Return the machines that requests wait for."""
    rows = connection.execute(
        "SELECT DISTINCT machine FROM leases WHERE kind = 'request' AND admitted_ms IS NULL AND expires_ms > ?",
        (now_ms,),
    )
    return [row[0] for row in rows]


def is_awaited(connection: sqlite3.Connection) -> bool:
    """Tell whether any request waits."""
    statement = "SELECT 1 FROM leases WHERE kind = 'request' AND admitted_ms IS NULL LIMIT 1"
    return connection.execute(statement).fetchone() is not None


def running_of(connection: sqlite3.Connection, key: str, now_ms: int) -> int:
    """Return how many requests of a key are served at all machines together."""
    statement = (
        "SELECT count(*) FROM leases WHERE kind = 'request' AND admitted_ms IS NOT NULL AND key = ? AND expires_ms > ?"
    )
    return int(connection.execute(statement, (key, now_ms)).fetchone()[0])


def is_waiting(connection: sqlite3.Connection, machine: str, key: str, now_ms: int) -> bool:
    """Tell whether a request of a key waits at a machine."""
    statement = (
        "SELECT 1 FROM leases WHERE kind = 'request' AND admitted_ms IS NULL AND machine = ? AND key = ?"
        " AND expires_ms > ? LIMIT 1"
    )
    return connection.execute(statement, (machine, key, now_ms)).fetchone() is not None


def running_elsewhere(connection: sqlite3.Connection, machine: str, now_ms: int) -> dict[str, int]:
    """Return by key how many requests are served at the other machines."""
    rows = connection.execute(
        "SELECT key, count(*) FROM leases WHERE kind = 'request' AND admitted_ms IS NOT NULL AND machine <> ?"
        " AND expires_ms > ? GROUP BY key",
        (machine, now_ms),
    )
    return dict(rows.fetchall())


def one(connection: sqlite3.Connection, lease_id: str) -> Lease | None:
    """Return a lease, also one that has expired and was not cleared away yet."""
    statement = f"SELECT {_COLUMNS} FROM leases WHERE id = ?"  # noqa: S608 - constants of this module
    found = connection.execute(statement, (lease_id,)).fetchone()
    return None if found is None else Lease(*found)


def admit(connection: sqlite3.Connection, ids: Sequence[str], now_ms: int) -> None:
    """Note that waiting requests may go to their machine now."""
    connection.executemany(
        "UPDATE leases SET admitted_ms = ? WHERE id = ? AND admitted_ms IS NULL", [(now_ms, one_id) for one_id in ids]
    )


def renew(connection: sqlite3.Connection, ids: Sequence[str], expires_ms: int) -> frozenset[str]:
    """Let leases live until then and return which of them there are no longer."""
    found = connection.execute(
        "UPDATE leases SET expires_ms = ? WHERE id IN (SELECT value FROM json_each(?)) RETURNING id",
        (expires_ms, json.dumps(ids)),
    ).fetchall()
    return frozenset(ids) - {row[0] for row in found}


def end(connection: sqlite3.Connection, lease_id: str) -> Lease | None:
    """Delete a lease and return it; None when there is none."""
    statement = f"DELETE FROM leases WHERE id = ? RETURNING {_COLUMNS}"  # noqa: S608 - constants of this module
    found = connection.execute(statement, (lease_id,)).fetchall()
    return Lease(*found[0]) if found else None


def end_expired(connection: sqlite3.Connection, now_ms: int) -> list[Lease]:
    """Delete the leases that have expired and return them.

    Those of requests from a future that nobody renews so far ahead go too: the clock was set back since.
    """
    statement = (
        "DELETE FROM leases WHERE expires_ms <= ?1 OR (kind = 'request' AND expires_ms > ?1 + ?2)"  # noqa: S608 - constants of this module
        f" RETURNING {_COLUMNS}"
    )
    return [Lease(*row) for row in connection.execute(statement, (now_ms, REQUEST_AHEAD_MS)).fetchall()]


def end_claims(connection: sqlite3.Connection, machine: str) -> list[Lease]:
    """Delete the leases of a machine that are no requests and return them."""
    statement = f"DELETE FROM leases WHERE machine = ? AND kind <> 'request' RETURNING {_COLUMNS}"  # noqa: S608 - constants of this module
    return [Lease(*row) for row in connection.execute(statement, (machine,)).fetchall()]


def served(connection: sqlite3.Connection, machine: str) -> dict[str, int]:
    """Return when each key of a machine was served last, as numbers that only grow."""
    return dict(connection.execute("SELECT key, turn FROM served WHERE machine = ?", (machine,)).fetchall())


def note_served(connection: sqlite3.Connection, machine: str, turns: dict[str, int]) -> None:
    """Write when keys were served last."""
    connection.executemany(
        "INSERT INTO served (machine, key, turn) VALUES (?,?,?) ON CONFLICT (machine, key) DO UPDATE SET"
        " turn = excluded.turn",
        [(machine, key, turn) for key, turn in turns.items()],
    )


def forget_served(connection: sqlite3.Connection) -> int:
    """Forget who was served when at machines where nobody waits or is served; return how many rows went."""
    return connection.execute(
        "DELETE FROM served WHERE machine NOT IN (SELECT machine FROM leases WHERE kind = 'request')"
    ).rowcount


def pace(connection: sqlite3.Connection, key: str) -> float:
    """Return until when a key has used up its allowance, 0 for one that never asked."""
    found = connection.execute("SELECT due_ms FROM paces WHERE key = ?", (key,)).fetchone()
    return 0.0 if found is None else float(found[0])


def set_pace(connection: sqlite3.Connection, key: str, due_ms: float) -> None:
    """Write until when a key has used up its allowance."""
    connection.execute(
        "INSERT INTO paces (key, due_ms) VALUES (?,?) ON CONFLICT (key) DO UPDATE SET due_ms = excluded.due_ms",
        (key, due_ms),
    )


def forget_paces(connection: sqlite3.Connection, before_ms: int) -> int:
    """Forget the paces of keys that have long been idle; return how many."""
    return connection.execute("DELETE FROM paces WHERE due_ms < ?", (before_ms,)).rowcount
