"""Keeps samples of subjects that have no agent: what the collector itself measured, or was told of their past.

They lie in the same store as agents' samples, so that the same rollups, retention and charts serve both.
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple

from wakeful_collector.model.subject import FIRST_KEY
from wakeful_collector.store import database, samples
from wakeful_wire.schema import schema_hash

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from pathlib import Path

    from wakeful_wire.schema import Series

MEASURED = "measured"
TOLD = "told"
"""The runs of a subject: what was measured now, and what the past was told to be."""


class Piece(NamedTuple):
    """Ticks of one subject: rising times in ms, each with a value for every series, None where there is none."""

    key: int
    ticks: Sequence[tuple[int, Sequence[float | None]]]


def keep(data: Path, run: str, series: Sequence[Series], pieces: Sequence[Piece], now_ms: int) -> None:
    """Store pieces in one transaction, each once; one thread of one process does this for a run.

    Raises:
        StoreFull, StoreBusy: nothing of it was stored.
    """
    found = [piece for piece in pieces if piece.ticks]
    if not found:
        return
    schema = schema_hash(list(series))
    with (
        database.translated(),
        closing(database.writer(data, "samples")) as connection,
        database.transaction(connection),
    ):
        samples.add_schema(connection, schema, series)
        for piece in found:
            sequence = _next(connection, piece.key, run)
            push = samples.hot_push(piece.key, run, sequence, schema, piece.ticks, b"")
            samples.append(connection, push, now_ms)


def newest_ms(data: Path) -> dict[int, int]:
    """Return the time of the newest measured tick of each subject that has one."""
    with database.translated():
        rows = database.reader(data, "samples").execute(
            "SELECT host, to_ms FROM runs WHERE host >= ? AND run = ? AND to_ms IS NOT NULL", (FIRST_KEY, MEASURED)
        )
        return {row[0]: row[1] for row in rows}


def _next(connection: sqlite3.Connection, key: int, run: str) -> int:
    found = connection.execute("SELECT last FROM runs WHERE host = ? AND run = ?", (key, run)).fetchone()
    return 0 if found is None else int(found[0]) + 1
