"""Takes pushes into `samples.db`: one hot row a push, each (host, run, sequence) once. Called within a transaction.

The ordinary push, next in its run, costs two statements; everything else goes the long way.
"""

from __future__ import annotations

import json
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import zstandard

from wakeful_collector.store.hot import pack_ticks
from wakeful_collector.store.marks import Mark, pack_holes, read_holes

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from wakeful_wire.schema import Series

_WIDTHS_KEPT = 20_000
_widths: dict[str, int] = {}

_INSERT = """
INSERT INTO hot (host, from_ms, to_ms, run, sequence, digest, ticks, schema)
SELECT ?, ?, ?, ?, ?, ?, ?, id FROM schemas WHERE hash = ?
"""
_NEXT = """
UPDATE runs SET last = ?3, from_ms = min(ifnull(from_ms, ?4), ifnull(?4, from_ms)),
    to_ms = max(ifnull(to_ms, ?5), ifnull(?5, to_ms)), heard_ms = ?6
WHERE host = ?1 AND run = ?2 AND last = ?3 - 1
"""
_MARK = """
INSERT INTO runs (host, run, first, last, holes, from_ms, to_ms, heard_ms)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
ON CONFLICT DO UPDATE SET first = ?3, last = ?4, holes = ?5, heard_ms = ?8,
    from_ms = min(ifnull(from_ms, ?6), ifnull(?6, from_ms)), to_ms = max(ifnull(to_ms, ?7), ifnull(?7, to_ms))
"""


class Verdict(StrEnum):
    """What became of a push: stored; had it before; had its sequence with other content; its schema is not known."""

    NEW = "new"
    KNOWN = "known"
    CONFLICT = "conflict"
    UNKNOWN_SCHEMA = "unknown_schema"


class HotPush(NamedTuple):
    """A push ready to be stored; times in ms, None when it holds no ticks; `digest` stands for its whole content."""

    host: int
    run: str
    sequence: int
    schema: str
    from_ms: int | None
    to_ms: int | None
    digest: bytes
    ticks: bytes


def hot_push(
    host: int, run: str, sequence: int, schema: str, ticks: Sequence[tuple[int, Sequence[float | None]]], digest: bytes
) -> HotPush:
    """Pack a push for `append`; touches no database. Ticks rise and are all of the schema's width."""
    if not ticks:
        return HotPush(host, run, sequence, schema, None, None, digest, b"")
    return HotPush(host, run, sequence, schema, ticks[0][0], ticks[-1][0], digest, pack_ticks(ticks))


def append(connection: sqlite3.Connection, push: HotPush, now_ms: int) -> Verdict:
    """Store a push unless it was stored before; writes nothing unless the answer is NEW."""
    host, run, sequence, schema, from_ms, to_ms, digest, ticks = push
    row = None
    if from_ms is not None:
        inserted = connection.execute(_INSERT, (host, from_ms, to_ms, run, sequence, digest, ticks, schema))
        if not inserted.rowcount:
            return _old(connection, push) or Verdict.UNKNOWN_SCHEMA
        row = inserted.lastrowid
    if connection.execute(_NEXT, (host, run, sequence, from_ms, to_ms, now_ms)).rowcount:
        return Verdict.NEW
    old = _old(connection, push, row)
    if old is not None:
        connection.execute("DELETE FROM hot WHERE id = ?", (row,))
        return old
    mark = _mark(connection, host, run)
    if mark is None:
        mark = Mark(sequence, sequence, [])
    else:
        mark.take(sequence)
    values = (host, run, mark.first, mark.last, pack_holes(mark), from_ms, to_ms, now_ms)
    connection.execute(_MARK, values)
    return Verdict.NEW


def add_schema(connection: sqlite3.Connection, schema: str, series: Sequence[Series]) -> None:
    """Remember a series list under its hash, and every series of it; knowing it already is fine."""
    if connection.execute("SELECT 1 FROM schemas WHERE hash = ?", (schema,)).fetchone() is None:
        ids = np.array(series_ids(connection, series), "<i8")
        packed = zstandard.ZstdCompressor(level=9).compress(ids.tobytes())
        values = (schema, len(ids), packed)
        connection.execute("INSERT INTO schemas (hash, width, series) VALUES (?, ?, ?)", values)
    _remember(schema, len(series))


def series_ids(connection: sqlite3.Connection, series: Sequence[Series]) -> list[int]:
    """Return the numbers of series, giving new ones to those never seen."""
    ids = []
    for name, labels in series:
        key = (name, json.dumps(dict(labels), ensure_ascii=True, separators=(",", ":")))
        connection.execute("INSERT OR IGNORE INTO series (name, labels) VALUES (?, ?)", key)
        ids.append(connection.execute("SELECT id FROM series WHERE name = ? AND labels = ?", key).fetchone()[0])
    return ids


def schema_width(connection: sqlite3.Connection, schema: str) -> int | None:
    """Return how many series a schema has; None when it is not known.

    Kept in the process: a hash means one list wherever it is met. Whether this database has it, `append` says.
    """
    width = _widths.get(schema)
    if width is None:
        row = connection.execute("SELECT width FROM schemas WHERE hash = ?", (schema,)).fetchone()
        if row is None:
            return None
        width = int(row[0])
        _remember(schema, width)
    return width


def move_run(connection: sqlite3.Connection, host: int, run: str, to_host: int) -> int:
    """Give the hot rows and the mark of a run to another host; return how many rows moved. Sealed history stays."""
    moved = connection.execute("UPDATE hot SET host = ? WHERE host = ? AND run = ?", (to_host, host, run)).rowcount
    connection.execute("UPDATE OR REPLACE runs SET host = ? WHERE host = ? AND run = ?", (to_host, host, run))
    return moved


def _remember(schema: str, width: int) -> None:
    if len(_widths) >= _WIDTHS_KEPT:
        _widths.clear()
    _widths[schema] = width


def _mark(connection: sqlite3.Connection, host: int, run: str) -> Mark | None:
    row = connection.execute("SELECT first, last, holes FROM runs WHERE host = ? AND run = ?", (host, run)).fetchone()
    return None if row is None else Mark(row[0], row[1], read_holes(row[2]))


def _old(connection: sqlite3.Connection, push: HotPush, new_row: int | None = None) -> Verdict | None:
    mark = _mark(connection, push.host, push.run)
    if mark is None or not mark.has(push.sequence):
        return None
    stored = connection.execute(
        "SELECT digest FROM hot WHERE host = ? AND run = ? AND sequence = ? AND id IS NOT ?",
        (push.host, push.run, push.sequence, new_row),
    ).fetchone()
    return Verdict.KNOWN if stored is None or stored[0] == push.digest else Verdict.CONFLICT
