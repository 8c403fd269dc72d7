"""The last hour of every host as the fleet needs it: two figures of each, and the lines only of the rows shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from wakeful_collector.read.series import values
from wakeful_collector.store import database
from wakeful_collector.store import sparks as stored

if TYPE_CHECKING:
    from pathlib import Path

    from wakeful_collector.model.table import Floats

Line = list[float | None]
BUSY_MINUTES = 5
FRESH_MINUTES = 3
_CPU, _MEMORY, _NETWORK = (stored.FIGURES.index(name) for name in ("cpu", "memory", "network"))


@dataclass(frozen=True, slots=True, eq=False)
class Hour:
    """One host's last hour: `busy` is the mean share of cpu in five minutes, `traffic` the newest bytes/s."""

    grid: Floats
    busy: float | None
    traffic: float | None

    @property
    def cpu(self) -> Line:
        """Return sixty shares of all cores, None for a gap."""
        return values(self.grid[_CPU])

    @property
    def memory(self) -> Line:
        """Return sixty shares of memory, None for a gap."""
        return values(self.grid[_MEMORY])

    @property
    def network(self) -> Line:
        """Return sixty rates in bytes per second, None for a gap."""
        return values(self.grid[_NETWORK])


def hours(data: Path, host_key: int | None = None) -> dict[int, Hour]:
    """Return the last hour of every host, or of one, by its key."""
    with database.translated():
        found = stored.read(database.reader(data, "samples"), host_key)
    if not found:
        return {}
    grids = [grid for _, grid in found.values()]
    busy = _steady(np.array([grid[_CPU, -BUSY_MINUTES:] for grid in grids]))
    traffic = _newest(np.array([grid[_NETWORK, -FRESH_MINUTES:] for grid in grids]))
    return {host: Hour(*row) for host, row in zip(found, zip(grids, busy, traffic, strict=True), strict=True)}


def _steady(tails: Floats) -> Line:
    """Return the mean of each row that has at most one gap."""
    known = ~np.isnan(tails)
    counts = known.sum(axis=1)
    means = np.where(known, tails, 0.0).sum(axis=1) / np.maximum(counts, 1)
    return values(np.where(counts >= BUSY_MINUTES - 1, means, np.nan))


def _newest(tails: Floats) -> Line:
    """Return the last value of each row that has any."""
    known = ~np.isnan(tails)
    last = tails.shape[1] - 1 - known[:, ::-1].argmax(axis=1)
    return values(tails[np.arange(len(tails)), last])
