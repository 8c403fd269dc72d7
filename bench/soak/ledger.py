"""Whether anything was lost: each agent's pushes by number, as the collector's store has them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wakeful_collector.store import database
from wakeful_collector.store.marks import read_holes

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Account:
    """One run of one agent: pushes stored, the numbers that are not, and when the first and the last tick was."""

    host: int
    run: str
    first: int
    last: int
    holes: int
    from_ms: int
    to_ms: int

    @property
    def whole(self) -> bool:
        """Tell whether every number from the run's first push on is stored."""
        return self.holes == 0 and self.first == 0


def accounts(data: Path) -> list[Account]:
    """Return every run that the store of `data` knows of, by agent and time."""
    connection = database.reader(data, "samples")
    try:
        rows = connection.execute("SELECT host, run, first, last, holes, from_ms, to_ms FROM runs").fetchall()
    finally:
        connection.close()
    found = [
        Account(host, run, first, last, missing(holes), from_ms or 0, to_ms or 0)
        for host, run, first, last, holes, from_ms, to_ms in rows
    ]
    return sorted(found, key=lambda one: (one.host, one.from_ms))


def missing(holes: bytes | None) -> int:
    """Return how many numbers the stored form of holes leaves out."""
    return sum(high - low + 1 for low, high in read_holes(holes))
