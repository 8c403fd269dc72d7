"""In which state each machine of the gateway is, what was asked of it, and the timeline of its wakes and sleeps."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from wakeful_collector.store import pruning
from wakeful_collector.store.cursors import named

if TYPE_CHECKING:
    import sqlite3

TURNS_MAX = 20_000
"""How many turns of one machine are kept; older ones go first."""

MIGRATIONS: tuple[tuple[str, str], ...] = (
    (
        "gateway_states",
        """
        CREATE TABLE states (
            machine TEXT PRIMARY KEY REFERENCES machines (name) ON DELETE CASCADE,
            state TEXT NOT NULL,
            since_ms INTEGER NOT NULL,
            reason TEXT NOT NULL DEFAULT '',
            memory TEXT NOT NULL DEFAULT '{}',
            permanent INTEGER NOT NULL DEFAULT 0,
            asked TEXT
        ) WITHOUT ROWID;
        CREATE TABLE turns (
            seq INTEGER PRIMARY KEY,
            machine TEXT NOT NULL,
            at_ms INTEGER NOT NULL,
            was TEXT NOT NULL,
            state TEXT NOT NULL,
            reason TEXT NOT NULL,
            by TEXT NOT NULL
        );
        CREATE INDEX turns_machine ON turns (machine, at_ms);
        """,
    ),
)


class Asked(NamedTuple):
    """What a person or program asked of a machine: `what` is wake, sleep (once it is idle) or force (at once)."""

    what: str
    by: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class StateRow:
    """The state of a machine; `memory` is what the state machine remembers beside it."""

    machine: str
    state: str
    since_ms: int
    reason: str
    memory: dict[str, Any]
    permanent: bool
    asked: Asked | None


@dataclass(frozen=True, slots=True)
class Turn:
    """One step of the timeline: which state followed which, why, and who made it so."""

    machine: str
    at_ms: int
    was: str
    state: str
    reason: str
    by: str


def of(connection: sqlite3.Connection, machine: str) -> StateRow | None:
    """Return the state of a machine; None before it was looked at for the first time."""
    found = named(connection, "SELECT * FROM states WHERE machine = ?", (machine,)).fetchone()
    return None if found is None else _row(found)


def all_of(connection: sqlite3.Connection) -> list[StateRow]:
    """Return the state of every machine, by name."""
    return [_row(found) for found in named(connection, "SELECT * FROM states ORDER BY machine")]


def keep(
    connection: sqlite3.Connection, machine: str, state: str, since_ms: int, reason: str, memory: dict[str, Any]
) -> None:
    """Write the state of a machine; what was asked and whether it is kept awake stay as they are."""
    connection.execute(
        "INSERT INTO states (machine, state, since_ms, reason, memory) VALUES (?,?,?,?,?)"
        " ON CONFLICT (machine) DO UPDATE SET state = excluded.state, since_ms = excluded.since_ms,"
        " reason = excluded.reason, memory = excluded.memory",
        (machine, state, since_ms, reason, _text(memory)),
    )


def ask(connection: sqlite3.Connection, machine: str, asked: Asked, state: str = "asleep") -> None:
    """Note what is asked of a machine, in place of what was asked before; `state` is for one not looked at yet."""
    _ensure(connection, machine, state, asked.at_ms)
    connection.execute("UPDATE states SET asked = ? WHERE machine = ?", (_text(asked._asdict()), machine))


def take_ask(connection: sqlite3.Connection, machine: str, asked: Asked) -> None:
    """Forget what was asked, unless something else was asked meanwhile."""
    connection.execute(
        "UPDATE states SET asked = NULL WHERE machine = ? AND asked = ?", (machine, _text(asked._asdict()))
    )


def set_permanent(connection: sqlite3.Connection, machine: str, on: bool, now_ms: int, state: str = "asleep") -> bool:
    """Keep a machine awake for good, or no longer; return whether that is a change."""
    _ensure(connection, machine, state, now_ms)
    changed = connection.execute(
        "UPDATE states SET permanent = ? WHERE machine = ? AND permanent <> ?", (on, machine, on)
    )
    return changed.rowcount == 1


def add_turn(connection: sqlite3.Connection, turn: Turn) -> None:
    """Write a step of the timeline."""
    connection.execute(
        "INSERT INTO turns (machine, at_ms, was, state, reason, by)"
        " VALUES (:machine, :at_ms, :was, :state, :reason, :by)",
        asdict(turn),
    )


def turns(connection: sqlite3.Connection, machine: str, since_ms: int, limit: int) -> list[Turn]:
    """Return the newest turns of a machine since then, newest first."""
    rows = connection.execute(
        "SELECT machine, at_ms, was, state, reason, by FROM turns WHERE machine = ? AND at_ms >= ?"
        " ORDER BY at_ms DESC, seq DESC LIMIT ?",
        (machine, since_ms, limit),
    )
    return [Turn(*row) for row in rows]


def turn_before(connection: sqlite3.Connection, machine: str, at_ms: int) -> Turn | None:
    """Return the last turn of a machine before then: in which state it was."""
    found = connection.execute(
        "SELECT machine, at_ms, was, state, reason, by FROM turns WHERE machine = ? AND at_ms < ?"
        " ORDER BY at_ms DESC, seq DESC LIMIT 1",
        (machine, at_ms),
    ).fetchone()
    return None if found is None else Turn(*found)


def prune(connection: sqlite3.Connection, before_ms: int) -> int:
    """Delete turns from before then, and each machine's oldest past the bound; return how many went."""
    return pruning.prune(connection, "turns", ("at_ms", before_ms), TURNS_MAX, "machine")


def _ensure(connection: sqlite3.Connection, machine: str, state: str, now_ms: int) -> None:
    connection.execute(
        "INSERT OR IGNORE INTO states (machine, state, since_ms) VALUES (?,?,?)", (machine, state, now_ms)
    )


def _row(found: sqlite3.Row) -> StateRow:
    asked = None if found["asked"] is None else Asked(**json.loads(found["asked"]))
    return StateRow(
        found["machine"],
        found["state"],
        found["since_ms"],
        found["reason"],
        json.loads(found["memory"]),
        bool(found["permanent"]),
        asked,
    )


def _text(value: Any) -> str:
    return json.dumps(value, allow_nan=False, separators=(",", ":"))
