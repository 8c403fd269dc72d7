"""Proxmox clusters as they were seen last, in state.db: things one a row, what a poll said, how areas were seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from wakeful_collector.store.cursors import named

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

GONE_MAX = 5_000
"""How many things of a cluster that are gone are kept; the longest gone go first."""
GONE_DAYS = 400

MIGRATIONS: tuple[tuple[str, str], ...] = (
    (
        "proxmox_estate",
        """
        CREATE TABLE proxmox_things (
            seq INTEGER PRIMARY KEY,
            cluster TEXT NOT NULL,
            kind TEXT NOT NULL,
            id TEXT NOT NULL,
            body BLOB NOT NULL,
            gone_ms INTEGER NOT NULL DEFAULT 0
        );
        CREATE UNIQUE INDEX proxmox_things_here ON proxmox_things (cluster, kind, id) WHERE gone_ms = 0;
        CREATE INDEX proxmox_things_gone ON proxmox_things (cluster, kind, gone_ms) WHERE gone_ms > 0;
        CREATE TABLE proxmox_areas (
            cluster TEXT NOT NULL,
            name TEXT NOT NULL,
            state TEXT NOT NULL,
            reason TEXT NOT NULL,
            since_ms INTEGER NOT NULL,
            seen_ms INTEGER NOT NULL,
            PRIMARY KEY (cluster, name)
        ) WITHOUT ROWID;
        CREATE TABLE proxmox_standing (
            cluster TEXT PRIMARY KEY,
            since_ms INTEGER NOT NULL DEFAULT 0,
            tried_ms INTEGER NOT NULL DEFAULT 0,
            polled_ms INTEGER NOT NULL DEFAULT 0,
            surveyed_ms INTEGER NOT NULL DEFAULT 0,
            asked_ms INTEGER NOT NULL DEFAULT 0,
            failed TEXT NOT NULL DEFAULT '',
            error TEXT NOT NULL DEFAULT '',
            failing_since_ms INTEGER NOT NULL DEFAULT 0,
            requests INTEGER NOT NULL DEFAULT 0,
            seconds REAL NOT NULL DEFAULT 0,
            version TEXT NOT NULL DEFAULT '',
            quorate INTEGER,
            paper BLOB NOT NULL DEFAULT x'',
            usage BLOB NOT NULL DEFAULT x''
        ) WITHOUT ROWID;
        """,
    ),
)


class Thing(NamedTuple):
    """A node, guest, storage or other thing of a cluster; `body` is the caller's."""

    kind: str
    id: str
    body: bytes
    gone_ms: int = 0


class Area(NamedTuple):
    """How an area was seen, as `model.estate.Area` says."""

    name: str
    state: str
    reason: str
    since_ms: int
    seen_ms: int


class Standing(NamedTuple):
    """How the synchronisation of a cluster stands; `requests` and `seconds` are those of the last cycle.

    `since_ms` is when it was seen first. `failed` is the kind of the last cycle's error, empty when it went well.
    `paper` and `usage` are the caller's.
    """

    since_ms: int = 0
    tried_ms: int = 0
    polled_ms: int = 0
    surveyed_ms: int = 0
    asked_ms: int = 0
    failed: str = ""
    error: str = ""
    failing_since_ms: int = 0
    requests: int = 0
    seconds: float = 0.0
    version: str = ""
    quorate: bool | None = None
    paper: bytes = b""
    usage: bytes = b""


_STANDING = ", ".join(Standing._fields)


def keep(connection: sqlite3.Connection, cluster: str, things: Iterable[Thing]) -> None:
    """Write things as they are now; one with a time at which it went is no longer among those that are here."""
    found = list(things)
    connection.executemany(  # first, so that what took its place can come
        "UPDATE proxmox_things SET body = ?, gone_ms = ? WHERE cluster = ? AND kind = ? AND id = ? AND gone_ms = 0",
        [(one.body, one.gone_ms, cluster, one.kind, one.id) for one in found if one.gone_ms],
    )
    connection.executemany(
        "INSERT INTO proxmox_things (cluster, kind, id, body) VALUES (?,?,?,?)"
        " ON CONFLICT (cluster, kind, id) WHERE gone_ms = 0 DO UPDATE SET body = excluded.body",
        [(cluster, one.kind, one.id, one.body) for one in found if not one.gone_ms],
    )


def drop(connection: sqlite3.Connection, cluster: str, kind: str, ids: Iterable[str]) -> None:
    """Delete things without a trace of them among those that are gone."""
    connection.executemany(
        "DELETE FROM proxmox_things WHERE cluster = ? AND kind = ? AND id = ? AND gone_ms = 0",
        [(cluster, kind, one) for one in ids],
    )


def here(connection: sqlite3.Connection, cluster: str, kind: str) -> list[tuple[str, bytes]]:
    """Return id and body of everything of a kind that is there, by id."""
    return connection.execute(
        "SELECT id, body FROM proxmox_things WHERE cluster = ? AND kind = ? AND gone_ms = 0 ORDER BY id",
        (cluster, kind),
    ).fetchall()


def gone(connection: sqlite3.Connection, cluster: str, kind: str, limit: int) -> list[tuple[str, bytes]]:
    """Return id and body of what is gone, the last that went first."""
    return connection.execute(
        "SELECT id, body FROM proxmox_things WHERE cluster = ? AND kind = ? AND gone_ms > 0"
        " ORDER BY gone_ms DESC, seq DESC LIMIT ?",
        (cluster, kind, limit),
    ).fetchall()


