"""What keeps gateway.db small and quick: its log is copied into it while nobody waits, and old rows go."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from wakeful_collector.store import database, gateway_history, gateway_leases, gateway_states
from wakeful_collector.store.changes import changing_gateway

if TYPE_CHECKING:
    from pathlib import Path

TURNS_KEPT_MS = 400 * 86_400_000
PACES_KEPT_MS = 3_600_000
FREE_PAGES_A_TIME = 2_000


def copy_log(data: Path) -> int:
    """Copy what stands in the log into the database, as far as no reader needs it; return how many pages that were.

    It waits for the disk, which no request has to. Raises StoreError, StoreFull.
    """
    with database.translated(), closing(database.writer(data, "gateway")) as connection:
        _, _, copied = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    return max(0, int(copied))


def prune(data: Path, now_ms: int) -> int:
    """Delete what is too old or too much, and what belonged to nobody any more; return how many rows went."""
    with changing_gateway(data) as connection:
        gone = len(gateway_leases.end_expired(connection, now_ms))
        gone += gateway_leases.forget_served(connection)
        gone += gateway_leases.forget_paces(connection, now_ms - PACES_KEPT_MS)
        gone += gateway_states.prune(connection, now_ms - TURNS_KEPT_MS)
        gone += gateway_history.prune(connection, now_ms)
    with database.translated(), closing(database.writer(data, "gateway")) as connection:
        connection.executescript(f"PRAGMA incremental_vacuum({FREE_PAGES_A_TIME})")  # `execute` stops after one page
    return gone
