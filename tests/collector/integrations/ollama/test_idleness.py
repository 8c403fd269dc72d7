"""Why a machine that nobody claims may not sleep."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wakeful_collector.integrations.ollama.idleness import FRESH_SECONDS, Told, reasons
from wakeful_collector.integrations.ollama.probing import Loaded
from wakeful_collector.integrations.ollama.settings import Machine
from wakeful_collector.model.sample import LatestSample

NOW_MS = 1_795_005_600_000
"""12:40:00 UTC on a Wednesday."""


def machine(**other: Any) -> Machine:
    return Machine("box", "http://192.0.2.1:11434", **other)


def sample(name: str, value: float, age_seconds: float = 0, **labels: str) -> LatestSample:
    return LatestSample(name, labels, value, NOW_MS - round(age_seconds * 1000))


def why(*samples: LatestSample, heard_seconds: float = 5, **other: Any) -> tuple[str, ...]:
    return reasons(machine(**other), (), Told(NOW_MS - round(heard_seconds * 1000), samples), NOW_MS)


def test_nothing_keeps_a_machine_without_an_agent() -> None:
    assert reasons(machine(), (), None, NOW_MS) == ()


def test_models_that_are_loaded_keep_it() -> None:
    loaded = [Loaded("gem", NOW_MS + 5_000), Loaded("big", NOW_MS * 2, True), Loaded("odd", None), Loaded("x", None)]
    assert reasons(machine(), loaded, None, NOW_MS) == (
        "gem is loaded until 12:40:05 UTC",
        "big is kept loaded for ever (keep_alive -1): unload it with keep_alive 0",
        "odd is loaded",
        "1 more models are loaded",
    )


def test_a_gpu_at_work_keeps_it() -> None:
    idle = sample("hw.gpu.utilization", 0.05, gpu="0", task="general")
    assert why(idle) == ()
    busy = sample("hw.gpu.utilization", 0.43, gpu="1", task="general")
    assert why(idle, busy) == ("its GPU is at 43%",)
    assert why(idle, busy, check_gpu=False) == ()
    assert why(sample("hw.gpu.utilization", 0.9, gpu="0", task="memory")) == ()


def test_a_value_counts_however_old_the_clock_of_its_host_says_it_is() -> None:
    slow_seconds = FRESH_SECONDS + 60
    busy = sample("hw.gpu.utilization", 0.9, slow_seconds, gpu="0", task="general")
    assert why(busy, sample("system.login.count", 2, slow_seconds, type="remote")) == (
        "its GPU is at 90%",
        "2 people are logged in",
    )


def test_people_who_are_logged_in_keep_it() -> None:
    local, remote = (sample("system.login.count", count, type=kind) for kind, count in (("local", 0), ("remote", 1)))
    assert why(local) == ()
    assert why(local, remote) == ("1 person is logged in",)
    assert why(remote, remote) == ("2 people are logged in",)
    assert why(local, remote, check_logins=False) == ()


def test_an_agent_that_tells_nothing_proves_nothing() -> None:
    said = ("its agent tells nothing: whether it is idle is not known",)
    assert why(heard_seconds=FRESH_SECONDS + 1) == said
    assert reasons(machine(), (), Told(None), NOW_MS) == said
    assert reasons(machine(check_gpu=False, check_logins=False), (), Told(None), NOW_MS) == ()


def at(text: str, zone: str = "Europe/Madrid") -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)


WEEK = ("mon", "tue", "wed", "thu", "fri")


@pytest.mark.parametrize(
    ("begin", "end", "days", "when", "kept"),
    [
        ("08:00", "19:00", WEEK, "2026-11-18T08:00", True),
        ("08:00", "19:00", WEEK, "2026-11-18T07:59", False),
        ("08:00", "19:00", WEEK, "2026-11-18T18:59:59", True),
        ("08:00", "19:00", WEEK, "2026-11-18T19:00", False),
        ("08:00", "19:00", WEEK, "2026-11-21T12:00", False),  # a Saturday
        ("22:00", "02:00", ("fri",), "2026-11-20T23:00", True),
        ("22:00", "02:00", ("fri",), "2026-11-21T01:59", True),  # what began on Friday
        ("22:00", "02:00", ("fri",), "2026-11-21T02:00", False),
        ("22:00", "02:00", ("fri",), "2026-11-20T01:00", False),
        ("22:00", "02:00", ("fri",), "2026-11-21T22:30", False),
        ("00:00", "24:00", WEEK, "2026-11-20T23:59", True),
        ("00:00", "24:00", WEEK, "2026-11-21T00:00", False),
        ("06:00", "06:00", ("mon",), "2026-11-17T05:59", True),  # a whole day round
        ("06:00", "06:00", ("mon",), "2026-11-17T06:00", False),
        ("02:30", "03:30", ("sun",), "2026-03-29T03:00", True),  # the hour that the clocks skip
        ("08:00", "19:00", (), "2026-11-18T12:00", False),
        ("", "", WEEK, "2026-11-18T12:00", False),
    ],
)
def test_the_hours_it_is_to_be_awake(begin: str, end: str, days: tuple[str, ...], when: str, kept: bool) -> None:
    one = machine(awake_from=begin, awake_until=end, awake_days=days, time_zone="Europe/Madrid")
    assert bool(reasons(one, (), None, at(when))) is kept


def test_the_hours_are_told_in_their_own_zone() -> None:
    one = machine(awake_from="08:00", awake_until="19:00", time_zone="Europe/Madrid")
    assert reasons(one, (), None, at("2026-11-18T12:00")) == ("it is to be awake until 19:00 (Europe/Madrid)",)


@given(
    begin=st.integers(0, 1439),
    end=st.integers(0, 1440),
    days=st.sets(st.sampled_from(("mon", "tue", "wed", "thu", "fri", "sat", "sun"))),
    minute=st.integers(0, 7 * 1440 - 1),
)
def test_each_minute_of_a_week_belongs_to_the_day_whose_hours_reach_it(
    begin: int, end: int, days: set[str], minute: int
) -> None:
    names = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    one = machine(
        awake_from=f"{begin // 60:02}:{begin % 60:02}",
        awake_until=f"{end // 60:02}:{end % 60:02}",
        awake_days=tuple(name for name in names if name in days),
    )
    monday_ms = at("2026-11-16T00:00", "UTC")
    length = (end - begin) % 1440 or (1440 if begin != 1440 else 0)
    if end == 1440:
        length = 1440 - begin
    starts = [names.index(name) * 1440 + begin + week * 7 * 1440 for name in days for week in (-1, 0)]
    expected = any(start <= minute < start + length for start in starts)
    assert bool(reasons(one, (), None, monday_ms + minute * 60_000)) is expected
