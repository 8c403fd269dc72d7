"""Forgets series that nothing uses any more, so that labels that come and go do not fill the table for ever.

A sweep notes which series no series list holds, strikes out those that a sealed chunk holds, some chunks a call, and
deletes what is left. Chunks never change and their numbers only rise: what is sealed meanwhile is looked at last,
in the transaction that deletes. The series with the highest number stays, so that no number is given twice.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import zstandard

from wakeful_collector.model.tiers import STATS
from wakeful_collector.store.catalogue import schema_numbers
from wakeful_collector.store.codec_head import read_keys
from wakeful_collector.store.database import transaction

if TYPE_CHECKING:
    import sqlite3

    from wakeful_collector.model.table import Ints

SWEEP_EVERY_MS = 86_400_000
CHUNKS_A_CALL = 500


def sweep(connection: sqlite3.Connection, now_ms: int, chunks_a_call: int = CHUNKS_A_CALL) -> int:
    """Go a step further; return how many series were forgotten. A new sweep begins once a day.

    Killed at any point it goes on from there. Raises StoreFull, StoreBusy.
    """
    row = connection.execute("SELECT began_ms, chunk, left FROM sweep").fetchone()
    if row is None or row[2] is None:
        if row is None or not 0 <= now_ms - row[0] < SWEEP_EVERY_MS:
            _note(connection, now_ms, 0, _listed_by_none(connection))
        return 0
    began_ms, chunk, left = row[0], row[1], np.frombuffer(zstandard.ZstdDecompressor().decompress(row[2]), np.int64)
    left, chunk, looked = _struck_out(connection, left, chunk, chunks_a_call)
    if looked == chunks_a_call:
        _note(connection, began_ms, chunk, left)
        return 0
    with transaction(connection):
        left, chunk, _ = _struck_out(connection, left, chunk, -1)
        gone = np.intersect1d(left, _listed_by_none(connection))
        connection.execute(
            "DELETE FROM series WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(gone.tolist()),)
        )
        connection.execute("UPDATE sweep SET left = NULL")
    return len(gone)


def _note(connection: sqlite3.Connection, began_ms: int, chunk: int, left: Ints) -> None:
    packed = zstandard.ZstdCompressor().compress(left.tobytes()) if len(left) else None
    connection.execute(
        "INSERT OR REPLACE INTO sweep (id, began_ms, chunk, left) VALUES (1, ?, ?, ?)", (began_ms, chunk, packed)
    )


def _listed_by_none(connection: sqlite3.Connection) -> Ints:
    """Return the series that no series list holds, but for the last one."""
    known = np.array([row[0] for row in connection.execute("SELECT id FROM series ORDER BY id")], np.int64)[:-1]
    used = np.zeros(int(known[-1]) + 2 if len(known) else 1, np.bool_)
    for (packed,) in connection.execute("SELECT series FROM schemas"):
        numbers = schema_numbers(packed)
        used[numbers[numbers < len(used)]] = True
    return known[~used[known]]


def _struck_out(connection: sqlite3.Connection, left: Ints, chunk: int, most: int) -> tuple[Ints, int, int]:
    """Return what is left after looking at the next chunks, the last one's number, and how many they were."""
    rows = connection.execute(
        "SELECT id, tier, head FROM chunks WHERE id > ? ORDER BY id LIMIT ?", (chunk, most)
    ).fetchall()
    for _, tier, head in rows:
        keys = read_keys(head)
        left = np.setdiff1d(left, keys // STATS if tier else keys)
    return left, rows[-1][0] if rows else chunk, len(rows)
