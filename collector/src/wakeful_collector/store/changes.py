"""One change of `state.db`: a short transaction of its own connection, kept whole or not at all."""

from __future__ import annotations

from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from wakeful_collector.store import database

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def changing(data: Path) -> Iterator[sqlite3.Connection]:
    """Yield a connection inside a transaction that is committed at the end, or rolled back when an error leaves it.

    Raises:
        StoreFull, StoreBusy: as `database.translated` says.
    """
    with (
        database.translated(),
        closing(database.writer(data, "state")) as connection,
        database.transaction(connection),
    ):
        yield connection
