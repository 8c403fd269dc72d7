"""Agents in state.db: who may push, what each said of itself, what it was asked to do. Only token hashes are kept."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from wakeful_collector.store import commands
from wakeful_collector.store.cursors import named
from wakeful_collector.store.packing import packed
from wakeful_wire.tuning import tuning_hash

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from wakeful_wire.push import Outcome

MIGRATIONS: tuple[tuple[str, str], ...] = (
    (
        "agents",
        """
        CREATE TABLE agents (
            key INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            reported_name TEXT NOT NULL,
            given_name TEXT,
            tags TEXT NOT NULL DEFAULT '[]',
            token_hash TEXT UNIQUE,
            public_key TEXT NOT NULL DEFAULT '',
            machine_id TEXT NOT NULL DEFAULT '',
            version TEXT NOT NULL DEFAULT '',
            enrolled_ms INTEGER NOT NULL,
            interval_seconds REAL NOT NULL DEFAULT 15,
            twin_of TEXT,
            first_push_ms INTEGER,
            hello TEXT NOT NULL DEFAULT '{}',
            hello_at_ms INTEGER NOT NULL DEFAULT 0,
            tuning TEXT,
            tuning_hash TEXT,
            live_until_ms INTEGER NOT NULL DEFAULT 0,
            forgotten_ms INTEGER
        );
        CREATE INDEX agents_twin_of ON agents (twin_of) WHERE twin_of IS NOT NULL;
        CREATE TABLE agent_meters (
            host_key INTEGER NOT NULL,
            meter TEXT NOT NULL,
            outcome TEXT NOT NULL,
            error TEXT NOT NULL,
            seconds REAL NOT NULL,
            at_ms INTEGER NOT NULL,
            PRIMARY KEY (host_key, meter)
        ) WITHOUT ROWID;
        CREATE TABLE twin_runs (
            agent_key INTEGER NOT NULL,
            run TEXT NOT NULL,
            host_key INTEGER NOT NULL,
            PRIMARY KEY (agent_key, run)
        ) WITHOUT ROWID;
        """,
    ),
    (
        "agent_meters_failed",
        "CREATE INDEX agent_meters_failed ON agent_meters (host_key, meter) WHERE outcome IN ('failed', 'timeout');",
    ),
    ("agents_told", "CREATE INDEX agents_told ON agents (key, hello_at_ms) WHERE forgotten_ms IS NULL;"),
)


@dataclass(frozen=True, slots=True)
class Agent:
    """What the door needs to know of an agent.

    `tuning` is what it is asked to run with, `hello_config_hash` what it said it runs with (or refused); `twin_runs`
    are the runs under its token that belong to another host. `open_hosts` are the keys of its hosts that have commands
    which have not come to their end; `acts` says whether it announced anything that it may be asked for.
    """

    key: int
    id: str
    token_hash: str
    live_until_ms: int
    tuning: dict[str, Any] | None
    tuning_hash: str | None
    reported_name: str
    hello_at_ms: int
    hello_config_hash: str | None
    first_push_ms: int | None
    twin_runs: dict[str, int]
    open_hosts: frozenset[int] = frozenset()
    acts: bool = False


@dataclass(frozen=True, slots=True)
class Newcomer:
    """What is known of an agent when it enrols."""

    name: str
    token_hash: str
    public_key: str = ""
    machine_id: str = ""
    version: str = ""
    tags: tuple[str, ...] = ()


def add(
    connection: sqlite3.Connection,
    agent_id: str,
    newcomer: Newcomer,
    now_ms: int,
) -> int:
    """Add an agent under its public id and return its key."""
    row = connection.execute(
        "INSERT INTO agents (id, reported_name, token_hash, public_key, machine_id, version, tags, enrolled_ms)"
        " VALUES (?,?,?,?,?,?,?,?) RETURNING key",
        (
            agent_id,
            newcomer.name,
            newcomer.token_hash,
            newcomer.public_key,
            newcomer.machine_id,
            newcomer.version,
            packed(list(newcomer.tags)),
            now_ms,
        ),
    ).fetchone()
    return int(row[0])


def add_twin(connection: sqlite3.Connection, of_key: int, now_ms: int) -> tuple[int, str]:
    """Add a host for a run that pushes under the identity of `of_key` beside another; return its key and id."""
    origin = named(connection, "SELECT * FROM agents WHERE key = ?", (of_key,)).fetchone()
    (twins,) = connection.execute("SELECT count(*) FROM agents WHERE twin_of = ?", (origin["id"],)).fetchone()
    twin_id = f"{origin['id']}-{twins + 2}"
    key = connection.execute(
        "INSERT INTO agents (id, reported_name, given_name, tags, public_key, machine_id, version, enrolled_ms,"
        " interval_seconds, twin_of, first_push_ms, hello, hello_at_ms)"
        " SELECT ?, reported_name, NULL, tags, public_key, machine_id, version, ?, interval_seconds, id, ?, hello, 0"
        " FROM agents WHERE key = ? RETURNING key",
        (twin_id, now_ms, now_ms, of_key),
    ).fetchone()[0]
    return int(key), twin_id


def keep_twin_run(connection: sqlite3.Connection, agent_key: int, run: str, host_key: int) -> None:
    """Note that a run under an agent's token belongs to a twin."""
    statement = "INSERT OR REPLACE INTO twin_runs (agent_key, run, host_key) VALUES (?,?,?)"
    connection.execute(statement, (agent_key, run, host_key))


