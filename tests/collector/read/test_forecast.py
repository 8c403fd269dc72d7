from __future__ import annotations

import numpy as np

from wakeful_collector.ingest import backfill
from wakeful_collector.read.forecast import time_to_full
from wakeful_wire.schema import series as named

START = 1_795_046_400_000
DAY = 86_400_000


def test_a_filesystem_that_fills_has_a_time_to_full(data):
    times = START + np.arange(720) * 60_000
    rise = np.arange(720) * 60.0

    def mount(path, used, free):
        return [
            (named("system.filesystem.usage", mountpoint=path, device="d", type="ext4", state=state), column)
            for state, column in (("used", used), ("free", free))
        ]

    still = np.full(720, 1e9)
    short = np.where(np.arange(720) < 710, np.nan, 5.0)
    pairs = mount("/full", rise * 1e6, 1e12 - rise * 1e6) + mount("/still", still, still)
    pairs += mount("/slow", still + rise, still * 1e9) + mount("/short", short, short) + mount("/half", rise, rise)[:1]
    backfill.fill(data, 1, [one for one, _ in pairs], times, np.stack([column for _, column in pairs], axis=1))
    found = time_to_full(data, 1, START + DAY // 2)
    assert set(found) == {"/full", "/still", "/slow", "/short"}
    assert abs(found["/full"] - (1e12 - rise[-1] * 1e6) / 1e6) < 2_000
    assert found["/still"] is None
    assert found["/slow"] is None
    assert found["/short"] is None


def test_a_host_with_thousands_of_filesystems_has_no_forecast(data):
    times = START + np.arange(4) * 60_000
    many = [named("system.filesystem.usage", mountpoint=f"/{number}", state="used") for number in range(2_001)]
    backfill.fill(data, 1, many, times, np.ones((4, len(many))))
    assert time_to_full(data, 1, START + DAY // 2) == {}


def test_no_host_no_forecast(data):
    assert time_to_full(data, 7, START) == {}
