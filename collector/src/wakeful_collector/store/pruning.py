"""What is too old and what is too much goes from tables whose rows are numbered as they come."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3


def prune(
    connection: sqlite3.Connection,
    table: str,
    older: tuple[str, int],
    most: int,
    each: str = "",
    ended: str = "TRUE",
) -> int:
    """Delete rows of before a moment, and the oldest past `most`; return how many went.

    `older` is the column of the moment and the moment, `each` a column for each value of which `most` is counted, and
    `ended` the condition that rows must meet to go. Table, columns and condition are SQL of the caller's own.
    """
    column, before_ms = older
    rank = f"row_number() OVER ({f'PARTITION BY {each} ' if each else ''}ORDER BY seq DESC)"
    aged = f"DELETE FROM {table} WHERE {column} < ? AND {ended}"  # noqa: S608 - constants of the stores' modules
    crowded = (
        f"DELETE FROM {table} WHERE seq IN"  # noqa: S608 - constants of the stores' modules
        f" (SELECT seq FROM (SELECT seq, {rank} AS rank FROM {table}) WHERE rank > ?) AND {ended}"
    )
    return connection.execute(aged, (before_ms,)).rowcount + connection.execute(crowded, (most,)).rowcount
