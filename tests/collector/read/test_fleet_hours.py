"""The fleet's last hour: what counts as busy, which traffic is the newest, and lines with gaps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from wakeful_collector.read.fleet_hours import hours
from wakeful_collector.store import database, sparks

if TYPE_CHECKING:
    from pathlib import Path

GAP = float("nan")
UNTIL_MS = 1_795_000_000_000


def keep(data: Path, **grids: list[list[float]]) -> None:
    """Store hours as the worker does: by host `h1`, `h2`, ... the last minutes of cpu, memory, disk and network."""
    full = {}
    for host, tails in grids.items():
        grid = np.full((4, 60), GAP)
        for place, tail in enumerate(tails):
            grid[place, 60 - len(tail) :] = tail
        full[int(host[1:])] = grid
    sparks.write(database.writer(data, "samples"), UNTIL_MS, full)


def test_nobody_is_known_before_the_worker_looked(data: Path) -> None:
    assert hours(data) == {}


@pytest.mark.parametrize(
    ("cpu", "busy"),
    [
        ([0.1, 0.9, 0.9, 0.9, 0.9, 0.9], 0.9),
        ([0.8, GAP, 0.8, 0.8, 0.8], 0.8),
        ([0.8, GAP, GAP, 0.8, 0.8], None),
        ([GAP], None),
    ],
)
def test_busy_is_a_mean_of_five_minutes_with_one_gap_at_most(data: Path, cpu: list[float], busy: float | None) -> None:
    keep(data, h1=[cpu])
    found = hours(data)[1].busy
    assert found == (None if busy is None else pytest.approx(busy))


@pytest.mark.parametrize(
    ("network", "traffic"), [([5.0, 6.0, 7.0], 7.0), ([5.0, GAP, GAP], 5.0), ([5.0, GAP, GAP, GAP], None)]
)
def test_traffic_is_the_newest_of_three_minutes(data: Path, network: list[float], traffic: float | None) -> None:
    keep(data, h1=[[], [], [], network], h2=[[], [], [], [1.0]])
    found = hours(data)
    assert (found[1].traffic, found[2].traffic) == (traffic, 1.0)


def test_lines_are_sixty_values_with_none_for_a_gap(data: Path) -> None:
    keep(data, h7=[[0.5, GAP, 0.25], [0.5], [], [64.0]])
    hour = hours(data)[7]
    assert hour.cpu == [None] * 57 + [0.5, None, 0.25]
    assert hour.memory[-1] == 0.5
    assert hour.network[-2:] == [None, 64.0]
    assert len(hour.network) == 60
