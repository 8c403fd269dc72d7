from __future__ import annotations

import numpy as np

from wakeful_collector.config import Settings
from wakeful_collector.ingest import backfill
from wakeful_collector.read import health
from wakeful_collector.store import soundness
from wakeful_wire.schema import series as named

START = 1_795_046_400_000
DAY = 86_400_000


def test_sizes_name_every_file(data):
    assert set(health.sizes(data)) >= {"state.db", "samples.db"}
    assert health.sizes(data / "none") == {}


def test_soundness_is_asked_of_the_store(data):
    assert health.integrity(data) == []


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
