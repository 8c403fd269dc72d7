from __future__ import annotations

from dataclasses import replace

import pytest

from wakeful_collector.model.host import Host, HostStatus, host_status

HOST = Host(1, "a", "web-1", (), 0, 100_000, 15.0, "1")


@pytest.mark.parametrize(
    ("last_seen_ms", "interval_seconds", "status"),
    [
        (None, 15.0, HostStatus.NEW),
        (100_000, 15.0, HostStatus.UP),
        (40_000, 15.0, HostStatus.UP),
        (39_999, 15.0, HostStatus.SILENT),
        (70_000, 1.0, HostStatus.UP),
        (69_999, 1.0, HostStatus.SILENT),
    ],
)
def test_a_host_is_silent_after_four_missed_intervals_and_at_least_half_a_minute(
    last_seen_ms: int | None, interval_seconds: float, status: HostStatus
) -> None:
    assert host_status(replace(HOST, last_seen_ms=last_seen_ms, interval_seconds=interval_seconds), 100_000) is status


def test_both_sides_of_a_conflict_show_it() -> None:
    assert host_status(replace(HOST, twin_of="b"), 100_000) is HostStatus.CONFLICT
    assert host_status(replace(HOST, twins=("a-2",)), 100_000) is HostStatus.CONFLICT


def test_a_silent_twin_is_silent() -> None:
    assert host_status(replace(HOST, twin_of="b"), 10_000_000) is HostStatus.SILENT
