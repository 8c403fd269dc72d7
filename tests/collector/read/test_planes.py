from __future__ import annotations

import numpy as np
import pytest

from wakeful_collector.ingest import backfill
from wakeful_collector.read.planes import Query, pick_tier, plane
from wakeful_collector.store import history
from wakeful_wire.schema import series as named

HOUR = 3_600_000
DAY = 24 * HOUR
START = 1_795_046_400_000 // DAY * DAY
END = START + 20 * DAY


@pytest.fixture
def filled(data):
    times = np.arange(START, END, 300_000, dtype=np.int64)
    backfill.fill(data, 1, [named("system.uptime")], times, np.ones((len(times), 1)), raw_from_ms=END - 2 * DAY)
    return data


def query(from_ms, to_ms, points, host=1):
    return Query(host, np.array([1]), np.array([False]), from_ms, to_ms, points)


@pytest.mark.parametrize(
    ("asked", "tier"),
    [
        (query(END - HOUR, END, 300), 0),
        (query(END - DAY, END, 300), 60),
        (query(END - 7 * DAY, END, 300), 600),
        (query(END - 365 * DAY, END, 300), 3600),
        (query(START, START + HOUR, 300), 60),
        (query(START - 365 * DAY, START - 364 * DAY, 2000), 60),
        (query(END - HOUR, END, 300, host=2), 0),
    ],
)
def test_the_tier_that_fits_and_reaches_back(filled, asked, tier):
    with history.looking(filled) as connection:
        assert pick_tier(history.extents(connection, asked.host), asked) == tier


def test_a_bucket_is_never_narrower_than_the_samples_are_apart(filled):
    with history.looking(filled) as connection:
        found = plane(connection, query(END - HOUR, END, 300))
    assert found.axis.step_ms == 300_000
    assert not found.coarse
    assert found.laid.mean.tolist() == [[1.0] * 12]
