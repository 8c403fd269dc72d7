from __future__ import annotations

import os

import numpy as np

from wakeful_collector.config import Settings
from wakeful_collector.ingest import backfill
from wakeful_collector.read import health
from wakeful_collector.read.forecast import time_to_full
from wakeful_collector.store import soundness
from wakeful_wire.schema import series as named

START = 1_795_046_400_000
DAY = 86_400_000


def test_sizes_name_every_file(data):
    assert set(health.sizes(data)) >= {"state.db", "samples.db"}
    assert health.sizes(data / "none") == {}


def test_a_sound_database_has_no_problems(data):
    assert health.integrity(data) == []


def test_a_damaged_database_names_its_problems(data):
    path = data / "state.db"
    content = bytearray(path.read_bytes())
    content[8192 : 8192 + 40_000] = os.urandom(40_000)
    path.write_bytes(bytes(content))
    assert health.integrity(data) != []


def test_what_is_no_database_is_a_problem(data):
    (data / "state.db").write_bytes(b"x" * 100_000)
    assert "damaged" in health.integrity(data)[0]


def test_writable_says_why_not(data, monkeypatch):
    assert health.writable(data) is None
    assert "No such file" in health.writable(data / "none")
    monkeypatch.setattr(health, "_free", lambda _: 5 * 1024 * 1024)
    assert "nearly full: 5 MiB" in health.writable(data)


def test_the_forecast_fills_every_retention(data):
    settings = Settings(data=data)
    assert health.forecast(data, settings, START).bytes_per_day == 0
    times = START + np.arange(1440) * 60_000
    values = np.random.default_rng(1).integers(0, 1000, (1440, 20)).astype(float)
    backfill.fill(data, 1, [named("hw.power", chip="c", sensor=str(at)) for at in range(20)], times, values)
    found = health.forecast(data, settings, START + DAY)
    daily = soundness.bytes_a_day(data, START + DAY)
    assert found.bytes_per_day == sum(daily.values())
    assert found.bytes_per_day > 1440 * 20
    expected = daily[0] * 2 + daily[60] * 14 + daily[600] * 90 + daily[3600] * 400
    assert found.bytes_expected == max(expected, found.bytes_now)
    assert found.fits
    assert not found._replace(free_bytes=1, bytes_expected=found.bytes_now + 2).fits


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


def test_no_host_no_forecast(data):
    assert time_to_full(data, 7, START) == {}
