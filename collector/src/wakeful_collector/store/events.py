"""Events in state.db: what happened on a host or with it, each kept once by its id."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from wakeful_collector.store import pruning
from wakeful_collector.store.cursors import named

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from wakeful_wire.push import Event

PER_HOST_MAX = 10_000
"""How many events of one host are kept; older ones go first."""

MIGRATIONS: tuple[tuple[str, str], ...] = (
    (
        "events",
        """
        CREATE TABLE events (
            seq INTEGER PRIMARY KEY,
            host_key INTEGER NOT NULL,
            id TEXT NOT NULL,
            at_ms INTEGER NOT NULL,
            received_ms INTEGER NOT NULL,
            kind TEXT NOT NULL,
            subject TEXT NOT NULL,
            data TEXT NOT NULL,
            UNIQUE (host_key, id)
        );
        CREATE INDEX events_at ON events (at_ms, seq);
        CREATE INDEX events_host_at ON events (host_key, at_ms, seq);
        """,
    ),
    ("events_by_kind", "CREATE INDEX events_kind_at ON events (kind, at_ms, seq);"),
    (
        # Whoever follows what arrives remembers the last seq: none may be given twice, whatever was deleted.
        "events_never_share_a_seq",
        """
        CREATE TABLE events_once (
            seq INTEGER PRIMARY KEY AUTOINCREMENT,
            host_key INTEGER NOT NULL,
            id TEXT NOT NULL,
            at_ms INTEGER NOT NULL,
            received_ms INTEGER NOT NULL,
            kind TEXT NOT NULL,
            subject TEXT NOT NULL,
            data TEXT NOT NULL,
            UNIQUE (host_key, id)
        );
        INSERT INTO events_once SELECT seq, host_key, id, at_ms, received_ms, kind, subject, data FROM events;
        DROP TABLE events;
        ALTER TABLE events_once RENAME TO events;
        CREATE INDEX events_at ON events (at_ms, seq);
        CREATE INDEX events_host_at ON events (host_key, at_ms, seq);
        CREATE INDEX events_kind_at ON events (kind, at_ms, seq);
        """,
    ),
)

_COLUMNS = "seq, host_key, id, at_ms, received_ms, kind, subject, data"
_KINDS_WALKED_MAX = 64
_KINDS = """
WITH RECURSIVE walk (kind) AS (
    SELECT min(kind) FROM events
    UNION ALL SELECT (SELECT min(kind) FROM events WHERE kind > walk.kind) FROM walk WHERE walk.kind IS NOT NULL
    LIMIT ?
)
SELECT kind FROM walk WHERE kind IS NOT NULL
"""


def add(connection: sqlite3.Connection, host_key: int, events: Sequence[Event], now_ms: int) -> int:
    """Keep events of a host, each once by its id; return how many were new."""
    before = connection.total_changes
    connection.executemany(
        "INSERT OR IGNORE INTO events (host_key, id, at_ms, received_ms, kind, subject, data) VALUES (?,?,?,?,?,?,?)",
        [
            (
                host_key,
                one.id,
                one.at_ms,
                now_ms,
                one.kind,
                one.subject,
                json.dumps(one.data, allow_nan=False),
            )
            for one in events
        ],
    )
    return connection.total_changes - before


def page(
    connection: sqlite3.Connection,
    host_key: int | None,
    before: tuple[int, int] | None,
    limit: int,
    kind: str | None = None,
) -> list[sqlite3.Row]:
    """Return the newest events (of one host), or those older than the (time, seq) of the last one seen.

    `kind` keeps those of one kind or pattern (`*`, `?`, `[...]`); there are fewer than `limit` only when there are no
    more.
    """
    kinds = None if kind is None or host_key is not None else _alike(connection, kind)
    if kinds is None:
        return _rows(connection, host_key, before, limit, kind)
    found = [row for one in kinds for row in _rows(connection, None, before, limit, one, exact=True)]
    return sorted(found, key=lambda row: (row["at_ms"], row["seq"]), reverse=True)[:limit]


def newest(connection: sqlite3.Connection) -> int:
    """Return the seq of the event that arrived last, 0 when there never was one; it only grows."""
    row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'events'").fetchone()
    return 0 if row is None else int(row[0])


def arrived(
    connection: sqlite3.Connection, host_key: int | None, after: int, until: int, limit: int, kind: str | None = None
) -> list[sqlite3.Row]:
    """Return events in the order they arrived in, whose seq lies behind `after` and not behind `until`."""
    where = "" if host_key is None else "host_key = :key AND "
    where += "" if kind is None else "kind GLOB :kind AND "
    statement = (
        f"SELECT {_COLUMNS} FROM events WHERE {where}seq > :after AND seq <= :until"  # noqa: S608 - constants of this module
        " ORDER BY seq LIMIT :limit"
    )
    glob = None if kind is None else _globbed(kind)
    given = {"key": host_key, "after": after, "until": until, "limit": limit, "kind": glob}
    return named(connection, statement, given).fetchall()


def _rows(
    connection: sqlite3.Connection,
    host_key: int | None,
    before: tuple[int, int] | None,
    limit: int,
    kind: str | None,
    exact: bool = False,
) -> list[sqlite3.Row]:
    at_ms, seq = before or (2**62, 2**62)
    where = "" if host_key is None else "host_key = :key AND "
    if kind is not None:
        where += "kind = :kind AND " if exact else "kind GLOB :kind AND "
        kind = kind if exact else _globbed(kind)
    statement = (
        f"SELECT {_COLUMNS} FROM events WHERE {where}(at_ms, seq) < (:at, :seq)"  # noqa: S608 - constants of this module
        " ORDER BY at_ms DESC, seq DESC LIMIT :limit"
    )
    given = {"key": host_key, "at": at_ms, "seq": seq, "limit": limit, "kind": kind}
    return named(connection, statement, given).fetchall()


def _alike(connection: sqlite3.Connection, pattern: str) -> list[str] | None:
    """Return the kinds that a pattern means, each to be looked up by its index; None when there are too many kinds."""
    kinds = [row[0] for row in connection.execute(_KINDS, (_KINDS_WALKED_MAX + 1,))]
    return None if len(kinds) > _KINDS_WALKED_MAX else [kind for kind in kinds if fnmatchcase(kind, pattern)]


def _globbed(pattern: str) -> str:
    return pattern.replace("[!", "[^")


def prune(connection: sqlite3.Connection, before_ms: int) -> int:
    """Delete events received before `before_ms`, and each host's oldest past the bound; return how many went."""
    return pruning.prune(connection, "events", ("received_ms", before_ms), PER_HOST_MAX, "host_key")


