"""Events in state.db: what happened on a host or with it, each kept once by its id."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

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
)


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
    connection: sqlite3.Connection, host_key: int | None, before: tuple[int, int] | None, limit: int
) -> list[sqlite3.Row]:
    """Return the newest events (of one host), or those older than the (time, seq) of the last one seen."""
    at_ms, seq = before or (2**62, 2**62)
    where = "" if host_key is None else "host_key = :key AND"
    statement = (
        "SELECT seq, host_key, id, at_ms, received_ms, kind, subject, data FROM events"  # noqa: S608 - one of two constants
        f" WHERE {where} (at_ms, seq) < (:at, :seq) ORDER BY at_ms DESC, seq DESC LIMIT :limit"
    )
    return named(connection, statement, {"key": host_key, "at": at_ms, "seq": seq, "limit": limit}).fetchall()


def prune(connection: sqlite3.Connection, before_ms: int) -> int:
    """Delete events received before `before_ms`, and each host's oldest past the bound; return how many went."""
    aged = connection.execute("DELETE FROM events WHERE received_ms < ?", (before_ms,)).rowcount
    crowded = connection.execute(
        "DELETE FROM events WHERE seq IN (SELECT seq FROM (SELECT seq, row_number() OVER"
        " (PARTITION BY host_key ORDER BY seq DESC) AS rank FROM events) WHERE rank > ?)",
        (PER_HOST_MAX,),
    ).rowcount
    return aged + crowded


def forget(connection: sqlite3.Connection, host_key: int) -> int:
    """Delete the events of a host and return how many there were."""
    return connection.execute("DELETE FROM events WHERE host_key = ?", (host_key,)).rowcount