def one(connection: sqlite3.Connection, cluster: str, kind: str, ids: tuple[str, ...]) -> bytes | None:
    """Return the body of the first of `ids` that is there, else of the one of them that went last."""
    marks = ",".join("?" * len(ids))
    found = connection.execute(
        f"SELECT body FROM proxmox_things WHERE cluster = ? AND kind = ? AND id IN ({marks})"  # noqa: S608 - marks only
        " ORDER BY gone_ms = 0 DESC, gone_ms DESC, seq DESC LIMIT 1",
        (cluster, kind, *ids),
    ).fetchone()
    return None if found is None else found[0]


def keep_areas(connection: sqlite3.Connection, cluster: str, areas: Iterable[Area]) -> None:
    """Write how areas were seen; one whose state stays keeps the time since when it is so."""
    connection.executemany(
        "INSERT INTO proxmox_areas (cluster, name, state, reason, since_ms, seen_ms) VALUES (?,?,?,?,?,?)"
        " ON CONFLICT (cluster, name) DO UPDATE SET"
        " since_ms = CASE WHEN state = excluded.state THEN since_ms ELSE excluded.since_ms END,"
        " state = excluded.state, reason = excluded.reason, seen_ms = max(seen_ms, excluded.seen_ms)",
        [(cluster, *one) for one in areas],
    )


def drop_areas(connection: sqlite3.Connection, cluster: str, names: Iterable[str]) -> None:
    """Forget areas of what is gone."""
    connection.executemany(
        "DELETE FROM proxmox_areas WHERE cluster = ? AND name = ?", [(cluster, name) for name in names]
    )


def areas(connection: sqlite3.Connection, cluster: str) -> list[Area]:
    """Return how each area was seen, by name."""
    rows = connection.execute(
        "SELECT name, state, reason, since_ms, seen_ms FROM proxmox_areas WHERE cluster = ? ORDER BY name", (cluster,)
    )
    return [Area(*row) for row in rows]


def standing(connection: sqlite3.Connection, cluster: str) -> Standing:
    """Return how the synchronisation of a cluster stands."""
    found = named(
        connection,
        f"SELECT {_STANDING} FROM proxmox_standing WHERE cluster = ?",  # noqa: S608 - column names
        (cluster,),
    ).fetchone()
    if found is None:
        return Standing()
    known = Standing(*found)
    return known._replace(quorate=None if known.quorate is None else bool(known.quorate))


def stand(connection: sqlite3.Connection, cluster: str, **fields: Any) -> None:
    """Write some fields of how the synchronisation stands; the others stay."""
    names = [name for name in Standing._fields if name in fields]
    connection.execute("INSERT OR IGNORE INTO proxmox_standing (cluster) VALUES (?)", (cluster,))
    connection.execute(
        f"UPDATE proxmox_standing SET {', '.join(f'{name} = ?' for name in names)} WHERE cluster = ?",  # noqa: S608 - column names
        (*(fields[name] for name in names), cluster),
    )


def ask(connection: sqlite3.Connection, cluster: str, now_ms: int) -> None:
    """Note that somebody wants a cluster looked at as a whole, and at once."""
    stand(connection, cluster, asked_ms=now_ms)


def asked_ms(connection: sqlite3.Connection, cluster: str) -> int:
    """Return when a cluster was wanted to be looked at; 0 when nobody waits for it."""
    found = connection.execute("SELECT asked_ms FROM proxmox_standing WHERE cluster = ?", (cluster,)).fetchone()
    return 0 if found is None else found[0]


def answered(connection: sqlite3.Connection, cluster: str, began_ms: int) -> None:
    """Forget that somebody wanted a cluster looked at, unless it was after the look began."""
    connection.execute(
        "UPDATE proxmox_standing SET asked_ms = 0 WHERE cluster = ? AND asked_ms <= ?", (cluster, began_ms)
    )


def clusters(connection: sqlite3.Connection) -> list[str]:
    """Return the clusters of which something is kept."""
    return [row[0] for row in connection.execute("SELECT cluster FROM proxmox_standing ORDER BY cluster")]


def forget(connection: sqlite3.Connection, cluster: str) -> None:
    """Delete all that was seen of a cluster."""
    for table in ("proxmox_things", "proxmox_areas", "proxmox_standing", "proxmox_joins"):
        connection.execute(f"DELETE FROM {table} WHERE cluster = ?", (cluster,))  # noqa: S608 - names of ours


def prune(connection: sqlite3.Connection, now_ms: int) -> int:
    """Delete what is gone for long, and the longest gone beyond the bound; return how many."""
    old = connection.execute(
        "DELETE FROM proxmox_things WHERE gone_ms > 0 AND gone_ms < ?", (now_ms - GONE_DAYS * 86_400_000,)
    ).rowcount
    many = connection.execute(
        "DELETE FROM proxmox_things WHERE seq IN (SELECT seq FROM (SELECT seq, row_number() OVER"
        " (PARTITION BY cluster ORDER BY gone_ms DESC, seq DESC) AS place FROM proxmox_things WHERE gone_ms > 0)"
        " WHERE place > ?)",
        (GONE_MAX,),
    ).rowcount
    return old + many
