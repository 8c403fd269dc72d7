"""Commands in state.db: what was asked of which host, by whom, and what became of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from wakeful_collector.model.command import Command, CommandState, runs_with
from wakeful_collector.store import pruning
from wakeful_collector.store.cursors import named
from wakeful_collector.store.packing import packed

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

PER_HOST_MAX = 2_000
"""How many commands of one host are kept; older ones go first."""

MIGRATIONS: tuple[tuple[str, str], ...] = (
    (
        "commands",
        """
        CREATE TABLE commands (
            seq INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            host_key INTEGER NOT NULL,
            action TEXT NOT NULL,
            arguments TEXT NOT NULL,
            danger TEXT NOT NULL,
            principal TEXT NOT NULL,
            request_key TEXT,
            requested_ms INTEGER NOT NULL,
            expires_ms INTEGER NOT NULL,
            state TEXT NOT NULL DEFAULT 'requested',
            delivered_ms INTEGER,
            runs TEXT NOT NULL DEFAULT '{}',
            finished_ms INTEGER,
            answered INTEGER NOT NULL DEFAULT 0,
            late INTEGER NOT NULL DEFAULT 0,
            data TEXT NOT NULL DEFAULT '{}'
        );
        CREATE UNIQUE INDEX commands_request_key ON commands (principal, request_key) WHERE request_key IS NOT NULL;
        CREATE INDEX commands_host ON commands (host_key, seq);
        CREATE INDEX commands_principal ON commands (principal, requested_ms);
        CREATE INDEX commands_open ON commands (host_key, seq) WHERE state IN ('requested', 'delivered');
        """,
    ),
)

_OPEN = "state IN ('requested', 'delivered')"


def add(connection: sqlite3.Connection, command: Command) -> None:
    """Keep a new command; its id and its principal's request key must be new."""
    connection.execute(
        "INSERT INTO commands (id, host_key, action, arguments, danger, principal, request_key, requested_ms,"
        " expires_ms) VALUES (?,?,?,?,?,?,?,?,?)",
        (
            command.id,
            command.host_key,
            command.action,
            packed(command.arguments),
            command.danger,
            command.principal,
            command.request_key,
            command.requested_ms,
            command.expires_ms,
        ),
    )


def one(connection: sqlite3.Connection, command_id: str) -> Command | None:
    """Return the command of that id."""
    return _first(connection, "id = ?", (command_id,))


def by_request_key(connection: sqlite3.Connection, principal: str, request_key: str) -> Command | None:
    """Return the command that this principal asked for under this key."""
    return _first(connection, "principal = ? AND request_key = ?", (principal, request_key))


def tell(connection: sqlite3.Connection, command_id: str, data: dict[str, Any]) -> None:
    """Write down what came of a command that the collector carried out itself."""
    connection.execute("UPDATE commands SET data = ? WHERE id = ?", (packed(data), command_id))


def drop(connection: sqlite3.Connection, command_id: str) -> None:
    """Delete a command of which nothing came, so that its request key can be used again."""
    connection.execute("DELETE FROM commands WHERE id = ?", (command_id,))


def open_of(connection: sqlite3.Connection, host_key: int) -> list[Command]:
    """Return the commands of a host that have not come to their end, oldest first."""
    return _rows(connection, f"host_key = ? AND {_OPEN} ORDER BY seq", (host_key,))


def all_open(connection: sqlite3.Connection) -> list[Command]:
    """Return the commands of all hosts that have not come to their end, oldest first."""
    return _rows(connection, f"{_OPEN} ORDER BY seq", ())


def hosts_with_open(connection: sqlite3.Connection, host_keys: Iterable[int]) -> frozenset[int]:
    """Return which of these hosts have commands that have not come to their end."""
    statement = f"SELECT 1 FROM commands WHERE host_key = ? AND {_OPEN} LIMIT 1"  # noqa: S608 - constants of this module
    return frozenset(key for key in host_keys if connection.execute(statement, (key,)).fetchone() is not None)


def hosts_asked(connection: sqlite3.Connection, host_keys: Iterable[int]) -> frozenset[int]:
    """Return which of these hosts have commands that nobody was handed yet."""
    statement = f"SELECT 1 FROM commands WHERE host_key = ? AND {_OPEN} AND state = 'requested' LIMIT 1"  # noqa: S608 - constants of this module
    return frozenset(key for key in host_keys if connection.execute(statement, (key,)).fetchone() is not None)


