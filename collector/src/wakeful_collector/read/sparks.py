"""The last hour of every host, for the fleet page."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from wakeful_collector.read.series import values
from wakeful_collector.store import database
from wakeful_collector.store import sparks as stored

if TYPE_CHECKING:
    from pathlib import Path

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
    return {host: Sparks(until, *(tuple(values(row)) for row in grid)) for host, (until, grid) in found.items()}
