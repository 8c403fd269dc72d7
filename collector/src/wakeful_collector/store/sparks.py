"""The fleet page's small lines: per host, the last hour of four figures, one value a minute."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from wakeful_collector.store.database import transaction

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from wakeful_collector.model.table import Floats

MINUTES = 60
FIGURES = ("cpu", "memory", "disk", "network")


def read(connection: sqlite3.Connection, host: int | None = None) -> dict[int, tuple[int, Floats]]:
    """Return for each host, or one, the end of its hour (ms) and a row a figure, oldest minute first, NaN for none."""
    rows = connection.execute("SELECT host, until_ms, grid FROM sparks WHERE ?1 IS NULL OR host = ?1", (host,))
    return {row[0]: (row[1], np.frombuffer(row[2], "<f4").reshape(len(FIGURES), -1).astype(np.float64)) for row in rows}


def write(connection: sqlite3.Connection, until_ms: int, grids: Mapping[int, Floats]) -> None:
    """Keep the hour of several hosts that ends at `until_ms`, in one transaction."""
    with transaction(connection):
        connection.executemany(
            "INSERT OR REPLACE INTO sparks (host, until_ms, grid) VALUES (?, ?, ?)",
            ((host, until_ms, grid.astype("<f4").tobytes()) for host, grid in grids.items()),
        )