def forget(connection: sqlite3.Connection, host_key: int) -> int:
    """Delete the events of a host and return how many there were."""
    return connection.execute("DELETE FROM events WHERE host_key = ?", (host_key,)).rowcount


def newest_told_ms(connection: sqlite3.Connection, host_key: int, now_ms: int) -> int:
    """Return the newest time by its own clock that a host's events tell of, at most `now_ms`; 0 where it told of none.

    What the collector itself noted of the host is dated by another clock and does not count.
    """
    statement = (
        "SELECT at_ms FROM events WHERE host_key = ? AND kind NOT GLOB 'host.*' AND kind NOT GLOB 'command.*'"
        " ORDER BY at_ms DESC, seq DESC LIMIT 1"
    )
    row = connection.execute(statement, (host_key,)).fetchone()
    return 0 if row is None else min(int(row[0]), now_ms)


def unknown(connection: sqlite3.Connection, host_key: int, events: Sequence[Event]) -> list[Event]:
    """Return the events of a host that are not kept yet, each once."""
    statement = "SELECT id FROM events WHERE host_key = ? AND id IN (SELECT value FROM json_each(?))"
    ids = json.dumps([one.id for one in events])
    kept = {row[0] for row in connection.execute(statement, (host_key, ids))}
    return list({one.id: one for one in events if one.id not in kept}.values())
