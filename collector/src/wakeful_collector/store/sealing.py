"""What the worker does to `samples.db`: hot rows become chunks, chunks are merged, old ones go.

Each step is one transaction. Everything costly is done before it, on what was read; the transaction first makes sure
that what was read is still there, and else changes nothing.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from wakeful_collector.model.subject import FIRST_KEY
from wakeful_collector.store import chunks
from wakeful_collector.store.database import transaction

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Mapping, Sequence

    from wakeful_collector.model.table import Table
    from wakeful_collector.store.codec import Chunk

UPKEEP = 0
"""The row of the table `folds` that says when the seldom upkeep ran; hosts are numbered from 1."""


class MovedError(Exception):
    """What was read is no longer there (a twin was told apart, a host forgotten); look again."""


class Sealed(NamedTuple):
    """A packed table on its way into a tier."""

    tier: int
    table: Table
    chunk: Chunk


class Remainder(NamedTuple):
    """What stays hot of a row whose older ticks are sealed."""

    id: int
    from_ms: int
    ticks: bytes


class Newest(NamedTuple):
    """The newest ticks of a host, kept when none of its rows stays hot."""

    to_ms: int
    schema: int
    ticks: bytes


def pack(tables: Mapping[int, Table], level: int) -> list[Sealed]:
    """Pack a table for each tier; takes no lock. What is empty is left out."""
    return [Sealed(tier, table, chunks.pack(table, level)) for tier, table in tables.items() if len(table.times_ms)]


def hosts(connection: sqlite3.Connection) -> list[int]:
    """Return the hosts that have samples; subjects without an agent are none."""
    found = connection.execute(
        "SELECT host FROM runs WHERE host < ?1 UNION SELECT host FROM latest WHERE host < ?1", (FIRST_KEY,)
    )
    return [row[0] for row in found]


def due(connection: sqlite3.Connection, cut_ms: int, rest_ms: tuple[int, int], most: int) -> list[int]:
    """Return hosts with rows older than `cut_ms`, at most so many; not those folded within `rest_ms` (after, until)."""
    rows = connection.execute(
        """
        SELECT host FROM (SELECT DISTINCT host FROM runs) AS known
        WHERE EXISTS (SELECT 1 FROM hot WHERE hot.host = known.host AND hot.to_ms < ?)
        AND NOT EXISTS (SELECT 1 FROM folds WHERE folds.host = known.host AND folded_ms > ? AND folded_ms <= ?)
        LIMIT ?
        """,
        (cut_ms, *rest_ms, most),
    )
    return [row[0] for row in rows]


def newest_ms(connection: sqlite3.Connection, otherwise_ms: int) -> int:
    """Return the time of the newest tick of all hosts; `otherwise_ms` when there is none."""
    found = connection.execute("SELECT max(to_ms) FROM (SELECT to_ms FROM runs UNION ALL SELECT to_ms FROM latest)")
    newest = found.fetchone()[0]
    return otherwise_ms if newest is None else int(newest)


def seal(
    connection: sqlite3.Connection,
    host: int,
    rows: Sequence[int],
    remainders: Sequence[Remainder],
    sealed: Sequence[Sealed],
    newest: Newest,
    folded_ms: int | None,
) -> None:
    """Put chunks in place of hot rows; raise MovedError, and change nothing, when a row is no longer there."""
    with transaction(connection):
        gone = connection.execute(
            "DELETE FROM hot WHERE host = ? AND id IN (SELECT value FROM json_each(?))", (host, json.dumps(rows))
        )
        if gone.rowcount != len(rows):
            raise MovedError
        for row in remainders:
            kept = connection.execute(
                "UPDATE hot SET from_ms = ?, ticks = ? WHERE id = ? AND host = ?",
                (row.from_ms, row.ticks, row.id, host),
            )
            if not kept.rowcount:
                raise MovedError
        for one in sealed:
            chunks.put(connection, host, one.tier, one.table, one.chunk)
        if connection.execute("SELECT 1 FROM hot WHERE host = ? LIMIT 1", (host,)).fetchone() is None:
            keep_newest(connection, host, newest)
        if folded_ms is not None:
            connection.execute("INSERT OR REPLACE INTO folds (host, folded_ms) VALUES (?, ?)", (host, folded_ms))


def keep_newest(connection: sqlite3.Connection, host: int, newest: Newest) -> None:
    """Keep these ticks as a host's newest unless newer ones are kept; within the caller's transaction."""
    connection.execute(
        "INSERT INTO latest (host, to_ms, schema, ticks) VALUES (?1, ?2, ?3, ?4) "
        "ON CONFLICT DO UPDATE SET to_ms = ?2, schema = ?3, ticks = ?4 WHERE to_ms < ?2",
        (host, *newest),
    )


def crowded(
    connection: sqlite3.Connection, tier: int, window_ms: int, before_ms: int, most: int
) -> list[tuple[int, list[int]]]:
    """Return (host, chunks in order of writing) for windows that are over and hold several chunks."""
    rows = connection.execute(
        """
        SELECT host, json_group_array(id) FROM chunks WHERE tier = ?1 AND from_ms < ?3
        GROUP BY host, from_ms / ?2 HAVING count(*) > 1 LIMIT ?4
        """,
        (tier, window_ms, before_ms // window_ms * window_ms, most),
    )
    return [(host, sorted(json.loads(ids))) for host, ids in rows]


def replace(connection: sqlite3.Connection, host: int, ids: Sequence[int], merged: Sealed) -> None:
    """Put one chunk in place of several; raise MovedError, and change nothing, when one is no longer there."""
    with transaction(connection):
        chunks.put(connection, host, merged.tier, merged.table, merged.chunk)
        gone = connection.execute("DELETE FROM chunks WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(ids),))
        if gone.rowcount != len(ids):
            raise MovedError


def drop_older(connection: sqlite3.Connection, tier: int, before_ms: int, most: int) -> int:
    """Delete up to so many chunks of a tier whose last time lies before; return how many."""
    found = connection.execute("SELECT id FROM chunks WHERE tier = ? AND to_ms < ? LIMIT ?", (tier, before_ms, most))
    ids = [row[0] for row in found]
    if ids:
        with transaction(connection):
            connection.execute("DELETE FROM chunks WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(ids),))
    return len(ids)


def upkeep_ms(connection: sqlite3.Connection) -> int:
    """Return when `upkeep` ran last."""
    row = connection.execute("SELECT folded_ms FROM folds WHERE host = ?", (UPKEEP,)).fetchone()
    return 0 if row is None else int(row[0])


def upkeep(connection: sqlite3.Connection, runs_before_ms: int, forgotten: Collection[int], now_ms: int) -> None:
    """Forget marks of long ended runs, series lists that no row uses, and everything of forgotten hosts.

    A schema in use always has a hot row or a newest one; an agent whose schema was forgotten is asked for it again.
    """
    connection.execute("PRAGMA foreign_keys=OFF")  # the check would walk all hot rows for each schema; it is done here
    with transaction(connection):
        connection.execute("DELETE FROM runs WHERE heard_ms < ?", (runs_before_ms,))
        for table in ("hot", "runs", "folds", "chunks", "latest", "sparks", "standing"):
            connection.execute(
                f"DELETE FROM {table} WHERE host IN (SELECT value FROM json_each(?))",  # noqa: S608 - names as above
                (json.dumps(sorted(forgotten)),),
            )
        connection.execute(
            "DELETE FROM schemas WHERE id NOT IN (SELECT schema FROM hot UNION SELECT schema FROM latest)"
        )
        connection.execute("INSERT OR REPLACE INTO folds (host, folded_ms) VALUES (?, ?)", (UPKEEP, now_ms))
    connection.execute("PRAGMA foreign_keys=ON")


def give_back(connection: sqlite3.Connection, pages: int) -> None:
    """Give up to so many unused pages back to the disk when more than a quarter of the file is unused."""
    free = connection.execute("PRAGMA freelist_count").fetchone()[0]
    if free > connection.execute("PRAGMA page_count").fetchone()[0] // 4:
        connection.executescript(f"PRAGMA incremental_vacuum({pages})")  # `execute` would stop after the first page