def asked_since(connection: sqlite3.Connection, principal: str, since_ms: int) -> int:
    """Return how many commands a principal asked for since then."""
    statement = "SELECT count(*) FROM commands WHERE principal = ? AND requested_ms > ?"
    return int(connection.execute(statement, (principal, since_ms)).fetchone()[0])


def page(
    connection: sqlite3.Connection,
    limit: int,
    before: int | None = None,
    host_key: int | None = None,
    states: Sequence[str] = (),
) -> list[tuple[int, Command]]:
    """Return the newest commands with their numbers, below the number `before`."""
    conditions: list[str] = ["seq < ?"]
    values: list[Any] = [2**62 if before is None else before]
    if host_key is not None:
        conditions.append("host_key = ?")
        values.append(host_key)
    if states:
        conditions.append(f"state IN ({','.join('?' * len(states))})")
        values += states
    where = f"{' AND '.join(conditions)} ORDER BY seq DESC LIMIT ?"
    statement = f"SELECT * FROM commands WHERE {where}"  # noqa: S608 - constants of this module
    found = named(connection, statement, (*values, limit)).fetchall()
    return [(row["seq"], _command(row)) for row in found]


def hand_out(connection: sqlite3.Connection, command: Command, run: str, sequence: int, now_ms: int) -> bool:
    """Note that the answer to this push carries the command; False when somebody else changed it meanwhile."""
    changed = connection.execute(
        f"UPDATE commands SET state = 'delivered', delivered_ms = coalesce(delivered_ms, ?), runs = ?"  # noqa: S608 - constants of this module
        f" WHERE id = ? AND {_OPEN} AND state = ? AND runs = ?",
        (now_ms, packed(runs_with(command, run, sequence)), command.id, command.state, packed(command.runs)),
    )
    return changed.rowcount == 1


def finish(
    connection: sqlite3.Connection,
    command: Command,
    state: CommandState,
    data: dict[str, Any],
    now_ms: int,
    answered: bool = False,
) -> bool:
    """Bring a command to its end, as its agent says when `answered`; False when somebody else was first."""
    late = command.state is CommandState.EXPIRED
    changed = connection.execute(
        "UPDATE commands SET state = ?, data = ?, finished_ms = ?, answered = ?, late = ?"
        " WHERE id = ? AND state = ? AND answered = 0",
        (state, packed(data), now_ms, answered, late, command.id, command.state),
    )
    return changed.rowcount == 1


def prune(connection: sqlite3.Connection, before_ms: int) -> int:
    """Delete ended commands asked for before then, and each host's oldest past the bound; return how many went."""
    return pruning.prune(connection, "commands", ("requested_ms", before_ms), PER_HOST_MAX, "host_key", f"NOT {_OPEN}")


def forget(connection: sqlite3.Connection, host_key: int) -> int:
    """Delete the commands of a host and return how many there were."""
    return connection.execute("DELETE FROM commands WHERE host_key = ?", (host_key,)).rowcount


def _first(connection: sqlite3.Connection, where: str, values: tuple[Any, ...]) -> Command | None:
    found = _rows(connection, where, values)
    return found[0] if found else None


def _rows(connection: sqlite3.Connection, where: str, values: tuple[Any, ...]) -> list[Command]:
    statement = f"SELECT * FROM commands WHERE {where}"  # noqa: S608 - constants of this module
    return [_command(row) for row in named(connection, statement, values)]


def _command(row: sqlite3.Row) -> Command:
    return Command(
        id=row["id"],
        host_key=row["host_key"],
        action=row["action"],
        arguments=json.loads(row["arguments"]),
        danger=row["danger"],
        principal=row["principal"],
        requested_ms=row["requested_ms"],
        expires_ms=row["expires_ms"],
        state=CommandState(row["state"]),
        request_key=row["request_key"],
        delivered_ms=row["delivered_ms"],
        finished_ms=row["finished_ms"],
        answered=bool(row["answered"]),
        late=bool(row["late"]),
        data=json.loads(row["data"]),
        runs=json.loads(row["runs"]),
    )
