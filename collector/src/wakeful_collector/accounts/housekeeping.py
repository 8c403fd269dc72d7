"""What the worker clears away: sessions and links that are over, failures and places nobody needs any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector.accounts.door import FORGET_MS
from wakeful_collector.store import people
from wakeful_collector.store.changes import changing

if TYPE_CHECKING:
    from pathlib import Path


def prune(data: Path, now_ms: int) -> int:
    """Remove what has expired and return how many rows went."""
    with changing(data) as connection:
        return people.prune(connection, now_ms, now_ms - FORGET_MS)