def twin_keys(connection: sqlite3.Connection, agent_id: str) -> list[int]:
    """Return the keys of the hosts that were told apart from this one, oldest first."""
    statement = "SELECT key FROM agents WHERE twin_of = ? AND forgotten_ms IS NULL ORDER BY key"
    return [row[0] for row in connection.execute(statement, (agent_id,))]


def by_token(connection: sqlite3.Connection, token_hash: str) -> Agent | None:
    """Return the agent that pushes with this token, unless it was forgotten."""
    statement = "SELECT * FROM agents WHERE token_hash = ? AND forgotten_ms IS NULL"
    row = named(connection, statement, (token_hash,)).fetchone()
    return None if row is None else _agent(connection, row)


def by_key(connection: sqlite3.Connection, host_key: int) -> Agent | None:
    """Return the agent of this key, twins included, unless it was forgotten."""
    statement = "SELECT * FROM agents WHERE key = ? AND forgotten_ms IS NULL"
    row = named(connection, statement, (host_key,)).fetchone()
    return None if row is None else _agent(connection, row)


def keep_hello(connection: sqlite3.Connection, host_key: int, hello: dict[str, Any], at_ms: int) -> None:
    """Keep what a host says of itself, unless something newer is known already."""
    connection.execute(
        "UPDATE agents SET hello = ?, hello_at_ms = ?, reported_name = coalesce(?, reported_name),"
        " machine_id = coalesce(?, machine_id), version = coalesce(?, version),"
        " interval_seconds = coalesce(?, interval_seconds) WHERE key = ? AND hello_at_ms <= ?",
        (
            packed(hello),
            at_ms,
            hello.get("name") or None,
            hello.get("machine_id") or None,
            hello.get("version") or None,
            _interval(hello.get("interval")),
            host_key,
            at_ms,
        ),
    )


def keep_first_push(connection: sqlite3.Connection, host_key: int, now_ms: int) -> bool:
    """Note that a host pushed for the first time; False when it had before."""
    statement = "UPDATE agents SET first_push_ms = ? WHERE key = ? AND first_push_ms IS NULL"
    return connection.execute(statement, (now_ms, host_key)).rowcount == 1


def keep_meters(connection: sqlite3.Connection, host_key: int, outcomes: Mapping[str, Outcome], at_ms: int) -> None:
    """Replace the outcomes of a host's meters by these, unless newer ones are known already."""
    statement = "SELECT coalesce(max(at_ms), 0) FROM agent_meters WHERE host_key = ?"
    if connection.execute(statement, (host_key,)).fetchone()[0] > at_ms:
        return
    connection.execute("DELETE FROM agent_meters WHERE host_key = ?", (host_key,))
    connection.executemany(
        "INSERT INTO agent_meters (host_key, meter, outcome, error, seconds, at_ms) VALUES (?,?,?,?,?,?)",
        [(host_key, meter, one.outcome, one.error, one.seconds, at_ms) for meter, one in outcomes.items()],
    )


