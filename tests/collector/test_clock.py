"""The clock says UTC in whole milliseconds."""

import time

from wakeful_collector import clock


def test_now_is_between_two_looks_at_the_system_clock():
    before = int(time.time() * 1000)
    now_ms = clock.now_ms()
    assert before <= now_ms <= int(time.time() * 1000) + 1


def test_monotonic_seconds_only_grow():
    first = clock.monotonic_seconds()
    assert clock.monotonic_seconds() >= first


def test_rfc3339_is_utc_without_fraction():
    assert clock.rfc3339(0) == "1970-01-01T00:00:00Z"
    assert clock.rfc3339(1_763_719_200_999) == "2025-11-21T10:00:00Z"
