"""When snapshots are due."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wakeful_collector.integrations.proxmox.declare import schedule
from wakeful_collector.integrations.proxmox.declare.quantities import Unfit

NOW = "2026-11-22 00:30"


def ms(text: str) -> int:
    return int(datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("text", "zone", "due"),
    [
        ("hourly", "UTC", "2026-11-22 00:00"),
        ("hourly :45", "UTC", "2026-11-21 23:45"),
        ("daily 02:30", "UTC", "2026-11-21 02:30"),
        ("Daily 00:30", "UTC", "2026-11-22 00:30"),
        ("daily 00:30", "Europe/Berlin", "2026-11-21 23:30"),
        ("weekly sun 04:00", "UTC", "2026-11-15 04:00"),
        ("weekly sat 04:00", "UTC", "2026-11-21 04:00"),
        ("monthly 28 04:00", "UTC", "2026-10-28 04:00"),
        ("monthly 1 04:00", "UTC", "2026-11-01 04:00"),
    ],
)
def test_it_was_due_last(text: str, zone: str, due: str) -> None:
    assert schedule.last_due_ms(schedule.read(text), zone, ms(NOW)) == ms(due)


def test_an_hour_that_comes_twice_counts_once() -> None:
    rhythm = schedule.read("daily 02:30")
    found = {schedule.last_due_ms(rhythm, "Europe/Berlin", ms("2026-10-25 00:00") + n * 600_000) for n in range(18)}
    assert found == {ms("2026-10-24 00:30"), ms("2026-10-25 00:30")}


@given(
    st.sampled_from(["hourly :15", "daily 02:30", "weekly mon 02:30", "monthly 5 02:30"]),
    st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kathmandu", "America/New_York"]),
    st.integers(ms("2026-01-01 00:00"), ms("2027-01-01 00:00")),
)
def test_it_is_never_due_in_the_future_and_always_lately(text: str, zone: str, now_ms: int) -> None:
    found = schedule.last_due_ms(schedule.read(text), zone, now_ms)
    hours = {"hourly": 2, "daily": 26, "weekly": 24 * 8, "monthly": 24 * 32}[text.split(maxsplit=1)[0]]
    assert now_ms - hours * 3_600_000 < found <= now_ms


@pytest.mark.parametrize(
    "text", ["", "sometimes", "daily 25:00", "daily 2:30", "weekly day 02:30", "monthly 31 02:30", "hourly :75"]
)
def test_what_is_no_schedule_is_refused(text: str) -> None:
    with pytest.raises(Unfit):
        schedule.read(text)


@pytest.mark.parametrize("name", ["Nowhere/At-All", "../etc/passwd", "", "/etc/localtime"])
def test_what_is_no_time_zone_is_refused(name: str) -> None:
    with pytest.raises(Unfit):
        schedule.zone(name)