def rename(connection: sqlite3.Connection, agent_id: str, name: str) -> bool:
    """Call a host something else than it calls itself; an empty name undoes that. False when there is no such host."""
    return _changed(connection, "given_name = ?", (name or None,), agent_id)


def set_tags(connection: sqlite3.Connection, agent_id: str, tags: Iterable[str]) -> bool:
    """Replace a host's tags; False when there is no such host."""
    return _changed(connection, "tags = ?", (packed(sorted(set(tags))),), agent_id)


def set_tuning(connection: sqlite3.Connection, agent_id: str, document: dict[str, Any] | None) -> bool:
    """Ask an agent to run with these settings from its next push on; None leaves it as it is. False without a host."""
    values = (None, None) if document is None else (packed(document), tuning_hash(document))
    return _changed(connection, "tuning = ?, tuning_hash = ?", values, agent_id)


def set_live(connection: sqlite3.Connection, agent_id: str, until_ms: int) -> bool:
    """Ask an agent to sample every second until then, or longer where that was asked already."""
    return _changed(connection, "live_until_ms = max(live_until_ms, ?)", (until_ms,), agent_id)


def forget(connection: sqlite3.Connection, agent_id: str, now_ms: int) -> bool:
    """Take a host off every page and make its token worthless at once; its twins go with it. False without a host."""
    found = _changed(connection, "forgotten_ms = ?, token_hash = NULL", (now_ms,), agent_id)
    if found:
        connection.execute(
            "UPDATE agents SET forgotten_ms = ? WHERE twin_of = ? AND forgotten_ms IS NULL", (now_ms, agent_id)
        )
    return found


def rows(connection: sqlite3.Connection, agent_id: str | None = None) -> list[sqlite3.Row]:
    """Return the rows of all hosts that were not forgotten, or of one."""
    where = "forgotten_ms IS NULL" if agent_id is None else "forgotten_ms IS NULL AND id = :id"
    return named(connection, f"SELECT * FROM agents WHERE {where} ORDER BY key", {"id": agent_id}).fetchall()  # noqa: S608 - one of two constants


def row(connection: sqlite3.Connection, host_key: int) -> sqlite3.Row | None:
    """Return the row of a host by its key, None when it was forgotten."""
    statement = "SELECT * FROM agents WHERE key = ? AND forgotten_ms IS NULL"
    found: sqlite3.Row | None = named(connection, statement, (host_key,)).fetchone()
    return found


def twins(connection: sqlite3.Connection, agent_id: str) -> tuple[str, ...]:
    """Return the ids of the hosts that were told apart from this one."""
    statement = "SELECT id FROM agents WHERE twin_of = ? AND forgotten_ms IS NULL ORDER BY key"
    return tuple(row[0] for row in connection.execute(statement, (agent_id,)))


def unames(connection: sqlite3.Connection) -> list[tuple[int, str]]:
    """Return the key of each host with its uname as JSON text."""
    statement = (
        "SELECT key, hello ->> '$.uname' FROM agents"
        " WHERE forgotten_ms IS NULL AND json_type(hello, '$.uname') = 'object'"
    )
    return [(row[0], row[1]) for row in connection.execute(statement)]


class Standing(NamedTuple):
    """Where a host says that it stands: its networks and its actions as JSON text, None where it told of none."""

    key: int
    id: str
    name: str
    interval_seconds: float
    networks: str | None
    actions: str | None


_STANDING = (
    "SELECT key, id, coalesce(given_name, reported_name), interval_seconds, hello -> '$.networks',"
    " hello -> '$.actions' FROM agents WHERE forgotten_ms IS NULL"
)


