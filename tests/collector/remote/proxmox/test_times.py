"""Moments as people give them."""

import pytest

from wakeful_collector.remote.failure import USAGE, Failure
from wakeful_collector.remote.proxmox import times

NOW_MS = 1_795_305_600_000  # 2026-11-22T00:00:00Z


def test_how_long_ago():
    assert times.moment("2h", NOW_MS) == "2026-11-21T22:00:00Z"
    assert times.text(NOW_MS) == "2026-11-22T00:00:00Z"


def test_a_time_of_ones_own_clock(monkeypatch):
    import time

    monkeypatch.setenv("TZ", "CET-1")
    time.tzset()
    try:
        assert times.moment("2026-11-21T08:00", NOW_MS) == "2026-11-21T07:00:00Z"
        assert times.moment("2026-11-21T08:00Z", NOW_MS) == "2026-11-21T08:00:00Z"
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize("said", ["", "soon", "0s", "2026-13-01", "-1h"])
def test_what_is_no_moment(said):
    with pytest.raises(Failure) as caught:
        times.moment(said, NOW_MS)
    assert caught.value.exit_code == USAGE
