"""The last hour of every host as the store keeps it, for tests of what writes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from wakeful_collector.read.series import values
from wakeful_collector.store import database
from wakeful_collector.store import sparks as stored

if TYPE_CHECKING:
    from pathlib import Path

    from wakeful_collector.model.table import Floats

Line = tuple[float | None, ...]


class Sparks(NamedTuple):
    """Sixty values each, oldest first, the last for the minute before `until_ms`; None where there is none.

    cpu and memory are shares (0 to 1), disk the busiest device's share of time busy, network bytes/s of all interfaces.
    """

    until_ms: int
    cpu: Line
    memory: Line
    disk: Line
    network: Line


def sparks(data: Path) -> dict[int, Sparks]:
    """Return the sparks of every host, by its key."""
    with database.translated():
        found = stored.read(database.reader(data, "samples"))
    return {host: Sparks(until, *map(tuple, _lines(grid))) for host, (until, grid) in found.items()}


def _lines(grid: Floats) -> list[list[float | None]]:
    lines: list[list[float | None]] = grid.tolist()
    for at in np.flatnonzero(np.isnan(grid).any(axis=1)):
        lines[at] = values(grid[at])
    return lines
