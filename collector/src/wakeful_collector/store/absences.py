"""Which hosts may be silent, and why: under maintenance, or put to sleep. The table is made by `store.incidents`."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from wakeful_collector.store.cursors import named

if TYPE_CHECKING:
    import sqlite3


class Absence(NamedTuple):
    """Why a host may be silent; `until_ms` is None where it has no end, `slept` says that it was silent since."""

    host_key: int
    kind: str
    since_ms: int
    until_ms: int | None
    slept: bool
    noted_by: str
    reason: str


def keep(connection: sqlite3.Connection, absence: Absence) -> None:
    """Let a host be silent; what was said before is replaced."""
    connection.execute(
        "INSERT OR REPLACE INTO absences (host_key, kind, since_ms, until_ms, slept, noted_by, reason)"
        " VALUES (?,?,?,?,?,?,?)",
        absence,
    )


def end(connection: sqlite3.Connection, host_key: int) -> bool:
    """Expect a host again; False when it was expected all the time."""
    return connection.execute("DELETE FROM absences WHERE host_key = ?", (host_key,)).rowcount == 1


def note_slept(connection: sqlite3.Connection, host_key: int) -> None:
    """Note that a host that was put to sleep is silent now: when it is heard again, it is awake."""
    connection.execute("UPDATE absences SET slept = 1 WHERE host_key = ?", (host_key,))


def standing(connection: sqlite3.Connection, now_ms: int) -> dict[int, Absence]:
    """Return the absences that have not run out, by host key."""
    rows = named(connection, "SELECT * FROM absences WHERE until_ms IS NULL OR until_ms > ?", (now_ms,))
    return {row["host_key"]: _absence(row) for row in rows}


def of(connection: sqlite3.Connection, host_key: int, now_ms: int) -> Absence | None:
    """Return why a host may be silent, None when it is expected."""
    statement = "SELECT * FROM absences WHERE host_key = ? AND (until_ms IS NULL OR until_ms > ?)"
    row = named(connection, statement, (host_key, now_ms)).fetchone()
    return None if row is None else _absence(row)


def prune(connection: sqlite3.Connection, now_ms: int) -> int:
    """Delete absences that have run out; return how many went."""
    return connection.execute("DELETE FROM absences WHERE until_ms <= ?", (now_ms,)).rowcount


def _absence(row: sqlite3.Row) -> Absence:
    return Absence(
        row["host_key"],
        row["kind"],
        row["since_ms"],
        row["until_ms"],
        bool(row["slept"]),
        row["noted_by"],
        row["reason"],
    )