def standing(connection: sqlite3.Connection, host: str | int) -> Standing | None:
    """Return where a host stands, by its key or its id."""
    column = "key" if isinstance(host, int) else "id"
    row = connection.execute(f"{_STANDING} AND {column} = ?", (host,)).fetchone()
    return None if row is None else Standing(*row)


def standings(connection: sqlite3.Connection, keys: Collection[int]) -> Iterator[Standing]:
    """Iterate over where these hosts stand."""
    wanted = json.dumps(list(keys))
    statement = f"{_STANDING} AND key IN (SELECT value FROM json_each(?))"  # noqa: S608 - constants of this module
    for row in connection.execute(statement, (wanted,)):
        yield Standing(*row)


def hello_times(connection: sqlite3.Connection) -> list[tuple[int, int]]:
    """Return the key of each host and when it said its newest hello."""
    statement = "SELECT key, hello_at_ms FROM agents INDEXED BY agents_told WHERE forgotten_ms IS NULL"
    return connection.execute(statement).fetchall()


def forgotten_keys(connection: sqlite3.Connection) -> list[int]:
    """Return the keys of hosts that were forgotten, so that their samples can go."""
    return [row[0] for row in connection.execute("SELECT key FROM agents WHERE forgotten_ms IS NOT NULL")]


def forget_meters(connection: sqlite3.Connection, host_key: int) -> None:
    """Delete the outcomes of a host's meters."""
    connection.execute("DELETE FROM agent_meters WHERE host_key = ?", (host_key,))


def meter_rows(connection: sqlite3.Connection, host_key: int | None = None) -> list[sqlite3.Row]:
    """Return the outcomes of the meters of one host, or of all."""
    where = "" if host_key is None else "WHERE host_key = :key"
    statement = f"SELECT * FROM agent_meters {where} ORDER BY host_key, meter"  # noqa: S608 - one of two constants
    return named(connection, statement, {"key": host_key}).fetchall()


def failed_meters(connection: sqlite3.Connection, host_key: int | None = None) -> list[tuple[int, str]]:
    """Return host and name of every meter, or of one host's, whose last run failed or took too long."""
    statement = (
        "SELECT host_key, meter FROM agent_meters WHERE outcome IN ('failed', 'timeout')"
        " AND (?1 IS NULL OR host_key = ?1) ORDER BY host_key, meter"
    )
    return [(row[0], row[1]) for row in connection.execute(statement, (host_key,))]


def _changed(connection: sqlite3.Connection, change: str, values: tuple[Any, ...], agent_id: str) -> bool:
    statement = f"UPDATE agents SET {change} WHERE id = ? AND forgotten_ms IS NULL"  # noqa: S608 - constants of this module
    return connection.execute(statement, (*values, agent_id)).rowcount == 1


def _agent(connection: sqlite3.Connection, row: sqlite3.Row) -> Agent:
    hello = json.loads(row["hello"])
    twin_runs = connection.execute("SELECT run, host_key FROM twin_runs WHERE agent_key = ?", (row["key"],)).fetchall()
    return Agent(
        key=row["key"],
        id=row["id"],
        token_hash=row["token_hash"] or "",
        live_until_ms=row["live_until_ms"],
        tuning=None if row["tuning"] is None else json.loads(row["tuning"]),
        tuning_hash=row["tuning_hash"],
        reported_name=row["reported_name"],
        hello_at_ms=row["hello_at_ms"],
        hello_config_hash=config_hash(hello),
        first_push_ms=row["first_push_ms"],
        twin_runs=dict(twin_runs),
        open_hosts=commands.hosts_with_open(connection, {row["key"], *(key for _, key in twin_runs)}),
        acts=bool(hello.get("actions")),
    )


def config_hash(hello: dict[str, Any]) -> str | None:
    """Return the hash of the configuration an agent runs with, or of the one it refused: neither is sent again."""
    config = hello.get("config")
    if not isinstance(config, dict):
        return None
    refused = config.get("refused")
    known = refused.get("hash") if isinstance(refused, dict) else config.get("hash")
    return known if isinstance(known, str) else None


def _interval(value: Any) -> float | None:
    return None if value is None else min(max(float(value), 1.0), 3_600.0)
